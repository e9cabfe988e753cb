/**
 * One direction of a fused call: who lifts (`src`), who lowers (`dst`), and how the handles of the one are known to the
 * other. Made once per adapter: it holds nothing while core code of a call runs, so calls may nest.
 */

import { Trap } from '../../model/errors.ts'
import type { Ledger } from '../../model/limits.ts'
import type { CanonEnv, Options } from '../context.ts'
import { LiftLowerContext } from '../context.ts'
import type { ComponentInstance } from '../instance.ts'
import type { HandleLayout, Layout, ListLayout, MapLayout } from '../layout.ts'
import { checkList } from '../load.ts'
import { checkNotLent, ResourceHandle, type RuntimeResourceType, resourceAt } from '../resource.ts'
import type { BorrowScope, Task } from '../task.ts'

/** A handle's type on both sides. */
export interface Binding {
  readonly from: RuntimeResourceType
  readonly to: RuntimeResourceType
}

export interface Side {
  readonly env: CanonEnv
  readonly opts: Options
}

export class Passage {
  readonly src: LiftLowerContext
  readonly dst: LiftLowerContext
  readonly bindings: ReadonlyMap<HandleLayout, Binding>
  /** What was lifted and waits to be lowered: the two happen in the same order. */
  readonly reps: number[] = []
  #lowered = 0
  scope: BorrowScope | undefined
  task: Task | undefined

  constructor(src: Side, dst: Side, bindings: ReadonlyMap<HandleLayout, Binding>) {
    this.src = new LiftLowerContext(src.env, src.opts, undefined, undefined, undefined)
    this.dst = new LiftLowerContext(dst.env, dst.opts, undefined, undefined, undefined)
    this.bindings = bindings
  }

  /** Before anything is lifted. */
  begin(scope: BorrowScope | undefined, task: Task | undefined): void {
    this.src.opts.memory?.refresh()
    // setting it costs as much as all the rest
    if (this.reps.length !== 0) this.reps.length = 0
    this.#lowered = 0
    this.scope = scope
    this.task = task
  }

  #bound(t: HandleLayout): Binding {
    return this.bindings.get(t) as Binding // every handle of the signature is bound
  }

  liftHandle(i: number, t: HandleLayout): void {
    const { from } = this.#bound(t)
    const { inst } = this.src
    if (t.kind === 'own') this.reps.push(takeOwn(inst, i, from))
    else {
      const handle = resourceAt(inst, i, from)
      this.scope?.addLender(handle)
      this.reps.push(handle.rep)
    }
  }

  lowerHandle(t: HandleLayout): number {
    const { to } = this.#bound(t)
    const rep = this.reps[this.#lowered++] as number // as many as were lifted
    return t.kind === 'own' ? giveOwn(this.dst.inst, to, rep) : giveBorrow(this.dst.inst, to, rep, this.task)
  }
}

/** @spec Loading (own) */
export function takeOwn(inst: ComponentInstance, i: number, rt: RuntimeResourceType): number {
  const handle = resourceAt(inst, i, rt)
  checkNotLent(handle)
  if (!handle.own) throw new Trap('wrong-handle-type', `index ${i} is not an own resource`)
  inst.handles.remove(i)
  return handle.rep
}

export function giveOwn(inst: ComponentInstance, rt: RuntimeResourceType, rep: number): number {
  return inst.handles.add(new ResourceHandle(rt, rep, undefined))
}

export function giveBorrow(
  inst: ComponentInstance,
  rt: RuntimeResourceType,
  rep: number,
  task: Task | undefined,
): number {
  if (inst === rt.impl || task === undefined) return rep
  const i = inst.handles.add(new ResourceHandle(rt, rep, task))
  task.numBorrows += 1
  return i
}

/** As `charge('hostBytesPerCall', …)`: with the names written out, engines find the fields at once. */
export function chargeBytes(ledger: Ledger, bytes: number): void {
  const { used, peak, caps } = ledger
  const sum = used.hostBytesPerCall + bytes
  if (sum > caps.hostBytesPerCall) ledger.charge('hostBytesPerCall', bytes)
  used.hostBytesPerCall = sum
  if (sum > peak.hostBytesPerCall) peak.hostBytesPerCall = sum
}

/** Of a list or map that is lifted: its place, and what its copy would cost. */
export function locateList(cx: LiftLowerContext, ptr: number, length: number, t: ListLayout | MapLayout): void {
  const { element } = t
  checkList(cx, ptr, length, element)
  cx.charge(length * (isNumeric(t) ? element.size : element.cost))
}

/** Numbers in a list are not looked at one by one: their bytes are what is copied, NaNs included. */
export const isNumeric = (t: ListLayout | MapLayout): boolean => t.kind === 'list' && t.array !== undefined

export function allocateList(cx: LiftLowerContext, length: number, element: Layout): number {
  return cx.reallocateChecked(0, 0, element.align, length * element.size, 'list')
}

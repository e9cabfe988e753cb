/**
 * Lifting and lowering of handles: index in the instance's table ↔ rep, or what the bridge makes of the rep for
 * JavaScript. The rules are the specification's; the order of its traps too.
 *
 * @spec Loading
 * @spec Storing
 */
import { BugError, Trap } from '../model/errors.ts'
import type { LiftLowerContext } from './context.ts'
import { ErrorContext } from './error-context.ts'
import type { ComponentInstance } from './instance.ts'
import type { HandleLayout } from './layout.ts'
import { checkNotLent, ResourceHandle, resourceAt } from './resource.ts'

export function liftOwn(cx: LiftLowerContext, i: number, t: HandleLayout): unknown {
  const rt = cx.resource(t.resource.slot)
  const handle = resourceAt(cx.inst, i, rt)
  checkNotLent(handle)
  if (!handle.own) throw new Trap('wrong-handle-type', `index ${i} is not an own resource`)
  cx.inst.handles.remove(i)
  return cx.host === undefined ? handle.rep : cx.host.liftOwn(rt, handle.rep)
}

export function liftBorrow(cx: LiftLowerContext, i: number, t: HandleLayout): unknown {
  const rt = cx.resource(t.resource.slot)
  const handle = resourceAt(cx.inst, i, rt)
  if (cx.scope === undefined) throw new BugError('validated: borrows are lifted as arguments only')
  cx.scope.addLender(handle)
  return cx.host === undefined ? handle.rep : cx.host.liftBorrow(rt, handle.rep, cx.scope)
}

export function lowerOwn(cx: LiftLowerContext, v: unknown, t: HandleLayout): number {
  const rt = cx.resource(t.resource.slot)
  const rep = cx.host === undefined ? (v as number) : cx.host.lowerOwn(rt, v)
  return cx.inst.handles.add(new ResourceHandle(rt, rep, undefined))
}

export function lowerBorrow(cx: LiftLowerContext, v: unknown, t: HandleLayout): number {
  const rt = cx.resource(t.resource.slot)
  if (cx.task === undefined) throw new BugError('validated: borrows are lowered as arguments only')
  let rep = v as number
  if (cx.host !== undefined) {
    if (cx.scope === undefined) throw new BugError('a call from JavaScript that lends has a scope')
    rep = cx.host.lowerBorrow(rt, v, cx.scope)
  }
  if (cx.inst === rt.impl) return rep
  const handle = new ResourceHandle(rt, rep, cx.task)
  const i = cx.inst.handles.add(handle)
  cx.task.numBorrows += 1
  return i
}

export function errorContextAt(inst: ComponentInstance, i: number): ErrorContext {
  const entry = inst.handles.get(i)
  if (entry instanceof ErrorContext) return entry
  throw new Trap(
    'wrong-handle-type',
    `handle index ${i} used with the wrong type, expected error-context but found ${entry.kind}`,
  )
}

export function liftErrorContext(cx: LiftLowerContext, i: number): ErrorContext {
  return errorContextAt(cx.inst, i)
}

export function lowerErrorContext(cx: LiftLowerContext, v: unknown): number {
  if (!(v instanceof ErrorContext)) throw new TypeError('expected an error context')
  return cx.inst.handles.add(v)
}

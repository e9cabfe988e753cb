/** What the source of an adapter is bound to, and the functions that it calls where something is not as usual. */
import { assert } from '../../model/errors.ts'
import type { LiftLowerContext } from '../context.ts'
import { checkEnter, checkLeave, checkStillThere } from '../instance.ts'
import type { TupleLayout } from '../layout.ts'
import { checkSpilled } from '../lift.ts'
import { badDiscriminant, canonicalizeNan, charFromI32 } from '../load.ts'
import { allocateSpilled } from '../lower.ts'
import { resourceAt } from '../resource.ts'
import { BorrowScope, Task } from '../task.ts'
import { copyBytes } from './bytes.ts'
import type { Draft } from './draft.ts'
import { ending } from './ending.ts'
import type { Far, Pair } from './pair.ts'
import { chargeBytes, giveBorrow, giveOwn, locateList, takeOwn } from './passage.ts'
import { checkString, copyString, isUtf8, isUtf16 } from './strings.ts'
import { fromJoined, toJoined } from './walk.ts'

/** What the source calls by name. */
const HELPERS = {
  allocateSpilled,
  badDiscriminant,
  BorrowScope,
  canonicalizeNan,
  chargeBytes,
  charFromI32,
  checkSpilled,
  checkString,
  copyBytes,
  copyString,
  givingBack,
  fromJoined,
  giveBorrow,
  giveOwn,
  isUtf16,
  isUtf8,
  locateList,
  resourceAt,
  takeOwn,
  Task,
  toJoined,
}

/** By the names that the source has for it, used or not. */
export function boundTo(pair: Pair, a: Draft, r: Draft): Record<string, unknown> {
  const { inst, path, lifted, entering, args, results, signature, far, general } = pair
  const bindings: Record<string, unknown> = {
    ...HELPERS,
    inst,
    root: inst.root,
    failed: (error: unknown) => inst.root.fail(error, path),
    beginning: () => {
      checkLeave(inst)
      checkEnter(lifted.inst, entering)
    },
    answered: () => lifted.inst.root.checkPoison(),
    still: () => checkStillThere(inst),
    lifting: (ptr: number) => {
      lifted.inst.root.checkPoison()
      spilled(results.src, ptr, signature.spilledResult)
    },
    lowering: (ptr: number) => {
      if (far !== undefined) checkStillThere(inst)
      spilled(results.dst, ptr, signature.spilledResult)
    },
    again: general,
    callee: lifted.inst,
    croot: lifted.inst.root,
    cused: lifted.inst.root.ledger.used,
    core: lifted.core,
    post: lifted.opts.postReturn,
    scratch: inst.root.store.scratch,
    aT: signature.spilledParams,
    rT: signature.spilledResult,
  }
  for (const [i, e] of entering.entries()) bindings[`e${i}`] = e
  for (const [x, passage, draft] of [
    ['a', args, a],
    ['r', results, r],
  ] as const) {
    bindings[`${x}P`] = passage
    bindings[`${x}S`] = passage.src
    bindings[`${x}D`] = passage.dst
    bindings[`${x}F`] = passage.src.memory
    bindings[`${x}G`] = passage.dst.memory
    const { ledger } = passage.src.inst.root
    bindings[`${x}L`] = ledger
    bindings[`${x}U`] = ledger.used
    bindings[`${x}K`] = ledger.peak
    bindings[`${x}C`] = ledger.caps.hostBytesPerCall
    bindings[`${x}I`] = passage.src.inst.handles
    bindings[`${x}realloc`] = passage.dst.opts.realloc
    for (const [layout, i] of draft.lists) bindings[`${x}y${i}`] = layout
    for (const [layout, i] of draft.handles) {
      bindings[`${x}h${i}`] = layout
      bindings[`${x}f${i}`] = passage.bindings.get(layout)?.from
      bindings[`${x}t${i}`] = passage.bindings.get(layout)?.to
    }
  }
  if (far !== undefined) bindFar(bindings, pair, far, a, r)
  return bindings
}

function bindFar(bindings: Record<string, unknown>, pair: Pair, far: Far, a: Draft, r: Draft): void {
  const { inst, path, args, results } = pair
  const { root } = inst
  const { changes, count } = far
  const { store } = root
  const caught = ending(pair)
  const mayLeave = (): true => {
    try {
      checkLeave(inst)
    } catch (error) {
      return root.fail(error, path)
    }
    return true
  }
  Object.assign(bindings, { mayLeave, recordOf: far.record, first: far.first, store, changes, count, caught })
  for (const [i, { layout }] of a.carried.entries()) {
    const { from, to } = args.bindings.get(layout) ?? {}
    const through = from && to && far.argument(from, to)
    bindings[`ax${i}`] = through?.peek
    bindings[`ar${i}`] = through?.reals
    bindings[`ao${i}`] = to
    bindings[`ak${i}`] = through?.taken
  }
  for (const [i, { layout }] of r.carried.entries()) {
    const { from, to } = results.bindings.get(layout) ?? {}
    bindings[`ra${i}`] = from && to && far.answer(from, to)
  }
}

/** Where a value lies that is not passed flat. */
function spilled(cx: LiftLowerContext, ptr: number, area: TupleLayout | undefined): void {
  assert(area !== undefined, 'asked only where there is one')
  cx.memory.refresh()
  checkSpilled(cx, ptr, area)
}

/** What lists have lent is given back. */
function givingBack<A extends readonly unknown[]>(
  fail: (...args: A) => unknown,
  scope: BorrowScope | undefined,
  ...args: A
): unknown {
  try {
    return fail(...args)
  } finally {
    scope?.end()
  }
}

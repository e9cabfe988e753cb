/** An adapter that walks the layouts: where source may not be generated, and for types too large for it. */
import { callCore } from '../canon-lift.ts'
import type { CoreFunction, CoreValue } from '../context.ts'
import { type ComponentInstance, checkEnter, checkLeave, checkStillThere, enter } from '../instance.ts'
import { checkSpilled } from '../lift.ts'
import { allocateSpilled } from '../lower.ts'
import { BorrowScope, type Task } from '../task.ts'
import type { FactBook } from './facts.ts'
import type { Pair } from './pair.ts'
import { Walker } from './walk.ts'

export function walked(pair: Pair, facts: FactBook): CoreFunction | undefined {
  const { far } = pair
  // handles between trees change on the way, which the general path knows best
  if (far !== undefined && pair.args.bindings.size + pair.results.bindings.size > 0) return undefined
  return far === undefined ? near(pair, new Steps(pair, facts)) : between(pair, far, new Steps(pair, facts))
}

function mayEnter(entering: readonly ComponentInstance[]): boolean {
  for (let i = 0; i < entering.length; i++) if (entering[i]?.mayEnter === false) return false
  return true
}

/** The four phases that move values. */
class Steps {
  readonly #pair: Pair
  readonly #args: Walker
  readonly #results: Walker

  constructor(pair: Pair, facts: FactBook) {
    this.#pair = pair
    this.#args = new Walker(pair.args, facts)
    this.#results = new Walker(pair.results, facts)
  }

  liftArgs(flat: readonly CoreValue[], scope: BorrowScope | undefined, task: Task | undefined): void {
    const { signature, args } = this.#pair
    args.begin(scope, task)
    const { params, spilledParams } = signature
    if (spilledParams !== undefined) {
      const ptr = args.src.fromCore(flat[0] as CoreValue) // one pointer
      checkSpilled(args.src, ptr, spilledParams)
      this.#args.checkAt(ptr, spilledParams)
      return
    }
    let i = 0
    for (const t of params) {
      this.#args.checkFlat(flat, i, t)
      i += t.flat?.length ?? 0
    }
  }

  lowerArgs(flat: readonly CoreValue[]): CoreValue[] {
    const { signature, args } = this.#pair
    args.dst.opts.memory?.refresh()
    const { params, spilledParams } = signature
    if (spilledParams !== undefined) {
      const ptr = allocateSpilled(args.dst, spilledParams)
      this.#args.copyAt(args.src.fromCore(flat[0] as CoreValue), ptr, spilledParams) // one pointer
      return [ptr]
    }
    const out: CoreValue[] = []
    let i = 0
    for (const t of params) {
      this.#args.copyFlat(flat, i, t, out)
      i += t.flat?.length ?? 0
    }
    return out
  }

  liftResult(raw: CoreValue): void {
    const { signature, results } = this.#pair
    const { result, spilledResult } = signature
    results.begin(undefined, undefined)
    if (result === undefined) return
    if (spilledResult === undefined) {
      this.#results.checkFlat([raw], 0, result)
      return
    }
    checkSpilled(results.src, results.src.fromCore(raw), spilledResult)
    this.#results.checkAt(results.src.fromCore(raw), result)
  }

  /** @param area where the caller wants it, if not as a core value */
  lowerResult(raw: CoreValue, area: CoreValue | undefined): unknown {
    const { signature, results } = this.#pair
    const { result, spilledResult } = signature
    if (result === undefined) return undefined
    results.dst.opts.memory?.refresh()
    if (spilledResult === undefined) {
      const out: CoreValue[] = []
      this.#results.copyFlat([raw], 0, result, out)
      return out[0]
    }
    const ptr = results.dst.fromCore(area as CoreValue) // the last parameter
    checkSpilled(results.dst, ptr, spilledResult)
    this.#results.copyAt(results.src.fromCore(raw), ptr, result)
    return undefined
  }
}

function near({ inst, signature, path, lifted, entering }: Pair, steps: Steps): CoreFunction {
  const { root } = inst
  const { used } = root.ledger
  return (...flat) => {
    const scope = signature.hasBorrow ? new BorrowScope() : undefined
    try {
      checkLeave(inst)
      checkEnter(lifted.inst, entering)
      const task = lifted.enter(entering)
      const copied = used.hostBytesPerCall
      steps.liftArgs(flat, scope, task)
      root.hook?.()
      const raw = callCore(lifted.core, steps.lowerArgs(flat)) as CoreValue
      root.checkPoison()
      steps.liftResult(raw)
      task?.checkBorrows()
      const result = steps.lowerResult(raw, flat.at(-1))
      lifted.finish(raw, entering)
      scope?.end()
      // the copies are gone with the call
      used.hostBytesPerCall = copied
      return result
    } catch (error) {
      root.poisoned = true
      root.quiet = false
      try {
        return root.fail(error, path)
      } finally {
        // what others lent they get back, even from the dead
        scope?.end()
      }
    }
  }
}

function between(
  { inst, path, lifted, entering, general }: Pair,
  far: Pair['far'] & object,
  steps: Steps,
): CoreFunction {
  const { root } = inst
  const { used } = root.ledger
  const theirs = lifted.inst.root
  const { changes, count } = far
  const { store } = root
  return (...flat) => {
    if (changes.count !== count || theirs.dead || !mayEnter(entering)) return general(...flat)
    const record = far.record(inst)
    if (record === undefined) return general(...flat)
    const copied = used.hostBytesPerCall
    try {
      checkLeave(inst)
      steps.liftArgs(flat, undefined, undefined)
    } catch (error) {
      root.poisoned = true
      root.quiet = false
      return root.fail(error, path)
    }
    const { origin } = store
    store.origin = record
    try {
      const result = theirPart(flat)
      used.hostBytesPerCall = copied
      return result
    } catch (error) {
      root.poisoned = true
      root.quiet = false
      return root.fail(error, path)
    } finally {
      store.origin = origin
    }
  }

  function theirPart(flat: readonly CoreValue[]): unknown {
    let raw: CoreValue
    let result: unknown
    let failure: { readonly error: unknown } | undefined
    try {
      enter(entering)
      lifted.inst.pushThread()
      theirs.hook?.()
      raw = callCore(lifted.core, steps.lowerArgs(flat)) as CoreValue
      theirs.checkPoison()
      steps.liftResult(raw)
    } catch (error) {
      theirs.poisoned = true
      theirs.quiet = false
      return theirs.fail(error, lifted.path)
    }
    try {
      checkStillThere(inst)
      result = steps.lowerResult(raw, flat.at(-1))
    } catch (error) {
      // the caller's failure: this call still ends in order
      failure = { error }
    }
    try {
      lifted.finish(raw, entering)
    } catch (error) {
      theirs.poisoned = true
      theirs.quiet = false
      return theirs.fail(error, lifted.path)
    }
    if (failure !== undefined) throw failure.error
    return result
  }
}

/** An adapter that walks the layouts: where source may not be generated, and for types too large for it. */
import { callCore } from '../canon-lift.ts'
import type { CoreFunction, CoreValue } from '../context.ts'
import type { Through } from '../fuse-abi.ts'
import { type ComponentInstance, checkEnter, checkLeave, checkStillThere, enter, leave } from '../instance.ts'
import type { Layout } from '../layout.ts'
import { checkSpilled } from '../lift.ts'
import { allocateSpilled } from '../lower.ts'
import { ResourceHandle, type RuntimeResourceType } from '../resource.ts'
import { BorrowScope, type Task } from '../task.ts'
import { type At, ending } from './ending.ts'
import type { FactBook } from './facts.ts'
import { isNumber, Leaves } from './leaves.ts'
import type { Far, Pair } from './pair.ts'
import { type CheckAt, type CheckFlat, type CopyAt, type CopyFlat, inOrder, Walker } from './walk.ts'

export function walked(pair: Pair, facts: FactBook): CoreFunction | undefined {
  const { far } = pair
  if (far === undefined) return near(pair, new Steps(pair, facts))
  const numbers = numbersBetween(pair, far, facts)
  if (numbers !== undefined) return numbers
  // handles between trees change on the way, which the general path knows best
  return pair.args.bindings.size + pair.results.bindings.size > 0
    ? undefined
    : between(pair, far, new Steps(pair, facts))
}

function mayEnter(entering: readonly ComponentInstance[]): boolean {
  for (let i = 0; i < entering.length; i++) if (entering[i]?.mayEnter === false) return false
  return true
}

/** The four phases that move values. */
class Steps {
  readonly #pair: Pair
  readonly #checkArgs: CheckFlat
  readonly #copyArgs: CopyFlat
  readonly #spilledArgs: { readonly check: CheckAt | undefined; readonly copy: CopyAt } | undefined
  readonly #checkResult: CheckFlat | undefined
  readonly #copyResult: CopyFlat | undefined
  readonly #spilledResult: { readonly check: CheckAt | undefined; readonly copy: CopyAt } | undefined

  constructor(pair: Pair, facts: FactBook) {
    this.#pair = pair
    const { params, spilledParams, result, spilledResult } = pair.signature
    const args = new Walker(pair.args, facts)
    const results = new Walker(pair.results, facts)
    const flat = spilledParams === undefined ? inOrder(params) : []
    this.#checkArgs = args.checkSequence(flat)
    this.#copyArgs = args.copySequence(flat)
    this.#spilledArgs = spilledParams && { check: args.checkAt(spilledParams), copy: args.copyAt(spilledParams) }
    if (result === undefined) return
    if (spilledResult === undefined) {
      this.#checkResult = results.checkFlat(result)
      this.#copyResult = results.copyFlat(result)
    } else this.#spilledResult = { check: results.checkAt(result), copy: results.copyAt(result) }
  }

  liftArgs(flat: readonly CoreValue[], scope: BorrowScope | undefined, task: Task | undefined): void {
    const { signature, args } = this.#pair
    args.begin(scope, task)
    const { spilledParams } = signature
    if (spilledParams === undefined) {
      this.#checkArgs(flat, 0)
      return
    }
    const ptr = args.src.fromCore(flat[0] as CoreValue) // one pointer
    checkSpilled(args.src, ptr, spilledParams)
    this.#spilledArgs?.check?.(ptr)
  }

  lowerArgs(flat: readonly CoreValue[]): CoreValue[] {
    const { signature, args } = this.#pair
    args.dst.opts.memory?.refresh()
    const { spilledParams } = signature
    if (spilledParams === undefined) {
      const out: CoreValue[] = []
      this.#copyArgs(flat, 0, out)
      return out
    }
    const ptr = allocateSpilled(args.dst, spilledParams)
    this.#spilledArgs?.copy(args.src.fromCore(flat[0] as CoreValue), ptr) // one pointer
    return [ptr]
  }

  liftResult(raw: CoreValue): void {
    const { signature, results } = this.#pair
    results.begin(undefined, undefined)
    const { spilledResult } = signature
    if (spilledResult === undefined) {
      this.#checkResult?.([raw], 0)
      return
    }
    const ptr = results.src.fromCore(raw)
    checkSpilled(results.src, ptr, spilledResult)
    this.#spilledResult?.check?.(ptr)
  }

  /** @param area where the caller wants it, if not as a core value */
  lowerResult(raw: CoreValue, area: CoreValue | undefined): unknown {
    const { signature, results } = this.#pair
    results.dst.opts.memory?.refresh()
    const { spilledResult } = signature
    if (spilledResult === undefined) {
      if (this.#copyResult === undefined) return undefined
      const out: CoreValue[] = []
      this.#copyResult([raw], 0, out)
      return out[0]
    }
    const ptr = results.dst.fromCore(area as CoreValue) // the last parameter
    checkSpilled(results.dst, ptr, spilledResult)
    this.#spilledResult?.copy(results.src.fromCore(raw), ptr)
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

/** What `Store.origin` is to be; `undefined`: the general path is for this call. Changes nothing. */
function originOf({ inst, lifted, entering }: Pair, { changes, count, first, record }: Far): () => object | undefined {
  const { store } = inst.root
  const { root } = lifted.inst
  return () => {
    if (changes.count !== count || (!root.quiet && root.dead) || !mayEnter(entering)) return undefined
    return store.origin === undefined && inst.thread === undefined ? first : record(inst)
  }
}

function between(pair: Pair, far: Far, steps: Steps): CoreFunction {
  const { inst, lifted, entering, general } = pair
  const { root } = inst
  const { used } = root.ledger
  const theirs = lifted.inst.root
  const { store } = root
  const origin = originOf(pair, far)
  const ended = ending(pair)
  return (...flat) => {
    const record = origin()
    if (record === undefined) return general(...flat)
    const was = store.origin
    const copied = used.hostBytesPerCall
    let at: At = 0
    let raw: CoreValue = 0
    try {
      if (!root.quiet || !inst.mayLeave) checkLeave(inst)
      steps.liftArgs(flat, undefined, undefined)
      at = 1
      store.origin = record
      enter(entering)
      lifted.inst.pushThread()
      if (!theirs.quiet) theirs.hook?.()
      raw = callCore(lifted.core, steps.lowerArgs(flat)) as CoreValue
      if (!theirs.quiet) theirs.checkPoison()
      steps.liftResult(raw)
      at = 2
      if (!root.quiet) checkStillThere(inst)
      const result = steps.lowerResult(raw, flat.at(-1))
      at = 1
      lifted.finish(raw, entering)
      store.origin = was
      used.hostBytesPerCall = copied
      return result
    } catch (error) {
      store.origin = was
      root.poisoned = true
      root.quiet = false
      if (at === 1) {
        theirs.poisoned = true
        theirs.quiet = false
      }
      return ended(error, at, raw)
    }
  }
}

const MAX_ARITY = 4

const numbers = (types: readonly Layout[]): Leaves =>
  new Leaves(
    types.map((layout, at) => ({ layout, at })),
    true,
  )

/** How the handle of a method's object is found, where that is simple: the callee owns it, and gets the rep. */
interface Self {
  readonly from: RuntimeResourceType
  readonly through: Through
}

/** `undefined`: the first parameter is no borrow, or not a simple one. */
function selfOf({ signature, args, lifted }: Pair, far: Far): Self | undefined {
  const [first] = signature.params
  if (first?.kind !== 'borrow') return undefined
  const { from, to } = args.bindings.get(first) ?? {}
  const through = from && to?.impl === lifted.inst ? far.argument(from, to) : undefined
  return from && through && { from, through }
}

/** Functions of few numbers, of which none can be wrong, and methods of them: without arrays. */
function numbersBetween(pair: Pair, far: Far, facts: FactBook): CoreFunction | undefined {
  const { inst, lifted, entering, general, signature } = pair
  const { params, result } = signature
  const self = selfOf(pair, far)
  const types = [...(self === undefined ? params : params.slice(1)), ...(result === undefined ? [] : [result])]
  if (params.length > MAX_ARITY || types.some((t) => !isNumber(t) || facts.of(t).checked)) return undefined
  if (lifted.opts.postReturn !== undefined) return undefined

  // a rep passes as it is
  const given = numbers(params)
  const answered = result && numbers([result])
  const { root } = inst
  const theirs = lifted.inst.root
  const { store } = root
  const callee = lifted.inst
  const core = lifted.core as (...args: CoreValue[]) => CoreValue
  const usual = originOf(pair, far)
  // threads may be observed that were not when this was made
  const origin = (): object | undefined => (callee.observesThreads ? undefined : usual())
  const ended = ending(pair)
  const count = params.length
  // one function for them all: the number of arguments that it is called with is the signature's
  const call = (a: CoreValue, b: CoreValue, c: CoreValue, d: CoreValue): CoreValue => {
    switch (count) {
      case 0:
        return core()
      case 1:
        return core(given.one(0, a))
      case 2:
        return core(given.one(0, a), given.one(1, b))
      case 3:
        return core(given.one(0, a), given.one(1, b), given.one(2, c))
      default:
        return core(given.one(0, a), given.one(1, b), given.one(2, c), given.one(3, d))
    }
  }
  return ((a: CoreValue, b: CoreValue, c: CoreValue, d: CoreValue) => {
    const record = origin()
    let object: ResourceHandle | undefined
    let first: CoreValue | undefined = a
    if (self !== undefined) {
      const found = inst.handles.peek((a as number) >>> 0)
      if (found instanceof ResourceHandle && found.rt === self.from) object = found
      first = object && self.through.peek(object.rep)
    }
    if (record === undefined || (self !== undefined && first === undefined))
      return callCore(general, [a, b, c, d].slice(0, count))
    const was = store.origin
    let at: At = 0
    if (object !== undefined) object.numLends += 1
    try {
      if (!root.quiet || !inst.mayLeave) checkLeave(inst)
      at = 1
      store.origin = record
      enter(entering)
      if (!theirs.quiet) theirs.hook?.()
      const raw = call(first as CoreValue, b, c, d) // the signature has it, if it asks for it
      if (!theirs.quiet) theirs.checkPoison()
      at = 2
      if (!root.quiet) checkStillThere(inst)
      leave(entering)
      store.origin = was
      if (object !== undefined) object.numLends -= 1
      return answered?.one(0, raw)
    } catch (error) {
      // what is lent comes back, even from the dead
      if (object !== undefined) object.numLends -= 1
      store.origin = was
      root.poisoned = true
      root.quiet = false
      if (at === 1) {
        theirs.poisoned = true
        theirs.quiet = false
      }
      return ended(error, at, 0)
    }
  }) as CoreFunction
}

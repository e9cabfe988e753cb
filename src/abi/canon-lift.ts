/**
 * A core function as a component function. One synchronous call has phases, so that its callers share them: `enter`,
 * `run` (arguments lowered, core code), `resolve` (result lifted, borrows settled), `finish` (post-return, left again).
 * Nothing undoes a phase after a trap: flags that stay set are what keeps a trapped instance shut.
 *
 * @spec canon lift
 */
import { assert } from '../model/errors.ts'
import type { FuncType } from '../model/types.ts'
import { type CanonEnv, type CoreFunction, type CoreValue, LiftLowerContext, type Options } from './context.ts'
import type { Caller, FuncInst, HostBridge, OnCancel, OnResolve, OnStart, Value } from './embedding.ts'
import { type ComponentInstance, checkEnter, enter, enteringSet, leave } from './instance.ts'
import type { Signature } from './layout.ts'
import { CoreValueIter, liftFlat, loadResult } from './lift.ts'
import { lowerFlatValues } from './lower.ts'
import { BorrowScope, Task } from './task.ts'

type Eight = readonly [CoreValue, CoreValue, CoreValue, CoreValue, CoreValue, CoreValue, CoreValue, CoreValue]

export function callCore(f: CoreFunction, args: readonly CoreValue[]): unknown {
  // as many as `length` says are there; a spread costs more than the switch
  const v = args as Eight
  switch (args.length as number) {
    case 0:
      return f()
    case 1:
      return f(v[0])
    case 2:
      return f(v[0], v[1])
    case 3:
      return f(v[0], v[1], v[2])
    case 4:
      return f(v[0], v[1], v[2], v[3])
    case 5:
      return f(v[0], v[1], v[2], v[3], v[4])
    case 6:
      return f(v[0], v[1], v[2], v[3], v[4], v[5])
    case 7:
      return f(v[0], v[1], v[2], v[3], v[4], v[5], v[6])
    case 8:
      return f(v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7])
    default:
      return f(...args)
  }
}

const nothingToCancel: OnCancel = () => {}

export class Lifted implements FuncInst {
  readonly type: FuncType
  readonly path: string
  readonly env: CanonEnv
  readonly core: CoreFunction
  #signature: Signature | undefined
  readonly opts: Options
  readonly inst: ComponentInstance
  readonly lifted: Lifted = this
  readonly host: undefined
  readonly #fromHost: readonly ComponentInstance[]

  constructor(env: CanonEnv, core: CoreFunction, type: FuncType, opts: Options) {
    this.type = type
    this.path = env.path
    this.env = env
    this.core = core
    this.opts = opts
    this.inst = env.inst
    this.#fromHost = env.inst.enteredFromHost
  }

  /** Of many functions few are called, and flattening a type takes longer than making the function. */
  get signature(): Signature {
    this.#signature ??= this.env.layouts.signature(this.type, this.opts, 'lift')
    return this.#signature
  }

  entering(caller: ComponentInstance | undefined): readonly ComponentInstance[] {
    return caller === undefined ? this.#fromHost : enteringSet(this.inst, caller)
  }

  /** After `checkEnter`. Answers the task, if the signature makes one observable. */
  enter(entering: readonly ComponentInstance[]): Task | undefined {
    enter(entering)
    this.inst.pushThread()
    return this.signature.hasBorrow ? new Task() : undefined
  }

  /**
   * One for `run` and `resolve` of a call.
   * @param scope who lends the host's resources, when JavaScript calls
   */
  context(host: HostBridge | undefined, task: Task | undefined, scope: BorrowScope | undefined): LiftLowerContext {
    return new LiftLowerContext(this.env, this.opts, host, task, scope)
  }

  run(cx: LiftLowerContext, args: readonly Value[]): unknown {
    this.inst.root.hook?.()
    const { params, spilledParams } = this.signature
    const raw = callCore(this.core, lowerFlatValues(cx, args, params, spilledParams))
    this.inst.root.checkPoison()
    return raw
  }

  resolve(cx: LiftLowerContext, raw: unknown): Value {
    const { result, spilledResult } = this.signature
    let value: Value
    if (result !== undefined) {
      this.opts.memory?.refresh()
      const core = raw as CoreValue // one flat result at most
      value =
        spilledResult === undefined
          ? liftFlat(cx, new CoreValueIter([core]), result)
          : loadResult(cx, cx.fromCore(core), spilledResult)
    }
    cx.task?.checkBorrows()
    return value
  }

  finish(raw: unknown, entering: readonly ComponentInstance[]): void {
    const { postReturn } = this.opts
    if (postReturn !== undefined) {
      this.inst.mayLeave = false
      if (this.signature.core.results.length === 0) postReturn()
      else postReturn(raw as CoreValue)
      this.inst.root.checkPoison()
      this.inst.mayLeave = true
    }
    this.inst.popThread()
    leave(entering)
  }

  #fail(error: unknown, scope: BorrowScope | undefined): never {
    try {
      return this.inst.root.fail(error, this.path)
    } finally {
      // what others lent they get back, even from the dead
      scope?.end()
    }
  }

  invoke(args: readonly Value[], caller: Caller): Value {
    const { inst } = this
    const entering = this.entering(caller.inst)
    checkEnter(inst, entering)
    const scope = this.signature.hasBorrow && caller.host !== undefined ? new BorrowScope() : undefined
    let value: Value
    try {
      const cx = this.context(caller.host, this.enter(entering), scope)
      const raw = this.run(cx, args)
      value = this.resolve(cx, raw)
      this.finish(raw, entering)
    } catch (error) {
      inst.root.poisoned = true
      inst.root.quiet = false
      return this.#fail(error, scope)
    }
    scope?.end()
    return value
  }

  call(onStart: OnStart, onResolve: OnResolve, caller: Caller): OnCancel {
    const { inst } = this
    const entering = this.entering(caller.inst)
    checkEnter(inst, entering)
    const scope = this.signature.hasBorrow && caller.host !== undefined ? new BorrowScope() : undefined
    const task = this.enter(entering)
    let args: readonly Value[]
    try {
      args = onStart()
    } catch (error) {
      // the caller's failure, and nothing has run here yet
      scope?.end()
      inst.popThread()
      leave(entering)
      throw error
    }
    let raw: unknown
    let value: Value
    try {
      const cx = this.context(caller.host, task, scope)
      raw = this.run(cx, args)
      value = this.resolve(cx, raw)
    } catch (error) {
      return this.#fail(error, scope)
    }
    let failure: { readonly error: unknown } | undefined
    try {
      onResolve(value)
    } catch (error) {
      // the caller's failure again: this call still ends in order
      failure = { error }
    }
    try {
      this.finish(raw, entering)
    } catch (error) {
      inst.root.poisoned = true
      inst.root.quiet = false
      return this.#fail(error, scope)
    }
    scope?.end()
    if (failure !== undefined) throw failure.error
    return nothingToCancel
  }
}

/** Whether a canon definition needs tasks that can block, which only the asynchronous half of the ABI has. */
export function needsTasks(type: FuncType, opts: Pick<Options, 'async'>): boolean {
  return type.async || opts.async
}

export function canonLift(env: CanonEnv, core: CoreFunction, type: FuncType, opts: Options): Lifted {
  assert(!needsTasks(type, opts), `the linker refuses asynchronous functions (${env.path})`)
  return new Lifted(env, core, type, opts)
}

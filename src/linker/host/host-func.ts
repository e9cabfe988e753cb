/**
 * Functions across the border, outwards: an export becomes a JavaScript function. Arguments are checked before the guest is
 * entered, and a top-level WIT `result` returns or throws.
 * A synchronous function type makes a synchronous JavaScript function; an asynchronous one makes a promise.
 */

import type { Caller, FuncInst, HostBridge, Value } from '../../abi/embedding.ts'
import { hold } from '../../abi/held.ts'
import type { Layout } from '../../abi/layout.ts'
import type { Layouts } from '../../abi/layouts.ts'
import type { RuntimeResourceType } from '../../abi/resource.ts'
import { assert, ComponentError } from '../../model/errors.ts'
import type { FuncType } from '../../model/types.ts'
import { abortable, type Later as LaterCall, withLater } from '../suspend.ts'
import { type Steady, settled, slowly } from '../tiers.ts'
import type { Signal } from '../world.ts'
import { type Bridge, Handles, type Passing } from './host-resources.ts'
import { fromJs } from './host-values.ts'

/** What a function's types mean here: layouts, and the live resources its handles are of. */
export interface TypeEnv {
  readonly layouts: Layouts
  readonly resources: readonly RuntimeResourceType[]
}

export type JsFunction = (this: unknown, ...args: unknown[]) => unknown

/** How an exported function is called: the first argument of a method is `this`. */
export type CallStyle = 'function' | 'method'

/** Checks and calls: arguments in WIT order, a WIT `result` as data. */
export type CheckedCall = (args: readonly unknown[]) => Value

/** `type` is the caller's view of the function: its resources are slots of `env`. */
export function checkedCall(func: FuncInst, type: FuncType, path: string, env: TypeEnv, bridge: Bridge): CheckedCall {
  if (type.async) {
    const later = laterCall(func, type, path, env, bridge)
    return (args) => later(args)
  }
  const steady = steadyCall(func, type, path, env, bridge)
  return (args) => {
    const { fast } = steady
    return fast === undefined ? slowly(steady, args) : fast(...args)
  }
}

/** The call as it is now: by the interpreter, or by code for its signature. */
export function steadyCall(
  func: FuncInst,
  type: FuncType,
  path: string,
  env: TypeEnv,
  bridge: Bridge,
  host: HostBridge = bridge,
): Steady {
  const prepare = () => {
    const args = new Arguments(type, path, env, bridge)
    const caller: Caller = { inst: undefined, host }
    return (given: readonly unknown[]): Value => {
      const result = func.invoke(args.now(given), caller)
      bridge.settle()
      return result
    }
  }
  const { lifted } = func
  if (lifted === undefined) return { slow: prepare() }
  return bridge.tiers.steady(prepare, (glue, codegen) =>
    glue.exported({ lifted, type, path, env, bridge, host }, codegen),
  )
}

/** The same for a call that may block: a promise, whatever goes wrong. Abort rejects at once and asks the guest to cancel. */
export function laterCall(
  func: FuncInst,
  type: FuncType,
  path: string,
  env: TypeEnv,
  bridge: Bridge,
): (args: readonly unknown[], signal?: Signal) => Promise<Value> {
  const args = new Arguments(type, path, env, bridge)
  const caller: Caller = { inst: undefined, host: bridge }
  return async (given, signal) => {
    if (signal?.aborted === true) throw signal.reason
    const tasks = bridge.store?.async
    if (tasks === undefined || func.async === undefined) {
      assert(func.async === undefined || tasks !== undefined, 'loaded with the component that has it')
      const result = func.invoke(args.now(given), caller)
      bridge.settle()
      return hold(result)
    }
    const { values, passing } = args.later(given)
    const start = (): readonly Value[] => {
      passing.release()
      return values
    }
    const call = tasks.invoke(func, start, caller)
    // it may never start
    if (!passing.isEmpty) call.result.finally(() => passing.release()).catch(() => {})
    bridge.settle()
    if (signal === undefined) return await call.result
    // a late result is dropped, and a late failure is nobody's
    call.result.catch(() => {})
    const cancel = (): void => call.cancel()
    return await abortable(signal, () => call.result, cancel)
  }
}

/** Checks the arguments of one function. */
class Arguments {
  readonly #layouts: readonly Layout[]
  readonly #places: readonly string[]
  readonly #handles: Handles

  constructor(type: FuncType, path: string, env: TypeEnv, bridge: Bridge) {
    this.#layouts = type.params.map(({ type }) => env.layouts.of(type, 'i32'))
    this.#places = type.params.map(({ name }) => `${path}: param \`${name}\``)
    this.#handles = new Handles(bridge, env.resources)
  }

  /** For a call that lowers them next. */
  now(given: readonly unknown[]): readonly Value[] {
    const outer = this.#handles.begin()
    try {
      return this.#read(given)
    } finally {
      this.#handles.end(outer)
    }
  }

  /** For a call that may have to wait before it lowers them. */
  later(given: readonly unknown[]): { readonly values: readonly Value[]; readonly passing: Passing } {
    const outer = this.#handles.begin()
    try {
      const values = this.#read(given)
      return { values, passing: this.#handles.keep(outer) }
    } catch (error) {
      this.#handles.end(outer)
      throw error
    }
  }

  #read(given: readonly unknown[]): readonly Value[] {
    const count = this.#layouts.length
    const values = new Array<Value>(count)
    // indices, and not iterators, on the path of every call
    for (let i = 0; i < count; i++)
      values[i] = fromJs(this.#layouts[i] as Layout, given[i], this.#handles, this.#places[i] as string)
    return values
  }
}

/** An export as JavaScript sees it: jco's convention for results. */
export function exportedFunction(
  func: FuncInst,
  type: FuncType,
  path: string,
  env: TypeEnv,
  bridge: Bridge,
  style: CallStyle,
): JsFunction {
  const throws = type.result?.kind === 'result'
  if (func.async === undefined) return nowFunction(func, type, path, env, bridge, style, throws)
  const call = laterCall(func, type, path, env, bridge)
  const later: LaterCall = async (self, args, signal) => {
    const result = await call(style === 'method' ? [self, ...args] : args, signal)
    return throws ? hold(returnOrThrow(result)) : result
  }
  if (!type.async) return withLater(nowFunction(func, type, path, env, bridge, style, throws), later)
  const made: JsFunction =
    style === 'method'
      ? function (this: unknown, ...args: unknown[]) {
          return later(this, args, undefined)
        }
      : (...args: unknown[]) => later(undefined, args, undefined)
  return withLater(made, later)
}

function nowFunction(
  func: FuncInst,
  type: FuncType,
  path: string,
  env: TypeEnv,
  bridge: Bridge,
  style: CallStyle,
  throws: boolean,
): JsFunction {
  const steady = steadyCall(func, type, path, env, bridge)
  const { length } = type.params
  if (throws) {
    const call = settled(steady, length)
    if (style === 'function') return (...args) => returnOrThrow(call(...args))
    return function (this: unknown, ...args: unknown[]) {
      return returnOrThrow(call(this, ...args))
    }
  }
  return style === 'method' ? method(steady, length) : settled(steady, length)
}

/** The object is the first parameter. */
function method(steady: Steady, arity: number): JsFunction {
  switch (arity) {
    case 1:
      return function (this: unknown) {
        const { fast } = steady
        return fast === undefined ? slowly(steady, [this]) : fast(this)
      }
    case 2:
      return function (this: unknown, a) {
        const { fast } = steady
        return fast === undefined ? slowly(steady, [this, a]) : fast(this, a)
      }
    case 3:
      return function (this: unknown, a, b) {
        const { fast } = steady
        return fast === undefined ? slowly(steady, [this, a, b]) : fast(this, a, b)
      }
    default:
      return function (this: unknown, ...args) {
        const { fast } = steady
        return fast === undefined ? slowly(steady, [this, ...args]) : fast(this, ...args)
      }
  }
}

function returnOrThrow(result: Value): unknown {
  const { tag, val } = result as { readonly tag: 'ok' | 'err'; readonly val: unknown }
  if (tag === 'ok') return val
  throw new ComponentError(val)
}

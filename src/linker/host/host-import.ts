/**
 * A JavaScript function that serves an import: what it returns is checked before it is lowered, and what it throws becomes
 * the WIT `err` or a trap.
 */

import type { Later } from '../../abi/async-abi.ts'
import type { FuncInst, Value } from '../../abi/embedding.ts'
import { hold, unheld } from '../../abi/held.ts'
import { asyncHostFunc, hostFunc } from '../../abi/host-func.ts'
import type { Layout } from '../../abi/layout.ts'
import { quote, Trap } from '../../model/errors.ts'
import type { FuncType } from '../../model/types.ts'
import type { Signal } from '../world.ts'
import type { JsFunction, TypeEnv } from './host-func.ts'
import { type Bridge, Handles } from './host-resources.ts'
import { fromJs, isThenable } from './host-values.ts'

/** How a JavaScript member is called for an import. `signal` makes what is aborted when the guest cancels its call. */
export type HostCall = (args: readonly Value[], signal?: () => Signal) => unknown

/**
 * A function that JavaScript implements, as components see it.
 * @param plain the function itself, where calling it needs nothing but its arguments
 * @param suspends it may answer with a promise although its type is synchronous
 */
export function importedFunction(
  type: FuncType,
  path: string,
  env: TypeEnv,
  bridge: Bridge,
  call: HostCall,
  plain?: JsFunction,
  suspends = false,
): FuncInst {
  const handles = new Handles(bridge, env.resources)
  const place = `${path}: result`
  const { result } = type
  const layout = result && env.layouts.of(result, 'i32')
  if (result?.kind === 'result') {
    const ok = result.ok && env.layouts.of(result.ok, 'i32')
    const err = result.err && env.layouts.of(result.err, 'i32')
    const returned = (value: unknown): Value => ({ tag: 'ok', val: answer(ok, value, handles, path, place) })
    const threw = (thrown: unknown): Value => ({ tag: 'err', val: errOf(thrown, err, handles, path) })
    if (type.async || suspends) {
      return asyncHostFunc(type, path, bridge, (args, _, signal) => settle(call, args, signal, returned, threw))
    }
    const fn = (args: readonly Value[]): Value => {
      let value: unknown
      try {
        value = call(args)
      } catch (thrown) {
        return threw(thrown)
      }
      return returned(value)
    }
    return hostFunc(type, path, bridge, fn, { plain, call })
  }
  if (type.async || suspends) {
    const returned = (value: unknown): Value => answer(layout, value, handles, path, place)
    return asyncHostFunc(type, path, bridge, (args, _, signal) => settle(call, args, signal, returned, rethrow))
  }
  const checked = (value: unknown): Value => answer(layout, value, handles, path, place)
  return hostFunc(type, path, bridge, (args) => checked(call(args)), { plain, call })
}

const rethrow = (thrown: unknown): never => {
  throw thrown
}

/** What an asynchronous import answered: at once if it can, later if it promised. */
function settle(
  call: HostCall,
  args: readonly Value[],
  signal: () => Signal,
  returned: (value: unknown) => Value,
  threw: (thrown: unknown) => Value,
): Later<Value> {
  let value: unknown
  try {
    value = call(args, signal)
  } catch (thrown) {
    return threw(thrown)
  }
  return isThenable(value) ? settleLater(value, returned, threw) : returned(value)
}

/** `await` asks a promise itself, whatever was put in the place of its `then`. */
async function settleLater(
  promised: unknown,
  returned: (value: unknown) => Value,
  threw: (thrown: unknown) => Value,
): Promise<Value> {
  let value: unknown
  try {
    value = await promised
  } catch (thrown) {
    return threw(thrown)
  }
  return hold(returned(unheld(value)))
}

export type PlainFunction = (...args: readonly unknown[]) => unknown

/** @param place of the answer: the path of the function, and more */
export function refusePromise(value: unknown, place: string): void {
  if (!(value instanceof Promise)) return
  // its failure is ours to report, not an unhandled rejection
  value.catch(() => {})
  throw new Trap(
    'host-value',
    `${quote(place)}: got a Promise from a synchronous function; mark the function with \`suspending\` to wait for it`,
    { path: place.slice(0, place.lastIndexOf(': ')) },
  )
}

export function answer(
  layout: Layout | undefined,
  value: unknown,
  handles: Handles,
  path: string,
  place: string,
): Value {
  if (layout?.kind !== 'future') refusePromise(value, place)
  if (layout === undefined) return undefined
  const checked = checkedValue(layout, value, handles, path, place)
  if (layout.kind === 'future' && checked instanceof Promise) void heard(checked)
  return checked
}

/** Its failure is told to who reads the future; who asked for it may be gone before that. */
async function heard(promise: Promise<unknown>): Promise<void> {
  try {
    await promise
  } catch {
    // as said above
  }
}

/** @throws Trap where the host's value does not fit; what its getters throw */
export function checkedValue(layout: Layout, value: unknown, handles: Handles, path: string, place: string): Value {
  const outer = handles.begin()
  try {
    return fromJs(layout, value, handles, place)
  } catch (error) {
    throw misfitTrap(error, path)
  } finally {
    handles.end(outer)
  }
}

function misfitTrap(error: unknown, path: string): unknown {
  if (!(error instanceof TypeError || error instanceof RangeError)) return error
  return new Trap('host-value', error.message, { path, cause: error })
}

/** jco's rule: an own `payload` is the error; a real Error is a failure of the host; anything else is the error itself. */
export function payloadOf(thrown: unknown): unknown {
  if (typeof thrown === 'object' && thrown !== null && Object.hasOwn(thrown, 'payload'))
    return Reflect.get(thrown, 'payload')
  if (thrown instanceof Error) throw thrown
  return thrown
}

function errOf(thrown: unknown, layout: Layout | undefined, handles: Handles, path: string): Value {
  const payload = payloadOf(thrown)
  if (layout === undefined) return undefined
  return checkedValue(layout, payload, handles, path, `${path}: thrown error`)
}

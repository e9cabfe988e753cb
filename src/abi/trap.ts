/**
 * What an error at a boundary is, and how it is thrown so that no guest can catch it. A guest's `catch_all` takes whatever
 * JavaScript throws except the error of an instruction that really trapped; so a tiny module executes `unreachable`, and
 * its error object becomes the Trap (or LimitError) by prototype and fields. Engines keep the mark on the object itself.
 */
import { BugError, isWasmLinkError, type LimitError, quote, Trap, type TrapCode } from '../model/errors.ts'

// (module (func (export "t") unreachable))
const UNREACHABLE_MODULE = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 116, 0, 0, 10, 5, 1, 3, 0, 0, 11,
]

/** A function that traps whenever it is called. */
export function makeTrapper(): () => void {
  const module = new WebAssembly.Module(new Uint8Array(UNREACHABLE_MODULE))
  return new WebAssembly.Instance(module).exports['t'] as () => void
}

/** An error object that core code cannot catch. Throws what else comes, when the stack is used up. */
export function uncatchable(trapper: () => void): Error {
  try {
    trapper()
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) return error
    throw error
  }
  // not after `catch`: engines with tail calls must find `trapper()` inside `try`
  throw new BugError('the trap helper returned')
}

/** Turns `object`, the error of a real core trap, into `error`. */
export function become<E extends Trap | LimitError>(object: Error, error: E, stack: string | undefined): E {
  Object.setPrototypeOf(object, Object.getPrototypeOf(error))
  const define = (key: string, value: unknown, enumerable: boolean): void => {
    Object.defineProperty(object, key, { value, enumerable, configurable: true, writable: true })
  }
  define('message', error.message, false)
  if ('cause' in error) define('cause', error.cause, false)
  for (const [key, value] of Object.entries(error)) define(key, value, true)
  if (stack !== undefined) define('stack', stack, false)
  return object as E
}

/**
 * Engine's words → wasmtime's, in the order V8, JavaScriptCore, SpiderMonkey. V8 did not always tell a null table element
 * from a wrong signature, so no message does.
 */
const CORE_TRAPS: readonly (readonly [RegExp, TrapCode, string])[] = [
  [/unreachable/i, 'unreachable', 'wasm `unreachable` instruction executed'],
  [
    /null function|function signature mismatch|call_indirect to a|indirect call to null|indirect call signature/i,
    'core',
    'indirect call type mismatch or uninitialized element',
  ],
  [
    /table index is out of bounds|(?:table access|table index|element segment) out of bounds|out of bounds (?:table|call_indirect)/i,
    'core',
    'undefined element: out of bounds table access',
  ],
  [/array (?:element )?access out of bounds|out of bounds array/i, 'core', 'out of bounds array access'],
  [/(?:divide|remainder|division) by zero/i, 'core', 'integer divide by zero'],
  [/divide result unrepresentable|integer overflow/i, 'core', 'integer overflow'],
  [/float unrepresentable|out of bounds trunc|invalid conversion to integer/i, 'core', 'invalid conversion to integer'],
  [/unaligned/i, 'core', 'unaligned atomic'],
  [/null (?:pointer|reference)|null.*deref/i, 'core', 'null reference'],
  [/illegal cast|bad cast|cast failure|ref\.cast/i, 'core', 'cast failure'],
  [/out of bounds/i, 'core', 'out of bounds memory access'],
]

function coreTrap(message: string): readonly [TrapCode, string] {
  for (const [pattern, code, text] of CORE_TRAPS) if (pattern.test(message)) return [code, text]
  return ['core', quote(message)]
}

export function isStackOverflow(error: unknown): boolean {
  try {
    if (!(error instanceof Error)) return false
    const message = String(error.message)
    // no patterns: compiling one takes stack, of which there is none
    return (error instanceof RangeError && message.includes('call stack')) || message.includes('too much recursion')
  } catch {
    return false // a proxy, which runs code when it is looked at
  }
}

/** What the host throws may be a proxy, which runs code when it is looked at. */
function messageOf(error: Error): string {
  try {
    return String(error.message)
  } catch {
    return ''
  }
}

export function isTrapOrLimit(error: unknown): error is Trap | LimitError {
  return isWasmLinkError(error) && (error.kind === 'trap' || error.kind === 'limit')
}

/** For whatever a host function threw that is not its component's `err`; the code around it is ours. */
export function hostThrew(error: unknown): Trap | LimitError {
  if (isTrapOrLimit(error)) return error
  if (isStackOverflow(error)) return new Trap('stack-overflow', undefined, { cause: error })
  if (isWasmLinkError(error) && error.kind === 'bug') {
    return new Trap('internal', `internal error: ${error.message}`, { cause: error })
  }
  const message = error instanceof Error ? messageOf(error) : ''
  const text = message === '' ? '' : `: ${quote(message)}`
  return new Trap('host-threw', `a host function threw${text}`, { cause: error })
}

interface Classified {
  readonly error: Trap | LimitError
  /** To reuse, if it came from a real trap. */
  readonly object?: Error
}

/** The error of a boundary. */
export function classify(error: unknown, path: string): Classified {
  try {
    return classified(error, path)
  } catch (failure) {
    if (isStackOverflow(failure)) throw failure
    // it cannot be looked at
    return { error: new Trap('host-threw', 'a host function threw', { path, cause: error }) }
  }
}

function classified(error: unknown, path: string): Classified {
  if (isTrapOrLimit(error)) {
    if (error.kind === 'limit' || error.path !== '') return { error }
    const message = error.message.replace(/^wasm trap: /, '')
    const trap = new Trap(error.code, message, 'cause' in error ? { path, cause: error.cause } : { path })
    if (error.stack !== undefined) trap.stack = error.stack
    return { error: trap }
  }
  if (error instanceof WebAssembly.RuntimeError) {
    const [code, text] = coreTrap(error.message)
    return { error: new Trap(code, text, { path }), object: error }
  }
  if (error instanceof WebAssembly.Exception) {
    const text = 'uncaught exception propagated out of component (thrown Wasm exception)'
    return { error: new Trap('uncaught-exception', text, { path, cause: error }) }
  }
  if (isStackOverflow(error)) {
    return { error: new Trap('stack-overflow', undefined, { path, cause: error }) }
  }
  return classified(hostThrew(error), path)
}

/**
 * Every way to fail, one class per owner: the bytes (Malformed), the component's author (Invalid), the embedder (Link),
 * the guest (Trap), the host's policy (Limit), a WIT `err` (Component), the caller after the end (Closed), us (Bug).
 *
 * All are recognised by brand, not by `instanceof`, so that two copies of the package and two realms agree. Messages are
 * wasmparser's and wasmtime's words first, because the reference tests compare substrings; our detail follows.
 * Guest text inside a message goes through `quote`, which escapes and bounds it.
 */

import type { Feature } from './features.ts'
import type { CompileLimit, LimitName, Total } from './limits.ts'

const BRAND = Symbol.for('wasm-link.error')

function brand(prototype: object, name: string): void {
  Object.defineProperty(prototype, BRAND, { value: true })
  Object.defineProperty(prototype, 'name', { value: name, configurable: true, writable: true })
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is escaped here
const UNFIT = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g

/** Guest-chosen text made fit for a message: control characters escaped, at most 200 characters. */
export function quote(text: string): string {
  const cut = text.length > 200 ? `${text.slice(0, 197)}...` : text
  return escapeControls(cut)
}

const escapeControls = (text: string): string => text.replace(UNFIT, (c) => `\\u{${c.charCodeAt(0).toString(16)}}`)

// Escaped here as well, so that a place that forgets `quote` gives the guest nothing but new lines.
const at = (message: string, offset: number): string =>
  `${message.split('\n').map(escapeControls).join('\n')} (at offset 0x${offset.toString(16)})`

/** The bytes (or the text) are not a component. `offset` counts bytes in the outermost file; `line`, `column` are 1-based, for text. */
export class MalformedError extends Error {
  readonly kind = 'malformed' as const
  readonly offset: number
  readonly line: number | undefined
  readonly column: number | undefined
  constructor(message: string, offset: number, place?: { readonly line: number; readonly column: number }) {
    super(place ? message : at(message, offset))
    this.offset = offset
    this.line = place?.line
    this.column = place?.column
  }
}
brand(MalformedError.prototype, 'MalformedError')

/** Well-formed, but against a validation rule. `path` leads from the outside to the place; `feature` is the gate that would allow it. */
export class InvalidError extends Error {
  readonly kind = 'invalid' as const
  readonly offset: number
  readonly path: readonly string[]
  readonly feature: Feature | undefined
  constructor(message: string, offset: number, path: readonly string[] = [], feature?: Feature) {
    super(at(message, offset) + (path.length > 0 ? ` in ${path.map(quote).join(' / ')}` : ''))
    this.offset = offset
    this.path = path
    this.feature = feature
  }
}
brand(InvalidError.prototype, 'InvalidError')

export type CardinalityKind = 'exactly-one' | 'at-most-one' | 'at-least-one' | 'any'

export type LinkProblem = { readonly path: string; readonly message: string } & (
  | { readonly kind: 'missing-import'; readonly tried: readonly string[] }
  | { readonly kind: 'missing-export'; readonly found: readonly string[] }
  | { readonly kind: 'type-mismatch'; readonly expected: string; readonly found: string }
  | { readonly kind: 'cardinality'; readonly expected: CardinalityKind; readonly found: number }
  | { readonly kind: 'cycle'; readonly through: readonly string[] }
  | { readonly kind: 'needs-jspi' | 'needs-async' | 'duplicate' | 'bad-id' | 'wrong-engine' | 'feature-off' }
)

/** What was asked to be joined does not fit. All problems at once. */
export class LinkError extends Error {
  readonly kind = 'link' as const
  readonly problems: readonly LinkProblem[]
  constructor(problems: readonly LinkProblem[]) {
    super(problems.map((p) => (p.path === '' ? p.message : `${quote(p.path)}: ${p.message}`)).join('\n'))
    this.problems = problems
  }
}
brand(LinkError.prototype, 'LinkError')

/**
 * Trap code → wasmtime's words. Where the text depends on the case (a handle index, a type), the place that traps says it,
 * and this is the fallback.
 */
export const TRAPS = {
  'unreachable': 'wasm `unreachable` instruction executed',
  'core': 'core trap',
  'uncaught-exception': 'uncaught exception propagated out of component',
  'stack-overflow': 'call stack exhausted',
  'cannot-enter': 'cannot enter component instance',
  'cannot-leave': 'cannot leave component instance',
  'unknown-handle': 'unknown handle index',
  'wrong-handle-type': 'handle index used with the wrong type',
  'resource-lent': 'cannot remove owned resource while borrowed',
  'borrows-remain': 'borrow handles still remain at the end of the call',
  'cannot-block': 'cannot block a synchronous task before returning',
  'deadlock': 'deadlock detected: event loop cannot make further progress',
  'no-result': 'async-lifted export failed to produce a result',
  'bad-task-return': 'invalid `task.return` signature and/or options for current task',
  'bad-pointer': 'unaligned pointer',
  'bad-string': 'string content out-of-bounds',
  'bad-char': 'invalid `char` bit pattern',
  'bad-discriminant': 'invalid variant discriminant',
  'bad-realloc': 'realloc return: beyond end of memory',
  'bad-waitable': 'waitable cannot be used synchronously while added to a waitable set',
  'bad-copy': 'cannot have concurrent operations active on a future/stream',
  'backpressure': 'backpressure counter overflow',
  'host-threw': 'a host function threw',
  'host-value': 'a host function returned a value that does not fit its type',
  'needs-jspi': 'this call must suspend WebAssembly, which this JavaScript engine cannot do (it has no JSPI)',
  'internal': 'internal error',
} as const satisfies Record<string, string>

export type TrapCode = keyof typeof TRAPS

// A const of our own, so that the emitted declarations name no DOM type.
const RuntimeError: new (message?: string, options?: ErrorOptions) => Error = WebAssembly.RuntimeError

/**
 * The guest broke a rule, or the world below it did; its instance never runs again.
 * Also `instanceof WebAssembly.RuntimeError`. `cause` is what the host threw or the other plugin's error.
 */
export class Trap extends RuntimeError {
  readonly kind = 'trap' as const
  readonly code: TrapCode
  /** The function at whose boundary it surfaced, such as `acme:calc/ops@0.3.1#div`; empty while unknown. */
  readonly path: string
  constructor(
    code: TrapCode,
    message: string = TRAPS[code],
    options: { readonly path?: string; readonly cause?: unknown } = {},
  ) {
    super(`wasm trap: ${message}`, 'cause' in options ? { cause: options.cause } : undefined)
    this.code = code
    this.path = options.path ?? ''
  }
}
brand(Trap.prototype, 'Trap')

/** A limit of the host's policy was reached. `option` names what raises it. */
export class LimitError extends Error {
  readonly kind = 'limit' as const
  readonly limit: LimitName | CompileLimit | Total
  readonly used: number
  readonly cap: number
  readonly option: string
  constructor(limit: LimitName | CompileLimit | Total, used: number, cap: number, option: string, detail = '') {
    super(
      `limit \`${limit}\` reached: ${used} of ${cap}${detail === '' ? '' : ` (${detail})`}; raise it with \`${option}\``,
    )
    this.limit = limit
    this.used = used
    this.cap = cap
    this.option = option
  }
}
brand(LimitError.prototype, 'LimitError')

/** The one written `any`: what a component without a generated `World` hands out. */
// biome-ignore lint/suspicious/noExplicitAny: the public stand-in for guest-typed values
export type Untyped = any

/** A top-level WIT `err`: thrown by an export; throw one in a host function to answer `err`. */
export class ComponentError<E = Untyped> extends Error {
  readonly kind = 'component' as const
  declare readonly payload: E
  constructor(payload: E) {
    super(typeof payload === 'string' ? payload : `${describe(payload)} (see error.payload)`)
    // jco's convention: enumerable unless it would only repeat the message
    Object.defineProperty(this, 'payload', {
      value: payload,
      enumerable: typeof payload !== 'string',
      configurable: true,
      writable: true,
    })
  }
}
brand(ComponentError.prototype, 'ComponentError')

function describe(payload: unknown): string {
  if (payload !== null && typeof payload === 'object') {
    const tag: unknown = Object.hasOwn(payload, 'tag') ? Reflect.get(payload, 'tag') : undefined
    return typeof tag === 'string' ? quote(tag) : 'object'
  }
  return quote(String(payload))
}

/** Used after disposal. */
export class ClosedError extends Error {
  readonly kind = 'closed' as const
}
brand(ClosedError.prototype, 'ClosedError')

/** Our fault, never the guest's or the host's. */
export class BugError extends Error {
  readonly kind = 'bug' as const
  constructor(message: string, options?: ErrorOptions) {
    super(`BUG in wasm-link: ${message}. Please report it with the component that shows it.`, options)
  }
}
brand(BugError.prototype, 'BugError')

export type PluginId = string | number | bigint | boolean

export interface Failed<K extends string, Cause = undefined> extends Error {
  readonly name: 'DispatchError'
  readonly kind: K
  readonly id: PluginId | undefined
  readonly path: string
  readonly cause: Cause
}

/** The first eleven are the cases of `wasm-link:runtime/errors@0.4.0`; a consumer sees the last three as `runtime-exception`. */
export type DispatchError =
  | Failed<'lock-rejected'>
  | Failed<'invalid-interface-path'>
  | Failed<'invalid-function'>
  | Failed<'missing-response'>
  | Failed<'invalid-argument-list'>
  | Failed<'runtime-exception', Trap | LimitError | TypeError>
  | Failed<'unsupported-type'>
  | Failed<'executor-unavailable'>
  | Failed<'resource-table-full', LimitError>
  | Failed<'resource-handle-conversion-failed'>
  | Failed<'invalid-resource-handle'>
  | Failed<'needs-async'>
  | Failed<'plugin-unavailable', Trap | LimitError | ClosedError>
  | Failed<'cancelled', unknown>

class DispatchFailure extends Error {
  readonly kind: DispatchError['kind']
  readonly id: PluginId | undefined
  readonly path: string
  constructor(kind: DispatchError['kind'], message: string, id: PluginId | undefined, path: string, cause: unknown) {
    super(message, { cause })
    this.kind = kind
    this.id = id
    this.path = path
  }
}
brand(DispatchFailure.prototype, 'DispatchError')

type CauseOf<K extends DispatchError['kind']> = Extract<DispatchError, { readonly kind: K }>['cause']

/** Makes a DispatchError; the union's members differ in `kind` and `cause` only, which the signature keeps together. */
export function dispatchError<K extends DispatchError['kind']>(
  kind: K,
  message: string,
  id: PluginId | undefined,
  path: string,
  cause: CauseOf<K>,
): DispatchError {
  return new DispatchFailure(kind, message, id, path, cause) as Error as DispatchError
}

export type WasmLinkError =
  | MalformedError
  | InvalidError
  | LinkError
  | Trap
  | LimitError
  | ComponentError
  | ClosedError
  | BugError
  | DispatchError

export function isWasmLinkError(value: unknown): value is WasmLinkError {
  try {
    return BRAND in (value as object)
  } catch {
    return false // no object, or a proxy, which runs code when it is looked at
  }
}

/** For what validation or an earlier step promised. If it fires, it is our bug, never the guest's. */
export function assert(condition: boolean, why: string): asserts condition {
  if (!condition) throw new BugError(why)
}

/** The end of an exhaustive `switch`. */
export function unreachable(value: never): never {
  throw new BugError(`unexpected ${JSON.stringify(value)}`)
}

/** For what the guest may cause. Not for hot paths that build a message: test there, then throw. */
export function trapIf(condition: boolean, code: TrapCode, message?: string): void {
  if (condition) throw new Trap(code, message)
}

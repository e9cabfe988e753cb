/**
 * Dispatch errors as components see them: the variant `dispatch-error` of `wasm-link:runtime/errors@0.4.0`, matched by the
 * names of its cases. A consumer may declare fewer cases, or in another order; an error whose case it lacks traps it.
 * Texts are redacted unless the host wants otherwise: another plugin learns the kind of a failure, not its insides.
 */
import type { Value } from '../abi/embedding.ts'
import { type DispatchError, isWasmLinkError, TRAPS, Trap } from '../model/errors.ts'
import type { ValType } from '../model/types.ts'

/** Case → whether it says more. */
const CASES: Readonly<Record<string, boolean>> = {
  'lock-rejected': false,
  'invalid-interface-path': true,
  'invalid-function': true,
  'missing-response': false,
  'runtime-exception': true,
  'invalid-argument-list': false,
  'unsupported-type': true,
  'executor-unavailable': false,
  'resource-table-full': false,
  'resource-handle-conversion-failed': false,
  'invalid-resource-handle': false,
}

/** The case names of the contract. */
export const DISPATCH_ERROR_CASES: readonly string[] = Object.keys(CASES)

export type Disclosure = 'redacted' | 'full'

/** Whether `type` can hold dispatch errors: none at all, or cases of which those that we know are declared as we do. */
export function isErrorType(type: ValType | undefined): boolean {
  if (type === undefined) return true
  if (type.kind === 'enum') return type.labels.some((label) => CASES[label] === false)
  if (type.kind !== 'variant') return false
  const known = type.cases.filter(({ name }) => Object.hasOwn(CASES, name))
  return known.length > 0 && known.every((c) => (CASES[c.name] ? c.type?.kind === 'string' : c.type === undefined))
}

/** @throws Trap if `type` lacks the case */
export function encodeError(type: ValType | undefined, error: DispatchError, disclosure: Disclosure): Value {
  if (type === undefined) return undefined
  const name = Object.hasOwn(CASES, error.kind) ? error.kind : 'runtime-exception'
  if (type.kind === 'enum') {
    if (type.labels.includes(name)) return name
  } else if (type.kind === 'variant' && type.cases.some((c) => c.name === name)) {
    return CASES[name] ? { tag: name, val: textOf(error, disclosure) } : { tag: name }
  }
  throw new Trap('host-threw', `a dispatch error of kind \`${name}\`, for which this import declares no case`, {
    path: error.path,
    cause: error,
  })
}

function textOf(error: DispatchError, disclosure: Disclosure): string {
  switch (error.kind) {
    case 'invalid-interface-path':
      return error.path.replace(/#.*$/, '')
    case 'invalid-function':
      return error.path.replace('#', ':')
    case 'unsupported-type':
      return error.message
    default:
      return disclosure === 'full' ? error.message : fixedWords(error)
  }
}

/** Words of ours alone. */
function fixedWords(error: DispatchError): string {
  const { cause } = error
  if (isWasmLinkError(cause)) {
    if (cause.kind === 'trap') return TRAPS[cause.code]
    if (cause.kind === 'limit') return `limit ${cause.limit} reached`
  }
  return error.kind === 'runtime-exception' ? 'the call failed' : error.kind.replaceAll('-', ' ')
}

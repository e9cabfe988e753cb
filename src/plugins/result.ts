/** What dispatch answers for one plugin. */
import type { DispatchError } from '../model/errors.ts'

/** Data, one per plugin; a failure of one never touches the others. A WIT `result` stays data inside `value`: `{ tag, val }`. */
export type DispatchResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: DispatchError }

/** The value, or throws the error. */
export function unwrap<T>(result: DispatchResult<T>): T {
  if (result.ok) return result.value
  throw result.error
}

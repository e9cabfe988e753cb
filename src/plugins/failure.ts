/**
 * Why one plugin gave no answer. A `Failure` is told on the way from where it happened to where the plugin's id and the
 * path are known; there it becomes a DispatchError, the public form.
 */
import { hostThrew, isStackOverflow, isTrapOrLimit } from '../abi/trap.ts'
import {
  ClosedError,
  type DispatchError,
  dispatchError,
  isWasmLinkError,
  LimitError,
  type PluginId,
  Trap,
} from '../model/errors.ts'
import type { Ledger } from '../model/limits.ts'

type Kind = DispatchError['kind']

/** Never leaves this folder: it has no stack, because it is an answer and not an accident. */
export class Failure {
  readonly kind: Kind
  readonly message: string
  readonly cause: unknown

  constructor(kind: Kind, message: string, cause?: unknown) {
    this.kind = kind
    this.message = message
    this.cause = cause
  }

  static tableFull({ used, caps }: Ledger): Failure {
    const error = new LimitError('handles', used.handles + 1, caps.handles, 'limits.handles')
    return new Failure('resource-table-full', error.message, error)
  }

  /** @throws BugError, which is ours to repair, and nobody's answer; what says that the stack is used up */
  static of(error: unknown): Failure {
    try {
      return Failure.#of(error)
    } catch (failure) {
      if (isStackOverflow(failure) || (isWasmLinkError(failure) && failure.kind === 'bug')) throw failure
      // it cannot be looked at
      const trap = new Trap('host-threw', 'a host function threw', { cause: error })
      return new Failure('runtime-exception', trap.message, trap)
    }
  }

  static #of(error: unknown): Failure {
    if (error instanceof Failure) return error
    if (isTrapOrLimit(error)) return new Failure('runtime-exception', error.message, error)
    if (isWasmLinkError(error)) {
      if (error.kind === 'closed') return new Failure('plugin-unavailable', error.message, error)
      if (error.kind === 'bug') throw error
    }
    if ((error instanceof TypeError || error instanceof RangeError) && !isStackOverflow(error))
      return new Failure('runtime-exception', error.message, error)
    const trap = hostThrew(error)
    return new Failure('runtime-exception', trap.message, trap)
  }

  at(id: PluginId | undefined, path: string): DispatchError {
    return dispatchError(this.kind, `${path}: ${this.message}`, id, path, this.cause as never)
  }
}

export const locked = ({ name }: { readonly name: string }): Failure =>
  new Failure('lock-rejected', `plugin \`${name}\` is busy with a call that led here`)

/** For a consumer whose type has no place for a failure: thrown, it ends the consumer. */
export function asTrap(failure: Failure, path: string): Trap | LimitError | ClosedError {
  const { cause } = failure
  if (isTrapOrLimit(cause) || cause instanceof ClosedError) return cause
  return new Trap('host-threw', `${failure.kind}: ${failure.message}`, cause === undefined ? { path } : { path, cause })
}

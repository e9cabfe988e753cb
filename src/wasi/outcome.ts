/**
 * How a call into WASI ends other than by returning. An `err` of the WIT type is a `ComponentError`, as for every host
 * function; what is here ends the instance: the guest asked to exit, or broke a rule that WASI says is a trap. Both
 * arrive at the host as the `cause` of the Trap that ended the instance. Nothing here ends the host's process.
 */
import { ComponentError } from '../model/errors.ts'

const EXIT = Symbol.for('wasm-link.wasi.exit')

/** `wasi:cli/exit` was called: a way to end, not a failure. `runCommand` answers with its code. */
export class ExitRequest extends Error {
  override readonly name = 'ExitRequest'
  readonly code: number
  constructor(code: number) {
    super(`the component asked to exit with code ${code}`)
    this.code = code
  }
  get [EXIT](): true {
    return true
  }
}

/** By brand, so that two copies of the package agree. */
export function isExitRequest(value: unknown): value is ExitRequest {
  return typeof value === 'object' && value !== null && EXIT in value
}

/** The guest used WASI against its rules where no error value exists to say so. */
export class WasiFault extends Error {
  override readonly name = 'WasiFault'
}

/** The `err` of a WIT `result`, thrown as every host function throws it. */
export function fail<E>(payload: E): never {
  throw new ComponentError(payload)
}

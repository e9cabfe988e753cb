/** The `caller` that import factories receive: whose call a host function serves, while it serves it. */
import type { Ledger, RunLimit, Usage } from '../../model/limits.ts'
import type { Caller, CallInfo, Signal } from '../world.ts'
import type { HostCall } from './host-import.ts'

/** Never aborted: synchronous calls cannot be cancelled. */
const neverAborted = (): Signal => new AbortController().signal

export class CallerView<Ctx> implements Caller<Ctx> {
  readonly name: string
  readonly context: Ctx
  readonly #usage: () => Usage
  readonly #ledger: Ledger
  #path: string | undefined
  #depth = 0
  #signal: (() => Signal) | undefined

  constructor(name: string, context: Ctx, ledger: Ledger, usage: () => Usage) {
    this.name = name
    this.context = context
    this.#usage = usage
    this.#ledger = ledger
  }

  get call(): CallInfo {
    const path = this.#path
    if (path === undefined) {
      throw new TypeError(
        'caller.call is only there during the synchronous part of a host function: read it before the first await',
      )
    }
    const depth = this.#depth
    const signalOf = this.#signal ?? neverAborted
    let signal: Signal | undefined
    return {
      path,
      depth,
      get signal(): Signal {
        signal ??= signalOf()
        return signal
      },
    }
  }

  /** @internal for what is used outside of the component on its behalf. @throws LimitError */
  charge(limit: RunLimit, amount: number): void {
    this.#ledger.charge(limit, amount)
  }

  usage(): Usage {
    return this.#usage()
  }

  /** Wraps a host function so that `call` tells of it while it runs. */
  around(path: string, call: HostCall): HostCall {
    return (args, signal) => {
      const outer = this.#path
      const outerSignal = this.#signal
      this.#path = path
      this.#signal = signal
      this.#depth++
      try {
        return call(args)
      } finally {
        this.#path = outer
        this.#signal = outerSignal
        this.#depth--
      }
    }
  }
}

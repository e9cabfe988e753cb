/** The `caller` that import factories receive: whose call a host function serves, while it serves it. */
import type { Root } from '../../abi/embedding.ts'
import type { RunLimit, Usage } from '../../model/limits.ts'
import type { Caller, CallInfo, Signal } from '../world.ts'
import type { HostCall } from './host-import.ts'

/** Never aborted: synchronous calls cannot be cancelled. */
const neverAborted = (): Signal => new AbortController().signal

export class CallerView<Ctx> implements Caller<Ctx> {
  readonly name: string
  readonly context: Ctx
  readonly #usage: () => Usage
  readonly #root: Root
  #path: string | undefined
  #depth = 0
  #signal: (() => Signal) | undefined

  constructor(root: Root, context: Ctx, usage: () => Usage) {
    this.name = root.name
    this.context = context
    this.#usage = usage
    this.#root = root
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
    this.#root.ledger.charge(limit, amount)
  }

  /** @internal for what holds the thread, whoever asked for it. @throws LimitError when the time of who asked is over */
  look(): void {
    this.#root.store.served?.hook?.()
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
      const { store } = this.#root
      const { served } = store
      store.served = this.#root
      try {
        return call(args)
      } finally {
        store.served = served
        this.#path = outer
        this.#signal = outerSignal
        this.#depth--
      }
    }
  }
}

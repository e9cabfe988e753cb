/** A running component as its embedder sees it. */
import { assert, type LimitError, type Trap, type Untyped } from '../model/errors.ts'
import type { Usage } from '../model/limits.ts'
import type { FuncType } from '../model/types.ts'
import type { Component } from './component.ts'
import type { InstanceState } from './instance-state.ts'
import { LINKS, RUNTIME } from './part.ts'
import type { CallOptions } from './suspend.ts'
import type { UntypedWorld, World } from './world.ts'

/** One exported function by its exact WIT name. A WIT `result` is data here: `{ tag, val }`. */
export interface ExportedFunc {
  readonly path: string
  readonly type: FuncType
  /** @throws TypeError, RangeError before the guest is entered; Trap, LimitError, ClosedError */
  call(args: readonly unknown[]): Untyped
  callAsync(args: readonly unknown[], options?: CallOptions): Promise<Untyped>
}

export class Instance<W extends World = UntypedWorld> implements Disposable, AsyncDisposable {
  /** `undefined`: written in JavaScript. */
  readonly component: Component<W> | undefined
  #state: InstanceState

  protected constructor(state: object, component: Component<W> | undefined) {
    assert(state instanceof RUNTIME.get().InstanceState, 'instances are made by instantiating')
    this.#state = state
    this.component = component
  }

  /** @internal */
  static of<W extends World>(state: InstanceState, component: Component<W> | undefined): Instance<W> {
    return new Instance(state, component)
  }

  /** @internal */
  get live(): InstanceState {
    return this.#state
  }

  /** @internal a restart puts another life behind the same face */
  set live(state: InstanceState) {
    this.#state = state
  }

  get name(): string {
    return this.#state.name
  }

  /** Frozen, null-prototype; a `func` is a synchronous function, an `async func` returns a Promise. */
  get exports(): W['exports'] {
    return this.#state.exports
  }

  /** `trapped`: no guest code ever runs again. */
  get state(): 'ready' | 'busy' | 'trapped' | 'disposed' {
    return this.#state.state
  }

  /** Why it is trapped. */
  get trap(): Trap | LimitError | undefined {
    return this.#state.trap
  }

  /**
   * @example
   * instance.func('acme:calc/ops#add').call([40, 2])
   * instance.func('ops#[method]accumulator.value').call([accumulator])
   * @param path exact WIT names: an item, or an interface (full name, without version, or alias), `#` and an item
   * @throws LinkError if there is no such function, or more than one interface fits
   */
  func(path: string): ExportedFunc {
    return LINKS.get().exportedFunc(this.#state, path)
  }

  usage(): Usage {
    return this.#state.usage()
  }

  /** Resolves when no call is in flight any more. */
  async drain(): Promise<void> {
    // a synchronous call is over whenever this code can run; asynchronous calls are waited for one by one
    await this.#state.idle()
  }

  /** Ends calls in flight, runs its owned resources' destructors, frees. Idempotent. */
  [Symbol.dispose](): void {
    this.#state.dispose()
  }

  /** Drains, then disposes. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.drain()
    this.#state.dispose()
  }
}

/** A running component as its embedder sees it. */
import type { Value } from '../abi/embedding.ts'
import { assert, type LimitError, LinkError, quote, type Trap, type Untyped } from '../model/errors.ts'
import type { Usage } from '../model/limits.ts'
import type { Externs, FuncType } from '../model/types.ts'
import type { Component } from './component.ts'
import { checkedCall, laterCall } from './host-func.ts'
import { splitVersion } from './import-names.ts'
import { InstanceState } from './instance-state.ts'
import type { LiveItems } from './items.ts'
import { aliasOf } from './js-names.ts'
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
    assert(state instanceof InstanceState, 'instances are made by instantiating')
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
  protected set live(state: InstanceState) {
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
    const { items, types, name, full } = this.#find(path)
    const item = items.get(name)
    const type = types.get(name)?.type
    if (item?.kind !== 'func' || type?.kind !== 'func') throw missing(full, [...items.keys()])
    const state = this.#state
    const call = checkedCall(item.func, type, full, state.env, state.engine.bridge)
    const later = laterCall(item.func, type, full, state.env, state.engine.bridge)
    const checked = (args: readonly unknown[]): Value => {
      state.checkOpen()
      return call(args)
    }
    return {
      path: full,
      type,
      call: checked,
      callAsync: async (args, options) => {
        state.checkOpen()
        return await later(args, options?.signal)
      },
    }
  }

  #find(path: string): {
    readonly items: LiveItems
    readonly types: Externs
    readonly name: string
    readonly full: string
  } {
    const { items, parts } = this.#state
    const types = parts.artifact.plan.exports
    const hash = path.indexOf('#')
    if (hash < 0) return { items, types, name: path, full: path }
    const wanted = path.slice(0, hash)
    const name = path.slice(hash + 1)
    const fitting = [...items.keys()].filter(
      (key) => key === wanted || splitVersion(key).base === wanted || aliasOf(key) === wanted,
    )
    const [found] = fitting.includes(wanted) ? [wanted] : fitting
    const item = found === undefined ? undefined : items.get(found)
    const type = found === undefined ? undefined : types.get(found)?.type
    if (found === undefined || item?.kind !== 'instance' || type?.kind !== 'instance')
      throw missing(path, [...items.keys()])
    if (!fitting.includes(wanted) && fitting.length > 1) throw missing(path, fitting)
    return { items: item.exports, types: type.exports, name, full: `${found}#${name}` }
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

function missing(path: string, found: readonly string[]): LinkError {
  const shown = found.slice(0, 12).map(quote).join(', ')
  return new LinkError([
    {
      kind: 'missing-export',
      path,
      message: `no such function; there are ${shown === '' ? 'no exports' : shown}`,
      found,
    },
  ])
}

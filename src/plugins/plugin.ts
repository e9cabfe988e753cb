/** A component with its host context and limits, not running yet. It has no id: ids belong to the container it is plugged with. */
import type { Component } from '../linker/component.ts'
import type { Engine } from '../linker/engine.ts'
import type { InstanceParts } from '../linker/instance-state.ts'
import type { Limits } from '../linker/limit-options.ts'
import type { Linker } from '../linker/linker.ts'
import type { UntypedWorld, World } from '../linker/world.ts'
import { Binding, type BindingAny } from './binding.ts'
import type { PluginInstance } from './instance.ts'
import { MACHINERY } from './parts.ts'
import type { Remap } from './remap.ts'
import type { View } from './view.ts'

/** After a trap; default never. With a backoff, the wait doubles from restart to restart. */
export type RestartPolicy = 'never' | 'on-next-call' | { readonly backoffMs: number; readonly maxRestarts: number }

export interface PluginOptions<Ctx> {
  /** Any value of the host's; its functions see it as `caller.context`. */
  readonly context?: Ctx
  readonly name?: string
  readonly limits?: Limits<Ctx>
  /** Keys: requested `ops` or `acme:calc/ops`. */
  readonly remap?: {
    readonly exports?: Readonly<Record<string, Remap>>
    readonly imports?: Readonly<Record<string, Remap>>
  }
  readonly restart?: RestartPolicy
  /** Starts asynchronous calls; `false` refuses: `executor-unavailable`. */
  readonly executor?: (run: () => void) => boolean
}

/**
 * Reusable: every `instantiate` or `link` makes another running plugin.
 *
 * @example
 * const leaf = await new Plugin(leafComponent).instantiate(engine)
 * const binding = new Binding('acme:leaf', ExactlyOne('leaf', leaf))
 * const root = await new Plugin(rootComponent).link(engine, linker, [binding])
 */
export class Plugin<Ctx = undefined, W extends World = UntypedWorld> {
  readonly #component: Component<W>
  readonly #options: PluginOptions<Ctx>

  constructor(component: Component<W>, options: PluginOptions<Ctx> = {}) {
    this.#component = component
    this.#options = options
  }

  /** Without sockets. @throws LinkError, Trap, LimitError */
  async instantiate(engine: Engine, linker?: Linker<Ctx>): Promise<PluginInstance<Ctx, W>> {
    return await this.#start(engine, linker, [])
  }

  /** @throws LinkError, Trap, LimitError */
  async link(engine: Engine, linker: Linker<Ctx>, sockets: Iterable<BindingAny>): Promise<PluginInstance<Ctx, W>> {
    return await this.#start(engine, linker, viewsOf(sockets))
  }

  /** @internal `link` under the eyes of whoever built the graph. */
  async linkWith(
    hooks: Pick<InstanceParts, 'guard' | 'rehearsal'>,
    engine: Engine,
    linker: Linker<Ctx>,
    sockets: Iterable<BindingAny>,
  ): Promise<PluginInstance<Ctx, W>> {
    return await this.#start(engine, linker, viewsOf(sockets), hooks)
  }

  /** As `instantiate`, on this thread and now. */
  instantiateSync(engine: Engine, linker?: Linker<Ctx>): PluginInstance<Ctx, W> {
    return this.#startSync(engine, linker, [])
  }

  /** As `link`, on this thread and now. In a browser something must have been linked before by `link`. */
  linkSync(engine: Engine, linker: Linker<Ctx>, sockets: Iterable<BindingAny>): PluginInstance<Ctx, W> {
    return this.#startSync(engine, linker, viewsOf(sockets))
  }

  async #start(
    engine: Engine,
    linker: Linker<Ctx> | undefined,
    views: readonly View[],
    hooks?: Pick<InstanceParts, 'guard' | 'rehearsal'>,
  ): Promise<PluginInstance<Ctx, W>> {
    const { start } = await MACHINERY.load()
    return await start({ component: this.#component, options: this.#options, engine, linker, views, hooks })
  }

  #startSync(engine: Engine, linker: Linker<Ctx> | undefined, views: readonly View[]): PluginInstance<Ctx, W> {
    const { startSync } = MACHINERY.get()
    return startSync({ component: this.#component, options: this.#options, engine, linker, views })
  }
}

const viewsOf = (sockets: Iterable<BindingAny>): readonly View[] => [...sockets].map((socket) => Binding.viewOf(socket))

/** A component with its host context and limits, not running yet. It has no id: ids belong to the container it is plugged with. */
import type { Component } from '../linker/component.ts'
import type { Engine } from '../linker/engine.ts'
import type { InstanceParts, InstanceState } from '../linker/instance-state.ts'
import type { Limits } from '../linker/limit-options.ts'
import type { Linker } from '../linker/linker.ts'
import { RUNTIME } from '../linker/part.ts'
import type { UntypedWorld, World } from '../linker/world.ts'
import { LinkError, type LinkProblem } from '../model/errors.ts'
import { Binding, type BindingAny } from './binding.ts'
import { PluginInstance } from './instance.ts'
import type { PluginLayer } from './layer.ts'
import { MACHINERY, SOCKETS } from './parts.ts'
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
    const layer = (await MACHINERY.load()).PluginLayer.of(engine)
    if (this.#needsLinking(views)) layer.linking ??= await SOCKETS.load()
    const parts = { ...this.#parts(engine, linker, views, layer), ...hooks }
    await this.#component.load(engine)
    if (suspends(views)) await engine.loadAsync()
    return this.#finish(await RUNTIME.get().InstanceState.create(parts), views)
  }

  #startSync(engine: Engine, linker: Linker<Ctx> | undefined, views: readonly View[]): PluginInstance<Ctx, W> {
    const layer = MACHINERY.get().PluginLayer.of(engine)
    if (this.#needsLinking(views)) layer.linking ??= SOCKETS.get()
    const parts = this.#parts(engine, linker, views, layer)
    this.#component.checkLoaded(engine)
    if (suspends(views) && engine.store.async === undefined)
      throw new TypeError('linkSync: a plugin may suspend: use `await link(…)` with the same engine once before')
    return this.#finish(RUNTIME.get().InstanceState.createSync(parts), views)
  }

  #needsLinking(views: readonly View[]): boolean {
    return views.length > 0 || this.#options.remap?.imports !== undefined
  }

  #parts(
    engine: Engine,
    linker: Linker<Ctx> | undefined,
    views: readonly View[],
    { linking }: PluginLayer,
  ): InstanceParts {
    const { context, name, limits, remap } = this.#options
    const problems: LinkProblem[] = []
    if (linker !== undefined && linker.engine !== engine)
      problems.push({ kind: 'wrong-engine', path: 'linker', message: 'the linker belongs to another engine' })
    for (const { core } of views) {
      const problem = core.join(engine)
      if (problem !== undefined) problems.push(problem)
    }
    if (problems.length > 0) throw new LinkError(problems)
    const { imports } = this.#component
    const sources = linker?.sources ?? []
    const parts = this.#component.parts<Ctx>(
      linking === undefined
        ? sources
        : sources.map((source) => linking.remappedSource(source, remap?.imports, imports)),
      { engine, ...(name !== undefined && { name }), ...(limits !== undefined && { limits }) },
      linking && ((consumer) => linking.socketsFor(views, imports, consumer, remap?.imports)),
    )
    return { ...parts, context }
  }

  #finish(state: InstanceState, views: readonly View[]): PluginInstance<Ctx, W> {
    const { context, remap, restart, executor } = this.#options
    const sockets = [...new Set(views.map(({ core }) => core))]
    // `undefined` is a context too: the type says what it is
    return PluginInstance.make<Ctx, W>(state, this.#component, context as Ctx, {
      sockets,
      remap,
      restart,
      executor,
      members: undefined,
    })
  }
}

const viewsOf = (sockets: Iterable<BindingAny>): readonly View[] => [...sockets].map((socket) => Binding.viewOf(socket))

const suspends = (views: readonly View[]): boolean => views.some(({ plugs }) => plugs.some((p) => p.plugin.maySuspend))

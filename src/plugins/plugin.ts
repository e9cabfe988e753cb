/** A component with its host context and limits, not running yet. It has no id: ids belong to the container it is plugged with. */
import type { Component } from '../linker/component.ts'
import type { Engine } from '../linker/engine.ts'
import { type InstanceParts, InstanceState } from '../linker/instance-state.ts'
import type { Limits } from '../linker/limit-options.ts'
import type { Linker } from '../linker/linker.ts'
import type { UntypedWorld, World } from '../linker/world.ts'
import { LinkError, type LinkProblem } from '../model/errors.ts'
import { Binding, type BindingAny } from './binding.ts'
import type { BindingCore } from './binding-core.ts'
import { PluginInstance, type PluginRole } from './instance.ts'
import type { Remap } from './remap.ts'
import { remappedSource } from './remap-imports.ts'
import { socketsFor } from './sockets.ts'
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
    const plan = this.#plan(engine, linker, [])
    return plan.finish(await InstanceState.create(plan.parts))
  }

  /** @throws LinkError, Trap, LimitError */
  async link(engine: Engine, linker: Linker<Ctx>, sockets: Iterable<BindingAny>): Promise<PluginInstance<Ctx, W>> {
    const plan = this.#plan(engine, linker, sockets)
    return plan.finish(await InstanceState.create(plan.parts))
  }

  /** As `instantiate`, on this thread and now. */
  instantiateSync(engine: Engine, linker?: Linker<Ctx>): PluginInstance<Ctx, W> {
    const plan = this.#plan(engine, linker, [])
    return plan.finish(InstanceState.createSync(plan.parts))
  }

  /** As `link`, on this thread and now. */
  linkSync(engine: Engine, linker: Linker<Ctx>, sockets: Iterable<BindingAny>): PluginInstance<Ctx, W> {
    const plan = this.#plan(engine, linker, sockets)
    return plan.finish(InstanceState.createSync(plan.parts))
  }

  #plan(engine: Engine, linker: Linker<Ctx> | undefined, sockets: Iterable<BindingAny>): LinkPlan<Ctx, W> {
    const { context, name, limits, remap, restart, executor } = this.#options
    const views: View[] = [...sockets].map((socket) => Binding.viewOf(socket))
    const problems: LinkProblem[] = []
    if (linker !== undefined && linker.engine !== engine)
      problems.push({ kind: 'wrong-engine', path: 'linker', message: 'the linker belongs to another engine' })
    for (const { core } of views) {
      const problem = core.join(engine, core.packageName)
      if (problem !== undefined) problems.push(problem)
    }
    if (problems.length > 0) throw new LinkError(problems)
    const { imports } = this.#component
    const sources = (linker?.sources ?? []).map((source) => remappedSource(source, remap?.imports, imports))
    const parts = this.#component.parts<Ctx>(
      sources,
      { engine, ...(name !== undefined && { name }), ...(limits !== undefined && { limits }) },
      (consumer) => socketsFor(views, imports, consumer, remap?.imports),
    )
    const cores: BindingCore[] = [...new Set(views.map(({ core }) => core))]
    const role: PluginRole = { sockets: cores, remap, restart, executor, members: undefined }
    return {
      parts: { ...parts, context },
      // `undefined` is a context too: the type says what it is
      finish: (state) => PluginInstance.make<Ctx, W>(state, this.#component, context as Ctx, role),
    }
  }
}

interface LinkPlan<Ctx, W extends World> {
  readonly parts: InstanceParts
  readonly finish: (state: InstanceState) => PluginInstance<Ctx, W>
}

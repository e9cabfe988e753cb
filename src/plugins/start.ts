/** Starts plugins: from a component and what the host says of it, to a running one. */
import type { Component } from '../linker/component.ts'
import type { Engine } from '../linker/engine.ts'
import type { InstanceParts, InstanceState } from '../linker/instance-state.ts'
import type { Linker } from '../linker/linker.ts'
import { RUNTIME } from '../linker/part.ts'
import type { World } from '../linker/world.ts'
import { LinkError, type LinkProblem } from '../model/errors.ts'
import { PluginInstance } from './instance.ts'
import { PluginLayer } from './layer.ts'
import { SOCKETS } from './parts.ts'
import type { PluginOptions } from './plugin.ts'
import type { View } from './view.ts'

/** Who is to be started, and where. */
export interface Start<Ctx, W extends World> {
  readonly component: Component<W>
  readonly options: PluginOptions<Ctx>
  readonly engine: Engine
  readonly linker: Linker<Ctx> | undefined
  readonly views: readonly View[]
  readonly hooks?: Pick<InstanceParts, 'guard' | 'rehearsal'> | undefined
}

/** @throws LinkError, Trap, LimitError */
export async function start<Ctx, W extends World>(it: Start<Ctx, W>): Promise<PluginInstance<Ctx, W>> {
  const { component, engine, views, hooks } = it
  const layer = PluginLayer.of(engine)
  if (needsLinking(it)) layer.linking ??= await SOCKETS.load()
  const parts = { ...partsOf(it, layer), ...hooks }
  await component.load(engine)
  if (suspends(views)) await engine.loadAsync()
  return finish(it, await RUNTIME.get().InstanceState.create(parts))
}

/** @throws LinkError, Trap, LimitError; TypeError where something must be loaded first */
export function startSync<Ctx, W extends World>(it: Start<Ctx, W>): PluginInstance<Ctx, W> {
  const { component, engine, views } = it
  const layer = PluginLayer.of(engine)
  if (needsLinking(it)) layer.linking ??= SOCKETS.get()
  const parts = partsOf(it, layer)
  component.checkLoaded(engine)
  if (suspends(views) && engine.store.async === undefined)
    throw new TypeError('linkSync: a plugin may suspend: use `await link(…)` with the same engine once before')
  return finish(it, RUNTIME.get().InstanceState.createSync(parts))
}

function needsLinking<Ctx, W extends World>({ views, options }: Start<Ctx, W>): boolean {
  return views.length > 0 || options.remap?.imports !== undefined
}

function partsOf<Ctx, W extends World>(
  { component, options, engine, linker, views }: Start<Ctx, W>,
  { linking }: PluginLayer,
): InstanceParts {
  const { context, name, limits, remap } = options
  const problems: LinkProblem[] = []
  if (linker !== undefined && linker.engine !== engine)
    problems.push({ kind: 'wrong-engine', path: 'linker', message: 'the linker belongs to another engine' })
  for (const { core } of views) {
    const problem = core.join(engine)
    if (problem !== undefined) problems.push(problem)
  }
  if (problems.length > 0) throw new LinkError(problems)
  const { imports } = component
  const sources = linker?.sources ?? []
  const parts = component.parts<Ctx>(
    linking === undefined ? sources : sources.map((source) => linking.remappedSource(source, remap?.imports, imports)),
    { engine, ...(name !== undefined && { name }), ...(limits !== undefined && { limits }) },
    linking && ((consumer) => linking.socketsFor(views, imports, consumer, remap?.imports)),
  )
  return { ...parts, context }
}

function finish<Ctx, W extends World>(
  { component, options, views }: Start<Ctx, W>,
  state: InstanceState,
): PluginInstance<Ctx, W> {
  const { context, remap, restart, executor } = options
  const sockets = [...new Set(views.map(({ core }) => core))]
  // `undefined` is a context too: the type says what it is
  return PluginInstance.make<Ctx, W>(state, component, context as Ctx, {
    sockets,
    remap,
    restart,
    executor,
    members: undefined,
  })
}

const suspends = (views: readonly View[]): boolean => views.some(({ plugs }) => plugs.some((p) => p.plugin.maySuspend))

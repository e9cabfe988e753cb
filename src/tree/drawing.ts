/**
 * A graph as it is to be drawn: who there is, in what state, and how they hang together. Made of what is written, what a
 * check or a load found out, and, while it runs, what its bindings hold now. Text and picture are two views of it.
 */
import type { BindingAny, CardinalityKind, PluginInstance } from '../index.ts'
import type { TreeProblem } from './data.ts'
import type { BindingPart, PluginPart, TreeModel } from './model.ts'

/** What a walk found out. */
export interface Findings {
  /** Plugin → the bindings it uses. */
  readonly sockets: ReadonlyMap<string, readonly string[]>
  /** Why a binding, or a plugin, does not stand. */
  readonly failures: { readonly bindings: Failures; readonly plugins: Failures }
  /** The plugins that fit. */
  readonly standing: ReadonlySet<string>
  /** What was loaded, for as long as it lives. */
  readonly live: Live | undefined
}
type Failures = ReadonlyMap<string, TreeProblem>

export interface Live {
  readonly bindings: ReadonlyMap<string, BindingAny>
  readonly plugins: ReadonlyMap<string, PluginInstance>
  readonly grants: ReadonlyMap<string, ReadonlySet<string>>
}

/** `written`: nobody has looked yet. `idle`: nothing that the root reaches needs it. */
export type DrawnState = 'written' | 'idle' | 'fits' | 'failed' | PluginInstance['state']

export interface DrawnPlugin {
  /** Among the plugins of one drawing. */
  readonly key: string
  readonly title: string
  readonly state: DrawnState
  /** Why it failed or trapped; that it stands in another's place. */
  readonly remark: string | undefined
  readonly details: readonly string[]
  /** Bindings; `undefined`: not known yet. */
  readonly sockets: readonly string[] | undefined
}

export interface DrawnBinding {
  readonly id: string
  readonly packageName: string
  readonly cardinality: CardinalityKind
  readonly state: 'written' | 'idle' | 'fits' | 'failed'
  readonly remark: string | undefined
  /** In order, those that failed too. */
  readonly plugs: readonly { readonly id: string; readonly plugin: string }[]
}

export interface Drawing {
  readonly root: string
  readonly bindings: ReadonlyMap<string, DrawnBinding>
  readonly plugins: ReadonlyMap<string, DrawnPlugin>
}

export function drawingOf<Ctx>(model: TreeModel<Ctx>, findings: Findings | undefined): Drawing {
  const plugins = new Map<string, DrawnPlugin>()
  const bindings = new Map<string, DrawnBinding>()
  const visitors = new Map<PluginInstance, string>()
  const live = findings?.live
  for (const [id, part] of model.plugins) plugins.set(id, drawnPlugin(id, part, findings))
  for (const [id, part] of model.bindings) {
    const plugs = (model.candidates.get(id) ?? []).map((plugin) => ({ id: plugin, plugin }))
    const now = live?.bindings.get(id)
    bindings.set(id, {
      ...drawnBinding(id, part, findings),
      plugs: now === undefined ? plugs : plugsNow(now, plugs, findings, plugins, visitors),
    })
  }
  // what was replaced or taken out and has ended is no part of the graph any more
  const seated = new Set([...bindings.values()].flatMap(({ plugs }) => plugs.map(({ plugin }) => plugin)))
  for (const [key, { state }] of plugins) if (state === 'disposed' && !seated.has(key)) plugins.delete(key)
  return { root: model.root, bindings, plugins }
}

function drawnPlugin<Ctx>(id: string, part: PluginPart<Ctx>, findings: Findings | undefined): DrawnPlugin {
  const failure = findings?.failures.plugins.get(id)
  const instance = findings?.live?.plugins.get(id)
  const granted = [...part.host, ...(part.wasi === undefined ? [] : ['wasi'])]
  const left = findings?.live?.grants.get(id)
  const grants = granted.map((grant) => (left === undefined || left.has(grant) ? grant : `${grant} (revoked)`))
  const limits = Object.keys(part.limits ?? {})
  return {
    key: id,
    title: id,
    state: instance?.state ?? stateOf(failure, findings, findings?.standing.has(id)),
    remark: instance?.trap?.message ?? failure?.message,
    details: [
      ...(part.from === undefined ? [] : [part.from]),
      ...(grants.length > 0 ? [`granted ${grants.join(', ')}`] : []),
      ...(limits.length > 0 ? [`limits ${limits.join(', ')}`] : []),
    ],
    sockets: findings?.sockets.get(id) ?? part.sockets,
  }
}

function drawnBinding(id: string, part: BindingPart, findings: Findings | undefined): Omit<DrawnBinding, 'plugs'> {
  const failure = findings?.failures.bindings.get(id)
  return {
    id,
    packageName: part.package,
    cardinality: part.cardinality,
    state: stateOf(failure, findings, findings?.live === undefined || findings.live.bindings.has(id)),
    remark: failure?.message,
  }
}

function stateOf(failure: unknown, findings: Findings | undefined, stands: boolean | undefined) {
  if (failure !== undefined) return 'failed'
  if (findings === undefined) return 'written'
  return stands ? 'fits' : 'idle'
}

/** What is plugged now, newcomers included, and where it stood, what failed. */
function plugsNow(
  binding: BindingAny,
  written: DrawnBinding['plugs'],
  findings: Findings | undefined,
  plugins: Map<string, DrawnPlugin>,
  visitors: Map<PluginInstance, string>,
): DrawnBinding['plugs'] {
  const own = new Map([...(findings?.live?.plugins ?? [])].map(([id, instance]) => [instance, id]))
  const now = [...binding.plugins].map(([id, instance]) => {
    const known = own.get(instance) ?? visitors.get(instance)
    if (known !== undefined) return { id: String(id), plugin: known }
    let key = instance.name
    for (let n = 2; plugins.has(key); n++) key = `${instance.name} (${n})`
    visitors.set(instance, key)
    const replaced = findings?.live?.plugins.has(String(id)) === true
    plugins.set(key, {
      key,
      title: instance.name,
      state: instance.state,
      remark: instance.trap?.message,
      details: [replaced ? `in place of ${String(id)}` : 'plugged while running'],
      sockets: [],
    })
    return { id: String(id), plugin: key }
  })
  const failed = written.filter(({ plugin }) => findings?.failures.plugins.has(plugin))
  return [...now, ...failed.filter(({ plugin }) => now.every((other) => other.plugin !== plugin))]
}

const COUNTS: Readonly<Record<CardinalityKind, string>> = {
  'exactly-one': 'exactly one',
  'at-most-one': 'at most one',
  'at-least-one': 'at least one',
  'any': 'any number',
}
export const countText = (kind: CardinalityKind): string => COUNTS[kind]

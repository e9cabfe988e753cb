/**
 * A tree as everything behind its front doors sees it: checked, complete, in maps (ids are the author's and may be any
 * string), frozen when it is made. Which plugin is plugged where is turned around: a binding knows its candidates.
 */
import type { CardinalityKind, ComponentSource, Interface, Limits, PluginOptions } from '../index.ts'
import type { WasiOptions } from '../wasi/options.ts'
import type { TreeProblem } from './data.ts'
import { name, problem } from './problems.ts'

/** Asked once for every load. */
export type Load = (limit: number) => Promise<ComponentSource> | ComponentSource

export interface BindingPart {
  readonly package: string
  readonly cardinality: CardinalityKind
  readonly interfaces: string | Readonly<Record<string, Interface>> | undefined
}

export interface PluginPart<Ctx> {
  readonly load: Load
  /** Where the component comes from, for those who look; `undefined`: from memory. */
  readonly from: string | undefined
  readonly integrity: string | undefined
  readonly plug: readonly string[]
  /** `undefined`: what the component imports. */
  readonly sockets: readonly string[] | undefined
  readonly context: Ctx
  readonly host: readonly string[]
  readonly wasi: WasiOptions | undefined
  readonly limits: Limits<Ctx> | undefined
  readonly remap: PluginOptions<Ctx>['remap']
  readonly restart: PluginOptions<Ctx>['restart']
}

export interface TreeModel<Ctx> {
  readonly root: string
  readonly bindings: ReadonlyMap<string, BindingPart>
  readonly plugins: ReadonlyMap<string, PluginPart<Ctx>>
  /** Binding → the plugins that are plugged there, in the author's order. */
  readonly candidates: ReadonlyMap<string, readonly string[]>
  /** Package without version → its bindings. */
  readonly packages: ReadonlyMap<string, readonly string[]>
  /** Why there is nothing to load at all. */
  readonly fatal: TreeProblem | undefined
}

/**
 * @param root a binding's id, or why there is none
 * @param problems gets what does not fit together; such a part is left out. 0.1's order: interfaces, plugins, missing ones
 */
export function assemble<Ctx>(
  root: string | TreeProblem,
  bindings: ReadonlyMap<string, BindingPart>,
  plugins: ReadonlyMap<string, PluginPart<Ctx>>,
  problems: TreeProblem[],
): TreeModel<Ctx> {
  const candidates = new Map<string, string[]>([...bindings.keys()].map((id) => [id, []]))
  const homeless = new Map<string, string[]>()
  for (const [id, { plug }] of plugins) {
    for (const at of plug) {
      const places = candidates.get(at)
      if (places !== undefined) places.push(id)
      else homeless.set(at, [...(homeless.get(at) ?? []), id])
    }
  }
  for (const [at, ids] of homeless) {
    const message = `there is no binding ${name(at)} to plug ${ids.slice(0, 12).map(name).join(', ')} into`
    problems.push(problem('missing-interface', at, message, { found: ids.length, through: ids }))
  }
  const fatal =
    typeof root !== 'string'
      ? root
      : bindings.has(root)
        ? undefined
        : problem('missing-root', root, `the root ${name(root)} is not among the bindings`)
  if (fatal !== undefined) problems.push(fatal)
  return {
    root: typeof root === 'string' ? root : '',
    bindings,
    plugins,
    candidates,
    packages: packagesOf(bindings),
    fatal,
  }
}

export function packagesOf(bindings: ReadonlyMap<string, BindingPart>): ReadonlyMap<string, readonly string[]> {
  const packages = new Map<string, string[]>()
  for (const [id, binding] of bindings) {
    const base = binding.package.replace(/@.*$/, '')
    const ids = packages.get(base)
    if (ids === undefined) packages.set(base, [id])
    else ids.push(id)
  }
  return packages
}

/** A tree of nothing: what stands for one that cannot be read. */
export function nothing<Ctx>(fatal: TreeProblem, problems: TreeProblem[]): TreeModel<Ctx> {
  return assemble<Ctx>(fatal, new Map(), new Map(), problems)
}

/**
 * A folder of components, one plugin per file: what joins them is read off their imports and exports.
 *
 * - A file `name.wasm`, `name.component.wasm` or `name.wat` is the plugin `name`. Folders and other files are left alone.
 * - Every package that a component exports is a binding, named like the package; of two versions that cannot stand for
 *   each other, each is one.
 * - A plugin is plugged into the bindings of all packages it exports, and uses those of all packages it imports.
 * - How a consumer imports a package says how many plugins it takes: plainly or as a tuple, exactly one; as an option, at
 *   most one; as a map or a list, any number. Where none says it, exactly one, or any number if there are more.
 * - The root is the package that none of the plugins imports.
 * - Nothing is granted: what needs the host or WASI needs a manifest.
 */
import { RUNTIME } from '../linker/part.ts'
import { readSource } from '../linker/sources.ts'
import type { CardinalityKind } from '../model/errors.ts'
import { FEATURES, type Feature } from '../model/features.ts'
import { COMPILE_LIMITS } from '../model/limits.ts'
import type { Externs } from '../model/types.ts'
import { audienceOf } from '../plugins/contract.ts'
import { parseInterfaceName, versionsMatch } from '../plugins/package-name.ts'
import { unwrapType } from '../plugins/shape.ts'
import type { ReadOptions, TreeProblem } from './data.ts'
import { componentsIn, type Place } from './files.ts'
import { needs, socketsOf } from './imports.ts'
import { loadFrom } from './manifest.ts'
import { assemble, type BindingPart, type Load, nothing, type PluginPart, packagesOf, type TreeModel } from './model.ts'
import { name, problem, reason } from './problems.ts'

const MOST_FILES = 10_000

/** A file, and what of it joins it to others. */
interface Found {
  readonly id: string
  readonly file: string
  readonly load: Load
  readonly imports: Externs
  readonly exports: Externs
}

/** A package in versions that can stand for each other. */
interface Package {
  readonly base: string
  readonly versions: Set<string | undefined>
  readonly plugs: Set<string>
  /** How consumers take it. */
  readonly wanted: Set<CardinalityKind>
  imported: boolean
}

export async function readFolder(
  folder: URL,
  { root, outside = false }: ReadOptions,
  problems: TreeProblem[],
): Promise<TreeModel<undefined>> {
  const found: Found[] = []
  try {
    for (const file of await componentsIn(folder, MOST_FILES)) {
      const component = await look(file, { folder, outside }, problems)
      const twin = component && found.find(({ id }) => id === component.id)
      if (twin !== undefined)
        problems.push(
          problem(
            'corrupted-plugin-manifest',
            twin.id,
            `${name(file)} and ${name(twin.file)} are both called ${name(twin.id)}`,
          ),
        )
      else if (component !== undefined) found.push(component)
    }
  } catch (cause) {
    const fatal = problem('corrupted-interface-manifest', folder.href, `cannot read the folder: ${reason(cause)}`, {
      cause,
    })
    return nothing(fatal, problems)
  }
  const packages = gather(found)
  const names = namesOf(packages)
  const bindings = new Map(packages.map((pkg) => [names.get(pkg) ?? '', bindingOf(pkg)]))
  const plugs = plugsOf(names)
  const places = { bindings, packages: packagesOf(bindings) }
  const plugins = new Map(
    found.map((component) => {
      const plug = plugs.get(component.id) ?? []
      const sockets = socketsOf(component.imports, places, { plug })
      return [component.id, pluginOf(component, plug, sockets)] as const
    }),
  )
  return assemble(root ?? rootOf(packages, names), bindings, plugins, problems)
}

/** Decoded and validated, its core modules not compiled: that is for the engine that loads it. */
async function look(file: string, place: Place, problems: TreeProblem[]): Promise<Found | undefined> {
  const id = file.replace(/(\.component)?\.(wasm|wat)$/, '')
  const load: Load = async (limit) => await loadFrom(new URL(encodeURIComponent(file), place.folder), place, limit)
  const limits = COMPILE_LIMITS
  try {
    const compiler = await RUNTIME.load()
    const bytes = await readSource(await load(limits.componentBytes), limits.componentBytes)
    const policy = { features: ALL, limits }
    const { plan } = (await compiler.compileComponent(bytes, policy)).artifact
    return { id, file, load, imports: plan.imports, exports: plan.exports }
  } catch (cause) {
    problems.push(problem('failed-to-load-component', id, `${name(file)}: ${reason(cause)}`, { cause }))
    return undefined
  }
}

/** To look at a component is not to run it: whether a gate is open the engine will say. */
const ALL: ReadonlySet<Feature> = new Set(Object.keys(FEATURES) as Feature[])

function gather(found: readonly Found[]): readonly Package[] {
  const packages: Package[] = []
  const byBase = new Map<string, Package[]>()
  const packageOf = (base: string, version: string | undefined): Package | undefined =>
    byBase.get(base)?.find((pkg) => [...pkg.versions].some((other) => versionsMatch(other, version)))
  for (const { id, exports } of found) {
    for (const [exported, { type }] of exports) {
      const split = type.kind === 'instance' ? parseInterfaceName(exported) : undefined
      if (split === undefined) continue
      let pkg = packageOf(split.base, split.version)
      if (pkg === undefined) {
        pkg = { base: split.base, versions: new Set(), plugs: new Set(), wanted: new Set(), imported: false }
        packages.push(pkg)
        byBase.set(split.base, [...(byBase.get(split.base) ?? []), pkg])
      }
      pkg.versions.add(split.version)
      pkg.plugs.add(id)
    }
  }
  for (const { imports } of found) {
    for (const [imported, externs] of needs(imports)) {
      const split = parseInterfaceName(imported)
      const pkg = split && packageOf(split.base, split.version)
      if (pkg === undefined) continue
      pkg.imported = true
      for (const kind of kindsOf(externs)) pkg.wanted.add(kind)
    }
  }
  return packages
}

/** What the shapes of an import say about how many plugins stand behind it. */
function kindsOf(externs: Externs): readonly CardinalityKind[] {
  const kinds = ['exactly-one', 'at-most-one', 'any'] as const
  return [...externs].flatMap(([item, { type }]): readonly CardinalityKind[] => {
    if (type.kind !== 'func' || audienceOf(item) === 'one') return []
    const shaped = kinds.filter((kind) => unwrapType(type.result, kind, 'all') !== undefined)
    // no shape: its plain type
    return shaped.length > 0 ? shaped : ['exactly-one']
  })
}

function bindingOf({ base, versions, plugs, wanted }: Package): BindingPart {
  const [version] = versions
  const [kind = plugs.size > 1 ? 'any' : 'exactly-one'] = wanted
  return {
    package: versions.size === 1 && version !== undefined ? `${base}@${version}` : base,
    cardinality: kind,
    interfaces: undefined,
  }
}

/** The package's name, with a version where there are two. */
function namesOf(packages: readonly Package[]): ReadonlyMap<Package, string> {
  const counts = new Map<string, number>()
  for (const { base } of packages) counts.set(base, (counts.get(base) ?? 0) + 1)
  return new Map(
    packages.map((pkg) => {
      const [version] = pkg.versions
      return [pkg, counts.get(pkg.base) === 1 || version === undefined ? pkg.base : `${pkg.base}@${version}`]
    }),
  )
}

/** Component → the bindings of all packages that it exports. */
function plugsOf(names: ReadonlyMap<Package, string>): ReadonlyMap<string, readonly string[]> {
  const plugs = new Map<string, string[]>()
  for (const [pkg, name] of names) {
    for (const id of pkg.plugs) {
      const own = plugs.get(id)
      if (own === undefined) plugs.set(id, [name])
      else own.push(name)
    }
  }
  return plugs
}

function pluginOf({ file, load }: Found, plug: readonly string[], sockets: readonly string[]): PluginPart<undefined> {
  return {
    load,
    from: file,
    integrity: undefined,
    plug,
    sockets,
    context: undefined,
    host: [],
    wasi: undefined,
    limits: undefined,
    remap: undefined,
    restart: undefined,
  }
}

function rootOf(packages: readonly Package[], names: ReadonlyMap<Package, string>): string | TreeProblem {
  const free = packages.filter(({ imported }) => !imported).map((pkg) => names.get(pkg) ?? '')
  const [root, other] = free
  if (root !== undefined && other === undefined) return root
  const some = free.slice(0, 12).map(name).join(', ')
  const message =
    packages.length === 0
      ? 'no root: nothing here exports an interface of a package'
      : root === undefined
        ? 'no root: every package that is exported here is imported here too'
        : `no root: ${free.length} packages are exported and not imported; name one of them as the root: ${some}`
  return problem('missing-root', '', message, { found: free.length })
}

/** What a component's imports ask of others: which of them are more than names for types, and which binding serves them. */
import type { Externs } from '../model/types.ts'
import { parseInterfaceName, parsePackageName, versionsMatch } from '../plugins/package-name.ts'
import { type Remap, requestedImport } from '../plugins/remap.ts'
import type { TreeModel } from './model.ts'

/** The imported instances that somebody must give: they have functions, or resources that no import before them has. */
export function needs(imports: Externs): ReadonlyMap<string, Externs> {
  const known = new Set<object>()
  const needed = new Map<string, Externs>()
  for (const [name, { type }] of imports) {
    if (type.kind === 'type' && type.type.kind === 'resource') known.add(type.type)
    if (type.kind !== 'instance') continue
    const items = [...type.exports.values()]
    const fresh = items.flatMap(({ type }) =>
      type.kind === 'type' && type.type.kind === 'resource' && !known.has(type.type) ? [type.type] : [],
    )
    if (fresh.length > 0 || items.some(({ type }) => type.kind !== 'type')) needed.set(name, type.exports)
    for (const resource of fresh) known.add(resource)
  }
  return needed
}

/** Whether an import of this name could be served by a binding of this package. */
export function isOf(importName: string, packageName: string): boolean {
  const wanted = parsePackageName(packageName)
  const name = parseInterfaceName(importName)
  if (name === undefined || name.base !== wanted.base) return false
  return wanted.version === undefined || versionsMatch(wanted.version, name.version)
}

/**
 * Every binding whose package the component imports, in the order of the imports. Its own binding comes only where no other
 * has that package: a plugin that stands before others of its kind means those.
 */
export function socketsOf(
  imports: Externs,
  { bindings, packages }: Pick<TreeModel<never>, 'bindings' | 'packages'>,
  { plug, remap }: { readonly plug: readonly string[]; readonly remap?: Readonly<Record<string, Remap>> | undefined },
): readonly string[] {
  const sockets = new Set<string>()
  for (const imported of needs(imports).keys()) {
    const { name } = requestedImport(remap, imported)
    const candidates = packages.get(parseInterfaceName(name)?.base ?? '') ?? []
    const serving = candidates.filter((id) => isOf(name, bindings.get(id)?.package ?? ''))
    const others = serving.filter((id) => !plug.includes(id))
    for (const id of others.length > 0 ? others : serving) sockets.add(id)
  }
  return [...sockets]
}

/** What a running plugin offers of a package: its exported interfaces under the names that others request, remaps applied. */
import type { RuntimeResourceType } from '../abi/resource.ts'
import type { InstanceState } from '../linker/instance-state.ts'
import type { LiveItems } from '../linker/items.ts'
import type { LinkProblem } from '../model/errors.ts'
import type { Externs } from '../model/types.ts'
import { chooseVersion, interfacePath, type PackageName, parseInterfaceName, quoted } from './package-name.ts'
import { itemName, type Remap, type Remaps, remapFor, remappedShorts } from './remap.ts'

export interface Offer {
  readonly short: string
  /** The plugin's own name for it. */
  readonly name: string
  readonly version: string | undefined
  readonly externs: Externs
  readonly items: LiveItems
  readonly remap: Remap | undefined
}

/** @param problems gets what is ambiguous or named by a remap and not there */
export function offersOf(
  state: InstanceState,
  remaps: Remaps['exports'],
  wanted: PackageName,
  problems: LinkProblem[],
): ReadonlyMap<string, Offer> {
  const offers = new Map<string, Offer>()
  const names = [...state.items.keys()]
  const parsed = names.flatMap((name) => {
    const split = parseInterfaceName(name)
    return split === undefined ? [] : [{ ...split, name }]
  })
  const offer = (short: string, name: string, version: string | undefined, remap: Remap | undefined): void => {
    const item = state.items.get(name)
    const type = state.parts.artifact.plan.exports.get(name)?.type
    if (item?.kind === 'instance' && type?.kind === 'instance')
      offers.set(short, { short, name, version, externs: type.exports, items: item.exports, remap })
  }
  const own = parsed.filter(({ base }) => base === wanted.base)
  for (const short of new Set(own.map((found) => found.short))) {
    const chosen = chooseVersion(
      wanted.version,
      own.filter((found) => found.short === short),
    )
    if (chosen === 'ambiguous') {
      const path = interfacePath(wanted, short)
      const message = `more than one version is exported (${quoted(own.filter((o) => o.short === short).map((o) => o.name))}): name one in the package`
      problems.push({ kind: 'duplicate', path, message })
    } else if (chosen !== undefined) {
      offer(short, chosen.name, chosen.version, remapFor(remaps, wanted.base, short, wanted.version))
    }
  }
  for (const short of remappedShorts(remaps, wanted.base)) {
    const remap = remapFor(remaps, wanted.base, short, wanted.version)
    const at = remap?.foundAs
    if (at === undefined) continue
    const found = names.includes(at)
      ? at
      : at.includes('/')
        ? parsed.find(({ base, short: s }) => at === `${base}/${s}`)?.name
        : own.find((o) => o.short === at)?.name
    if (found === undefined) {
      offers.delete(short)
      const message = `remapped to \`${at}\`, which the plugin does not export`
      problems.push({ kind: 'missing-export', path: interfacePath(wanted, short), message, found: names })
    } else {
      const split = parseInterfaceName(found)
      offer(short, found, wanted.version ?? (split?.base === wanted.base ? split.version : undefined), remap)
    }
  }
  return offers
}

/** The names of an offer's functions as others request them. */
export function requestedNames(offer: Offer): readonly string[] {
  const renamed = new Set(Object.values(offer.remap?.items ?? {}))
  const names = [...offer.externs.keys()].filter((name) => !renamed.has(name))
  return [...new Set([...names, ...Object.keys(offer.remap?.items ?? {})])]
}

/** The resources that the plugin itself defines, with the first of their names among its offers. */
export function ownResources(
  state: InstanceState,
  offers: ReadonlyMap<string, Offer>,
): ReadonlyMap<RuntimeResourceType, { readonly short: string; readonly name: string }> {
  const found = new Map<RuntimeResourceType, { readonly short: string; readonly name: string }>()
  for (const short of [...offers.keys()].sort()) {
    const offer = offers.get(short)
    if (offer === undefined) continue
    for (const name of [...requestedNames(offer)].sort()) {
      const item = offer.items.get(itemName(offer.remap, name))
      if (item?.kind === 'resource' && item.type.impl?.root === state.root && !found.has(item.type))
        found.set(item.type, { short, name })
    }
  }
  return found
}

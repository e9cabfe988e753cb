/**
 * A plugin's own names for what others ask of it. `exports`: requested name → where this plugin has it. `imports`: the
 * name its sockets and the host know → the import under which this plugin wants it. Plain data, read as own properties.
 */

import { aliasOf } from '../linker/js-names.ts'
import type { Untyped } from '../model/errors.ts'
import { parseInterfaceName, versionsMatch } from './package-name.ts'

/** Requested name → where this plugin has it, package included; and value adapters at the seam. */
export interface Remap {
  readonly foundAs?: string
  readonly items?: Readonly<Record<string, string>>
  readonly adapt?: Readonly<Record<string, Adapter>>
}

export interface Adapter {
  args?(args: readonly Untyped[]): readonly unknown[]
  result?(value: Untyped): unknown
}

export interface Remaps {
  readonly exports?: Readonly<Record<string, Remap>>
  readonly imports?: Readonly<Record<string, Remap>>
}

function own<T>(record: Readonly<Record<string, T>> | undefined, key: string): T | undefined {
  return record !== undefined && Object.hasOwn(record, key) ? record[key] : undefined
}

export const itemName = (remap: Remap | undefined, requested: string): string =>
  own(remap?.items, requested) ?? requested

export const adapterOf = (remap: Remap | undefined, requested: string): Adapter | undefined =>
  own(remap?.adapt, requested)

/** Whether a key (`ops`, `acme:calc/ops`, with or without version) means this interface. */
function means(key: string, base: string, short: string, version: string | undefined): boolean {
  if (key === short) return true
  const name = parseInterfaceName(key)
  if (name === undefined || name.base !== base || name.short !== short) return false
  return name.version === undefined || version === undefined || versionsMatch(name.version, version)
}

/** What is said about one interface of a package that others request. */
export function remapFor(
  remaps: Readonly<Record<string, Remap>> | undefined,
  base: string,
  short: string,
  version: string | undefined,
): Remap | undefined {
  if (remaps === undefined) return undefined
  for (const key of Object.keys(remaps)) if (means(key, base, short, version)) return remaps[key]
  return undefined
}

/** The short names of a package's interfaces that a remap gives to a plugin. */
export function remappedShorts(remaps: Readonly<Record<string, Remap>> | undefined, base: string): readonly string[] {
  return Object.keys(remaps ?? {}).flatMap((key) => {
    if (!key.includes('/')) return [key]
    const name = parseInterfaceName(key)
    return name?.base === base ? [name.short] : []
  })
}

/** An import of the plugin, by the name under which the world around it knows it. */
export interface RequestedImport {
  readonly name: string
  readonly remap: Remap | undefined
}

export function requestedImport(
  remaps: Readonly<Record<string, Remap>> | undefined,
  importName: string,
): RequestedImport {
  const found = parseInterfaceName(importName)
  for (const [key, remap] of Object.entries(remaps ?? {})) {
    const at = remap.foundAs
    if (at === undefined) {
      if (found !== undefined && means(key, found.base, found.short, found.version)) return { name: importName, remap }
      continue
    }
    const same = at.includes('/')
      ? at === importName || (found !== undefined && at === `${found.base}/${found.short}`)
      : aliasOf(importName) === at || found?.short === at
    if (!same) continue
    if (key.includes('/')) return { name: key, remap }
    if (found !== undefined)
      return { name: `${found.base}/${key}${found.version === undefined ? '' : `@${found.version}`}`, remap }
  }
  return { name: importName, remap: undefined }
}

/** What the host's linker offers, also under the names by which a remapped plugin imports it. */

import { camelCase } from '../linker/js-names.ts'
import { servingKeys, splitVersion } from '../linker/match/import-names.ts'
import type { Externs } from '../model/types.ts'
import { type Adapter, type Remap, requestedImport } from './remap.ts'

type Record_ = Readonly<Record<string, Remap>>

export function remappedSource(source: unknown, remaps: Record_ | undefined, imports: Externs): unknown {
  if (remaps === undefined) return source
  if (typeof source !== 'function') return remapped(source, remaps, imports)
  return (caller: unknown) => {
    const members: unknown = source(caller)
    return members instanceof Promise
      ? members.then((found: unknown) => remapped(found, remaps, imports))
      : remapped(members, remaps, imports)
  }
}

function remapped(members: unknown, remaps: Record_, imports: Externs): unknown {
  if (typeof members !== 'object' || members === null) return members
  const added: Record<string, unknown> = {}
  for (const name of imports.keys()) {
    const { name: requested, remap } = requestedImport(remaps, name)
    if (remap === undefined) continue
    const keys = Object.keys(members)
    const key = servingKeys(requested, keys)[0] ?? keys.find((k) => splitVersion(k).base === requested)
    if (key === undefined) continue
    const found: unknown = Reflect.get(members, key)
    added[name] = typeof found === 'object' && found !== null ? renamed(found, remap) : found
  }
  return { ...members, ...added }
}

/** Requested items under the plugin's names for them, adapters around. */
function renamed(found: object, { items = {}, adapt = {} }: Remap): object {
  const members: Record<string, unknown> = { ...found }
  const names = new Set([...Object.keys(items), ...Object.keys(adapt)])
  for (const requested of names) {
    const member: unknown = Reflect.get(found, camelCase(requested))
    const adapter = Object.hasOwn(adapt, requested) ? adapt[requested] : undefined
    const at = Object.hasOwn(items, requested) ? items[requested] : requested
    if (at !== undefined)
      members[camelCase(at)] = adapter === undefined || typeof member !== 'function' ? member : adapted(member, adapter)
  }
  return members
}

/** The plugin's arguments become the host's, the host's result the plugin's. */
function adapted(member: CallableFunction, { args, result }: Adapter): (...given: unknown[]) => unknown {
  return (...given) => {
    const value: unknown = Reflect.apply(member, undefined, args?.(given) ?? given)
    return result === undefined ? value : result(value)
  }
}

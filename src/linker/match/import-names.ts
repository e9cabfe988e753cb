/**
 * Which key of an import object serves an import: the exact name, else the highest semver-compatible version, else the
 * name without version (jco's habit).
 */
import { parseVersion } from '../../parser/semver.ts'
import { compatible as areCompatible, compareVersions } from '../../parser/semver-order.ts'

/** Splits `acme:log/api@1.2.0` at the version. */
export function splitVersion(name: string): { readonly base: string; readonly version: string | undefined } {
  const at = name.indexOf('@')
  return at < 0 ? { base: name, version: undefined } : { base: name.slice(0, at), version: name.slice(at + 1) }
}

/** The keys that could serve `name`, best first; `keys` are the own keys at hand. */
export function servingKeys(name: string, keys: readonly string[]): readonly string[] {
  const { base, version } = splitVersion(name)
  const serving = keys.includes(name) ? [name] : []
  if (version === undefined) return serving
  const wanted = parseVersion(version)
  const compatible = keys.flatMap((key) => {
    const split = splitVersion(key)
    const found =
      key !== name && split.base === base && split.version !== undefined ? parseVersion(split.version) : undefined
    return wanted !== undefined && found !== undefined && areCompatible(wanted, found) ? [{ key, found }] : []
  })
  compatible.sort((a, b) => compareVersions(b.found, a.found))
  serving.push(...compatible.map(({ key }) => key))
  if (keys.includes(base)) serving.push(base)
  return serving
}

/** For messages: what was looked for. */
export function triedNames(name: string): readonly string[] {
  const { base, version } = splitVersion(name)
  return version === undefined ? [name] : [name, `${base}@<compatible with ${version}>`, base]
}

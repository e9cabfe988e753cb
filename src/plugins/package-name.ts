/** Package and interface names: `acme:calc`, `acme:calc@0.3.1`, `acme:calc/ops@0.3.1`, and which version serves which. */
import { LinkError, quote } from '../model/errors.ts'
import { parseVersion } from '../parser/semver.ts'
import { compareVersions, compatible } from '../parser/semver-order.ts'

export interface PackageName {
  /** `acme:calc` */
  readonly base: string
  readonly version: string | undefined
}

export interface InterfaceName extends PackageName {
  /** `ops` */
  readonly short: string
}

/** @throws LinkError */
export function parsePackageName(name: string): PackageName {
  const match = /^([^:@/]+(?::[^:@/]+)+)(?:@(.+))?$/.exec(name)
  const [, base, version] = match ?? []
  if (base === undefined) {
    const message = `not a package name: expected one like \`acme:calc\` or \`acme:calc@1.2.0\``
    throw new LinkError([{ kind: 'missing-export', path: name, message, found: [] }])
  }
  return { base, version }
}

export function parseInterfaceName(name: string): InterfaceName | undefined {
  const match = /^([^:@/]+(?::[^:@/]+)+)\/([^@/]+)(?:@(.+))?$/.exec(name)
  const [, base, short, version] = match ?? []
  return base === undefined || short === undefined ? undefined : { base, short, version }
}

export function interfacePath({ base, version }: PackageName, short: string): string {
  return `${base}/${short}${version === undefined ? '' : `@${version}`}`
}

/** Component to component: both without version, the same text, or semver-compatible. */
export function versionsMatch(a: string | undefined, b: string | undefined): boolean {
  if (a === b) return true
  const [x, y] = [a, b].map((text) => (text === undefined ? undefined : parseVersion(text)))
  return x !== undefined && y !== undefined && compatible(x, y)
}

/**
 * Of one interface in several versions, the one a host means who wrote `wanted`: the exact one, else the highest compatible.
 * Without a version any will do, but only one may be there.
 */
export function chooseVersion<T extends { readonly version: string | undefined }>(
  wanted: string | undefined,
  found: readonly T[],
): T | 'ambiguous' | undefined {
  if (wanted === undefined) return found.length > 1 ? 'ambiguous' : found[0]
  const exact = found.find(({ version }) => version === wanted)
  if (exact !== undefined) return exact
  const fitting = found.filter(({ version }) => version !== undefined && versionsMatch(wanted, version))
  const order = (version: string | undefined) => (version === undefined ? undefined : parseVersion(version))
  return fitting.sort((a, b) => {
    const [x, y] = [order(a.version), order(b.version)]
    return x === undefined || y === undefined ? 0 : compareVersions(y, x)
  })[0]
}

/** For messages. */
export const quoted = (names: Iterable<string>): string =>
  [...names]
    .slice(0, 12)
    .map((name) => `\`${quote(name)}\``)
    .join(', ')

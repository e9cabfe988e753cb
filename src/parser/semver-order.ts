/**
 * Which of two versions is older, and which may stand for which: versions are compatible that share a *canonical* one.
 *
 * @spec Canonical Interface Name
 */
import { NUMERIC, type Version } from './semver.ts'

const order = <T>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0)

function compareIdentifiers(a: string, b: string): number {
  const [aNumeric, bNumeric] = [NUMERIC.test(a), NUMERIC.test(b)]
  if (aNumeric && bNumeric) return order(BigInt(a), BigInt(b))
  // numbers rank below words
  return aNumeric === bNumeric ? order(a, b) : aNumeric ? -1 : 1
}

/** Precedence: negative if `a` is older. Build metadata does not count. */
export function compareVersions(a: Version, b: Version): number {
  const numbers = order(a.major, b.major) || order(a.minor, b.minor) || order(a.patch, b.patch)
  if (numbers !== 0) return numbers
  // a release is newer than its pre-releases
  if (a.prerelease.length === 0 || b.prerelease.length === 0) return order(b.prerelease.length, a.prerelease.length)
  for (const [i, id] of a.prerelease.entries()) {
    const other = b.prerelease[i]
    const difference = other === undefined ? 1 : compareIdentifiers(id, other)
    if (difference !== 0) return difference
  }
  return order(a.prerelease.length, b.prerelease.length)
}

/** What all versions compatible with this one share: `1`, `0.2`, `0.0.3`. */
export function canonicalVersion({ major, minor, patch }: Version): string {
  return major > 0n ? `${major}` : minor > 0n ? `0.${minor}` : `0.0.${patch}`
}

/** May one stand for the other? A pre-release promises nothing: it stands only for itself. */
export function compatible(a: Version, b: Version): boolean {
  if (a.prerelease.length > 0 || b.prerelease.length > 0) return compareVersions(a, b) === 0
  return canonicalVersion(a) === canonicalVersion(b)
}

/**
 * Semantic versions as interface names carry them.
 *
 * In: the text after `@`. Out: its parts; which come first says `semver-order.ts`.
 * The numbers are bigints: the grammar does not bound them (we take what fits 64 bits, as wasmparser does).
 *
 * @spec Canonical Interface Name
 */

export interface Version {
  readonly major: bigint
  readonly minor: bigint
  readonly patch: bigint
  readonly prerelease: readonly string[]
  readonly build: string
}

const NUMBER = '(0|[1-9]\\d*)'
const IDENTIFIERS = '([0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*)'
const SEMVER = new RegExp(`^${NUMBER}\\.${NUMBER}\\.${NUMBER}(?:-${IDENTIFIERS})?(?:\\+${IDENTIFIERS})?$`)
const CANONICAL = /^(?:[1-9]\d*|0\.[1-9]\d*|0\.0\.(?:0|[1-9]\d*))$/
export const NUMERIC = /^\d+$/
const MAX_U64 = 2n ** 64n - 1n

/** `undefined`: not a version. */
export function parseVersion(text: string): Version | undefined {
  const parts = SEMVER.exec(text)
  if (parts === null) return undefined
  const [, major = '', minor = '', patch = '', prerelease, build = ''] = parts
  const numbers = { major: BigInt(major), minor: BigInt(minor), patch: BigInt(patch) }
  if (numbers.major > MAX_U64 || numbers.minor > MAX_U64 || numbers.patch > MAX_U64) return undefined
  const identifiers = prerelease?.split('.') ?? []
  if (identifiers.some((id) => id.length > 1 && id.startsWith('0') && NUMERIC.test(id))) return undefined
  return { ...numbers, prerelease: identifiers, build }
}

/** What keeps the text from being a version, in the words of Rust's semver, which wasmparser passes on. */
export function versionFault(text: string): string {
  if (text === '') return 'empty string, expected a semver version'
  let rest = text
  for (const part of ['major', 'minor', 'patch'] as const) {
    const digits = /^\d*/.exec(rest)?.[0] ?? ''
    rest = rest.slice(digits.length)
    if (digits === '') return `${unexpected(rest)} while parsing ${part} version number`
    if (digits.length > 1 && digits.startsWith('0')) return `invalid leading zero in ${part} version number`
    if (BigInt(digits) > MAX_U64) return `value of ${part} version number exceeds u64::MAX`
    if (part === 'patch') break
    if (rest === '') return `${unexpected(rest)} while parsing ${part} version number`
    if (!rest.startsWith('.')) return `${unexpected(rest)} after ${part} version number`
    rest = rest.slice(1)
  }
  for (const [sign, noun] of [
    ['-', 'pre-release identifier'],
    ['+', 'build metadata'],
  ] as const) {
    if (!rest.startsWith(sign)) continue
    const identifiers = /^[0-9A-Za-z.-]*/.exec(rest.slice(1))?.[0] ?? ''
    rest = rest.slice(1 + identifiers.length)
    if (identifiers.split('.').includes('')) return `empty identifier segment in ${noun}`
    if (rest === '' || rest.startsWith('+')) continue
    return `${unexpected(rest)} after ${noun}`
  }
  return rest === ''
    ? 'invalid leading zero in pre-release identifier'
    : `${unexpected(rest)} after patch version number`
}

const unexpected = (rest: string): string =>
  rest === '' ? 'unexpected end of input' : `unexpected character '${String.fromCodePoint(rest.codePointAt(0) ?? 0)}'`

/** Whether the text already is such a shared version. */
export const isCanonicalVersion = (text: string): boolean => CANONICAL.test(text)

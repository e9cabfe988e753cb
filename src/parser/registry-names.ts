/**
 * Names of registries: not in the specification's grammar, in wasm-tools'.
 *
 * In: what follows `locked-dep=` and its like. Out: what kind of name it is, or why it is none.
 */
import { type ExternNameParts, fault, type NameFault, path } from './names.ts'
import { parseVersion } from './semver.ts'

/** `<…>` and an optional hash after it. */
export function registryName(prefix: string, text: string, nested: boolean): ExternNameParts | NameFault {
  if (!text.startsWith('<')) return fault(`expected \`<\` at \`${text}\``)
  const inner = text.slice(1)
  if (prefix === 'unlocked-dep=' || prefix === 'locked-dep=') {
    const [parts, rest] = path(inner, nested, false)
    if (parts.kind === 'fault') return parts
    const [wrong, after] = prefix === 'locked-dep=' ? exactVersion(rest) : versionRange(rest)
    return wrong ?? closing(after, prefix === 'locked-dep=') ?? { kind: 'dependency' }
  }
  const end = inner.indexOf('>')
  if (end < 0) return fault('failed to find `>` character')
  const [content, after] = [inner.slice(0, end), inner.slice(end)]
  if (prefix === 'integrity=') return integrity(content) ?? closing(after, false) ?? { kind: 'hash' }
  if (content.includes('<')) return fault('url cannot contain `<`')
  return closing(after, true) ?? { kind: 'url' }
}

function closing(text: string, hashed: boolean): NameFault | undefined {
  if (!text.startsWith('>')) return fault(`expected \`>\` at \`${text}\``)
  const rest = text.slice(1)
  if (rest === '') return undefined
  if (!hashed || !rest.startsWith(',')) return fault(`trailing characters found: \`${rest}\``)
  if (!rest.startsWith(',integrity=<')) return fault(`expected \`integrity=<\` at \`${rest.slice(1)}\``)
  const end = rest.indexOf('>')
  if (end < 0) return fault('failed to find `>` character')
  return integrity(rest.slice(',integrity=<'.length, end)) ?? closing(rest.slice(end), false)
}

const semver = (text: string): NameFault | undefined =>
  parseVersion(text) === undefined ? fault(`\`${text}\` is not a valid semver`) : undefined

function exactVersion(text: string): [NameFault | undefined, string] {
  if (!text.startsWith('@')) return [undefined, text]
  const end = text.includes('>') ? text.indexOf('>') : text.length
  return [semver(text.slice(1, end)), text.slice(end)]
}

function versionRange(text: string): [NameFault | undefined, string] {
  if (!text.startsWith('@')) return [undefined, text]
  if (text.startsWith('@*')) return [undefined, text.slice(2)]
  if (!text.startsWith('@{')) return [fault(`expected \`{\` at \`${text.slice(1)}\``), '']
  const end = text.indexOf('}')
  if (end < 0) return [fault('failed to find `}` character'), '']
  return [bounds(text.slice(2, end)), text.slice(end + 1)]
}

function bounds(range: string): NameFault | undefined {
  if (range === '*') return undefined
  if (range.startsWith('<')) return semver(range.slice(1))
  if (!range.startsWith('>=')) return fault('expected `>=` or `<` at start of version range')
  const space = range.indexOf(' ')
  if (space < 0) return semver(range.slice(2))
  const upper = range.slice(space + 1)
  return (
    semver(range.slice(2, space)) ??
    (upper.startsWith('<') ? semver(upper.slice(1)) : fault('expected `<` at start of version range upper bounds'))
  )
}

function integrity(text: string): NameFault | undefined {
  const hashes = text.split(/\s+/).filter((hash) => hash !== '')
  if (hashes.length === 0) return fault('integrity hash cannot be empty')
  for (const hash of hashes) {
    if (!/^sha(?:256|384|512)/.test(hash)) return fault(`unrecognized hash algorithm: \`${hash}\``)
    if (hash[6] !== '-') return fault(`expected \`-\` after hash algorithm: ${hash}`)
    const base64 = hash.slice(7).split('?', 1)[0] ?? ''
    if (!/^[0-9A-Za-z+/]+={0,2}$/.test(base64)) return fault(`not valid base64: \`${base64}\``)
  }
  return undefined
}

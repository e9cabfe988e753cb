/**
 * Names of imports and exports: their grammar, and when two of them clash.
 *
 * In: the text of a name. Out: its parts, or what is wrong with it in wasmparser's words. Nothing here throws: the
 * validator adds place and class, linker and host naming ask only for valid names. Whether a resource of that name
 * exists, whether the version is one and whether the type fits are questions for `validate-extern.ts`.
 *
 * @spec Import and Export Definitions
 */
import type { Feature } from '../model/features.ts'
import type { RareRules } from './component-reader.ts'

export interface InterfaceName {
  readonly kind: 'interface'
  /** Outermost first; more than one only with nested names. */
  readonly namespaces: readonly string[]
  readonly package: string
  /** The interface, then what is nested in it. */
  readonly projection: readonly string[]
  /** As written after `@`; not checked here, since a `versionsuffix` may complete it. */
  readonly version: string | undefined
}

export type ExternNameParts =
  | { readonly kind: 'label'; readonly label: string }
  | { readonly kind: 'constructor'; readonly resource: string }
  | { readonly kind: 'method' | 'static'; readonly resource: string; readonly name: string }
  | InterfaceName
  /** `locked-dep=`, `unlocked-dep=`, `url=`, `integrity=`: import names of registries; wasm-tools takes them. */
  | { readonly kind: 'dependency' | 'url' | 'hash' }

export interface NameFault {
  readonly kind: 'fault'
  readonly message: string
  /** The gate that would allow the name. */
  readonly feature?: Feature
}

const KEBAB = /^(?:[a-z][0-9a-z]*|[A-Z][0-9A-Z]*)(?:-(?:[0-9a-z]+|[0-9A-Z]+))*$/
const KEBAB_RUN = /^[0-9A-Za-z-]*/

/** Whether the text is a label. */
export const isKebab = (text: string): boolean => KEBAB.test(text)

export const fault = (message: string, feature?: Feature): NameFault =>
  feature === undefined ? { kind: 'fault', message } : { kind: 'fault', message, feature }

const notKebab = (text: string): NameFault | undefined =>
  isKebab(text) ? undefined : fault(`\`${text}\` is not in kebab case`)

/** Takes a name apart. `nested`: whether namespaces and projections may nest. `rare`: asked for the names of registries. */
export function parseExternName(name: string, nested: boolean, rare: () => RareRules): ExternNameParts | NameFault {
  if (name.startsWith('[constructor]')) {
    const resource = name.slice('[constructor]'.length)
    return notKebab(resource) ?? { kind: 'constructor', resource }
  }
  for (const kind of ['method', 'static'] as const) {
    if (name.startsWith(`[${kind}]`)) return resourceFunc(kind, name.slice(kind.length + 2))
  }
  const registry = /^(?:unlocked-dep|locked-dep|url|integrity)=/.exec(name)
  if (registry !== null) return rare().registryName(registry[0], name.slice(registry[0].length), nested)
  if (!name.includes(':')) return notKebab(name) ?? { kind: 'label', label: name }
  const [parts, rest] = path(name, nested, true)
  if (parts.kind === 'fault') return parts
  const version = rest.startsWith('@') ? rest.slice(1) : undefined
  if (rest !== '' && version === undefined) {
    return fault(`trailing characters found: \`${rest}\``, !nested && rest.startsWith('/') ? 'nested-names' : undefined)
  }
  return { ...parts, version }
}

function resourceFunc(kind: 'method' | 'static', text: string): ExternNameParts | NameFault {
  const dot = text.indexOf('.')
  if (dot < 0) return fault('failed to find `.` character')
  const [resource, name] = [text.slice(0, dot), text.slice(dot + 1)]
  return notKebab(resource) ?? notKebab(name) ?? { kind, resource, name }
}

/** `ns:pkg/iface`, nested where allowed; returns what follows, too. */
export function path(text: string, nested: boolean, projected: boolean): [InterfaceName | NameFault, string] {
  const words: string[] = []
  const projection: string[] = []
  let rest = text
  const take = (lowercase: boolean): NameFault | undefined => {
    const label = KEBAB_RUN.exec(rest)?.[0] ?? ''
    rest = rest.slice(label.length)
    const upper = lowercase ? /[A-Z]/.exec(label) : null
    if (!isKebab(label)) return fault(`\`${label}\` is not in kebab case`)
    if (upper !== null) return fault(`character \`${upper[0]}\` is not lowercase in package name/namespace`)
    ;(lowercase ? words : projection).push(label)
    return undefined
  }
  let wrong = take(true)
  if (wrong === undefined && !rest.startsWith(':')) wrong = fault(`expected \`:\` at \`${rest}\``)
  while (wrong === undefined && rest.startsWith(':') && (nested || words.length < 2)) {
    rest = rest.slice(1)
    wrong = take(true)
  }
  while (wrong === undefined && rest.startsWith('/') && (nested || projection.length < 1)) {
    rest = rest.slice(1)
    wrong = take(false)
  }
  if (wrong === undefined && projected && projection.length === 0) {
    wrong = fault('expected `/` after package name', !nested && rest.startsWith(':') ? 'nested-names' : undefined)
  }
  const found: InterfaceName = {
    kind: 'interface',
    namespaces: words.slice(0, -1),
    package: words.at(-1) ?? '',
    projection,
    version: undefined,
  }
  return [wrong ?? found, rest]
}

// — Strong uniqueness

/**
 * Two names clash exactly if their keys are equal. The annotation goes, but `[constructor]` stays: a constructor may
 * bear its class's name. `a.b` cannot clash with anything else, since no other form has a dot before its version.
 *
 * @spec Name Uniqueness
 */
export function uniqueKey(name: string, parts: ExternNameParts): string {
  switch (parts.kind) {
    case 'method':
    case 'static': {
      const [resource, func] = [parts.resource.toLowerCase(), parts.name.toLowerCase()]
      return resource === func ? resource : `${resource}.${func}`
    }
    case 'label':
    case 'constructor':
    case 'interface':
      return name.toLowerCase()
    case 'dependency':
    case 'url':
    case 'hash':
      return name
  }
}

/**
 * Packages → WIT text that parses to the same packages. A type is written by the name its scope has for it, else by what
 * it is; resources hold their functions again; comments carry what was documented.
 */
import { quote } from '../model/errors.ts'
import type { FuncType, ValType } from '../model/types.ts'
import { writtenName } from './cursor.ts'
import {
  type NamedType,
  namesOf,
  packageId,
  parseInterfaceId,
  type WitExtern,
  type WitFunc,
  type WitInterface,
  type WitItem,
  type WitPackage,
  type WitTypeDef,
  type WitUse,
  type WitWorld,
} from './packages.ts'

type Names = ReadonlyMap<NamedType, string>

/** Text of one type is cut here: a small component can hold a type that unfolds to gigabytes. */
const LONGEST = 20_000

/** @param style with a `package` line for a file of its own, or in braces */
export function printPackage(found: WitPackage, style: 'file' | 'braces'): string {
  const id = writtenPackage(packageId(found.base, found.version))
  const body = [
    ...[...found.interfaces.values()].map((made) => printInterface(made, found)),
    ...[...found.worlds.values()].map((world) => printWorld(world, found)),
  ]
  const docs = docLines(found.docs)
  if (style === 'file') return `${[[...docs, `package ${id};`].join('\n'), ...body].join('\n\n')}\n`
  const inside = body.map((text) => indent(text)).join('\n\n')
  return `${[...docs, `package ${id} {`, ...(inside === '' ? [] : [inside]), '}'].join('\n')}\n`
}

/** Every word of it as a name; the version is none. */
const writtenPackage = (id: string): string => {
  const [path = '', ...version] = id.split('@')
  return [path.split(':').map(writtenName).join(':'), ...version].join('@')
}

function printInterface(made: WitInterface, home: WitPackage): string {
  return block(docLines(made.docs), `interface ${writtenName(made.name)}`, itemLines(made.items, home, undefined))
}

function printWorld(world: WitWorld, home: WitPackage): string {
  const names = namesOf(world.types.values())
  const funcs = [...world.imports.values()].filter((extern) => extern.kind === 'func' && extern.name.startsWith('['))
  const members = new Map(funcs.flatMap((func) => (func.kind === 'func' ? [[func.name, func] as const] : [])))
  const types = itemLines(new Map<string, WitItem>([...world.types, ...members]), home, undefined)
  const lines = (side: ReadonlyMap<string, WitExtern>, word: 'import' | 'export'): string[] =>
    [...side]
      .filter(([name]) => !members.has(name))
      .flatMap(([name, extern]) => externLines(word, name, extern, home, names))
  return block(docLines(world.docs), `world ${writtenName(world.name)}`, [
    ...lines(world.imports, 'import'),
    ...types,
    ...lines(world.exports, 'export'),
  ])
}

function externLines(word: string, name: string, extern: WitExtern, home: WitPackage, names: Names): string[] {
  switch (extern.kind) {
    case 'func':
      return [...frontLines(extern), `${word} ${writtenName(name)}: ${funcText(extern.type, names)};`]
    case 'other':
      return [`// ${word} \`${quote(name)}\`: ${quote(extern.text)}, which WIT cannot express`]
    case 'interface': {
      const made = extern.interface
      const docs = frontLines(extern)
      if (made.id === undefined) {
        const lines = itemLines(made.items, home, names)
        return [...docs, ...block([], `${word} ${writtenName(name)}: interface`, lines).split('\n')]
      }
      const plain = name === made.id ? '' : `${writtenName(name)}: `
      return [...docs, `${word} ${plain}${pathOf(made, home)};`]
    }
  }
}

/** `types` in its own package, the whole name elsewhere. */
function pathOf(made: WitInterface, home: WitPackage): string {
  const parts = made.id === undefined ? undefined : parseInterfaceId(made.id)
  if (parts === undefined) return writtenName(made.name)
  if (parts.base === home.base && parts.version === home.version) return writtenName(parts.name)
  return packageId(`${writtenPackage(parts.base)}/${writtenName(parts.name)}`, parts.version)
}

// — Items

function itemLines(items: ReadonlyMap<string, WitItem>, home: WitPackage, outer: Names | undefined): string[] {
  const names = namesOf(items.values(), outer)
  const funcs: string[] = []
  const types: string[] = []
  for (const item of items.values()) {
    if (item.kind === 'func') {
      if (!item.name.startsWith('['))
        funcs.push(...frontLines(item), `${writtenName(item.name)}: ${funcText(item.type, names)};`)
    } else if (item.kind === 'type') types.push(...typeLines(item, items, names))
  }
  return [...useLines(items, home), ...types, ...funcs]
}

function useLines(items: ReadonlyMap<string, WitItem>, home: WitPackage): string[] {
  const uses = new Map<WitInterface, WitUse[]>()
  for (const item of items.values())
    if (item.kind === 'use') uses.set(item.from, [...(uses.get(item.from) ?? []), item])
  return [...uses].map(([from, list]) => {
    const named = list.map(({ item, name }) =>
      item === name ? writtenName(name) : `${writtenName(item)} as ${writtenName(name)}`,
    )
    return `use ${pathOf(from, home)}.{${named.join(', ')}};`
  })
}

function typeLines(def: WitTypeDef, items: ReadonlyMap<string, WitItem>, names: Names): string[] {
  const name = writtenName(def.name)
  const { type } = def
  const docs = frontLines(def)
  if (def.alias !== undefined) return [...docs, `type ${name} = ${writtenName(names.get(def.alias) ?? def.name)};`]
  switch (type.kind) {
    case 'resource': {
      const members = [...items.values()]
        .filter((item) => item.kind === 'func')
        .filter(({ name }) => ownerOf(name) === def.name)
      if (members.length === 0) return [...docs, `resource ${name};`]
      const lines = members.flatMap((member) => [...frontLines(member), memberText(member, names)])
      return block(docs, `resource ${name}`, lines).split('\n')
    }
    case 'record':
      return block(
        docs,
        `record ${name}`,
        type.fields.map((f) => `${writtenName(f.name)}: ${typeText(f.type, names)},`),
      ).split('\n')
    case 'variant': {
      const payload = (t: ValType | undefined): string => (t === undefined ? '' : `(${typeText(t, names)})`)
      return block(
        docs,
        `variant ${name}`,
        type.cases.map((c) => `${writtenName(c.name)}${payload(c.type)},`),
      ).split('\n')
    }
    case 'enum':
    case 'flags':
      return block(
        docs,
        `${type.kind} ${name}`,
        type.labels.map((label) => `${writtenName(label)},`),
      ).split('\n')
    default:
      return [...docs, `type ${name} = ${new Writer(names, type).type(type)};`]
  }
}

const ownerOf = (name: string): string | undefined => /^\[[a-z]+\]([^.]+)/.exec(name)?.[1]

function memberText({ name, type }: WitFunc, names: Names): string {
  const writer = new Writer(names)
  if (name.startsWith('[constructor]')) {
    const plain = type.result?.kind === 'own'
    return `constructor${writer.signature(type.params, plain ? undefined : type.result)};`
  }
  const member = writtenName(name.slice(name.indexOf('.') + 1))
  if (name.startsWith('[static]')) return `${member}: static ${writer.func(type)};`
  return `${member}: ${writer.func({ ...type, params: type.params.slice(1) })};`
}

export const funcText = (type: FuncType, names: Names): string => new Writer(names).func(type)
export const typeText = (type: ValType, names: Names): string => new Writer(names).type(type)

class Writer {
  readonly #names: Names
  /** The one type that is written out although it has a name: the definition of that name. */
  readonly #defined: NamedType | undefined
  #left = LONGEST

  constructor(names: Names, defined?: NamedType) {
    this.#names = names
    this.#defined = defined
  }

  func(type: FuncType): string {
    return `${type.async ? 'async ' : ''}func${this.signature(type.params, type.result)}`
  }

  signature(params: FuncType['params'], result: ValType | undefined): string {
    const shown = params.map(({ name, type }) => `${writtenName(name)}: ${this.type(type)}`).join(', ')
    return `(${shown})${result === undefined ? '' : ` -> ${this.type(result)}`}`
  }

  type(type: ValType): string {
    const name = type === this.#defined ? undefined : this.#names.get(type)
    if (name !== undefined) return writtenName(name)
    this.#left -= 8
    if (this.#left < 0) return '_'
    const generic = (...parts: readonly (ValType | undefined)[]): string =>
      `${type.kind}<${parts.map((part) => (part === undefined ? '_' : this.type(part))).join(', ')}>`
    switch (type.kind) {
      case 'list':
        return type.length === undefined ? generic(type.element) : `list<${this.type(type.element)}, ${type.length}>`
      case 'map':
        return generic(type.key, type.value)
      case 'tuple':
        return generic(...type.elements)
      case 'option':
        return generic(type.some)
      case 'result':
        if (type.err !== undefined) return generic(type.ok, type.err)
        return type.ok === undefined ? 'result' : generic(type.ok)
      case 'stream':
      case 'future':
        return type.element === undefined ? type.kind : generic(type.element)
      case 'own':
        return writtenName(this.#names.get(type.resource) ?? type.resource.name)
      case 'borrow':
        return `borrow<${writtenName(this.#names.get(type.resource) ?? type.resource.name)}>`
      // without a name here: no WIT, but what a reader needs
      case 'record':
        return `record { ${type.fields.map((f) => `${f.name}: ${this.type(f.type)}`).join(', ')} }`
      case 'variant':
        return `variant { ${type.cases.map((c) => (c.type === undefined ? c.name : `${c.name}(${this.type(c.type)})`)).join(', ')} }`
      case 'enum':
      case 'flags':
        return `${type.kind} { ${type.labels.join(', ')} }`
      default:
        return type.kind
    }
  }
}

// — Text

const frontLines = ({ docs, externalId }: Pick<WitFunc, 'docs' | 'externalId'>): string[] =>
  externalId === undefined ? docLines(docs) : [...docLines(docs), `@external-id(${stringText(externalId)})`]

const stringText = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what WIT must not contain is escaped here
  `"${text.replace(/["\\]|[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, (c) => `\\u{${c.charCodeAt(0).toString(16)}}`)}"`

const docLines = (docs: string): string[] =>
  docs === '' ? [] : docs.split('\n').map((line) => (line === '' ? '///' : `/// ${line}`))

function block(front: readonly string[], head: string, lines: readonly string[]): string {
  if (lines.length === 0) return [...front, `${head} {`, '}'].join('\n')
  return [...front, `${head} {`, ...lines.map((line) => indent(line)), '}'].join('\n')
}

const indent = (text: string): string =>
  text
    .split('\n')
    .map((line) => (line === '' ? '' : `  ${line}`))
    .join('\n')

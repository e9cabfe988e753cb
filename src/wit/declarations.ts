/**
 * A world as TypeScript: one file, a namespace for the types of each interface, and `<Name>World` with imports, exports
 * and items as the public API describes them. Names in the text come from WIT alone, which allows letters, digits and
 * dashes; so nothing a component says can be more than a name.
 */
import { camelCase } from '../abi/property-keys.ts'
import { aliasOf, pascalCase, resourceFunc, uniqueKeys } from '../linker/js-names.ts'
import { LinkError, quote } from '../model/errors.ts'
import type { FuncType } from '../model/types.ts'
import {
  type NamedType,
  parseInterfaceId,
  type WitFunc,
  type WitInterface,
  type WitItem,
  type WitTypeDef,
  type WitUse,
  type WitWorld,
} from './packages.ts'
import type { Resolved } from './resolve.ts'
import { type Direction, key, TypeWriter } from './ts-types.ts'

export interface DeclarationOptions {
  readonly name: string
  readonly world?: string
}

/** @throws LinkError if there is no such world, TypeError for a name that TypeScript cannot have */
export function declarationsOf(resolved: Resolved, { name, world }: DeclarationOptions): ReadonlyMap<string, string> {
  if (!/^[A-Za-z_$][0-9A-Za-z_$]*$/.test(name)) throw new TypeError(`\`${quote(name)}\` is no TypeScript identifier`)
  const file = name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase()
  return new Map([[`${file}.d.ts`, new Declarations(worldOf(resolved, world)).text(name)]])
}

function worldOf({ packages, main }: Resolved, wanted: string | undefined): WitWorld {
  const all = [...packages.values()].flatMap((found) => [...found.worlds.values()])
  const here = main === undefined ? [] : [...main.worlds.values()]
  const candidates =
    wanted === undefined
      ? here.length > 0
        ? here
        : all
      : all.filter(({ id, name }) => id === wanted || name === wanted)
  const [world, other] = candidates
  if (world !== undefined && other === undefined) return world
  const found = all.map(({ id }) => id)
  const list = found.map((id) => `\`${quote(id)}\``).join(', ')
  const message = `${world === undefined ? 'no such world' : 'which world?'} There is ${list === '' ? 'none' : list}`
  throw new LinkError([{ kind: 'missing-export', path: wanted ?? 'world', message, found }])
}

type Side = 'import' | 'export'

/** Names that generated text uses itself; a type of the same name gets a `_`. */
const TAKEN: ReadonlySet<string> = new Set(
  (
    'Promise PromiseLike Held Map Disposable Partial AsyncIterable Iterable StreamReader StreamSource FutureReader ErrorContext ' +
    'WitResult Uint8Array Int8Array Uint16Array Int16Array Uint32Array Int32Array BigUint64Array BigInt64Array ' +
    'Float32Array Float64Array'
  ).split(' '),
)

class Declarations {
  readonly #world: WitWorld
  readonly #needed = new Set<string>()
  /** By side, for a resource of an import is a class of the host's, that of an export one of ours. */
  readonly #namespaces: Readonly<Record<Side, Map<WitInterface, string>>> = { import: new Map(), export: new Map() }
  readonly #locals = new Map<WitInterface | WitWorld, ReadonlyMap<string, string>>()

  constructor(world: WitWorld) {
    this.#world = world
    const taken = new Set<string>()
    for (const side of ['export', 'import'] as const) {
      for (const extern of side === 'import' ? world.imports.values() : world.exports.values()) {
        if (extern.kind !== 'interface' || this.#namespaces[side].has(extern.interface)) continue
        this.#namespaces[side].set(extern.interface, this.#namespaceName(extern.interface, side, taken))
      }
    }
  }

  #namespaceName(made: WitInterface, side: Side, taken: Set<string>): string {
    const parts = made.id === undefined ? undefined : parseInterfaceId(made.id)
    const plain =
      parts === undefined ? pascalCase(made.name) : [...parts.base.split(':'), parts.name].map(pascalCase).join('')
    const version = parts?.version?.replace(/[^0-9A-Za-z]/g, '_')
    const other = side === 'import' && this.#namespaces.export.has(made) ? `${plain}Import` : plain
    const choices = [other, ...(version === undefined ? [] : [`${other}_${version}`]), `${other}_${side}`]
    const name = choices.find((choice) => !taken.has(choice)) ?? `${other}_${taken.size}`
    taken.add(name)
    return name
  }

  text(name: string): string {
    const namespaces = (['import', 'export'] as const).flatMap((side) =>
      [...this.#namespaces[side]].flatMap(([made, namespace]) => this.#namespace(made, namespace, side)),
    )
    const own = this.#types(this.#world, [...this.#world.types.values()], this.#worldFuncs(), 'import').join('\n')
    const body = [...namespaces, ...(own === '' ? [] : [own]), ...this.#shortNames(), this.#worldText(name)]
    return `${[this.#head(), ...body].join('\n\n')}\n`
  }

  #head(): string {
    const imported = ['ErrorContext', 'FutureReader', 'Held', 'StreamReader', 'WitResult'].filter((word) =>
      this.#needed.has(word),
    )
    const lines = [
      '// Made by `wasm-link types`: not to be changed by hand.',
      '/// <reference lib="esnext.disposable" />',
    ]
    if (imported.length > 0) lines.push(`import type { ${imported.join(', ')} } from 'wasm-link'`)
    if (this.#needed.has('StreamSource')) {
      const reader = '{ getReader(): { read(): Promise<{ done: boolean; value?: T | undefined }> } }'
      lines.push('', `type StreamSource<T> = AsyncIterable<T> | Iterable<T> | ${reader}`)
    }
    return lines.join('\n')
  }

  /** Types whose name only one interface has, by that name alone. */
  #shortNames(): string[] {
    const found = new Map<string, string[]>()
    for (const side of ['export', 'import'] as const) {
      for (const [made, namespace] of this.#namespaces[side]) {
        if (side === 'import' && this.#namespaces.export.has(made)) continue
        for (const item of made.items.values()) {
          if (item.kind !== 'type') continue
          const name = this.#local(made, item.name)
          found.set(name, [...(found.get(name) ?? []), `${namespace}.${name}`])
        }
      }
    }
    const taken = new Set([...this.#namespaces.import.values(), ...this.#namespaces.export.values()])
    for (const name of this.#world.types.keys()) taken.add(this.#local(this.#world, name))
    const lines = [...found].flatMap(([name, [path, ...others]]) =>
      others.length > 0 || taken.has(name) ? [] : [`export type ${name} = ${path}`],
    )
    return lines.length === 0 ? [] : [lines.join('\n')]
  }

  // — Names

  #local(owner: WitInterface | WitWorld, name: string): string {
    let locals = this.#locals.get(owner)
    if (locals === undefined) {
      const items: Iterable<WitItem> = 'items' in owner ? owner.items.values() : owner.types.values()
      const types = [...items].filter((item) => item.kind !== 'func').map((item) => item.name)
      const keys = uniqueKeys(types, (type) => {
        const pascal = pascalCase(type)
        return TAKEN.has(pascal) ? `${pascal}_` : pascal
      })
      locals = new Map([...keys].map(([type, made]) => [type, made.replaceAll('-', '_')]))
      this.#locals.set(owner, locals)
    }
    return locals.get(name) ?? pascalCase(name)
  }

  /** How the types of an interface (or of the world) are named, from outside its namespace or inside. */
  #names(owner: WitInterface | WitWorld, side: Side, inside: boolean): Map<NamedType, string> {
    const names = new Map<NamedType, string>()
    const items: Iterable<WitItem> = 'items' in owner ? owner.items.values() : owner.types.values()
    const namespace = 'items' in owner ? this.#namespaces[side].get(owner) : undefined
    for (const item of items) {
      if (item.kind === 'func' || names.has(item.type)) continue
      const local = this.#local(owner, item.name)
      names.set(item.type, inside || namespace === undefined ? local : `${namespace}.${local}`)
    }
    if (owner !== this.#world && !('id' in owner && owner.id !== undefined)) {
      // an interface written in the world may name the world's types
      for (const [type, name] of this.#names(this.#world, side, true)) if (!names.has(type)) names.set(type, name)
    }
    return names
  }

  #writer(owner: WitInterface | WitWorld, side: Side, inside: boolean, hide?: NamedType): TypeWriter {
    const names = this.#names(owner, side, inside)
    return new TypeWriter({
      name: (type) => (type === hide ? undefined : names.get(type)),
      need: (name) => this.#needed.add(name),
    })
  }

  /** Where a used type comes from, seen from this side. */
  #origin({ from, item }: WitUse, side: Side): string {
    const namespace =
      (side === 'export' ? this.#namespaces.export.get(from) : undefined) ??
      this.#namespaces.import.get(from) ??
      this.#namespaces.export.get(from)
    return namespace === undefined ? 'unknown' : `${namespace}.${this.#local(from, item)}`
  }

  // — Types

  #namespace(made: WitInterface, namespace: string, side: Side): string[] {
    const items = [...made.items.values()]
    const types = items.filter((item) => item.kind !== 'func')
    if (types.length === 0) return []
    const funcs = items.filter((item) => item.kind === 'func')
    const lines = this.#types(made, types, funcs, side)
    const docs = docText(made.docs)
    return [[...docs, `export namespace ${namespace} {`, ...lines.map(indented), '}'].join('\n')]
  }

  #types(
    owner: WitInterface | WitWorld,
    types: readonly (WitTypeDef | WitUse)[],
    funcs: readonly WitFunc[],
    side: Side,
  ): string[] {
    return types.flatMap((item) => {
      const name = this.#local(owner, item.name)
      if (item.kind === 'use') {
        const origin = this.#origin(item, side)
        return [`export type ${name} = ${origin}`]
      }
      const docs = docText(item.docs)
      const { type, alias } = item
      if (alias !== undefined && type.kind !== 'resource')
        return [...docs, `export type ${name} = ${this.#names(owner, side, true).get(alias) ?? 'unknown'}`]
      if (alias !== undefined)
        return [...docs, `export type ${name} = ${this.#names(owner, side, true).get(type) ?? 'unknown'}`]
      const writer = this.#writer(owner, side, true, type)
      switch (type.kind) {
        case 'resource':
          return [...docs, ...this.#resource(owner, item.name, name, funcs, side)]
        case 'record':
          return [...docs, `export interface ${name} {`, ...writer.fields(type, 'taken').map(indented), '}']
        case 'flags':
          return [...docs, `export interface ${name} {`, ...writer.flags(type).map(indented), '}']
        case 'variant':
          return [...docs, `export type ${name} =`, ...writer.cases(type, 'taken').map((c) => indented(`| ${c}`))]
        default:
          return [...docs, `export type ${name} = ${writer.body(type, 'taken')}`]
      }
    })
  }

  #resource(
    owner: WitInterface | WitWorld,
    resource: string,
    name: string,
    funcs: readonly WitFunc[],
    side: Side,
  ): string[] {
    const methods = membersOf(funcs, resource, 'method')
    const keys = uniqueKeys([...methods.keys()], camelCase)
    const lines = [...methods].flatMap(([member, { docs, type }]) => {
      const call = this.#call({ ...type, params: type.params.slice(1) }, owner, side, true)
      return [...docText(docs), `${key(keys.get(member) ?? member)}${call}`]
    })
    // the host's own objects may be disposable, ours are
    const base = side === 'export' ? 'Disposable' : 'Partial<Disposable>'
    return [`export interface ${name} extends ${base} {`, ...lines.map(indented), '}']
  }

  /** `(a: number): string`, as a member of an object. */
  #call(type: FuncType, owner: WitInterface | WitWorld, side: Side, inside: boolean): string {
    const writer = this.#writer(owner, side, inside)
    const [given, taken]: readonly [Direction, Direction] = side === 'export' ? ['given', 'taken'] : ['taken', 'given']
    return `${writer.params(type.params, given)}: ${writer.result(type, taken, true)}`
  }

  /** `(a: number) => string`, with a `result` as data: how `dispatch` calls. */
  #item(type: FuncType, owner: WitInterface): string {
    const writer = this.#writer(owner, 'export', false)
    return `${writer.params(type.params, 'given')} => ${writer.result(type, 'taken', false)}`
  }

  // — The world

  #worldFuncs(): WitFunc[] {
    return [...this.#world.imports.values()].filter((extern) => extern.kind === 'func')
  }

  #worldText(name: string): string {
    const section = (title: string, lines: readonly string[]): string[] =>
      lines.length === 0 ? [`readonly ${title}: {}`] : [`readonly ${title}: {`, ...lines.map(indented), '}']
    const lines = [
      ...section('imports', this.#imports()),
      ...section('exports', this.#exports(name)),
      ...section('items', this.#items()),
    ]
    return [...docText(this.#world.docs), `export interface ${name}World {`, ...lines.map(indented), '}'].join('\n')
  }

  #imports(): string[] {
    const { imports, types } = this.#world
    const lines: string[] = []
    for (const [name, extern] of imports) {
      if (extern.kind === 'func' && resourceFunc(name) === undefined) {
        const call = this.#call(extern.type, this.#world, 'import', true)
        lines.push(...docText(extern.docs), `readonly '${name}': { default${call} }`)
      }
      // an interface of types alone is never read
      if (extern.kind === 'interface' && needsValues(extern.interface))
        lines.push(...this.#members(name, extern.interface, 'import'))
    }
    for (const item of types.values()) {
      if (item.kind !== 'type' || item.type.kind !== 'resource') continue
      const made = this.#class(this.#world, item.name, this.#worldFuncs(), 'import')
      lines.push(`readonly '${item.name}': { readonly default: ${made} }`)
    }
    return lines
  }

  #exports(world: string): string[] {
    const { exports } = this.#world
    const lines: string[] = []
    const taken = new Set<string>()
    const free = [...exports].filter(([name, extern]) => extern.kind === 'func' && resourceFunc(name) === undefined)
    const keys = uniqueKeys(
      free.map(([name]) => name),
      camelCase,
    )
    for (const [name, extern] of free) {
      if (extern.kind !== 'func') continue
      const made = keys.get(name) ?? name
      taken.add(made)
      lines.push(...docText(extern.docs), `${key(made)}${this.#call(extern.type, this.#world, 'export', true)}`)
    }
    const named: [string, WitInterface][] = []
    for (const [name, extern] of exports) {
      if (extern.kind !== 'interface') continue
      const at = name.includes(':') ? name : camelCase(name)
      taken.add(at)
      lines.push(...this.#members(at, extern.interface, 'export'))
      if (name.includes(':')) named.push([name, extern.interface])
    }
    for (const [name] of named.sort(([a], [b]) => (a < b ? -1 : 1))) {
      const alias = aliasOf(name)
      if (taken.has(alias)) continue
      taken.add(alias)
      lines.push(`readonly ${key(alias)}: ${world}World['exports']['${name}']`)
    }
    return lines
  }

  #members(name: string, made: WitInterface, side: Side): string[] {
    const items = [...made.items.values()]
    const funcs = items.filter((item) => item.kind === 'func')
    const free = funcs.filter((func) => resourceFunc(func.name) === undefined)
    const keys = uniqueKeys(
      free.map((func) => func.name),
      camelCase,
    )
    const lines = free.flatMap((func) => [
      ...docText(func.docs),
      `${key(keys.get(func.name) ?? func.name)}${this.#call(func.type, made, side, false)}`,
    ])
    for (const item of items) {
      if (item.kind !== 'type' || item.type.kind !== 'resource' || item.alias !== undefined) continue
      lines.push(`readonly ${key(pascalCase(item.name))}: ${this.#class(made, item.name, funcs, side)}`)
    }
    return [`readonly ${key(name)}: {`, ...lines.map(indented), '}']
  }

  #class(owner: WitInterface | WitWorld, resource: string, funcs: readonly WitFunc[], side: Side): string {
    const type = this.#resourceName(owner, resource, side)
    const [maker] = membersOf(funcs, resource, 'constructor').values()
    const statics = membersOf(funcs, resource, 'static')
    const keys = uniqueKeys([...statics.keys()], camelCase)
    const inside = owner === this.#world
    const shown = [...statics].map(
      ([member, func]) => `${key(keys.get(member) ?? member)}${this.#call(func.type, owner, side, inside)}`,
    )
    const writer = this.#writer(owner, side, inside)
    const given = side === 'export' ? 'given' : 'taken'
    if (maker !== undefined)
      return `{ ${[`new ${writer.params(maker.type.params, given)}: ${type}`, ...shown].join('; ')} }`
    // an imported resource needs some class, whatever makes its objects
    if (side === 'import')
      return [
        '(abstract new (...args: never) => object)',
        `{ readonly prototype: ${type}${shown.length === 0 ? '' : `; ${shown.join('; ')}`} }`,
      ].join(' & ')
    return `{ ${[`readonly prototype: ${type}`, ...shown].join('; ')} }`
  }

  #resourceName(owner: WitInterface | WitWorld, resource: string, side: Side): string {
    const local = this.#local(owner, resource)
    const namespace = 'items' in owner ? this.#namespaces[side].get(owner) : undefined
    return namespace === undefined ? local : `${namespace}.${local}`
  }

  #items(): string[] {
    const lines: string[] = []
    for (const [name, extern] of this.#world.exports) {
      if (extern.kind !== 'interface' || !name.includes(':')) continue
      const made = extern.interface
      const shown = [...made.items.values()].flatMap((item) =>
        item.kind === 'func' ? [`'${item.name}': ${this.#item(item.type, made)}`] : [],
      )
      lines.push(`readonly '${name}': {`, ...shown.map(indented), '}')
    }
    return lines
  }
}

function membersOf(
  funcs: readonly WitFunc[],
  resource: string,
  kind: 'constructor' | 'method' | 'static',
): Map<string, WitFunc> {
  const members = new Map<string, WitFunc>()
  for (const func of funcs) {
    const parsed = resourceFunc(func.name)
    if (parsed?.kind !== kind || parsed.resource !== resource) continue
    members.set(parsed.kind === 'constructor' ? '' : parsed.name, func)
  }
  return members
}

const needsValues = ({ items }: WitInterface): boolean =>
  [...items.values()].some((item) => item.kind === 'func' || (item.kind === 'type' && item.type.kind === 'resource'))

const indented = (line: string): string => (line === '' ? '' : `  ${line}`)

/** Whatever the text says, it cannot end the comment. */
function docText(docs: string): string[] {
  if (docs === '') return []
  const safe = docs.replaceAll('*/', '* /').split('\n')
  return safe.length === 1 ? [`/** ${safe[0]} */`] : ['/**', ...safe.map((line) => ` * ${line}`.trimEnd()), ' */']
}

/**
 * Types as WIT writes them, for people: a type that an interface names is shown by its name, and a resource with its
 * constructor, methods and statics inside it. Types come in validated. Their text is bounded, because a small component
 * can hold a type that unfolds to gigabytes.
 */
import type { Externs, ExternType, FuncType, ValType } from '../index.ts'
import { quote, unreachable } from '../model/errors.ts'

export type TypeNames = ReadonlyMap<unknown, string>

const LONGEST = 20_000

/** One type on one line; `names` says which are shown by name. */
export function valTypeText(type: ValType, names?: TypeNames): string {
  return new Writer(names).type(type)
}

/** `func(a: u32) -> u32`. */
export function funcTypeText(type: FuncType, names?: TypeNames): string {
  return new Writer(names).func(type)
}

/** Stops unfolding when the text has grown too long. */
class Writer {
  readonly #names: TypeNames
  #left = LONGEST

  constructor(names: TypeNames = new Map()) {
    this.#names = names
  }

  type = (type: ValType): string => this.#names.get(type) ?? this.body(type)

  func(type: FuncType): string {
    return `${type.async ? 'async ' : ''}func${this.signature(type.params, type.result)}`
  }

  signature(params: FuncType['params'], result: ValType | undefined): string {
    const shown = params.map(({ name, type }) => `${name}: ${this.type(type)}`).join(', ')
    return `(${shown})${result === undefined ? '' : ` -> ${this.type(result)}`}`
  }

  /** What the type is, whatever it is called. */
  body(type: ValType): string {
    if (this.#left < 0) return '…'
    this.#left -= 8
    switch (type.kind) {
      case 'list':
        return `list<${this.type(type.element)}${type.length === undefined ? '' : `, ${type.length}`}>`
      case 'map':
        return `map<${this.type(type.key)}, ${this.type(type.value)}>`
      case 'tuple':
        return `tuple<${type.elements.map(this.type).join(', ')}>`
      case 'option':
        return `option<${this.type(type.some)}>`
      case 'result':
        return this.#result(type.ok, type.err)
      case 'record':
      case 'variant':
      case 'enum':
      case 'flags':
        return `${type.kind} ${this.braces(type)}`
      case 'own':
        return this.#names.get(type.resource) ?? quote(type.resource.name)
      case 'borrow':
        return `borrow<${this.#names.get(type.resource) ?? quote(type.resource.name)}>`
      case 'stream':
      case 'future':
        return type.element === undefined ? type.kind : `${type.kind}<${this.type(type.element)}>`
      default:
        return type.kind
    }
  }

  braces(type: ValType & { readonly kind: 'record' | 'variant' | 'enum' | 'flags' }): string {
    const parts = this.#parts(type)
    return parts.length === 0 ? '{}' : `{ ${parts.join(', ')} }`
  }

  #parts(type: ValType & { readonly kind: 'record' | 'variant' | 'enum' | 'flags' }): readonly string[] {
    switch (type.kind) {
      case 'record':
        return type.fields.map((field) => `${field.name}: ${this.type(field.type)}`)
      case 'variant':
        return type.cases.map((c) => (c.type === undefined ? c.name : `${c.name}(${this.type(c.type)})`))
      case 'enum':
      case 'flags':
        return type.labels
      default:
        return unreachable(type)
    }
  }

  #result(ok: ValType | undefined, err: ValType | undefined): string {
    if (err !== undefined) return `result<${ok === undefined ? '_' : this.type(ok)}, ${this.type(err)}>`
    return ok === undefined ? 'result' : `result<${this.type(ok)}>`
  }
}

/** Lines that list imports or exports, nested ones indented. */
export function externLines(externs: Externs, indent: string, outer?: TypeNames): string[] {
  const names = namesIn(externs, outer)
  const grouped = membersOf(externs)
  const lines: string[] = []
  for (const [name, { type }] of externs) {
    if (grouped.members.has(name)) continue
    const own = grouped.resources.get(name) ?? []
    lines.push(...itemLines(quote(name), type, names, own).map((line) => indent + line))
  }
  return lines
}

type Member = readonly [label: string, type: FuncType]

function itemLines(name: string, type: ExternType, names: TypeNames, members: readonly Member[]): string[] {
  switch (type.kind) {
    case 'func':
      return [`${name}: ${funcTypeText(type, names)}`]
    case 'instance':
      return [name, ...externLines(type.exports, '  ', names)]
    case 'component':
    case 'module':
      return [
        `${name}: ${type.kind}`,
        ...externLines(type.imports, '  import ', names),
        ...externLines(type.exports, '  export ', names),
      ]
    case 'type':
      return typeLines(name, type.type, names, members)
    case 'value':
      return [`${name}: value ${valTypeText(type.type, names)}`]
    case 'core':
      return [`${name}: ${type.text}`]
    default:
      return unreachable(type)
  }
}

type TypeItem = Extract<ExternType, { readonly kind: 'type' }>['type']

function typeLines(name: string, type: TypeItem, names: TypeNames, members: readonly Member[]): string[] {
  switch (type.kind) {
    case 'resource':
      return [`resource ${name}`, ...members.map(([label, func]) => `  ${memberText(label, func, names)}`)]
    case 'func':
      return [`type ${name} = ${funcTypeText(type, names)}`]
    case 'instance':
    case 'component':
      return [`type ${name} = ${type.kind}`]
    case 'record':
    case 'variant':
    case 'enum':
    case 'flags': {
      const shown = names.get(type)
      // a type that came from elsewhere under its own name
      if (shown !== undefined && shown !== name) return [`type ${name} = ${shown}`]
      return [`${type.kind} ${name} ${new Writer(names).braces(type)}`]
    }
    default:
      return [`type ${name} = ${new Writer(names).body(type)}`]
  }
}

/** `value: func() -> u32`, without the `self` that every method has. */
function memberText(label: string, type: FuncType, names: TypeNames): string {
  const writer = new Writer(names)
  if (label === 'constructor') return `constructor${writer.signature(type.params, undefined)}`
  const isStatic = label.startsWith('static ')
  const params = isStatic ? type.params : type.params.slice(1)
  const name = label.replace(/^static /, '')
  return `${name}: ${isStatic ? 'static ' : ''}${writer.func({ ...type, params })}`
}

/** The types declared here, besides those known outside. */
function namesIn(externs: Externs, outer: TypeNames | undefined): TypeNames {
  const names = new Map(outer)
  for (const [name, { type }] of externs) {
    // a primitive has a name of its own, and all of a kind may be one object
    if (type.kind === 'type' && Object.keys(type.type).length > 1 && !names.has(type.type)) {
      names.set(type.type, quote(name))
    }
  }
  return names
}

/** Which functions belong inside which resource. */
function membersOf(externs: Externs): {
  readonly members: ReadonlySet<string>
  readonly resources: ReadonlyMap<string, readonly Member[]>
} {
  const members = new Set<string>()
  const resources = new Map<string, Member[]>()
  for (const [name, { type }] of externs) {
    if (type.kind === 'type' && type.type.kind === 'resource') resources.set(name, [])
  }
  for (const [name, { type }] of externs) {
    const found = /^\[(constructor|method|static)\]([^.]+)(?:\.(.+))?$/.exec(name)
    const [, sort, resource = '', item = ''] = found ?? []
    const list = resources.get(resource)
    if (type.kind !== 'func' || sort === undefined || list === undefined) continue
    const label = sort === 'constructor' ? sort : sort === 'static' ? `static ${quote(item)}` : quote(item)
    list.push([label, type])
    members.add(name)
  }
  return { members, resources }
}

/** Component types in WIT's words, for messages and for people who inspect a component. Bounded: deep types are cut. */
import { quote } from '../../model/errors.ts'
import type { ExternType, FuncType, ResourceType, ValType } from '../../model/types.ts'

const DEEPEST = 6

export function typeText(type: ValType | ResourceType, depth = 0): string {
  if (depth > DEEPEST) return '…'
  const inner = (t: ValType): string => typeText(t, depth + 1)
  const optional = (t: ValType | undefined): string => (t === undefined ? '_' : inner(t))
  const many = <T>(items: readonly T[], show: (item: T) => string): string =>
    items.length > 12 ? `${items.slice(0, 12).map(show).join(', ')}, …` : items.map(show).join(', ')
  switch (type.kind) {
    case 'list':
      return type.length === undefined ? `list<${inner(type.element)}>` : `list<${inner(type.element)}, ${type.length}>`
    case 'map':
      return `map<${inner(type.key)}, ${inner(type.value)}>`
    case 'record':
      return `record { ${many(type.fields, (f) => `${f.name}: ${inner(f.type)}`)} }`
    case 'tuple':
      return `tuple<${many(type.elements, inner)}>`
    case 'variant':
      return `variant { ${many(type.cases, (c) => (c.type === undefined ? c.name : `${c.name}(${inner(c.type)})`))} }`
    case 'enum':
    case 'flags':
      return `${type.kind} { ${many(type.labels, (label) => label)} }`
    case 'option':
      return `option<${inner(type.some)}>`
    case 'result':
      if (type.ok === undefined && type.err === undefined) return 'result'
      return type.err === undefined
        ? `result<${optional(type.ok)}>`
        : `result<${optional(type.ok)}, ${inner(type.err)}>`
    case 'own':
      return quote(type.resource.name)
    case 'borrow':
      return `borrow<${quote(type.resource.name)}>`
    case 'stream':
    case 'future':
      return type.element === undefined ? type.kind : `${type.kind}<${inner(type.element)}>`
    case 'resource':
      return `resource ${quote(type.name)}`
    default:
      return type.kind
  }
}

export function funcText(type: FuncType): string {
  const params = type.params.map(({ name, type }) => `${name}: ${typeText(type)}`).join(', ')
  return `${type.async ? 'async ' : ''}func(${params})${type.result === undefined ? '' : ` -> ${typeText(type.result)}`}`
}

/** One line about any item. */
export function externText(type: ExternType): string {
  switch (type.kind) {
    case 'func':
      return funcText(type)
    case 'instance':
      return `instance { ${[...type.exports.keys()].map(quote).join(', ')} }`
    case 'component':
    case 'module':
      return `${type.kind} with ${type.imports.size} imports and ${type.exports.size} exports`
    case 'type':
      return type.type.kind === 'func' || type.type.kind === 'instance' || type.type.kind === 'component'
        ? `type ${externText(type.type)}`
        : typeText(type.type)
    case 'value':
      return `value ${typeText(type.type)}`
    case 'core':
      return type.text
  }
}

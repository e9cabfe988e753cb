/**
 * Component types as TypeScript writes them, by jco's conventions for values. Named types are written by the name their
 * scope gives; what is anonymous is written out.
 */
import { camelCase, propertyKeys } from '../abi/property-keys.ts'
import type { FuncType, ValType } from '../model/types.ts'
import { isBoxedOption } from '../model/val-types.ts'
import type { NamedType } from './packages.ts'

/** `given`: JavaScript hands it to a component; `taken`: it comes from one. They differ for streams, futures and lists. */
export type Direction = 'given' | 'taken'

export interface TypeNames {
  /** The TypeScript name of a named type, and of a resource's interface. */
  name(type: NamedType): string | undefined
  /** Told of every name of the package that the text needs. */
  need(name: string): void
}

const ARRAYS: Readonly<Record<string, string>> = {
  u8: 'Uint8Array',
  s8: 'Int8Array',
  u16: 'Uint16Array',
  s16: 'Int16Array',
  u32: 'Uint32Array',
  s32: 'Int32Array',
  u64: 'BigUint64Array',
  s64: 'BigInt64Array',
  f32: 'Float32Array',
  f64: 'Float64Array',
}

export class TypeWriter {
  readonly #names: TypeNames

  constructor(names: TypeNames) {
    this.#names = names
  }

  type(type: ValType | undefined, direction: Direction): string {
    if (type === undefined) return 'undefined'
    return this.#names.name(type) ?? this.body(type, direction)
  }

  /** What the type is, whatever it is called. */
  body(type: ValType, direction: Direction): string {
    const inner = (part: ValType | undefined): string => this.type(part, direction)
    switch (type.kind) {
      case 'bool':
        return 'boolean'
      case 's64':
      case 'u64':
        return 'bigint'
      case 'char':
      case 'string':
        return 'string'
      case 'error-context':
        this.#names.need('ErrorContext')
        return 'ErrorContext'
      case 'list':
        return this.#list(type, direction)
      case 'map':
        return `Map<${inner(type.key)}, ${inner(type.value)}>`
      case 'tuple':
        return `[${type.elements.map(inner).join(', ')}]`
      case 'option':
        if (isBoxedOption(type.some)) return `{ tag: 'none' } | { tag: 'some', val: ${inner(type.some)} }`
        return `${parens(inner(type.some))} | undefined`
      case 'result':
        this.#names.need('WitResult')
        return `WitResult<${inner(type.ok)}, ${inner(type.err)}>`
      case 'record':
        return `{ ${this.fields(type, direction).join('; ')} }`
      case 'variant':
        return this.cases(type, direction).join(' | ')
      case 'enum':
        return type.labels.map((label) => `'${label}'`).join(' | ')
      case 'flags':
        return `{ ${this.flags(type).join('; ')} }`
      case 'own':
      case 'borrow':
        return this.#names.name(type.resource) ?? 'object'
      case 'stream':
      case 'future':
        return this.#end(type, direction)
      default:
        return 'number'
    }
  }

  fields(type: ValType & { readonly kind: 'record' }, direction: Direction): string[] {
    const keys = propertyKeys(type.fields.map(({ name }) => name))
    return type.fields.map((field, index) => {
      const optional = field.type.kind === 'option' && !isBoxedOption(field.type.some)
      return `${key(keys[index] ?? field.name)}${optional ? '?' : ''}: ${this.type(field.type, direction)}`
    })
  }

  cases(type: ValType & { readonly kind: 'variant' }, direction: Direction): string[] {
    return type.cases.map(({ name, type: payload }) =>
      payload === undefined ? `{ tag: '${name}' }` : `{ tag: '${name}', val: ${this.type(payload, direction)} }`,
    )
  }

  flags(type: { readonly labels: readonly string[] }): string[] {
    return propertyKeys(type.labels).map((label) => `${key(label)}?: boolean`)
  }

  #list(type: ValType & { readonly kind: 'list' }, direction: Direction): string {
    const { element, length } = type
    const array = length === undefined ? ARRAYS[element.kind] : undefined
    // a name for a number is still a number
    if (array !== undefined) return array
    const item = parens(this.type(element, direction))
    return direction === 'given' ? `readonly ${item}[]` : `${item}[]`
  }

  #end(type: ValType & { readonly kind: 'stream' | 'future' }, direction: Direction): string {
    const { kind, element } = type
    const bytes = kind === 'stream' && element?.kind === 'u8'
    const item = bytes ? 'Uint8Array' : this.type(element, direction)
    if (direction === 'given') {
      if (kind === 'future') return `PromiseLike<${item}>`
      this.#names.need('StreamSource')
      return `StreamSource<${item}>`
    }
    const reader = kind === 'future' ? 'FutureReader' : 'StreamReader'
    this.#names.need(reader)
    return bytes ? `${reader}<Uint8Array, Uint8Array>` : `${reader}<${item}>`
  }

  // — Functions

  /** `(a: number, b: string)`. Parameters that may be left out at the end are optional. */
  params(params: FuncType['params'], direction: Direction): string {
    let optional = params.length
    while (optional > 0) {
      const { type } = params[optional - 1] ?? {}
      if (type?.kind !== 'option' || isBoxedOption(type.some) || direction === 'taken') break
      optional--
    }
    const taken = new Set<string>()
    const shown = params.map(({ name, type }, index) => {
      let label = camelCase(name)
      if (RESERVED.has(label)) label += '_'
      while (taken.has(label)) label += '_'
      taken.add(label)
      return `${label}${index >= optional ? '?' : ''}: ${this.type(type, direction)}`
    })
    return `(${shown.join(', ')})`
  }

  /** What a call answers; `thrown`: a `result` gives its ok case, its err is thrown. */
  result(type: FuncType, direction: Direction, thrown: boolean): string {
    const { result } = type
    const value =
      result === undefined
        ? 'void'
        : thrown && result.kind === 'result'
          ? result.ok === undefined
            ? 'void'
            : this.type(result.ok, direction)
          : this.type(result, direction)
    if (!type.async) return value
    if (direction === 'taken' && result?.kind === 'future') {
      this.#names.need('Held')
      return `Promise<Held<${value}>>`
    }
    return direction === 'taken' ? `Promise<${value}>` : `${parens(value)} | PromiseLike<${value}>`
  }
}

const parens = (text: string): string => (/[|]/.test(text) && !/^[[{(<][^|]*$/.test(text) ? `(${text})` : text)

const IDENTIFIER = /^[A-Za-z_$][0-9A-Za-z_$]*$/

export const key = (name: string): string => (IDENTIFIER.test(name) ? name : `'${name}'`)

/** Not to be had as a parameter's name. */
const RESERVED: ReadonlySet<string> = new Set(
  (
    'arguments await break case catch class const continue debugger default delete do else enum eval export extends ' +
    'false finally for function if implements import in instanceof interface let new null package private protected ' +
    'public return static super switch this throw true try typeof var void while with yield'
  ).split(' '),
)

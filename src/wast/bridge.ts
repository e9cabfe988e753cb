/**
 * Constants of scripts ↔ the JavaScript values of the public API. Arguments are written as the function's type asks;
 * results are compared in place, so that what differs can be named by its path.
 */
import { camelCase } from '../linker/js-names.ts'
import { unreachable } from '../model/errors.ts'
import type { ValType } from '../model/types.ts'
import { isBoxedOption } from '../model/val-types.ts'
import type { WastValue } from './values.ts'

/** The script gives a constant that is not of the function's type. */
export class ConstantMismatch extends TypeError {}

type Of<K extends ValType['kind']> = Extract<ValType, { readonly kind: K }>

/** @throws ConstantMismatch */
export function toJs(type: ValType, value: WastValue): unknown {
  switch (type.kind) {
    case 'bool':
    case 'char':
    case 'string':
      if (value.kind !== type.kind) throw differ(type, value)
      return value.value
    case 's8':
    case 'u8':
    case 's16':
    case 'u16':
    case 's32':
    case 'u32':
      if (value.kind !== type.kind) throw differ(type, value)
      return Number(value.value)
    case 's64':
    case 'u64':
    case 'f32':
    case 'f64':
      if (value.kind !== type.kind) throw differ(type, value)
      return value.value
    case 'list':
      if (value.kind !== 'list') throw differ(type, value)
      return value.values.map((element) => toJs(type.element, element))
    case 'map':
      if (value.kind !== 'list') throw differ(type, value)
      return new Map(value.values.map((pair) => mapEntry(type, pair)))
    case 'tuple':
      if (value.kind !== 'tuple' || value.values.length !== type.elements.length) throw differ(type, value)
      return zip(type.elements, value.values).map(([element, given]) => toJs(element, given))
    case 'record': {
      if (value.kind !== 'record') throw differ(type, value)
      const given = new Map(value.fields.map((field) => [field.name, field.value]))
      return Object.fromEntries(
        type.fields.map((field) => {
          const found = given.get(field.name)
          if (found === undefined) throw differ(type, value)
          return [camelCase(field.name), toJs(field.type, found)]
        }),
      )
    }
    case 'variant': {
      if (value.kind !== 'variant') throw differ(type, value)
      const found = type.cases.find((c) => c.name === value.name)
      if (found === undefined) throw differ(type, value)
      return { tag: value.name, ...payload(found.type, value) }
    }
    case 'enum':
      if (value.kind !== 'enum') throw differ(type, value)
      return value.name
    case 'flags':
      if (value.kind !== 'flags') throw differ(type, value)
      return Object.fromEntries(type.labels.map((label) => [camelCase(label), value.names.includes(label)]))
    case 'option': {
      if (value.kind !== 'option') throw differ(type, value)
      const some = value.value === undefined ? undefined : toJs(type.some, value.value)
      if (!isBoxedOption(type.some)) return some
      return value.value === undefined ? { tag: 'none' } : { tag: 'some', val: some }
    }
    case 'result':
      if (value.kind !== 'result') throw differ(type, value)
      return { tag: value.tag, ...payload(type[value.tag], value) }
    case 'own':
    case 'borrow':
    case 'stream':
    case 'future':
    case 'error-context':
      throw differ(type, value)
    default:
      return unreachable(type)
  }
}

function differ(type: ValType, value: WastValue): ConstantMismatch {
  return new ConstantMismatch(`expected a constant of type ${type.kind}, got one of ${value.kind}`)
}

function payload(
  type: ValType | undefined,
  { value }: { readonly value: WastValue | undefined },
): { readonly val?: unknown } {
  if (type === undefined || value === undefined) {
    if (type === value) return {}
    throw new ConstantMismatch(type === undefined ? 'this case has no payload' : 'this case has a payload')
  }
  return { val: toJs(type, value) }
}

function mapEntry(type: Of<'map'>, pair: WastValue): [unknown, unknown] {
  if (pair.kind !== 'tuple') throw differ(type, pair)
  const [key, value] = pair.values
  if (key === undefined || value === undefined || pair.values.length !== 2) throw differ(type, pair)
  return [toJs(type.key, key), toJs(type.value, value)]
}

function zip<A, B>(a: readonly A[], b: readonly B[]): [A, B][] {
  return a.flatMap((x, i): [A, B][] => {
    const y = b[i]
    return y === undefined ? [] : [[x, y]]
  })
}

/** What differs between a result and the constant expected, or `undefined`. */
export function compare(type: ValType, got: unknown, expected: WastValue): string | undefined {
  let wanted: unknown
  try {
    wanted = toJs(type, expected)
  } catch (error) {
    if (error instanceof ConstantMismatch) return error.message
    throw error
  }
  return difference(wanted, got, '')
}

/** Deep and exact: floats by identity (a NaN is any NaN), maps in order, objects by their own keys. */
export function difference(wanted: unknown, got: unknown, at: string): string | undefined {
  if (Object.is(wanted, got)) return undefined
  const [a, b] = [parts(wanted), parts(got)]
  if (a === undefined || b === undefined)
    return `${at === '' ? '' : `at ${at}: `}${show(got)} instead of ${show(wanted)}`
  if (a.length !== b.length) return `${at === '' ? '' : `at ${at}: `}${b.length} parts instead of ${a.length}`
  for (const [i, [key, value]] of a.entries()) {
    const other = b[i]
    if (other === undefined || other[0] !== key) return `at ${at}${key}: missing`
    const found = difference(value, other[1], `${at}${key}`)
    if (found !== undefined) return found
  }
  return undefined
}

function parts(value: unknown): [string, unknown][] | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  if (value instanceof Map) {
    return [...value].flatMap(([key, item], i): [string, unknown][] => [
      [`[key ${i}]`, key],
      [`[value ${i}]`, item],
    ])
  }
  if (Array.isArray(value) || ArrayBuffer.isView(value)) {
    return Array.from(value as ArrayLike<unknown>, (item, i): [string, unknown] => [`[${i}]`, item])
  }
  const entries = Object.entries(value).map(([key, item]): [string, unknown] => [`.${key}`, item])
  return entries.sort(([x], [y]) => (x < y ? -1 : 1))
}

export function show(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value)
  if (typeof value === 'string') return JSON.stringify(value.length > 80 ? `${value.slice(0, 77)}...` : value)
  if (typeof value === 'object' && value !== null) {
    const inner = (parts(value) ?? []).slice(0, 8).map(([key, item]) => `${key} ${show(item)}`)
    return `{ ${inner.join(', ')} }`
  }
  return String(value)
}

/**
 * Values of a component type at random, in every form the host may hand them over, and what such a value is when it
 * comes back: jco's conventions once more, told from the value alone.
 */
import fc, { type Arbitrary } from 'fast-check'
import type { ValType } from '../../src/model/types.ts'
import { keysOf } from './types.ts'

/** The host's resource. No two are equal. */
export class Thing {
  readonly id: symbol = Symbol('thing')
}

const ARRAYS = {
  s8: Int8Array,
  u8: Uint8Array,
  s16: Int16Array,
  u16: Uint16Array,
  s32: Int32Array,
  u32: Uint32Array,
  s64: BigInt64Array,
  u64: BigUint64Array,
  f32: Float32Array,
  f64: Float64Array,
} as const

export type NumberKind = keyof typeof ARRAYS
export const isNumberKind = (kind: string): kind is NumberKind => kind in ARRAYS

function typedArray(kind: NumberKind, items: readonly unknown[]): ArrayLike<unknown> {
  const array = new ARRAYS[kind](items.length) as { [i: number]: unknown; readonly length: number }
  items.forEach((item, i) => {
    array[i] = item
  })
  return array
}

export const INTEGERS = {
  s8: { min: -128, max: 127 },
  u8: { min: 0, max: 255 },
  s16: { min: -32_768, max: 32_767 },
  u16: { min: 0, max: 65_535 },
  s32: { min: -(2 ** 31), max: 2 ** 31 - 1 },
  u32: { min: 0, max: 2 ** 32 - 1 },
} as const
export const BIG_INTEGERS = {
  s64: { min: -(2n ** 63n), max: 2n ** 63n - 1n },
  u64: { min: 0n, max: 2n ** 64n - 1n },
} as const

const scalarValue = fc.oneof(
  fc.integer({ min: 0, max: 0xd7ff }),
  fc.integer({ min: 0xe000, max: 0x10_ffff }),
  fc.constantFrom(0, 0x7f, 0x80, 0xff, 0x100, 0x7ff, 0x800, 0xfeff, 0xffff, 0x1_0000, 0x10_ffff),
)
const char = scalarValue.map((code) => String.fromCodePoint(code))

/** ASCII, Latin-1, all of Unicode, and what is not Unicode: halves of surrogate pairs. Around the lengths where code paths change. */
const text = fc.oneof(
  { weight: 3, arbitrary: fc.string({ maxLength: 30 }) },
  {
    weight: 2,
    arbitrary: fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((c) => String.fromCharCode(c)), maxLength: 30 }),
  },
  { weight: 2, arbitrary: fc.string({ unit: char, maxLength: 20 }) },
  {
    weight: 1,
    arbitrary: fc.string({
      unit: fc.integer({ min: 0, max: 0xffff }).map((c) => String.fromCharCode(c)),
      maxLength: 12,
    }),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.nat({ max: 200 }), fc.constantFrom('', 'é', 'Ω', '😀'))
      .map(([n, end]) => 'x'.repeat(n) + end),
  },
)

const maxItems = 5

/** Every form that the host may give: a plain array for a typed one, `null` for none, a flag left out, a number for a bigint. */
export function values(type: ValType): Arbitrary<unknown> {
  switch (type.kind) {
    case 'bool':
      return fc.boolean()
    case 's8':
    case 'u8':
    case 's16':
    case 'u16':
    case 's32':
    case 'u32':
      return fc.integer(INTEGERS[type.kind])
    case 's64':
    case 'u64': {
      const { min, max } = BIG_INTEGERS[type.kind]
      return fc.oneof(
        { weight: 4, arbitrary: fc.bigInt({ min, max }) },
        { weight: 1, arbitrary: fc.integer({ min: type.kind === 'u64' ? 0 : -100, max: 100 }) },
      )
    }
    case 'f32':
    case 'f64':
      return fc.double()
    case 'char':
      return char
    case 'string':
      return text
    case 'list':
      return listValues(type)
    case 'map':
      return fc.array(fc.tuple(values(type.key), values(type.value)), { maxLength: maxItems }).map((e) => new Map(e))
    case 'record': {
      const keys = keysOf(type.fields.map((f) => f.name))
      return fc
        .tuple(...type.fields.map((f) => values(f.type)))
        .map((all) => Object.fromEntries(all.map((value, i) => [keys[i] ?? '', value])))
    }
    case 'tuple':
      return fc.tuple(...type.elements.map(values))
    case 'variant':
      return fc.oneof(...type.cases.map((c) => tagged(c.name, c.type)))
    case 'enum':
      return fc.constantFrom(...type.labels)
    case 'flags': {
      const flag = fc.boolean()
      return fc.oneof(
        {
          weight: 6,
          arbitrary: fc.record(Object.fromEntries(keysOf(type.labels).map((k) => [k, flag])), { requiredKeys: [] }),
        },
        { weight: 1, arbitrary: fc.constantFrom(null, undefined) },
      )
    }
    case 'option':
      if (isBoxed(type)) return fc.oneof(tagged('none', undefined), tagged('some', type.some))
      return fc.oneof(
        { weight: 1, arbitrary: fc.constantFrom(null, undefined) },
        { weight: 3, arbitrary: values(type.some) },
      )
    case 'result':
      return fc.oneof(tagged('ok', type.ok), tagged('err', type.err))
    case 'own':
      return fc.constant(null).map(() => new Thing())
    default:
      throw new TypeError(`no values of ${type.kind}`)
  }
}

function tagged(tag: string, type: ValType | undefined): Arbitrary<unknown> {
  return type === undefined ? fc.constant({ tag }) : values(type).map((val) => ({ tag, val }))
}

function listValues(type: Extract<ValType, { kind: 'list' }>): Arbitrary<unknown> {
  const { element, length } = type
  const items = fc.array(values(element), { minLength: length ?? 0, maxLength: length ?? maxItems })
  const { kind } = element
  if (length !== undefined || !isNumberKind(kind)) return items
  // a typed array holds BigInts only
  const big = kind === 's64' || kind === 'u64'
  return fc
    .tuple(items, fc.boolean())
    .map(([all, typed]) =>
      typed ? typedArray(kind, big ? all.map((item) => BigInt(item as number | bigint)) : all) : all,
    )
}

/** An option in an option says which of the two is missing; a third level need not again. */
export function isBoxed(type: Extract<ValType, { kind: 'option' }>): boolean {
  return type.some.kind === 'option' && !isBoxed(type.some)
}

interface Tagged {
  readonly tag: string
  readonly val?: unknown
}

/** What comes back for `value`. */
export function expected(type: ValType, value: unknown): unknown {
  switch (type.kind) {
    case 's64':
    case 'u64':
      return BigInt(value as number | bigint)
    case 'f32':
      return Math.fround(value as number)
    case 'string':
      return [...(value as string)].map((c) => (/^[\ud800-\udfff]$/.test(c) ? '\ufffd' : c)).join('')
    case 'list': {
      const all = Array.from(value as ArrayLike<unknown>, (item) => expected(type.element, item))
      const { kind } = type.element
      return type.length === undefined && isNumberKind(kind) ? typedArray(kind, all) : all
    }
    case 'map': {
      const entries = [...(value as ReadonlyMap<unknown, unknown>)]
      return new Map(entries.map(([k, v]) => [expected(type.key, k), expected(type.value, v)]))
    }
    case 'record': {
      const keys = keysOf(type.fields.map((f) => f.name))
      const from = value as Readonly<Record<string, unknown>>
      return Object.fromEntries(type.fields.map((f, i) => [keys[i] ?? '', expected(f.type, from[keys[i] ?? ''])]))
    }
    case 'tuple':
      return type.elements.map((t, i) => expected(t, (value as readonly unknown[])[i]))
    case 'variant': {
      const { tag, val } = value as Tagged
      const payload = type.cases.find((c) => c.name === tag)?.type
      return payload === undefined ? { tag } : { tag, val: expected(payload, val) }
    }
    case 'flags': {
      const from = (value ?? {}) as Readonly<Record<string, boolean>>
      return Object.fromEntries(keysOf(type.labels).map((k) => [k, Object.hasOwn(from, k) && from[k] === true]))
    }
    case 'option': {
      if (!isBoxed(type)) return value === null || value === undefined ? undefined : expected(type.some, value)
      const { tag, val } = value as Tagged
      return tag === 'none' ? { tag } : { tag, val: expected(type.some, val) }
    }
    case 'result': {
      const { tag, val } = value as Tagged
      const arm = tag === 'ok' ? type.ok : type.err
      return { tag, val: arm === undefined ? undefined : expected(arm, val) }
    }
    default:
      return value
  }
}

/** Where two values differ, or `undefined`. NaNs are equal, zeros of different sign are not, objects are plain. */
export function difference(a: unknown, b: unknown, at = ''): string | undefined {
  if (Object.is(a, b)) return undefined
  const differ = `${at === '' ? 'the value' : at}: ${show(a)} is not ${show(b)}`
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return differ
  if (a instanceof Thing || Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return differ
  if (a instanceof Map && b instanceof Map) return difference([...a], [...b], `${at} entries`)
  const [keys, others] = [Reflect.ownKeys(a), Reflect.ownKeys(b)]
  if (keys.length !== others.length || keys.some((key, i) => key !== others[i])) return differ
  for (const key of keys) {
    const found = difference(Reflect.get(a, key), Reflect.get(b, key), `${at}.${String(key)}`)
    if (found !== undefined) return found
  }
  return undefined
}

export function show(value: unknown): string {
  return fc.stringify(value)
}

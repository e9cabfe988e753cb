/** Values with exactly one fault, and what is to be said of it: TypeError or RangeError, and the way to the place. */
import fc, { type Arbitrary } from 'fast-check'
import type { ValType } from '../../src/model/types.ts'
import { keysOf } from './types.ts'
import { BIG_INTEGERS, INTEGERS, isBoxed, isNumberKind, values } from './values.ts'

export interface Misfit {
  readonly value: unknown
  readonly place: string
  readonly error: 'TypeError' | 'RangeError'
}

const wrong = (...all: unknown[]): Arbitrary<Misfit> =>
  fc.constantFrom(...all).map((value): Misfit => ({ value, place: '', error: 'TypeError' }))
const outOfRange = (...all: unknown[]): Arbitrary<Misfit> =>
  fc.constantFrom(...all).map((value): Misfit => ({ value, place: '', error: 'RangeError' }))

/** No value of any type, by no reading. */
const NOTHING = [Symbol('s'), () => 7, Number, new Date(0), Promise.resolve(7)]
const PROMISE = NOTHING.slice(-1)

const within = (misfit: Misfit, step: string, around: (value: unknown) => unknown): Misfit => ({
  ...misfit,
  place: step + misfit.place,
  value: around(misfit.value),
})

/** Fit values of `types`, but for one. */
function oneOf(
  types: readonly ValType[],
): Arbitrary<{ readonly all: unknown[]; readonly at: number; readonly misfit: Misfit }> {
  return fc.nat({ max: types.length - 1 }).chain((at) =>
    fc
      .tuple(misfits(types[at] as ValType), ...types.map(values)) // at < length
      .map(([misfit, ...all]) => ({ all: all.map((v, i) => (i === at ? misfit.value : v)), at, misfit })),
  )
}

export function misfits(type: ValType): Arbitrary<Misfit> {
  switch (type.kind) {
    case 'bool':
      return wrong(...NOTHING, 0, 1, 'true', null, undefined)
    case 's8':
    case 'u8':
    case 's16':
    case 'u16':
    case 's32':
    case 'u32': {
      const { min, max } = INTEGERS[type.kind]
      return fc.oneof(
        wrong(...NOTHING, '7', 7n, true, null, undefined, new Number(7), [7]),
        outOfRange(min - 1, max + 1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, -(2 ** 53)),
      )
    }
    case 's64':
    case 'u64': {
      const { min, max } = BIG_INTEGERS[type.kind]
      return fc.oneof(
        wrong(...NOTHING, '7', true, null, undefined),
        outOfRange(min - 1n, max + 1n, 1.5, 2 ** 53, Number.NaN, ...(type.kind === 'u64' ? [-1] : [])),
      )
    }
    case 'f32':
    case 'f64':
      return wrong(...NOTHING, '7', 7n, true, null, undefined)
    case 'char':
      return fc.oneof(wrong(...NOTHING, '', 'ab', '😀😀', 7, null, undefined, ['a']), outOfRange('\ud800', '\udfff'))
    case 'string':
      return wrong(...NOTHING, 7, true, null, undefined, new String('x'), ['x'])
    case 'list':
      return listMisfits(type)
    case 'map':
      return fc.oneof(
        wrong(...NOTHING, {}, [], [['a', 1]], null, undefined, new Set(), new WeakMap()),
        entryMisfits(type, 0),
        entryMisfits(type, 1),
      )
    case 'record': {
      const keys = keysOf(type.fields.map((f) => f.name))
      return fc.oneof(
        wrong(...PROMISE, 7, 'x', null, undefined),
        oneOf(type.fields.map((f) => f.type)).map(({ all, at, misfit }) => ({
          ...misfit,
          place: `.${keys[at]}${misfit.place}`,
          value: Object.fromEntries(all.map((v, i) => [keys[i], v])),
        })),
      )
    }
    case 'tuple': {
      const { length } = type.elements
      return fc.oneof(
        wrong(...NOTHING, 7, null, undefined, {}),
        outOfRange(new Array(length + 1).fill(0), new Array(length - 1).fill(0)),
        oneOf(type.elements).map(({ all, at, misfit }) => within(misfit, `[${at}]`, () => all)),
      )
    }
    case 'variant':
      return fc.oneof(
        wrong(7, null, undefined, type.cases[0]?.name),
        tagMisfits,
        ...type.cases.flatMap((c) => payloadMisfits(c.name, c.type)),
      )
    case 'enum':
      return wrong(
        ...NOTHING,
        0,
        null,
        undefined,
        'no-such-case',
        type.labels[0]?.toUpperCase() === type.labels[0] ? 'no' : type.labels[0]?.toUpperCase(),
      )
    case 'flags':
      return fc.oneof(
        wrong(...PROMISE, 7, 'a', true, []),
        wrong(1, 'true', null).chain((misfit) =>
          fc.constantFrom(...keysOf(type.labels)).map((key) => within(misfit, `.${key}`, (v) => ({ [key]: v }))),
        ),
        wrong(true).map((misfit) => within(misfit, '.noSuchFlag', (v) => ({ noSuchFlag: v }))),
      )
    case 'option':
      if (isBoxed(type)) return fc.oneof(wrong(7, null, undefined), tagMisfits, ...payloadMisfits('some', type.some))
      // of what it may hold, nothing is not a misfit here
      return misfits(type.some).filter(({ value }) => value !== null && value !== undefined)
    case 'result':
      return fc.oneof(
        wrong(7, null, undefined),
        tagMisfits,
        ...payloadMisfits('ok', type.ok),
        ...payloadMisfits('err', type.err),
      )
    case 'own':
      return wrong(...NOTHING, 7, null, undefined, {}, { id: 1 })
    default:
      throw new TypeError(`no values of ${type.kind}`)
  }
}

const tagMisfits = wrong(undefined, 7, null, 'no-such-case', 'toString').map((m) =>
  within(m, '.tag', (tag) => ({ tag })),
)

function payloadMisfits(tag: string, type: ValType | undefined): Arbitrary<Misfit>[] {
  return type === undefined ? [] : [misfits(type).map((m) => within(m, '.val', (val) => ({ tag, val })))]
}

function listMisfits(type: Extract<ValType, { kind: 'list' }>): Arbitrary<Misfit> {
  const { element, length } = type
  const whole = [wrong(...NOTHING, 7, 'text', null, undefined, {}, { length: -1 }, { length: '1' })]
  if (length !== undefined) whole.push(outOfRange([], new Array(length + 1).fill(0)))
  else {
    whole.push(outOfRange({ length: 2 ** 30 }))
    // a typed array is for one type only
    if (isNumberKind(element.kind))
      whole.push(wrong(element.kind === 'u8' ? new Int8Array(1) : new Uint8ClampedArray(1)))
  }
  const inner = fc
    .integer({ min: 1, max: length ?? 5 })
    .chain((n) => oneOf(new Array<ValType>(length ?? n).fill(element)))
    .map(({ all, at, misfit }) => within(misfit, `[${at}]`, () => all))
  return fc.oneof(...whole, inner)
}

/** A misfit among the keys (0) or the values (1). */
function entryMisfits(type: Extract<ValType, { kind: 'map' }>, which: 0 | 1): Arbitrary<Misfit> {
  const good = fc.array(fc.tuple(values(type.key), values(type.value)), { maxLength: 3 })
  return fc
    .tuple(good, misfits(which === 0 ? type.key : type.value), values(type.key), values(type.value))
    .filter(([before, misfit, key]) => !new Map(before).has(which === 0 ? misfit.value : key))
    .map(([before, misfit, key, value]) => {
      const entries = new Map(before)
      return within(misfit, `[key ${entries.size}]`, (bad) =>
        entries.set(which === 0 ? bad : key, which === 0 ? value : bad),
      )
    })
}

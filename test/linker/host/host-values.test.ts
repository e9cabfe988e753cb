/** Every type against every sort of JavaScript value: what is taken, and as what; all else is refused, and how. */
import { describe, expect, test } from 'vitest'
import { Layouts } from '../../../src/abi/layouts.ts'
import { fromJs, type HandleCheck } from '../../../src/linker/host/host-values.ts'
import type { PlanResource } from '../../../src/model/plan.ts'
import type { PrimValType, ValType } from '../../../src/model/types.ts'
import { thrown } from '../help.ts'

const prim = (kind: PrimValType): ValType => ({ kind })
const list = (element: ValType, length?: number): ValType => ({ kind: 'list', element, length })
const [u8, u32, string] = [prim('u8'), prim('u32'), prim('string')]
const resource: PlanResource = { kind: 'resource', name: 'thing', slot: 0 }

class Point {
  x = 1
  get y(): string {
    return 'why'
  }
}
const sparse = [1, 2, 3]
delete sparse[1]
class Buffer8 extends Uint8Array {}
const detached = new Uint8Array(4)
structuredClone(detached.buffer, { transfer: [detached.buffer] })

/** One of each sort. A proxy that throws must be looked at by nobody who does not have to. */
const VALUES = {
  'undefined': undefined,
  'null': null,
  'true': true,
  '0': 0,
  '-0': -0,
  '7': 7,
  '-1': -1,
  '256': 256,
  '1.5': 1.5,
  'NaN': Number.NaN,
  'Infinity': Number.POSITIVE_INFINITY,
  '2^32': 2 ** 32,
  '2^53': 2 ** 53,
  '7n': 7n,
  '-1n': -1n,
  '2n^64': 2n ** 64n,
  'empty string': '',
  "'7'": '7',
  "'a'": 'a',
  "'ab'": 'ab',
  'emoji': '😀',
  'lone surrogate': '\ud800',
  'symbol': Symbol('s'),
  'function': () => 7,
  'object': {},
  'array': [],
  '[1, 2]': [1, 2],
  "['a', 'b']": ['a', 'b'],
  'sparse [1,,3]': sparse,
  'array-like': { length: 2, 0: 1, 1: 2 },
  'Uint8Array': Uint8Array.of(1, 2),
  'Buffer': Buffer8.of(1, 2),
  'Uint8ClampedArray': Uint8ClampedArray.of(1, 2),
  'Uint32Array': Uint32Array.of(1, 2),
  'DataView': new DataView(new ArrayBuffer(2)),
  'ArrayBuffer': Uint8Array.of(1, 2).buffer,
  'detached': detached,
  'Map': new Map([['a', 1]]),
  'Set': new Set(['a']),
  'Date': new Date(0),
  'Number object': new Number(7),
  'String object': new String('a'),
  'Promise': Promise.resolve(7),
  'point': { x: 1, y: 'why' },
  'class instance': new Point(),
  "{tag:'a'}": { tag: 'a' },
  "{tag:'b', val:7}": { tag: 'b', val: 7 },
  "{tag:'ok', val:7}": { tag: 'ok', val: 7 },
  "{tag:'err', val:'no'}": { tag: 'err', val: 'no' },
  "{tag:'none'}": { tag: 'none' },
  "{tag:'some', val:7}": { tag: 'some', val: 7 },
  "{tag:'some'}": { tag: 'some' },
  'flag a': { a: true },
  'flag a, truthy': { a: 1 },
  'handle': { handle: true },
} as const
type Name = keyof typeof VALUES

const handles: HandleCheck = {
  own: (_, value) => (value === VALUES['handle'] ? undefined : 'no such handle'),
  borrow: (_, value) => (value === VALUES['handle'] ? undefined : 'no such handle'),
}

const integers = (from: Name[], outside: Name[]): Row => ({
  taken: Object.fromEntries(from.map((name) => [name, VALUES[name]])),
  range: ['1.5', 'NaN', 'Infinity', '2^53', ...outside],
})
const FLOATS = ['0', '-0', '7', '-1', '256', '1.5', 'NaN', 'Infinity', '2^32', '2^53'] as const satisfies Name[]
const STRINGS = ['empty string', "'7'", "'a'", "'ab'", 'emoji', 'lone surrogate'] as const satisfies Name[]
const asItIs = (...names: readonly Name[]): Partial<Record<Name, unknown>> =>
  Object.fromEntries(names.map((name) => [name, VALUES[name]]))
const bytes = Uint8Array.of(1, 2)

interface Row {
  readonly taken: Partial<Record<Name, unknown>>
  readonly range?: readonly Name[]
}

const TABLE: readonly (readonly [string, ValType, Row])[] = [
  ['bool', prim('bool'), { taken: asItIs('true') }],
  ['u8', u8, integers(['0', '-0', '7'], ['-1', '256', '2^32'])],
  ['s8', prim('s8'), integers(['0', '-0', '7', '-1'], ['256', '2^32'])],
  ['u16', prim('u16'), integers(['0', '-0', '7', '256'], ['-1', '2^32'])],
  ['s16', prim('s16'), integers(['0', '-0', '7', '-1', '256'], ['2^32'])],
  ['u32', u32, integers(['0', '-0', '7', '256'], ['-1', '2^32'])],
  ['s32', prim('s32'), integers(['0', '-0', '7', '-1', '256'], ['2^32'])],
  [
    'u64',
    prim('u64'),
    {
      taken: { '0': 0n, '-0': 0n, '7': 7n, '256': 256n, '2^32': 2n ** 32n, '7n': 7n },
      range: ['-1', '1.5', 'NaN', 'Infinity', '2^53', '-1n', '2n^64'],
    },
  ],
  [
    's64',
    prim('s64'),
    {
      taken: { '0': 0n, '-0': 0n, '7': 7n, '-1': -1n, '256': 256n, '2^32': 2n ** 32n, '7n': 7n, '-1n': -1n },
      range: ['1.5', 'NaN', 'Infinity', '2^53', '2n^64'],
    },
  ],
  ['f32', prim('f32'), { taken: asItIs(...FLOATS) }],
  ['f64', prim('f64'), { taken: asItIs(...FLOATS) }],
  ['char', prim('char'), { taken: asItIs("'7'", "'a'", 'emoji'), range: ['lone surrogate'] }],
  ['string', string, { taken: asItIs(...STRINGS) }],
  [
    'list<u8>',
    list(u8),
    {
      taken: {
        'array': new Uint8Array(),
        '[1, 2]': bytes,
        'array-like': bytes,
        'Uint8Array': bytes,
        'Buffer': VALUES['Buffer'],
        'ArrayBuffer': bytes,
      },
    },
  ],
  [
    'list<u32>',
    list(u32),
    {
      taken: {
        'array': new Uint32Array(),
        '[1, 2]': Uint32Array.of(1, 2),
        'array-like': Uint32Array.of(1, 2),
        'Uint32Array': Uint32Array.of(1, 2),
      },
    },
  ],
  [
    'list<string>',
    list(string),
    // of an empty list no element can be wrong
    { taken: { 'array': [], "['a', 'b']": ['a', 'b'], 'detached': [], 'String object': ['a'] } },
  ],
  [
    'list<u32, 2>',
    list(u32, 2),
    {
      taken: {
        '[1, 2]': [1, 2],
        'array-like': [1, 2],
        'Uint8Array': [1, 2],
        'Buffer': [1, 2],
        'Uint8ClampedArray': [1, 2],
        'Uint32Array': [1, 2],
      },
      range: ['array', 'sparse [1,,3]', 'detached', 'String object'],
    },
  ],
  ['map<string, u8>', { kind: 'map', key: string, value: u8 }, { taken: { Map: [['a', 1]] } }],
  [
    'tuple<u8, u32>',
    { kind: 'tuple', elements: [u8, u32] },
    {
      taken: {
        '[1, 2]': [1, 2],
        'array-like': [1, 2],
        'Uint8Array': [1, 2],
        'Buffer': [1, 2],
        'Uint8ClampedArray': [1, 2],
        'Uint32Array': [1, 2],
      },
      range: ['array', 'sparse [1,,3]', 'detached', 'String object'],
    },
  ],
  [
    'record { x: u8, y: string }',
    {
      kind: 'record',
      fields: [
        { name: 'x', type: u8 },
        { name: 'y', type: string },
      ],
    },
    { taken: { 'point': { x: 1, y: 'why' }, 'class instance': { x: 1, y: 'why' } } },
  ],
  [
    'variant { a, b(u8) }',
    {
      kind: 'variant',
      cases: [
        { name: 'a', type: undefined },
        { name: 'b', type: u8 },
      ],
    },
    { taken: { "{tag:'a'}": { tag: 'a' }, "{tag:'b', val:7}": { tag: 'b', val: 7 } } },
  ],
  ['enum { a, ab }', { kind: 'enum', labels: ['a', 'ab'] }, { taken: asItIs("'a'", "'ab'") }],
  [
    'flags { a, b }',
    { kind: 'flags', labels: ['a', 'b'] },
    {
      taken: {
        ...Object.fromEntries(
          // no own property is no flag
          (
            [
              'undefined',
              'null',
              'object',
              'Date',
              'Number object',
              'Map',
              'Set',
              'DataView',
              'ArrayBuffer',
              'detached',
            ] as const
          ).map((name) => [name, { a: false, b: false }]),
        ),
        'flag a': { a: true, b: false },
      },
    },
  ],
  [
    'option<u8>',
    { kind: 'option', some: u8 },
    {
      taken: { 'undefined': undefined, 'null': undefined, '0': 0, '-0': -0, '7': 7 },
      range: ['-1', '256', '1.5', 'NaN', 'Infinity', '2^32', '2^53'],
    },
  ],
  [
    'option<option<u8>>',
    { kind: 'option', some: { kind: 'option', some: u8 } },
    {
      taken: {
        "{tag:'none'}": { tag: 'none' },
        "{tag:'some', val:7}": { tag: 'some', val: 7 },
        "{tag:'some'}": { tag: 'some', val: undefined },
      },
    },
  ],
  [
    'result<u8, string>',
    { kind: 'result', ok: u8, err: string },
    { taken: asItIs("{tag:'ok', val:7}", "{tag:'err', val:'no'}") },
  ],
  [
    'result',
    { kind: 'result', ok: undefined, err: undefined },
    {
      taken: {
        "{tag:'ok', val:7}": { tag: 'ok', val: undefined },
        "{tag:'err', val:'no'}": { tag: 'err', val: undefined },
      },
    },
  ],
  ['own<thing>', { kind: 'own', resource }, { taken: asItIs('handle') }],
  ['borrow<thing>', { kind: 'borrow', resource }, { taken: asItIs('handle') }],
]

const take = (type: ValType, value: unknown): unknown => fromJs(new Layouts().of(type, 'i32'), value, handles, 'here')

describe.each(TABLE)('%s', (_, type, { taken, range = [] }) => {
  test.each(Object.keys(VALUES) as Name[])('%s', (name) => {
    if (Object.hasOwn(taken, name)) {
      expect(take(type, VALUES[name])).toStrictEqual(taken[name])
      return
    }
    const error = thrown(() => take(type, VALUES[name]))
    expect({ class: error.constructor, message: error.message }).toEqual({
      class: range.includes(name) ? RangeError : TypeError,
      message: expect.stringMatching(/^here(\.\w+|\[.+\])*: (expected .+, got .+|no such (flag|handle).*)$/s),
    })
  })
})

const PLACES: readonly (readonly [ValType, unknown, string])[] = [
  [u8, 300, 'here: expected u8 (an integer from 0 to 255), got 300'],
  [string, 7, 'here: expected string, got number 7'],
  [prim('u64'), '7', 'here: expected bigint, got string "7"'],
  [list(string), ['a', 'b', 7], 'here[2]: expected string, got number 7'],
  [list(u8), sparse, 'here[1]: expected number, got undefined'],
  [list(u8), Int8Array.of(1), 'here: expected a Uint8Array or an array, got a Int8Array'],
  [
    { kind: 'map', key: string, value: list(u8) },
    new Map([
      ['a', [1]],
      ['b', [1, 2, 256]],
    ]),
    'here[key 1][2]: expected u8 (an integer from 0 to 255), got 256',
  ],
  [
    { kind: 'record', fields: [{ name: 'constructor', type: string }] },
    {},
    'here.constructor: expected string, got undefined',
  ],
  [
    { kind: 'record', fields: [{ name: 'get-HTTP-url', type: { kind: 'option', some: list(u8) } }] },
    { getHttpUrl: [1, 'x'] },
    'here.getHttpUrl[1]: expected number, got string "x"',
  ],
  [
    { kind: 'variant', cases: [{ name: 'b', type: u8 }] },
    { tag: 'c' },
    'here.tag: expected one of \'b\', got string "c"',
  ],
  [{ kind: 'variant', cases: [{ name: 'b', type: u8 }] }, { tag: 'b' }, 'here.val: expected number, got undefined'],
  [{ kind: 'flags', labels: ['a'] }, { c: true }, "here.c: no such flag; there are 'a'"],
  [{ kind: 'own', resource }, {}, 'here: no such handle'],
]

test.each(PLACES)('the place in $2', (type, value, message) => {
  expect(thrown(() => take(type, value)).message).toBe(message)
})

test('each property is read once', () => {
  const read: PropertyKey[] = []
  const watched = new Proxy(
    { x: 1, y: 'why' },
    {
      get(target, key) {
        read.push(key)
        return Reflect.get(target, key)
      },
    },
  )
  take(
    {
      kind: 'record',
      fields: [
        { name: 'x', type: u8 },
        { name: 'y', type: string },
      ],
    },
    watched,
  )
  expect(read.filter((key) => typeof key === 'string')).toEqual(['x', 'y'])
})

test('what is taken is a copy that later changes do not reach', () => {
  const inner = ['a']
  const taken = take(list(list(string)), [inner])
  inner.push('b')
  expect(taken).toEqual([['a']])
})

test('an error thrown by the value itself passes as it is', () => {
  const own = new SyntaxError('mine')
  const value = {
    get x(): never {
      throw own
    },
  }
  expect(thrown(() => take({ kind: 'record', fields: [{ name: 'x', type: u8 }] }, value))).toBe(own)
})

test('an array that shrinks while it is read is refused', () => {
  const shrinking: unknown[] = [
    {
      get x() {
        shrinking.length = 1
        return 1
      },
    },
    { x: 2 },
  ]
  const type = list({ kind: 'record', fields: [{ name: 'x', type: u8 }] })
  expect(thrown(() => take(type, shrinking)).message).toBe('here[1]: expected an object, got undefined')
})

describe('what never ends is not waited for', () => {
  /** Whoever asks it for a next value never stops. */
  function endless(): Iterator<number> & Iterable<number> {
    return {
      [Symbol.iterator]: () => endless(),
      next: () => {
        throw new RangeError('an iterator was asked for values where a list is due')
      },
    }
  }

  test('an iterator is no list', () => {
    expect(thrown(() => take(list(u8), endless())).message).toBe('here: expected an array, got an object')
    expect(thrown(() => take({ kind: 'map', key: string, value: u8 }, endless())).message).toBe(
      'here: expected a Map, got an object',
    )
  })

  test('an array is taken by its length, whatever its iterator does', () => {
    const array = Object.assign([1, 2], { [Symbol.iterator]: () => endless() })
    expect(take(list(u32), array)).toEqual(Uint32Array.of(1, 2))
  })

  test('an array that grows while it is read is as long as it was', () => {
    const array: { readonly x: number }[] = []
    const growing = () => ({
      get x() {
        array.push(growing())
        return 1
      },
    })
    array.push(growing(), growing())
    const record: ValType = { kind: 'record', fields: [{ name: 'x', type: u8 }] }
    expect(take(list(record), array)).toHaveLength(2)
  })

  test('so is a Map', () => {
    const map = new Map<string, { readonly x: number }>()
    const growing = () => ({
      get x() {
        if (map.size > 100) throw new RangeError('the Map is read as it grows')
        map.set(`key ${map.size}`, growing())
        return 1
      },
    })
    map.set('first', growing())
    const record: ValType = { kind: 'record', fields: [{ name: 'x', type: u8 }] }
    expect(take({ kind: 'map', key: string, value: record }, map)).toHaveLength(1)
  })
})

/** Layouts beyond what the oracle compares: names, JavaScript shapes, flags, spilling, sharing, huge lists. */
import { describe, expect, test } from 'vitest'
import type { FlatType, Layout } from '../../src/abi/layout.ts'
import { Layouts } from '../../src/abi/layouts.ts'
import { camelCase, propertyKeys } from '../../src/abi/property-keys.ts'
import type { PointerType } from '../../src/model/plan.ts'
import type { FuncType, ValType } from '../../src/model/types.ts'
import {
  borrow,
  enumOf,
  f32,
  f64,
  func,
  list,
  map,
  option,
  own,
  planResource,
  record,
  result,
  string,
  tuple,
  u8,
  u32,
  u64,
  variant,
} from './harness.ts'

const layoutOf = (type: ValType, ptr: PointerType = 'i32'): Layout => new Layouts().of(type, ptr)

test.each([
  ['x', 'x'],
  ['get-HTTP-url', 'getHttpUrl'],
  ['a1-b2c', 'a1B2c'],
  ['read-u8', 'readU8'],
  ['x-y', 'xY'],
  ['URL', 'url'],
  ['is-XML', 'isXml'],
  ['default', 'default'],
  ['a-1', 'a1'],
])('%s is %s in JavaScript', (name, key) => {
  expect(camelCase(name)).toBe(key)
})

test('labels that would share a property keep their names', () => {
  expect(propertyKeys(['a-1', 'a1', 'b-c'])).toEqual(['a-1', 'a1', 'bC'])
  const layout = layoutOf(record({ 'a-1': u8, 'a1': u8 }))
  expect(layout.kind === 'record' && layout.fields.map((f) => f.key)).toEqual(['a-1', 'a1'])
})

test('every second level of option is boxed', () => {
  const boxed: boolean[] = []
  let layout: Layout | undefined = layoutOf(option(option(option(option(u8)))))
  while (layout?.kind === 'option') {
    boxed.push(layout.boxed)
    layout = layout.some
  }
  expect(boxed).toEqual([true, false, true, false])
})

test('one type has one layout per pointer type, one signature per use', () => {
  const layouts = new Layouts()
  const type = list(string)
  expect(layouts.of(type, 'i32')).toBe(layouts.of(type, 'i32'))
  expect(layouts.of(type, 'i64').size).toBe(16)
  const ft = func([type], type)
  const opts = { ptr: 'i32', async: false } as const
  expect(layouts.signature(ft, opts, 'lift')).toBe(layouts.signature(ft, opts, 'lift'))
  expect(layouts.signature(ft, opts, 'lower')).not.toBe(layouts.signature(ft, opts, 'lift'))
})

test('fixed lists are never expanded', () => {
  const layout = layoutOf(list(list(u8, 2 ** 14), 2 ** 13))
  expect([layout.size, layout.align, layout.flat]).toEqual([2 ** 27, 1, undefined])
  expect(layoutOf(list(u8, 16)).flat).toHaveLength(16)
  expect(layoutOf(list(u8, 17)).flat).toBeUndefined()
  expect(layoutOf(variant({ a: list(u32, 15) })).flat).toHaveLength(16)
  expect(layoutOf(variant({ a: list(u32, 16) })).flat).toBeUndefined()
})

test('numbers are typed arrays in lists, never in fixed ones', () => {
  const arrayOf = (type: ValType): unknown => {
    const layout = layoutOf(type)
    return layout.kind === 'list' && layout.array
  }
  expect(arrayOf(list(u8))).toBe('Uint8Array')
  expect(arrayOf(list(f64))).toBe('Float64Array')
  expect(arrayOf(list({ kind: 'bool' }))).toBeUndefined()
  expect(arrayOf(list({ kind: 'char' }))).toBeUndefined()
  expect(arrayOf(list(u8, 4))).toBeUndefined()
})

test('who lends and who holds streams is known at every depth', () => {
  const r = planResource(0)
  const deep = record({ a: option(list(map(u8, tuple(borrow(r), u8)))) })
  expect(layoutOf(deep).hasBorrow).toBe(true)
  expect(layoutOf(own(r)).hasBorrow).toBe(false)
  expect(layoutOf(result(undefined, { kind: 'stream', element: u8 })).hasAsyncValue).toBe(true)
  expect(layoutOf(deep).hasAsyncValue).toBe(false)
  const signature = new Layouts().signature(func([deep]), { ptr: 'i32', async: false }, 'lower')
  expect(signature.hasBorrow).toBe(true)
})

test('scalar signatures', () => {
  const scalar = (ft: FuncType): boolean => new Layouts().signature(ft, { ptr: 'i32', async: false }, 'lift').scalar
  expect(scalar(func([u32, u64, f32], f64))).toBe(true)
  expect(scalar(func([]))).toBe(true)
  for (const type of [string, { kind: 'char' } as const, tuple(u8), enumOf('a'), own(planResource(0))]) {
    expect(scalar(func([type]))).toBe(false)
    expect(scalar(func([], type))).toBe(false)
  }
  expect(scalar(func(new Array<ValType>(17).fill(u8)))).toBe(false)
})

// Measured on V8 with what JavaScript makes of them: 100,000 of each took less than this, and more than a third of it.
test('costs', () => {
  const many = record(Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`f${i}`, u8])))
  const costs = [u8, u32, u64, tuple(u8, u8, u8), list(u8), list(option(u8)), map(u8, u8), many].map(
    (t) => layoutOf(t).cost,
  )
  expect(costs).toEqual([16, 24, 48, 112, 256, 64, 256, 1664])
})

// run_tests.py: test_flatten
describe('test_flatten', () => {
  const u8s = new Array<ValType>(17).fill(u8)
  const rows: readonly [FuncType, params: FlatType[], results: FlatType[]][] = [
    [func([u8, f32, f64]), ['i32', 'f32', 'f64'], []],
    [func([u8, f32, f64], f32), ['i32', 'f32', 'f64'], ['f32']],
    [func([u8, f32, f64], u8), ['i32', 'f32', 'f64'], ['i32']],
    [func([u8, f32, f64], tuple(f32)), ['i32', 'f32', 'f64'], ['f32']],
    [func([u8, f32, f64], tuple(f32, f32)), ['i32', 'f32', 'f64'], ['f32', 'f32']],
    [func(u8s.slice(1)), new Array<FlatType>(16).fill('i32'), []],
    [func(u8s), new Array<FlatType>(17).fill('i32'), []],
    [func(u8s, tuple(u8, u8)), new Array<FlatType>(17).fill('i32'), ['i32', 'i32']],
  ]
  test.each(rows)('%#', (ft, params, results) => {
    for (const ptr of ['i32', 'i64'] as const) {
      const layouts = new Layouts()
      const flat = params.length > 16 ? [ptr] : params
      const many = results.length > 1
      const lifted = layouts.signature(ft, { ptr, async: false }, 'lift')
      expect(lifted.core).toEqual({ params: flat, results: many ? [ptr] : results })
      expect(lifted.spilledParams?.elements.length).toBe(params.length > 16 ? 17 : undefined)
      const lowered = layouts.signature(ft, { ptr, async: false }, 'lower')
      expect(lowered.core).toEqual({ params: many ? [...flat, ptr] : flat, results: many ? [] : results })
    }
  })

  // run_tests.py: test_async_flat_params, as far as types go; asynchronous lifts and lowers flatten by other limits
  test('of asynchronous functions', () => {
    const flatten = (n: number, results: ValType | undefined, context: 'lift' | 'lower', callback?: true): unknown =>
      new Layouts().signature(
        func(u8s.slice(0, n), results),
        { ptr: 'i32', async: true, ...(callback && { callback }) },
        context,
      ).core
    const i32s = (n: number): FlatType[] => new Array<FlatType>(n).fill('i32')
    expect(flatten(4, undefined, 'lower')).toEqual({ params: i32s(4), results: ['i32'] })
    expect(flatten(5, undefined, 'lower')).toEqual({ params: i32s(1), results: ['i32'] })
    expect(flatten(4, u8, 'lower')).toEqual({ params: i32s(5), results: ['i32'] })
    expect(flatten(16, u8, 'lift')).toEqual({ params: i32s(16), results: [] })
    expect(flatten(17, u8, 'lift', true)).toEqual({ params: i32s(1), results: ['i32'] })
  })
})

// All pairs of core types in two cases of one variant.
test('join', () => {
  const types = { i32: u32, i64: u64, f32, f64 }
  const join = (a: FlatType, b: FlatType): FlatType | undefined => layoutOf(result(types[a], types[b])).flat?.[1]
  const kinds: FlatType[] = ['i32', 'i64', 'f32', 'f64']
  for (const a of kinds) {
    for (const b of kinds) {
      const narrow = a !== b && [a, b].every((t) => t === 'i32' || t === 'f32')
      expect(join(a, b)).toBe(a === b ? a : narrow ? 'i32' : 'i64')
    }
  }
})

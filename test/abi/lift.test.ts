/** Flat and in-memory values by the tables of run_tests.py, then what a guest can get wrong. */
import { describe, expect, test } from 'vitest'
import type { CoreValue } from '../../src/abi/context.ts'
import type { Value } from '../../src/abi/embedding.ts'
import type { Layout } from '../../src/abi/layout.ts'
import { Layouts } from '../../src/abi/layouts.ts'
import { CoreValueIter, liftFlat, liftFlatValues } from '../../src/abi/lift.ts'
import { load } from '../../src/abi/load.ts'
import { lowerFlat, lowerFlatValues } from '../../src/abi/lower.ts'
import { GuestMemory } from '../../src/abi/memory.ts'
import { store } from '../../src/abi/store.ts'
import { TaggedString } from '../../src/abi/strings.ts'
import { MAX_LIST_BYTE_LENGTH } from '../../src/model/limits.ts'
import type { PointerType } from '../../src/model/plan.ts'
import type { ValType } from '../../src/model/types.ts'
import {
  bool,
  char,
  context,
  enumOf,
  expectTrap,
  f32,
  f64,
  flags,
  func,
  Heap,
  list,
  map,
  option,
  record,
  result,
  s8,
  s16,
  s32,
  s64,
  string,
  tuple,
  u8,
  u16,
  u32,
  u64,
  variant,
} from './harness.ts'

const layout = (type: ValType, ptr: PointerType = 'i32'): Layout => new Layouts().of(type, ptr)

// An engine hands integers over signed.
const asEngine = (v: CoreValue): CoreValue =>
  typeof v === 'bigint' ? BigInt.asIntN(64, v) : v > 0x7fff_ffff ? v | 0 : v

function lift(type: ValType, core: readonly CoreValue[], heap = new Heap(0), ptr: PointerType = 'i32'): Value {
  const vi = new CoreValueIter(core.map(asEngine))
  const value = liftFlat(context(heap, { ptr, host: true }), vi, layout(type, ptr))
  expect(vi.i).toBe(core.length)
  return value
}

const letters = (n: number): string[] => Array.from({ length: n }, (_, i) => `l${i}`)
const all = (n: number, v: boolean): Record<string, boolean> => Object.fromEntries(letters(n).map((l) => [l, v]))

const xyz = variant({ x: u8, y: f32, z: undefined })

// run_tests.py: test
const flat: readonly [ValType, CoreValue[], Value][] = [
  [record({ x: u8, y: u16, z: u32 }), [1, 2, 3], { x: 1, y: 2, z: 3 }],
  [tuple(tuple(u8, u8), u8), [1, 2, 3], [[1, 2], 3]],
  [list(u8, 3), [1, 2, 3], [1, 2, 3]],
  [
    list(list(u8, 2), 3),
    [1, 2, 3, 4, 5, 6],
    [
      [1, 2],
      [3, 4],
      [5, 6],
    ],
  ],
  [flags('a', 'b'), [0], { a: false, b: false }],
  [flags('a', 'b'), [2], { a: false, b: true }],
  [flags('a', 'b'), [3], { a: true, b: true }],
  [flags('a', 'b'), [4], { a: false, b: false }],
  [flags(...letters(32)), [0xffff_ffff], all(32, true)],
  [xyz, [0, 42], { tag: 'x', val: 42 }],
  [xyz, [0, 256], { tag: 'x', val: 0 }],
  [xyz, [1, 0x4048_f5c3], { tag: 'y', val: Math.fround(3.14) }],
  [xyz, [2, 0xffff_ffff], { tag: 'z' }],
  [option(f32), [0, 3.14], undefined],
  [option(f32), [1, 3.14], 3.14],
  [result(u8, u32), [0, 42], { tag: 'ok', val: 42 }],
  [result(u8, u32), [1, 1000], { tag: 'err', val: 1000 }],
  [result(), [1], { tag: 'err', val: undefined }],
  [variant({ w: u8, y: u8 }), [0, 42], { tag: 'w', val: 42 }],
  [variant({ w: u8, y: u8 }), [1, 42], { tag: 'y', val: 42 }],
  [option(option(u8)), [0, 1, 9], { tag: 'none' }],
  [option(option(u8)), [1, 0, 9], { tag: 'some', val: undefined }],
  [option(option(u8)), [1, 1, 9], { tag: 'some', val: 9 }],
]

test.each(flat)('test %#', (type, core, value) => {
  expect(lift(type, core)).toEqual(value)
  const again: CoreValue[] = []
  lowerFlat(context(new Heap(0), { host: true }), value, layout(type), again)
  expect(lift(type, again)).toEqual(value)
})

// run_tests.py: test_pairs
const pairs: readonly [ValType, [CoreValue, Value][]][] = [
  [
    bool,
    [
      [0, false],
      [1, true],
      [2, true],
      [0xffff_ffff, true],
    ],
  ],
  [
    u8,
    [
      [127, 127],
      [128, 128],
      [255, 255],
      [256, 0],
      [0xffff_ffff, 255],
      [0xffff_ff80, 128],
      [0xffff_ff7f, 127],
    ],
  ],
  [
    s8,
    [
      [127, 127],
      [128, -128],
      [255, -1],
      [256, 0],
      [0xffff_ffff, -1],
      [0xffff_ff80, -128],
      [0xffff_ff7f, 127],
    ],
  ],
  [
    u16,
    [
      [32767, 32767],
      [32768, 32768],
      [65535, 65535],
      [65536, 0],
      [0xffff_ffff, 65535],
      [0xffff_8000, 32768],
      [0xffff_7fff, 32767],
    ],
  ],
  [
    s16,
    [
      [32767, 32767],
      [32768, -32768],
      [65535, -1],
      [65536, 0],
      [0xffff_ffff, -1],
      [0xffff_8000, -32768],
      [0xffff_7fff, 32767],
    ],
  ],
  [
    u32,
    [
      [0x7fff_ffff, 0x7fff_ffff],
      [0x8000_0000, 0x8000_0000],
      [0xffff_ffff, 0xffff_ffff],
    ],
  ],
  [
    s32,
    [
      [0x7fff_ffff, 0x7fff_ffff],
      [0x8000_0000, -0x8000_0000],
      [0xffff_ffff, -1],
    ],
  ],
  [
    u64,
    [
      [2n ** 63n - 1n, 2n ** 63n - 1n],
      [2n ** 63n, 2n ** 63n],
      [2n ** 64n - 1n, 2n ** 64n - 1n],
    ],
  ],
  [
    s64,
    [
      [2n ** 63n - 1n, 2n ** 63n - 1n],
      [2n ** 63n, -(2n ** 63n)],
      [2n ** 64n - 1n, -1n],
    ],
  ],
  [f32, [[3.14, 3.14]]],
  [f64, [[3.14, 3.14]]],
  [
    char,
    [
      [0, '\0'],
      [65, 'A'],
      [0xd7ff, '\ud7ff'],
      [0xe000, '\ue000'],
      [0x10_ffff, '\u{10ffff}'],
    ],
  ],
  [
    enumOf('a', 'b'),
    [
      [0, 'a'],
      [1, 'b'],
    ],
  ],
]

test.each(pairs)('test_pairs %#', (type, rows) => {
  for (const [core, value] of rows) expect(lift(type, [core])).toBe(value)
})

test.each([
  [char, 0xd800, 'bad-char', 'invalid `char` bit pattern'],
  [char, 0xdfff, 'bad-char', 'invalid `char` bit pattern'],
  [char, 0x11_0000, 'bad-char', 'invalid `char` bit pattern'],
  [char, 0xffff_ffff, 'bad-char', 'invalid `char` bit pattern'],
  [enumOf('a', 'b'), 2, 'bad-discriminant', 'invalid variant discriminant (discriminant 2 out of range [0..2))'],
  [option(u8), 2, 'bad-discriminant', 'invalid variant discriminant (discriminant 2 out of range [0..2))'],
  [result(u8), 255, 'bad-discriminant', 'invalid variant discriminant (discriminant 255 out of range [0..2))'],
  [xyz, 3, 'bad-discriminant', 'invalid variant discriminant (discriminant 3 out of range [0..3))'],
  [xyz, 0xffff_ffff, 'bad-discriminant', 'invalid variant discriminant (discriminant 4294967295 out of range [0..3))'],
] as const)('%# traps, flat', (type, core, code, message) => {
  expectTrap(() => lift(type, [core, 0]), code, message)
})

test('the same in memory, where discriminants are as narrow as they can be', () => {
  for (const [type, bytes, i, n] of [
    [option(u8), [2, 0], 2, 2],
    [result(u8), [255, 0], 255, 2],
    [xyz, [3, 0, 0, 0, 0, 0, 0, 0], 3, 3],
    [enumOf(...letters(256)), [255], undefined, 256],
    [enumOf(...letters(257)), [1, 1], 257, 257],
    [enumOf(...letters(257)), [255, 255], 65535, 257],
  ] as const) {
    const cx = context(new Heap(bytes), { host: true })
    if (i === undefined) expect(load(cx, 0, layout(type))).toBe('l255')
    else {
      const message = `invalid variant discriminant (discriminant ${i} out of range [0..${n}))`
      expectTrap(() => load(cx, 0, layout(type)), 'bad-discriminant', message)
    }
  }
})

// run_tests.py: test_nan32, test_nan64; bits that are NaN come out as the one canonical NaN, others untouched
test('test_nan', () => {
  const NAN32 = 0x7fc0_0000
  const NAN64 = 0x7ff8_0000_0000_0000n
  for (const [bits, canonical] of [
    [0x7fc0_0000, NAN32],
    [0x7fc0_0001, NAN32],
    [0x7fe0_0000, NAN32],
    [0x7fff_ffff, NAN32],
    [0xffff_ffff, NAN32],
    [0x7f80_0000, 0x7f80_0000],
    [0x3fc0_0000, 0x3fc0_0000],
  ] as const) {
    const heap = new Heap(8)
    const cx = context(heap)
    heap.memory.view.setUint32(0, bits, true)
    store(cx, load(cx, 0, layout(f32)), layout(f32), 4)
    expect(heap.memory.view.getUint32(4, true)).toBe(canonical)
    // a float that shares its slot with integers travels as bits
    const out: CoreValue[] = []
    const shared = variant({ i: u64, f: f32 })
    lowerFlat(cx, liftFlat(cx, new CoreValueIter([1, BigInt(bits)]), layout(shared)), layout(shared), out)
    expect(out).toEqual([1, BigInt(canonical)])
  }
  for (const [bits, canonical] of [
    [0x7ff8_0000_0000_0000n, NAN64],
    [0x7ff8_0000_0000_0001n, NAN64],
    [0x7ffc_0000_0000_0000n, NAN64],
    [0x7fff_ffff_ffff_ffffn, NAN64],
    [0xffff_ffff_ffff_ffffn, NAN64],
    [0x7ff0_0000_0000_0000n, 0x7ff0_0000_0000_0000n],
    [0x3ff0_0000_0000_0000n, 0x3ff0_0000_0000_0000n],
  ] as const) {
    const heap = new Heap(16)
    const cx = context(heap)
    heap.memory.view.setBigUint64(0, bits, true)
    store(cx, load(cx, 0, layout(f64)), layout(f64), 8)
    expect(heap.memory.view.getBigUint64(8, true)).toBe(canonical)
  }
})

// All 16 pairs of core types sharing a payload slot.
test('payloads survive every joined slot', () => {
  const samples: readonly [ValType, Value][] = [
    [u32, 0xffff_fff0],
    [s32, -3],
    [u64, 2n ** 64n - 5n],
    [s64, -7n],
    [f32, Math.fround(-1.1)],
    [f64, -1.1],
  ]
  for (const [a, va] of samples) {
    for (const [b, vb] of samples) {
      const type = result(a, b)
      for (const value of [
        { tag: 'ok', val: va },
        { tag: 'err', val: vb },
      ]) {
        const out: CoreValue[] = []
        lowerFlat(context(undefined, { host: true }), value, layout(type), out)
        expect(lift(type, out)).toEqual(value)
      }
    }
  }
})

test('what a narrow payload leaves of a wide slot is ignored on the way in and zero on the way out', () => {
  const type = variant({ narrow: u32, wide: u64, none: undefined, two: tuple(f64, f32) })
  expect(lift(type, [0, 0xdead_beef_0000_002an, 7])).toEqual({ tag: 'narrow', val: 42 })
  expect(lift(type, [2, -1n, 7])).toEqual({ tag: 'none' })
  const out: CoreValue[] = []
  lowerFlat(context(undefined, { host: true }), { tag: 'narrow', val: 0xffff_ffff }, layout(type), out)
  lowerFlat(context(undefined, { host: true }), { tag: 'none' }, layout(type), out)
  expect(out).toEqual([0, 0xffff_ffffn, 0, 2, 0n, 0])
})

const u32le = (...ns: number[]): number[] => ns.flatMap((n) => [n & 255, (n >> 8) & 255, (n >> 16) & 255, n >>> 24])
const u64le = (...ns: number[]): number[] => ns.flatMap((n) => [...u32le(n), 0, 0, 0, 0])
const ascii = (s: string): number[] => [...s].map((c) => c.charCodeAt(0))
const FF = 0xff

// run_tests.py: test_heap
const heaps: readonly [ValType, Value, number[], number[], PointerType?][] = [
  [list(bool), [true, false, true], [0, 3], [1, 0, 1]],
  [list(bool), [true, false, true], [0, 3], [1, 0, 2]],
  [list(bool), [true, false, true], [3, 3], [FF, FF, FF, 1, 0, 1]],
  [list(u8), Uint8Array.of(1, 2, 3), [0, 3], [1, 2, 3]],
  [list(u16), Uint16Array.of(1, 2, 3), [0, 3], [1, 0, 2, 0, 3, 0]],
  [list(u32), Uint32Array.of(1, 2, 3), [0, 3], u32le(1, 2, 3)],
  [list(u64), BigUint64Array.of(1n, 2n), [0, 2], u64le(1, 2)],
  [list(s8), Int8Array.of(-1, -2, -3), [0, 3], [FF, 0xfe, 0xfd]],
  [list(s16), Int16Array.of(-1, -2, -3), [0, 3], [FF, FF, 0xfe, FF, 0xfd, FF]],
  [list(s32), Int32Array.of(-1, -2, -3), [0, 3], u32le(-1, -2, -3)],
  [list(s64), BigInt64Array.of(-1n, -2n), [0, 2], u32le(-1, -1, -2, -1)],
  [list(f32), Float32Array.of(1.5), [0, 1], u32le(0x3fc0_0000)],
  [list(char), ['A', 'B', 'c'], [0, 3], u32le(65, 66, 99)],
  [list(string), ['hi', 'wat'], [0, 2], [...u32le(16, 2, 21, 3), ...ascii('hi'), 15, 15, 15, ...ascii('wat')]],
  [list(string), ['hi', 'wat'], [0, 2], [...u64le(32, 2, 37, 3), ...ascii('hi'), 15, 15, 15, ...ascii('wat')], 'i64'],
  [
    list(list(u8)),
    [Uint8Array.of(3, 4, 5), Uint8Array.of(), Uint8Array.of(6, 7)],
    [0, 3],
    [...u32le(24, 3, 0, 0, 27, 2), 3, 4, 5, 6, 7],
  ],
  [
    list(list(u8)),
    [Uint8Array.of(3, 4, 5), Uint8Array.of(), Uint8Array.of(6, 7)],
    [0, 3],
    [...u64le(48, 3, 0, 0, 51, 2), 3, 4, 5, 6, 7],
    'i64',
  ],
  [list(list(u16)), [Uint16Array.of(5, 6)], [0, 1], [...u32le(8, 2), 5, 0, 6, 0]],
  [list(list(u16)), [Uint16Array.of(5, 6)], [0, 1], [...u64le(16, 2), 5, 0, 6, 0], 'i64'],
  [
    list(list(u8, 2)),
    [
      [1, 2],
      [3, 4],
    ],
    [0, 2],
    [1, 2, 3, 4],
  ],
  [
    list(list(u32, 2)),
    [
      [1, 2],
      [3, 4],
    ],
    [0, 2],
    u32le(1, 2, 3, 4),
  ],
  [
    list(tuple(u8, u8, u16, u32)),
    [
      [6, 7, 8, 9],
      [4, 5, 6, 7],
    ],
    [0, 2],
    [6, 7, 8, 0, 9, 0, 0, 0, 4, 5, 6, 0, 7, 0, 0, 0],
  ],
  [
    list(tuple(u8, u16, u8, u32)),
    [
      [6, 7, 8, 9],
      [4, 5, 6, 7],
    ],
    [0, 2],
    [6, FF, 7, 0, 8, FF, FF, FF, 9, 0, 0, 0, 4, FF, 5, 0, 6, FF, FF, FF, 7, 0, 0, 0],
  ],
  [
    list(tuple(u16, u8)),
    [
      [6, 7],
      [8, 9],
    ],
    [0, 2],
    [6, 0, 7, FF, 8, 0, 9, FF],
  ],
  [
    list(tuple(tuple(u16, u8), u8)),
    [
      [[4, 5], 6],
      [[7, 8], 9],
    ],
    [0, 2],
    [4, 0, 5, FF, 6, FF, 7, 0, 8, FF, 9, FF],
  ],
  [
    list(flags('a', 'b')),
    [
      { a: false, b: false },
      { a: false, b: true },
      { a: true, b: true },
    ],
    [0, 3],
    [0, 2, 3],
  ],
  [
    list(flags('a', 'b')),
    [
      { a: false, b: false },
      { a: false, b: true },
      { a: false, b: false },
    ],
    [0, 3],
    [0, 2, 4],
  ],
  [list(flags(...letters(9))), [all(9, true), all(9, false)], [0, 2], [FF, 1, 0, 0]],
  [list(flags(...letters(9))), [all(9, true), all(9, false)], [0, 2], [FF, 3, 0, 0]],
  [list(flags(...letters(17))), [all(17, true), all(17, false)], [0, 2], [FF, FF, 1, 0, 0, 0, 0, 0]],
  [list(flags(...letters(17))), [all(17, true), all(17, false)], [0, 2], [FF, FF, 3, 0, 0, 0, 0, 0]],
  [list(flags(...letters(32))), [all(32, true), all(32, false)], [0, 2], [FF, FF, FF, FF, 0, 0, 0, 0]],
  [
    map(u8, u16),
    new Map([
      [42, 83],
      [43, 84],
    ]),
    [0, 2],
    [42, FF, 83, 0, 43, FF, 84, 0],
  ],
]

test.each(heaps)('test_heap %#', (type, value, args, bytes, ptr = 'i32') => {
  const core = ptr === 'i64' ? args.map(BigInt) : args
  expect(lift(type, core, new Heap(bytes), ptr)).toEqual(value)
})

const UNALIGNED = 'unaligned pointer (list pointer is not aligned)'
const OUT = 'list content out-of-bounds (list pointer/length out of bounds of memory)'

// Memory of 16 bytes. Length first, then alignment, then bounds, also of nothing.
test.each([
  [list(u16), 1, 3, UNALIGNED],
  [list(u16), 1, 0, UNALIGNED],
  [list(list(u32, 2)), 1, 2, UNALIGNED],
  [list(u16), 16, 1, OUT],
  [list(u16), 18, 0, OUT],
  [list(u8), 0xffff_ffff, 0, OUT],
  [list(u8), 0xffff_ffff, 1, OUT],
  [list(u8), 0, MAX_LIST_BYTE_LENGTH, OUT],
  [list(u8), 0, MAX_LIST_BYTE_LENGTH + 1, OUT],
  [list(u64), 0, 0xffff_ffff, OUT],
  [list(u64), 1, 2 ** 25, OUT],
  [list(u64), 1, 2 ** 25 - 1, UNALIGNED],
  [list(u64), 1, 2 ** 29, OUT],
  [map(u8, u16), 1, 0, UNALIGNED],
  [map(u8, u16), 14, 1, OUT],
] as const)('list %# traps', (type, ptr, length, message) => {
  expectTrap(() => lift(type, [ptr, length], new Heap(16)), 'bad-pointer', message)
  expectTrap(() => lift(type, [BigInt(ptr), BigInt(length)], new Heap(16), 'i64'), 'bad-pointer', message)
})

test('64-bit pointers and lengths do not wrap, and keep their alignment', () => {
  const at = (ptr: bigint, length: bigint) => () => lift(list(u16), [ptr, length], new Heap(16), 'i64')
  expectTrap(at(2n ** 63n + 1n, 0n), 'bad-pointer', UNALIGNED)
  expectTrap(at(2n ** 53n + 1n, 0n), 'bad-pointer', UNALIGNED)
  expectTrap(at(2n ** 64n - 2n, 1n), 'bad-pointer', OUT)
  expectTrap(at(2n ** 32n, 0n), 'bad-pointer', OUT)
  expectTrap(at(2n ** 60n + 2n, 0n), 'bad-pointer', OUT)
  expectTrap(at(2n ** 62n, 1n), 'bad-pointer', OUT)
  expectTrap(at(0n, 2n ** 32n), 'bad-pointer', OUT)
  expectTrap(at(0n, 2n ** 63n), 'bad-pointer', OUT)
  const text = (encoding: 'utf8' | 'latin1+utf16', ptr: bigint, length: bigint) => () =>
    liftFlat(
      context(new Heap(16), { encoding, ptr: 'i64' }),
      new CoreValueIter([ptr, length].map(asEngine)),
      layout(string, 'i64'),
    )
  const OUT_TEXT = 'string content out-of-bounds (string pointer/length out of bounds of memory)'
  expectTrap(text('utf8', 0n, 2n ** 63n), 'bad-string', OUT_TEXT)
  expectTrap(text('latin1+utf16', 0n, 2n ** 63n + 9n), 'bad-string', OUT_TEXT)
  expect(text('latin1+utf16', 0n, 2n ** 63n + 8n)()).toEqual(
    new TaggedString('\0'.repeat(8), 'latin1+utf16', 'utf16', 8),
  )
})

test('a map may say a key twice: guests get both, JavaScript the last', () => {
  const bytes = [1, 10, 1, 20]
  const t = layout(map(u8, u8))
  const vi = (): CoreValueIter => new CoreValueIter([0, 2])
  expect(liftFlat(context(new Heap(bytes)), vi(), t)).toEqual([
    [1, 10],
    [1, 20],
  ])
  expect(liftFlat(context(new Heap(bytes), { host: true }), vi(), t)).toEqual(new Map([[1, 20]]))
})

describe('spilled values', () => {
  const types = new Array<ValType>(17).fill(u32)
  const { params, spilledParams } = new Layouts().signature(func(types), { ptr: 'i32', async: false }, 'lower')

  test.each([
    [2, 'bad-pointer', 'unaligned pointer (pointer not aligned)'],
    [64, 'bad-pointer', 'out of bounds memory access (pointer out of bounds of memory)'],
    [0xffff_fffc, 'bad-pointer', 'out of bounds memory access (pointer out of bounds of memory)'],
    [0xffff_fffe, 'bad-pointer', 'unaligned pointer (pointer not aligned)'],
  ] as const)('from a bad pointer %i', (ptr, code, message) => {
    const cx = context(new Heap(128))
    expectTrap(() => liftFlatValues(cx, new CoreValueIter([ptr | 0]), params, spilledParams), code, message)
  })

  test.each([
    [2, 'bad-realloc', 'unaligned pointer (realloc return: result not aligned)'],
    [64, 'bad-realloc', 'out of bounds memory access (realloc return: beyond end of memory)'],
  ] as const)('to what realloc answers, %i', (ptr, code, message) => {
    const cx = context(new Heap(128), { realloc: () => ptr })
    const values = new Array<number>(17).fill(1)
    expectTrap(() => lowerFlatValues(cx, values, params, spilledParams), code, message)
  })
})

test('lists from JavaScript: any array of numbers, or the typed array by its bytes', () => {
  for (const value of [
    [1, 2, 3],
    Uint16Array.of(1, 2, 3),
    new Uint16Array(Uint16Array.of(9, 1, 2, 3, 9).buffer, 2, 3),
    Float64Array.of(1, 2, 3),
  ]) {
    const heap = new Heap(32, 8)
    const out: CoreValue[] = []
    lowerFlat(context(heap, { host: true }), value, layout(list(u16)), out)
    expect(out).toEqual([8, 3])
    expect([...heap.bytes.subarray(8, 14)]).toEqual([1, 0, 2, 0, 3, 0])
    expect(heap.calls).toEqual([[0, 0, 2, 6]])
  }
})

test('a value that stopped fitting its type throws, and nothing is written out of place', () => {
  const heap = new Heap(64, 8)
  const cx = context(heap, { host: true })
  const bad: readonly [ValType, Value][] = [
    [enumOf('a', 'b'), 'c'],
    [enumOf('a', 'b'), '__proto__'],
    [xyz, { tag: 'toString' }],
    [option(option(u8)), { tag: 'maybe' }],
    [result(u8), { tag: 'okay' }],
    [char, ''],
    [list(u64), [1]],
    [record({ a: string }), {}],
  ]
  for (const [type, value] of bad) expect(() => lowerFlat(cx, value, layout(type), [])).toThrow(TypeError)
})

test('memory may grow, and move, whenever the allocator runs', () => {
  const memory = new WebAssembly.Memory({ initial: 1 })
  let last = 65_528
  const cx = context(undefined, {
    host: true,
    memory: new GuestMemory(memory),
    realloc: (_old, _size, _align, size) => {
      memory.grow(1)
      const ptr = last
      last += (Number(size) + 15) & ~7
      return ptr
    },
  })
  const value = [['a longer text than fits a loop', 'b'], ['c'.repeat(100)]]
  const out: CoreValue[] = []
  lowerFlat(cx, value, layout(list(list(string))), out)
  expect(liftFlat(cx, new CoreValueIter(out), layout(list(list(string))))).toEqual(value)
  expect(memory.buffer.byteLength).toBe(65536 * 7)
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LimitError, MalformedError } from '../../src/model/errors.ts'
import { ByteReader, readU32 } from '../../src/parser/reader.ts'
import { bytes, leb, type Part, thrown } from './bytes.ts'

const BASE = 0x100
const tooLong = (type: string): string => `invalid var_${type}: integer representation too long`
const tooLarge = (type: string): string => `invalid var_${type}: integer too large`
const UTF8 = 'malformed UTF-8 encoding'

const reader = (...parts: readonly Part[]): ByteReader => new ByteReader(bytes(...parts), BASE, 100)

describe('numbers', () => {
  test.each<[string, (r: ByteReader) => unknown, number[], unknown]>([
    ['u32 of one byte', (r) => r.u32(), [0x7f], 127],
    ['u32 of all bits', (r) => r.u32(), [0xff, 0xff, 0xff, 0xff, 0x0f], 0xffff_ffff],
    ['u32 padded to its five bytes', (r) => r.u32(), [0x81, 0x80, 0x80, 0x80, 0x00], 1],
    ['u64 of one byte', (r) => r.u64(), [0x01], 1n],
    ['u64 of all bits', (r) => r.u64(), [...Array(9).fill(0xff), 0x01], 2n ** 64n - 1n],
    ['u64 padded to its ten bytes', (r) => r.u64(), [0x81, ...Array(8).fill(0x80), 0x00], 1n],
    ['s33, greatest', (r) => r.s33(), [0xff, 0xff, 0xff, 0xff, 0x0f], 2 ** 32 - 1],
    ['s33, least', (r) => r.s33(), [0x80, 0x80, 0x80, 0x80, 0x70], -(2 ** 32)],
    ['s33, minus one', (r) => r.s33(), [0x7f], -1],
    ['s33, minus one in five bytes', (r) => r.s33(), [0xff, 0xff, 0xff, 0xff, 0x7f], -1],
    ['s33, 64 needs a second byte', (r) => r.s33(), [0xc0, 0x00], 64],
    ['bool', (r) => r.bool(), [1], true],
    ['s32 to skip, least', (r) => r.skipSigned(32), [0x80, 0x80, 0x80, 0x80, 0x78], undefined],
    ['s64 to skip, least', (r) => r.skipSigned(64), [...Array(9).fill(0x80), 0x7f], undefined],
  ])('%s', (_, read, input, expected) => {
    const r = reader(input, 0xaa)
    expect(read(r)).toBe(expected)
    expect(r.pos).toBe(input.length)
  })

  test('every u32 reads back', () => {
    fc.assert(fc.property(fc.nat(0xffff_ffff), (value) => reader(leb(value)).u32() === value))
  })
})

describe('malformed', () => {
  test.each<[string, (r: ByteReader) => unknown, readonly Part[], string, number]>([
    ['no byte', (r) => r.u8(), [], 'unexpected end-of-file', 0],
    ['nothing to peek at', (r) => r.peek(), [], 'unexpected end-of-file', 0],
    ['u32 cut off', (r) => r.u32(), [0x80, 0x80], 'unexpected end-of-file', 2],
    ['u32 of six bytes', (r) => r.u32(), [[0x80, 0x80, 0x80, 0x80, 0x80, 0x00]], tooLong('u32'), 4],
    ['u32 with a 33rd bit', (r) => r.u32(), [[0xff, 0xff, 0xff, 0xff, 0x1f]], tooLarge('u32'), 4],
    ['u64 of eleven bytes', (r) => r.u64(), [Array(11).fill(0x80)], tooLong('u64'), 9],
    ['u64 with a 65th bit', (r) => r.u64(), [[...Array(9).fill(0xff), 0x02]], tooLarge('u64'), 9],
    ['s33 of six bytes', (r) => r.s33(), [[0x80, 0x80, 0x80, 0x80, 0x80, 0x00]], tooLong('s33'), 4],
    ['s33 with unused bits unlike the sign', (r) => r.s33(), [[0xff, 0xff, 0xff, 0xff, 0x1f]], tooLong('s33'), 4],
    ['s32 to skip, six bytes', (r) => r.skipSigned(32), [[0x80, 0x80, 0x80, 0x80, 0x80, 0x00]], tooLong('i32'), 4],
    ['s32 to skip, unlike the sign', (r) => r.skipSigned(32), [[0x80, 0x80, 0x80, 0x80, 0x40]], tooLarge('i32'), 4],
    ['s64 to skip, unlike the sign', (r) => r.skipSigned(64), [[...Array(9).fill(0x80), 0x01]], tooLarge('i64'), 9],
    ['bool of two', (r) => r.bool(), [2], 'invalid boolean value', 0],
    ['name longer than the rest', (r) => r.name(), [3, 0x61], 'unexpected end-of-file', 1],
    ['lone continuation byte', (r) => r.name(), [1, 0x80], UTF8, 1],
    ['overlong NUL', (r) => r.name(), [2, 0xc0, 0x80], UTF8, 2],
    ['surrogate', (r) => r.name(), [3, 0xed, 0xa0, 0x80], UTF8, 3],
    ['above U+10FFFF', (r) => r.name(), [4, 0xf4, 0x90, 0x80, 0x80], UTF8, 4],
    ['character cut off', (r) => r.name(), [2, 0xe2, 0x82, 0xac], UTF8, 2],
    ['count over its maximum', (r) => r.vec(3, 'items', readU32), [4, 1, 2, 3, 4], 'items size is out of bounds', 0],
    ['count over the bytes left', (r) => r.vec(1e9, 'items', readU32), [leb(1e9), 1], 'unexpected end-of-file', 6],
  ])('%s', (_, read, input, message, offset) => {
    const error = thrown(() => read(reader(...input)))
    expect(error).toBeInstanceOf(MalformedError)
    expect(error).toMatchObject({
      message: `${message} (at offset 0x${(BASE + offset).toString(16)})`,
      offset: BASE + offset,
    })
  })
})

describe('names', () => {
  test('a byte order mark, NUL and U+2028 are characters like any other', () => {
    const name = '\ufeffa\0\u2028\u{1f600}'
    expect(reader(name).name()).toBe(name)
  })

  test('a failed name does not spoil the next', () => {
    const r = reader(1, 0xe2, 'ok')
    expect(() => r.name()).toThrow(MalformedError)
    expect(r.name()).toBe('ok')
  })

  test('the host bounds their length', () => {
    expect(reader('x'.repeat(100)).name()).toHaveLength(100)
    const error = thrown(() => reader('x'.repeat(101)).name())
    expect(error).toBeInstanceOf(LimitError)
    expect(error).toMatchObject({ limit: 'nameBytes', used: 101, cap: 100, option: 'compileLimits.nameBytes' })
  })
})

test('a count of 2^32-1 over three bytes allocates nothing', () => {
  const before = process.memoryUsage().heapUsed
  expect(() => reader([0xff, 0xff, 0xff, 0xff, 0x0f], 1, 2, 3).vec(2 ** 32, 'items', readU32)).toThrow(MalformedError)
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(2 ** 20)
})

test('items are paid for before they are read', () => {
  const allowance = { items: 5 }
  const r = new ByteReader(bytes(3, 1, 2, 3, 3, 1, 2, 3), BASE, 100, allowance)
  expect(r.vec(3, 'items', readU32)).toEqual([1, 2, 3])
  expect(allowance.items).toBe(2)
  expect(() => r.vec(3, 'items', readU32)).toThrow('items count exceeds limit of 2000000 (at offset 0x105)')
})

test('nothing past `end` is read', () => {
  const r = reader(1, 2, 3, 4)
  r.end = 2
  expect([...r.take(2)]).toEqual([1, 2])
  expect(r.done).toBe(true)
  expect(() => r.u8()).toThrow('unexpected end-of-file (at offset 0x102)')
})

/** Strings: the exact allocations between all encodings, what traps in which order, fast paths and slow ones. */
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { loadStringFromRange, storeStringIntoRange, TaggedString } from '../../src/abi/strings.ts'
import type { StringEncoding } from '../../src/model/builtins.ts'
import type { TrapCode } from '../../src/model/errors.ts'
import { Ledger, MAX_STRING_BYTE_LENGTH, RUN_LIMITS } from '../../src/model/limits.ts'
import { context, expectTrap, Heap, newInstance, newRoot } from './harness.ts'

interface Transcoding {
  readonly text: string
  readonly from: StringEncoding
  readonly simple: 'utf8' | 'utf16' | 'latin1'
  readonly units: number
  readonly to: StringEncoding
  readonly calls: number[][]
  readonly ptr: number
  readonly length: number
  readonly tagged: boolean
  readonly bytes: string
}

// What definitions.py (6d28164) does for each pair of encodings, from a bump allocator that starts at 8.
const transcodings = JSON.parse(readFileSync(new URL('transcoding.json', import.meta.url), 'utf8')) as Transcoding[]

describe.each(['i32', 'i64'] as const)('transcoding, %s', (ptr) => {
  test.each(transcodings)('$text: $from as $simple to $to', (row) => {
    const sources: (string | TaggedString)[] = [new TaggedString(row.text, row.from, row.simple, row.units)]
    if (row.from === 'utf16') sources.push(row.text)
    for (const source of sources) {
      const heap = new Heap(4096, 8)
      const cx = context(heap, { encoding: row.to, ptr })
      const begin = storeStringIntoRange(cx, source)
      expect(heap.calls).toEqual(row.calls)
      expect(begin).toBe(row.ptr)
      expect(cx.units).toBe(row.length + (row.tagged ? cx.utf16Tag : 0))
      const size = row.bytes.length / 2
      expect(Buffer.from(heap.bytes.subarray(begin, begin + size)).toString('hex')).toBe(row.bytes)
      expect(String(loadStringFromRange(cx, begin, cx.units))).toBe(row.text)
    }
  })
})

test('between guests the first allocation holds the ASCII beginning and nothing else, however long the string', () => {
  const text = `${'x'.repeat(20)}Ã${'x'.repeat(40)}`
  const heap = new Heap(4096, 8)
  heap.bytes.fill(0xaa, 8)
  storeStringIntoRange(context(heap, { encoding: 'utf8' }), new TaggedString(text, 'utf16', 'utf16', text.length))
  const first = Buffer.from(heap.bytes.subarray(8, 8 + text.length))
  expect(first.subarray(0, 20).toString()).toBe('x'.repeat(20))
  expect(first.subarray(20)).toEqual(Buffer.alloc(41, 0xaa))
})

test('between guests a string remembers its encoding, for JavaScript it is a string', () => {
  const heap = new Heap([0x68, 0, 0x69, 0])
  expect(loadStringFromRange(context(heap, { encoding: 'utf16' }), 0, 2)).toEqual(
    new TaggedString('hi', 'utf16', 'utf16', 2),
  )
  expect(loadStringFromRange(context(heap, { encoding: 'utf16', host: true }), 0, 2)).toBe('hi')
  const tagged = loadStringFromRange(context(heap, { encoding: 'latin1+utf16' }), 0, 2 + 2 ** 31)
  expect(tagged).toEqual(new TaggedString('hi', 'latin1+utf16', 'utf16', 2))
})

const OUT = 'string content out-of-bounds (string pointer/length out of bounds of memory)'
const UNALIGNED = 'unaligned pointer (string pointer not aligned to 2)'
const MAX = MAX_STRING_BYTE_LENGTH
const TAG = 2 ** 31

// In a memory of 16 bytes. Length first, then alignment, then bounds, also of nothing.
const refusals: readonly [StringEncoding, ptr: number, tagged: number, TrapCode, string][] = [
  ['utf8', 16, 1, 'bad-string', OUT],
  ['utf8', 15, 2, 'bad-string', OUT],
  ['utf8', 17, 0, 'bad-string', OUT],
  ['utf8', 0xffff_ffff, 0, 'bad-string', OUT],
  ['utf8', 0xffff_ffff, 1, 'bad-string', OUT],
  ['utf8', 0, MAX, 'bad-string', OUT],
  ['utf8', 0, MAX + 1, 'bad-string', OUT],
  ['utf8', 0, 0xffff_ffff, 'bad-string', OUT],
  ['utf8', 0, TAG, 'bad-string', OUT],
  ['utf16', 1, 0, 'bad-pointer', UNALIGNED],
  ['utf16', 1, 1, 'bad-pointer', UNALIGNED],
  ['utf16', 1, (MAX + 1) / 2, 'bad-string', OUT],
  ['utf16', 1, 99, 'bad-pointer', UNALIGNED],
  ['utf16', 16, 1, 'bad-string', OUT],
  ['utf16', 14, 2, 'bad-string', OUT],
  ['utf16', 18, 0, 'bad-string', OUT],
  ['utf16', 0, 0xffff_ffff, 'bad-string', OUT],
  ['latin1+utf16', 1, 1, 'bad-pointer', UNALIGNED],
  ['latin1+utf16', 1, 0, 'bad-pointer', UNALIGNED],
  ['latin1+utf16', 1, TAG, 'bad-pointer', UNALIGNED],
  ['latin1+utf16', 14, 3, 'bad-string', OUT],
  ['latin1+utf16', 14, TAG + 2, 'bad-string', OUT],
  ['latin1+utf16', 1, TAG + TAG - 1, 'bad-string', OUT],
  ['latin1+utf16', 18, TAG, 'bad-string', OUT],
]

test.each(refusals)('%s at %i with %i units traps', (encoding, ptr, tagged, code, message) => {
  for (const host of [false, true]) {
    expectTrap(() => loadStringFromRange(context(new Heap(16), { encoding, host }), ptr, tagged), code, message)
  }
})

test.each([
  ['utf8', 16, 0, ''],
  ['utf16', 16, 0, ''],
  ['latin1+utf16', 16, TAG, ''],
  ['utf8', 0, 16, '\0'.repeat(16)],
  ['utf16', 0, 8, '\0'.repeat(8)],
  ['latin1+utf16', 0, TAG + 8, '\0'.repeat(8)],
] as const)('%s at %i with %i units just fits', (encoding, ptr, tagged, text) => {
  expect(loadStringFromRange(context(new Heap(16), { encoding, host: true }), ptr, tagged)).toBe(text)
})

const badUtf8: readonly [string, number[], string][] = [
  ['never a byte', [0xff], 'invalid utf-8 sequence of 1 bytes from index 0'],
  ['lone continuation', [0x61, 0x80], 'invalid utf-8 sequence of 1 bytes from index 1'],
  ['overlong two', [0xc0, 0x80], 'invalid utf-8 sequence of 1 bytes from index 0'],
  ['overlong two, higher', [0xc1, 0xbf], 'invalid utf-8 sequence of 1 bytes from index 0'],
  ['overlong three', [0xe0, 0x80, 0x80], 'invalid utf-8 sequence of 1 bytes from index 0'],
  ['overlong four', [0xf0, 0x80, 0x80, 0x80], 'invalid utf-8 sequence of 1 bytes from index 0'],
  ['high surrogate', [0xed, 0xa0, 0x80], 'invalid utf-8 sequence of 1 bytes from index 0'],
  ['low surrogate', [0xed, 0xbf, 0xbf], 'invalid utf-8 sequence of 1 bytes from index 0'],
  ['beyond the last', [0xf4, 0x90, 0x80, 0x80], 'invalid utf-8 sequence of 1 bytes from index 0'],
  ['five bytes', [0xf8, 0x88, 0x80, 0x80, 0x80], 'invalid utf-8 sequence of 1 bytes from index 0'],
  ['two, broken', [0xc3, 0x28], 'invalid utf-8 sequence of 1 bytes from index 0'],
  ['three, broken second', [0xe2, 0x28, 0xa1], 'invalid utf-8 sequence of 1 bytes from index 0'],
  ['three, broken third', [0xe2, 0x82, 0x28], 'invalid utf-8 sequence of 2 bytes from index 0'],
  ['four, broken fourth', [0xf0, 0x9f, 0x98, 0x28], 'invalid utf-8 sequence of 3 bytes from index 0'],
  ['two, cut', [0xc3], 'incomplete utf-8 byte sequence from index 0'],
  ['three, cut', [0xe2, 0x82], 'incomplete utf-8 byte sequence from index 0'],
  ['four, cut', [0x61, 0xf0, 0x9f, 0x98], 'incomplete utf-8 byte sequence from index 1'],
]

describe('invalid utf-8', () => {
  test.each(badUtf8)('%s', (_name, bytes, message) => {
    for (const before of [0, 40]) {
      const heap = new Heap([...new Array<number>(before).fill(0x61), ...bytes])
      const moved = message.replace(/index (\d+)/, (_m, i) => `index ${Number(i) + before}`)
      expectTrap(() => loadStringFromRange(context(heap), 0, heap.bytes.length), 'bad-string', moved)
    }
  })
})

test.each([
  ['lone high', [0x00, 0xd8], 'unpaired surrogate found: d800 at index 0'],
  ['high, then no low', [0x00, 0xd8, 0x61, 0x00], 'unpaired surrogate found: d800 at index 0'],
  ['lone low', [0x61, 0x00, 0x00, 0xdc], 'unpaired surrogate found: dc00 at index 1'],
  ['after a pair', [0x3d, 0xd8, 0x00, 0xde, 0x3d, 0xd8], 'unpaired surrogate found: d83d at index 2'],
] as const)('invalid utf-16: %s', (_name, bytes, message) => {
  for (const [encoding, tag] of [
    ['utf16', 0],
    ['latin1+utf16', TAG],
  ] as const) {
    const cx = context(new Heap([...bytes]), { encoding })
    expectTrap(() => loadStringFromRange(cx, 0, bytes.length / 2 + tag), 'bad-string', message)
  }
})

test('lone surrogates of JavaScript become U+FFFD in every encoding', () => {
  for (const encoding of ['utf8', 'utf16', 'latin1+utf16'] as const) {
    const cx = context(new Heap(256, 8), { encoding, host: true })
    for (const text of ['a\ud800', '\udc00b', `${'x'.repeat(40)}\ud83d`]) {
      const ptr = storeStringIntoRange(cx, text)
      expect(loadStringFromRange(cx, ptr, cx.units)).toBe(text.replace(/[\ud800-\udfff]/g, '\ufffd'))
    }
  }
})

const badReallocs: readonly [string, number, TrapCode, string][] = [
  ['misaligned', 7, 'bad-realloc', 'unaligned pointer (realloc return: result not aligned)'],
  ['at the end', 64, 'bad-realloc', 'string content out-of-bounds (realloc return: beyond end of memory)'],
  ['one too far', 60, 'bad-realloc', 'string content out-of-bounds (realloc return: beyond end of memory)'],
  ['huge', 0xffff_fffe, 'bad-realloc', 'string content out-of-bounds (realloc return: beyond end of memory)'],
]

test.each(badReallocs)('realloc answers %s', (_name, answer, code, message) => {
  const heap = new Heap(64)
  const cx = context(heap, { encoding: 'utf16', realloc: () => answer })
  expectTrap(() => storeStringIntoRange(cx, 'abc'), code, message)
  expect(heap.bytes.every((b) => b === 0)).toBe(true)
})

test('realloc is asked for nothing too, and its answer is checked', () => {
  const bad = context(new Heap(64), { encoding: 'utf16', realloc: () => 65 })
  expectTrap(
    () => storeStringIntoRange(bad, ''),
    'bad-realloc',
    'unaligned pointer (realloc return: result not aligned)',
  )
  const heap = new Heap(64)
  storeStringIntoRange(context(heap), '')
  expect(heap.calls).toEqual([[0, 0, 1, 0]])
})

test('what a string costs the host is charged before it is made', () => {
  const root = newRoot(undefined, new Ledger({ ...RUN_LIMITS, hostBytesPerCall: 100 }))
  const cx = context(new Heap(64), { inst: newInstance(root), host: true })
  loadStringFromRange(cx, 0, 50)
  expect(() => loadStringFromRange(cx, 0, 1)).toThrow('limit `hostBytesPerCall` reached: 102 of 100')
})

test('any text survives any encoding, either pointer type, both ways', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 80 }),
      fc.constantFrom<StringEncoding>('utf8', 'utf16', 'latin1+utf16'),
      fc.constantFrom<StringEncoding>('utf8', 'utf16', 'latin1+utf16'),
      fc.constantFrom<'i32' | 'i64'>('i32', 'i64'),
      (text, from, to, ptr) => {
        const a = context(new Heap(2048, 8), { encoding: from, ptr })
        const loaded = loadStringFromRange(a, storeStringIntoRange(a, text), a.units)
        const b = context(new Heap(2048, 8), { encoding: to, ptr })
        expect(String(loadStringFromRange(b, storeStringIntoRange(b, loaded), b.units))).toBe(text)
      },
    ),
  )
})

test('strings of every short length, of ASCII or with another character somewhere', () => {
  for (let length = 0; length <= 40; length++) {
    const ascii = 'The quick brown fox jumps over the lazy dogs'.slice(0, length)
    const texts = [ascii, ...Array.from(ascii, (_, i) => `${ascii.slice(0, i)}ž${ascii.slice(i + 1)}`)]
    for (const text of texts) {
      const cx = context(new Heap(2048, 8), { encoding: 'utf8', ptr: 'i32' })
      const ptr = storeStringIntoRange(cx, text)
      expect(String(loadStringFromRange(cx, ptr, cx.units))).toBe(text)
    }
  }
})

test('what a memory was given before changes nothing: the same calls and bytes, text by text', () => {
  const ascii = 'plain text of more than twenty-four characters'
  const late = `${ascii} até ao fim`
  const early = `Příliš žluťoučký kůň, ${ascii}`
  const texts = [ascii, early, ...new Array<string>(20).fill(ascii), early, late, ascii, early]
  const shared = new Heap(65_536, 8)
  const cx = context(shared, { encoding: 'utf8' })
  for (const text of texts) {
    const alone = new Heap(4096, 8)
    storeStringIntoRange(context(alone, { encoding: 'utf8' }), text)
    const before = shared.calls.length
    const begin = storeStringIntoRange(cx, text)
    const lengths = (calls: readonly (readonly number[])[]) => calls.map(([, old, align, size]) => [old, align, size])
    expect(lengths(shared.calls.slice(before))).toEqual(lengths(alone.calls))
    expect(Buffer.from(shared.bytes.subarray(begin, begin + cx.units)).toString()).toBe(text)
  }
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MalformedError } from '../../src/model/errors.ts'
import { floatOf, integerOf, nameOf, stringBytes } from '../../src/text/literals.ts'

const bytesOf = (literal: string): number[] => [...stringBytes({ text: literal, file: 't' }, 0, literal.length)]

describe('strings', () => {
  test.each([
    ['"abc"', [0x61, 0x62, 0x63]],
    ['"\\00\\ff\\n\\t\\r\\\\\\"\\\'"', [0, 0xff, 10, 9, 13, 0x5c, 0x22, 0x27]],
    ['"é€😀"', [...new TextEncoder().encode('é€😀')]],
    ['"x\\u{20_ac}y"', [0x78, 0xe2, 0x82, 0xac, 0x79]],
    ['"\\u{10FFFF}"', [0xf4, 0x8f, 0xbf, 0xbf]],
  ])('%s', (literal, expected) => {
    expect(bytesOf(literal)).toEqual(expected)
  })

  test.each([
    ['"\\q"', "invalid string escape 'q'"],
    ['"\\u{d800}"', 'invalid unicode scalar value 0xd800'],
    ['"\\u{110000}"', 'invalid unicode scalar value 0x110000'],
    ['"\ud800"', 'malformed UTF-8 encoding'],
  ])('%s is malformed', (literal, message) => {
    expect(() => bytesOf(literal)).toThrow(MalformedError)
    expect(() => bytesOf(literal)).toThrow(message)
  })

  test('a name must be UTF-8', () => {
    const source = { text: '', file: 't' }
    expect(nameOf(source, Uint8Array.of(0xef, 0xbb, 0xbf, 0x61), 0)).toBe('\ufeffa')
    expect(() => nameOf(source, Uint8Array.of(0xff), 0)).toThrow('malformed UTF-8 encoding')
  })
})

test.each([
  ['0', 0n],
  ['-1', -1n],
  ['+0xf', 15n],
  ['18_446_744_073_709_551_615', 2n ** 64n - 1n],
  ['-0x8000', -32768n],
])('integer %s', (word, value) => {
  expect(integerOf(word)).toBe(value)
})

describe('floats', () => {
  test.each([
    ['1.5', 1.5],
    ['1_0.2_5e1', 102.5],
    ['-0', -0],
    ['inf', Number.POSITIVE_INFINITY],
    ['-inf', Number.NEGATIVE_INFINITY],
    ['nan:0x7', Number.NaN],
    ['0x1p-1074', 5e-324],
    ['0x1p-1075', 0],
    ['0x1.8p-1075', 5e-324],
    ['0x1.fffffffffffffp1023', Number.MAX_VALUE],
    ['0x1.fffffffffffff8p1023', Number.POSITIVE_INFINITY],
    ['0x1p99999', Number.POSITIVE_INFINITY],
    ['0x0p99999', 0],
  ])('%s', (word, value) => {
    expect(floatOf(word)).toBe(value)
  })

  test('a double in hexadecimal is read exactly', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const view = new DataView(new ArrayBuffer(8))
        view.setFloat64(0, value)
        const bits = view.getBigUint64(0)
        const exponent = Number((bits >> 52n) & 0x7ffn)
        const fraction = (bits & 0xf_ffff_ffff_ffffn).toString(16).padStart(13, '0')
        const sign = bits >> 63n === 1n ? '-' : ''
        const word = exponent === 0 ? `${sign}0x0.${fraction}p-1022` : `${sign}0x1.${fraction}p${exponent - 1023}`
        expect(floatOf(word)).toBe(value)
      }),
    )
  })
})

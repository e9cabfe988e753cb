import { describe, expect, test } from 'vitest'
import type { ValType } from '../../src/model/types.ts'
import { Cursor, STRICT } from '../../src/text/cursor.ts'
import { lex } from '../../src/text/lexer.ts'
import { ConstantMismatch, compare, toJs } from '../../src/wast/bridge.ts'
import { parseWastValue, type WastValue } from '../../src/wast/values.ts'

function constant(text: string): WastValue {
  const c = new Cursor(lex({ text, file: 't' }), STRICT)
  return c.parens(() => parseWastValue(c))
}

const u8: ValType = { kind: 'u8' }
const string: ValType = { kind: 'string' }
const option: ValType = { kind: 'option', some: u8 }

const values: readonly (readonly [text: string, type: ValType, js: unknown])[] = [
  ['(bool.const true)', { kind: 'bool' }, true],
  ['(u8.const 0xff)', u8, 255],
  ['(s8.const -128)', { kind: 's8' }, -128],
  ['(s32.const 0xffffffff)', { kind: 's32' }, -1],
  ['(u64.const 18446744073709551615)', { kind: 'u64' }, 2n ** 64n - 1n],
  ['(s64.const -1)', { kind: 's64' }, -1n],
  ['(f32.const 0.1)', { kind: 'f32' }, Math.fround(0.1)],
  ['(f64.const -0x1.8p1)', { kind: 'f64' }, -3],
  ['(f64.const nan:canonical)', { kind: 'f64' }, Number.NaN],
  ['(char.const "\\u{1f600}")', { kind: 'char' }, '😀'],
  ['(str.const "a\\00b")', string, 'a\0b'],
  ['(list.const (u8.const 1) (u8.const 2))', { kind: 'list', element: u8, length: undefined }, [1, 2]],
  [
    '(list.const (tuple.const (str.const "k") (u8.const 1)))',
    { kind: 'map', key: string, value: u8 },
    new Map([['k', 1]]),
  ],
  ['(tuple.const (u8.const 1) (str.const ""))', { kind: 'tuple', elements: [u8, string] }, [1, '']],
  [
    '(record.const (field "a-b" u8.const 1) (field "c" list.const (u8.const 2)))',
    {
      kind: 'record',
      fields: [
        { name: 'a-b', type: u8 },
        { name: 'c', type: { kind: 'list', element: u8, length: undefined } },
      ],
    },
    { aB: 1, c: [2] },
  ],
  [
    '(variant.const "x-y" (u8.const 1))',
    { kind: 'variant', cases: [{ name: 'x-y', type: u8 }] },
    { tag: 'x-y', val: 1 },
  ],
  ['(variant.const "z")', { kind: 'variant', cases: [{ name: 'z', type: undefined }] }, { tag: 'z' }],
  ['(enum.const "x-y")', { kind: 'enum', labels: ['x-y'] }, 'x-y'],
  ['(flags.const "b-c")', { kind: 'flags', labels: ['a', 'b-c'] }, { a: false, bC: true }],
  ['(option.none)', option, undefined],
  ['(option.some (u8.const 1))', option, 1],
  ['(option.some (option.none))', { kind: 'option', some: option }, { tag: 'some', val: undefined }],
  ['(result.ok)', { kind: 'result', ok: undefined, err: string }, { tag: 'ok' }],
  ['(result.err (str.const "e"))', { kind: 'result', ok: undefined, err: string }, { tag: 'err', val: 'e' }],
]

describe('constants in JavaScript', () => {
  test.each(values)('%s', (text, type, js) => {
    expect(toJs(type, constant(text))).toStrictEqual(js)
    expect(compare(type, js, constant(text))).toBeUndefined()
  })
})

test.each([
  ['(u8.const 256)', 'invalid u8 number: constant out of range'],
  ['(s8.const -129)', 'invalid s8 number: constant out of range'],
  ['(u8.const x)', 'expected a u8'],
  ['(char.const "ab")', 'more than one character'],
  ['(char.const "")', 'empty string'],
  ['(foo.const 1)', 'expected a [type].const expression'],
  [`${'(option.some '.repeat(200)}`, 'nesting too deep'],
])('%s is malformed', (text, message) => {
  expect(() => constant(text)).toThrow(message)
})

test.each<[string, ValType]>([
  ['(u8.const 1)', { kind: 'u16' }],
  ['(list.const (str.const ""))', { kind: 'list', element: u8, length: undefined }],
  ['(tuple.const (u8.const 1))', { kind: 'tuple', elements: [u8, u8] }],
  ['(record.const)', { kind: 'record', fields: [{ name: 'a', type: u8 }] }],
  ['(variant.const "y")', { kind: 'variant', cases: [{ name: 'x', type: undefined }] }],
  ['(variant.const "x" (u8.const 1))', { kind: 'variant', cases: [{ name: 'x', type: undefined }] }],
  ['(variant.const "x")', { kind: 'variant', cases: [{ name: 'x', type: u8 }] }],
  ['(u8.const 1)', { kind: 'own', resource: { kind: 'resource', name: 'r' } }],
])('%s does not fit its type', (text, type) => {
  expect(() => toJs(type, constant(text))).toThrow(ConstantMismatch)
})

describe('what differs is named', () => {
  test.each<[ValType, unknown, string, string]>([
    [u8, 2, '(u8.const 1)', '2 instead of 1'],
    [{ kind: 'f64' }, -0, '(f64.const 0)', '-0 instead of 0'],
    [
      { kind: 'list', element: u8, length: undefined },
      Uint8Array.of(1, 3),
      '(list.const (u8.const 1) (u8.const 2))',
      'at [1]: 3 instead of 2',
    ],
    [{ kind: 'list', element: u8, length: undefined }, Uint8Array.of(1), '(list.const)', '1 parts instead of 0'],
    [
      { kind: 'record', fields: [{ name: 'a', type: string }] },
      { a: 'y' },
      '(record.const (field "a" str.const "x"))',
      'at .a: "y" instead of "x"',
    ],
    [
      { kind: 'map', key: string, value: u8 },
      new Map([['k', 2]]),
      '(list.const (tuple.const (str.const "k") (u8.const 1)))',
      'at [value 0]: 2 instead of 1',
    ],
    [
      { kind: 'record', fields: [{ name: 'a', type: u8 }] },
      { b: 1 },
      '(record.const (field "a" u8.const 1))',
      'at .a: missing',
    ],
  ])('%j', (type, got, expected, message) => {
    expect(compare(type, got, constant(expected))).toBe(message)
  })
})

import { describe, expect, test } from 'vitest'
import { accepted, refused } from './validating.ts'

/** A type given where another is wanted. */
const given = (a: string, b: string): string => `(component
  (import "r" (type $r (sub resource)))
  (type $a ${a})
  (component $c (import "r" (type $r (sub resource))) (type $b ${b}) (import "t" (type (eq $b))))
  (instance (instantiate $c (with "r" (type $r)) (with "t" (type $a)))))`

const types = [
  'u8',
  'string',
  '(record (field "a" u8) (field "b" (list char)))',
  '(variant (case "a" u8) (case "b"))',
  '(tuple u8 (option (own $r)))',
  '(list (result string))',
  '(list u8 4)',
  '(flags "a" "b")',
  '(enum "a" "b")',
  '(option (borrow $r))',
  '(result u8 (error string))',
  '(map string u8)',
  '(own $r)',
  '(borrow $r)',
  '(stream u8)',
  '(future)',
  '(func async (param "a" u8) (result string))',
]

describe.each(types)('%s', (a) => {
  test.each(types)('for %s', async (b) => {
    if (a === b) await expect(accepted(given(a, b))).resolves.toBeDefined()
    else expect((await refused(given(a, b))).words).toMatch(/^expected /)
  })
})

const import_ = 'type mismatch for import `t`'
test.each([
  ['(record (field "a" u8))', '(record (field "a" u8) (field "b" u8))', 'expected 2 fields, found 1', []],
  ['(record (field "a" u8))', '(record (field "b" u8))', 'expected field name `b`, found `a`', []],
  [
    '(record (field "a" u8))',
    '(record (field "a" u16))',
    'expected primitive `u16` found primitive `u8`',
    ['type mismatch in record field `a`'],
  ],
  ['(variant (case "a") (case "b"))', '(variant (case "a"))', 'expected 1 cases, found 2', []],
  ['(variant (case "a"))', '(variant (case "b"))', 'expected case named `b`, found `a`', []],
  ['(variant (case "a" u8))', '(variant (case "a"))', 'expected case `a` to have no type', []],
  ['(variant (case "a"))', '(variant (case "a" u8))', 'expected case `a` to have a type, found none', []],
  ['(tuple u8)', '(tuple u8 u8)', 'expected 2 types, found 1', []],
  ['(tuple u8)', '(tuple (list u8))', 'expected list, found u8', ['type mismatch in tuple field 0']],
  ['(list u8 4)', '(list u8 5)', 'expected fixed-length 5, found size 4', []],
  ['(list u8)', '(list u8 5)', 'expected fixed-length list, found list', []],
  ['(flags "a" "b")', '(flags "b" "a")', 'mismatch in flags elements', []],
  ['(enum "a")', '(enum "a" "b")', 'mismatch in enum elements', []],
  ['(result u8)', '(result)', 'expected ok type to not be present', []],
  ['(result)', '(result (error u8))', 'expected err type, but found none', []],
  ['(map u8 u8)', '(map u8 u16)', 'expected primitive `u16` found primitive `u8`', ['type mismatch in map value']],
  ['(future)', '(future u8)', 'expected future type, but found none', []],
  ['(own $r)', '(borrow $r)', 'expected borrow, found own', []],
  ['u8', '(list u8)', 'expected list, found u8', []],
  ['(list u8)', 'u8', 'expected primitive, found list', []],
  ['(func)', '(func async)', 'expected async function, found sync function', []],
  ['(func (param "a" u8))', '(func (param "b" u8))', 'expected parameter named `b`, found `a`', []],
  ['(func (result u8))', '(func)', 'expected a result, found none', []],
  [
    '(func (result u8))',
    '(func (result s8))',
    'expected primitive `s8` found primitive `u8`',
    ['type mismatch with result type'],
  ],
  ['(instance)', '(func)', 'expected func, found instance', []],
  ['(list u8)', '(func)', 'expected func, found defined type', []],
])('%s for %s: %s', async (a, b, words, path) => {
  expect(await refused(given(a, b))).toEqual({ words, path: [import_, ...path], feature: undefined })
})

describe('module types', () => {
  const module = (a: string, b: string) => `(component
    (import "a" (core module $a ${a}))
    (component $c (import "m" (core module ${b})))
    (instance (instantiate $c (with "m" (core module $a)))))`
  test('may import less and export more', async () => {
    await expect(
      accepted(module('(export "x" (func)) (export "y" (func))', '(import "q" "q" (func)) (export "x" (func))')),
    ).resolves.toEqual([])
  })
  test.each([
    ['(import "x" "y" (func))', '', 'missing expected import `x::y`', []],
    ['', '(export "x" (func))', 'missing expected export `x`', []],
    ['(export "x" (func))', '(export "x" (memory 1))', 'expected memory, found func', ['type mismatch in export `x`']],
    [
      '(import "x" "y" (memory 2))',
      '(import "x" "y" (memory 1))',
      'mismatch in memory limits',
      ['type mismatch in import `x::y`'],
    ],
  ])('%s for %s: %s', async (a, b, words, path) => {
    expect(await refused(module(a, b))).toMatchObject({ words, path: ['type mismatch for import `m`', ...path] })
  })
})

/**
 * What is short for what. Each row is a text with sugar and the same without: both must give the same bytes, so that the
 * right-hand side, which says every index, is the specification of the left-hand side.
 */
import { describe, expect, test } from 'vitest'
import { parseText } from '../../src/text/parse.ts'
import { Toolkit } from '../../src/text/toolkit.ts'

const toolkit = new Toolkit()
const component = (fields: string): Promise<Uint8Array> => parseText(`(component ${fields})`, { toolkit })

const F = '(core module (func (export "f"))) (core instance (instantiate 0))'

const rows: readonly (readonly [what: string, sugar: string, plain: string])[] = [
  ['identifiers', '(type $t u8) (type (list $t))', '(type u8) (type (list 0))'],
  ['quoted identifiers', '(type $"a b" u8) (type (list $"a b"))', '(type u8) (type (list 0))'],
  ['an inline type', '(type (list (tuple u8)))', '(type (tuple u8)) (type (list 0))'],
  [
    'inline types, inner before outer, left before right',
    '(type (record (field "a" (list (option u8))) (field "b" (tuple u8))))',
    '(type (option u8)) (type (list 0)) (type (tuple u8)) (type (record (field "a" 1) (field "b" 2)))',
  ],
  [
    'inline parts before outer aliases',
    '(type $o u8) (component (type (func (param "a" $o) (param "b" (list u8)))))',
    '(type u8) (component (type (list u8)) (alias outer 1 0 (type)) (type (func (param "a" 1) (param "b" 0))))',
  ],
  [
    'the type of an import',
    '(import "a" (func (param "x" u8)))',
    '(type (func (param "x" u8))) (import "a" (func (type 0)))',
  ],
  [
    'an import the other way round',
    '(func $f (import "a") (param "x" u8)) (export "b" (func $f))',
    '(import "a" (func (param "x" u8))) (export "b" (func 0))',
  ],
  [
    'an imported instance',
    '(instance (import "a") (export "x" (func)))',
    '(import "a" (instance (export "x" (func))))',
  ],
  [
    'an imported component',
    '(component (import "a") (import "x" (func)))',
    '(import "a" (component (import "x" (func))))',
  ],
  [
    'an imported core module',
    '(core module (import "a") (export "x" (func)))',
    '(import "a" (core module (export "x" (func))))',
  ],
  [
    'inline exports come last, in order',
    '(type (export "t") (export "u") u8) (import "i" (func)) (func (export "f") (import "j"))',
    '(type u8) (import "i" (func)) (import "j" (func)) (export "t" (type 0)) (export "u" (type 0)) (export "f" (func 1))',
  ],
  [
    'attributes of inline names',
    '(instance (export "a" (implements "n:p/i")) (import "b" (external-id "x")))',
    '(import "b" (external-id "x") (instance)) (export "a" (implements "n:p/i") (instance 0))',
  ],
  [
    'a function alias',
    `(instance $i (import "i") (export "f" (func))) (func (alias export $i "f"))`,
    '(import "i" (instance (export "f" (func)))) (alias export 0 "f" (func))',
  ],
  [
    'a core function alias',
    `${F} (core func $f (alias core export 0 "f"))`,
    `${F} (alias core export 0 "f" (core func))`,
  ],
  [
    'a lifted function',
    `${F} (func (export "g") (canon lift (core func 0 "f")))`,
    `${F} (type (func)) (alias core export 0 "f" (core func)) (canon lift (core func 0) (func (type 0))) (export "g" (func 0))`,
  ],
  [
    'a lowered function',
    '(import "f" (func $f)) (core func (canon lower (func $f)))',
    '(import "f" (func)) (canon lower (func 0) (core func))',
  ],
  [
    'a reference through instances',
    '(import "i" (instance $i (export "j" (instance (export "f" (func)))))) (export "g" (func $i "j" "f"))',
    '(import "i" (instance (export "j" (instance (export "f" (func)))))) (alias export 0 "j" (instance)) (alias export 1 "f" (func)) (export "g" (func 0))',
  ],
  [
    'a bundle of core exports',
    `${F} (core module (import "" "f" (func))) (core instance (instantiate 1 (with "" (instance (export "f" (func 0 "f"))))))`,
    `${F} (core module (import "" "f" (func))) (alias core export 0 "f" (core func)) (core instance (export "f" (func 0))) (core instance (instantiate 1 (with "" (instance 1))))`,
  ],
  [
    'bundles come before the aliases of their instance',
    '(import "f" (func)) (import "i" (instance (export "c" (component)) (export "t" (type (sub resource)))))' +
      '(instance (instantiate (component 0 "c") (with "a" (type 0 "t")) (with "b" (instance (export "x" (func 0))))))',
    '(import "f" (func)) (import "i" (instance (export "c" (component)) (export "t" (type (sub resource)))))' +
      '(instance (export "x" (func 0))) (alias export 0 "c" (component)) (alias export 0 "t" (type))' +
      '(instance (instantiate 0 (with "a" (type 2)) (with "b" (instance 1))))',
  ],
  [
    'an outer name, aliased once',
    '(type $t u8) (component (type (list $t)) (type (option $t)))',
    '(type u8) (component (alias outer 1 0 (type)) (type (list 0)) (type (option 0)))',
  ],
  [
    'an outer name across two levels',
    '(core module $m) (component (component (core instance (instantiate $m))))',
    '(core module) (component (component (alias outer 2 0 (core module)) (core instance (instantiate 0))))',
  ],
  [
    'an outer alias by names',
    '(component $a (type $t u8) (component (alias outer $a $t (type $u)) (export "x" (type $u))))',
    '(component (type u8) (component (alias outer 1 0 (type)) (export "x" (type 0))))',
  ],
  [
    'names are scoped to types',
    '(type $i (instance (type $t u8) (export "a" (type $a (eq $t))) (type (list $a))))',
    '(type (instance (type u8) (export "a" (type (eq 0))) (type (list 1))))',
  ],
  [
    'function types of module types are shared',
    '(core type (module (type $f (func)) (import "a" "b" (func)) (export "c" (func (param i32))) (export "d" (func (param i32)))))',
    '(core type (module (type (func)) (import "a" "b" (func (type 0))) (type (func (param i32))) (export "c" (func (type 1))) (export "d" (func (type 1)))))',
  ],
  [
    'core recursion',
    '(core rec (type $a (struct (field (ref null $b)))) (type $b (func (param (ref $a)))))',
    '(core rec (type (struct (field (ref null 1)))) (type (func (param (ref 0)))))',
  ],
  [
    'compact imports',
    '(core type (module (import "m" (item "a") (item "b") (memory 1))))',
    '(core type (module (import "m" "a" (memory 1)) (import "m" "b" (memory 1))))',
  ],
  [
    'abbreviated reference types',
    '(core type (func (param funcref externref (shared anyref))))',
    '(core type (func (param (ref null func)) (param (ref null extern) (ref null (shared any)))))',
  ],
  ['old names of floats', '(type (tuple float32 float64))', '(type (tuple f32 f64))'],
  ['annotations', '(type (@name "x") u8) (@other (a b)) (type u16)', '(type u8) (type u16)'],
  [
    'the other spelling of a built-in',
    '(core func (canon thread.available_parallelism))',
    '(canon thread.available-parallelism (core func))',
  ],
  ['a value type by (type …)', '(type $t u8) (import "v" (value (type $t)))', '(type u8) (import "v" (value 0))'],
]

describe('sugar', () => {
  test.each(rows)('%s', async (_, sugar, plain) => {
    expect(Buffer.from(await component(sugar)).toString('hex')).toBe(
      Buffer.from(await component(plain)).toString('hex'),
    )
  })
})

test('a module in text is what its bytes are', async () => {
  const text = await component('(core module $m (func $f (export "f") (result i32) i32.const 1))')
  const binary = await component(
    '(core module binary "\\00asm\\01\\00\\00\\00" "\\01\\05\\01\\60\\00\\01\\7f" "\\03\\02\\01\\00"' +
      ' "\\07\\05\\01\\01f\\00\\00" "\\0a\\06\\01\\04\\00\\41\\01\\0b")',
  )
  expect(text).toEqual(binary)
})

test('a whole component may be bytes', async () => {
  expect(await component('binary "\\00asm" "\\0d\\00\\01\\00"')).toEqual(
    Uint8Array.of(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0),
  )
})

import { describe, expect, test } from 'vitest'
import { accepted, allBut, refused } from './validating.ts'

describe('value types', () => {
  test.each([
    ['(type (record))', 'record type must have at least one field'],
    ['(type (record (field "aB" u8)))', 'record field name `aB` is not in kebab case'],
    ['(type (record (field "" u8)))', 'record field name cannot be empty'],
    [
      '(type (record (field "a-b" u8) (field "A-b" u8)))',
      'record field name `A-b` conflicts with previous field name `a-b`',
    ],
    ['(type (variant))', 'variant type must have at least one case'],
    ['(type (variant (case "a") (case "A")))', 'variant case name `A` conflicts with previous case name `a`'],
    ['(type (tuple))', 'tuple type must have at least one type'],
    ['(type (flags))', 'flags must have at least one entry'],
    ['(type (flags "a" "A"))', 'flag name `A` conflicts with previous flag name `a`'],
    [`(type (flags ${Array.from({ length: 33 }, (_, i) => `"f${i}"`).join(' ')}))`, 'cannot have more than 32 flags'],
    ['(type (enum))', 'enum type must have at least one variant'],
    ['(type (enum "a" "A"))', 'enum tag name `A` conflicts with previous tag name `a`'],
    ['(type (list u8 0))', 'Fixed-length lists must have more than zero elements'],
    [`(type (list u8 ${2 ** 30 + 1}))`, 'fixed-length list element count exceeds limit of 1073741824'],
    ['(type (list u64 33554432))', 'value type exceeds maximum byte size of 268435455'],
    // 2^32 bytes: must not wrap around
    ['(type (list u64 536870912))', 'value type exceeds maximum byte size of 268435455'],
    ['(type (tuple (list u8 268435455) (list u8 1)))', 'value type exceeds maximum byte size of 268435455'],
    ['(type (map f32 u8))', '`f32` is not a valid map key type'],
    ['(type $k (enum "a")) (type (map $k u8))', '`enum` is not a valid map key type'],
    [
      '(type (stream char))',
      '`stream<char>` is not valid at this time, use `stream<u8>` with a defined by encoding instead for now',
    ],
    ['(type (list 7))', 'unknown type 7: type index out of bounds'],
    ['(type $f (func)) (type (list $f))', 'type index 0 is not a defined type'],
    ['(type $t (list u8)) (type (own $t))', 'type index 0 is not a resource type'],
    ['(import "r" (type $r (sub resource))) (type (list $r))', 'type index 0 is not a defined type'],
    [
      '(import "r" (type $r (sub resource))) (type $b (borrow $r)) (type (future $b))',
      '`future` element type cannot contain a `borrow` type',
    ],
  ])('%s: %s', async (text, words) => {
    expect(await refused(`(component ${text})`)).toMatchObject({ words, path: [], feature: undefined })
  })

  test.each([
    ['(type (list u8 268435455))'],
    ['(type (list u64 33554431))'],
    ['(type (map u8 (list u8 268435455)))'],
    ['(type (map string (tuple u8 (option string))))'],
    ['(type (future char))'],
    ['(type (record (field "a1-B" u8) (field "a1-b2" (result))))'],
  ])('%s is valid', async (text) => {
    await expect(accepted(`(component ${text})`)).resolves.toBeDefined()
  })
})

test.each([
  ['(type (map u8 u8))', 'map', 'Maps require the component model map feature'],
  [
    '(type (list u8 2))',
    'fixed-length-lists',
    'Fixed-length lists require the component model fixed-length lists feature',
  ],
  ['(type (stream u8))', 'async', '`stream` requires the component model async feature'],
  ['(type (future))', 'async', '`future` requires the component model async feature'],
  ['(type (func async))', 'async', 'async component functions require the component model async feature'],
  ['(type error-context)', 'error-context', '`error-context` requires the component model error-context feature'],
  [
    '(type (option error-context))',
    'error-context',
    '`error-context` requires the component model error-context feature',
  ],
  ['(type (resource (rep i64)))', 'memory64', 'resources with `i64` require the `cm64` feature to be enabled'],
] as const)('%s needs the gate `%s`', async (text, gate, words) => {
  expect(await refused(`(component ${text})`, { features: allBut(gate) })).toEqual({ words, path: [], feature: gate })
  expect(await accepted(`(component ${text})`)).toEqual([gate])
})

describe('functions and resources', () => {
  const resource = '(import "r" (type $r (sub resource)))'
  test.each([
    ['(type (func (param "" u8)))', 'function parameter name cannot be empty'],
    [
      '(type (func (param "a" u8) (param "A" u8)))',
      'function parameter name `A` conflicts with previous parameter name `a`',
    ],
    [`${resource} (type (func (result (borrow $r))))`, 'function result cannot contain a `borrow` type'],
    [
      `${resource} (type (func (result (list (tuple u8 (borrow $r))))))`,
      'function result cannot contain a `borrow` type',
    ],
    ['(type (instance (type (resource (rep i32)))))', 'resources can only be defined within a concrete component'],
  ])('%s: %s', async (text, words) => {
    expect(await refused(`(component ${text})`)).toMatchObject({ words })
  })

  test('a destructor takes the representation', async () => {
    const component = (params: string) => `(component
      (import "m" (core module $m (export "d" (func ${params}))))
      (core instance $i (instantiate $m))
      (type (resource (rep i32) (dtor (core func $i "d")))))`
    await expect(accepted(component('(param i32)'))).resolves.toEqual([])
    const words = 'core function 0 has wrong signature for a destructor'
    expect(await refused(component('(param i64)'))).toMatchObject({ words })
    expect(await refused(component('(param i32) (result i32)'))).toMatchObject({ words })
  })
})

describe('component and instance types', () => {
  test.each([
    [
      '(type (component (import "a" (func)) (import "A" (func))))',
      ['type 0', 'import `A`'],
      'import name `A` conflicts with previous name `a`',
    ],
    [
      '(type (instance (type (component (export "x" (instance (type 3)))))))',
      ['type 0', 'type 0', 'export `x`'],
      'unknown type 3: type index out of bounds',
    ],
    [
      '(type $t (func)) (type (instance (export "x" (instance (type 0)))))',
      ['type 1', 'export `x`'],
      'unknown type 0: type index out of bounds',
    ],
    [
      '(type (instance (type $t (func)) (export "x" (component (type $t)))))',
      ['type 0', 'export `x`'],
      'type index 0 is not a component type',
    ],
    [
      '(core type $t (func)) (import "m" (core module (type $t)))',
      ['import `m`'],
      'core type index 0 is not a module type',
    ],
  ])('%s', async (text, path, words) => {
    expect(await refused(`(component ${text})`)).toEqual({ words, path, feature: undefined })
  })
})

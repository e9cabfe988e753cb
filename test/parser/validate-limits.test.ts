import { expect, test } from 'vitest'
import { LimitError } from '../../src/model/errors.ts'
import { COMPILE_LIMITS } from '../../src/model/limits.ts'
import { accepted, allBut, check, decoded, refused } from './validating.ts'

const repeat = (n: number, make: (i: number) => string): string =>
  Array.from({ length: n }, (_, i) => make(i)).join(' ')

const doubling = (n: number) => `(component (type $t0 (tuple u8 u8))
  ${repeat(n, (i) => `(type $t${i + 1} (tuple $t${i} $t${i}))`)})`

test('a type of a few hundred bytes and exponential size', async () => {
  await expect(accepted(doubling(17))).resolves.toEqual([])
  const words = 'effective type size exceeds the limit of 1000000'
  expect(await refused(doubling(18))).toMatchObject({ words })
  expect(await refused(doubling(30))).toMatchObject({ words })
})

const nested = (n: number) =>
  `(component (type $t0 (list u8)) ${repeat(n - 1, (i) => `(type $t${i + 1} (list $t${i}))`)})`

test('a type too deep', async () => {
  await expect(accepted(nested(99))).resolves.toEqual([])
  expect(await refused(nested(100))).toMatchObject({ words: 'type nesting is too deep' })
})

test('instance types that double their resources with each level end in a limit, soon', async () => {
  const levels = (n: number) => `(component (type $i0 (instance (export "r" (type (sub resource)))))
    ${repeat(n, (i) => `(type $i${i + 1} (instance (export "a" (instance (type $i${i}))) (export "b" (instance (type $i${i})))))`)}
    (import "x" (instance (type $i${n}))))`
  await expect(accepted(levels(8))).resolves.toEqual([])
  const def = await decoded(levels(18))
  expect(() => check(def)).toThrow(LimitError)
})

test.each(['instance', 'component'])('%s types within each other', async (kind) => {
  const levels = (n: number) => `(component (type (${kind}))
    ${repeat(n, (i) => `(type (${kind} (alias outer 1 ${i} (type $t)) (export "a" (${kind} (type $t)))))`)}
    (import "x" (${kind} (type ${n}))))`
  await expect(accepted(levels(98))).resolves.toEqual([])
  const words = 'type nesting is too deep'
  expect(await refused(levels(100))).toMatchObject({ words, path: ['type 100', 'export `a`'] })
  // far more than any stack holds
  expect(await refused(levels(20_000))).toMatchObject({ words })
})

test('a lower limit of the host is its policy, not a fault of the component', async () => {
  const def = await decoded(doubling(5))
  expect(() => check(def, { limits: { typeSize: 50 } })).toThrow(
    new LimitError('typeSize', 63, 50, 'limits.typeSize', 'effective type size exceeds the limit of 50'),
  )
  expect(COMPILE_LIMITS.typeSize).toBe(1_000_000)
})

test.each([
  ['modules', '(core type $t (module))', (i: number) => `(import "m${i}" (core module (type $t)))`],
  ['instances', '(type $t (instance))', (i: number) => `(import "m${i}" (instance (type $t)))`],
  ['components', '(type $t (component))', (i: number) => `(import "m${i}" (component (type $t)))`],
  ['values', '', (i: number) => `(import "m${i}" (value u8)) (export "e${i}" (value ${2 * i}))`],
])('too many %s', async (what, head, make) => {
  const count = what === 'values' ? 501 : 1001
  const text = `(component ${head} ${repeat(count, make)})`
  expect(await refused(text)).toMatchObject({ words: `${what} count exceeds limit of 1000` })
})

test('a fixed-length list is never expanded', async () => {
  const text = `(component (import "m" (core module $m (export "mem" (memory 1)) (export "f" (func (param i32)))
      (export "realloc" (func (param i32 i32 i32 i32) (result i32)))))
    (core instance $i (instantiate $m))
    (func (param "x" (list (list u8 16384) 16383))
      (canon lift (core func $i "f") (memory (core memory $i "mem")) (realloc (core func $i "realloc")))))`
  await expect(accepted(text, { features: allBut() })).resolves.toEqual(['fixed-length-lists'])
})

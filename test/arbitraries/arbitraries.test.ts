/** Arbitraries from types: what they make is what components take, and sequences find what is wrong with one. */
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { args, calls, imports, values } from '../../src/arbitraries/index.ts'
import { Component, type FuncType, type ValType } from '../../src/index.ts'
import { RUNTIME } from '../../src/linker/part.ts'
import { preparedEngine } from '../linker/help.ts'
import { echoBytes, resultOf } from '../properties/guest.ts'
import { runs } from '../properties/runs.ts'
import { typeText, valTypes } from '../properties/types.ts'
import { difference, expected } from '../properties/values.ts'

const engine = await preparedEngine({ features: { 'fixed-length-lists': true } })
// these sources have no built chunk to require
await RUNTIME.load()
const example = (name: string): Promise<Component> =>
  Component.compile(readFileSync(new URL(`../../examples/small/built/${name}.component.wasm`, import.meta.url)))

test('values of any type are taken by a guest, and come back', () => {
  const trial = valTypes({ handles: false, depth: 3 }).chain((type) =>
    fc.record({ type: fc.constant(type), value: values(type), toString: fc.constant(() => typeText(type)) }),
  )
  fc.assert(
    fc.property(trial, ({ type, value }) => {
      const echo = { types: [type], pad: false }
      const component = Component.compileSync(echoBytes(echo, ['utf8']), { engine })
      const instance = component.instantiateSync({}, { engine })
      const got = instance.func('echo').call([value])
      expect(difference(got, expected(resultOf(echo), value))).toBeUndefined()
      instance[Symbol.dispose]()
    }),
    runs(150),
  )
})

describe('what has no value by its type alone', () => {
  const handle: ValType = { kind: 'own', resource: { kind: 'resource', name: 'file' } }
  test.each<[string, () => unknown]>([
    ['values', () => values({ kind: 'list', element: handle, length: undefined })],
    ['args', () => args({ kind: 'func', async: false, params: [{ name: 'f', type: handle }], result: undefined })],
  ])('%s: handles are refused by name', (_, make) => {
    expect(make).toThrow(new TypeError('no own handle of `file` can be made from its type; use `calls`'))
  })

  test('a type that unfolds to more than fits', () => {
    let type: ValType = { kind: 'u8' }
    for (let i = 0; i < 60; i++) type = { kind: 'tuple', elements: [type, type] }
    expect(() => values(type)).toThrow(new TypeError('a tuple of this type has more than 100000 parts'))
  })
})

test('arguments are as many as there are parameters', () => {
  const type: FuncType = {
    kind: 'func',
    async: false,
    params: [
      { name: 'a', type: { kind: 'u8' } },
      { name: 'b', type: { kind: 'string' } },
    ],
    result: undefined,
  }
  fc.assert(
    fc.property(args(type), ([a, b, ...rest]) => typeof a === 'number' && typeof b === 'string' && rest.length === 0),
    runs(50),
  )
})

test.each([['values'], ['counter'], ['calls']])('calls of `%s` with hosts for what it imports', async (name) => {
  const component = await example(name)
  await fc.assert(
    fc.asyncProperty(imports(component), calls(component), async (host, sequence) => {
      const instance = await component.instantiate(host)
      // `calls` counts to a number that is given: any number
      if (name !== 'calls') await sequence.run(instance)
      expect(instance.state).toBe('ready')
      instance[Symbol.dispose]()
    }),
    runs(40),
  )
})

const BUG = `(component
  (import "host" (instance $host (export "bit" (func (result bool)))))
  (core func $bit (canon lower (func $host "bit")))
  (core module $m
    (import "" "bit" (func $bit (result i32)))
    (global $calls (mut i32) (i32.const 0))
    (func (export "step"))
    (func (export "risk") (param i32)
      (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
      (if (i32.and (i32.gt_u (local.get 0) (i32.const 99)) (i32.and (call $bit) (i32.eq (global.get $calls) (i32.const 2))))
        (then unreachable))))
  (core instance $i (instantiate $m (with "" (instance (export "bit" (func $bit))))))
  (func (export "step") (canon lift (core func $i "step")))
  (func (export "risk") (param "n" u8) (canon lift (core func $i "risk"))))`

test('a trap is found and shrunk to the calls that matter', async () => {
  const component = await Component.compile(BUG)
  const property = fc.asyncProperty(imports(component), calls(component), async (host, sequence) => {
    await sequence.run(await component.instantiate(host))
  })
  const result = await fc.check(property, { numRuns: 500, seed: 7 })
  expect(result.failed).toBe(true)
  const [, sequence] = result.counterexample ?? []
  expect(String(sequence)).toBe('risk(0); risk(100)')
  expect(result.errorInstance).toMatchObject({ kind: 'trap', code: 'unreachable', path: 'risk' })
})

test('resources of the host are classes whose methods answer; those of the guest pass from call to call', async () => {
  const component = await Component.compile(`(component
    (import "a:b/files" (instance $files
      (export "file" (type $f (sub resource)))
      (export "open" (func (result (own $f))))
      (export "[method]file.size" (func (param "self" (borrow $f)) (result u32)))
      (export "[static]file.best" (func (result (result (own $f) (error string)))))))
    (alias export $files "file" (type $file))
    (core func $open (canon lower (func $files "open")))
    (core func $size (canon lower (func $files "[method]file.size")))
    (core func $drop (canon resource.drop $file))
    (core module $m
      (import "" "open" (func $open (result i32)))
      (import "" "size" (func $size (param i32) (result i32)))
      (import "" "drop" (func $drop (param i32)))
      (func (export "make") (result i32) call $open)
      (func (export "use") (param i32) (result i32) local.get 0 call $size local.get 0 call $drop))
    (core instance $i (instantiate $m (with "" (instance
      (export "open" (func $open)) (export "size" (func $size)) (export "drop" (func $drop))))))
    (func (export "make") (result (own $file)) (canon lift (core func $i "make")))
    (func (export "use") (param "f" (own $file)) (result u32) (canon lift (core func $i "use"))))`)
  let used = 0
  await fc.assert(
    fc.asyncProperty(imports(component), calls(component), async (host, sequence) => {
      const instance = await component.instantiate(host)
      await sequence.run(instance)
      if (/make.*use/.test(sequence.toString())) used++
      expect(instance.usage().handles.used).toBe(0)
    }),
    runs(50),
  )
  expect(used).toBeGreaterThan(5)
})

test('what no host can be made for is refused', async () => {
  const component = await Component.compile('(component (import "m" (core module)))')
  expect(() => imports(component)).toThrow(new TypeError('import `m`: no host can be made for a module'))
  expect(() => calls(component)).toThrow(new TypeError('the component exports no function'))
})

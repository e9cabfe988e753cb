/** What a user finds in `instance.exports`: names, aliases, clashes, and that nothing of it can be changed or runs by accident. */
import { describe, expect, test } from 'vitest'
import { Component, CoreModule } from '../../../src/index.ts'
import { exportsOf, start } from '../help.ts'

/** Functions and instances of functions that answer their place in the list. */
function answering(funcs: readonly string[], instances: Readonly<Record<string, readonly string[]>> = {}): string {
  const all = [...funcs, ...Object.values(instances).flat()]
  let next = 0
  const f = (): string => `(func $f${next++})`
  return `(component
    (core module $m ${all.map((_, i) => `(func (export "${i}") (result i32) i32.const ${i})`).join(' ')})
    (core instance $m (instantiate $m))
    ${all.map((_, i) => `(func $f${i} (result u32) (canon lift (core func $m "${i}")))`).join(' ')}
    ${funcs.map((name) => `(export "${name}" ${f()})`).join(' ')}
    ${Object.entries(instances)
      .map(
        ([name, members], i) => `(instance $i${i} ${members.map((member) => `(export "${member}" ${f()})`).join(' ')})
          (export "${name}" (instance $i${i}))`,
      )
      .join(' ')})`
}

describe('names', () => {
  test.each([
    ['get-HTTP-url', 'getHttpUrl'],
    ['a1-b2c', 'a1B2c'],
    ['read-u8', 'readU8'],
    ['x-y', 'xY'],
    ['LOUD', 'loud'],
    ['default', 'default'],
    ['constructor', 'constructor'],
    ['to-string', 'toString'],
    ['has-own-property', 'hasOwnProperty'],
  ])('%s is %s', async (name, key) => {
    const exports = await exportsOf(answering([name]))
    expect(Object.keys(exports)).toEqual([key])
    expect(exports[key]()).toBe(0)
  })

  test('two names that would be one key keep their WIT names', async () => {
    const exports = await exportsOf(answering(['a-1', 'a1', 'b']))
    expect(Object.keys(exports)).toEqual(['a-1', 'a1', 'b'])
    expect([exports['a-1'](), exports['a1'](), exports['b']()]).toEqual([0, 1, 2])
  })

  test('an interface has its full name and its alias, which are one object', async () => {
    const exports = await exportsOf(answering(['top'], { 'acme:calc/get-ops@1.2.3': ['f-g'], 'in-line': ['h'] }))
    expect(Object.keys(exports).sort()).toEqual(['acme:calc/get-ops@1.2.3', 'getOps', 'inLine', 'top'])
    expect(exports.getOps).toBe(exports['acme:calc/get-ops@1.2.3'])
    expect([exports.getOps.fG(), exports.inLine.h(), exports.top()]).toEqual([1, 2, 0])
  })

  test('on a clash of aliases the alphabetically first has it', async () => {
    const exports = await exportsOf(answering([], { 'b:b/ops': ['f'], 'a:z/ops@2.0.0': ['f'], 'a:z/ops@1.0.0': ['f'] }))
    expect(exports.ops).toBe(exports['a:z/ops@1.0.0'])
    expect(Object.keys(exports)).toHaveLength(4)
  })

  test('an alias never hides what is exported under its name', async () => {
    const exports = await exportsOf(answering(['ops'], { 'a:b/ops': ['f'] }))
    expect(exports.ops()).toBe(0)
    expect(exports['a:b/ops'].f()).toBe(1)
  })
})

test('nothing of it inherits, and nothing of it can be changed', async () => {
  const exports = await exportsOf(answering(['f'], { 'a:b/ops': ['g'] }))
  for (const object of [exports, exports.ops]) {
    expect(Object.getPrototypeOf(object)).toBeNull()
    expect(Object.isFrozen(object)).toBe(true)
  }
  expect(Object.isFrozen(exports.f)).toBe(true)
  expect(exports.constructor).toBeUndefined()
})

test('a function called `then` is not called when an instance is waited for', async () => {
  const component = await Component.compile(answering(['then'], { 'a:b/ops': ['then'] }))
  const instance = await component.instantiate()
  expect([instance.exports['then'](), instance.exports['ops'].then()]).toEqual([0, 1])
})

test('what was read is what is there: the object is made once', async () => {
  const instance = await start(answering(['f']))
  expect(instance.exports).toBe(instance.exports)
  expect(instance.exports['f']).toBe(instance.exports['f'])
})

test('core modules and components are exported as such, instances in instances too', async () => {
  const exports = await exportsOf(`(component
    (core module $m (func (export "f") (result i32) i32.const 1))
    (component $c
      (core module $n (func (export "f") (result i32) i32.const 2))
      (core instance $n (instantiate $n))
      (func (export "f") (result u32) (canon lift (core func $n "f"))))
    (instance $inner (export "my-module" (core module $m)) (export "my-component" (component $c)))
    (instance $outer (export "inner-one" (instance $inner)))
    (export "a:b/outer" (instance $outer)))`)
  const { innerOne } = exports.outer
  expect(innerOne.myModule).toBeInstanceOf(CoreModule)
  expect([...innerOne.myModule.exports.keys()]).toEqual(['f'])
  expect(innerOne.myComponent).toBeInstanceOf(Component)
  expect(innerOne.myComponent.instantiateSync().exports.f()).toBe(2)
})

test('an imported function, instance and class can be exported again', async () => {
  class R {
    static of(): number {
      return 3
    }
    get(): number {
      return 4
    }
  }
  const exports = await exportsOf(
    `(component
      (import "f" (func $f (result u32)))
      (import "i" (instance $i (export "g" (func (param "n" u8) (result u8)))
        (export "r" (type $r (sub resource)))
        (export "[static]r.of" (func (result u32)))
        (export "[method]r.get" (func (param "self" (borrow $r)) (result u32)))))
      (export "again" (func $f))
      (export "a:b/again@1.0.0" (instance $i)))`,
    { f: () => 1, i: { g: (n: number) => n + 1, R } },
  )
  expect(exports.again()).toBe(1)
  const again = exports['a:b/again@1.0.0']
  expect(again.g(1)).toBe(2)
  expect(() => again.g(300)).toThrow(RangeError)
  expect(again.R).toBe(R)
})

test('the types of exports are told without an instance', async () => {
  const instance = await start(answering(['top-f'], { 'a:b/ops@1.0.0': ['g'] }))
  const { component } = instance
  expect([...(component?.exports.keys() ?? [])]).toEqual(['top-f', 'a:b/ops@1.0.0'])
  expect(component?.exports.get('top-f')?.type).toEqual({
    kind: 'func',
    async: false,
    params: [],
    result: { kind: 'u32' },
  })
})

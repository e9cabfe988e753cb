import { describe, expect, test } from 'vitest'
import { accepted, allBut, refused } from './validating.ts'

describe('aliases', () => {
  const instance = '(import "i" (instance $i (export "f" (func)) (export "t" (type (sub resource)))))'
  const core =
    '(import "m" (core module $m (export "f" (func)) (export "t" (tag)))) (core instance $i (instantiate $m))'
  test.each([
    [`${instance} (alias export $i "g" (func))`, 'instance 0 has no export named `g`'],
    [`${instance} (alias export $i "f" (core module))`, 'export `f` for instance 0 is not a module'],
    [`${instance} (alias export $i "t" (func))`, 'export `t` for instance 0 is not a func'],
    ['(alias export 0 "f" (func))', 'unknown instance 0: instance index out of bounds'],
    [`${core} (alias core export $i "g" (core func))`, 'core instance 0 has no export named `g`'],
    [`${core} (alias core export $i "f" (core memory))`, 'export `f` for core instance 0 is not a memory'],
    [`${core} (alias core export $i "t" (core func))`, 'export `t` for core instance 0 is not a function'],
    ['(alias outer 0 0 (type))', 'unknown type 0: type index out of bounds'],
    ['(alias outer 0 0 (core module))', 'unknown module 0: module index out of bounds'],
    ['(alias outer 0 0 (component))', 'unknown component 0: component index out of bounds'],
  ])('%s: %s', async (text, words) => {
    expect(await refused(`(component ${text})`)).toMatchObject({ words, path: [] })
  })

  test('a tag needs its gate', async () => {
    const text = `(component ${core} (alias core export $i "t" (core tag)))`
    expect(await refused(text, { features: allBut('core-exceptions') })).toMatchObject({
      words: 'exceptions proposal not enabled',
      feature: 'core-exceptions',
    })
    expect(await accepted(text)).toEqual(['core-exceptions'])
  })

  test('outer aliases reach types, core types, modules and components', async () => {
    const text = `(component
      (core type $ct (func)) (import "m" (core module $m)) (component $c) (type $t (list u8))
      (component $inner
        (alias outer 1 $ct (core type)) (alias outer 1 $m (core module))
        (alias outer 1 $c (component)) (alias outer 1 $t (type $u))
        (type (instance (alias outer 2 $t (type)) (alias outer 1 $u (type)) (alias outer 2 $ct (core type))))))`
    await expect(accepted(text)).resolves.toEqual([])
  })

  const closed = 'cannot alias outer type which transitively refers to resources not defined in the current component'
  test.each([
    ['(import "r" (type $r (sub resource))) (component (alias outer 1 $r (type)))'],
    ['(type $r (resource (rep i32))) (type $t (list (own $r))) (component (alias outer 1 $t (type)))'],
    [
      '(type $r (resource (rep i32))) (type $t (func (param "x" (own $r)))) (component (type (component (alias outer 2 $t (type)))))',
    ],
  ])('a component is closed: %s', async (text) => {
    expect(await refused(`(component ${text})`)).toMatchObject({
      words: closed,
      path: ['component 0'].concat(text.includes('(type (component') ? ['type 0'] : []),
    })
  })

  test('a type is not: it may speak of the resources around it', async () => {
    const text =
      '(component (import "r" (type $r (sub resource))) (type (component (import "f" (func (param "x" (own $r)))))))'
    expect(await refused(text)).toMatchObject({ words: 'func not valid to be used as import' })
    const instance =
      '(component (import "r" (type $r (sub resource))) (import "i" (instance (export "f" (func (param "x" (own $r)))))))'
    await expect(accepted(instance)).resolves.toEqual([])
  })

  test('nor is a type that binds its own', async () => {
    const text =
      '(component (type $t (instance (export "r" (type (sub resource))))) (component (alias outer 1 $t (type))))'
    await expect(accepted(text)).resolves.toEqual([])
  })
})

import { describe, expect, test } from 'vitest'
import { type ComponentDef, type Def, index } from '../../src/model/component.ts'
import type { CoreModuleType, CoreRefType, CoreSubType } from '../../src/model/core-types.ts'
import { InvalidError } from '../../src/model/errors.ts'
import { accepted, allBut, check, refused } from './validating.ts'

describe('module types', () => {
  test.each([
    [
      '(import "a" "b" (func)) (import "a" "b" (func))',
      'module has a duplicate import name `a:b` that is not allowed in components',
    ],
    ['(export "a" (func)) (export "a" (func))', 'duplicate export name `a` already defined'],
    ['(import "a" "b" (memory 65537))', 'memory size must be at most 0x10000 65536-byte pages'],
    ['(import "a" "b" (memory 2 1))', 'size minimum must not be greater than maximum'],
    ['(import "a" "b" (table 2 1 funcref))', 'size minimum must not be greater than maximum'],
    ['(import "a" "b" (func (type 0)))', 'unknown type 0: type index out of bounds'],
    ['(type (struct)) (import "a" "b" (func (type 0)))', 'type index 0 is not a function type'],
    ['(type (func (result i32))) (import "a" "b" (tag (type 0)))', 'invalid exception type: non-empty tag result type'],
    ['(alias outer 3 0 (type))', 'invalid outer alias count of 2'],
  ])('%s: %s', async (decls, words) => {
    expect(await refused(`(component (core type (module ${decls})))`)).toMatchObject({ words })
  })

  test.each([
    ['(type (struct))', 'core-gc', 'struct indexed types not supported without the gc feature'],
    ['(import "a" "b" (global (ref null any)))', 'core-gc', 'heap types not supported without the gc feature'],
    ['(import "a" "b" (tag))', 'core-exceptions', 'exceptions proposal not enabled'],
    [
      '(import "a" "b" (memory 1 (pagesize 1)))',
      'core-custom-page-sizes',
      "the custom page sizes proposal must be enabled to customize a memory's page size",
    ],
  ] as const)('%s needs `%s`', async (decls, gate, words) => {
    const text = `(component (core type (module ${decls})))`
    expect(await refused(text, { features: allBut(gate) })).toMatchObject({ words, feature: gate })
    expect(await accepted(text)).toEqual([gate])
  })

  test('outer core types are the same types', async () => {
    const text = `(component
      (core type $t (func (param i32)))
      (import "m" (core module $m (alias outer 1 $t (type $u)) (export "f" (func (type $u)))))
      (component $c (import "m" (core module (export "f" (func (param i32))))))
      (instance (instantiate $c (with "m" (core module $m)))))`
    await expect(accepted(text)).resolves.toEqual([])
  })
})

describe('core types', () => {
  test.each([
    ['(core type $a (func)) (core type (sub $a (func)))', 'sub type cannot have a final super type'],
    ['(core type $a (sub (func))) (core type (sub $a (func (param i32))))', 'sub type must match super type'],
    ['(core type $m (module)) (core type (sub $m (func)))', 'type index 0 is a module type, not a sub type'],
    ['(core type (func (param (ref 7))))', 'unknown type 7: type index out of bounds'],
  ])('%s: %s', async (text, words) => {
    expect(await refused(`(component ${text})`)).toMatchObject({ words })
  })

  const uses = (first: string, second: string) => `(component ${first} ${second}
    (import "m" (core module $m (alias outer 1 $a (type $t)) (export "f" (func (type $t)))))
    (import "n" (core module $n (alias outer 1 $b (type $t)) (import "" "f" (func (type $t)))))
    (core instance $i (instantiate $m)) (core instance (instantiate $n (with "" (instance $i)))))`
  test('equal groups are equal types, a declared subtype fits, others do not', async () => {
    await expect(accepted(uses('(core type $a (func))', '(core type $b (func))'))).resolves.toEqual([])
    const [parent, child] = ['(core type $b (sub (func)))', '(core type $a (sub $b (func)))']
    await expect(accepted(uses(parent, child))).resolves.toEqual(['core-gc'])
    const swapped = uses('(core type $a (sub (func)))', '(core type $b (sub $a (func)))')
    expect((await refused(swapped)).words).toContain('expected: (func)')
    const groups = uses(
      '(core rec (type $a (func (result (ref $x)))) (type $x (struct)))',
      '(core rec (type $b (func (result (ref $y)))) (type $y (struct)))',
    )
    await expect(accepted(groups)).resolves.toEqual(['core-gc'])
    const ungrouped = uses(
      '(core rec (type $a (func (result (ref $x)))) (type $x (struct)))',
      '(core type $y (struct)) (core type $b (func (result (ref $y))))',
    )
    expect((await refused(ungrouped)).words).toContain('expected: ')
  })
})

describe('types of a module in the file', () => {
  const ref = (heap: number): CoreRefType => ({ kind: 'ref', nullable: true, heap, shared: false, exact: false })
  const func = (...params: CoreRefType[]): CoreSubType => ({
    final: true,
    shared: false,
    supertypes: [],
    type: { kind: 'func', params, results: [] },
  })
  const module = (types: CoreSubType[], type: number, imports: boolean): CoreModuleType => {
    const extern = { kind: 'func', type, exact: false } as const
    return {
      types,
      imports: imports ? [{ at: 2, module: 'm', name: 'f', type: extern }] : [],
      exports: imports ? [] : [{ at: 2, name: 'f', type: extern }],
    }
  }
  const joined = (exporting: CoreModuleType, importing: CoreModuleType): ComponentDef => {
    const core = (type: CoreModuleType): Def => ({ kind: 'core-module', at: 1, bytes: new Uint8Array(), type })
    const instance = index<'core-instance'>(0)
    const defs: Def[] = [
      core(exporting),
      core(importing),
      { kind: 'core-instance', at: 3, instance: { kind: 'instantiate', module: index(0), args: [] } },
      {
        kind: 'core-instance',
        at: 4,
        instance: { kind: 'instantiate', module: index(1), args: [{ name: 'm', instance }] },
      },
    ]
    return { at: 0, end: 5, defs }
  }

  test('types that speak of each other, wherever they stand', () => {
    const a = module([func(ref(1)), func(ref(0))], 0, false)
    const b = module([func(), func(ref(2)), func(ref(1))], 1, true)
    expect(check(joined(a, b)).features).toEqual(new Set())
    const c = module([func(), func(ref(2)), func()], 1, true)
    expect(() => check(joined(a, c))).toThrow(InvalidError)
  })

  test('a long chain does not recurse', () => {
    const chain = Array.from({ length: 50_000 }, (_, i) => (i === 0 ? func() : func(ref(i - 1))))
    const last = chain.length - 1
    expect(() => check(joined(module(chain, last, false), module(chain, last, true)))).not.toThrow()
  })

  test('an index out of bounds', () => {
    const words = 'unknown type 9: type index out of bounds'
    const empty = module([], 9, true)
    expect(() => check(joined(empty, empty))).toThrow(new InvalidError(words, 2))
  })
})

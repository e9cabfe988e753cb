import { describe, expect, test } from 'vitest'
import { accepted, allBut, refused } from './validating.ts'

describe('core instances', () => {
  const modules = `
    (import "a" (core module $a (export "f" (func)) (export "g" (global i32)) (export "m" (memory 2 3))
      (export "t" (table 1 funcref))))
    (core instance $i (instantiate $a))`
  const wants = (extern: string) =>
    `${modules} (import "b" (core module $b (import "x" "f" ${extern}))) (core instance (instantiate $b (with "x" (instance $x))))`
  const bundle = (item: string) => `${modules} (core instance $x (export "f" ${item}))`
  const need = (item: string, extern: string) => `${bundle(item)}
    (import "b" (core module $b (import "x" "f" ${extern}))) (core instance (instantiate $b (with "x" (instance $x))))`
  const crumb = ['type mismatch for export `f` of module instantiation argument `x`']

  test.each([
    ['(func $i "f")', '(func)'],
    ['(memory $i "m")', '(memory 1)'],
    ['(memory $i "m")', '(memory 2 3)'],
    ['(table $i "t")', '(table 0 funcref)'],
    ['(global $i "g")', '(global i32)'],
  ])('%s stands for %s', async (item, extern) => {
    await expect(accepted(`(component ${need(item, extern)})`)).resolves.toEqual([])
  })

  test.each([
    ['(func $i "f")', '(func (param i32))', 'expected: (func (param i32))\nfound:    (func)'],
    ['(func $i "f")', '(global i32)', 'expected global, found func'],
    ['(memory $i "m")', '(memory 3)', 'mismatch in memory limits'],
    ['(memory $i "m")', '(memory 1 2)', 'mismatch in memory limits'],
    ['(memory $i "m")', '(memory i64 1)', 'mismatch in index type used for memories'],
    ['(memory $i "m")', '(memory 1 4 shared)', 'mismatch in the shared flag for memories'],
    ['(memory $i "m")', '(memory 1 (pagesize 1))', 'mismatch in page size for memories'],
    ['(table $i "t")', '(table 2 funcref)', 'mismatch in table limits'],
    ['(table $i "t")', '(table 1 externref)', 'expected table element type externref, found funcref'],
    ['(global $i "g")', '(global i64)', 'expected global type i64, found i32'],
    ['(global $i "g")', '(global (mut i32))', 'global types differ in mutability'],
  ])('%s does not stand for %s', async (item, extern, words) => {
    expect(await refused(`(component ${need(item, extern)})`)).toEqual({ words, path: crumb, feature: undefined })
  })

  test.each([
    [`${wants('(func)').replace('(with "x" (instance $x))', '')}`, 'missing module instantiation argument named `x`'],
    [
      `${bundle('(func $i "f")')} (import "b" (core module $b (import "x" "y" (func)))) (core instance (instantiate $b (with "x" (instance $x))))`,
      'module instantiation argument `x` does not export an item named `y`',
    ],
    [
      `${bundle('(func $i "f")')} (core instance (instantiate $a (with "x" (instance $x)) (with "x" (instance $x))))`,
      'duplicate module instantiation argument named `x`',
    ],
    [
      `${modules} (core instance (export "f" (func $i "f")) (export "f" (func $i "f")))`,
      'duplicate instantiation export name `f` already defined',
    ],
    ['(core instance (instantiate 0))', 'unknown module 0: module index out of bounds'],
    ['(core instance (export "f" (func 3)))', 'unknown core function 3: function index out of bounds'],
  ])('%s: %s', async (text, words) => {
    expect(await refused(`(component ${text})`)).toMatchObject({ words, path: [] })
  })
})

describe('component instances', () => {
  test.each([
    ['(component $c (import "f" (func))) (instance (instantiate $c))', { words: 'missing import named `f`', path: [] }],
    [
      '(import "g" (func $g)) (component $c) (instance (instantiate $c (with "f" (func $g)) (with "f" (func $g))))',
      { words: 'instantiation argument `f` conflicts with previous argument `f`', path: [] },
    ],
    [
      '(import "g" (func $g)) (component $c (import "f" (instance))) (instance (instantiate $c (with "f" (func $g))))',
      { words: 'expected instance, found func', path: ['type mismatch for import `f`'] },
    ],
    [
      `(import "i" (instance $i (export "f" (func (param "a" u8)))))
       (component $c (import "i" (instance (export "f" (func (param "a" u16))))))
       (instance (instantiate $c (with "i" (instance $i))))`,
      {
        words: 'expected primitive `u16` found primitive `u8`',
        path: [
          'type mismatch for import `i`',
          'type mismatch in instance export `f`',
          'type mismatch in function parameter `a`',
        ],
      },
    ],
    ['(instance (instantiate 0))', { words: 'unknown component 0: component index out of bounds', path: [] }],
  ])('%s', async (text, expected) => {
    expect(await refused(`(component ${text})`)).toMatchObject(expected)
  })

  test('surplus arguments and exports are fine', async () => {
    const text = `(component
      (import "f" (func $f))
      (import "i" (instance $i (export "a" (func)) (export "b" (func))))
      (component $c (import "i" (instance (export "a" (func)))))
      (instance (instantiate $c (with "i" (instance $i)) (with "more" (func $f)))))`
    await expect(accepted(text)).resolves.toEqual([])
  })
})

describe('resource types', () => {
  const same = 'resource types are not the same'
  test('each instance has its own', async () => {
    const text = (second: string) => `(component
      (component $c (type $r (resource (rep i32))) (export "r" (type $r)))
      (instance $a (instantiate $c)) (instance $b (instantiate $c))
      (alias export $a "r" (type $ra)) (alias export $b "r" (type $rb))
      (component $d (import "x" (type $x (sub resource))) (import "y" (type (eq $x))))
      (instance (instantiate $d (with "x" (type $ra)) (with "y" (type ${second})))))`
    await expect(accepted(text('$ra'))).resolves.toEqual([])
    const refusal = await refused(text('$rb'))
    expect(refusal.words).toContain(same)
    expect(refusal.path).toEqual(['type mismatch for import `y`'])
  })

  test('two imports of one instance type share none', async () => {
    const text = `(component
      (type $t (instance (export "r" (type $r (sub resource))) (export "f" (func (param "x" (own $r))))))
      (import "a" (instance $a (type $t))) (import "b" (instance $b (type $t)))
      (component $c (import "r" (type $r (sub resource))) (import "f" (func (param "x" (own $r)))))
      (alias export $a "r" (type $ra)) (alias export $b "f" (func $fb))
      (instance (instantiate $c (with "r" (type $ra)) (with "f" (func $fb)))))`
    expect(await refused(text)).toMatchObject({
      words: same,
      path: ['type mismatch for import `f`', 'type mismatch in function parameter `x`'],
    })
  })

  test('what is given for an import is what its exports then speak of', async () => {
    const text = `(component
      (import "r" (type $r (sub resource)))
      (component $c (import "r" (type $r (sub resource))) (export "s" (type $r)))
      (instance $i (instantiate $c (with "r" (type $r))))
      (alias export $i "s" (type $s))
      (component $d (import "x" (type $x (sub resource))) (import "y" (type (eq $x))))
      (instance (instantiate $d (with "x" (type $r)) (with "y" (type $s)))))`
    await expect(accepted(text)).resolves.toEqual([])
  })

  test('a component type may be abstract where the component is not', async () => {
    const text = (wanted: string) => `(component
      (component $c (type $r (resource (rep i32))) (export $s "r" (type $r)))
      (component $d (import "c" (component ${wanted})))
      (instance (instantiate $d (with "c" (component $c)))))`
    await expect(accepted(text('(export "r" (type (sub resource)))'))).resolves.toEqual([])
    expect(await refused(text('(export "q" (type (sub resource)))'))).toMatchObject({
      words: 'missing export named `q`',
      path: ['type mismatch for import `c`'],
    })
    expect(await refused(text('(import "f" (func)) (export "r" (func))'))).toMatchObject({
      words: 'expected func, found type',
      path: ['type mismatch for import `c`', 'type mismatch for export `r`'],
    })
  })

  test('one made here must be exported before an export speaks of it', async () => {
    const text = `(component
      (component $c (type $r (resource (rep i32))) (export $s "r" (type $r)))
      (instance $i (instantiate $c))
      (export "i" (instance $i) (instance))
      (alias export $i "r" (type $r))
      (type $o (own $r)) (export "o" (type $o)))`
    expect(await refused(text)).toMatchObject({ words: 'type not valid to be used as export' })
  })
})

describe('start and values', () => {
  const component = (body: string) => `(component
    (import "f" (func $f (param "a" u8) (param "b" string) (result bool)))
    (import "v" (value $v u8)) (import "w" (value $w string)) ${body})`
  test('each value is used once', async () => {
    const text = component('(start $f (value $v) (value $w) (result (value $r))) (export "r" (value $r))')
    expect(await accepted(text)).toEqual(['values'])
  })
  test.each([
    ['', 'value index 0 was not used as part of an instantiation, start function, or export'],
    ['(export "x" (value $v)) (export "y" (value $v))', 'value 0 cannot be used more than once'],
    ['(start $f (value $v))', 'component start function requires 2 arguments but was given 1'],
    [
      '(start $f (value $v) (value $w))',
      'component start function has a result count of 0 but the function type has a result count of 1',
    ],
    ['(start $f (value $w) (value $v) (result (value $r)))', 'expected primitive `u8` found primitive `string`'],
  ])('%s: %s', async (body, words) => {
    expect(await refused(component(body))).toMatchObject({ words })
  })
  test('start needs the gate', async () => {
    const text = '(component (import "f" (func $f)) (start $f))'
    expect(await refused(text, { features: allBut('values') })).toMatchObject({ feature: 'values' })
  })
})

import { describe, expect, test } from 'vitest'
import { accepted, allBut, refused } from './validating.ts'

describe('names', () => {
  test.each([
    ['a:b/c', '(instance)'],
    ['a:b/c@1.2.3-rc.1+build', '(instance)'],
    ['[constructor]r', '(func (result (own $r)))'],
    ['[constructor]r', '(func (result (result (own $r) (error u8))))'],
    ['[method]r.m', '(func (param "self" (borrow $r)) (param "x" u8))'],
    ['[static]r.s', '(func async)'],
    ['url=<a>', '(func)'],
  ])('%s may be a %s', async (name, type) => {
    await expect(
      accepted(`(component (import "r" (type $r (sub resource))) (import "${name}" ${type}))`),
    ).resolves.toBeDefined()
  })

  const named = (name: string) => `import name \`${name}\` is not valid`
  test.each([
    ['fooBar', '(func)', '`fooBar` is not in kebab case', 'import name `fooBar` is not a valid extern name'],
    ['a:b/c@', '(instance)', 'invalid interface version: empty string, expected a semver version', named('a:b/c@')],
    [
      'a:b/c@1.',
      '(instance)',
      'invalid interface version: unexpected end of input while parsing minor version number',
      named('a:b/c@1.'),
    ],
    [
      'a:b/c@1.0x',
      '(instance)',
      "invalid interface version: unexpected character 'x' after minor version number",
      named('a:b/c@1.0x'),
    ],
    [
      'a:b/c@1.0.0-',
      '(instance)',
      'invalid interface version: empty identifier segment in pre-release identifier',
      named('a:b/c@1.0.0-'),
    ],
    [
      'a:b/c@1.0.0-01',
      '(instance)',
      'invalid interface version: invalid leading zero in pre-release identifier',
      named('a:b/c@1.0.0-01'),
    ],
    ['[constructor]r', '(instance)', 'item is not a func', named('[constructor]r')],
    [
      '[constructor]r',
      '(func async (result (own $r)))',
      'constructor function cannot be async',
      named('[constructor]r'),
    ],
    ['[constructor]r', '(func)', 'function should return one value', named('[constructor]r')],
    [
      '[constructor]r',
      '(func (result u8))',
      'function should return `(own $T)` or `(result (own $T))`',
      named('[constructor]r'),
    ],
    [
      '[constructor]q',
      '(func (result (own $r)))',
      'function does not match expected resource name `r`',
      named('[constructor]q'),
    ],
    ['[method]r.m', '(func)', 'function should have at least one argument', named('[method]r.m')],
    [
      '[method]r.m',
      '(func (param "this" (borrow $r)))',
      'function should have a first argument called `self`',
      named('[method]r.m'),
    ],
    [
      '[method]r.m',
      '(func (param "self" (own $r)))',
      'function should take a first argument of `(borrow $T)`',
      named('[method]r.m'),
    ],
    ['[static]q.s', '(func)', 'static resource name is not known in this context', named('[static]q.s')],
  ])('%s as %s: %s', async (name, type, words, crumb) => {
    const text = `(component (import "r" (type $r (sub resource))) (import "${name}" ${type}))`
    expect(await refused(text)).toMatchObject({ words, path: [`import \`${name}\``, crumb] })
  })

  test('an alias of a resource has no name of its own', async () => {
    const text = `(component
      (import "i" (instance $i (export "r" (type (sub resource)))))
      (alias export $i "r" (type $r))
      (import "[constructor]r" (func (result (own $r)))))`
    expect(await refused(text)).toMatchObject({
      words: 'resource used in function does not have a name in this context',
    })
  })

  test.each([
    ['(import "a" (func)) (import "A" (func))', 'import name `A` conflicts with previous name `a`'],
    ['(import "a:b/c" (func)) (import "a:b/C" (func))', 'import name `a:b/C` conflicts with previous name `a:b/c`'],
    [
      '(import "a" (type $a (sub resource))) (import "[static]a.a" (func))',
      'import name `[static]a.a` conflicts with previous name `a`',
    ],
    [
      '(import "f" (func $f)) (export "a" (func $f)) (export "a" (func $f))',
      'export name `a` conflicts with previous name `a`',
    ],
    [
      '(import "f" (func $f)) (instance (export "a" (func $f)) (export "A" (func $f)))',
      'export name `A` conflicts with previous name `a`',
    ],
    ['(import "f" (func $f)) (export "url=<a>" (func $f))', 'name `url=<a>` is not a valid export name'],
  ])('%s: %s', async (text, words) => {
    expect(await refused(`(component ${text})`)).toMatchObject({ words })
  })

  test('an import and an export may share a name', async () => {
    await expect(accepted('(component (import "a" (func $f)) (export "a" (func $f)))')).resolves.toEqual([])
  })
})

describe('attributes', () => {
  test.each([
    ['(import "a" (implements "a:b/c") (instance))', ['implements']],
    ['(import "a" (external-id "x y") (func))', ['implements']],
    ['(import "a:b/c@1" (versionsuffix ".2.3") (instance))', ['canonical-names']],
    ['(import "a:b/c@0.2" (instance))', ['canonical-names']],
    ['(import "a:b:c/d/e" (instance))', ['nested-names']],
  ])('%s uses %s', async (text, gates) => {
    expect(await accepted(`(component ${text})`)).toEqual(gates)
  })

  test.each([
    ['(import "a:b/c" (implements "a:b/c") (instance))', 'name `a:b/c` is not valid with `implements`'],
    ['(import "a" (implements "a:b/c") (func))', 'only instances can have an `implements`'],
    ['(import "a" (implements "b") (instance))', 'name `b` must be an interface'],
    ['(import "a" (implements "B:") (instance))', 'character `B` is not lowercase in package name/namespace'],
    ['(import "a:b/c@1" (versionsuffix ".2.3") (func))', 'only instances can have an `versionsuffix`'],
    [
      '(import "a:b/c@1.2" (versionsuffix ".3") (instance))',
      'invalid interface version: `versionsuffix` must follow a canonical version',
    ],
    [
      '(import "a:b/c@1" (versionsuffix "2.3") (instance))',
      'invalid interface version: unexpected end of input while parsing minor version number',
    ],
  ])('%s: %s', async (text, words) => {
    expect(await refused(`(component ${text})`)).toMatchObject({ words, feature: undefined })
  })

  test.each([
    ['(import "a" (implements "a:b/c") (instance))', 'implements', 'the `cm-implements` feature is not active'],
    ['(import "a" (external-id "x") (func))', 'implements', 'the `cm-implements` feature is not active'],
    [
      '(import "a:b/c@1" (versionsuffix ".0.0") (instance))',
      'canonical-names',
      'the `cm-canon-names` feature is not active',
    ],
    [
      '(import "a:b/c@1" (instance))',
      'canonical-names',
      'invalid interface version: unexpected end of input while parsing major version number',
    ],
    ['(import "a:b:c/d" (instance))', 'nested-names', 'expected `/` after package name'],
    ['(import "a:b/c/d" (instance))', 'nested-names', 'trailing characters found: `/d`'],
  ] as const)('%s needs `%s`', async (text, gate, words) => {
    expect(await refused(`(component ${text})`, { features: allBut(gate) })).toMatchObject({ words, feature: gate })
  })
})

describe('external visibility', () => {
  test.each([
    ['(type $t (record (field "a" u8))) (import "f" (func (param "p" $t)))', 'func not valid to be used as import'],
    [
      '(type $t (enum "a")) (type $l (list (tuple u8 $t))) (import "t" (type (eq $l)))',
      'type not valid to be used as import',
    ],
    // an export does not make a type fit for imports
    [
      '(type $t (enum "a")) (export $u "t" (type $t)) (import "f" (func (param "p" $u)))',
      'func not valid to be used as import',
    ],
    // the new index has the name, not the old
    [
      '(type $t (enum "a")) (import "u" (type $u (eq $t))) (import "f" (func (param "p" $t)))',
      'func not valid to be used as import',
    ],
    ['(type $r (resource (rep i32))) (type $o (own $r)) (export "o" (type $o))', 'type not valid to be used as export'],
    [
      `(import "i" (instance $i (export "r" (type $r (sub resource))) (export "f" (func (param "p" (own $r))))))
       (component $c (import "i" (instance $j (export "r" (type (sub resource)))))
         (alias export $j "r" (type $s)) (type $f (func (param "p" (own $s))))
         (import "f" (func $g (type $f))) (export "f" (func $g)))
       (type $x (record (field "y" u8))) (type $g (func (param "z" $x))) (import "g" (func (type $g)))`,
      'func not valid to be used as import',
    ],
  ])('%s: %s', async (text, words) => {
    expect(await refused(`(component ${text})`)).toMatchObject({ words })
  })

  test.each([
    [
      '(type $t (enum "a")) (import "u" (type $u (eq $t))) (import "f" (func $f (param "p" $u))) (export "g" (func $f))',
    ],
    ['(type $t (tuple u8 (option string))) (import "f" (func (param "p" $t)))'],
    ['(type $r (resource (rep i32))) (export $s "r" (type $r)) (type $o (own $s)) (export "o" (type $o))'],
    // inside an instance type nothing is visible yet; where it is imported, it is
    ['(type (instance (type $t (enum "a")) (export "t" (type $u (eq $t))) (export "f" (func (param "p" $u)))))'],
  ])('%s is valid', async (text) => {
    await expect(accepted(`(component ${text})`)).resolves.toBeDefined()
  })
})

test('an ascription must be a supertype, and replaces the type', async () => {
  const component = (use: string) => `(component
    (import "i" (instance $i (export "f" (func)) (export "g" (func))))
    (export $e "e" (instance $i) (instance (export "f" (func))))
    (alias export $e "${use}" (func)))`
  await expect(accepted(component('f'))).resolves.toEqual([])
  expect(await refused(component('g'))).toMatchObject({ words: 'instance 1 has no export named `g`' })
  const wrong = '(component (import "f" (func $f)) (export "g" (func $f) (func (param "x" u8))))'
  expect(await refused(wrong)).toEqual({
    words: 'expected 1 parameters, found 0',
    path: ['export `g`', "ascribed type of export is not compatible with item's type"],
    feature: undefined,
  })
})

test('values need their gate', async () => {
  const text = '(component (import "v" (value $v u8)) (export "w" (value $v)))'
  expect(await refused(text, { features: allBut('values') })).toMatchObject({
    words: 'support for component model `value`s is not enabled',
    feature: 'values',
  })
  expect(await accepted(text)).toEqual(['values'])
})

test('guest text is escaped', async () => {
  const text = '(component (import "a\\0ab" (func)))'
  expect(await refused(text)).toMatchObject({ words: '`a\\u{a}b` is not in kebab case' })
})

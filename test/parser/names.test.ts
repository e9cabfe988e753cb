import { describe, expect, test } from 'vitest'
import { isKebab, parseExternName, uniqueKey } from '../../src/parser/names.ts'
import * as rare from '../../src/parser/rare-rules.ts'

const parse = (name: string, nested = true) => parseExternName(name, nested, () => rare)

test.each([
  ['a', true],
  ['a-b-c', true],
  ['A1-2-3', true],
  ['a11-w0rds', true],
  ['m1x3d-4CR0NYMS', true],
  ['a0-000-3d4a-54FF', true],
  ['', false],
  ['0', false],
  ['1-2-3', false],
  ['a-', false],
  ['-', false],
  ['aB', false],
  ['a-bC', false],
  ['a--b', false],
  ['a_b', false],
  ['é', false],
])('label `%s`: %s', (text, expected) => {
  expect(isKebab(text)).toBe(expected)
})

const iface = (over: object) => ({ kind: 'interface', namespaces: ['a'], package: 'b', version: undefined, ...over })

test.each([
  ['a-B', { kind: 'label', label: 'a-B' }],
  ['[constructor]r', { kind: 'constructor', resource: 'r' }],
  ['[method]r.m', { kind: 'method', resource: 'r', name: 'm' }],
  ['[static]r.s-t', { kind: 'static', resource: 'r', name: 's-t' }],
  ['a:b/c', iface({ projection: ['c'] })],
  ['a:b/c@1.2.3-rc.1+x', iface({ projection: ['c'], version: '1.2.3-rc.1+x' })],
  ['a:x:b/c/d@1.0.0', iface({ namespaces: ['a', 'x'], projection: ['c', 'd'], version: '1.0.0' })],
  ['url=<https://x>,integrity=<sha256-ab==>', { kind: 'url' }],
  ['integrity=< sha512-a sha256-b?x >', { kind: 'hash' }],
  ['locked-dep=<a:b@1.2.3>,integrity=<sha256-a>', { kind: 'dependency' }],
  ['unlocked-dep=<a:b/c@{>=1.2.3 <2.0.0}>', { kind: 'dependency' }],
])('`%s`', (name, expected) => {
  expect(parse(name)).toStrictEqual(expected)
})

test.each([
  ['', '`` is not in kebab case'],
  ['fooBar', '`fooBar` is not in kebab case'],
  ['[method]a', 'failed to find `.` character'],
  ['[method]a.b.c', '`b.c` is not in kebab case'],
  ['[async]a', '`[async]a` is not in kebab case'],
  ['a:', '`` is not in kebab case'],
  ['a:b', 'expected `/` after package name'],
  ['a:/c', '`` is not in kebab case'],
  ['A:b/c', 'character `A` is not lowercase in package name/namespace'],
  ['a:b/c!', 'trailing characters found: `!`'],
  ['unlocked-dep=', 'expected `<` at ``'],
  ['unlocked-dep=<a:a@{xyz}>', 'expected `>=` or `<` at start of version range'],
  ['unlocked-dep=<a:a@{<xyz}>', '`xyz` is not a valid semver'],
  ['locked-dep=<a:a@>', '`` is not a valid semver'],
  ['locked-dep=<a:a@1.2.3>,', 'expected `integrity=<` at ``'],
  ['url=<<>', 'url cannot contain `<`'],
  ['integrity=<>', 'integrity hash cannot be empty'],
  ['integrity=<md5-ABC>', 'unrecognized hash algorithm: `md5-ABC`'],
  ['integrity=<sha256-=>', 'not valid base64: `=`'],
])('`%s` is no name: %s', (name, message) => {
  expect(parse(name)).toStrictEqual({ kind: 'fault', message })
})

test.each([
  ['a:b:c/d', 'expected `/` after package name'],
  ['a:b/c/d', 'trailing characters found: `/d`'],
])('`%s` needs nested names', (name, message) => {
  expect(parse(name, false)).toStrictEqual({ kind: 'fault', message, feature: 'nested-names' })
  expect(parse(name, true)).toMatchObject({ kind: 'interface' })
})

describe('strong uniqueness', () => {
  const key = (name: string): string => {
    const parts = parse(name)
    if (parts.kind === 'fault') throw new TypeError(parts.message)
    return uniqueKey(name, parts)
  }
  // the specification's own list
  const together = ['foo', 'foo-bar', '[constructor]foo', '[method]foo.bar', '[static]foo.baz', 'foo:bar/baz']
  test('names that may stand together', () => {
    expect(new Set(together.map(key)).size).toBe(together.length)
  })
  test.each([
    'foo',
    'FOO',
    'foo-BAR',
    '[constructor]FOO',
    '[method]foo.BAR',
    '[static]foo.bar',
    '[method]foo.baz',
    '[method]foo.foo',
    '[static]foo-BAR.FOO-bar',
    'foo:bar/BAZ',
  ])('`%s` clashes with one of them', (name) => {
    expect(together.map(key)).toContain(key(name))
  })
})

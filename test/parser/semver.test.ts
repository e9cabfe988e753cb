import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isCanonicalVersion, parseVersion, type Version } from '../../src/parser/semver.ts'
import { canonicalVersion, compareVersions, compatible } from '../../src/parser/semver-order.ts'

function version(text: string): Version {
  const parsed = parseVersion(text)
  if (parsed === undefined) throw new TypeError(`${text} is no version`)
  return parsed
}

test.each(['', '1', '1.2', '1.2.3.4', '01.2.3', '1.2.3-', '1.2.3-01', '1.2.3+', 'v1.2.3', '1.2.3-a..b', ' 1.2.3'])(
  '`%s` is no version',
  (text) => {
    expect(parseVersion(text)).toBeUndefined()
  },
)

test('a number above 64 bits is no version', () => {
  expect(parseVersion('18446744073709551615.0.0')).toBeDefined()
  expect(parseVersion('18446744073709551616.0.0')).toBeUndefined()
})

// semver.org's own order
const ascending = [
  '1.0.0-alpha',
  '1.0.0-alpha.1',
  '1.0.0-alpha.beta',
  '1.0.0-beta',
  '1.0.0-beta.2',
  '1.0.0-beta.11',
  '1.0.0-rc.1',
  '1.0.0',
  '1.0.1',
  '1.2.0',
  '10.0.0',
]

test('precedence', () => {
  for (const [i, a] of ascending.entries()) {
    for (const [j, b] of ascending.entries()) {
      expect(Math.sign(compareVersions(version(a), version(b)))).toBe(Math.sign(i - j))
    }
  }
  expect(compareVersions(version('1.0.0+a'), version('1.0.0+b'))).toBe(0)
})

test.each([
  ['1.2.3', '1'],
  ['0.2.6-rc.1', '0.2'],
  ['0.0.1-alpha', '0.0.1'],
  ['0.0.0', '0.0.0'],
])('%s is %s in short', (text, expected) => {
  expect(canonicalVersion(version(text))).toBe(expected)
})

test.each([
  ['1.2.3', '1.9.0', true],
  ['1.2.3', '2.2.3', false],
  ['0.2.0', '0.2.9', true],
  ['0.2.0', '0.3.0', false],
  ['0.0.3', '0.0.3+build', true],
  ['0.0.3', '0.0.4', false],
  ['0.3.0-rc.1', '0.3.0', false],
  ['0.3.0-rc.1', '0.3.0-rc.1', true],
])('%s and %s compatible: %s', (a, b, expected) => {
  expect(compatible(version(a), version(b))).toBe(expected)
  expect(compatible(version(b), version(a))).toBe(expected)
})

test('what is canonical needs its suffix to be a version, and gives itself back', () => {
  const number = fc.nat({ max: 3 })
  fc.assert(
    fc.property(number, number, number, (a, b, c) => {
      const short = canonicalVersion(version(`${a}.${b}.${c}`))
      expect(isCanonicalVersion(short)).toBe(true)
      expect(`${a}.${b}.${c}`.startsWith(short)).toBe(true)
    }),
  )
  for (const text of ['0', '0.0', '01', '1.2', '1.2.3', '0.1.0', '']) expect(isCanonicalVersion(text)).toBe(false)
})

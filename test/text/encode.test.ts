import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ComponentDef, Def } from '../../src/model/component.ts'
import { index } from '../../src/model/component.ts'
import { BugError } from '../../src/model/errors.ts'
import { FEATURES, type Feature } from '../../src/model/features.ts'
import { COMPILE_LIMITS } from '../../src/model/limits.ts'
import { decode } from '../../src/parser/decode.ts'
import { ByteWriter } from '../../src/text/byte-writer.ts'
import { encode } from '../../src/text/encode.ts'
import { component as arbitraryComponent } from '../parser/arbitrary-component.ts'
import { bytes, component, section, thrown, withoutOffsets } from '../parser/bytes.ts'

const options = { features: new Set(Object.keys(FEATURES) as Feature[]), limits: COMPILE_LIMITS }
const componentOf = (...defs: Def[]): ComponentDef => ({ at: 0, end: 0, defs })

test('decode(encode(x)) is x', () => {
  fc.assert(
    fc.property(arbitraryComponent, (def) => {
      const encoded = encode(def)
      const again = decode(encoded, options)
      expect(withoutOffsets(again)).toStrictEqual(withoutOffsets(def))
      // and what is canonical stays as it is
      expect(encode(again)).toEqual(encoded)
    }),
    { numRuns: 500 },
  )
})

describe('sections', () => {
  const type: Def = { kind: 'type', at: 0, type: { kind: 'primitive', type: 'u8' } }
  const custom: Def = { kind: 'custom', at: 0, name: 'c', bytes: bytes(7) }

  test('neighbours of one kind share one, others have their own', () => {
    expect(encode(componentOf(type, type, custom, custom, type))).toEqual(
      component(section(7, 2, 0x7d, 0x7d), section(0, 'c', 7), section(0, 'c', 7), section(7, 1, 0x7d)),
    )
  })

  test('nested components have their length in front', () => {
    const nested: Def = { kind: 'component', at: 0, component: componentOf(type) }
    const outer: Def = { kind: 'component', at: 0, component: componentOf(nested, custom) }
    expect(encode(componentOf(outer, type))).toEqual(
      component(
        section(4, component(section(4, component(section(7, 1, 0x7d))), section(0, 'c', 7))),
        section(7, 1, 0x7d),
      ),
    )
  })
})

test('sorts that no decoder takes have their bytes all the same', () => {
  const alias: Def = {
    kind: 'alias',
    at: 0,
    alias: { kind: 'export', sort: 'core-func', instance: index(1), name: 'f' },
  }
  expect(encode(componentOf(alias))).toEqual(component(section(6, 1, 0, 0, 0, 1, 'f')))
})

describe('what no bytes can say is our bug', () => {
  test.each<[string, Def]>([
    ['an index over 32 bits', { kind: 'type', at: 0, type: { kind: 'own', resource: index(2 ** 32) } }],
    ['a negative index', { kind: 'type', at: 0, type: { kind: 'option', some: index(-1) } }],
    ['a fraction', { kind: 'start', at: 0, func: index(0.5), args: [], results: 0 }],
    ['a built-in without its immediate', { kind: 'canon', at: 0, canon: { kind: 'builtin', name: 'resource.new' } }],
  ])('%s', (_, def) => expect(thrown(() => encode(componentOf(def)))).toBeInstanceOf(BugError))
})

describe('ByteWriter', () => {
  test('keeps the order of small writes, large writes and nested writers', () => {
    const inner = new ByteWriter()
    inner.name('x'.repeat(300))
    const w = new ByteWriter()
    for (let i = 0; i < 1_000; i++) w.u8(i & 0xff)
    w.sized(inner)
    w.raw(bytes(1, 2, 3))
    w.u32(300)
    expect(w.size).toBe(w.bytes().length)
    expect(w.bytes()).toEqual(
      bytes(
        Array.from({ length: 1_000 }, (_, i) => i & 0xff),
        [0xae, 0x02],
        'x'.repeat(300),
        1,
        2,
        3,
        [0xac, 0x02],
      ),
    )
  })

  test.each<[string, (w: ByteWriter) => void, number[]]>([
    ['u32', (w) => w.u32(0xffff_ffff), [0xff, 0xff, 0xff, 0xff, 0x0f]],
    ['u64', (w) => w.u64(2n ** 64n - 1n), [...Array(9).fill(0xff), 0x01]],
    ['s33, 63', (w) => w.s33(63), [0x3f]],
    ['s33, 64', (w) => w.s33(64), [0xc0, 0x00]],
    ['s33, greatest', (w) => w.s33(0xffff_ffff), [0xff, 0xff, 0xff, 0xff, 0x0f]],
  ])('%s', (_, write, expected) => {
    const w = new ByteWriter()
    write(w)
    expect([...w.bytes()]).toEqual(expected)
  })
})

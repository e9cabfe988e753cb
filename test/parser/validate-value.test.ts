import { describe, expect, test } from 'vitest'
import { type ComponentDef, type Def, type DefValType, index, type ValTypeRef } from '../../src/model/component.ts'
import { InvalidError } from '../../src/model/errors.ts'
import { allBut, check } from './validating.ts'

/** A component that defines one value and exports it. */
function component(type: DefValType | undefined, ref: ValTypeRef, bytes: number[]): ComponentDef {
  const defs: Def[] = [
    { kind: 'value', at: 7, type: ref, bytes: new Uint8Array(bytes) },
    { kind: 'export', at: 8, name: { name: 'v' }, item: { sort: 'value', index: 0 }, type: undefined },
  ]
  if (type !== undefined) {
    defs.unshift({ kind: 'type', at: 6, type })
    // a record must have a name to be exported: so that the value alone is judged, export nothing made of one
    const item = { sort: 'type', index: 0 } as const
    defs.splice(1, 0, { kind: 'export', at: 6, name: { name: 't' }, item, type: undefined })
  }
  return { at: 0, end: 9, defs }
}

const own = index<'type'>(1)

const rows: [
  title: string,
  type: DefValType | undefined,
  ref: ValTypeRef,
  good: number[][],
  bad: [number[], string][],
][] = [
  [
    'bool',
    undefined,
    'bool',
    [[0], [1]],
    [
      [[2], 'invalid leading byte (0x2) for value'],
      [[], 'unexpected end of value'],
      [[0, 0], 'unexpected data at the end of the value'],
    ],
  ],
  ['u8', undefined, 'u8', [[0], [255]], [[[], 'unexpected end of value']]],
  ['u16', undefined, 'u16', [[0], [0xff, 0xff, 0x03]], [[[0xff, 0xff, 0x07], 'invalid integer in value']]],
  ['s16', undefined, 's16', [[0x7f], [0x80, 0x80, 0x7e]], [[[0xff, 0xff, 0x03], 'invalid integer in value']]],
  [
    'u64',
    undefined,
    'u64',
    [[...Array.from({ length: 9 }, () => 0xff), 1]],
    [[[...Array.from({ length: 9 }, () => 0xff), 2], 'invalid integer in value']],
  ],
  [
    'f32',
    undefined,
    'f32',
    [
      [0, 0, 0xc0, 0x7f],
      [0, 0, 0x80, 0x7f],
      [0, 0, 0x80, 0xff],
    ],
    [
      [[1, 0, 0xc0, 0x7f], 'value has a NaN that is not canonical'],
      [[0, 0, 0xc0, 0xff], 'value has a NaN that is not canonical'],
    ],
  ],
  [
    'f64',
    undefined,
    'f64',
    [[0, 0, 0, 0, 0, 0, 0xf8, 0x7f]],
    [[[0, 0, 0, 0, 0, 0, 0xf4, 0x7f], 'value has a NaN that is not canonical']],
  ],
  [
    'char',
    undefined,
    'char',
    [[0x61], [0xc3, 0xa9], [0xf0, 0x9f, 0x98, 0x80]],
    [
      [[0xed, 0xa0, 0x80], 'malformed UTF-8 encoding'],
      [[0x80], 'malformed UTF-8 encoding'],
    ],
  ],
  [
    'string',
    undefined,
    'string',
    [[0], [2, 0xc3, 0xa9]],
    [
      [[2, 0x61], 'unexpected end of value'],
      [[1, 0xff], 'malformed UTF-8 encoding'],
    ],
  ],
  [
    'list',
    { kind: 'list', element: 'u8', length: undefined },
    own,
    [[0], [2, 1, 2]],
    [[[0xff, 0xff, 0xff, 0xff, 0x0f], 'unexpected end of value']],
  ],
  ['option', { kind: 'option', some: 'bool' }, own, [[0], [1, 1]], [[[1], 'unexpected end of value']]],
  [
    'result',
    { kind: 'result', ok: undefined, err: 'u8' },
    own,
    [[0], [1, 9]],
    [[[0, 9], 'unexpected data at the end of the value']],
  ],
  ['enum', { kind: 'enum', labels: ['a', 'b'] }, own, [[0], [1]], [[[2], 'value has case 2 of 2']]],
  [
    'flags',
    { kind: 'flags', labels: Array.from({ length: 9 }, (_, i) => `f${i}`) },
    own,
    [[0xff, 1]],
    [[[1], 'unexpected end of value']],
  ],
  [
    'variant',
    {
      kind: 'variant',
      cases: [
        { name: 'a', type: undefined },
        { name: 'b', type: 'u8' },
      ],
    },
    own,
    [[0], [1, 7]],
    [[[2], 'value has case 2 of 2']],
  ],
  [
    'record',
    {
      kind: 'record',
      fields: [
        { name: 'a', type: 'u8' },
        { name: 'b', type: 'bool' },
      ],
    },
    own,
    [[7, 1]],
    [[[7, 2], 'invalid leading byte (0x2) for value']],
  ],
]

describe.each(rows)('%s', (_, type, ref, good, bad) => {
  test.each(good)('%#', (...bytes) => {
    expect([...check(component(type, ref, bytes.flat())).features]).toEqual(['values'])
  })
  test.each(bad)('%j: %s', (bytes, words) => {
    expect(() => check(component(type, ref, bytes))).toThrow(new InvalidError(words, 7))
  })
})

test('the gate', () => {
  const refusal = new InvalidError('support for component model `value`s is not enabled', 7, [], 'values')
  expect(() => check(component(undefined, 'u8', [0]), { features: allBut('values') })).toThrow(refusal)
})

/** Generated record code against a reading of the same bytes field by field, and against what the host may hand over. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Layout, Layouts } from '../../src/abi/layout.ts'
import type { ScalarCode } from '../../src/abi/scalar-record.ts'
import type { ValType } from '../../src/model/types.ts'

const INTEGERS = { s8: [-128, 127], u8: [0, 255], s16: [-32768, 32767], u16: [0, 65535] } as const
const VALUES = {
  bool: fc.boolean(),
  s8: fc.integer({ min: -128, max: 127 }),
  u8: fc.integer({ min: 0, max: 255 }),
  s16: fc.integer({ min: -32768, max: 32767 }),
  u16: fc.integer({ min: 0, max: 65535 }),
  s32: fc.integer(),
  u32: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  s64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  u64: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  f32: fc.float(),
  f64: fc.double(),
} as const
type Kind = keyof typeof VALUES
const READ: { readonly [K in Kind]: (view: DataView, at: number) => unknown } = {
  bool: (view, at) => view.getUint8(at) === 1,
  s8: (view, at) => view.getInt8(at),
  u8: (view, at) => view.getUint8(at),
  s16: (view, at) => view.getInt16(at, true),
  u16: (view, at) => view.getUint16(at, true),
  s32: (view, at) => view.getInt32(at, true),
  u32: (view, at) => view.getUint32(at, true),
  s64: (view, at) => view.getBigInt64(at, true),
  u64: (view, at) => view.getBigUint64(at, true),
  f32: (view, at) => view.getFloat32(at, true),
  f64: (view, at) => view.getFloat64(at, true),
}

type RecordLayout = Extract<Layout, { readonly kind: 'record' }>

function recordOf(kinds: readonly Kind[], allowed = true): RecordLayout {
  const fields = kinds.map((kind, i) => ({ name: i === 0 ? 'class' : `f${i}-x`, type: { kind } as ValType }))
  const layout = new Layouts({ allowed }).of({ kind: 'record', fields }, 'i32')
  if (layout.kind !== 'record') throw new TypeError('a record is laid out as one')
  return layout
}

function inSteadyUse(layout: RecordLayout): ScalarCode | undefined {
  for (let i = 0; i < 1000; i++) void layout.scalars?.code
  return layout.scalars?.code
}

const records = fc
  .array(fc.constantFrom(...(Object.keys(VALUES) as Kind[])), { minLength: 1, maxLength: 12 })
  .chain((kinds) => fc.tuple(fc.constant(kinds), fc.tuple(...kinds.map((kind): fc.Arbitrary<unknown> => VALUES[kind]))))

const fails = (): never => {
  throw new TypeError('a value that fits is sure')
}

test('what is stored is what was given, and loads again; flat values follow the fields', () => {
  fc.assert(
    fc.property(records, fc.nat(64), ([kinds, values], base) => {
      const layout = recordOf(kinds)
      const code = inSteadyUse(layout)
      if (code === undefined) throw new TypeError('code is generated for records of scalars')
      const record = layout.make(values)
      expect(code.take(record, fails, undefined)).toEqual(record)
      const view = new DataView(new ArrayBuffer(1024))
      const at = base * 8
      code.store(record, view, at)
      layout.fields.forEach(({ offset }, i) => {
        const kind = kinds[i]
        if (kind !== undefined) expect(READ[kind](view, at + offset)).toEqual(values[i])
      })
      expect(code.load(view, at)).toEqual(record)
      const flat: (number | bigint)[] = []
      code.lowerFlat(record, flat)
      expect(flat).toEqual(values.map((value) => (typeof value === 'boolean' ? Number(value) : value)))
    }),
  )
})

describe('what may not fit is told, as it was read', () => {
  test.each([
    ...Object.entries(INTEGERS).flatMap(([kind, [min, max]]) => [
      [kind as Kind, min - 1] as const,
      [kind as Kind, max + 1] as const,
      [kind as Kind, 0.5] as const,
    ]),
    ['s32', 2 ** 31],
    ['u32', -1],
    ['u32', Number.NaN],
    ['u64', -1n],
    ['s64', 2n ** 63n],
    ['u64', 7],
    ['bool', 1],
    ['f64', '1'],
    ['f32', undefined],
  ] as const)('%s: %s', (kind, value) => {
    const layout = recordOf(['u8', kind])
    let reads = 0
    const given = {
      class: 1,
      get f1X() {
        reads++
        return value
      },
    }
    const seen: unknown[] = []
    inSteadyUse(layout)?.take(given, (values) => seen.push(values), undefined)
    expect(seen).toEqual([[1, value]])
    expect(reads).toBe(1)
  })
})

test('nothing is generated before steady use, where it is forbidden, or for other fields', () => {
  expect(recordOf(['u8']).scalars?.code).toBeUndefined()
  expect(inSteadyUse(recordOf(['u8'], false))).toBeUndefined()
  const text: ValType = { kind: 'record', fields: [{ name: 'a', type: { kind: 'string' } }] }
  const inherited: ValType = { kind: 'record', fields: [{ name: 'constructor', type: { kind: 'u8' } }] }
  for (const type of [text, inherited])
    expect(new Layouts({ allowed: true }).of(type, 'i32')).toMatchObject({ scalars: undefined })
})

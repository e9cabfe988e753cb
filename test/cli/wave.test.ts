/** WAVE: what is printed reads back as the same value, whatever its type; what does not fit says where. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { propertyKeys } from '../../src/abi/property-keys.ts'
import { parseArguments, parseWave, WaveError } from '../../src/cli/wave-parse.ts'
import { printJson, printWave } from '../../src/cli/wave-print.ts'
import type { ValType } from '../../src/model/types.ts'
import { isBoxedOption } from '../../src/model/val-types.ts'

const t = (kind: 'bool' | 'u8' | 's32' | 'u64' | 'f32' | 'f64' | 'char' | 'string'): ValType => ({ kind })
const list = (element: ValType, length?: number): ValType => ({ kind: 'list', element, length })
const option = (some: ValType): ValType => ({ kind: 'option', some })
const result = (ok?: ValType, err?: ValType): ValType => ({ kind: 'result', ok, err })
const tuple = (...elements: ValType[]): ValType => ({ kind: 'tuple', elements })
const record = (fields: Record<string, ValType>): ValType => ({
  kind: 'record',
  fields: Object.entries(fields).map(([name, type]) => ({ name, type })),
})
const flags = (...labels: string[]): ValType => ({ kind: 'flags', labels })
const variant: ValType = {
  kind: 'variant',
  cases: [
    { name: 'empty', type: undefined },
    { name: 'none', type: undefined },
    { name: 'text', type: t('string') },
  ],
}
const handle: ValType = { kind: 'own', resource: { kind: 'resource', name: 'blob' } }

describe('values as text', () => {
  const rows: readonly (readonly [type: ValType, value: unknown, wave: string, json: string])[] = [
    [t('bool'), true, 'true', 'true'],
    [t('u8'), 255, '255', '255'],
    [t('s32'), -1, '-1', '-1'],
    [t('u64'), 18446744073709551615n, '18446744073709551615', '18446744073709551615'],
    [t('f64'), 0.5, '0.5', '0.5'],
    [t('f64'), -0, '-0', '-0'],
    [t('f64'), 1e300, '1e300', '1e300'],
    [t('f64'), Number.NaN, 'nan', '"nan"'],
    [t('f32'), Number.NEGATIVE_INFINITY, '-inf', '"-inf"'],
    [t('char'), "'", `'\\''`, `"'"`],
    [t('char'), '😀', `'😀'`, '"😀"'],
    [t('string'), 'a "b" \\ \n', '"a \\"b\\" \\\\ \\n"', '"a \\"b\\" \\\\ \\n"'],
    [t('string'), '\u001b[31m\u202e', '"\\u{1b}[31m\\u{202e}"', '"\\u001b[31m\\u202e"'],
    [list(t('u8')), Uint8Array.of(1, 2), '[1, 2]', '[1,2]'],
    [list(t('string')), [], '[]', '[]'],
    [list(t('u8'), 2), [1, 2], '[1, 2]', '[1,2]'],
    [{ kind: 'map', key: t('string'), value: t('u8') }, new Map([['a', 1]]), '[("a", 1)]', '[["a",1]]'],
    [tuple(t('u8'), t('bool')), [1, false], '(1, false)', '[1,false]'],
    [record({ 'a-b': t('u8'), 'none': t('u8') }), { aB: 1, none: 2 }, '{a-b: 1, %none: 2}', '{"a-b":1,"none":2}'],
    [flags('read-only', 'b', 'c'), { readOnly: true, b: false, c: true }, '{read-only, c}', '["read-only","c"]'],
    [{ kind: 'enum', labels: ['ok', 'two-words'] }, 'ok', '%ok', '"ok"'],
    [variant, { tag: 'empty' }, 'empty', '{"tag":"empty"}'],
    [variant, { tag: 'none' }, '%none', '{"tag":"none"}'],
    [variant, { tag: 'text', val: 'x' }, 'text("x")', '{"tag":"text","val":"x"}'],
    [option(t('u8')), undefined, 'none', 'null'],
    [option(t('u8')), 7, 'some(7)', '7'],
    [option(option(t('u8'))), { tag: 'none' }, 'none', 'null'],
    // the innermost option is bare, the one around it boxed, the next one bare again
    [option(option(option(t('u8')))), { tag: 'some', val: 1 }, 'some(some(some(1)))', '{"some":1}'],
    [option(option(t('u8'))), { tag: 'some', val: undefined }, 'some(none)', '{"some":null}'],
    [result(t('u8'), t('string')), { tag: 'ok', val: 1 }, 'ok(1)', '{"tag":"ok","val":1}'],
    [result(), { tag: 'err', val: undefined }, 'err', '{"tag":"err"}'],
  ]
  test.each(rows)('%o %o', (type, value, wave, json) => {
    expect(printWave(type, value)).toBe(wave)
    expect(printJson(type, value)).toBe(json)
    expect(parseWave(type, wave)).toEqual(value)
  })

  test('what has no text shows its type', () => {
    expect(printWave(handle, {})).toBe('<own blob>')
    expect(printJson({ kind: 'stream', element: t('u8') }, {})).toBe('"<stream>"')
  })
})

describe('other ways to write a value', () => {
  const rows: readonly (readonly [type: ValType, text: string, value: unknown])[] = [
    [option(t('u8')), '7', 7],
    [result(t('u8')), '7', { tag: 'ok', val: 7 }],
    [list(t('s32')), ' [ 1,\n // two\n 2, ] ', Int32Array.of(1, 2)],
    [record({ a: option(t('u8')), b: option(option(t('u8'))) }), '{:}', { a: undefined, b: { tag: 'none' } }],
    [record({ a: t('u8'), b: option(t('u8')) }), '{a: 1}', { a: 1, b: undefined }],
    [record({ a: t('u8'), b: t('u8') }), '{b: 2, %a: 1,}', { a: 1, b: 2 }],
    [t('f64'), '-2', -2],
    [t('f64'), '1.5E-3', 0.0015],
    [t('string'), '"\\u{1F600}\\t\\\'"', "😀\t'"],
  ]
  test.each(rows)('%o %s', (type, text, value) => {
    expect(parseWave(type, text)).toEqual(value)
  })
})

describe('what does not fit', () => {
  const rows: readonly (readonly [type: ValType, text: string, at: number, message: string])[] = [
    [t('bool'), 'yes', 0, 'expected true or false, got `yes`'],
    [t('bool'), 'truely', 0, 'expected true or false, got `truely`'],
    [t('u8'), '256', 0, 'expected u8 (from 0 to 255), got `256`'],
    [t('u8'), '-1', 0, 'expected u8 (from 0 to 255), got `-1`'],
    [t('u8'), '1.5', 0, 'expected u8, got `1.5`'],
    [t('u8'), '', 0, 'expected u8, got the end'],
    [t('u64'), '9'.repeat(10_000), 0, 'expected u64 (from 0 to 18446744073709551615), got `999'],
    [t('u8'), '1 2', 2, 'expected the end, got `2`'],
    [t('char'), "'ab'", 0, 'expected one character between the quotes'],
    [t('char'), "''", 0, 'expected one character between the quotes'],
    [t('string'), '"abc', 4, 'the closing " is missing'],
    [t('string'), '"\\q"', 1, 'unknown escape'],
    [t('string'), '"\\u{d800}"', 1, '\\u{d800} is no character'],
    [list(t('u8')), '[1 2]', 3, 'expected `]`, got `2`'],
    [list(t('u8'), 2), '[1]', 3, 'expected 2 elements, got 1'],
    [tuple(t('u8')), '(1, 2)', 4, 'too many elements: the tuple has 1'],
    [tuple(t('u8'), t('u8')), '(1)', 3, 'expected 2 elements of the tuple, got 1'],
    [record({ a: t('u8') }), '{}', 2, 'field `a` is missing: expected a u8'],
    [record({ a: t('u8') }), '{b: 1}', 1, 'the record has no field `b`'],
    [record({ a: t('u8') }), '{a: 1, a: 2}', 7, 'field `a` is given twice'],
    [flags('a'), '{b}', 1, 'expected one of a, got `b`'],
    [variant, 'text', 4, 'expected `(`, got the end'],
    [variant, 'other', 0, 'expected one of empty, none, text, got `other`'],
    [option(option(t('u8'))), '1', 0, 'expected some(…) or none, got `1`'],
    [handle, 'x', 0, 'a `blob` resource cannot be written as text'],
  ]
  test.each(rows)('%o %s', (type, text, at, message) => {
    let caught: unknown
    try {
      parseWave(type, text)
    } catch (error) {
      caught = error
    }
    expect(caught).toBeInstanceOf(WaveError)
    expect(caught).toMatchObject({ at, message: expect.stringContaining(message) })
  })
})

test('arguments: options at the end may be left out, nothing else', () => {
  const params = [
    { name: 'a', type: t('u8') },
    { name: 'b', type: option(t('string')) },
  ]
  expect(parseArguments(params, 'f(1, "x")', 1)).toEqual([1, 'x'])
  expect(parseArguments(params, 'f(1)', 1)).toEqual([1, undefined])
  expect(() => parseArguments(params, 'f()', 1)).toThrow('argument `a` is missing: expected a u8')
  expect(() => parseArguments(params, 'f(1, none, 3)', 1)).toThrow('too many arguments: the function takes 2')
  expect(() => parseArguments(params, 'f(1) 2', 1)).toThrow('expected the end, got `2`')
})

// — Any value of any type

const label = fc
  .array(fc.stringMatching(/^[a-z][a-z0-9]{0,4}$/), { minLength: 1, maxLength: 2 })
  .map((words) => words.join('-'))
const labels = (min: number) => fc.uniqueArray(label, { minLength: min, maxLength: 4 })

const { type: anyType } = fc.letrec<{ type: ValType }>((tie) => ({
  type: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc
      .constantFrom('bool', 's8', 'u8', 's16', 'u16', 's32', 'u32', 's64', 'u64', 'f32', 'f64', 'char', 'string')
      .map((kind): ValType => ({ kind })),
    labels(1).map((names): ValType => ({ kind: 'enum', labels: names })),
    labels(1).map((names): ValType => ({ kind: 'flags', labels: names })),
    tie('type').map((element) => list(element)),
    fc.tuple(tie('type'), fc.integer({ min: 1, max: 3 })).map(([element, n]) => list(element, n)),
    fc.array(tie('type'), { minLength: 1, maxLength: 3 }).map((elements) => tuple(...elements)),
    labels(1)
      .chain((names) => fc.tuple(...names.map((name) => fc.tuple(fc.constant(name), tie('type')))))
      .map((fields) => record(Object.fromEntries(fields))),
    labels(1)
      .chain((names) =>
        fc.tuple(
          ...names.map((name) =>
            fc.record({ name: fc.constant(name), type: fc.option(tie('type'), { nil: undefined }) }),
          ),
        ),
      )
      .map((cases): ValType => ({ kind: 'variant', cases })),
    tie('type').map(option),
    fc
      .tuple(fc.option(tie('type'), { nil: undefined }), fc.option(tie('type'), { nil: undefined }))
      .map(([ok, err]) => result(ok, err)),
    fc
      .tuple(fc.constantFrom(t('string'), t('u8'), t('char')), tie('type'))
      .map(([key, value]): ValType => ({ kind: 'map', key, value })),
  ),
}))

const ranges = {
  s8: [-128, 127],
  u8: [0, 255],
  s16: [-32768, 32767],
  u16: [0, 65535],
  s32: [-(2 ** 31), 2 ** 31 - 1],
  u32: [0, 2 ** 32 - 1],
} as const
const scalar = fc.integer({ min: 0, max: 0x10ffff }).filter((code) => code < 0xd800 || code > 0xdfff)

const typedArray: Partial<Record<ValType['kind'], (values: unknown[]) => unknown>> = {
  s8: (v) => Int8Array.from(v as number[]),
  u8: (v) => Uint8Array.from(v as number[]),
  s16: (v) => Int16Array.from(v as number[]),
  u16: (v) => Uint16Array.from(v as number[]),
  s32: (v) => Int32Array.from(v as number[]),
  u32: (v) => Uint32Array.from(v as number[]),
  s64: (v) => BigInt64Array.from(v as bigint[]),
  u64: (v) => BigUint64Array.from(v as bigint[]),
  f32: (v) => Float32Array.from(v as number[]),
  f64: (v) => Float64Array.from(v as number[]),
}

function anyValue(type: ValType): fc.Arbitrary<unknown> {
  switch (type.kind) {
    case 'bool':
      return fc.boolean()
    case 's8':
    case 'u8':
    case 's16':
    case 'u16':
    case 's32':
    case 'u32':
      return fc.integer({ min: ranges[type.kind][0], max: ranges[type.kind][1] })
    case 's64':
      return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
    case 'u64':
      return fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
    case 'f32':
      return fc.float()
    case 'f64':
      return fc.double()
    case 'char':
      return scalar.map((code) => String.fromCodePoint(code))
    case 'string':
      return fc.array(scalar, { maxLength: 8 }).map((codes) => String.fromCodePoint(...codes))
    case 'list': {
      const size = type.length === undefined ? { maxLength: 3 } : { minLength: type.length, maxLength: type.length }
      const plain = fc.array(anyValue(type.element), size)
      return type.length === undefined ? plain.map((v) => typedArray[type.element.kind]?.(v) ?? v) : plain
    }
    case 'map':
      return fc
        .uniqueArray(fc.tuple(anyValue(type.key), anyValue(type.value)), { maxLength: 3, selector: ([key]) => key })
        .map((entries) => new Map(entries))
    case 'tuple':
      return fc.tuple(...type.elements.map(anyValue))
    case 'record': {
      const keys = propertyKeys(type.fields.map((field) => field.name))
      return fc
        .tuple(...type.fields.map((field) => anyValue(field.type)))
        .map((values) => Object.fromEntries(keys.map((key, i) => [key, values[i]])))
    }
    case 'flags': {
      const keys = propertyKeys(type.labels)
      return fc
        .tuple(...keys.map(() => fc.boolean()))
        .map((values) => Object.fromEntries(keys.map((key, i) => [key, values[i]])))
    }
    case 'enum':
      return fc.constantFrom(...type.labels)
    case 'variant':
      return fc.oneof(
        ...type.cases.map(({ name, type: payload }) =>
          payload === undefined ? fc.constant({ tag: name }) : anyValue(payload).map((val) => ({ tag: name, val })),
        ),
      )
    case 'option':
      return isBoxedOption(type.some)
        ? fc.oneof(
            fc.constant({ tag: 'none' }),
            anyValue(type.some).map((val) => ({ tag: 'some', val })),
          )
        : fc.option(
            anyValue(type.some).filter((value) => value !== undefined),
            { nil: undefined },
          )
    case 'result':
      return fc.oneof(
        ...(['ok', 'err'] as const).map((tag) => {
          const payload = type[tag]
          return (payload === undefined ? fc.constant(undefined) : anyValue(payload)).map((val) => ({ tag, val }))
        }),
      )
    default:
      throw new TypeError(type.kind)
  }
}

test('print then parse gives the value back; JSON is JSON', () => {
  const typed = anyType.chain((type) => fc.tuple(fc.constant(type), anyValue(type)))
  fc.assert(
    fc.property(typed, ([type, value]) => {
      expect(parseWave(type, printWave(type, value))).toEqual(value)
      expect(() => JSON.parse(printJson(type, value))).not.toThrow()
    }),
    { numRuns: 500 },
  )
})

test('whatever the text, the answer is a value or a WaveError', () => {
  fc.assert(
    fc.property(anyType, fc.string({ maxLength: 30 }), (type, text) => {
      try {
        parseWave(type, text)
      } catch (error) {
        expect(error).toBeInstanceOf(WaveError)
      }
    }),
    { numRuns: 500 },
  )
})

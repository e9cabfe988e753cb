import { describe, expect, test } from 'vitest'
import { BUILTINS, type BuiltinName, type BuiltinRow } from '../../src/model/builtins.ts'
import type { ComponentDef, Def } from '../../src/model/component.ts'
import { InvalidError, LimitError, MalformedError } from '../../src/model/errors.ts'
import { FEATURES, type Feature, featureSet } from '../../src/model/features.ts'
import { COMPILE_LIMITS, type CompileLimits } from '../../src/model/limits.ts'
import { decode, decodeNames } from '../../src/parser/decode.ts'
import { encode } from '../../src/text/encode.ts'
import {
  bytes,
  COMPONENT,
  component,
  coreModule,
  leb,
  MODULE,
  type Part,
  section,
  thrown,
  withoutOffsets,
} from './bytes.ts'

const ALL = new Set(Object.keys(FEATURES) as Feature[])

function decoded(input: Uint8Array, limits: Partial<CompileLimits> = {}): ComponentDef {
  return decode(input, { features: ALL, limits: { ...COMPILE_LIMITS, ...limits } })
}

/** Definitions without offsets. */
function defs(input: Uint8Array): unknown {
  return withoutOffsets(decoded(input).defs)
}

const core = coreModule()
const emptyCore = { types: [], imports: [], exports: [], defined: { memories: [], tables: [] } }

/** Canonically encoded, so that encoding what was decoded gives the same bytes. */
const CONSTRUCTS: readonly [string, readonly Part[], readonly unknown[]][] = [
  ['nothing', [], []],
  ['custom section', [section(0, 'hi', 1, 2)], [{ kind: 'custom', name: 'hi', bytes: bytes(1, 2) }]],
  ['core module', [section(1, core)], [{ kind: 'core-module', bytes: core, type: emptyCore }]],
  [
    'core instances',
    [section(2, 2, [0, 3, 1, 'a', 0x12, 4], [1, 5, ['f', 0, 1], ['t', 1, 2], ['m', 2, 3], ['g', 3, 4], ['x', 4, 5]])],
    [
      {
        kind: 'core-instance',
        instance: { kind: 'instantiate', module: 3, args: [{ name: 'a', instance: 4 }] },
      },
      {
        kind: 'core-instance',
        instance: {
          kind: 'exports',
          exports: [
            { name: 'f', sort: 'core-func', index: 1 },
            { name: 't', sort: 'core-table', index: 2 },
            { name: 'm', sort: 'core-memory', index: 3 },
            { name: 'g', sort: 'core-global', index: 4 },
            { name: 'x', sort: 'core-tag', index: 5 },
          ],
        },
      },
    ],
  ],
  [
    'nested components',
    [section(4, component(section(4, component()), section(0, 'in')))],
    [
      {
        kind: 'component',
        component: {
          defs: [
            { kind: 'component', component: { defs: [] } },
            { kind: 'custom', name: 'in', bytes: bytes() },
          ],
        },
      },
    ],
  ],
  [
    'instances',
    [section(5, 2, [0, 7, 2, ['a', 1, 2], ['m', 0, 0x11, 3]], [1, 1, [0, 'e', 3, 9]])],
    [
      {
        kind: 'instance',
        instance: {
          kind: 'instantiate',
          component: 7,
          args: [
            { name: 'a', sort: 'func', index: 2 },
            { name: 'm', sort: 'core-module', index: 3 },
          ],
        },
      },
      {
        kind: 'instance',
        instance: { kind: 'exports', exports: [{ name: { name: 'e' }, sort: 'type', index: 9 }] },
      },
    ],
  ],
  [
    'aliases of exports',
    [section(6, 3, [5, 0, 1, 'i'], [0, 0x11, 0, 2, 'm'], [0, 2, 1, 3, 'mem'])],
    [
      { kind: 'alias', alias: { kind: 'export', sort: 'instance', instance: 1, name: 'i' } },
      { kind: 'alias', alias: { kind: 'export', sort: 'core-module', instance: 2, name: 'm' } },
      { kind: 'alias', alias: { kind: 'core-export', sort: 'core-memory', instance: 3, name: 'mem' } },
    ],
  ],
  [
    'outer aliases',
    [section(6, 4, [0, 0x10, 2, 1, 2], [0, 0x11, 2, 0, 1], [3, 2, 9, 8], [4, 2, 1, 0])],
    [
      { kind: 'alias', alias: { kind: 'outer', sort: 'core-type', count: 1, index: 2 } },
      { kind: 'alias', alias: { kind: 'outer', sort: 'core-module', count: 0, index: 1 } },
      { kind: 'alias', alias: { kind: 'outer', sort: 'type', count: 9, index: 8 } },
      { kind: 'alias', alias: { kind: 'outer', sort: 'component', count: 1, index: 0 } },
    ],
  ],
  [
    'canon lift and lower with every option',
    [section(8, 2, [0, 0, 1, 10, [0, 1, 2, 3, 4, 4, 5, 5, 6, 6, 7, 8, 8, 9, 9], 2], [1, 0, 3, 0])],
    [
      {
        kind: 'canon',
        canon: {
          kind: 'lift',
          core: 1,
          type: 2,
          opts: [
            { kind: 'utf8' },
            { kind: 'utf16' },
            { kind: 'latin1+utf16' },
            { kind: 'memory', memory: 4 },
            { kind: 'realloc', func: 5 },
            { kind: 'post-return', func: 6 },
            { kind: 'async' },
            { kind: 'callback', func: 8 },
            { kind: 'core-type', type: 9 },
            { kind: 'gc' },
          ],
        },
      },
      { kind: 'canon', canon: { kind: 'lower', func: 3, opts: [] } },
    ],
  ],
  ['start', [section(9, 1, 2, 3, 4, 1)], [{ kind: 'start', func: 1, args: [3, 4], results: 1 }]],
  [
    'imports of every kind',
    [
      section(10, 8, [
        [0, 'm', 0, 0x11, 1],
        [0, 'f', 1, 2],
        [0, 've', 2, 0, 3],
        [0, 'vt', 2, 1, 0x73],
        [0, 'te', 3, 0, 4],
        [0, 'ts', 3, 1],
        [0, 'c', 4, 5],
        [0, 'i', 5, 6],
      ]),
    ],
    [
      { kind: 'import', name: { name: 'm' }, type: { kind: 'module', type: 1 } },
      { kind: 'import', name: { name: 'f' }, type: { kind: 'func', type: 2 } },
      { kind: 'import', name: { name: 've' }, type: { kind: 'value', bound: { kind: 'eq', index: 3 } } },
      { kind: 'import', name: { name: 'vt' }, type: { kind: 'value', bound: { kind: 'type', type: 'string' } } },
      { kind: 'import', name: { name: 'te' }, type: { kind: 'type', bound: { kind: 'eq', type: 4 } } },
      { kind: 'import', name: { name: 'ts' }, type: { kind: 'type', bound: { kind: 'sub-resource' } } },
      { kind: 'import', name: { name: 'c' }, type: { kind: 'component', type: 5 } },
      { kind: 'import', name: { name: 'i' }, type: { kind: 'instance', type: 6 } },
    ],
  ],
  [
    'exports with and without a type',
    [section(11, 2, [0, 'f', 1, 2, 0], [2, 'a:b/c', 1, 2, 'id', 5, 3, 1, 5, 4])],
    [
      { kind: 'export', name: { name: 'f' }, item: { sort: 'func', index: 2 }, type: undefined },
      {
        kind: 'export',
        name: { name: 'a:b/c', externalId: 'id' },
        item: { sort: 'instance', index: 3 },
        type: { kind: 'instance', type: 4 },
      },
    ],
  ],
  [
    'values',
    [section(12, 2, [0x7d, 1, 42], [5, 3, 1, 2, 3])],
    [
      { kind: 'value', type: 'u8', bytes: bytes(42) },
      { kind: 'value', type: 5, bytes: bytes(1, 2, 3) },
    ],
  ],
]

describe('constructs', () => {
  test.each(CONSTRUCTS)('%s', (_, sections, expected) => {
    const input = component(...sections)
    expect(defs(input)).toEqual(expected)
    expect(encode(decoded(input))).toEqual(input)
  })

  test.each(Object.keys(BUILTINS) as BuiltinName[])('canon %s', (name) => {
    const { opcode, immediates }: BuiltinRow = BUILTINS[name]
    const samples = {
      type: [[7], { type: 7 }],
      result: [[0, 0x79], { result: 'u32' }],
      opts: [[2, 0, 3, 1], { opts: [{ kind: 'utf8' }, { kind: 'memory', memory: 1 }] }],
      async: [[1], { async: true }],
      cancellable: [[0], { cancellable: false }],
      shared: [[1], { shared: true }],
      memory: [[2], { memory: 2 }],
      coreType: [[3], { coreType: 3 }],
      table: [[4], { table: 4 }],
      slot: [[0x7e, 1], { slot: { type: 'i64', index: 1 } }],
    } as const
    const input = component(
      section(
        8,
        1,
        opcode,
        immediates.map((immediate) => samples[immediate][0]),
      ),
    )
    const expected = Object.assign({ kind: 'builtin', name }, ...immediates.map((immediate) => samples[immediate][1]))
    expect(defs(input)).toEqual([{ kind: 'canon', canon: expected }])
    expect(encode(decoded(input))).toEqual(input)
  })

  test('`task.return` without a result differs from one that was not said', () => {
    const [def] = decoded(component(section(8, 1, 0x09, 1, 0, 0))).defs
    expect(def).toMatchObject({ canon: { result: null, opts: [] } })
  })
})

describe('name forms', () => {
  const name = (...form: Part[]): unknown => {
    const [def] = decoded(component(section(10, 1, form, 1, 0))).defs
    return def?.kind === 'import' ? def.name : undefined
  }

  test.each<[string, Part[], unknown]>([
    ['plain', [0, 'a'], { name: 'a' }],
    ['the redundant form', [1, 'a'], { name: 'a' }],
    ['with an empty list of attributes', [2, 'a', 0], { name: 'a' }],
    ['with one attribute', [2, 'a', 1, 0, 'b:c/d'], { name: 'a', implements: 'b:c/d' }],
    ['with an empty attribute', [2, 'a', 1, 2, ''], { name: 'a', externalId: '' }],
    [
      'with all attributes, in any order',
      [2, 'a', 3, 2, 'x', 1, '.3', 0, 'i'],
      { name: 'a', implements: 'i', versionSuffix: '.3', externalId: 'x' },
    ],
  ])('%s', (_, form, expected) => expect(name(...form)).toEqual(expected))

  test('attributes are no part of the grammar where both their gates are off', () => {
    const input = component(section(10, 1, 2, 'a', 0, 1, 0))
    const features = featureSet({ 'implements': false, 'canonical-names': false })
    const error = thrown(() => decode(input, { features, limits: COMPILE_LIMITS }))
    expect(error).toBeInstanceOf(MalformedError)
    expect(error).toMatchObject({ message: 'the `cm-implements` feature is not active (at offset 0xb)' })
    const canonical = featureSet({ 'implements': false, 'canonical-names': true })
    expect(decode(input, { features: canonical, limits: COMPILE_LIMITS }).defs).toHaveLength(1)
  })
})

describe('offsets', () => {
  test('are absolute, also inside nested components and modules', () => {
    const inner = component(section(7, 2, 0x73, 0x7f))
    const exporting = coreModule(section(5, 1, 0, 1), section(7, 1, 'mem', 2, 0))
    const input = component(section(0, 'pad'), section(4, inner), section(1, exporting))
    const [custom, nested, module] = decoded(input).defs as [Def, Def, Def]
    expect(custom.at).toBe(10)
    expect(nested).toMatchObject({ at: 16, component: { at: 16, end: 29 } })
    expect(nested).toMatchObject({ component: { defs: [{ at: 27 }, { at: 28 }] } })
    expect(module).toMatchObject({ at: 31, type: { exports: [{ at: 31 + 8 + 5 + 3 }] } })
  })

  test('bytes are views of the input, never copies', () => {
    const input = component(section(1, core), section(0, 'c', 1, 2, 3))
    for (const def of decoded(input).defs) {
      expect(def.kind === 'core-module' || def.kind === 'custom' ? def.bytes.buffer : undefined).toBe(input.buffer)
    }
  })
})

describe('accepted', () => {
  test.each<[string, Uint8Array, number]>([
    ['padded LEB128 in a section size', bytes(COMPONENT, 7, [0x81, 0x80, 0x80, 0x80, 0x00], 0), 0],
    ['an empty section of items', component(section(5, 0), section(8, 0)), 0],
    ['sections of one kind repeated', component(section(7, 1, 0x73), section(0, ''), section(7, 1, 0x7f)), 3],
    ['garbage in `component-name`', component(section(0, 'component-name', 0xff, 0xfe)), 1],
  ])('%s', (_, input, count) => expect(decoded(input).defs).toHaveLength(count))
})

const TOO_MANY_TYPES = 'types count exceeds limit of 1000000'
const START_TWICE = 'component cannot have more than one start function'
const EXACT = 'Exact type is not allowed in the exports'
const DECL = 'component or instance type declaration'
const leading = (byte: number, what: string): string => `invalid leading byte (0x${byte.toString(16)}) for ${what}`

describe('malformed', () => {
  const inType = (...parts: Part[]): Uint8Array => component(section(7, 1, ...parts))
  const EOF = 'unexpected end-of-file'
  const rows: [string, Uint8Array, string, number][] = [
    ['empty', bytes(), EOF, 0],
    ['half a magic', bytes(0, 0x61), EOF, 0],
    ['no version', bytes(0, 0x61, 0x73, 0x6d), EOF, 4],
    ['half a version', bytes(0, 0x61, 0x73, 0x6d, 0x0d), EOF, 4],
    [
      'bad magic',
      bytes([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0]),
      'magic header not detected: bad magic number - expected=[0x0, 0x61, 0x73, 0x6d] actual=[0x7f, 0x45, 0x4c, 0x46]',
      0,
    ],
    ['an older version', bytes([0, 0x61, 0x73, 0x6d, 0x0c, 0, 1, 0]), 'unknown binary version:    0x1000c', 4],
    ['another layer', bytes([0, 0x61, 0x73, 0x6d, 0x0d, 0, 2, 0]), 'unknown binary version:    0x2000d', 4],
    ['a core module', bytes(MODULE), 'expected a version header for a component', 0],
    ['section id 13', component(section(13)), 'malformed section id: 13', 10],
    ['section id 0x80', component(0x80), 'malformed section id', 8],
    ['a section id alone', component(0), EOF, 9],
    ['a section size cut off', component(0, 0x80, 0x80), EOF, 11],
    [
      'a section size over 32 bits',
      component(7, [0x81, 0x80, 0x80, 0x80, 0x70]),
      'invalid var_u32: integer too large',
      13,
    ],
    ['a section longer than the file', component(7, 3, 0), EOF, 10],
    ['a section shorter than its items', component(7, 1, 1, 0x73), EOF, 11],
    ['two components in one file', component(COMPONENT), 'expected section, got wasm magic number', 8],
    [
      'a section longer than its items',
      component(section(7, 1, 0x73, 0)),
      'section size mismatch: unexpected data at the end of the section',
      12,
    ],
    ['more items than bytes', component(section(7, leb(999_999), 0x73)), EOF, 14],
    ['more items than any component has', component(section(7, leb(1_000_001))), TOO_MANY_TYPES, 10],
    ['a custom name longer than its section', component(section(0, 5, 0x61, 0x62)), EOF, 11],
    ['a custom name not UTF-8', component(section(0, 2, 0xff, 0xfe)), 'malformed UTF-8 encoding', 12],
    [
      'a module where a component is due',
      component(section(4, MODULE)),
      'expected a version header for a component',
      10,
    ],
    [
      'a component where a module is due',
      component(section(1, COMPONENT)),
      'expected a version header for a module',
      10,
    ],
    [
      'a section past the end of its nested component',
      component(section(4, component(0, 5, 'abc')), section(0, 'x')),
      'section too large, 5 goes past 0x18',
      19,
    ],
    ['start twice', component(section(9, 0, 0, 0), section(9, 0, 0, 0)), START_TWICE, 15],
    [
      'more than a start in its section',
      component(section(9, 0, 0, 0, 0)),
      'unexpected content in the component start section',
      13,
    ],
    ['core instance form', component(section(2, 1, 2)), leading(0x2, 'core instance'), 11],
    ['core argument sort', component(section(2, 1, 0, 0, 1, 'i', 0, 0)), leading(0x0, 'instantiation arg kind'), 16],
    ['core inline export sort', component(section(2, 1, 1, 1, 'i', 5, 0)), leading(0x5, 'external kind'), 15],
    ['core inline export exact', component(section(2, 1, 1, 1, 'i', 0x20, 0)), EXACT, 16],
    ['instance form', component(section(5, 1, 2)), leading(0x2, 'instance'), 11],
    ['argument sort', component(section(5, 1, 0, 0, 1, 'i', 6, 0)), leading(0x6, 'component external kind'), 16],
    [
      'argument core sort',
      component(section(5, 1, 0, 0, 1, 'i', 0, 0, 0)),
      leading(0x0, 'component external kind'),
      17,
    ],
    ['alias target', component(section(6, 1, 3, 3, 0, 0)), leading(0x3, 'alias'), 12],
    ['alias of no sort', component(section(6, 1, 6, 0, 0, 'a')), leading(0x6, 'component external kind'), 11],
    [
      'core alias without core sort',
      component(section(6, 1, 1, 1, 0, 'a')),
      leading(0x1, 'core instance export kind'),
      11,
    ],
    ['core alias of no core sort', component(section(6, 1, 0, 5, 1, 0, 'a')), leading(0x5, 'external kind'), 11],
    ['outer alias of a function', component(section(6, 1, 1, 2, 0, 0)), leading(0x1, 'component outer alias kind'), 11],
    [
      'outer alias of a core function',
      component(section(6, 1, 0, 0, 2, 0, 0)),
      leading(0x0, 'component outer alias kind'),
      12,
    ],
    ['canon opcode', component(section(8, 1, 0x07)), leading(0x7, 'canonical function'), 11],
    ['canon lift of no function', component(section(8, 1, 0, 1)), leading(0x1, 'canonical function lift'), 12],
    ['canon lower of no function', component(section(8, 1, 1, 1)), leading(0x1, 'canonical function lower'), 12],
    ['canon option', component(section(8, 1, 1, 0, 0, 1, 0x0a)), leading(0xa, 'canonical option'), 15],
    ['eleven canon options', component(section(8, 1, 1, 0, 0, 11)), 'canonical options size is out of bounds', 14],
    ['a boolean immediate', component(section(8, 1, 0x06, 2)), 'invalid boolean value', 12],
    ['name form', component(section(10, 1, 3, 'a')), leading(0x3, 'component name'), 11],
    ['attribute', component(section(10, 1, 2, 'a', 1, 3, 'b')), leading(0x3, 'name option'), 15],
    ['value bound', component(section(10, 1, 0, 'a', 2, 2)), leading(0x2, 'value bound'), 15],
    ['type bound', component(section(10, 1, 0, 'a', 3, 2)), leading(0x2, 'type bound'), 15],
    [
      'export type flag',
      component(section(11, 1, 0, 'a', 1, 0, 2)),
      leading(0x2, 'optional component export type'),
      16,
    ],
    ['type opcode', inType(0x62), leading(0x62, 'component defined type'), 11],
    ['union, no longer a type', inType(0x6c), leading(0x6c, 'component defined type'), 11],
    ['case with a refinement', inType(0x71, 1, 'c', 0, 1), leading(0x1, 'zero byte required'), 16],
    ['optional type flag', inType(0x6a, 2), leading(0x2, 'optional component value type'), 12],
    ['resource destructor flag', inType(0x3f, 0x7f, 2), leading(0x2, 'resource destructor'), 13],
    ['result form', inType(0x40, 0, 2), leading(0x2, 'component function results'), 13],
    ['named results', inType(0x40, 0, 1, 1), leading(0x1, 'number of results'), 14],
    ['declarator', inType(0x41, 1, 5), leading(0x5, DECL), 13],
    ['import in an instance type', inType(0x42, 1, 3, 0, 'a', 1, 0), leading(0x3, DECL), 13],
    ['import in an instance type in a component type', inType(0x41, 1, 1, 0x42, 1, 3), leading(0x3, DECL), 16],
    ['10,001 fields', inType(0x72, leb(10_001)), 'record field size is out of bounds', 12],
    ['1,001 flags', inType(0x6e, leb(1_001)), 'flag names size is out of bounds', 12],
    [
      'core type with a 0x00 too many',
      component(section(3, 1, 0, 0x60, 0, 0)),
      leading(0x60, 'non-final sub type'),
      11,
    ],
    ['core type opcode', component(section(3, 1, 0x61)), leading(0x61, 'type'), 11],
    ['module declarator', component(section(3, 1, 0x50, 1, 4)), leading(0x4, 'type definition'), 13],
    ['module alias sort', component(section(3, 1, 0x50, 1, 2, 0)), leading(0x0, 'outer alias kind'), 14],
    ['module alias target', component(section(3, 1, 0x50, 1, 2, 0x10, 0)), leading(0x0, 'outer alias target'), 15],
  ]

  test.each(rows)('%s', (_, input, message, offset) => {
    const error = thrown(() => decoded(input))
    expect(error).toBeInstanceOf(MalformedError)
    expect(error).toMatchObject({ message: `${message} (at offset 0x${offset.toString(16)})`, offset })
  })
})

describe('invalid, though well-formed', () => {
  test.each<[string, Uint8Array, string, number]>([
    [
      'resource of another rep',
      component(section(7, 1, 0x3f, 0x7d, 0)),
      'resources can only be represented by `i32` or `i64`',
      12,
    ],
    [
      'context slot of another type',
      component(section(8, 1, 0x0a, 0x7d, 0)),
      '`context.get` only supports `i32` or `i64`',
      12,
    ],
    [
      'attribute twice',
      component(section(10, 1, 2, 'a', 2, 2, 'b', 2, 'c')),
      "duplicate 'external-id' option in name",
      18,
    ],
  ])('%s', (_, input, message, offset) => {
    const error = thrown(() => decoded(input))
    expect(error).toBeInstanceOf(InvalidError)
    expect(error).toMatchObject({ message: `${message} (at offset 0x${offset.toString(16)})`, offset })
  })
})

describe('limits', () => {
  /** `depth` components around an empty one. */
  function nest(depth: number): Uint8Array {
    const lengths = [8]
    for (let i = 0; i < depth; i++) lengths.push(8 + 1 + leb(lengths.at(-1) ?? 0).length + (lengths.at(-1) ?? 0))
    const parts: number[] = [...COMPONENT]
    for (let i = depth - 1; i >= 0; i--) parts.push(4, ...leb(lengths[i] ?? 0), ...COMPONENT)
    return Uint8Array.from(parts)
  }
  const nestType = (depth: number): Uint8Array =>
    component(
      section(
        7,
        1,
        Array.from({ length: depth - 1 }, () => [0x42, 1, 1]),
        0x42,
        0,
      ),
    )

  test.each([
    ['components', nest(101), 908],
    ['instance types', nestType(101), 0],
  ])('of nested %s', (kind, input) => {
    expect(decoded(kind === 'components' ? nest(100) : nestType(100)).defs).toHaveLength(1)
    const error = thrown(() => decoded(input))
    expect(error).toBeInstanceOf(LimitError)
    expect(error).toMatchObject({ limit: 'nesting', used: 101, cap: 100, option: 'compileLimits.nesting' })
  })

  test('nesting needs no stack, whatever the limit', () => {
    const deep = 100_000
    expect(decoded(nestType(deep), { nesting: Infinity }).defs).toHaveLength(1)
    const input = nest(20_000)
    const def = decoded(input, { nesting: Infinity })
    expect(encode(def)).toEqual(input)
  })

  test('of the size, before anything is read', () => {
    const error = thrown(() => decoded(new Uint8Array(11), { componentBytes: 10 }))
    expect(error).toBeInstanceOf(LimitError)
    expect(error).toMatchObject({ limit: 'componentBytes', used: 11, cap: 10, option: 'compileLimits.componentBytes' })
  })

  test('of items, all components of a file together', () => {
    const million = leb(1_000_000)
    const head = bytes(7, leb(1_000_000 + million.length), million)
    const types = new Uint8Array(head.length + 1_000_000).fill(0x7f)
    types.set(head)
    const nested = bytes(COMPONENT, 4, leb(8 + types.length), COMPONENT)
    const input = new Uint8Array(nested.length + 2 * types.length)
    input.set(nested)
    input.set(types, nested.length)
    expect(decoded(input.subarray(0, -types.length)).defs).toHaveLength(1)
    input.set(types, nested.length + types.length)
    const error = thrown(() => decoded(input))
    expect(error).toBeInstanceOf(MalformedError)
    const offset = input.length - 1_000_000
    expect(error).toMatchObject({
      message: `items count exceeds limit of 2000000 (at offset 0x${offset.toString(16)})`,
    })
  })

  test('of names, in components and in the core modules within', () => {
    const long = 'x'.repeat(51)
    for (const input of [component(section(0, long)), component(section(1, coreModule(section(0, long))))]) {
      expect(thrown(() => decoded(input, { nameBytes: 50 }))).toMatchObject({ limit: 'nameBytes', used: 51, cap: 50 })
    }
  })
})

describe('component-name', () => {
  const names = (...parts: Part[]): ReturnType<typeof decodeNames> =>
    decodeNames(decoded(component(section(0, 'component-name', ...parts))))

  test('names the component and items of any sort', () => {
    const { component: own, items } = names(
      section(0, 'calc'),
      section(1, 1, 2, [0, 'add'], [5, 'sub']),
      section(1, 0, 0x12, 1, [3, 'libc']),
      section(1, 0x42, 1, [0, 'of no sort']),
      section(9, 'unknown'),
      section(1, 1, 1, [5, 'too late']),
    )
    expect(own).toBe('calc')
    expect([...items]).toEqual([
      ['func', new Map([[0, 'add'], [5, 'sub']])], // biome-ignore format: a table
      ['core-instance', new Map([[3, 'libc']])],
    ])
  })

  test.each<[string, Part[], unknown]>([
    ['a subsection too long', [section(1, 1, 1, [0, 'kept']), 1, 50, 1], new Map([['func', new Map([[0, 'kept']])]])],
    ['fewer names than counted', [section(1, 1, 9, [0, 'kept'])], new Map([['func', new Map([[0, 'kept']])]])],
    ['a name not UTF-8', [section(1, 1, 1, [0, 1, 0xff])], new Map([['func', new Map()]])],
    ['garbage', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff], new Map()],
    ['nothing', [], new Map()],
  ])('%s rejects nothing', (_, parts, items) => expect(names(...parts).items).toEqual(items))
})

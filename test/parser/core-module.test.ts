import { describe, expect, test } from 'vitest'
import type { CoreModuleType, CoreRefType } from '../../src/model/core-types.ts'
import { InvalidError, LimitError, MalformedError } from '../../src/model/errors.ts'
import { COMPILE_LIMITS } from '../../src/model/limits.ts'
import { decodeCoreModule } from '../../src/parser/core-module.ts'
import { bytes, COMPONENT, coreModule, leb, MODULE, type Part, section, thrown, withoutOffsets } from './bytes.ts'

const decoded = (input: Uint8Array): CoreModuleType => decodeCoreModule(input, 0, COMPILE_LIMITS)

const FUNC = [0x60, 0, 0]
const END = 0x0b
const CONST = [0x41, 0, END]
const types = section(1, 1, FUNC)
const oneFunc = section(3, 1, 0)
const oneBody = section(10, 1, 2, 0, END)

const ref = (heap: CoreRefType['heap'], more: Partial<CoreRefType> = {}): CoreRefType => ({
  kind: 'ref',
  nullable: true,
  heap,
  shared: false,
  exact: false,
  ...more,
})
const plain = { final: true, shared: false, supertypes: [] }
const noFunc = { ...plain, type: { kind: 'func', params: [], results: [] } }

describe('types', () => {
  test.each<[string, Part[], unknown[]]>([
    [
      'numbers',
      [1, 0x60, 5, 0x7f, 0x7e, 0x7d, 0x7c, 0x7b, 1, 0x7f],
      [{ ...plain, type: { kind: 'func', params: ['i32', 'i64', 'f32', 'f64', 'v128'], results: ['i32'] } }],
    ],
    [
      'references, short and long',
      [2, FUNC, 0x60, 8, 0x70, 0x6f, 0x63, 0x70, 0x64, 0x6e, 0x63, 0, 0x64, 0x62, 0, 0x65, 0x6d, 0x64, 0x65, 0x6b, 0],
      [
        noFunc,
        {
          ...plain,
          type: {
            kind: 'func',
            params: [
              ref('func'),
              ref('extern'),
              ref('func'),
              ref('any', { nullable: false }),
              ref(0),
              ref(0, { nullable: false, exact: true }),
              ref('eq', { shared: true }),
              ref('struct', { nullable: false, shared: true }),
            ],
            results: [],
          },
        },
      ],
    ],
    [
      'a struct and an array',
      [2, 0x5f, 3, 0x78, 0, 0x77, 1, 0x7f, 1, 0x5e, 0x7c, 0],
      [
        {
          ...plain,
          type: {
            kind: 'struct',
            fields: [
              { type: 'i8', mutable: false },
              { type: 'i16', mutable: true },
              { type: 'i32', mutable: true },
            ],
          },
        },
        { ...plain, type: { kind: 'array', element: { type: 'f64', mutable: false } } },
      ],
    ],
    [
      'a recursion group whose types have supertypes and refer forward',
      [1, 0x4e, 3, [0x50, 0, 0x5f, 0], [0x50, 1, 0, 0x5f, 1, 0x63, 2, 0], [0x4f, 1, 1, 0x5f, 0]],
      [
        { ...plain, final: false, type: { kind: 'struct', fields: [] } },
        {
          ...plain,
          final: false,
          supertypes: [0],
          type: { kind: 'struct', fields: [{ type: ref(2), mutable: false }] },
        },
        { ...plain, supertypes: [1], type: { kind: 'struct', fields: [] } },
      ],
    ],
    [
      'shared, described and continuation types',
      [3, [0x65, FUNC], [0x4c, 0, 0x4d, 1, FUNC], 0x5d, 0],
      [
        { ...noFunc, shared: true },
        { ...noFunc, describes: 0, descriptor: 1 },
        { ...plain, type: { kind: 'cont', type: 0 } },
      ],
    ],
  ])('%s', (_, parts, expected) => {
    expect(withoutOffsets(decoded(coreModule(section(1, ...parts))).types)).toEqual(expected)
  })

  test.each([
    [0x70, 'func'],
    [0x6f, 'extern'],
    [0x6e, 'any'],
    [0x71, 'none'],
    [0x72, 'noextern'],
    [0x73, 'nofunc'],
    [0x6d, 'eq'],
    [0x6b, 'struct'],
    [0x6a, 'array'],
    [0x6c, 'i31'],
    [0x69, 'exn'],
    [0x74, 'noexn'],
    [0x68, 'cont'],
    [0x75, 'nocont'],
  ] as const)('heap type 0x%x is %s', (byte, heap) => {
    const input = coreModule(section(2, 1, '', 'g', 3, 0x64, byte, 0))
    expect(decoded(input).imports).toMatchObject([{ type: { type: ref(heap, { nullable: false }) } }])
  })
})

test('imports of every kind, with their offsets', () => {
  const imports = section(
    2,
    7,
    ['a', 'f', 0, 0],
    ['a', 'fx', 0x20, 0],
    ['a', 't', 1, 0x70, 1, 2, 3],
    ['a', 't64', 1, 0x6f, 4, leb(2 ** 40)],
    ['a', 'm', 2, 0x0f, 1, 2, 0],
    ['b', 'g', 3, 0x7f, 3],
    ['b', 'x', 4, 0, 0],
  )
  expect(decodeCoreModule(coreModule(types, imports), 100, COMPILE_LIMITS).imports).toEqual([
    { at: 117, module: 'a', name: 'f', type: { kind: 'func', type: 0, exact: false } },
    { at: 123, module: 'a', name: 'fx', type: { kind: 'func', type: 0, exact: true } },
    {
      at: 130,
      module: 'a',
      name: 't',
      type: { kind: 'table', element: ref('func'), limits: { min: 2n, max: 3n }, index: 'i32', shared: false },
    },
    {
      at: 139,
      module: 'a',
      name: 't64',
      type: {
        kind: 'table',
        element: ref('extern'),
        limits: { min: 2n ** 40n, max: undefined },
        index: 'i64',
        shared: false,
      },
    },
    {
      at: 154,
      module: 'a',
      name: 'm',
      type: { kind: 'memory', limits: { min: 1n, max: 2n }, index: 'i64', shared: true, pageSizeLog2: 0 },
    },
    { at: 163, module: 'b', name: 'g', type: { kind: 'global', type: 'i32', mutable: true, shared: true } },
    { at: 170, module: 'b', name: 'x', type: { kind: 'tag', type: 0 } },
  ])
})

test('the compact forms of imports', () => {
  const imports = section(
    2,
    3,
    ['m', '', 0x7f, 2, ['f', 0, 0], ['g', 3, 0x7e, 0]],
    ['m', '', 0x7e, 0, 0, 2, 'h', 'i'],
    ['m', '', 0, 0],
  )
  const { imports: found } = decoded(coreModule(types, imports, section(7, 1, 'last', 0, 3)))
  expect(found.map(({ name, type }) => [name, type.kind])).toEqual([
    ['f', 'func'],
    ['g', 'global'],
    ['h', 'func'],
    ['i', 'func'],
    ['', 'func'],
  ])
})

test('exports have the types of what they export, imported or defined', () => {
  const input = coreModule(
    section(1, 2, FUNC, 0x60, 1, 0x7f, 0),
    section(2, 3, ['', 'f', 0, 1], ['', 'm', 2, 0, 1], ['', 'x', 4, 0, 1]),
    oneFunc,
    section(4, 2, [0x70, 0, 5], [0x40, 0, 0x63, 0x6f, 0, 6, 0xd0, 0x6f, END]),
    section(5, 1, 1, 1, 9),
    section(13, 1, 0, 0),
    section(6, 1, 0x7e, 1, 0x42, 0, END),
    section(
      7,
      8,
      ['f0', 0, 0],
      ['f1', 0, 1],
      ['t1', 1, 1],
      ['m0', 2, 0],
      ['m1', 2, 1],
      ['g', 3, 0],
      ['x0', 4, 0],
      ['x1', 4, 1],
    ),
    section(8, 1),
    section(9, 0),
    section(12, 1),
    oneBody,
    section(11, 1, 1, 0),
    section(0, 'name', 0xff),
  )
  expect(Object.fromEntries(decoded(input).exports.map(({ name, type }) => [name, type]))).toEqual({
    f0: { kind: 'func', type: 1, exact: false },
    f1: { kind: 'func', type: 0, exact: false },
    t1: { kind: 'table', element: ref('extern'), limits: { min: 6n, max: undefined }, index: 'i32', shared: false },
    m0: { kind: 'memory', limits: { min: 1n, max: undefined }, index: 'i32', shared: false, pageSizeLog2: undefined },
    m1: { kind: 'memory', limits: { min: 1n, max: 9n }, index: 'i32', shared: false, pageSizeLog2: undefined },
    g: { kind: 'global', type: 'i64', mutable: true },
    x0: { kind: 'tag', type: 1 },
    x1: { kind: 'tag', type: 0 },
  })
})

test.each<[string, Part[]]>([
  ['i32', [0x41, [0x80, 0x80, 0x80, 0x80, 0x78]]],
  ['i64', [0x42, [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f]]],
  ['f32, with an `end` among its bytes', [0x43, END, END, END, END]],
  ['f64', [0x44, 1, 2, 3, 4, 5, 6, 7, END]],
  ['v128', [0xfd, 0x0c, Array(16).fill(END)]],
  ['global.get', [0x23, END]],
  ['ref.func', [0xd2, END]],
  ['ref.null', [0xd0, 0x70]],
  ['ref.null of a type', [0xd0, END]],
  ['extended', [0x23, 0, 0x41, 8, 0x6a, 0x6b, 0x6c, 0x7c, 0x7d, 0x7e]],
  ['GC', [0xfb, 0, 0, 0xfb, 1, 0, 0xfb, 6, 0, 0xfb, 7, 0, 0xfb, 8, 0, END, 0xfb, 0x1a, 0xfb, 0x1b, 0xfb, 0x1c]],
])('the constant expression %s is stepped over', (_, expr) => {
  const input = coreModule(section(6, 2, [0x7f, 0, expr, END], [0x7e, 1, 0x42, 0, END]), section(7, 1, 'g', 3, 1))
  expect(decoded(input).exports).toMatchObject([{ type: { type: 'i64', mutable: true } }])
})

const UNEXPECTED = 'unexpected data at the end of the section'
const NO_CODE = 'function section has non-zero count but code section is absent'
const NO_FUNCS = 'function section is absent but code section has non-zero count'
const COUNTS = 'function and code section have inconsistent lengths'
const DATA_COUNTS = 'data count and data section have inconsistent lengths'
const FIELD = 'malformed mutability byte for field type'
const INDEX = 'type index greater than implementation limits'

describe('malformed', () => {
  const EOF = 'unexpected end-of-file'
  const leading = (byte: number, what: string): string => `invalid leading byte (0x${byte.toString(16)}) for ${what}`
  const global = (...parts: Part[]): Uint8Array => coreModule(section(2, 1, '', '', 3, ...parts))

  test.each<[string, Uint8Array, string, number]>([
    ['empty', bytes(), EOF, 0],
    ['a component', bytes(COMPONENT), 'expected a version header for a module', 0],
    ['version 2', bytes(MODULE.with(4, 2)), 'unknown binary version:        0x2', 4],
    ['section 14', coreModule(section(14)), 'malformed section id: 14', 10],
    ['sections out of order', coreModule(types, section(11, 0), section(1, 0)), 'section out of order', 19],
    ['a section twice', coreModule(types, section(1, 0)), 'section out of order', 16],
    ['tags after globals', coreModule(section(6, 0), section(13, 0)), 'section out of order', 13],
    ['data count after code', coreModule(section(10, 0), section(12, 0)), 'section out of order', 13],
    ['a section longer than the module', coreModule(1, 9, 0), EOF, 10],
    ['two modules', coreModule(MODULE), 'expected section, got wasm magic number', 8],
    ['bytes after the items', coreModule(section(1, 0, 0)), `section size mismatch: ${UNEXPECTED}`, 11],
    ['bytes after the functions', coreModule(types, section(3, 0, 0)), `section size mismatch: ${UNEXPECTED}`, 17],
    ['bytes after the data count', coreModule(section(12, 0, 0)), 'unexpected content in the data count section', 11],
    ['functions without bodies', coreModule(types, oneFunc), NO_CODE, 18],
    ['bodies without functions', coreModule(types, oneBody), NO_FUNCS, 20],
    ['a body missing', coreModule(types, section(3, 2, 0, 0), oneBody), COUNTS, 25],
    ['segments missing', coreModule(section(12, 1)), 'data count is non-zero but data section is absent', 11],
    ['a segment missing', coreModule(section(12, 2), section(11, 1)), DATA_COUNTS, 14],
    ['type opcode', coreModule(section(1, 1, 0x61)), leading(0x61, 'type'), 11],
    ['two supertypes', coreModule(section(1, 1, 0x50, 2, 0, 0)), 'supertype idxs size is out of bounds', 12],
    ['1,001 parameters', coreModule(section(1, 1, 0x60, leb(1_001))), 'function params size is out of bounds', 12],
    ['field mutability', coreModule(section(1, 1, 0x5f, 1, 0x7f, 2)), FIELD, 15],
    ['a negative continuation', coreModule(section(1, 1, 0x5d, 0x7f)), 'invalid continuation type', 13],
    ['value type', global(0x7a, 0), 'invalid value type', 14],
    ['value type that only fields have', global(0x78, 0), 'invalid value type', 14],
    ['heap type of a value type', global(0x63, 0x40, 0), 'invalid value type', 15],
    ['exact out of place', global(0x62, 0, 0), 'unexpected exact type', 14],
    ['an index over 20 bits', global(0x63, [0x80, 0x80, 0xc0, 0x00], 0), INDEX, 19],
    ['global flags', global(0x7f, 4), 'malformed global flags', 15],
    ['reference type of a table', coreModule(section(4, 1, 0x7f, 0, 0)), 'malformed reference type', 11],
    ['heap type of a table', coreModule(section(4, 1, 0x63, 0x40, 0)), 'invalid heap type', 12],
    ['shared heap type of a table', coreModule(section(4, 1, 0x63, 0x65, 0, 0)), 'invalid abstract heap type', 13],
    ['table flags', coreModule(section(4, 1, 0x70, 8, 0)), 'invalid table resizable limits flags', 12],
    ['table encoding', coreModule(section(4, 1, 0x40, 1)), 'invalid table encoding', 12],
    ['memory flags', coreModule(section(5, 1, 0x10, 0)), 'invalid memory limits flags', 11],
    ['page size', coreModule(section(5, 1, 8, 0, 64)), 'invalid custom page size', 11],
    ['tag attribute', coreModule(types, section(13, 1, 1, 0)), 'invalid tag attributes', 17],
    ['import kind', coreModule(section(2, 1, 'a', 'b', 5)), leading(0x5, 'external kind'), 15],
    ['export kind', coreModule(section(7, 1, 'a', 5, 0)), leading(0x5, 'external kind'), 13],
    ['exact export', coreModule(section(7, 1, 'a', 0x20, 0)), 'Exact type is not allowed in the exports', 14],
    ['101 memories', coreModule(section(5, 101)), 'memories count exceeds limit of 100', 10],
    ['a constant expression without end', coreModule(section(6, 1, 0x7f, 0, 0x41, 0)), EOF, 15],
    ['custom name', coreModule(section(0, 1, 0xff)), 'malformed UTF-8 encoding', 11],
  ])('%s', (_, input, message, offset) => {
    for (const base of [0, 0x1000]) {
      // inside a component the end of the module is known, and said
      const words = base > 0 && message === EOF && offset === 10 ? 'section too large, 9 goes past 0x100b' : message
      const place = words === message ? offset : 9
      const error = thrown(() => decodeCoreModule(input, base, COMPILE_LIMITS))
      expect(error).toBeInstanceOf(MalformedError)
      expect(error).toMatchObject({
        message: `${words} (at offset 0x${(base + place).toString(16)})`,
        offset: base + place,
      })
    }
  })
})

const NOT_CONST = 'constant expression required: non-constant operator'

describe('invalid', () => {
  test.each<[string, Uint8Array, string, number]>([
    ['type of a function', coreModule(types, section(3, 1, 1)), 'unknown type 1: type index out of bounds', 17],
    ['type of an import', coreModule(section(2, 1, '', '', 0, 0)), 'unknown type 0: type index out of bounds', 11],
    ['type of a tag', coreModule(types, section(13, 1, 0, 7)), 'unknown type 7: type index out of bounds', 17],
    ['type of a global', coreModule(section(6, 1, 0x63, 0, 0, CONST)), 'unknown type 0: type index out of bounds', 11],
    ['type of a table', coreModule(section(4, 1, 0x63, 0, 0, 1)), 'unknown type 0: type index out of bounds', 11],
    [
      'type of a parameter',
      coreModule(section(1, 1, 0x60, 1, 0x63, 1, 0)),
      'unknown type 1: type index out of bounds',
      11,
    ],
    [
      'type after its group',
      coreModule(section(1, 2, 0x5e, 0x63, 1, 0, FUNC)),
      'unknown type 1: type index out of bounds',
      11,
    ],
    ['supertype', coreModule(section(1, 1, 0x50, 1, 3, FUNC)), 'unknown type 3: type index out of bounds', 11],
    [
      'function of a struct type',
      coreModule(section(1, 1, 0x5f, 0), section(3, 1, 0)),
      'type index 0 is not a function type',
      16,
    ],
    [
      'export of no function',
      coreModule(section(7, 1, 'f', 0, 0)),
      'unknown function 0: exported function index out of bounds',
      11,
    ],
    [
      'export of no table',
      coreModule(section(7, 1, 't', 1, 2)),
      'unknown table 2: exported table index out of bounds',
      11,
    ],
    [
      'export of no memory',
      coreModule(section(7, 1, 'm', 2, 1)),
      'unknown memory 1: exported memory index out of bounds',
      11,
    ],
    [
      'export of no global',
      coreModule(section(7, 1, 'g', 3, 1)),
      'unknown global 1: exported global index out of bounds',
      11,
    ],
    ['export of no tag', coreModule(section(7, 1, 'x', 4, 1)), 'unknown tag 1: exported tag index out of bounds', 11],
    ['operator that is not constant', coreModule(section(6, 1, 0x7f, 0, 0x10, 0)), `${NOT_CONST}: opcode 0x10`, 13],
    [
      'GC operator that is not constant',
      coreModule(section(6, 1, 0x7f, 0, 0xfb, 2)),
      `${NOT_CONST}: opcode 0xfb 0x2`,
      13,
    ],
    [
      'vector operator that is not constant',
      coreModule(section(6, 1, 0x7f, 0, 0xfd, 0)),
      `${NOT_CONST}: a vector operator`,
      13,
    ],
  ])('%s', (_, input, message, offset) => {
    const error = thrown(() => decoded(input))
    expect(error).toBeInstanceOf(InvalidError)
    expect(error).toMatchObject({ message: `${message} (at offset 0x${offset.toString(16)})`, offset })
  })
})

test.each([
  ['declared', coreModule(types, section(3, 4, 0, 0, 0, 0))],
  [
    'imported',
    coreModule(
      types,
      section(
        2,
        4,
        Array.from({ length: 4 }, () => ['', 'f', 0, 0]),
      ),
    ),
  ],
  ['both', coreModule(types, section(2, 2, ['', 'f', 0, 0], ['', 'f', 0, 0]), section(3, 2, 0, 0))],
])('functions are limited: %s', (_, input) => {
  const error = thrown(() => decodeCoreModule(input, 0, { ...COMPILE_LIMITS, coreFunctions: 3 }))
  expect(error).toBeInstanceOf(LimitError)
  expect(error).toMatchObject({ limit: 'coreFunctions', used: 4, cap: 3, option: 'compileLimits.coreFunctions' })
})

test('the items of a module count among those of the component around it', () => {
  const input = coreModule(section(1, 1, 0x60, 1, 0x7f, 0), section(7, 1, 'm', 2, 0))
  const error = thrown(() => decodeCoreModule(input, 0, COMPILE_LIMITS, { items: 2 }))
  expect(error).toBeInstanceOf(MalformedError)
  expect(error).toMatchObject({ message: 'items count exceeds limit of 2000000 (at offset 0x12)' })
})

// 200 types, of which one is a structure: so indices take one byte or two, and stand before and after it
const manyTypes = (struct: number): Part =>
  section(1, leb(200), ...Array.from({ length: 200 }, (_, i) => (i === struct ? [0x5f, 0] : [0x60, 0, 0])))
const declared = [0, 99, 127, 128, 199]

test.each([198, 50])(
  'a function exported by its index has the type it was declared with; type %i is none',
  (struct) => {
    const module = coreModule(
      manyTypes(struct),
      section(2, 1, ['', 'f', 0, 1]),
      section(3, declared.length, ...declared.map(leb)),
      section(7, declared.length + 1, ...[0, 1, 2, 3, 4, 5].flatMap((i) => [`f${i}`, 0, i])),
      section(10, declared.length, ...declared.map(() => [2, 0, END])),
    )
    expect(decoded(module).exports.map(({ type }) => type)).toEqual(
      [1, ...declared].map((type) => ({ kind: 'func', type, exact: false })),
    )
  },
)

test.each([
  ['a type that is no function, in one byte', 50, [0, 50], 'type index 50 is not a function type', InvalidError],
  ['a type that is no function, in two', 198, [0, 198], 'type index 198 is not a function type', InvalidError],
  ['a type that does not exist', 198, [0, 200], 'unknown type 200: type index out of bounds', InvalidError],
  ['fewer than it says', 198, [0], 'unexpected end-of-file', MalformedError],
] as const)('functions with %s', (_, struct, indices, message, type) => {
  const module = coreModule(manyTypes(struct), section(3, 2, ...indices.map(leb)))
  const error = thrown(() => decoded(module))
  expect(error).toBeInstanceOf(type)
  expect(error).toMatchObject({ message: expect.stringContaining(message) })
})

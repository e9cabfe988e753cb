/** Core WebAssembly types at random: everything the binary format can say, whether or not it is valid. */
import fc, { type Arbitrary } from 'fast-check'
import type {
  CoreAbstractHeapType,
  CoreCompositeType,
  CoreExternType,
  CoreFieldType,
  CoreLimits,
  CoreRecGroup,
  CoreRefType,
  CoreSubType,
  CoreValType,
} from '../../src/model/core-types.ts'

/** Small ones most of the time, so that they sometimes hit something. */
export const u32: Arbitrary<number> = fc.oneof(
  { weight: 8, arbitrary: fc.nat(8) },
  { weight: 1, arbitrary: fc.nat(0xffff_ffff) },
)
/** Type indices that core types may mention: wasmparser keeps them in 20 bits. */
const typeIndex = fc.oneof({ weight: 8, arbitrary: fc.nat(8) }, { weight: 1, arbitrary: fc.nat(2 ** 20 - 1) })
const u64 = fc.oneof(fc.bigInt(0n, 9n), fc.bigInt(0n, 2n ** 64n - 1n))

/** Any text without lone surrogates. */
export const name: Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('', 'a', 'b-c', 'memory', 'a:b/c@1.2.3', '__proto__', '\ufeffx\0') },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 80 }) },
)

const HEAP_TYPES: readonly CoreAbstractHeapType[] = [
  'func',
  'extern',
  'any',
  'none',
  'noextern',
  'nofunc',
  'eq',
  'struct',
  'array',
  'i31',
  'exn',
  'noexn',
  'cont',
  'nocont',
]

const kind = fc.constant('ref' as const)
const refType: Arbitrary<CoreRefType> = fc.oneof(
  fc.record({
    kind,
    nullable: fc.boolean(),
    heap: fc.constantFrom(...HEAP_TYPES),
    shared: fc.boolean(),
    exact: fc.constant(false),
  }),
  fc.record({ kind, nullable: fc.boolean(), heap: typeIndex, shared: fc.constant(false), exact: fc.constant(false) }),
  fc.record({ kind, nullable: fc.boolean(), heap: u32, shared: fc.constant(false), exact: fc.constant(true) }),
)

const valType: Arbitrary<CoreValType> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('i32', 'i64', 'f32', 'f64', 'v128' as const) },
  { weight: 1, arbitrary: refType },
)

const fieldType: Arbitrary<CoreFieldType> = fc.record({
  type: fc.oneof(valType, fc.constantFrom('i8', 'i16' as const)),
  mutable: fc.boolean(),
})

const compositeType: Arbitrary<CoreCompositeType> = fc.oneof(
  fc.record({
    kind: fc.constant('func' as const),
    params: fc.array(valType, { maxLength: 4 }),
    results: fc.array(valType, { maxLength: 3 }),
  }),
  fc.record({ kind: fc.constant('struct' as const), fields: fc.array(fieldType, { maxLength: 4 }) }),
  fc.record({ kind: fc.constant('array' as const), element: fieldType }),
  fc.record({ kind: fc.constant('cont' as const), type: typeIndex }),
)

const subType: Arbitrary<CoreSubType> = fc.record(
  {
    final: fc.boolean(),
    shared: fc.boolean(),
    supertypes: fc.array(typeIndex, { maxLength: 1 }),
    describes: typeIndex,
    descriptor: typeIndex,
    type: compositeType,
  },
  { requiredKeys: ['final', 'shared', 'supertypes', 'type'] },
)

export const recGroup: Arbitrary<CoreRecGroup> = fc.oneof(
  fc.record({ at: fc.constant(0), explicit: fc.constant(false), types: fc.tuple(subType) }),
  fc.record({ at: fc.constant(0), explicit: fc.constant(true), types: fc.array(subType, { maxLength: 3 }) }),
)

const limits: Arbitrary<CoreLimits> = fc.record({ min: u64, max: fc.option(u64, { nil: undefined }) })
const index = fc.constantFrom('i32', 'i64' as const)

export const coreExternType: Arbitrary<CoreExternType> = fc.oneof(
  fc.record({ kind: fc.constant('func' as const), type: u32, exact: fc.boolean() }),
  fc.record({ kind: fc.constant('table' as const), element: refType, limits, index, shared: fc.boolean() }),
  fc.record({
    kind: fc.constant('memory' as const),
    limits,
    index,
    shared: fc.boolean(),
    pageSizeLog2: fc.option(fc.nat(63), { nil: undefined }),
  }),
  fc.record(
    {
      kind: fc.constant('global' as const),
      type: valType,
      mutable: fc.boolean(),
      shared: fc.constant(true as const),
    },
    { requiredKeys: ['kind', 'type', 'mutable'] },
  ),
  fc.record({ kind: fc.constant('tag' as const), type: u32 }),
)

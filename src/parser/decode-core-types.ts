/**
 * Core WebAssembly types in binary: value and reference types, recursion groups, import and export descriptions.
 *
 * Shared by the core-module decoder and by the core types of a component. Indices are as written, checked by nobody here.
 * Everything a released or proposed core type may say is read (GC, exact, shared, 64-bit, page sizes), so that the
 * refusal of a gated one can name it.
 *
 * @throws MalformedError
 */
import type {
  CoreAbstractHeapType,
  CoreCompositeType,
  CoreExternType,
  CoreFieldType,
  CoreGlobalType,
  CoreLimits,
  CoreMemoryType,
  CoreNumType,
  CoreRecGroup,
  CoreRefType,
  CoreSubType,
  CoreTableType,
  CoreValType,
} from '../model/core-types.ts'
import {
  MAX_WASM_FUNCTION_PARAMS,
  MAX_WASM_FUNCTION_RETURNS,
  MAX_WASM_STRUCT_FIELDS,
  MAX_WASM_SUPERTYPES,
  MAX_WASM_TYPES,
} from '../model/limits.ts'
import { type ByteReader, readU32 } from './reader.ts'

/** wasmparser keeps type indices in 20 bits. */
const MAX_TYPE_INDEX = 2 ** 20 - 1

/** The opcodes from 0x68 up. */
const HEAP_TYPES: readonly CoreAbstractHeapType[] = [
  'cont',
  'exn',
  'array',
  'struct',
  'i31',
  'eq',
  'any',
  'extern',
  'func',
  'none',
  'noextern',
  'nofunc',
  'noexn',
  'nocont',
]

/** The opcodes from 0x7b up. */
const NUMBERS: readonly (CoreNumType | 'v128')[] = ['v128', 'f64', 'f32', 'i64', 'i32']

/** @param wording what a wrong heap type is called here */
function abstractHeapType(r: ByteReader, wording: string): CoreAbstractHeapType {
  return HEAP_TYPES[r.u8() - 0x68] ?? r.fail(wording, r.offset - 1)
}

function typeIndex(r: ByteReader, index: number): number {
  if (index > MAX_TYPE_INDEX) r.fail('type index greater than implementation limits')
  return index
}

/**
 * A heap type, as a reference of the given nullability.
 *
 * @param wording what a wrong one is called by the type around it
 */
export function decodeHeapType(r: ByteReader, nullable: boolean, wording?: string): CoreRefType {
  const start = r.pos
  const s33 = r.s33()
  if (s33 >= 0) return { kind: 'ref', nullable, heap: typeIndex(r, s33), shared: false, exact: false }
  r.pos = start
  const prefix = r.peek()
  if (prefix === 0x62) {
    r.u8()
    return { kind: 'ref', nullable, heap: r.u32(), shared: false, exact: true }
  }
  const shared = prefix === 0x65
  if (shared) r.u8()
  const heap = abstractHeapType(r, wording ?? (shared ? 'invalid abstract heap type' : 'invalid heap type'))
  return { kind: 'ref', nullable, heap, shared, exact: false }
}

export function decodeRefType(r: ByteReader, wording?: string): CoreRefType {
  switch (r.peek()) {
    case 0x63:
    case 0x64:
      return decodeHeapType(r, r.u8() === 0x63, wording)
    case 0x62:
      return r.fail('unexpected exact type')
    default: {
      // the short form: `ref null` of an abstract heap type
      const shared = r.peek() === 0x65
      if (shared) r.u8()
      const heap = abstractHeapType(r, wording ?? 'malformed reference type')
      return { kind: 'ref', nullable: true, heap, shared, exact: false }
    }
  }
}

export function decodeCoreValType(r: ByteReader): CoreValType {
  const number = NUMBERS[r.peek() - 0x7b]
  if (number === undefined) return decodeRefType(r, 'invalid value type')
  r.pos++
  return number
}

function fieldType(r: ByteReader): CoreFieldType {
  const packed = r.peek()
  const type = packed === 0x78 ? 'i8' : packed === 0x77 ? 'i16' : undefined
  if (type !== undefined) r.u8()
  const storage = type ?? decodeCoreValType(r)
  const mutable = r.u8()
  if (mutable > 1) r.fail('malformed mutability byte for field type')
  return { type: storage, mutable: mutable === 1 }
}

function compositeType(r: ByteReader, opcode: number): CoreCompositeType {
  switch (opcode) {
    case 0x60:
      return {
        kind: 'func',
        params: r.vec(MAX_WASM_FUNCTION_PARAMS, 'function params', decodeCoreValType),
        results: r.vec(MAX_WASM_FUNCTION_RETURNS, 'function returns', decodeCoreValType),
      }
    case 0x5e:
      return { kind: 'array', element: fieldType(r) }
    case 0x5f:
      return { kind: 'struct', fields: r.vec(MAX_WASM_STRUCT_FIELDS, 'struct fields', fieldType) }
    case 0x5d: {
      const index = r.s33()
      if (index < 0) r.fail('invalid continuation type')
      return { kind: 'cont', type: typeIndex(r, index) }
    }
    default:
      return r.badByte(opcode, 'type')
  }
}

function subType(r: ByteReader): CoreSubType {
  let opcode = r.u8()
  const final = opcode !== 0x50
  let supertypes: number[] = []
  if (opcode === 0x4f || opcode === 0x50) {
    supertypes = r.vec(MAX_WASM_SUPERTYPES, 'supertype idxs', readU32)
    for (const index of supertypes) typeIndex(r, index)
    opcode = r.u8()
  }
  const shared = opcode === 0x65
  if (shared) opcode = r.u8()
  let describes: number | undefined
  if (opcode === 0x4c) {
    describes = typeIndex(r, r.u32())
    opcode = r.u8()
  }
  let descriptor: number | undefined
  if (opcode === 0x4d) {
    descriptor = typeIndex(r, r.u32())
    opcode = r.u8()
  }
  const type = compositeType(r, opcode)
  return {
    final,
    shared,
    supertypes,
    ...(describes !== undefined && { describes }),
    ...(descriptor !== undefined && { descriptor }),
    type,
  }
}

export function decodeRecGroup(r: ByteReader): CoreRecGroup {
  const at = r.offset
  if (r.peek() !== 0x4e) return { at, explicit: false, types: [subType(r)] }
  r.u8()
  return { at, explicit: true, types: r.vec(MAX_WASM_TYPES, 'rec group types', subType) }
}

function limits(r: ByteReader, hasMax: boolean): CoreLimits {
  return { min: r.u64(), max: hasMax ? r.u64() : undefined }
}

export function decodeTableType(r: ByteReader): CoreTableType {
  const element = decodeRefType(r)
  const at = r.offset
  const flags = r.u8()
  if (flags > 0b111) r.fail('invalid table resizable limits flags', at)
  return {
    kind: 'table',
    element,
    limits: limits(r, (flags & 0b001) !== 0),
    index: flags & 0b100 ? 'i64' : 'i32',
    shared: (flags & 0b010) !== 0,
  }
}

export function decodeMemoryType(r: ByteReader): CoreMemoryType {
  const at = r.offset
  const flags = r.u8()
  if (flags > 0b1111) r.fail('invalid memory limits flags', at)
  const bounds = limits(r, (flags & 0b0001) !== 0)
  let pageSizeLog2: number | undefined
  if (flags & 0b1000) {
    pageSizeLog2 = r.u32()
    if (pageSizeLog2 >= 64) r.fail('invalid custom page size', at)
  }
  return {
    kind: 'memory',
    limits: bounds,
    index: flags & 0b0100 ? 'i64' : 'i32',
    shared: (flags & 0b0010) !== 0,
    pageSizeLog2,
  }
}

export function decodeGlobalType(r: ByteReader): CoreGlobalType {
  const type = decodeCoreValType(r)
  const flags = r.u8()
  if (flags > 0b11) r.fail('malformed global flags', r.offset - 1)
  const mutable = (flags & 0b01) !== 0
  return flags & 0b10 ? { kind: 'global', type, mutable, shared: true } : { kind: 'global', type, mutable }
}

export function decodeTagType(r: ByteReader): { readonly kind: 'tag'; readonly type: number } {
  if (r.u8() !== 0) r.fail('invalid tag attributes', r.offset - 1)
  return { kind: 'tag', type: r.u32() }
}

/** `importdesc`: what an import or a declared export is. */
export function decodeCoreExternType(r: ByteReader): CoreExternType {
  const kind = r.u8()
  switch (kind) {
    case 0x00:
      return { kind: 'func', type: r.u32(), exact: false }
    case 0x20:
      return { kind: 'func', type: r.u32(), exact: true }
    case 0x01:
      return decodeTableType(r)
    case 0x02:
      return decodeMemoryType(r)
    case 0x03:
      return decodeGlobalType(r)
    case 0x04:
      return decodeTagType(r)
    default:
      return r.badByte(kind, 'external kind')
  }
}

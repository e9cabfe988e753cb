/**
 * Core WebAssembly types → bytes: the counterpart of the parser's `decode-core-types.ts`, always in the shortest form.
 */
import type {
  CoreAbstractHeapType,
  CoreCompositeType,
  CoreExternType,
  CoreFieldType,
  CoreLimits,
  CoreRecGroup,
  CoreRefType,
  CoreStorageType,
  CoreSubType,
} from '../model/core-types.ts'
import { unreachable } from '../model/errors.ts'
import type { ByteWriter } from './byte-writer.ts'

const HEAP_TYPES: Readonly<Record<CoreAbstractHeapType, number>> = {
  func: 0x70,
  extern: 0x6f,
  any: 0x6e,
  none: 0x71,
  noextern: 0x72,
  nofunc: 0x73,
  eq: 0x6d,
  struct: 0x6b,
  array: 0x6a,
  i31: 0x6c,
  exn: 0x69,
  noexn: 0x74,
  cont: 0x68,
  nocont: 0x75,
}

const NUMBERS = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b, i8: 0x78, i16: 0x77 } as const

function refType(w: ByteWriter, { nullable, heap, shared, exact }: CoreRefType): void {
  const abstract = typeof heap === 'string'
  // a nullable reference to an abstract type has a short form without prefix
  if (!(abstract && nullable)) w.u8(nullable ? 0x63 : 0x64)
  if (abstract) {
    if (shared) w.u8(0x65)
    w.u8(HEAP_TYPES[heap])
  } else if (exact) {
    w.u8(0x62)
    w.u32(heap)
  } else w.s33(heap)
}

export function encodeCoreValType(w: ByteWriter, type: CoreStorageType): void {
  if (typeof type === 'string') w.u8(NUMBERS[type])
  else refType(w, type)
}

function fieldType(w: ByteWriter, { type, mutable }: CoreFieldType): void {
  encodeCoreValType(w, type)
  w.u8(mutable ? 1 : 0)
}

function compositeType(w: ByteWriter, type: CoreCompositeType): void {
  switch (type.kind) {
    case 'func':
      w.u8(0x60)
      w.vec(type.params, encodeCoreValType)
      w.vec(type.results, encodeCoreValType)
      break
    case 'struct':
      w.u8(0x5f)
      w.vec(type.fields, fieldType)
      break
    case 'array':
      w.u8(0x5e)
      fieldType(w, type.element)
      break
    case 'cont':
      w.u8(0x5d)
      w.s33(type.type)
      break
    default:
      unreachable(type)
  }
}

function subType(w: ByteWriter, type: CoreSubType): void {
  if (!type.final || type.supertypes.length > 0) {
    w.u8(type.final ? 0x4f : 0x50)
    w.vec(type.supertypes, (_, index) => w.u32(index))
  }
  if (type.shared) w.u8(0x65)
  if (type.describes !== undefined) {
    w.u8(0x4c)
    w.u32(type.describes)
  }
  if (type.descriptor !== undefined) {
    w.u8(0x4d)
    w.u32(type.descriptor)
  }
  compositeType(w, type.type)
}

export function encodeRecGroup(w: ByteWriter, { explicit, types }: CoreRecGroup): void {
  const [first] = types
  if (explicit || first === undefined) {
    w.u8(0x4e)
    w.vec(types, subType)
  } else subType(w, first)
}

function limits(w: ByteWriter, { min, max }: CoreLimits): void {
  w.u64(min)
  if (max !== undefined) w.u64(max)
}

const flag = (on: boolean, bit: number): number => (on ? bit : 0)

export function encodeCoreExternType(w: ByteWriter, type: CoreExternType): void {
  switch (type.kind) {
    case 'func':
      w.u8(type.exact ? 0x20 : 0x00)
      w.u32(type.type)
      break
    case 'table':
      w.u8(0x01)
      refType(w, type.element)
      w.u8(flag(type.limits.max !== undefined, 1) | flag(type.shared, 2) | flag(type.index === 'i64', 4))
      limits(w, type.limits)
      break
    case 'memory': {
      const bounded = flag(type.limits.max !== undefined, 1)
      const paged = flag(type.pageSizeLog2 !== undefined, 8)
      w.u8(0x02)
      w.u8(bounded | flag(type.shared, 2) | flag(type.index === 'i64', 4) | paged)
      limits(w, type.limits)
      if (type.pageSizeLog2 !== undefined) w.u32(type.pageSizeLog2)
      break
    }
    case 'global':
      w.u8(0x03)
      encodeCoreValType(w, type.type)
      w.u8(flag(type.mutable, 1) | flag(type.shared === true, 2))
      break
    case 'tag':
      w.u8(0x04)
      w.u8(0x00)
      w.u32(type.type)
      break
    default:
      unreachable(type)
  }
}

/**
 * Value types, function types and resource types in binary. They do not nest: what they contain, they name by index.
 *
 * @spec Type Definitions
 * @throws MalformedError
 * @throws InvalidError for a resource representation that the model has no word for
 */
import {
  type DefValType,
  type FuncTypeDef,
  index,
  type NamedRef,
  type ResourceTypeDef,
  type TypeIndex,
  type ValTypeRef,
} from '../model/component.ts'
import { InvalidError } from '../model/errors.ts'
import {
  MAX_WASM_ENUM_CASES,
  MAX_WASM_FLAG_NAMES,
  MAX_WASM_FUNCTION_PARAMS,
  MAX_WASM_RECORD_FIELDS,
  MAX_WASM_TUPLE_TYPES,
  MAX_WASM_VARIANT_CASES,
} from '../model/limits.ts'
import type { PrimValType } from '../model/types.ts'
import { decodeCoreValType } from './decode-core-types.ts'
import { type ByteReader, readName } from './reader.ts'

/** The opcodes 0x73 to 0x7f. */
const PRIMITIVES: readonly PrimValType[] = [
  'string',
  'char',
  'f64',
  'f32',
  'u64',
  's64',
  'u32',
  's32',
  'u16',
  's16',
  'u8',
  's8',
  'bool',
]

const primitive = (opcode: number): PrimValType | undefined =>
  opcode === 0x64 ? 'error-context' : PRIMITIVES[opcode - 0x73]

export function decodeTypeIndex(r: ByteReader): TypeIndex {
  return index(r.u32())
}

export function decodeValType(r: ByteReader): ValTypeRef {
  const prim = primitive(r.peek())
  if (prim !== undefined) {
    r.u8()
    return prim
  }
  // a negative number that is no primitive becomes an index that no index space reaches, as in wasmparser
  return index(r.s33() >>> 0)
}

function optionalValType(r: ByteReader): ValTypeRef | undefined {
  const byte = r.u8()
  if (byte === 0x00) return undefined
  if (byte === 0x01) return decodeValType(r)
  return r.badByte(byte, 'optional component value type')
}

function labelValType(r: ByteReader): NamedRef<ValTypeRef> {
  return { name: r.name(), type: decodeValType(r) }
}

function variantCase(r: ByteReader): NamedRef<ValTypeRef | undefined> {
  const name = r.name()
  const type = optionalValType(r)
  const byte = r.u8()
  if (byte !== 0x00) r.badByte(byte, 'zero byte required')
  return { name, type }
}

/** @param opcode just read */
export function decodeDefValType(r: ByteReader, opcode: number): DefValType {
  const prim = primitive(opcode)
  if (prim !== undefined) return { kind: 'primitive', type: prim }
  switch (opcode) {
    case 0x72:
      return { kind: 'record', fields: r.vec(MAX_WASM_RECORD_FIELDS, 'record field', labelValType) }
    case 0x71:
      return { kind: 'variant', cases: r.vec(MAX_WASM_VARIANT_CASES, 'variant cases', variantCase) }
    case 0x70:
      return { kind: 'list', element: decodeValType(r), length: undefined }
    case 0x67:
      return { kind: 'list', element: decodeValType(r), length: r.u32() }
    case 0x6f:
      return { kind: 'tuple', elements: r.vec(MAX_WASM_TUPLE_TYPES, 'tuple types', decodeValType) }
    case 0x6e:
      return { kind: 'flags', labels: r.vec(MAX_WASM_FLAG_NAMES, 'flag names', readName) }
    case 0x6d:
      return { kind: 'enum', labels: r.vec(MAX_WASM_ENUM_CASES, 'enum cases', readName) }
    case 0x6b:
      return { kind: 'option', some: decodeValType(r) }
    case 0x6a:
      return { kind: 'result', ok: optionalValType(r), err: optionalValType(r) }
    case 0x69:
      return { kind: 'own', resource: decodeTypeIndex(r) }
    case 0x68:
      return { kind: 'borrow', resource: decodeTypeIndex(r) }
    case 0x66:
      return { kind: 'stream', element: optionalValType(r) }
    case 0x65:
      return { kind: 'future', element: optionalValType(r) }
    case 0x63:
      return { kind: 'map', key: decodeValType(r), value: decodeValType(r) }
    default:
      return r.badByte(opcode, 'component defined type')
  }
}

export function decodeResultList(r: ByteReader): ValTypeRef | undefined {
  const byte = r.u8()
  if (byte === 0x00) return decodeValType(r)
  if (byte !== 0x01) r.badByte(byte, 'component function results')
  const count = r.u8()
  if (count !== 0x00) r.badByte(count, 'number of results')
  return undefined
}

export function decodeFuncType(r: ByteReader, async: boolean): FuncTypeDef {
  const params = r.vec(MAX_WASM_FUNCTION_PARAMS, 'component function parameters', labelValType)
  return { kind: 'func', async, params, result: decodeResultList(r) }
}

export function decodeResourceType(r: ByteReader): ResourceTypeDef {
  const at = r.offset
  const rep = decodeCoreValType(r)
  if (rep !== 'i32' && rep !== 'i64') {
    throw new InvalidError('resources can only be represented by `i32` or `i64`', at)
  }
  const byte = r.u8()
  if (byte > 0x01) r.badByte(byte, 'resource destructor')
  return { kind: 'resource', rep, dtor: byte === 0x01 ? index<'core-func'>(r.u32()) : undefined }
}

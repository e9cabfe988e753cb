/**
 * The definitions of a component other than types and aliases: instances, canonical functions, start, imports, exports,
 * values. One function reads one item of a section.
 *
 * @spec Instance Definitions
 * @spec Canonical Definitions
 * @throws MalformedError, LimitError
 */
import type { CanonOptDef } from '../model/builtins.ts'
import {
  type CanonDef,
  type CoreInlineExport,
  type CoreInstanceDef,
  type CoreInstantiateArg,
  type Def,
  type InlineExport,
  type InstanceDef,
  type InstantiateArg,
  index,
  type ValueIndex,
} from '../model/component.ts'
import {
  MAX_WASM_CANONICAL_OPTIONS,
  MAX_WASM_FUNCTION_RETURNS,
  MAX_WASM_INSTANTIATION_ARGS,
  MAX_WASM_INSTANTIATION_EXPORTS,
  MAX_WASM_START_ARGS,
} from '../model/limits.ts'
import type { ComponentReader } from './component-reader.ts'
import { decodeCoreSort, decodeExternalSort, decodeExternName, decodeExternType } from './decode-externs.ts'
import { decodeTypeIndex, decodeValType } from './decode-valtypes.ts'
import type { ByteReader } from './reader.ts'

export function decodeCoreInstance(r: ByteReader): CoreInstanceDef {
  const form = r.u8()
  const what = 'core instantiation arguments'
  if (form === 0x00) {
    const module = index<'core-module'>(r.u32())
    return { kind: 'instantiate', module, args: r.vec(MAX_WASM_INSTANTIATION_ARGS, what, coreArg) }
  }
  if (form === 0x01) return { kind: 'exports', exports: r.vec(MAX_WASM_INSTANTIATION_ARGS, what, coreInlineExport) }
  return r.badByte(form, 'core instance')
}

function coreArg(r: ByteReader): CoreInstantiateArg {
  const name = r.name()
  const sort = r.u8()
  if (sort !== 0x12) r.badByte(sort, 'instantiation arg kind')
  return { name, instance: index(r.u32()) }
}

function coreInlineExport(r: ByteReader): CoreInlineExport {
  return { name: r.name(), sort: decodeCoreSort(r), index: r.u32() }
}

export function decodeInstance(r: ComponentReader): InstanceDef {
  const form = r.u8()
  if (form === 0x00) {
    const component = index<'component'>(r.u32())
    const args = r.vec(MAX_WASM_INSTANTIATION_ARGS, 'instantiation arguments', instantiateArg)
    return { kind: 'instantiate', component, args }
  }
  if (form === 0x01) {
    return { kind: 'exports', exports: r.vec(MAX_WASM_INSTANTIATION_EXPORTS, 'instantiation exports', inlineExport) }
  }
  return r.badByte(form, 'instance')
}

function instantiateArg(r: ByteReader): InstantiateArg {
  return { name: r.name(), sort: decodeExternalSort(r), index: r.u32() }
}

function inlineExport(r: ComponentReader): InlineExport {
  return { name: decodeExternName(r), sort: decodeExternalSort(r), index: r.u32() }
}

function canonOpt(r: ByteReader): CanonOptDef {
  const opcode = r.u8()
  switch (opcode) {
    case 0x00:
      return { kind: 'utf8' }
    case 0x01:
      return { kind: 'utf16' }
    case 0x02:
      return { kind: 'latin1+utf16' }
    case 0x03:
      return { kind: 'memory', memory: index(r.u32()) }
    case 0x04:
      return { kind: 'realloc', func: index(r.u32()) }
    case 0x05:
      return { kind: 'post-return', func: index(r.u32()) }
    case 0x06:
      return { kind: 'async' }
    case 0x07:
      return { kind: 'callback', func: index(r.u32()) }
    case 0x08:
      return { kind: 'core-type', type: index(r.u32()) }
    case 0x09:
      return { kind: 'gc' }
    default:
      return r.badByte(opcode, 'canonical option')
  }
}

export function canonOpts(r: ByteReader): CanonOptDef[] {
  return r.vec(MAX_WASM_CANONICAL_OPTIONS, 'canonical options', canonOpt)
}

export function decodeCanon(r: ComponentReader): CanonDef {
  const opcode = r.u8()
  if (opcode === 0x00) {
    const sort = r.u8()
    if (sort !== 0x00) r.badByte(sort, 'canonical function lift')
    return { kind: 'lift', core: index(r.u32()), opts: canonOpts(r), type: decodeTypeIndex(r) }
  }
  if (opcode === 0x01) {
    const sort = r.u8()
    if (sort !== 0x00) r.badByte(sort, 'canonical function lower')
    return { kind: 'lower', func: index(r.u32()), opts: canonOpts(r) }
  }
  return r.rare().decodeBuiltin(r, opcode)
}

export function decodeStart(r: ByteReader, at: number): Def {
  const func = index<'func'>(r.u32())
  const args = r.vec(MAX_WASM_START_ARGS, 'start function arguments', (from): ValueIndex => index(from.u32()))
  return { kind: 'start', at, func, args, results: r.count(MAX_WASM_FUNCTION_RETURNS, 'start function results') }
}

export function decodeImport(r: ComponentReader, at: number): Def {
  return { kind: 'import', at, name: decodeExternName(r), type: decodeExternType(r) }
}

export function decodeExport(r: ComponentReader, at: number): Def {
  const name = decodeExternName(r)
  const item = { sort: decodeExternalSort(r), index: r.u32() }
  const ascribed = r.u8()
  if (ascribed > 0x01) r.badByte(ascribed, 'optional component export type')
  return { kind: 'export', at, name, item, type: ascribed === 0x01 ? decodeExternType(r) : undefined }
}

/** The value stays as its bytes: what they mean depends on a type that only validation can look up. */
export function decodeValue(r: ByteReader, at: number): Def {
  const type = decodeValType(r)
  return { kind: 'value', at, type, bytes: r.take(r.u32()) }
}

/**
 * The type sections: core types, and component-level types with the declarators of component and instance types.
 *
 * A component or instance type may hold types that hold types: that nesting lives on a list, not on the JavaScript
 * stack, and has the host's limit. Gated types are read always; the validator knows the gates.
 *
 * @spec Type Definitions
 * @throws MalformedError, LimitError, InvalidError
 */
import {
  type ComponentDecl,
  type CoreDefType,
  type CoreModuleDecl,
  type DefType,
  type InstanceDecl,
  index,
} from '../model/component.ts'
import { assert } from '../model/errors.ts'
import {
  MAX_WASM_COMPONENT_TYPE_DECLS,
  MAX_WASM_INSTANCE_TYPE_DECLS,
  MAX_WASM_MODULE_TYPE_DECLS,
} from '../model/limits.ts'
import type { ComponentReader } from './component-reader.ts'
import { decodeCoreExternType, decodeRecGroup } from './decode-core-types.ts'
import { decodeAlias, decodeExternName, decodeExternType } from './decode-externs.ts'
import { decodeDefValType, decodeFuncType, decodeResourceType } from './decode-valtypes.ts'
import type { ByteReader } from './reader.ts'

export function decodeCoreType(r: ByteReader): CoreDefType {
  switch (r.peek()) {
    // 0x50 opens a module type here, so the non-final `sub`, of the same opcode, has a 0x00 in front
    case 0x00: {
      r.u8()
      const opcode = r.peek()
      if (opcode !== 0x50) r.badByte(opcode, 'non-final sub type')
      return { kind: 'rec', group: decodeRecGroup(r) }
    }
    case 0x50:
      r.u8()
      return { kind: 'module', decls: r.vec(MAX_WASM_MODULE_TYPE_DECLS, 'module type declaration', moduleDecl) }
    default:
      return { kind: 'rec', group: decodeRecGroup(r) }
  }
}

function moduleDecl(r: ByteReader): CoreModuleDecl {
  const at = r.offset
  const opcode = r.u8()
  switch (opcode) {
    case 0x00:
      return { kind: 'import', at, module: r.name(), name: r.name(), type: decodeCoreExternType(r) }
    case 0x01:
      return { kind: 'type', at, group: decodeRecGroup(r) }
    case 0x02: {
      const sort = r.u8()
      if (sort !== 0x10) r.badByte(sort, 'outer alias kind')
      const target = r.u8()
      if (target !== 0x01) r.badByte(target, 'outer alias target')
      return { kind: 'outer-type', at, count: r.u32(), index: index(r.u32()) }
    }
    case 0x03:
      return { kind: 'export', at, name: r.name(), type: decodeCoreExternType(r) }
    default:
      return r.badByte(opcode, 'type definition')
  }
}

/** A component or instance type whose declarators are being read. */
interface OpenType {
  readonly kind: 'component' | 'instance'
  readonly decls: ComponentDecl[]
  left: number
  /** Offset of the type declarator whose type is being read. */
  typeAt: number
}

export function decodeType(r: ComponentReader): DefType {
  const open: OpenType[] = []
  for (;;) {
    let type = typeOrOpen(r, open)
    // give the type to the declarator that waits for it; a type thereby completed has one waiting in turn
    for (;;) {
      const scope = open.at(-1)
      if (scope === undefined) {
        assert(type !== undefined, 'a type is read or opened')
        return type
      }
      if (type !== undefined) scope.decls.push({ kind: 'type', at: scope.typeAt, type })
      if (!readDecls(r, scope)) break
      open.pop()
      type = closed(scope)
    }
  }
}

/** Reads a type; or opens a component or instance type, and there is none yet. */
function typeOrOpen(r: ComponentReader, open: OpenType[]): DefType | undefined {
  const opcode = r.u8()
  switch (opcode) {
    case 0x3f:
      return decodeResourceType(r)
    case 0x40:
    case 0x43:
      return decodeFuncType(r, opcode === 0x43)
    case 0x41:
    case 0x42: {
      r.checkNesting(open.length + 1)
      const left =
        opcode === 0x41
          ? r.count(MAX_WASM_COMPONENT_TYPE_DECLS, 'component type declaration')
          : r.count(MAX_WASM_INSTANCE_TYPE_DECLS, 'instance type declaration')
      r.charge(left)
      open.push({ kind: opcode === 0x41 ? 'component' : 'instance', decls: [], left, typeAt: 0 })
      return undefined
    }
    default:
      return decodeDefValType(r, opcode)
  }
}

/** Reads declarators up to the first that holds a type (false), or all (true). */
function readDecls(r: ComponentReader, scope: OpenType): boolean {
  for (; scope.left > 0; scope.left--) {
    const at = r.offset
    const opcode = r.u8()
    switch (opcode) {
      case 0x00:
        scope.decls.push({ kind: 'core-type', at, type: decodeCoreType(r) })
        break
      case 0x01:
        scope.typeAt = at
        scope.left--
        return false
      case 0x02:
        scope.decls.push({ kind: 'alias', at, alias: decodeAlias(r) })
        break
      case 0x04:
        scope.decls.push({ kind: 'export', at, name: decodeExternName(r), type: decodeExternType(r) })
        break
      case 0x03:
        if (scope.kind === 'component') {
          scope.decls.push({ kind: 'import', at, name: decodeExternName(r), type: decodeExternType(r) })
          break
        }
        return r.badByte(opcode, 'component or instance type declaration')
      default:
        return r.badByte(opcode, 'component or instance type declaration')
    }
  }
  return true
}

function closed({ kind, decls }: OpenType): DefType {
  if (kind === 'component') return { kind, decls }
  // `readDecls` takes no import into an instance type
  return { kind, decls: decls as InstanceDecl[] }
}

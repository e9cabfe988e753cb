/**
 * Component-level types, sorts, names and aliases → bytes: the counterpart of the parser's type decoders.
 *
 * A component or instance type may hold types that hold types: that nesting lives on a list, not on the JavaScript stack.
 *
 * @spec Type Definitions
 */
import type {
  Alias,
  ComponentDecl,
  CoreDefType,
  CoreModuleDecl,
  CoreSort,
  DefType,
  DefValType,
  ExternName,
  ExternTypeDef,
  NamedRef,
  Sort,
  ValTypeRef,
} from '../model/component.ts'
import { unreachable } from '../model/errors.ts'
import type { PrimValType } from '../model/types.ts'
import type { ByteWriter } from './byte-writer.ts'
import { encodeCoreExternType, encodeRecGroup } from './encode-core-types.ts'

const PRIMITIVES: Readonly<Record<PrimValType, number>> = {
  'bool': 0x7f,
  's8': 0x7e,
  'u8': 0x7d,
  's16': 0x7c,
  'u16': 0x7b,
  's32': 0x7a,
  'u32': 0x79,
  's64': 0x78,
  'u64': 0x77,
  'f32': 0x76,
  'f64': 0x75,
  'char': 0x74,
  'string': 0x73,
  'error-context': 0x64,
}

const CORE_SORTS: Readonly<Record<CoreSort, number>> = {
  'core-func': 0x00,
  'core-table': 0x01,
  'core-memory': 0x02,
  'core-global': 0x03,
  'core-tag': 0x04,
  'core-type': 0x10,
  'core-module': 0x11,
  'core-instance': 0x12,
}

const SORTS: Readonly<Record<Exclude<Sort, CoreSort>, number>> = {
  func: 0x01,
  value: 0x02,
  type: 0x03,
  component: 0x04,
  instance: 0x05,
}

const isCore = (sort: Sort): sort is CoreSort => Object.hasOwn(CORE_SORTS, sort)

export function encodeCoreSort(w: ByteWriter, sort: CoreSort): void {
  w.u8(CORE_SORTS[sort])
}

export function encodeSort(w: ByteWriter, sort: Sort): void {
  if (isCore(sort)) {
    w.u8(0x00)
    w.u8(CORE_SORTS[sort])
  } else w.u8(SORTS[sort])
}

export function encodeExternName(w: ByteWriter, { name, implements: of, versionSuffix, externalId }: ExternName): void {
  const attributes = [of, versionSuffix, externalId]
  const present = attributes.filter((value) => value !== undefined).length
  w.u8(present > 0 ? 0x02 : 0x00)
  w.name(name)
  if (present === 0) return
  w.u32(present)
  for (const [kind, value] of attributes.entries()) {
    if (value === undefined) continue
    w.u8(kind)
    w.name(value)
  }
}

export function encodeValType(w: ByteWriter, type: ValTypeRef): void {
  if (typeof type === 'string') w.u8(PRIMITIVES[type])
  else w.s33(type)
}

function optionalValType(w: ByteWriter, type: ValTypeRef | undefined): void {
  w.u8(type === undefined ? 0x00 : 0x01)
  if (type !== undefined) encodeValType(w, type)
}

function labelValType(w: ByteWriter, { name, type }: NamedRef<ValTypeRef>): void {
  w.name(name)
  encodeValType(w, type)
}

function variantCase(w: ByteWriter, { name, type }: NamedRef<ValTypeRef | undefined>): void {
  w.name(name)
  optionalValType(w, type)
  w.u8(0x00)
}

function label(w: ByteWriter, name: string): void {
  w.name(name)
}

function defValType(w: ByteWriter, type: DefValType): void {
  switch (type.kind) {
    case 'primitive':
      encodeValType(w, type.type)
      break
    case 'record':
      w.u8(0x72)
      w.vec(type.fields, labelValType)
      break
    case 'variant':
      w.u8(0x71)
      w.vec(type.cases, variantCase)
      break
    case 'list':
      w.u8(type.length === undefined ? 0x70 : 0x67)
      encodeValType(w, type.element)
      if (type.length !== undefined) w.u32(type.length)
      break
    case 'map':
      w.u8(0x63)
      encodeValType(w, type.key)
      encodeValType(w, type.value)
      break
    case 'tuple':
      w.u8(0x6f)
      w.vec(type.elements, encodeValType)
      break
    case 'flags':
      w.u8(0x6e)
      w.vec(type.labels, label)
      break
    case 'enum':
      w.u8(0x6d)
      w.vec(type.labels, label)
      break
    case 'option':
      w.u8(0x6b)
      encodeValType(w, type.some)
      break
    case 'result':
      w.u8(0x6a)
      optionalValType(w, type.ok)
      optionalValType(w, type.err)
      break
    case 'own':
      w.u8(0x69)
      w.u32(type.resource)
      break
    case 'borrow':
      w.u8(0x68)
      w.u32(type.resource)
      break
    case 'stream':
      w.u8(0x66)
      optionalValType(w, type.element)
      break
    case 'future':
      w.u8(0x65)
      optionalValType(w, type.element)
      break
    default:
      unreachable(type)
  }
}

export function encodeResultList(w: ByteWriter, result: ValTypeRef | undefined): void {
  if (result === undefined) {
    w.u8(0x01)
    w.u8(0x00)
  } else {
    w.u8(0x00)
    encodeValType(w, result)
  }
}

export function encodeExternType(w: ByteWriter, type: ExternTypeDef): void {
  encodeSort(w, type.kind === 'module' ? 'core-module' : type.kind)
  switch (type.kind) {
    case 'module':
    case 'func':
    case 'component':
    case 'instance':
      w.u32(type.type)
      break
    case 'value':
      if (type.bound.kind === 'eq') {
        w.u8(0x00)
        w.u32(type.bound.index)
      } else {
        w.u8(0x01)
        encodeValType(w, type.bound.type)
      }
      break
    case 'type':
      if (type.bound.kind === 'eq') {
        w.u8(0x00)
        w.u32(type.bound.type)
      } else w.u8(0x01)
      break
    default:
      unreachable(type)
  }
}

export function encodeAlias(w: ByteWriter, alias: Alias): void {
  encodeSort(w, alias.sort)
  switch (alias.kind) {
    case 'export':
      w.u8(0x00)
      w.u32(alias.instance)
      w.name(alias.name)
      break
    case 'core-export':
      w.u8(0x01)
      w.u32(alias.instance)
      w.name(alias.name)
      break
    case 'outer':
      w.u8(0x02)
      w.u32(alias.count)
      w.u32(alias.index)
      break
    default:
      unreachable(alias)
  }
}

export function encodeCoreType(w: ByteWriter, type: CoreDefType): void {
  if (type.kind === 'module') {
    w.u8(0x50)
    w.vec(type.decls, moduleDecl)
    return
  }
  const { group } = type
  // 0x50 would open a module type here, so the non-final `sub`, of the same opcode, has a 0x00 in front
  if (!group.explicit && group.types[0]?.final === false) w.u8(0x00)
  encodeRecGroup(w, group)
}

function moduleDecl(w: ByteWriter, decl: CoreModuleDecl): void {
  switch (decl.kind) {
    case 'import':
      w.u8(0x00)
      w.name(decl.module)
      w.name(decl.name)
      encodeCoreExternType(w, decl.type)
      break
    case 'type':
      w.u8(0x01)
      encodeRecGroup(w, decl.group)
      break
    case 'outer-type':
      w.u8(0x02)
      w.u8(0x10)
      w.u8(0x01)
      w.u32(decl.count)
      w.u32(decl.index)
      break
    case 'export':
      w.u8(0x03)
      w.name(decl.name)
      encodeCoreExternType(w, decl.type)
      break
    default:
      unreachable(decl)
  }
}

/** Declarators still to write. */
interface OpenType {
  readonly decls: readonly ComponentDecl[]
  next: number
}

export function encodeType(w: ByteWriter, type: DefType): void {
  const open: OpenType[] = []
  typeHead(w, type, open)
  for (let scope = open.at(-1); scope !== undefined; scope = open.at(-1)) {
    const decl = scope.decls[scope.next++]
    if (decl === undefined) open.pop()
    else writeDecl(w, decl, open)
  }
}

/** Writes a type; of a component or instance type, all but the declarators. */
function typeHead(w: ByteWriter, type: DefType, open: OpenType[]): void {
  switch (type.kind) {
    case 'component':
    case 'instance':
      w.u8(type.kind === 'component' ? 0x41 : 0x42)
      w.u32(type.decls.length)
      open.push({ decls: type.decls, next: 0 })
      break
    case 'func':
      w.u8(type.async ? 0x43 : 0x40)
      w.vec(type.params, labelValType)
      encodeResultList(w, type.result)
      break
    case 'resource':
      w.u8(0x3f)
      w.u8(type.rep === 'i32' ? 0x7f : 0x7e)
      w.u8(type.dtor === undefined ? 0x00 : 0x01)
      if (type.dtor !== undefined) w.u32(type.dtor)
      break
    default:
      defValType(w, type)
  }
}

function writeDecl(w: ByteWriter, decl: ComponentDecl, open: OpenType[]): void {
  switch (decl.kind) {
    case 'core-type':
      w.u8(0x00)
      encodeCoreType(w, decl.type)
      break
    case 'type':
      w.u8(0x01)
      typeHead(w, decl.type, open)
      break
    case 'alias':
      w.u8(0x02)
      encodeAlias(w, decl.alias)
      break
    case 'import':
    case 'export':
      w.u8(decl.kind === 'import' ? 0x03 : 0x04)
      encodeExternName(w, decl.name)
      encodeExternType(w, decl.type)
      break
    default:
      unreachable(decl)
  }
}

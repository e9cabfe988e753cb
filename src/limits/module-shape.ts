/**
 * What a meter must know of a module before it rewrites it: where its sections lie, how large its index spaces are, which
 * export names are taken, and what its memories and tables are. Nothing of the code is looked at.
 *
 * @throws MalformedError for a section that is not as the specification says; the engine has judged the module before
 */
import type { CoreMemoryType, CoreSubType, CoreTableType } from '../model/core-types.ts'
import { COMPILE_LIMITS } from '../model/limits.ts'
import { skipConstExpr } from '../parser/const-expr.ts'
import {
  decodeCoreExternType,
  decodeMemoryType,
  decodeRecGroup,
  decodeRefType,
  decodeTableType,
} from '../parser/decode-core-types.ts'
import { decodePreamble, decodeSectionHead } from '../parser/preamble.ts'
import { ByteReader } from '../parser/reader.ts'

export const SECTION = {
  custom: 0,
  type: 1,
  import: 2,
  func: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  code: 10,
  data: 11,
  dataCount: 12,
  tag: 13,
} as const

/** Section ids in the order that sections have. */
export const SECTION_ORDER: readonly number[] = [1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11]

export interface ModuleSection {
  readonly id: number
  /** The contents, without id and size. */
  readonly start: number
  readonly end: number
}

export interface ShapedTable extends CoreTableType {
  /** The element type, as written. */
  readonly elementBytes: Uint8Array
  readonly imported: boolean
  /** Where the expression of its initial elements begins, for a table that has one. */
  readonly initialAt: number | undefined
}

export interface ShapedMemory extends CoreMemoryType {
  readonly imported: boolean
}

export interface ModuleShape {
  readonly code: Uint8Array
  readonly sections: readonly ModuleSection[]
  readonly types: readonly CoreSubType[]
  readonly typeGroups: number
  readonly importedFuncs: number
  readonly importedFuncTypes: readonly number[]
  readonly funcs: number
  readonly definedFuncs: number
  readonly tables: readonly ShapedTable[]
  readonly definedTables: number
  readonly memories: readonly ShapedMemory[]
  readonly globals: number
  readonly definedGlobals: number
  readonly exports: number
  readonly exportNames: ReadonlySet<string>
  readonly start: number | undefined
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer E)[] ? E[] : T[K] }

export function readShape(code: Uint8Array): ModuleShape {
  const r = readerOf(code)
  decodePreamble(r, 'module')
  const exportNames = new Set<string>()
  const shape: Mutable<Omit<ModuleShape, 'exportNames'>> & { exportNames: Set<string> } = {
    code,
    sections: [],
    types: [],
    typeGroups: 0,
    importedFuncs: 0,
    importedFuncTypes: [],
    funcs: 0,
    definedFuncs: 0,
    tables: [],
    definedTables: 0,
    memories: [],
    globals: 0,
    definedGlobals: 0,
    exports: 0,
    exportNames,
    start: undefined,
  }
  const end = r.end
  while (!r.done) {
    const { id, length } = decodeSectionHead(r, false)
    const start = r.pos
    r.end = start + length
    shape.sections.push({ id, start, end: r.end })
    switch (id) {
      case SECTION.type:
        shape.typeGroups = r.u32()
        for (let left = shape.typeGroups; left > 0; left--)
          for (const type of decodeRecGroup(r).types) shape.types.push(type)
        break
      case SECTION.import:
        for (let left = r.u32(); left > 0; left--) readImport(r, shape)
        break
      case SECTION.func:
        shape.definedFuncs = r.u32()
        break
      case SECTION.table:
        shape.definedTables = r.u32()
        for (let left = shape.definedTables; left > 0; left--) readTable(r, shape)
        break
      case SECTION.memory:
        for (let left = r.u32(); left > 0; left--) shape.memories.push({ ...decodeMemoryType(r), imported: false })
        break
      case SECTION.global:
        shape.definedGlobals = r.u32()
        break
      case SECTION.export:
        shape.exports = r.u32()
        for (let left = shape.exports; left > 0; left--) {
          exportNames.add(r.name())
          r.u8()
          r.u32()
        }
        break
      case SECTION.start:
        shape.start = r.u32()
    }
    r.pos = r.end
    r.end = end
  }
  shape.funcs = shape.importedFuncs + shape.definedFuncs
  shape.globals += shape.definedGlobals
  return shape
}

/** A reader of the whole module. */
export const readerOf = (code: Uint8Array): ByteReader => new ByteReader(code, 0, COMPILE_LIMITS.nameBytes)

function readImport(r: ByteReader, shape: Mutable<ModuleShape>): void {
  r.skip(r.u32())
  r.skip(r.u32())
  const at = r.pos
  const type = decodeCoreExternType(r)
  switch (type.kind) {
    case 'func':
      shape.importedFuncs++
      shape.importedFuncTypes.push(type.type)
      break
    case 'table':
      shape.tables.push({ ...type, elementBytes: elementAt(r, at + 1), imported: true, initialAt: undefined })
      break
    case 'memory':
      shape.memories.push({ ...type, imported: true })
      break
    case 'global':
      shape.globals++
      break
    case 'tag':
  }
}

function readTable(r: ByteReader, shape: Mutable<ModuleShape>): void {
  const initialised = r.peek() === 0x40
  if (initialised) r.skip(2)
  const at = r.pos
  const type = decodeTableType(r)
  const initialAt = initialised ? r.pos : undefined
  if (initialised) skipConstExpr(r)
  shape.tables.push({ ...type, elementBytes: elementAt(r, at), imported: false, initialAt })
}

function elementAt(r: ByteReader, at: number): Uint8Array {
  const after = r.pos
  r.pos = at
  decodeRefType(r)
  const bytes = r.bytes.subarray(at, r.pos)
  r.pos = after
  return bytes
}

/** Before the count of its items. */
export function sectionOf({ code, sections }: ModuleShape, id: number): ByteReader | undefined {
  const section = sections.find((found) => found.id === id)
  if (section === undefined) return undefined
  const r = readerOf(code)
  r.pos = section.start
  r.end = section.end
  return r
}

/**
 * What a core module looks like from outside: its types, imports and exports, exports resolved to their types.
 *
 * Reads the sections that say so and steps over code, data, elements and custom sections by their sizes, so the cost
 * does not depend on the amount of code, and nothing is copied. It is not a validator of core modules: the engine is.
 * Section order, counts and the indices that others will follow are checked all the same.
 *
 * @throws MalformedError, LimitError
 * @throws InvalidError for an index out of bounds or of the wrong kind
 */
import type {
  CoreCompositeType,
  CoreExport,
  CoreExternType,
  CoreGlobalType,
  CoreImport,
  CoreMemoryType,
  CoreModuleType,
  CoreStorageType,
  CoreSubType,
  CoreTableType,
} from '../model/core-types.ts'
import { InvalidError, LimitError, unreachable } from '../model/errors.ts'
import {
  type CompileLimits,
  MAX_WASM_EXPORTS,
  MAX_WASM_FUNCTIONS,
  MAX_WASM_GLOBALS,
  MAX_WASM_IMPORTS,
  MAX_WASM_MEMORIES,
  MAX_WASM_TABLES,
  MAX_WASM_TAGS,
  MAX_WASM_TYPES,
} from '../model/limits.ts'
import { skipConstExpr } from './const-expr.ts'
import {
  decodeCoreExternType,
  decodeGlobalType,
  decodeMemoryType,
  decodeRecGroup,
  decodeTableType,
  decodeTagType,
} from './decode-core-types.ts'
import { decodePreamble, decodeSectionHead } from './preamble.ts'
import { type Allowance, ByteReader } from './reader.ts'

type ModuleLimits = Pick<CompileLimits, 'coreFunctions' | 'nameBytes'>

/** Section ids in the order that sections must have; what is not listed is no section. */
const ORDER: readonly number[] = [1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11]

const NO_FUNCS = new Uint32Array()

/** What the sections read so far have said. Index spaces hold types; those of functions and tags hold type indices. */
interface ModuleState {
  readonly coreFunctions: number
  readonly types: CoreSubType[]
  readonly imports: CoreImport[]
  readonly exports: CoreExport[]
  /** Of imported functions; those that the module declares are in an array of their own, because there can be a great many. */
  readonly importedFuncs: number[]
  readonly tables: CoreTableType[]
  readonly memories: CoreMemoryType[]
  readonly globals: CoreGlobalType[]
  readonly tags: number[]
  declaredFuncs: Uint32Array
  bodies: number | undefined
  dataCount: number | undefined
  segments: number | undefined
}

/**
 * @param base the absolute offset of `bytes[0]` in the outermost file
 * @param allowance of the component around it
 */
export function decodeCoreModule(
  bytes: Uint8Array,
  base: number,
  limits: ModuleLimits,
  allowance?: Allowance,
): CoreModuleType {
  const r = new ByteReader(bytes, base, limits.nameBytes, allowance)
  decodePreamble(r, 'module')
  const m: ModuleState = {
    coreFunctions: limits.coreFunctions,
    types: [],
    imports: [],
    exports: [],
    importedFuncs: [],
    tables: [],
    memories: [],
    globals: [],
    tags: [],
    declaredFuncs: NO_FUNCS,
    bodies: undefined,
    dataCount: undefined,
    segments: undefined,
  }
  const end = r.end
  let last = -1
  while (!r.done) {
    const { id, at, length } = decodeSectionHead(r, base > 0)
    r.end = r.pos + length
    if (id === 0) r.name()
    else {
      const place = ORDER.indexOf(id)
      if (place < 0) r.fail(`malformed section id: ${id}`)
      if (place <= last) r.fail('section out of order', at)
      last = place
      decodeSection(r, m, id)
    }
    r.pos = r.end
    r.end = end
  }
  checkCounts(r, m)
  const imported = (kind: CoreExternType['kind']): number =>
    m.imports.reduce((count, { type }) => (type.kind === kind ? count + 1 : count), 0)
  const defined = {
    memories: m.memories.slice(imported('memory')),
    tables: m.tables.slice(imported('table')),
  }
  return { types: m.types, imports: m.imports, exports: m.exports, defined }
}

function decodeSection(r: ByteReader, m: ModuleState, id: number): void {
  switch (id) {
    case 3:
      decodeFuncs(r, m)
      return
    case 10:
      m.bodies = r.u32()
      return
    case 11:
      m.segments = r.u32()
      return
    case 12:
      m.dataCount = r.u32()
      if (!r.done) r.fail('unexpected content in the data count section')
      return
    default: {
      // start and elements refer to indices that only the engine follows
      const section = ITEMS[id]
      if (section === undefined) return
      const [item, maximum, what] = section
      r.items((_, at) => item(r, m, at), maximum, what)
    }
  }
}

type Item = (r: ByteReader, m: ModuleState, at: number) => void

/** The sections whose items are read one by one, how many there may be, and what a message calls them. */
const ITEMS: { readonly [id: number]: readonly [Item, number, string] } = {
  1: [decodeTypes, MAX_WASM_TYPES, 'types'],
  2: [decodeImports, MAX_WASM_IMPORTS, 'imports'],
  4: [decodeTable, MAX_WASM_TABLES, 'tables'],
  5: [decodeMemory, MAX_WASM_MEMORIES, 'memories'],
  6: [decodeGlobal, MAX_WASM_GLOBALS, 'globals'],
  7: [decodeExport, MAX_WASM_EXPORTS, 'exports'],
  13: [decodeTag, MAX_WASM_TAGS, 'tags'],
}

function decodeTypes(r: ByteReader, m: ModuleState, at: number): void {
  const { types } = decodeRecGroup(r)
  for (const type of types) m.types.push(type)
  if (m.types.length > MAX_WASM_TYPES) r.fail(`types count exceeds limit of ${MAX_WASM_TYPES}`, at)
  // types of one group may refer to each other
  for (const type of types) {
    for (const supertype of type.supertypes) checkType(m, supertype, at)
    checkComposite(m, type.type, at)
  }
}

function decodeImports(r: ByteReader, m: ModuleState, at: number): void {
  const module = r.name()
  const name = r.name()
  const form = r.peek()
  if (name !== '' || (form !== 0x7f && form !== 0x7e)) {
    addImport(m, { at, module, name, type: decodeCoreExternType(r) })
    return
  }
  // the two compact forms: several imports from one module, with a type each (0x7f) or one for all (0x7e)
  r.u8()
  const shared = form === 0x7e ? decodeCoreExternType(r) : undefined
  const count = r.count(MAX_WASM_IMPORTS, 'imports')
  r.charge(count)
  for (let left = count; left > 0; left--) {
    const itemAt = r.offset
    const itemName = r.name()
    addImport(m, { at: itemAt, module, name: itemName, type: shared ?? decodeCoreExternType(r) })
  }
}

function addImport(m: ModuleState, item: CoreImport): void {
  const { type, at } = item
  switch (type.kind) {
    case 'func':
      checkFuncCount(m, 1)
      m.importedFuncs.push(checkFuncType(m, type.type, at))
      break
    case 'table':
      checkStorage(m, type.element, at)
      m.tables.push(type)
      break
    case 'memory':
      m.memories.push(type)
      break
    case 'global':
      checkStorage(m, type.type, at)
      m.globals.push(type)
      break
    case 'tag':
      m.tags.push(checkFuncType(m, type.type, at))
      break
    default:
      unreachable(type)
  }
  m.imports.push(item)
}

function decodeFuncs(r: ByteReader, m: ModuleState): void {
  const count = r.itemCount(MAX_WASM_FUNCTIONS, 'functions')
  checkFuncCount(m, count)
  const { types } = m
  const { bytes } = r
  // each takes at least a byte, so no file of a few bytes asks for much
  const funcs = new Uint32Array(Math.min(count, r.end - r.pos))
  // most of a large module's items are these: only what is wrong, or long, is looked at closely
  const others = types.findIndex(({ type }) => type.kind !== 'func')
  const plain = Math.min(others < 0 ? types.length : others, 0x80)
  let at = r.pos
  for (let i = 0; i < count; i++) {
    // never true of a type after the end
    const byte = at < r.end ? (bytes[at] ?? plain) : plain
    if (byte < plain) {
      at++
      funcs[i] = byte
      continue
    }
    r.pos = at
    funcs[i] = checkFuncType(m, r.u32(), r.base + at)
    at = r.pos
  }
  r.pos = at
  r.sectionEnd()
  m.declaredFuncs = funcs
}

function checkFuncCount(m: ModuleState, more: number): void {
  const count = m.importedFuncs.length + more
  if (count > m.coreFunctions) {
    throw new LimitError('coreFunctions', count, m.coreFunctions, 'compileLimits.coreFunctions')
  }
}

function decodeTable(r: ByteReader, m: ModuleState, at: number): void {
  const initialised = r.peek() === 0x40
  if (initialised) {
    r.u8()
    if (r.u8() !== 0) r.fail('invalid table encoding', r.offset - 1)
  }
  const type = decodeTableType(r)
  if (initialised) skipConstExpr(r)
  checkStorage(m, type.element, at)
  m.tables.push(type)
}

function decodeMemory(r: ByteReader, m: ModuleState): void {
  m.memories.push(decodeMemoryType(r))
}

function decodeGlobal(r: ByteReader, m: ModuleState, at: number): void {
  const type = decodeGlobalType(r)
  skipConstExpr(r)
  checkStorage(m, type.type, at)
  m.globals.push(type)
}

function decodeTag(r: ByteReader, m: ModuleState, at: number): void {
  m.tags.push(checkFuncType(m, decodeTagType(r).type, at))
}

function decodeExport(r: ByteReader, m: ModuleState, at: number): void {
  const name = r.name()
  const kind = r.u8()
  if (kind === 0x20) r.fail('Exact type is not allowed in the exports')
  if (kind > 0x04) r.badByte(kind, 'external kind')
  m.exports.push({ at, name, type: exported(m, kind, r.u32(), at) })
}

function exported(m: ModuleState, kind: number, index: number, at: number): CoreExternType {
  switch (kind) {
    case 0x00:
      return { kind: 'func', type: funcType(m, index, at), exact: false }
    case 0x01:
      return inSpace(m.tables, index, 'table', at)
    case 0x02:
      return inSpace(m.memories, index, 'memory', at)
    case 0x03:
      return inSpace(m.globals, index, 'global', at)
    default:
      return { kind: 'tag', type: inSpace(m.tags, index, 'tag', at) }
  }
}

function funcType({ importedFuncs, declaredFuncs }: ModuleState, index: number, at: number): number {
  const { length } = importedFuncs
  return index < length
    ? inSpace(importedFuncs, index, 'function', at)
    : inSpace(declaredFuncs, index, 'function', at, length)
}

/** @param first the index of the first of them */
function inSpace<T>(space: { readonly [index: number]: T }, index: number, what: string, at: number, first = 0): T {
  const item = space[index - first]
  if (item === undefined) {
    throw new InvalidError(`unknown ${what} ${index}: exported ${what} index out of bounds`, at)
  }
  return item
}

function checkType(m: ModuleState, index: number, at: number): CoreSubType {
  const type = m.types[index]
  if (type === undefined) throw new InvalidError(`unknown type ${index}: type index out of bounds`, at)
  return type
}

function checkFuncType(m: ModuleState, index: number, at: number): number {
  if (checkType(m, index, at).type.kind !== 'func') {
    throw new InvalidError(`type index ${index} is not a function type`, at)
  }
  return index
}

function checkComposite(m: ModuleState, type: CoreCompositeType, at: number): void {
  switch (type.kind) {
    case 'func':
      // numbers, which most are, mention no type
      for (const param of type.params) if (typeof param === 'object') checkStorage(m, param, at)
      for (const result of type.results) if (typeof result === 'object') checkStorage(m, result, at)
      return
    case 'struct':
      for (const field of type.fields) checkStorage(m, field.type, at)
      return
    case 'array':
      checkStorage(m, type.element.type, at)
      return
    case 'cont':
      checkType(m, type.type, at)
      return
    default:
      unreachable(type)
  }
}

function checkStorage(m: ModuleState, type: CoreStorageType, at: number): void {
  if (typeof type === 'object' && typeof type.heap === 'number') checkType(m, type.heap, at)
}

/** Declared functions have bodies, and the data count says how many segments there are. */
function checkCounts(r: ByteReader, m: ModuleState): void {
  const { bodies, dataCount, segments } = m
  const declaredFuncs = m.declaredFuncs.length
  if (declaredFuncs !== (bodies ?? 0)) {
    if (bodies === undefined) r.fail('function section has non-zero count but code section is absent')
    if (declaredFuncs === 0) r.fail('function section is absent but code section has non-zero count')
    r.fail('function and code section have inconsistent lengths')
  }
  if (dataCount !== undefined && dataCount !== (segments ?? 0)) {
    if (segments === undefined) r.fail('data count is non-zero but data section is absent')
    r.fail('data count and data section have inconsistent lengths')
  }
}

/**
 * Core types as component text mentions them: type definitions, recursion groups, module types. Everything inside a
 * `core module` is the assembler's business instead.
 *
 * @spec Type Definitions
 */
import type { CoreAbstractHeapType, CoreLimits, CoreNumType } from '../model/core-types.ts'
import type {
  CoreCompositeNode,
  CoreExternNode,
  CoreFieldNode,
  CoreFuncNode,
  CoreFuncUse,
  CoreItemNode,
  CoreRefNode,
  CoreSubNode,
  CoreTypeNode,
  CoreValNode,
  ModuleDeclNode,
  ModuleTypeNode,
} from './ast.ts'
import type { Cursor } from './cursor.ts'

const NUMBERS: ReadonlySet<string> = new Set<CoreNumType | 'v128'>(['i32', 'i64', 'f32', 'f64', 'v128'])
const HEAPS: ReadonlySet<string> = new Set<CoreAbstractHeapType>([
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
])
const SHORT_REFS: Readonly<Record<string, CoreAbstractHeapType>> = {
  funcref: 'func',
  externref: 'extern',
  exnref: 'exn',
  contref: 'cont',
  anyref: 'any',
  eqref: 'eq',
  structref: 'struct',
  arrayref: 'array',
  i31ref: 'i31',
  nullfuncref: 'nofunc',
  nullexternref: 'noextern',
  nullexnref: 'noexn',
  nullcontref: 'nocont',
  nullref: 'none',
}

const isNumber = (word: string): word is CoreNumType | 'v128' => NUMBERS.has(word)
const isHeap = (word: string): word is CoreAbstractHeapType => HEAPS.has(word)

const shortRef = (heap: CoreAbstractHeapType, shared = false): CoreRefNode => ({
  kind: 'ref',
  nullable: true,
  heap,
  shared,
  exact: false,
})

export function parseCoreValType(c: Cursor): CoreValNode {
  const word = c.is('keyword') ? c.word() : ''
  if (isNumber(word)) {
    c.next()
    return word
  }
  return parseRefType(c)
}

export function parseRefType(c: Cursor): CoreRefNode {
  const word = c.is('keyword') ? c.word() : ''
  const heap = Object.hasOwn(SHORT_REFS, word) ? SHORT_REFS[word] : undefined
  if (heap !== undefined) {
    c.next()
    return shortRef(heap)
  }
  // `(shared funcref)` abbreviates a nullable reference to a shared heap type.
  if (c.isOpen('shared')) {
    return c.form('shared', () => ({ ...parseRefType(c), shared: true }))
  }
  if (!c.isOpen('ref')) throw c.unexpected('`i32`', '`i64`', '`f32`', '`f64`', '`v128`', 'a reference type')
  return c.form('ref', () => {
    const nullable = c.takeKeyword('null')
    return { kind: 'ref', nullable, ...parseHeap(c) }
  })
}

function parseHeap(c: Cursor): Pick<CoreRefNode, 'heap' | 'shared' | 'exact'> {
  if (c.isIndex()) return { heap: c.idx(), shared: false, exact: false }
  if (c.isOpen('exact')) return c.form('exact', () => ({ heap: c.idx(), shared: false, exact: true }))
  if (c.isOpen('shared')) return c.form('shared', () => ({ heap: parseAbstractHeap(c), shared: true, exact: false }))
  return { heap: parseAbstractHeap(c), shared: false, exact: false }
}

function parseAbstractHeap(c: Cursor): CoreAbstractHeapType {
  const word = c.is('keyword') ? c.word() : ''
  if (!isHeap(word)) throw c.unexpected('a heap type')
  c.next()
  return word
}

/** `(param …)* (result …)*`; identifiers are allowed where the core text format allows them and mean nothing here. */
export function parseCoreFunc(c: Cursor): CoreFuncNode {
  const params: CoreValNode[] = []
  const results: CoreValNode[] = []
  while (c.isOpen('param')) {
    c.form('param', () => {
      c.id()
      params.push(...c.rest(() => parseCoreValType(c)))
    })
  }
  while (c.isOpen('result')) {
    c.form('result', () => {
      results.push(...c.rest(() => parseCoreValType(c)))
    })
  }
  if (c.isOpen('param')) {
    throw c.error('result before parameter (or unexpected token): cannot list params after results')
  }
  return { kind: 'func', params, results }
}

function parseField(c: Cursor): CoreFieldNode {
  if (c.isOpen('mut')) return c.form('mut', () => ({ type: parseStorage(c), mutable: true }))
  return { type: parseStorage(c), mutable: false }
}

function parseStorage(c: Cursor): CoreFieldNode['type'] {
  if (c.takeKeyword('i8')) return 'i8'
  return c.takeKeyword('i16') ? 'i16' : parseCoreValType(c)
}

function parseComposite(c: Cursor): CoreCompositeNode {
  if (c.takeKeyword('func')) return parseCoreFunc(c)
  if (c.takeKeyword('array')) return { kind: 'array', element: parseField(c) }
  if (c.takeKeyword('cont')) return { kind: 'cont', type: c.idx() }
  if (!c.takeKeyword('struct')) throw c.unexpected('`func`', '`struct`', '`array`', '`cont`')
  const fields: CoreFieldNode[] = []
  while (!c.done) {
    c.form('field', () => {
      if (c.id() !== undefined) fields.push(parseField(c))
      else fields.push(...c.rest(() => parseField(c)))
    })
  }
  return { kind: 'struct', fields }
}

type SubBody = Omit<CoreSubNode, 'at' | 'id'>

/** `(sub final? $super* (…))`, or what would stand inside. */
function parseSub(c: Cursor): SubBody {
  if (!c.isOpen('sub')) return { final: true, supertypes: [], ...parseShared(c) }
  return c.form('sub', () => {
    const final = c.takeKeyword('final')
    const supertypes = []
    while (c.isIndex()) supertypes.push(c.idx())
    return { final, supertypes, ...parseShared(c) }
  })
}

function parseShared(c: Cursor): Omit<SubBody, 'final' | 'supertypes'> {
  return (
    c.optionalForm('shared', () => ({ shared: true, ...parseDescribed(c) })) ?? { shared: false, ...parseDescribed(c) }
  )
}

function parseDescribed(c: Cursor): Omit<SubBody, 'final' | 'supertypes' | 'shared'> {
  const describes = c.optionalForm('describes', () => c.idx())
  const descriptor = c.optionalForm('descriptor', () => c.idx())
  return { describes, descriptor, type: c.parens(() => parseComposite(c)) }
}

/** `(type $id? (…))`, as recursion groups and module types have it. */
function parseSubField(c: Cursor): CoreSubNode {
  return c.form('type', (at) => ({ at, id: c.id(), ...parseSub(c) }))
}

/** `(type …)*`, after the keyword `rec`. */
export function parseRec(c: Cursor): CoreSubNode[] {
  return c.rest(() => parseSubField(c))
}

/** What a `(core type $id? …)` defines. */
export function parseCoreTypeDef(c: Cursor, at: number): CoreTypeNode {
  if (c.isOpen('module')) return c.form('module', () => parseModuleType(c))
  return { kind: 'sub', type: { at, id: undefined, ...parseSub(c) } }
}

/** The declarations of a module type, after its keyword. */
export function parseModuleType(c: Cursor): ModuleTypeNode {
  c.checkDepth()
  return { kind: 'module', decls: c.rest(() => parseModuleDecl(c)) }
}

function parseModuleDecl(c: Cursor): ModuleDeclNode {
  const { at } = c.token(1)
  if (c.isOpen('type')) return { kind: 'type', at, type: parseSubField(c) }
  return c.parens(() => {
    if (c.takeKeyword('rec')) return { kind: 'rec', at, types: parseRec(c) }
    if (c.takeKeyword('alias')) {
      c.keyword('outer')
      const outer = c.idx()
      const idx = c.idx()
      const id = c.form('type', () => c.id())
      return { kind: 'alias', at, id, alias: { kind: 'outer', sort: 'core-type', outer, idx } }
    }
    if (c.takeKeyword('import')) {
      const module = c.string()
      return { kind: 'import', at, module, items: parseImportItems(c) }
    }
    if (c.takeKeyword('export')) return { kind: 'export', at, name: c.string(), type: parseCoreExtern(c) }
    throw c.unexpected('`type`', '`rec`', '`alias`', '`import`', '`export`')
  })
}

/** `"name" type`, or the compact forms `(item "a" type)*` and `(item "a")* type`. */
function parseImportItems(c: Cursor): CoreItemNode[] {
  if (c.is('string')) {
    const { at } = c.token()
    return [{ at, name: c.string(), type: parseCoreExtern(c) }]
  }
  const items: { at: number; name: string; type: CoreExternNode | undefined }[] = []
  while (c.isOpen('item')) {
    items.push(c.form('item', (at) => ({ at, name: c.string(), type: c.done ? undefined : parseCoreExtern(c) })))
  }
  if (items.length === 0) throw c.unexpected('a string', 'import items')
  const common = items.every((item) => item.type === undefined) ? parseCoreExtern(c) : undefined
  return items.map(({ at, name, type }) => {
    const own = type ?? common
    if (own === undefined) throw c.error('expected an import type', at)
    return { at, name, type: own }
  })
}

export function parseCoreExtern(c: Cursor): CoreExternNode {
  return c.parens(() => {
    if (c.takeKeyword('func')) {
      c.id()
      if (!c.isOpen('exact')) return { kind: 'func', use: parseCoreFuncUse(c), exact: false }
      return c.form('exact', () => ({ kind: 'func', use: parseCoreFuncUse(c), exact: true }))
    }
    if (c.takeKeyword('tag')) {
      c.id()
      return { kind: 'tag', use: parseCoreFuncUse(c) }
    }
    if (c.takeKeyword('global')) {
      c.id()
      if (c.isOpen('mut') || c.isOpen('shared')) return c.parens(() => parseGlobal(c))
      return parseGlobal(c)
    }
    if (c.takeKeyword('table')) {
      c.id()
      const shared = c.takeKeyword('shared')
      const index = parseIndexType(c)
      const limits = parseLimits(c)
      return { kind: 'table', shared, index, limits, element: parseRefType(c) }
    }
    if (c.takeKeyword('memory')) {
      c.id()
      const index = parseIndexType(c)
      const limits = parseLimits(c)
      const shared = c.takeKeyword('shared')
      return { kind: 'memory', index, limits, shared, pageSizeLog2: parsePageSize(c) }
    }
    throw c.unexpected('`func`', '`table`', '`memory`', '`global`', '`tag`')
  })
}

/** `shared? mut? type`; with either word there are parentheses around. */
function parseGlobal(c: Cursor): CoreExternNode {
  const shared = c.takeKeyword('shared')
  const mutable = c.takeKeyword('mut')
  return { kind: 'global', type: parseCoreValType(c), mutable, ...(shared ? { shared } : {}) }
}

function parseCoreFuncUse(c: Cursor): CoreFuncUse {
  const type = c.optionalForm('type', () => c.idx())
  return { type, inline: parseCoreFunc(c) }
}

function parseIndexType(c: Cursor): 'i32' | 'i64' {
  if (c.takeKeyword('i64')) return 'i64'
  c.takeKeyword('i32')
  return 'i32'
}

function parseLimits(c: Cursor): CoreLimits {
  const min = c.u64()
  return { min, max: c.is('integer') ? c.u64() : undefined }
}

/** Any power of two the binary format can say; which of them are valid is the validator's question. */
function parsePageSize(c: Cursor): number | undefined {
  return c.optionalForm('pagesize', () => {
    const { at } = c
    const size = c.integer('page size', 0n, 2n ** 64n)
    if (size === 0n || (size & (size - 1n)) !== 0n) throw c.error(`invalid custom page size: ${size}`, at)
    return size.toString(2).length - 1
  })
}

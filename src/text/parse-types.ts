/**
 * Component-level types: value types, functions, component and instance types, resources, and the types of externs.
 *
 * @spec Type Definitions
 */
import type { PrimValType } from '../model/types.ts'
import type {
  AliasField,
  AliasNode,
  CoreTypeField,
  DeclNode,
  DefValNode,
  ExternNode,
  FuncNode,
  InstanceDeclNode,
  ItemRef,
  NamedNode,
  TypeNode,
  TypeUse,
  ValNode,
} from './ast.ts'
import type { Cursor } from './cursor.ts'
import { parseCoreTypeDef, parseCoreValType, parseModuleType, parseRec } from './parse-core-types.ts'
import { parseCoreExportSort, parseCoreRef, parseExternName, parseKeyedRef, parseSort } from './parse-refs.ts'

const PRIMITIVES: Readonly<Record<string, PrimValType>> = {
  'bool': 'bool',
  's8': 's8',
  'u8': 'u8',
  's16': 's16',
  'u16': 'u16',
  's32': 's32',
  'u32': 'u32',
  's64': 's64',
  'u64': 'u64',
  'f32': 'f32',
  'f64': 'f64',
  // The names before the specification settled on its own.
  'float32': 'f32',
  'float64': 'f64',
  'char': 'char',
  'string': 'string',
  'error-context': 'error-context',
}

function takePrimitive(c: Cursor): PrimValType | undefined {
  const word = c.is('keyword') ? c.word() : ''
  const type = Object.hasOwn(PRIMITIVES, word) ? PRIMITIVES[word] : undefined
  if (type !== undefined) c.next()
  return type
}

// — Value types

const CONSTRUCTORS = [
  'record',
  'variant',
  'list',
  'map',
  'tuple',
  'flags',
  'enum',
  'option',
  'result',
  'own',
  'borrow',
  'stream',
  'future',
] as const

export function parseValType(c: Cursor): ValNode {
  if (c.isIndex()) return c.idx()
  const primitive = takePrimitive(c)
  if (primitive !== undefined) return primitive
  if (!c.is('(')) throw c.unexpected('a value type')
  return { at: c.at, def: c.parens(() => parseDefValType(c)) }
}

/** A value type, where one may be absent: an index, a primitive, or a parenthesis that opens a constructor. */
function optionalValType(c: Cursor): ValNode | undefined {
  const follows =
    c.isIndex() ||
    (c.is('keyword') && Object.hasOwn(PRIMITIVES, c.word())) ||
    CONSTRUCTORS.some((keyword) => c.isOpen(keyword))
  return follows ? parseValType(c) : undefined
}

/** The inside of the parentheses of a constructed value type. */
function parseDefValType(c: Cursor): DefValNode {
  c.checkDepth()
  const kind = CONSTRUCTORS.find((keyword) => c.takeKeyword(keyword))
  switch (kind) {
    case 'record':
      return { kind, fields: c.rest(() => c.form('field', () => parseNamed(c))) }
    case 'variant':
      return {
        kind,
        cases: parseCases(c),
      }
    case 'list': {
      const element = parseValType(c)
      return { kind, element, length: c.is('integer') ? c.u32() : undefined }
    }
    case 'map': {
      const key = parseValType(c)
      return { kind, key, value: parseValType(c) }
    }
    case 'tuple':
      return { kind, elements: c.rest(() => parseValType(c)) }
    case 'flags':
    case 'enum':
      return { kind, labels: c.rest(() => c.string()) }
    case 'option':
      return { kind, some: parseValType(c) }
    case 'result': {
      const ok = optionalValType(c)
      return { kind, ok, err: c.optionalForm('error', () => parseValType(c)) }
    }
    case 'own':
    case 'borrow':
      return { kind, resource: c.idx() }
    case 'stream':
    case 'future':
      return { kind, element: optionalValType(c) }
    case undefined:
      throw c.unexpected(...CONSTRUCTORS.map((keyword) => `\`${keyword}\``))
  }
}

function parseNamed(c: Cursor): NamedNode<ValNode> {
  const name = c.string()
  return { name, type: parseValType(c) }
}

/** Cases had identifiers for `refines` to name, which is gone; the text may still have them, each once. */
function parseCases(c: Cursor): NamedNode<ValNode | undefined>[] {
  const names = new Set<string>()
  return c.rest(() =>
    c.form('case', () => {
      const id = c.id()
      if (id !== undefined && names.has(id.name)) throw c.error('duplicate variant case identifier', id.at)
      if (id !== undefined) names.add(id.name)
      const name = c.string()
      return { name, type: optionalValType(c) }
    }),
  )
}

// — Definitions

/** After `type $id (export "…")*`. */
export function parseTypeDef(c: Cursor): TypeNode {
  if (!c.is('(')) {
    const type = takePrimitive(c)
    if (type === undefined) throw c.unexpected('a primitive value type', '`(`')
    return { kind: 'primitive', type }
  }
  return c.parens(() => {
    if (c.takeKeyword('func')) return parseFunc(c)
    if (c.takeKeyword('component')) return { kind: 'component', decls: parseComponentDecls(c) }
    if (c.takeKeyword('instance')) return { kind: 'instance', decls: parseInstanceDecls(c) }
    if (c.takeKeyword('resource')) return parseResource(c)
    return parseDefValType(c)
  })
}

/** `async? (param "x" t)* (result t)?` */
export function parseFunc(c: Cursor): FuncNode {
  const async = c.takeKeyword('async')
  const params: NamedNode<ValNode>[] = []
  while (c.isOpen('param')) params.push(c.form('param', () => parseNamed(c)))
  return { kind: 'func', async, params, result: c.optionalForm('result', () => parseValType(c)) }
}

function parseResource(c: Cursor): TypeNode {
  const rep = c.form('rep', () => {
    const { at } = c
    const type = parseCoreValType(c)
    // The model knows no other types here, so this much of validation is the parser's.
    if (type !== 'i32' && type !== 'i64') throw c.error('resources can only be represented by `i32` or `i64`', at)
    return type
  })
  const dtor = c.optionalForm('dtor', () => parseCoreRef(c, 'core-func', true))
  return { kind: 'resource', rep, dtor }
}

/** A `core type`, with or without its parentheses already open. */
export function parseCoreTypeField(c: Cursor, at: number): CoreTypeField {
  c.keyword('type')
  return { kind: 'core-type', at, id: c.id(), exports: [], type: parseCoreTypeDef(c, at) }
}

function parseComponentDecls(c: Cursor): DeclNode[] {
  c.checkDepth()
  return c.rest(() =>
    c.parens(() => {
      const { at } = c.token()
      if (!c.takeKeyword('import')) return parseInstanceDecl(c, ['`import`'])
      const name = parseExternName(c)
      return { kind: 'import', at, name, exports: [], ...parseExternType(c) }
    }),
  )
}

function parseInstanceDecls(c: Cursor): InstanceDeclNode[] {
  c.checkDepth()
  return c.rest(() => c.parens(() => parseInstanceDecl(c, [])))
}

/** `others`: what else the caller would have taken, for the message. */
function parseInstanceDecl(c: Cursor, others: readonly string[]): InstanceDeclNode {
  const { at } = c.token()
  if (c.takeKeyword('core')) {
    return c.takeKeyword('rec') ? { kind: 'core-rec', at, types: parseRec(c) } : parseCoreTypeField(c, at)
  }
  if (c.takeKeyword('type')) return { kind: 'type', at, id: c.id(), exports: [], type: parseTypeDef(c) }
  if (c.isKeyword('alias')) return parseAlias(c)
  if (c.takeKeyword('export')) {
    const name = parseExternName(c)
    return { kind: 'export', at, name, ...parseExternType(c) }
  }
  throw c.unexpected('`core`', '`type`', '`alias`', ...others, '`export`')
}

// — Aliases

const OUTER = ['core-module', 'core-type', 'type', 'component'] as const
const EXPORTED = ['core-module', 'func', 'value', 'type', 'component', 'instance'] as const

/** From the keyword `alias` on. */
export function parseAlias(c: Cursor): AliasField {
  const at = c.keyword('alias')
  const { alias, id } = parseAliasTarget(c)
  return { kind: 'alias', at, id, exports: [], alias }
}

function parseAliasTarget(c: Cursor): { readonly alias: AliasNode; readonly id: AliasField['id'] } {
  if (c.takeKeyword('outer')) {
    const outer = c.idx()
    const idx = c.idx()
    return c.parens(() => {
      const sort = parseSort(c, OUTER)
      return { id: c.id(), alias: { kind: 'outer', sort, outer, idx } }
    })
  }
  if (c.takeKeyword('export')) {
    const instance = c.idx()
    const name = c.string()
    return c.parens(() => {
      const sort = parseSort(c, EXPORTED)
      return { id: c.id(), alias: { kind: 'export', sort, instance, name } }
    })
  }
  if (!c.takeKeyword('core')) throw c.unexpected('`outer`', '`export`', '`core`')
  c.keyword('export')
  const instance = c.idx()
  const name = c.string()
  return c.form('core', () => {
    const sort = parseCoreExportSort(c)
    return { id: c.id(), alias: { kind: 'core-export', sort, instance, name } }
  })
}

// — Externs

/** `(sort $id? type)`, as imports and declarations have it. */
export function parseExternType(c: Cursor): { readonly id: AliasField['id']; readonly type: ExternNode } {
  return c.parens(() => {
    const sort = parseExternSort(c)
    return { id: c.id(), type: parseExternBody(c, sort) }
  })
}

/** `(sort type)`, as the ascription of an export has it: it names nothing. */
export function parseAscription(c: Cursor): ExternNode {
  return c.parens(() => parseExternBody(c, parseExternSort(c)))
}

function parseExternSort(c: Cursor): ExternNode['kind'] {
  if (c.takeKeyword('core')) {
    c.keyword('module')
    return 'core-module'
  }
  const kinds = ['func', 'component', 'instance', 'value', 'type'] as const
  const kind = kinds.find((keyword) => c.takeKeyword(keyword))
  if (kind === undefined) throw c.unexpected('`core`', ...kinds.map((keyword) => `\`${keyword}\``))
  return kind
}

/** The type of an extern, after its sort and identifier. */
export function parseExternBody(c: Cursor, kind: ExternNode['kind']): ExternNode {
  switch (kind) {
    case 'core-module':
      return { kind, type: parseTypeUse(c, 'core-type', () => parseModuleType(c)) }
    case 'func':
      return { kind, type: parseFuncUse(c) }
    case 'component':
      return { kind, type: parseTypeUse(c, 'type', () => ({ kind: 'component', decls: parseComponentDecls(c) })) }
    case 'instance':
      return { kind, type: parseTypeUse(c, 'type', () => ({ kind: 'instance', decls: parseInstanceDecls(c) })) }
    case 'value':
      return parseValueBound(c)
    case 'type':
      return c.parens(() => {
        if (c.takeKeyword('eq')) return { kind, eq: c.idx() }
        if (!c.takeKeyword('sub')) throw c.unexpected('`eq`', '`sub`')
        c.keyword('resource')
        return { kind, eq: undefined }
      })
  }
}

export function parseFuncUse(c: Cursor): TypeUse<FuncNode> {
  return parseTypeUse(c, 'type', () => parseFunc(c))
}

function parseValueBound(c: Cursor): ExternNode {
  const eq = c.optionalForm('eq', () => c.idx())
  if (eq !== undefined) return { kind: 'value', eq, type: undefined }
  if (isTypeRef(c)) return { kind: 'value', eq, type: c.form('type', () => c.idx()) }
  return { kind: 'value', eq, type: parseValType(c) }
}

/** `(type $t)` is a reference; `(type $t (func))` begins a declaration. */
function isTypeRef(c: Cursor): boolean {
  return c.isOpen('type') && c.isIndex(2) && (c.is(')', 3) || c.is('string', 3))
}

function parseTypeUse<T, S extends 'type' | 'core-type'>(c: Cursor, sort: S, inline: () => T): TypeUse<T, S> {
  if (isTypeRef(c)) {
    const ref: ItemRef<S> = c.parens(() => parseKeyedRef(c, sort))
    return { kind: 'ref', ref }
  }
  const { at } = c
  return { kind: 'inline', at, type: inline() }
}

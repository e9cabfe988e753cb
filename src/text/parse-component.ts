/**
 * Tokens → the syntax tree of a component. Core modules are kept as slices of the text; inverted forms become the field
 * they abbreviate. Nothing is looked up.
 *
 * @spec Component Definitions
 */
import type { ExternName, Sort } from '../model/component.ts'
import type {
  ArgNode,
  ComponentNode,
  CoreArgNode,
  CoreExportNode,
  CoreInstanceNode,
  CoreModuleText,
  ExportNode,
  ExternNode,
  FieldNode,
  Id,
  InstanceNode,
} from './ast.ts'
import type { Cursor } from './cursor.ts'
import { parseCoreCanon, parseLift } from './parse-canon.ts'
import { parseRec } from './parse-core-types.ts'
import {
  isExternRef,
  parseCoreExportSort,
  parseExternName,
  parseExternRef,
  parseIndexOrRef,
  parseInlineExports,
  parseInlineImport,
  parseKeyedRef,
  parseRefContents,
} from './parse-refs.ts'
import {
  parseAlias,
  parseAscription,
  parseCoreTypeField,
  parseExternBody,
  parseExternType,
  parseFuncUse,
  parseTypeDef,
  parseValType,
} from './parse-types.ts'

/** A whole text: one `(component …)`. */
export function parseFile(c: Cursor): ComponentNode {
  if (c.is('end')) throw c.error('expected a component')
  const component = c.parens(() => parseComponent(c))
  if (!c.is('end')) throw c.error('extra tokens remaining after parse')
  return component
}

/** From the keyword `component` on. */
export function parseComponent(c: Cursor): ComponentNode {
  const at = c.keyword('component')
  return parseComponentBody(c, at)
}

/** After the keyword. */
export function parseComponentBody(c: Cursor, at: number): ComponentNode {
  const id = c.id()
  if (c.takeKeyword('binary')) return { kind: 'binary', at, id, bytes: parseBytes(c) }
  return { kind: 'text', at, id, fields: parseFields(c) }
}

function parseFields(c: Cursor): FieldNode[] {
  c.checkDepth()
  return c.rest(() => c.parens(() => parseField(c)))
}

/** All strings up to the closing parenthesis, joined. */
export function parseBytes(c: Cursor): Uint8Array {
  return joined(c.rest(() => c.bytes()))
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

function parseField(c: Cursor): FieldNode {
  const { at } = c.token()
  if (c.takeKeyword('core')) return parseCoreField(c, at)
  if (c.takeKeyword('component')) return parseNested(c, at)
  if (c.takeKeyword('instance')) return parseInstance(c, at)
  if (c.isKeyword('alias')) return parseAlias(c)
  if (c.takeKeyword('type')) {
    return { kind: 'type', at, id: c.id(), exports: parseInlineExports(c), type: parseTypeDef(c) }
  }
  if (c.takeKeyword('import')) {
    const name = parseExternName(c)
    return { kind: 'import', at, exports: [], name, ...parseExternType(c) }
  }
  if (c.takeKeyword('func')) return parseFuncField(c, at)
  if (c.takeKeyword('export')) return parseExport(c, at)
  if (c.takeKeyword('start')) return parseStart(c, at)
  if (c.takeKeyword('canon')) return parseCanon(c, at)
  if (c.takeKeyword('value')) return parseValue(c, at)
  if (c.is('annotation')) return parseAnnotation(c, at)
  throw c.error('unexpected token, expected valid component field')
}

function parseCoreField(c: Cursor, at: number): FieldNode {
  if (c.takeKeyword('module')) return parseCoreModule(c, at)
  if (c.takeKeyword('instance')) {
    return { kind: 'core-instance', at, id: c.id(), exports: [], instance: parseCoreInstance(c) }
  }
  if (c.isKeyword('type')) return parseCoreTypeField(c, at)
  if (c.takeKeyword('rec')) return { kind: 'core-rec', at, types: parseRec(c) }
  if (!c.takeKeyword('func')) throw c.error('unexpected token, expected valid component field')
  const id = c.id()
  return c.parens(() => {
    if (c.takeKeyword('canon')) return { kind: 'canon', at, id, exports: [], canon: parseCoreCanon(c) }
    c.keyword('alias')
    c.keyword('core')
    c.keyword('export')
    const instance = c.idx()
    return {
      kind: 'alias',
      at,
      id,
      exports: [],
      alias: { kind: 'core-export', sort: 'core-func', instance, name: c.string() },
    }
  })
}

interface Head {
  readonly at: number
  readonly id: Id | undefined
  readonly exports: readonly ExternName[]
}

const parseHead = (c: Cursor, at: number): Head => ({ at, id: c.id(), exports: parseInlineExports(c) })

/** The import an inverted form abbreviates, if it is one. */
function parseInverted(c: Cursor, head: Head, kind: ExternNode['kind']): FieldNode | undefined {
  const name = parseInlineImport(c)
  return name === undefined ? undefined : { kind: 'import', ...head, name, type: parseExternBody(c, kind) }
}

function parseCoreModule(c: Cursor, at: number): FieldNode {
  c.checkDepth()
  const head = parseHead(c, at)
  return parseInverted(c, head, 'core-module') ?? { kind: 'core-module', ...head, module: parseCoreModuleBody(c) }
}

/** The fields of a core module, or its bytes, up to the closing parenthesis. */
export function parseCoreModuleBody(c: Cursor): CoreModuleText {
  const from = c.at
  if (c.takeKeyword('binary')) return { from, binary: parseBytes(c), to: c.at, depth: 0 }
  let to = from
  let depth = 0
  while (!c.done) {
    if (!c.is('(')) throw c.error('expected `(`')
    const field = skipCoreField(c)
    to = field.end
    depth = Math.max(depth, field.depth)
  }
  return { from, to, binary: undefined, depth }
}

const BLOCKS: ReadonlySet<string> = new Set(['block', 'loop', 'if', 'try', 'try_table'])

/** Steps over a balanced form and measures it, without recursion: blocks count whether they are folded or not. */
function skipCoreField(c: Cursor): { readonly end: number; readonly depth: number } {
  let parens = 0
  let blocks = 0
  let depth = 0
  let opened = false
  for (;;) {
    const word = c.is('keyword') ? c.word() : ''
    const { kind, end } = c.next()
    if (kind === 'end') throw c.unexpected('`)`')
    if (kind === '(') parens++
    else if (kind === ')') parens--
    else if (!opened && BLOCKS.has(word)) blocks++
    else if (!opened && word === 'end') blocks--
    opened = kind === '('
    depth = Math.max(depth, parens + blocks)
    if (parens === 0) return { end, depth }
  }
}

function parseNested(c: Cursor, at: number): FieldNode {
  const head = parseHead(c, at)
  return parseInverted(c, head, 'component') ?? { kind: 'component', ...head, fields: parseFields(c) }
}

// — Instances

function parseCoreInstance(c: Cursor): CoreInstanceNode {
  if (!c.isOpen('instantiate')) return { kind: 'exports', exports: parseCoreExports(c) }
  return c.form('instantiate', () => {
    const module = parseIndexOrRef(c, 'core-module')
    return { kind: 'instantiate', module, args: c.rest(() => c.form('with', (at) => parseCoreArg(c, at))) }
  })
}

function parseCoreArg(c: Cursor, at: number): CoreArgNode {
  const name = c.string()
  return c.form('instance', () => ({
    at,
    name,
    value: c.isIndex() ? parseRefContents(c, 'core-instance') : parseCoreExports(c),
  }))
}

function parseCoreExports(c: Cursor): CoreExportNode[] {
  return c.rest(() =>
    c.form('export', () => {
      const name = c.string()
      return { name, item: c.parens(() => parseRefContents<Sort>(c, parseCoreExportSort(c))) }
    }),
  )
}

function parseInstance(c: Cursor, at: number): FieldNode {
  const head = parseHead(c, at)
  return parseInverted(c, head, 'instance') ?? { kind: 'instance', ...head, instance: parseInstanceExpr(c) }
}

function parseInstanceExpr(c: Cursor): InstanceNode {
  if (!c.isOpen('instantiate')) return { kind: 'exports', exports: parseExports(c) }
  return c.form('instantiate', () => {
    const component = parseIndexOrRef(c, 'component')
    return { kind: 'instantiate', component, args: c.rest(() => c.form('with', (at) => parseArg(c, at))) }
  })
}

function parseArg(c: Cursor, at: number): ArgNode {
  const name = c.string()
  if (isExternRef(c) || !c.isOpen('instance')) return { at, name, value: parseExternRef(c) }
  return { at, name, value: c.form('instance', () => parseExports(c)) }
}

function parseExports(c: Cursor): ExportNode[] {
  return c.rest(() => c.form('export', () => ({ name: parseExternName(c), item: parseExternRef(c) })))
}

// — Functions

function parseFuncField(c: Cursor, at: number): FieldNode {
  const head = parseHead(c, at)
  const imported = parseInverted(c, head, 'func')
  if (imported !== undefined) return imported
  const alias = c.optionalForm('alias', () => {
    c.keyword('export')
    const instance = c.idx()
    return { kind: 'export', sort: 'func', instance, name: c.string() } as const
  })
  if (alias !== undefined) return { kind: 'alias', ...head, alias }
  const type = parseFuncUse(c)
  return { kind: 'canon', ...head, canon: c.form('canon', () => parseLift(c)(type)) }
}

function parseCanon(c: Cursor, at: number): FieldNode {
  if (c.isKeyword('lift')) {
    const lift = parseLift(c)
    return c.form('func', () => {
      const id = c.id()
      return { kind: 'canon', at, id, exports: [], canon: lift(parseFuncUse(c)) }
    })
  }
  const canon = parseCoreCanon(c)
  const id = c.form('core', () => {
    c.keyword('func')
    return c.id()
  })
  return { kind: 'canon', at, id, exports: [], canon }
}

// — The rest

function parseExport(c: Cursor, at: number): FieldNode {
  const id = c.id()
  const name = parseExternName(c)
  const item = parseExternRef(c)
  return { kind: 'export', at, id, name, item, type: c.done ? undefined : parseAscription(c) }
}

function parseStart(c: Cursor, at: number): FieldNode {
  const func = parseIndexOrRef(c, 'func')
  const args = []
  while (c.isOpen('value')) args.push(c.parens(() => parseKeyedRef(c, 'value')))
  const results = c.rest(() => c.form('result', () => c.form('value', () => c.id())))
  return { kind: 'start', at, func, args, results }
}

/** Only the form that needs no type to be encoded. */
function parseValue(c: Cursor, at: number): FieldNode {
  const head = parseHead(c, at)
  const type = parseValType(c)
  if (!c.isOpen('binary')) throw c.error('a value definition is written as its bytes here: `(binary "...")`')
  return { kind: 'value', ...head, type, bytes: c.form('binary', () => parseBytes(c)) }
}

function parseAnnotation(c: Cursor, at: number): FieldNode {
  const word = c.word()
  c.next()
  if (word === '@custom') {
    const name = c.string()
    return { kind: 'custom', at, name, bytes: parseBytes(c) }
  }
  return { kind: 'custom', at, name: 'producers', bytes: parseProducers(c) }
}

/** `(language "a" "1")`, `(sdk …)`, `(processed-by …)`: the tool conventions' section, in order of first mention. */
function parseProducers(c: Cursor): Uint8Array {
  const fields = new Map<string, [string, string][]>()
  while (!c.done) {
    c.parens(() => {
      const field = ['language', 'sdk', 'processed-by'].find((keyword) => c.takeKeyword(keyword))
      if (field === undefined) throw c.unexpected('`language`', '`sdk`', '`processed-by`')
      const values = fields.get(field) ?? []
      values.push([c.string(), c.string()])
      fields.set(field, values)
    })
  }
  const out: number[] = []
  const uint = (value: number): void => {
    let rest = value
    for (; rest > 0x7f; rest >>>= 7) out.push((rest & 0x7f) | 0x80)
    out.push(rest)
  }
  const string = (text: string): void => {
    const bytes = new TextEncoder().encode(text)
    uint(bytes.length)
    out.push(...bytes)
  }
  uint(fields.size)
  for (const [field, values] of fields) {
    string(field)
    uint(values.length)
    for (const [name, version] of values) {
      string(name)
      string(version)
    }
  }
  return Uint8Array.from(out)
}

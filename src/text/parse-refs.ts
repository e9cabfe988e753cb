/**
 * References to items, in their four shapes: bare index, `(sort idx)`, `(sort $instance "name"…)`, and the same with a
 * `core` prefix. Which shapes a place allows is the grammar's; the legacy ones need the flag.
 *
 * @spec Index Spaces
 */
import type { CoreSort, ExternName, Sort } from '../model/component.ts'
import type { Idx, ItemRef } from './ast.ts'
import type { Cursor } from './cursor.ts'

type ComponentSort = Exclude<Sort, CoreSort>

/** The keyword of a sort, without its `core`. */
export function sortKeyword(sort: Sort): string {
  return sort.startsWith('core-') ? sort.slice('core-'.length) : sort
}

const CORE_SORTS: Readonly<Record<string, CoreSort>> = {
  func: 'core-func',
  table: 'core-table',
  memory: 'core-memory',
  global: 'core-global',
  tag: 'core-tag',
  type: 'core-type',
  module: 'core-module',
  instance: 'core-instance',
}
const COMPONENT_SORTS: Readonly<Record<string, ComponentSort>> = {
  func: 'func',
  value: 'value',
  type: 'type',
  component: 'component',
  instance: 'instance',
}

/** `func`, `core module` and so on: a sort as aliases and exports name it. */
export function parseSort(c: Cursor, allowed: readonly Sort[]): Sort {
  const core = c.isKeyword('core')
  const table: Readonly<Record<string, Sort>> = core ? CORE_SORTS : COMPONENT_SORTS
  const word = c.is('keyword', core ? 1 : 0) ? c.word(core ? 1 : 0) : ''
  const sort = Object.hasOwn(table, word) ? table[word] : undefined
  if (sort === undefined || !allowed.includes(sort)) {
    if (core) c.next()
    const words = allowed.filter((s) => s.startsWith('core-') === core).map((s) => `\`${sortKeyword(s)}\``)
    throw c.unexpected(...words)
  }
  c.position += core ? 2 : 1
  return sort
}

/** The sorts a core instance can export, as `(memory $m)` in a bundle names them. */
export function parseCoreExportSort(c: Cursor): CoreSort {
  const exportable = ['func', 'table', 'memory', 'global', 'tag']
  const word = c.is('keyword') ? c.word() : ''
  const sort = exportable.includes(word) ? CORE_SORTS[word] : undefined
  if (sort === undefined) throw c.unexpected(...exportable.map((w) => `\`${w}\``))
  c.next()
  return sort
}

/** After the sort: `idx "name"*`. Core instances do not nest, so a core item takes one name at most. */
export function parseRefContents<S extends Sort>(c: Cursor, sort: S): ItemRef<S> {
  const idx = c.idx()
  if (!sort.startsWith('core-') || sort === 'core-module') return { sort, idx, path: c.rest(() => c.string()) }
  return { sort, idx, path: c.is('string') ? [c.string()] : [] }
}

export const bareRef = <S extends Sort>(sort: S, idx: Idx): ItemRef<S> => ({ sort, idx, path: [] })

/** A bare index, or `(sort idx "name"*)` without a prefix: component items, and modules where the context is core. */
export function parseIndexOrRef<S extends Sort>(c: Cursor, sort: S): ItemRef<S> {
  if (c.isIndex()) return bareRef(sort, c.idx())
  return c.parens(() => parseKeyedRef(c, sort))
}

/** `sort idx "name"*`. */
export function parseKeyedRef<S extends Sort>(c: Cursor, sort: S): ItemRef<S> {
  c.keyword(sortKeyword(sort))
  return parseRefContents(c, sort)
}

/** A bare index, or `(core sort idx "name"?)`; `legacy` names the places where the prefix used to be absent. */
export function parseCoreRef<S extends CoreSort>(c: Cursor, sort: S, legacy: boolean): ItemRef<S> {
  if (c.isIndex()) return bareRef(sort, c.idx())
  return c.parens(() => {
    const word = sortKeyword(sort)
    if (legacy && c.isKeyword(word)) {
      if (!c.options.legacy) {
        throw c.error(
          `the \`core\` keyword is required in this reference: \`(${word} ...)\` should be written \`(core ${word} ...)\``,
        )
      }
    } else {
      c.keyword('core')
    }
    return parseKeyedRef(c, sort)
  })
}

/** What follows the keyword in `(memory …)`: an index, or `(core memory idx "name"?)`. */
export function parseMemoryRef(c: Cursor): ItemRef<'core-memory'> {
  if (!c.isIndex()) return c.form('core', () => parseKeyedRef(c, 'core-memory'))
  const idx = c.idx()
  if (!c.is('string')) return bareRef('core-memory', idx)
  if (!c.options.legacy) {
    throw c.error(
      'an export name must be written inside a nested reference: `(memory $i "name")` should be written ' +
        '`(memory (core memory $i "name"))`',
    )
  }
  return { sort: 'core-memory', idx, path: [c.string()] }
}

/** What a component exports, and what it gives to an instantiation: `(core module …)` or any component-level sort. */
const EXTERNS: readonly Sort[] = ['core-module', 'func', 'value', 'type', 'component', 'instance']

export function parseExternRef(c: Cursor): ItemRef {
  return c.parens(() => parseRefContents(c, parseSort(c, EXTERNS)))
}

/** `(sort idx` follows: a reference rather than the beginning of a definition. */
export function isExternRef(c: Cursor): boolean {
  const core = c.isOpen('core module')
  if (!core && !EXTERNS.some((sort) => sort !== 'core-module' && c.isOpen(sort))) return false
  return c.isIndex(core ? 3 : 2)
}

const ATTRIBUTES = [
  ['implements', 'implements'],
  ['versionsuffix', 'versionSuffix'],
  ['external-id', 'externalId'],
] as const

/** A name with its attributes, each at most once, in this order. */
export function parseExternName(c: Cursor): ExternName {
  const extern: { -readonly [K in keyof ExternName]: ExternName[K] } = { name: parseName(c) }
  for (const [keyword, field] of ATTRIBUTES) {
    const value = c.optionalForm(keyword, () => c.string())
    if (value !== undefined) extern[field] = value
  }
  return extern
}

function parseName(c: Cursor): string {
  return c.options.interfaceNames && c.isOpen('interface') ? c.form('interface', () => c.string()) : c.string()
}

/** The `(export "name")`s right after an identifier. */
export function parseInlineExports(c: Cursor): ExternName[] {
  const names: ExternName[] = []
  while (isInlineName(c, 'export')) names.push(c.form('export', () => parseExternName(c)))
  return names
}

export function parseInlineImport(c: Cursor): ExternName | undefined {
  return isInlineName(c, 'import') ? c.form('import', () => parseExternName(c)) : undefined
}

/** `(import "name")` and nothing but attributes: with a type inside it is a field of what we are in. */
function isInlineName(c: Cursor, keyword: string): boolean {
  if (!c.isOpen(keyword) || !c.is('string', 2)) return false
  let ahead = 3
  while (ATTRIBUTES.some(([attribute]) => c.isOpen(attribute, ahead)) && c.is('string', ahead + 2)) ahead += 4
  return c.is(')', ahead)
}

/**
 * Canonical definitions. Which immediates a built-in has, and in which order, is in the table of the model, so this is
 * one loop over them; `lift` and `lower` are on their own.
 *
 * @spec Canonical Definitions
 */
import { BUILTINS, type BuiltinName, type Immediate } from '../model/builtins.ts'
import type { BuiltinNode, CanonNode, CanonOptNode, FuncNode, ItemRef, TypeUse } from './ast.ts'
import type { Cursor } from './cursor.ts'
import { parseCoreValType } from './parse-core-types.ts'
import { parseCoreRef, parseIndexOrRef, parseKeyedRef, parseMemoryRef } from './parse-refs.ts'
import { parseValType } from './parse-types.ts'

const isBuiltin = (word: string): word is BuiltinName => Object.hasOwn(BUILTINS, word)

/** `lower …` or a built-in with its immediates, from its keyword on. */
export function parseCoreCanon(c: Cursor): CanonNode {
  if (c.takeKeyword('lower')) {
    const func = c.parens(() => parseKeyedRef(c, 'func'))
    return { kind: 'lower', func, opts: parseCanonOpts(c) }
  }
  // wasm-tools spells this one with an underscore.
  const word = c.is('keyword') ? c.word().replace('available_parallelism', 'available-parallelism') : ''
  if (!isBuiltin(word)) throw c.unexpected('`lower`', 'a canonical built-in')
  c.next()
  return parseBuiltin(c, word)
}

/** `lift …` without its type. */
export function parseLift(c: Cursor): (type: TypeUse<FuncNode>) => CanonNode {
  c.keyword('lift')
  const core: ItemRef<'core-func'> = c.form('core', () => parseKeyedRef(c, 'core-func'))
  const opts = parseCanonOpts(c)
  return (type) => ({ kind: 'lift', core, opts, type })
}

function parseBuiltin(c: Cursor, name: BuiltinName): BuiltinNode {
  const node: { -readonly [K in keyof BuiltinNode]: BuiltinNode[K] } = { kind: 'builtin', name }
  const immediates: readonly Immediate[] = BUILTINS[name].immediates
  for (const immediate of immediates) {
    switch (immediate) {
      case 'type':
        node.type = parseIndexOrRef(c, 'type')
        break
      case 'result':
        node.result = c.optionalForm('result', () => parseValType(c)) ?? null
        break
      case 'opts':
        node.opts = parseCanonOpts(c)
        break
      case 'async':
        node.async = c.takeKeyword('async')
        break
      case 'cancellable':
        node.cancellable = c.options.revision !== 'newer' && c.takeKeyword('cancellable')
        break
      case 'memory':
        node.memory = c.form('memory', () => parseMemoryRef(c))
        break
      case 'coreType':
        node.coreType = parseCoreRef(c, 'core-type', false)
        break
      case 'table':
        node.table = parseCoreRef(c, 'core-table', true)
        break
      case 'slot':
        node.slot = parseSlot(c, name)
        break
      case 'shared':
        node.shared = c.takeKeyword('shared')
        break
    }
  }
  return node
}

/** The model knows no other types here, so this much of validation is the parser's. */
function parseSlot(c: Cursor, name: BuiltinName): { readonly type: 'i32' | 'i64'; readonly index: number } {
  const { at } = c
  const type = parseCoreValType(c)
  if (type !== 'i32' && type !== 'i64') throw c.error(`\`${name}\` only supports \`i32\` or \`i64\``, at)
  return { type, index: c.u32() }
}

const ENCODINGS = {
  'string-encoding=utf8': 'utf8',
  'string-encoding=utf16': 'utf16',
  'string-encoding=latin1+utf16': 'latin1+utf16',
  'async': 'async',
  'gc': 'gc',
} as const
const isFlag = (word: string): word is keyof typeof ENCODINGS => Object.hasOwn(ENCODINGS, word)
const FORMS = ['memory', 'realloc', 'post-return', 'callback', 'core-type'] as const

function parseCanonOpts(c: Cursor): CanonOptNode[] {
  const opts: CanonOptNode[] = []
  for (;;) {
    const word = c.is('keyword') ? c.word() : ''
    const form = FORMS.find((keyword) => c.isOpen(keyword))
    if (isFlag(word)) {
      opts.push({ kind: ENCODINGS[word] })
      c.next()
    } else if (form !== undefined) {
      opts.push(c.form(form, () => parseOptForm(c, form)))
    } else {
      return opts
    }
  }
}

function parseOptForm(c: Cursor, kind: (typeof FORMS)[number]): CanonOptNode {
  if (kind === 'memory') return { kind, ref: parseMemoryRef(c) }
  if (kind === 'core-type') return { kind, ref: parseCoreRef(c, 'core-type', true) }
  return { kind, ref: parseCoreRef(c, 'core-func', true) }
}

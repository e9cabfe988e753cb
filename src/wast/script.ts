/**
 * A `.wast` script as commands. Each top-level form is parsed on its own, so that a fault inside one is that command's
 * and not the script's. Components inside are parsed, not yet resolved: that a step fails can be what a test asserts.
 */
import { MalformedError } from '../model/errors.ts'
import type { ComponentNode, CoreModuleText, Id } from '../text/ast.ts'
import { Cursor, type ParseOptions } from '../text/cursor.ts'
import { lex, type Tokens } from '../text/lexer.ts'
import { parseComponentBody, parseCoreModuleBody } from '../text/parse-component.ts'
import { placeOf, type Source } from '../text/source.ts'
import { parseWastValue, type WastValue } from './values.ts'

/** What a command defines or expects to fail. `syntax` is the error of a text that could not even be parsed. */
export type WastForm =
  | { readonly kind: 'component'; readonly id: Id | undefined; readonly tokens: Tokens; readonly node: ComponentNode }
  | { readonly kind: 'module'; readonly id: Id | undefined; readonly tokens: Tokens; readonly module: CoreModuleText }
  | { readonly kind: 'syntax'; readonly id: Id | undefined; readonly error: MalformedError }

export interface WastInvoke {
  readonly kind: 'invoke'
  readonly instance: Id | undefined
  readonly name: string
  readonly args: readonly WastValue[]
}
export interface WastGet {
  readonly kind: 'get'
  readonly instance: Id | undefined
  readonly name: string
}

export type WastCommand = {
  readonly line: number
} /** Defined, validated, and unless `definition`, instantiated. */ & (
  | { readonly kind: 'define'; readonly form: WastForm; readonly instantiate: boolean }
  | { readonly kind: 'instance'; readonly id: Id | undefined; readonly of: Id | undefined; readonly core: boolean }
  | { readonly kind: 'register'; readonly name: string; readonly id: Id | undefined }
  | { readonly kind: 'action'; readonly action: WastInvoke | WastGet }
  | { readonly kind: 'assert_return'; readonly action: WastInvoke | WastGet; readonly results: readonly WastValue[] }
  | {
      readonly kind: 'assert_trap' | 'assert_exhaustion'
      readonly action: WastInvoke | WastGet
      readonly message: string
    }
  | {
      readonly kind: 'assert_invalid' | 'assert_malformed' | 'assert_unlinkable' | 'assert_uninstantiable'
      readonly form: WastForm
      readonly message: string
    }
  /** The command itself cannot be read. */
  | { readonly kind: 'unknown'; readonly error: MalformedError }
)

/** @throws MalformedError if the script is not a sequence of balanced forms */
export function parseScript(source: Source, options: ParseOptions): WastCommand[] {
  const tokens = lex(source)
  const commands: WastCommand[] = []
  const c = new Cursor(tokens, options)
  while (!c.is('end')) {
    if (!c.is('(')) throw c.error('expected `(`')
    const { line } = placeOf(source.text, c.at)
    const inner = new Cursor(tokens, options, c.position)
    c.skip()
    commands.push(parseOne(inner, line))
  }
  return commands
}

function parseOne(c: Cursor, line: number): WastCommand {
  try {
    return c.parens(() => parseCommand(c, line))
  } catch (error) {
    if (error instanceof MalformedError) return { kind: 'unknown', line, error }
    throw error
  }
}

function parseCommand(c: Cursor, line: number): WastCommand {
  const word = c.is('keyword') ? c.word() : ''
  switch (word) {
    case 'component':
    case 'module':
      return parseDefine(c, line, word === 'module')
    case 'register': {
      c.next()
      const name = c.string()
      return { kind: 'register', line, name, id: c.id() }
    }
    case 'invoke':
    case 'get':
      return { kind: 'action', line, action: parseAction(c) }
    case 'assert_return': {
      c.next()
      const action = c.parens(() => parseAction(c))
      return { kind: word, line, action, results: c.rest(() => c.parens(() => parseWastValue(c))) }
    }
    case 'assert_trap':
    case 'assert_exhaustion': {
      c.next()
      if (!c.isOpen('component') && !c.isOpen('module')) {
        const action = c.parens(() => parseAction(c))
        return { kind: word, line, action, message: c.string() }
      }
      const form = parseForm(c)
      return { kind: 'assert_uninstantiable', line, form, message: c.string() }
    }
    case 'assert_invalid':
    case 'assert_malformed':
    case 'assert_unlinkable': {
      c.next()
      const form = parseForm(c)
      return { kind: word, line, form, message: c.string() }
    }
    default:
      throw c.error(`unexpected token, expected a command of a script`)
  }
}

function parseDefine(c: Cursor, line: number, core: boolean): WastCommand {
  if (c.isKeyword('instance', 1)) {
    c.next()
    c.next()
    const id = c.id()
    return { kind: 'instance', line, id, of: c.id(), core }
  }
  const definition = c.isKeyword('definition', 1)
  return { kind: 'define', line, form: parseFormBody(c), instantiate: !definition }
}

/** `(component …)` or `(module …)`. A text that cannot be parsed is stepped over, and is a form all the same. */
function parseForm(c: Cursor): WastForm {
  const inner = new Cursor(c.tokens, c.options, c.position)
  c.skip()
  try {
    return inner.parens(() => parseFormBody(inner))
  } catch (error) {
    if (error instanceof MalformedError) return { kind: 'syntax', id: undefined, error }
    throw error
  }
}

function parseFormBody(c: Cursor): WastForm {
  const at = c.at
  const core = c.isKeyword('module')
  if (!core) c.keyword('component')
  else c.next()
  c.takeKeyword('definition')
  if (c.isKeyword('quote', c.is('id') ? 1 : 0)) return parseQuote(c, core)
  if (!core) {
    const node = parseComponentBody(c, at)
    return { kind: 'component', id: node.id, tokens: c.tokens, node }
  }
  const id = c.id()
  return { kind: 'module', id, tokens: c.tokens, module: parseCoreModuleBody(c) }
}

/** Quoted text is a source of its own. */
function parseQuote(c: Cursor, core: boolean): WastForm {
  const id = c.id()
  c.keyword('quote')
  const { line } = placeOf(c.tokens.source.text, c.at)
  const parts = c.rest(() => c.bytes())
  try {
    const text = decodeQuote(c, parts)
    const file = `${c.tokens.source.file}:${line} (quote)`
    const inner = core ? text : `(component ${text})`
    const quoted = new Cursor(lex({ text: inner, file }), c.options)
    if (core) return { kind: 'module', id, tokens: quoted.tokens, module: parseQuotedModule(quoted) }
    const node = quoted.parens(() => parseComponentBody(quoted, quoted.keyword('component')))
    return { kind: 'component', id, tokens: quoted.tokens, node }
  } catch (error) {
    if (error instanceof MalformedError) return { kind: 'syntax', id, error }
    throw error
  }
}

/** `(module …)`, or its fields alone. */
function parseQuotedModule(c: Cursor): CoreModuleText {
  const wrapped = c.optionalForm('module', () => {
    c.id()
    return parseCoreModuleBody(c)
  })
  return wrapped ?? parseCoreModuleBody(c)
}

/** The strings may cut a character in two, so they are joined as bytes; white space keeps their tokens apart. */
function decodeQuote(c: Cursor, parts: readonly Uint8Array[]): string {
  const bytes = Uint8Array.from(parts.flatMap((part) => [...part, 0x20]))
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw c.error('malformed UTF-8 encoding')
  }
}

function parseAction(c: Cursor): WastInvoke | WastGet {
  if (c.takeKeyword('get')) {
    const instance = c.id()
    return { kind: 'get', instance, name: c.string() }
  }
  c.keyword('invoke')
  const instance = c.id()
  const name = c.string()
  return { kind: 'invoke', instance, name, args: c.rest(() => c.parens(() => parseWastValue(c))) }
}

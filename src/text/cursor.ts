/**
 * Where the parser stands in the tokens, and the small steps all of its parts are made of. A step that does not find
 * what it wants throws, with the words of the `wast` crate; a `peek` never moves.
 */
import type { MalformedError } from '../model/errors.ts'
import type { Revision } from '../model/features.ts'
import type { Id, Idx } from './ast.ts'
import type { Token, Tokens } from './lexer.ts'
import { integerOf, nameOf, stringBytes } from './literals.ts'
import { textError } from './source.ts'

/** Parentheses deeper than this are refused where the parser would recurse. */
const MAX_NESTING = 100

export interface ParseOptions {
  /** Also accept `(memory $i "mem")` and `(realloc (func ..))`, the syntax before component-model#655. */
  readonly legacy: boolean
  /** Also accept `(import (interface "a:b/c") …)`, which meant the same as the bare name. */
  readonly interfaceNames: boolean
  /** Which specification's keywords: the newer one has no `cancellable`. Default `pinned`. */
  readonly revision?: Revision | undefined
}

/** The specification's grammar, as components are written today. */
export const STRICT: ParseOptions = { legacy: false, interfaceNames: false }

export class Cursor {
  readonly tokens: Tokens
  readonly options: ParseOptions
  position: number
  private depth = 0

  constructor(tokens: Tokens, options: ParseOptions, position = 0) {
    this.tokens = tokens
    this.options = options
    this.position = position
  }

  // — Looking

  token(ahead = 0): Token {
    const { list } = this.tokens
    const token = list[Math.min(this.position + ahead, list.length - 1)]
    // The list ends with an `end` token, so it is never empty.
    return token as Token
  }

  /** Offset of the next token. */
  get at(): number {
    return this.token().at
  }

  word(ahead = 0): string {
    const { at, end } = this.token(ahead)
    return this.tokens.source.text.slice(at, end)
  }

  is(kind: Token['kind'], ahead = 0): boolean {
    return this.token(ahead).kind === kind
  }

  isKeyword(keyword: string, ahead = 0): boolean {
    return this.is('keyword', ahead) && this.word(ahead) === keyword
  }

  /** `(keyword`, or `(core keyword` written as `core keyword`. */
  isOpen(keyword: string, ahead = 0): boolean {
    if (!this.is('(', ahead)) return false
    const [first = '', second] = keyword.split(' ')
    return this.isKeyword(first, ahead + 1) && (second === undefined || this.isKeyword(second, ahead + 2))
  }

  isIndex(ahead = 0): boolean {
    return this.is('id', ahead) || this.is('integer', ahead)
  }

  /** At the end of the enclosing parentheses. */
  get done(): boolean {
    return this.is(')') || this.is('end')
  }

  // — Steps

  error(message: string, at = this.at): MalformedError {
    return textError(this.tokens.source, message, at)
  }

  /** What `lookahead` says when no alternative fits. */
  unexpected(...expected: readonly string[]): MalformedError {
    const what = this.is('end') ? 'unexpected end of input' : 'unexpected token'
    const [first, second] = expected
    if (first === undefined) return this.error(what)
    if (expected.length === 1) return this.error(`${what}, expected ${first}`)
    if (expected.length === 2) return this.error(`${what}, expected ${first} or ${second}`)
    return this.error(`${what}, expected one of: ${expected.join(', ')}`)
  }

  next(): Token {
    const token = this.token()
    if (token.kind !== 'end') this.position++
    return token
  }

  keyword(keyword: string): number {
    if (!this.isKeyword(keyword)) throw this.unexpected(`\`${keyword}\``)
    return this.next().at
  }

  /** Takes the keyword if it is there. */
  takeKeyword(keyword: string): boolean {
    if (!this.isKeyword(keyword)) return false
    this.position++
    return true
  }

  open(): number {
    if (!this.is('(')) throw this.is('end') ? this.unexpected('`(`') : this.error('expected `(`')
    this.depth++
    return this.next().at
  }

  close(): void {
    if (!this.is(')')) throw this.is('end') ? this.unexpected('`)`') : this.error('expected `)`')
    this.depth--
    this.position++
  }

  parens<T>(inside: () => T): T {
    this.open()
    const result = inside()
    this.close()
    return result
  }

  /** `(keyword …)`. */
  form<T>(keyword: string, inside: (at: number) => T): T {
    return this.parens(() => inside(this.keyword(keyword)))
  }

  /** `(keyword …)`, if that is what follows. */
  optionalForm<T>(keyword: string, inside: (at: number) => T): T | undefined {
    return this.isOpen(keyword) ? this.form(keyword, inside) : undefined
  }

  /** Everything up to the end of the enclosing parentheses. */
  rest<T>(item: () => T): T[] {
    const items: T[] = []
    while (!this.done) items.push(item())
    return items
  }

  /** Called where the parser recurses, so that text cannot exhaust the stack. */
  checkDepth(): void {
    if (this.depth > MAX_NESTING) throw this.error('item nesting too deep')
  }

  /** Steps over one balanced form or one token; returns the offset one past it. Does not recurse. */
  skip(): number {
    let depth = 0
    do {
      const token = this.next()
      if (token.kind === '(') depth++
      else if (token.kind === ')') depth--
      else if (token.kind === 'end') throw this.unexpected('`)`')
      if (depth === 0) return token.end
    } while (depth > 0)
    throw this.unexpected()
  }

  // — Leaves

  id(): Id | undefined {
    if (!this.is('id')) return undefined
    const { at, end } = this.next()
    const { source } = this.tokens
    const quoted = source.text.charAt(at + 1) === '"'
    const name = quoted ? nameOf(source, stringBytes(source, at + 1, end), at) : source.text.slice(at + 1, end)
    if (name === '') throw this.error('empty identifier', at)
    return { at, name }
  }

  idx(): Idx {
    const id = this.id()
    if (id !== undefined) return { at: id.at, ref: id.name }
    if (!this.is('integer')) throw this.unexpected('an index', 'an identifier')
    const { at } = this.token()
    return { at, ref: this.u32() }
  }

  u32(): number {
    return Number(this.integer('u32', 0n, 0xffff_ffffn))
  }

  u64(): bigint {
    return this.integer('u64', 0n, 0xffff_ffff_ffff_ffffn)
  }

  integer(type: string, min: bigint, max: bigint): bigint {
    if (!this.is('integer')) throw this.unexpected(`a ${type}`)
    const { at } = this.token()
    const word = this.word()
    this.position++
    // An unsigned literal has no sign at all, not even a redundant one.
    const signed = word.startsWith('-') || word.startsWith('+')
    const value = integerOf(word)
    if (value < min || value > max || (min === 0n && signed)) {
      throw this.error(`invalid ${type} number: constant out of range`, at)
    }
    return value
  }

  bytes(): Uint8Array {
    if (!this.is('string')) throw this.unexpected('a string')
    const { at, end } = this.next()
    return stringBytes(this.tokens.source, at, end)
  }

  string(): string {
    const { at } = this.token()
    return nameOf(this.tokens.source, this.bytes(), at)
  }
}

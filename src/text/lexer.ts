/**
 * Characters → tokens, by the lexical grammar of the core text format with its annotations proposal.
 *
 * Comments and white space vanish; so do annotations nobody here reads, whose ranges are kept because a core module
 * goes to its assembler as text. Strings and numbers are recognised here and decoded on demand.
 */
import { type Source, textError } from './source.ts'

export type TokenKind =
  | '('
  | ')'
  | 'keyword'
  | 'id'
  | 'string'
  | 'integer'
  | 'float'
  /** `@name` directly after a parenthesis. */
  | 'annotation'
  /** Well-formed as characters, without a meaning. */
  | 'reserved'
  | 'end'

export interface Token {
  readonly kind: TokenKind
  readonly at: number
  readonly end: number
}

export interface Tokens {
  readonly source: Source
  /** Ends with one token of kind `end`. */
  readonly list: readonly Token[]
  /** Ranges of skipped annotations, in order. */
  readonly blanks: readonly (readonly [number, number])[]
}

const ID_CHARS = /[0-9A-Za-z!#$%&'*+\-./:<=>?@\\^_`|~]+/y
const SPACE = /[ \t\r\n]+/y
const DIGITS = '[0-9](?:_?[0-9])*'
const HEX = '[0-9a-fA-F](?:_?[0-9a-fA-F])*'
const INTEGER = new RegExp(`^[+-]?(?:0x${HEX}|${DIGITS})$`)
const FLOAT = new RegExp(
  `^[+-]?(?:inf|nan(?::0x${HEX})?|${DIGITS}(?:\\.(?:${DIGITS})?)?(?:[eE][+-]?${DIGITS})?` +
    `|0x${HEX}(?:\\.(?:${HEX})?)?(?:[pP][+-]?${DIGITS})?)$`,
)

/** The annotations the parser reads. */
const READ: ReadonlySet<string> = new Set(['@custom', '@producers'])

/** @throws MalformedError */
export function lex(source: Source): Tokens {
  const { text } = source
  const list: Token[] = []
  const blanks: [number, number][] = []
  /** Inside a skipped annotation: how many parentheses are open, counting its own. */
  let skipping = 0
  let blankFrom = 0
  let at = 0
  const push = (kind: TokenKind, end: number): void => {
    if (skipping === 0) list.push({ kind, at, end })
    at = end
  }
  while (at < text.length) {
    const c = text.charAt(at)
    if (c === ' ' || c === '\n' || c === '\t' || c === '\r') {
      at = sticky(SPACE, text, at)
    } else if (c === '(') {
      if (text.charAt(at + 1) === ';') {
        at = blockCommentEnd(source, at)
      } else if (skipping > 0) {
        skipping++
        at++
      } else if (text.charAt(at + 1) === '@' && !READ.has(wordAt(source, at + 1))) {
        skipping = 1
        blankFrom = at
        at++
      } else {
        push('(', at + 1)
      }
    } else if (c === ')') {
      if (skipping > 0) {
        at++
        if (--skipping === 0) blanks.push([blankFrom, at])
      } else {
        push(')', at + 1)
      }
    } else if (c === ';') {
      if (text.charAt(at + 1) === ';') at = lineEnd(text, at)
      else push('reserved', at + 1)
    } else if (c === ',' || c === '[' || c === ']' || c === '{' || c === '}') {
      push('reserved', at + 1)
    } else {
      const word = wordAt(source, at)
      if (word === '') throw textError(source, `unexpected character '${c}'`, at)
      push(kindOf(word), at + word.length)
    }
  }
  if (skipping > 0) throw textError(source, 'unclosed annotation', blankFrom)
  list.push({ kind: 'end', at: text.length, end: text.length })
  return { source, list, blanks }
}

function sticky(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : at
}

function lineEnd(text: string, at: number): number {
  for (let i = at; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c === 10 || c === 13) return i
  }
  return text.length
}

function blockCommentEnd(source: Source, at: number): number {
  const { text } = source
  let level = 0
  for (let i = at; i < text.length - 1; i++) {
    if (text.charAt(i) === '(' && text.charAt(i + 1) === ';') {
      level++
      i++
    } else if (text.charAt(i) === ';' && text.charAt(i + 1) === ')') {
      level--
      i++
      if (level === 0) return i + 1
    }
  }
  throw textError(source, 'unterminated block comment', at)
}

/** A run of identifier characters and strings that touch each other: they form one token, mostly a reserved one. */
function wordAt(source: Source, at: number): string {
  const { text } = source
  let end = at
  for (;;) {
    const next = text.charAt(end) === '"' ? stringEnd(source, end) : sticky(ID_CHARS, text, end)
    if (next === end) return text.slice(at, end)
    end = next
  }
}

/** One past the closing quote. Escapes are checked when the string is decoded, but a quote after a backslash is none. */
function stringEnd(source: Source, at: number): number {
  const { text } = source
  for (let i = at + 1; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c === 0x22) return i + 1
    if (c === 0x5c) i++
    else if (c < 0x20 || c === 0x7f) {
      throw textError(source, `invalid character in string '\\u{${c.toString(16)}}'`, i)
    }
  }
  throw textError(source, 'unexpected end-of-file', text.length)
}

function kindOf(word: string): TokenKind {
  const first = word.charAt(0)
  const quote = word.indexOf('"')
  if (quote < 0) {
    if (INTEGER.test(word)) return 'integer'
    if (FLOAT.test(word)) return 'float'
    if (first === '$') return 'id'
    if (first === '@') return 'annotation'
    return first >= 'a' && first <= 'z' ? 'keyword' : 'reserved'
  }
  if (quote === 0) return isOneString(word, 0) ? 'string' : 'reserved'
  if (quote === 1 && isOneString(word, 1)) {
    if (first === '$') return 'id'
    if (first === '@') return 'annotation'
  }
  return 'reserved'
}

function isOneString(word: string, from: number): boolean {
  for (let i = from + 1; i < word.length; i++) {
    if (word.charAt(i) === '\\') i++
    else if (word.charAt(i) === '"') return i === word.length - 1
  }
  return false
}

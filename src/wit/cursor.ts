/**
 * The words of a WIT file, one after the other. Blanks and comments are skipped, documentation comments kept for the item
 * that follows; a word that is not what the grammar wants is a MalformedError with line, column and a caret.
 *
 * WIT.md of the specification: Lexical structure of WIT
 */
import type { MalformedError } from '../model/errors.ts'
import { quote } from '../model/errors.ts'
import { type Source, textError } from '../text/source.ts'
import type { Name } from './ast.ts'

const KEYWORDS: ReadonlySet<string> = new Set(
  (
    'as async bool borrow char constructor enum error-context export f32 f64 flags from func future import include ' +
    'interface list map option own package record resource result s16 s32 s64 s8 static stream string tuple type u16 ' +
    'u32 u64 u8 use variant with world'
  ).split(' '),
)

const WORD = /%?[A-Za-z][0-9A-Za-z]*(?:-[0-9A-Za-z]+)*/y
const KEBAB = /^(?:[a-z][0-9a-z]*|[A-Z][0-9A-Z]*)(?:-(?:[0-9a-z]+|[0-9A-Z]+))*$/
const VERSION = /\d+\.\d+\.\d+(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?/y
const INTEGER = /\d+/y
const STRING = /"(?:[^"\\\n]|\\(?:[nrt"'\\]|u\{[0-9A-Fa-f]{1,6}\}|[0-9A-Fa-f]{2}))*"/y
const FORBIDDEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the specification forbids them in WIT
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\u{e0001}\u0149\u0673\u0f77\u0f79\u17a3\u17a4\u2329\u232a]/u

/** Types and braces deeper than this are refused where the parser would recurse. */
const MAX_NESTING = 100

export class Cursor {
  readonly source: Source
  #at = 0
  #docs: string[] = []
  #depth = 0

  constructor(source: Source) {
    this.source = source
    const unfit = FORBIDDEN.exec(source.text)
    if (unfit !== null) throw this.error('this character is not allowed in WIT', unfit.index)
    this.#skip()
  }

  // — Looking

  get at(): number {
    return this.#at
  }

  get done(): boolean {
    return this.#at >= this.source.text.length
  }

  error(message: string, at: number = this.#at): MalformedError {
    return textError(this.source, message, at)
  }

  /** The text at this place, for a message. */
  found(): string {
    if (this.done) return 'the end of the file'
    const word = this.#match(WORD) ?? this.#match(INTEGER) ?? (this.is('->') ? '->' : this.source.text[this.#at])
    return `\`${quote(word ?? '')}\``
  }

  is(sign: string): boolean {
    return this.source.text.startsWith(sign, this.#at)
  }

  /** A bare word; `%word` is never a keyword. */
  isWord(word: string): boolean {
    return this.#match(WORD) === word
  }

  word(): string | undefined {
    return this.#match(WORD)
  }

  /** `ns:pkg…` in one piece, where `name: type` has a blank or something else than a name after the colon. */
  isQualified(): boolean {
    const word = this.#match(WORD)
    if (word === undefined) return false
    const { text } = this.source
    const after = this.#at + word.length
    if (text[after] !== ':') return false
    WORD.lastIndex = after + 1
    const second = WORD.exec(text)?.[0]
    if (second === undefined) return false
    return text[after + 1 + second.length] === '/' || !['func', 'interface', 'async'].includes(second)
  }

  // — Steps

  /** What was documented just before this place. */
  docs(): string {
    const docs = this.#docs.join('\n')
    this.#docs = []
    return docs
  }

  take(sign: string): boolean {
    if (!this.is(sign)) return false
    this.#move(sign.length)
    return true
  }

  expect(sign: string): void {
    if (!this.take(sign)) throw this.error(`expected \`${sign}\`, found ${this.found()}`)
  }

  takeWord(word: string): boolean {
    if (!this.isWord(word)) return false
    this.#move(word.length)
    return true
  }

  keyword(word: string): number {
    const { at } = this
    if (!this.takeWord(word)) throw this.error(`expected \`${word}\`, found ${this.found()}`)
    return at
  }

  /** An identifier: kebab case, no keyword unless written with `%`. */
  name(what = 'an identifier'): Name {
    const { at } = this
    const word = this.#match(WORD)
    if (word === undefined) throw this.error(`expected ${what}, found ${this.found()}`)
    const text = word.startsWith('%') ? word.slice(1) : word
    if (KEYWORDS.has(word)) throw this.error(`expected ${what}, found keyword \`${word}\``)
    if (!KEBAB.test(text)) throw this.error(`\`${quote(text)}\` is not in kebab case`)
    this.#move(word.length)
    return { text, at }
  }

  version(): string {
    const version = this.#match(VERSION)
    if (version === undefined) throw this.error(`expected a semantic version, found ${this.found()}`)
    this.#move(version.length)
    return version
  }

  integer(): number {
    const digits = this.#match(INTEGER)
    if (digits === undefined) throw this.error(`expected an integer, found ${this.found()}`)
    const value = Number(digits)
    if (!Number.isSafeInteger(value)) throw this.error('integer too large')
    this.#move(digits.length)
    return value
  }

  string(): string {
    const literal = this.#match(STRING)
    if (literal === undefined) throw this.error(`expected a string, found ${this.found()}`)
    const { at } = this
    this.#move(literal.length)
    return this.#unescape(literal.slice(1, -1), at)
  }

  /** `item, item, …` up to `close`, a comma at the end allowed. */
  list<T>(close: string, item: () => T): T[] {
    return this.nested(() => {
      const items: T[] = []
      while (!this.take(close)) {
        items.push(item())
        if (this.take(',')) continue
        if (!this.take(close)) throw this.error(`expected \`,\` or \`${close}\`, found ${this.found()}`)
        break
      }
      return items
    })
  }

  nested<T>(inside: () => T): T {
    if (++this.#depth > MAX_NESTING) throw this.error('nesting too deep')
    const result = inside()
    this.#depth--
    return result
  }

  // — Text

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    return pattern.exec(this.source.text)?.[0]
  }

  #move(length: number): void {
    this.#at += length
    this.#skip()
  }

  #skip(): void {
    const { text } = this.source
    this.#docs = []
    for (;;) {
      while (this.#at < text.length && ' \n\r\t'.includes(text.charAt(this.#at))) this.#at++
      if (text.startsWith('//', this.#at)) this.#lineComment()
      else if (text.startsWith('/*', this.#at)) this.#blockComment()
      else return
    }
  }

  #lineComment(): void {
    const { text } = this.source
    const newline = text.indexOf('\n', this.#at)
    const end = newline < 0 ? text.length : newline
    const line = text.slice(this.#at, end)
    if (line.startsWith('///')) this.#docs.push(line.slice(3).replace(/^ /, '').trimEnd())
    this.#at = end
  }

  #blockComment(): void {
    const { text } = this.source
    const start = this.#at
    let depth = 0
    const mark = /\/\*|\*\//g
    mark.lastIndex = start
    for (let found = mark.exec(text); found !== null; found = mark.exec(text)) {
      depth += found[0] === '/*' ? 1 : -1
      if (depth > 0) continue
      this.#at = mark.lastIndex
      const body = text.slice(start, this.#at)
      if (body.startsWith('/**') && body.length > 4) {
        const lines = body.slice(3, -2).split('\n')
        this.#docs.push(...trimBlank(lines.map((line) => line.replace(/^\s*\* ?/, '').trimEnd())))
      }
      return
    }
    throw this.error('block comment without an end', start)
  }

  #unescape(body: string, at: number): string {
    const simple: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '"': '"', "'": "'", '\\': '\\' }
    const bytes: number[] = []
    const encoder = new TextEncoder()
    for (const [part, escaped] of body.matchAll(/\\(u\{[0-9A-Fa-f]+\}|[0-9A-Fa-f]{2}|.)|[^\\]+/gu)) {
      if (escaped === undefined) bytes.push(...encoder.encode(part))
      else if (escaped.startsWith('u{')) {
        const code = Number.parseInt(escaped.slice(2, -1), 16)
        if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) throw this.error('not a Unicode scalar value', at)
        bytes.push(...encoder.encode(String.fromCodePoint(code)))
      } else if (escaped.length === 2) bytes.push(Number.parseInt(escaped, 16))
      else bytes.push(...encoder.encode(simple[escaped] ?? escaped))
    }
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(new Uint8Array(bytes))
    } catch {
      throw this.error('malformed UTF-8 encoding', at)
    }
  }
}

function trimBlank(lines: readonly string[]): readonly string[] {
  const first = lines.findIndex((line) => line !== '')
  const last = lines.findLastIndex((line) => line !== '')
  return first < 0 ? [] : lines.slice(first, last + 1)
}

/** A name as WIT must write it: keywords behind `%`. */
export const writtenName = (name: string): string => (KEYWORDS.has(name) ? `%${name}` : name)

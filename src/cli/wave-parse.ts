/**
 * WAVE text → component values as JavaScript holds them, each read by its type: the same text is a string, a record or
 * an error depending on what is due. Errors are WaveError with the column; a value that no text can be (a resource) is
 * one too. Depth is bounded by the type's.
 */
import { propertyKeys } from '../abi/property-keys.ts'
import { quote, unreachable } from '../model/errors.ts'
import type { Named, ValType } from '../model/types.ts'
import { isBoxedOption } from '../model/val-types.ts'
import { ESCAPES } from './wave-labels.ts'
import { resultCases } from './wave-print.ts'

export class WaveError extends Error {
  override readonly name = 'WaveError'
  /** Where in the text, from 0. */
  readonly at: number
  constructor(message: string, at: number) {
    super(message)
    this.at = at
  }
}

/** One value, and nothing after it. @throws WaveError */
export function parseWave(type: ValType, text: string): unknown {
  const reader = new Reader(text, 0)
  const value = read(reader, type)
  reader.end()
  return value
}

/** `(a, b)` as arguments, from `at` to the end of the text. Options at the end may be left out. @throws WaveError */
export function parseArguments(params: readonly Named<ValType>[], text: string, at: number): unknown[] {
  const reader = new Reader(text, at)
  const values: unknown[] = []
  reader.sequence('(', ')', () => {
    const param = params[values.length]
    if (param === undefined) throw reader.error(`too many arguments: the function takes ${params.length}`)
    values.push(read(reader, param.type))
  })
  for (const { name, type } of params.slice(values.length)) {
    if (type.kind !== 'option') throw reader.error(`argument \`${name}\` is missing: expected ${describe(type)}`)
    values.push(none(type.some))
  }
  reader.end()
  return values
}

class Reader {
  readonly text: string
  at: number
  constructor(text: string, at: number) {
    this.text = text
    this.at = at
  }

  error(message: string, at = this.at): WaveError {
    return new WaveError(message, at)
  }

  /** The text at the cursor, for "got …". */
  got(): string {
    this.space()
    const [found] = /^([%\w.+-]+|.)?/su.exec(this.text.slice(this.at, this.at + 40)) ?? ['']
    return found === '' ? 'the end' : `\`${quote(found)}\``
  }

  space(): void {
    this.match(/(\s|\/\/[^\n]*(\n|$))*/y)
  }

  match(pattern: RegExp): string | undefined {
    const sticky = new RegExp(pattern.source, `${pattern.flags.replace('y', '')}y`)
    sticky.lastIndex = this.at
    const found = sticky.exec(this.text)?.[0]
    if (found !== undefined) this.at += found.length
    return found
  }

  take(token: string): boolean {
    this.space()
    if (!this.text.startsWith(token, this.at)) return false
    this.at += token.length
    return true
  }

  expect(token: string): void {
    if (!this.take(token)) throw this.error(`expected \`${token}\`, got ${this.got()}`)
  }

  /** Items between brackets, separated by commas, one trailing comma allowed. */
  sequence(open: string, close: string, item: () => void): void {
    this.expect(open)
    while (!this.take(close)) {
      item()
      if (this.take(',')) continue
      this.expect(close)
      return
    }
  }

  /** A keyword, only if it stands alone. */
  keyword(...words: readonly string[]): string | undefined {
    this.space()
    const start = this.at
    const word = this.match(/[A-Za-z][\w-]*/)
    if (word !== undefined && words.includes(word)) return word
    this.at = start
    return undefined
  }

  label(): string {
    this.space()
    const found = this.match(/%?[A-Za-z][A-Za-z0-9]*(-[A-Za-z0-9]+)*/)
    if (found === undefined) throw this.error(`expected a name, got ${this.got()}`)
    return found.startsWith('%') ? found.slice(1) : found
  }

  end(): void {
    this.space()
    if (this.at < this.text.length) throw this.error(`expected the end, got ${this.got()}`)
  }
}

const INTEGERS = {
  s8: [-(2n ** 7n), 2n ** 7n - 1n],
  u8: [0n, 2n ** 8n - 1n],
  s16: [-(2n ** 15n), 2n ** 15n - 1n],
  u16: [0n, 2n ** 16n - 1n],
  s32: [-(2n ** 31n), 2n ** 31n - 1n],
  u32: [0n, 2n ** 32n - 1n],
  s64: [-(2n ** 63n), 2n ** 63n - 1n],
  u64: [0n, 2n ** 64n - 1n],
} as const

function read(reader: Reader, type: ValType): unknown {
  switch (type.kind) {
    case 'bool': {
      const word = reader.keyword('true', 'false')
      if (word === undefined) throw reader.error(`expected true or false, got ${reader.got()}`)
      return word === 'true'
    }
    case 's8':
    case 'u8':
    case 's16':
    case 'u16':
    case 's32':
    case 'u32':
    case 's64':
    case 'u64':
      return readInteger(reader, type.kind)
    case 'f32':
    case 'f64':
      return readFloat(reader, type.kind)
    case 'char': {
      const start = reader.at
      const text = readQuoted(reader, "'", 'a character in single quotes')
      if ([...text].length !== 1) throw reader.error('expected one character between the quotes', start)
      return text
    }
    case 'string':
      return readQuoted(reader, '"', 'a string in double quotes')
    case 'list':
      return readList(reader, type.element, type.length)
    case 'map':
      return new Map(readMap(reader, type.key, type.value))
    case 'tuple':
      return readTuple(reader, type.elements)
    case 'record':
      return readRecord(reader, type.fields)
    case 'flags':
      return readFlags(reader, type.labels)
    case 'enum':
      return readCase(
        reader,
        type.labels.map((name) => ({ name, type: undefined })),
      ).tag
    case 'variant':
      return readCase(reader, type.cases)
    case 'option':
      return readOption(reader, type.some)
    case 'result':
      return readResult(reader, type)
    case 'own':
    case 'borrow':
    case 'stream':
    case 'future':
    case 'error-context':
      throw reader.error(`${describe(type)} cannot be written as text`)
    default:
      return unreachable(type)
  }
}

function readInteger(reader: Reader, kind: keyof typeof INTEGERS): number | bigint {
  reader.space()
  const start = reader.at
  const digits = reader.match(/-?[0-9]+(?![\w.])/)
  if (digits === undefined) throw reader.error(`expected ${kind}, got ${reader.got()}`)
  const [min, max] = INTEGERS[kind]
  // no integer is longer than 20 digits; longer text need not become a number to be refused
  const value = digits.length > 25 ? max + 1n : BigInt(digits)
  if (value < min || value > max)
    throw reader.error(`expected ${kind} (from ${min} to ${max}), got \`${quote(digits)}\``, start)
  return kind === 's64' || kind === 'u64' ? value : Number(value)
}

function readFloat(reader: Reader, kind: string): number {
  reader.space()
  const text = reader.match(/-?(inf|nan|[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?)(?![\w.])/)
  if (text === undefined) throw reader.error(`expected ${kind}, got ${reader.got()}`)
  if (text.endsWith('nan')) return Number.NaN
  if (text.endsWith('inf')) return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  return Number(text)
}

function readQuoted(reader: Reader, mark: "'" | '"', wanted: string): string {
  if (!reader.take(mark)) throw reader.error(`expected ${wanted}, got ${reader.got()}`)
  let text = ''
  for (;;) {
    text += reader.match(mark === '"' ? /[^"\\\n]*/ : /[^'\\\n]*/) ?? ''
    if (reader.match(mark === '"' ? /"/ : /'/) !== undefined) return text
    const start = reader.at
    const escaped = reader.match(/\\(u\{[0-9A-Fa-f]{1,6}\}|[nrt'"\\])/)
    if (escaped === undefined) {
      throw reader.error(reader.text[start] === '\\' ? 'unknown escape' : `the closing ${mark} is missing`)
    }
    text += ESCAPES[escaped.slice(1)] ?? character(reader, escaped.slice(3, -1), start)
  }
}

function character(reader: Reader, hex: string, at: number): string {
  const code = Number.parseInt(hex, 16)
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) throw reader.error(`\\u{${hex}} is no character`, at)
  return String.fromCodePoint(code)
}

/** Lists of numbers are typed arrays, as the runtime hands them out. */
const ARRAYS: Partial<Record<ValType['kind'], (values: unknown[]) => unknown>> = {
  s8: (values) => Int8Array.from(values as number[]),
  u8: (values) => Uint8Array.from(values as number[]),
  s16: (values) => Int16Array.from(values as number[]),
  u16: (values) => Uint16Array.from(values as number[]),
  s32: (values) => Int32Array.from(values as number[]),
  u32: (values) => Uint32Array.from(values as number[]),
  s64: (values) => BigInt64Array.from(values as bigint[]),
  u64: (values) => BigUint64Array.from(values as bigint[]),
  f32: (values) => Float32Array.from(values as number[]),
  f64: (values) => Float64Array.from(values as number[]),
}

function readList(reader: Reader, element: ValType, length: number | undefined): unknown {
  const values: unknown[] = []
  reader.sequence('[', ']', () => void values.push(read(reader, element)))
  if (length === undefined) return ARRAYS[element.kind]?.(values) ?? values
  if (values.length !== length) throw reader.error(`expected ${length} elements, got ${values.length}`)
  return values
}

function readMap(reader: Reader, key: ValType, value: ValType): [unknown, unknown][] {
  const entries: [unknown, unknown][] = []
  reader.sequence('[', ']', () => {
    const [k, v] = readTuple(reader, [key, value])
    entries.push([k, v])
  })
  return entries
}

function readTuple(reader: Reader, elements: readonly ValType[]): unknown[] {
  const values: unknown[] = []
  reader.sequence('(', ')', () => {
    const element = elements[values.length]
    if (element === undefined) throw reader.error(`too many elements: the tuple has ${elements.length}`)
    values.push(read(reader, element))
  })
  if (values.length < elements.length) {
    throw reader.error(`expected ${elements.length} elements of the tuple, got ${values.length}`)
  }
  return values
}

function readRecord(reader: Reader, fields: readonly Named<ValType>[]): object {
  const keys = propertyKeys(fields.map(({ name }) => name))
  const values = new Map<string, unknown>()
  if (!takeEmpty(reader)) {
    reader.sequence('{', '}', () => {
      reader.space()
      const start = reader.at
      const name = reader.label()
      const field = fields.find((candidate) => candidate.name === name)
      if (field === undefined) throw reader.error(`the record has no field \`${quote(name)}\``, start)
      if (values.has(name)) throw reader.error(`field \`${name}\` is given twice`, start)
      reader.expect(':')
      values.set(name, read(reader, field.type))
    })
  }
  const record: Record<string, unknown> = {}
  fields.forEach(({ name, type }, i) => {
    if (!values.has(name) && type.kind !== 'option') {
      throw reader.error(`field \`${name}\` is missing: expected ${describe(type)}`)
    }
    record[keys[i] ?? name] = !values.has(name) && type.kind === 'option' ? none(type.some) : values.get(name)
  })
  return record
}

/** `{:}`: a record of which everything is left out. */
function takeEmpty(reader: Reader): boolean {
  reader.space()
  return reader.match(/\{\s*:\s*\}/) !== undefined
}

function readFlags(reader: Reader, labels: readonly string[]): object {
  const keys = propertyKeys(labels)
  const flags: Record<string, boolean> = Object.fromEntries(keys.map((key) => [key, false]))
  reader.sequence('{', '}', () => {
    reader.space()
    const start = reader.at
    const name = reader.label()
    const index = labels.indexOf(name)
    if (index < 0) throw reader.error(`expected one of ${labels.join(', ')}, got \`${quote(name)}\``, start)
    flags[keys[index] ?? name] = true
  })
  return flags
}

interface Tagged {
  readonly tag: string
  readonly val?: unknown
}

function readCase(reader: Reader, cases: readonly Named<ValType | undefined>[]): Tagged {
  reader.space()
  const start = reader.at
  const name = reader.label()
  const found = cases.find((candidate) => candidate.name === name)
  if (found === undefined) {
    throw reader.error(`expected one of ${cases.map((c) => c.name).join(', ')}, got \`${quote(name)}\``, start)
  }
  return found.type === undefined ? { tag: name } : { tag: name, val: readPayload(reader, found.type) }
}

function readPayload(reader: Reader, type: ValType): unknown {
  reader.expect('(')
  const value = read(reader, type)
  reader.take(',')
  reader.expect(')')
  return value
}

const none = (some: ValType): unknown => (isBoxedOption(some) ? { tag: 'none' } : undefined)

/** `some(v)`, `none`, or `v` itself where that cannot be taken for one of them. */
function readOption(reader: Reader, some: ValType): unknown {
  const word = reader.keyword('some', 'none')
  if (word === 'none') return none(some)
  const val = word === 'some' ? readPayload(reader, some) : bare(reader, some, 'some(…) or none')
  return isBoxedOption(some) ? { tag: 'some', val } : val
}

function readResult(reader: Reader, type: ValType & { readonly kind: 'result' }): Tagged {
  const start = reader.at
  if (reader.keyword('ok', 'err') === undefined) {
    if (type.ok === undefined) throw reader.error(`expected ok or err, got ${reader.got()}`)
    return { tag: 'ok', val: bare(reader, type.ok, 'ok(…) or err(…)') }
  }
  reader.at = start
  const { tag, val } = readCase(reader, resultCases(type))
  return { tag, val }
}

function bare(reader: Reader, type: ValType, wanted: string): unknown {
  if (type.kind === 'option' || type.kind === 'result') throw reader.error(`expected ${wanted}, got ${reader.got()}`)
  return read(reader, type)
}

function describe(type: ValType): string {
  return type.kind === 'own' || type.kind === 'borrow' ? `a \`${type.resource.name}\` resource` : `a ${type.kind}`
}

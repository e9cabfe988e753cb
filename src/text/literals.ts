/**
 * What tokens stand for: the bytes of a string, the value of an integer or a float. The lexer has checked their shape;
 * ranges, escapes and UTF-8 are checked here.
 */
import { type Source, textError } from './source.ts'

const HEX_BYTE = /[0-9a-fA-F]{2}/y
const UNICODE = /u\{([0-9a-fA-F](?:_?[0-9a-fA-F])*)\}/y

const SIMPLE: Readonly<Record<string, number>> = { '"': 0x22, "'": 0x27, 't': 9, 'n': 10, 'r': 13, '\\': 0x5c }

/** The bytes a string literal denotes; `at` is its opening quote, `end` one past the closing one. @throws MalformedError */
export function stringBytes(source: Source, at: number, end: number): Uint8Array {
  const { text } = source
  const body = text.slice(at + 1, end - 1)
  if (!body.includes('\\')) return utf8(source, body, at)
  const parts: number[] = []
  for (let i = at + 1; i < end - 1; ) {
    if (text.charAt(i) !== '\\') {
      const next = text.indexOf('\\', i)
      const stop = next < 0 || next > end - 1 ? end - 1 : next
      for (const byte of utf8(source, text.slice(i, stop), i)) parts.push(byte)
      i = stop
      continue
    }
    i++
    const simple = SIMPLE[text.charAt(i)]
    if (simple !== undefined) {
      parts.push(simple)
      i++
    } else if (matches(HEX_BYTE, text, i)) {
      parts.push(Number.parseInt(text.slice(i, i + 2), 16))
      i += 2
    } else {
      const [point, length] = codePoint(source, i)
      for (const byte of new TextEncoder().encode(String.fromCodePoint(point))) parts.push(byte)
      i += length
    }
  }
  return Uint8Array.from(parts)
}

function matches(pattern: RegExp, text: string, at: number): boolean {
  pattern.lastIndex = at
  return pattern.test(text)
}

function codePoint(source: Source, at: number): readonly [number, number] {
  UNICODE.lastIndex = at
  const match = UNICODE.exec(source.text)
  if (match === null) throw textError(source, `invalid string escape '${source.text.charAt(at)}'`, at)
  const point = Number.parseInt((match[1] ?? '').replaceAll('_', ''), 16)
  if (!(point <= 0x10ffff) || (point >= 0xd800 && point <= 0xdfff)) {
    throw textError(source, `invalid unicode scalar value 0x${point.toString(16)}`, at)
  }
  return [point, match[0].length]
}

const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/

function utf8(source: Source, text: string, at: number): Uint8Array {
  const lone = LONE_SURROGATE.exec(text)
  if (lone !== null) throw textError(source, 'malformed UTF-8 encoding', at + lone.index)
  return new TextEncoder().encode(text)
}

/** Bytes → text, where the grammar wants a name. @throws MalformedError */
export function nameOf(source: Source, bytes: Uint8Array, at: number): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw textError(source, 'malformed UTF-8 encoding', at)
  }
}

/** The value of an integer token, of any size. */
export function integerOf(word: string): bigint {
  const digits = word.replaceAll('_', '').replace(/^[+-]/, '')
  const value = BigInt(digits)
  return word.startsWith('-') ? -value : value
}

/** The value of a float or integer token, rounded to a double. Payloads of NaNs are not kept. */
export function floatOf(word: string): number {
  const text = word.replaceAll('_', '').replace(/^[+-]/, '')
  const magnitude = text.startsWith('0x') ? hexFloat(text.slice(2)) : decimal(text)
  return word.startsWith('-') ? -magnitude : magnitude
}

function decimal(text: string): number {
  if (text === 'inf') return Number.POSITIVE_INFINITY
  return text.startsWith('nan') ? Number.NaN : Number(text)
}

/** Exact before the last step: the digits as one integer, scaled by a power of two that is applied in two halves. */
function hexFloat(text: string): number {
  const [mantissa = '', exponent = '0'] = text.split(/[pP]/)
  const [whole = '', fraction = ''] = mantissa.split('.')
  const digits = BigInt(`0x${whole}${fraction}`)
  if (digits === 0n) return 0
  const bits = digits.toString(2).length
  const scale = Number(exponent) - 4 * fraction.length
  // Below the smallest normal exponent fewer bits remain, so the integer is rounded to those first.
  const keep = Math.min(53, Math.max(0, bits + scale + 1074))
  const drop = bits - keep
  if (drop <= 0) return scaled(Number(digits), scale)
  return scaled(Number(roundedShift(digits, drop)), scale + drop)
}

/** Right shift, to nearest, ties to even. */
function roundedShift(value: bigint, by: number): bigint {
  const half = 1n << BigInt(by - 1)
  const kept = value >> BigInt(by)
  const rest = value - (kept << BigInt(by))
  return rest > half || (rest === half && (kept & 1n) === 1n) ? kept + 1n : kept
}

function scaled(value: number, exponent: number): number {
  if (exponent > 1100) return Number.POSITIVE_INFINITY
  if (exponent < -1200) return 0
  const half = Math.trunc(exponent / 2)
  return value * 2 ** half * 2 ** (exponent - half)
}

/**
 * The constants of scripts: `(u32.const 7)`, `(record.const (field "a" u32.const 7))`, core ones included. They stand
 * for component values in the specification's own shape; how JavaScript spells them is a matter of `bridge.ts`.
 */
import type { Cursor } from '../text/cursor.ts'
import { floatOf, integerOf } from '../text/literals.ts'

export type WastValue =
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: IntegerKind; readonly value: bigint }
  | { readonly kind: 'f32' | 'f64'; readonly value: number }
  | { readonly kind: 'char' | 'string'; readonly value: string }
  | { readonly kind: 'list' | 'tuple'; readonly values: readonly WastValue[] }
  | { readonly kind: 'record'; readonly fields: readonly { readonly name: string; readonly value: WastValue }[] }
  | { readonly kind: 'variant'; readonly name: string; readonly value: WastValue | undefined }
  | { readonly kind: 'enum'; readonly name: string }
  | { readonly kind: 'option'; readonly value: WastValue | undefined }
  | { readonly kind: 'result'; readonly tag: 'ok' | 'err'; readonly value: WastValue | undefined }
  | { readonly kind: 'flags'; readonly names: readonly string[] }
  /** Of core modules only; integers and floats of both worlds look alike. */
  | { readonly kind: 'i32' | 'i64'; readonly value: bigint }
  | { readonly kind: 'ref'; readonly null: boolean }

export type IntegerKind = 'u8' | 's8' | 'u16' | 's16' | 'u32' | 's32' | 'u64' | 's64'

const BITS: Readonly<Record<string, number>> = { '8': 8, '16': 16, '32': 32, '64': 64 }

/** The inside of the parentheses: `KIND ARGS`. */
export function parseWastValue(c: Cursor): WastValue {
  c.checkDepth()
  const word = c.is('keyword') ? c.word() : ''
  const integer = /^([usi])(8|16|32|64)\.const$/.exec(word)
  if (integer !== null) {
    c.next()
    return parseInteger(c, word.slice(0, -'.const'.length) as IntegerKind | 'i32' | 'i64', integer[2] ?? '')
  }
  switch (word) {
    case 'bool.const':
      c.next()
      return { kind: 'bool', value: parseBool(c) }
    case 'f32.const':
    case 'f64.const':
      c.next()
      return parseFloatConst(c, word === 'f32.const' ? 'f32' : 'f64')
    case 'char.const':
      c.next()
      return { kind: 'char', value: parseChar(c) }
    case 'str.const':
      c.next()
      return { kind: 'string', value: c.string() }
    case 'list.const':
    case 'tuple.const':
      c.next()
      return { kind: word === 'list.const' ? 'list' : 'tuple', values: parseValues(c) }
    case 'record.const':
      c.next()
      return { kind: 'record', fields: c.rest(() => c.form('field', () => parseFieldValue(c))) }
    case 'variant.const': {
      c.next()
      const name = c.string()
      return { kind: 'variant', name, value: optionalValue(c) }
    }
    case 'enum.const':
      c.next()
      return { kind: 'enum', name: c.string() }
    case 'option.none':
      c.next()
      return { kind: 'option', value: undefined }
    case 'option.some':
      c.next()
      return { kind: 'option', value: c.parens(() => parseWastValue(c)) }
    case 'result.ok':
    case 'result.err':
      c.next()
      return { kind: 'result', tag: word === 'result.ok' ? 'ok' : 'err', value: optionalValue(c) }
    case 'flags.const':
      c.next()
      return { kind: 'flags', names: c.rest(() => c.string()) }
    case 'ref.null':
      c.next()
      c.rest(() => c.next())
      return { kind: 'ref', null: true }
    default:
      throw c.error('expected a [type].const expression')
  }
}

const parseValues = (c: Cursor): WastValue[] => c.rest(() => c.parens(() => parseWastValue(c)))

const optionalValue = (c: Cursor): WastValue | undefined => (c.done ? undefined : c.parens(() => parseWastValue(c)))

/** The value of a field has no parentheses of its own. */
function parseFieldValue(c: Cursor): { readonly name: string; readonly value: WastValue } {
  const name = c.string()
  return { name, value: parseWastValue(c) }
}

function parseBool(c: Cursor): boolean {
  if (c.takeKeyword('true')) return true
  c.keyword('false')
  return false
}

/** A signed type takes the unsigned spelling of its bits too, as core constants do. */
function parseInteger(c: Cursor, kind: IntegerKind | 'i32' | 'i64', width: string): WastValue {
  const bits = BITS[width] ?? 0
  if (!c.is('integer')) throw c.unexpected(`a ${kind}`)
  const { at } = c.token()
  const value = integerOf(c.word())
  c.next()
  const signed = kind.charAt(0) !== 'u'
  const min = signed ? -(2n ** BigInt(bits - 1)) : 0n
  if (value < min || value >= 2n ** BigInt(bits)) {
    throw c.error(`invalid ${kind} number: constant out of range`, at)
  }
  return { kind, value: signed ? BigInt.asIntN(bits, value) : value }
}

function parseFloatConst(c: Cursor, kind: 'f32' | 'f64'): WastValue {
  // `nan:canonical` and `nan:arithmetic` mean any NaN: JavaScript does not tell them apart.
  const pattern = c.isKeyword('nan:canonical') || c.isKeyword('nan:arithmetic')
  if (!pattern && !c.is('float') && !c.is('integer')) throw c.unexpected('a float')
  const value = pattern ? Number.NaN : floatOf(c.word())
  c.next()
  return { kind, value: kind === 'f32' ? Math.fround(value) : value }
}

function parseChar(c: Cursor): string {
  const { at } = c.token()
  const value = c.string()
  if ([...value].length !== 1) {
    throw c.error(value === '' ? 'empty string' : 'more than one character', at)
  }
  return value
}

/**
 * Sizes, offsets and flat forms of types, written anew from the specification for the guests that these tests make:
 * what the code under test computes must agree with it, so nothing is shared.
 */
import type { ValType } from '../../src/model/types.ts'

export type Flat = 'i32' | 'i64' | 'f32' | 'f64'

const NUMBERS: Readonly<Record<string, readonly [size: number, flat: Flat]>> = {
  bool: [1, 'i32'],
  u8: [1, 'i32'],
  s8: [1, 'i32'],
  u16: [2, 'i32'],
  s16: [2, 'i32'],
  u32: [4, 'i32'],
  s32: [4, 'i32'],
  char: [4, 'i32'],
  u64: [8, 'i64'],
  s64: [8, 'i64'],
  f32: [4, 'f32'],
  f64: [8, 'f64'],
  own: [4, 'i32'],
  borrow: [4, 'i32'],
}

export function numberOf(type: ValType): readonly [size: number, flat: Flat] {
  const found = NUMBERS[type.kind]
  if (found === undefined) throw new TypeError(`${type.kind} is no number`)
  return found
}

/** Types in a row: the fields of a record, say. `undefined` if `type` is not of that sort. */
export function partsOf(type: ValType): readonly ValType[] | undefined {
  if (type.kind === 'record') return type.fields.map((field) => field.type)
  if (type.kind === 'tuple') return type.elements
  if (type.kind === 'list' && type.length !== undefined) return new Array<ValType>(type.length).fill(type.element)
  return undefined
}

/** The payloads of what has a discriminant. */
export function casesOf(type: ValType): readonly (ValType | undefined)[] | undefined {
  if (type.kind === 'variant') return type.cases.map((c) => c.type)
  if (type.kind === 'enum') return type.labels.map(() => undefined)
  if (type.kind === 'option') return [undefined, type.some]
  if (type.kind === 'result') return [type.ok, type.err]
  return undefined
}

export function isPointerPair(type: ValType): boolean {
  return type.kind === 'string' || type.kind === 'map' || (type.kind === 'list' && type.length === undefined)
}

export const flagBytes = (labels: readonly string[]): 1 | 2 | 4 =>
  labels.length <= 8 ? 1 : labels.length <= 16 ? 2 : 4
export const discriminantBytes = (cases: number): 1 | 2 | 4 => (cases <= 256 ? 1 : cases <= 65_536 ? 2 : 4)

const up = (n: number, to: number): number => Math.ceil(n / to) * to

export function alignOf(type: ValType): number {
  const parts = partsOf(type)
  if (parts !== undefined) return Math.max(...parts.map(alignOf))
  const cases = casesOf(type)
  if (cases !== undefined) {
    return Math.max(discriminantBytes(cases.length), ...cases.map((c) => (c === undefined ? 1 : alignOf(c))))
  }
  if (isPointerPair(type)) return 4
  return type.kind === 'flags' ? flagBytes(type.labels) : numberOf(type)[0]
}

export function offsetsOf(parts: readonly ValType[]): number[] {
  let end = 0
  return parts.map((part) => {
    const begin = up(end, alignOf(part))
    end = begin + sizeOf(part)
    return begin
  })
}

export function payloadOffset(cases: readonly (ValType | undefined)[]): number {
  return up(discriminantBytes(cases.length), Math.max(1, ...cases.map((c) => (c === undefined ? 1 : alignOf(c)))))
}

export function sizeOf(type: ValType): number {
  const parts = partsOf(type)
  if (parts !== undefined) {
    const last = parts.at(-1)
    return up((offsetsOf(parts).at(-1) ?? 0) + (last === undefined ? 0 : sizeOf(last)), alignOf(type))
  }
  const cases = casesOf(type)
  if (cases !== undefined) {
    const payload = Math.max(0, ...cases.map((c) => (c === undefined ? 0 : sizeOf(c))))
    return up(payloadOffset(cases) + payload, alignOf(type))
  }
  if (isPointerPair(type)) return 8
  return type.kind === 'flags' ? flagBytes(type.labels) : numberOf(type)[0]
}

export function flatten(type: ValType): Flat[] {
  const parts = partsOf(type)
  if (parts !== undefined) return parts.flatMap(flatten)
  const cases = casesOf(type)
  if (cases !== undefined) {
    const joined: Flat[] = []
    for (const c of cases) {
      const flat = c === undefined ? [] : flatten(c)
      flat.forEach((want, i) => {
        const have = joined[i]
        joined[i] = have === undefined ? want : join(have, want)
      })
    }
    return ['i32', ...joined]
  }
  if (isPointerPair(type)) return ['i32', 'i32']
  return type.kind === 'flags' ? ['i32'] : [numberOf(type)[1]]
}

function join(a: Flat, b: Flat): Flat {
  if (a === b) return a
  return (a === 'i32' && b === 'f32') || (a === 'f32' && b === 'i32') ? 'i32' : 'i64'
}

/**
 * Numbers and booleans without generated source: what a value is stands in a number, the code of its kind, and one function
 * for each operation tells them apart. Calls of functions that differ are slow in every engine.
 */
import type { CoreValue } from '../../abi/context.ts'
import type { Numeric } from '../../abi/emit/numbers.ts'
import type { Layout } from '../../abi/layout.ts'

const CODES: { readonly [K in Numeric]: number } = {
  u32: 0,
  s32: 1,
  f64: 2,
  bool: 3,
  u8: 4,
  s8: 5,
  u16: 6,
  s16: 7,
  f32: 8,
  u64: 9,
  s64: 10,
}

/** What the kind is to the functions below; `undefined` if it is no number. */
export function codeOf(t: Layout): number | undefined {
  return Object.hasOwn(CODES, t.kind) ? CODES[t.kind as Numeric] : undefined
}

export function fits(code: number, x: unknown): boolean {
  switch (code) {
    case 0:
      return typeof x === 'number' && x >>> 0 === x
    case 1:
      return typeof x === 'number' && (x | 0) === x
    case 2:
    case 8:
      return typeof x === 'number'
    case 3:
      return typeof x === 'boolean'
    case 4:
      return typeof x === 'number' && (x & 0xff) === x
    case 5:
      return typeof x === 'number' && (x << 24) >> 24 === x
    case 6:
      return typeof x === 'number' && (x & 0xffff) === x
    case 7:
      return typeof x === 'number' && (x << 16) >> 16 === x
    case 9:
      return typeof x === 'bigint' && BigInt.asUintN(64, x) === x
    default:
      return typeof x === 'bigint' && BigInt.asIntN(64, x) === x
  }
}

/** From the core value as the engine hands it over; -1: no result. */
export function liftCode(core: CoreValue, code: number): unknown {
  switch (code) {
    case 0:
      return (core as number) >>> 0
    case 3:
      return core !== 0
    case 4:
      return (core as number) & 0xff
    case 5:
      return ((core as number) << 24) >> 24
    case 6:
      return (core as number) & 0xffff
    case 7:
      return ((core as number) << 16) >> 16
    case 9:
      return BigInt.asUintN(64, core as bigint)
    default:
      return core
  }
}

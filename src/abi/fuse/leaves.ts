/**
 * Numbers and what is one in core code: how they pass from one side to the other once they were checked. What is done with
 * one is a small number, because engines look into a switch over numbers, and not into functions they find in arrays.
 *
 * @spec Loading
 * @spec Flat Lifting
 */
import type { CoreValue } from '../context.ts'
import type { Layout } from '../layout.ts'
import { canonicalizeNan } from '../load.ts'
import { discriminantOf } from './facts.ts'

/** The bits that flags have names for. */
export const known = (labels: number): number => (labels === 32 ? 0xffff_ffff : 2 ** labels - 1)

/** Any byte but 0 is true, there is one NaN, and flags without a name are cleared. */
const Way = {
  copy1: 0,
  copy2: 1,
  copy4: 2,
  copy8: 3,
  bool: 4,
  f32: 5,
  f64: 6,
  mask1: 7,
  mask2: 8,
  mask4: 9,
  // of core values only
  u8: 10,
  s8: 11,
  u16: 12,
  s16: 13,
} as const

const COPY = { 1: Way.copy1, 2: Way.copy2, 4: Way.copy4, 8: Way.copy8 } as const
const MASK = { 1: Way.mask1, 2: Way.mask2, 4: Way.mask4 } as const

/** `undefined`: it is no number. */
function wayOf(t: Layout): number | undefined {
  switch (t.kind) {
    case 'u8':
    case 's8':
    case 'u16':
    case 's16':
    case 'u32':
    case 's32':
    case 'char':
    case 'u64':
    case 's64':
      return COPY[t.size as keyof typeof COPY] // of a number
    case 'enum':
      return COPY[discriminantOf(t)]
    case 'bool':
    case 'f32':
    case 'f64':
      return Way[t.kind]
    case 'flags':
      return MASK[t.size as keyof typeof MASK] // as many bytes as their bits take
    default:
      return undefined
  }
}

export const isNumber = (t: Layout): boolean => wayOf(t) !== undefined

/** A part of a sequence, with its offset in bytes or its first core value. */
export interface Part {
  readonly layout: Layout
  readonly at: number
}

/** Numbers side by side. */
export class Leaves {
  readonly #ways: Uint8Array
  readonly #at: Uint32Array
  readonly #masks: Uint32Array

  /** @param flat as core values */
  constructor(parts: readonly Part[], flat: boolean) {
    this.#at = Uint32Array.from(parts, ({ at }) => at)
    this.#masks = Uint32Array.from(parts, ({ layout: t }) => (t.kind === 'flags' ? known(t.labels.length) : 0))
    this.#ways = Uint8Array.from(parts, ({ layout: t }) => {
      if (flat && (t.kind === 'u8' || t.kind === 's8' || t.kind === 'u16' || t.kind === 's16')) return Way[t.kind]
      return wayOf(t) ?? Way.copy1
    })
  }

  /** `undefined`: not all of them are numbers. */
  static of(parts: readonly Part[], flat: boolean): Leaves | undefined {
    return parts.every(({ layout }) => isNumber(layout)) ? new Leaves(parts, flat) : undefined
  }

  /** From one memory to the other. */
  copy(from: DataView, source: number, to: DataView, target: number): void {
    for (let i = 0; i < this.#ways.length; i++) this.#column(i, from, source, to, target, 1, 0)
  }

  /** The same for each element of a list, which are `size` apart: number after number, because order cannot be seen. */
  copyAll(from: DataView, source: number, to: DataView, target: number, length: number, size: number): void {
    for (let i = 0; i < this.#ways.length; i++) this.#column(i, from, source, to, target, length, size)
  }

  #column(i: number, from: DataView, source: number, to: DataView, target: number, length: number, size: number): void {
    let a = source + (this.#at[i] as number) // i is one of them
    let b = target + (this.#at[i] as number)
    const mask = this.#masks[i] as number
    switch (this.#ways[i]) {
      case Way.copy1:
        for (let n = 0; n < length; n++, a += size, b += size) to.setUint8(b, from.getUint8(a))
        return
      case Way.copy2:
        for (let n = 0; n < length; n++, a += size, b += size) to.setUint16(b, from.getUint16(a, true), true)
        return
      case Way.copy4:
        for (let n = 0; n < length; n++, a += size, b += size) to.setInt32(b, from.getInt32(a, true), true)
        return
      case Way.copy8:
        for (let n = 0; n < length; n++, a += size, b += size) {
          to.setInt32(b, from.getInt32(a, true), true)
          to.setInt32(b + 4, from.getInt32(a + 4, true), true)
        }
        return
      case Way.bool:
        for (let n = 0; n < length; n++, a += size, b += size) to.setUint8(b, from.getUint8(a) === 0 ? 0 : 1)
        return
      case Way.f32:
        for (let n = 0; n < length; n++, a += size, b += size)
          to.setFloat32(b, canonicalizeNan(from.getFloat32(a, true)), true)
        return
      case Way.f64:
        for (let n = 0; n < length; n++, a += size, b += size)
          to.setFloat64(b, canonicalizeNan(from.getFloat64(a, true)), true)
        return
      case Way.mask1:
        for (let n = 0; n < length; n++, a += size, b += size) to.setUint8(b, from.getUint8(a) & mask)
        return
      case Way.mask2:
        for (let n = 0; n < length; n++, a += size, b += size) to.setUint16(b, from.getUint16(a, true) & mask, true)
        return
      default:
        for (let n = 0; n < length; n++, a += size, b += size) to.setInt32(b, from.getInt32(a, true) & mask, true)
    }
  }

  /** From core values to core values, which are appended. */
  pass(values: readonly CoreValue[], begin: number, out: CoreValue[]): void {
    for (let i = 0; i < this.#ways.length; i++)
      out.push(this.one(i, values[begin + (this.#at[i] as number)] as CoreValue)) // as many as the signature has
  }

  one(i: number, v: CoreValue): CoreValue {
    switch (this.#ways[i]) {
      case Way.bool:
        return v === 0 ? 0 : 1
      case Way.u8:
        return (v as number) & 0xff
      case Way.s8:
        return ((v as number) << 24) >> 24
      case Way.u16:
        return (v as number) & 0xffff
      case Way.s16:
        return ((v as number) << 16) >> 16
      case Way.f32:
      case Way.f64:
        return canonicalizeNan(v as number)
      case Way.mask1:
      case Way.mask2:
      case Way.mask4:
        return (v as number) & (this.#masks[i] as number)
      default:
        // checked, or any bits will do
        return v
    }
  }
}

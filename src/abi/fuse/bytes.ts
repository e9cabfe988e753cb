/** From one memory to another. */
import type { GuestMemory } from '../memory.ts'

/** Up to here a loop is faster than a call into the engine, which wants an array made for it (V8, JavaScriptCore). */
const LOOP = 96

/** Ranges are known to be there. */
export function copyBytes(from: GuestMemory, source: number, to: GuestMemory, target: number, length: number): void {
  if (length > LOOP) {
    to.bytes.set(from.bytes.subarray(source, source + length), target)
    return
  }
  const words = length & ~3
  for (let i = 0; i < words; i += 4) to.view.setInt32(target + i, from.view.getInt32(source + i, true), true)
  for (let i = words; i < length; i++) to.bytes[target + i] = from.bytes[source + i] as number // in range: checked
}

/** The one NaN of the specification, for the bits of a number that travels as an integer. */
export function canonicalF32(bits: number): number {
  return (bits & 0x7fff_ffff) > 0x7f80_0000 ? 0x7fc0_0000 : bits >>> 0
}

const EXPONENT = 0x7ff0_0000_0000_0000n
const MAGNITUDE = 0x7fff_ffff_ffff_ffffn
const NAN = 0x7ff8_0000_0000_0000n

export function canonicalF64(bits: bigint): bigint {
  return (bits & MAGNITUDE) > EXPONENT ? NAN : bits
}

/** From one memory to another. */

/** Up to here a loop is faster than a call into the engine, which wants an array made for it (V8, JavaScriptCore). */
const LOOP = 64

export function copyBytes(from: Uint8Array, source: number, to: Uint8Array, target: number, length: number): void {
  if (length <= LOOP)
    for (let i = 0; i < length; i++) to[target + i] = from[source + i] as number // in range: checked
  else to.set(from.subarray(source, source + length), target)
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

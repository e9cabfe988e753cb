/** Says what is wrong with bytes a decoder refused, in the words of Rust's errors. Only failures pay for this. */

/** Well-formed UTF-8 by lead byte: continuation bytes, and the range of the first of them. */
function sequenceOf(lead: number): { readonly more: number; readonly low: number; readonly high: number } | undefined {
  if (lead >= 0xc2 && lead <= 0xdf) return { more: 1, low: 0x80, high: 0xbf }
  if (lead >= 0xe0 && lead <= 0xef) {
    return { more: 2, low: lead === 0xe0 ? 0xa0 : 0x80, high: lead === 0xed ? 0x9f : 0xbf }
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    return { more: 3, low: lead === 0xf0 ? 0x90 : 0x80, high: lead === 0xf4 ? 0x8f : 0xbf }
  }
  return undefined
}

export function utf8Problem(bytes: Uint8Array): string {
  let i = 0
  while (i < bytes.length) {
    const lead = bytes[i] as number // i < length
    if (lead < 0x80) {
      i += 1
      continue
    }
    const sequence = sequenceOf(lead)
    if (sequence === undefined) return `invalid utf-8 sequence of 1 bytes from index ${i}`
    for (let k = 1; k <= sequence.more; k++) {
      const byte = bytes[i + k]
      if (byte === undefined) return `incomplete utf-8 byte sequence from index ${i}`
      const fits = k === 1 ? byte >= sequence.low && byte <= sequence.high : byte >= 0x80 && byte <= 0xbf
      if (!fits) return `invalid utf-8 sequence of ${k} bytes from index ${i}`
    }
    i += 1 + sequence.more
  }
  return 'invalid utf-8'
}

export function utf16Problem(bytes: Uint8Array): string {
  const unit = (i: number): number | undefined => {
    const high = bytes[i + 1]
    return high === undefined ? undefined : (bytes[i] as number) | (high << 8) // i < i + 1 < length
  }
  const isHigh = (u: number | undefined): boolean => u !== undefined && u >= 0xd800 && u <= 0xdbff
  const isLow = (u: number | undefined): boolean => u !== undefined && u >= 0xdc00 && u <= 0xdfff
  for (let i = 0; i < bytes.length; i += 2) {
    const u = unit(i)
    if (isHigh(u) && isLow(unit(i + 2))) i += 2
    else if (isHigh(u) || isLow(u)) return `unpaired surrogate found: ${u?.toString(16)} at index ${i / 2}`
  }
  return 'invalid utf-16'
}

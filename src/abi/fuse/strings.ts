/**
 * Strings from one memory to the other, without a JavaScript string between: checked where they lie, then written in the
 * other side's encoding with exactly the allocations the specification prescribes for the pair.
 *
 * @spec Loading
 * @spec Storing
 */
import { Trap } from '../../model/errors.ts'
import type { LiftLowerContext } from '../context.ts'
import { utf8Problem, utf16Problem } from '../encoding-problem.ts'
import type { GuestMemory } from '../memory.ts'
import { locateString } from '../strings.ts'
import { copyBytes } from './bytes.ts'

/** Lifts: traps for what is no string. */
export function checkString(cx: LiftLowerContext, ptr: number, tagged: number): void {
  const simple = locateString(cx, ptr, tagged)
  const { memory, units } = cx
  if (simple === 'utf8') {
    if (!isUtf8(memory, ptr, units)) throw new Trap('bad-string', utf8Problem(memory.bytes.subarray(ptr, ptr + units)))
  } else if (simple === 'utf16' && !isUtf16(memory, ptr, units)) {
    throw new Trap('bad-string', utf16Problem(memory.bytes.subarray(ptr, ptr + 2 * units)))
  }
}

/** Lowers what was checked. Answers the address; `dst.units` has the code units, tagged where the encoding is. */
export function copyString(src: LiftLowerContext, dst: LiftLowerContext, ptr: number, tagged: number): number {
  const { encoding } = src.opts
  const wide = encoding === 'latin1+utf16' && tagged >= src.utf16Tag
  const units = wide ? tagged - src.utf16Tag : tagged
  const from = src.memory
  const simple = encoding !== 'latin1+utf16' ? encoding : wide ? 'utf16' : 'latin1'
  switch (dst.opts.encoding) {
    case 'utf8':
      if (simple === 'utf8') return copy(from, dst, ptr, 1, units, units)
      return toUtf8(from, dst, ptr, units, simple === 'utf16')
    case 'utf16':
      if (simple === 'utf16') return copy(from, dst, ptr, 2, 2 * units, units)
      return simple === 'utf8' ? utf8ToUtf16(from, dst, ptr, units) : latin1ToUtf16(from, dst, ptr, units)
    case 'latin1+utf16':
      if (encoding !== 'latin1+utf16') return toLatin1OrUtf16(from, dst, ptr, units, simple === 'utf16')
      return wide ? narrowIfItFits(from, dst, ptr, units) : copy(from, dst, ptr, 2, units, units)
  }
}

function copy(
  from: GuestMemory,
  dst: LiftLowerContext,
  ptr: number,
  alignment: number,
  byteLength: number,
  units: number,
): number {
  const begin = dst.reallocateChecked(0, 0, alignment, byteLength, 'string')
  copyBytes(from, ptr, dst.memory, begin, byteLength)
  dst.units = units
  return begin
}

/** As long as all is ASCII one allocation serves; the first other character asks for the worst case, then shrinks. */
function toUtf8(from: GuestMemory, dst: LiftLowerContext, ptr: number, units: number, wide: boolean): number {
  let begin = dst.reallocateChecked(0, 0, 1, units, 'string')
  const { view } = from
  let { bytes } = dst.memory
  let i = 0
  for (; i < units; i++) {
    const c = wide ? view.getUint16(ptr + 2 * i, true) : view.getUint8(ptr + i)
    if (c >= 0x80) break
    bytes[begin + i] = c
  }
  dst.units = units
  if (i === units) return begin
  const worstCase = wide ? 3 * units : 2 * units
  begin = dst.reallocateChecked(begin, units, 1, worstCase, 'string')
  ;({ bytes } = dst.memory)
  let end = begin + i
  for (; i < units; i++) {
    let c = wide ? view.getUint16(ptr + 2 * i, true) : view.getUint8(ptr + i)
    if (c < 0x80) {
      bytes[end++] = c
      continue
    }
    if (c < 0x800) {
      bytes[end++] = 0xc0 | (c >> 6)
      bytes[end++] = 0x80 | (c & 0x3f)
      continue
    }
    if (c >= 0xd800 && c <= 0xdbff) {
      // checked: the other half follows
      i += 1
      c = 0x1_0000 + ((c - 0xd800) << 10) + (view.getUint16(ptr + 2 * i, true) - 0xdc00)
      bytes[end++] = 0xf0 | (c >> 18)
      bytes[end++] = 0x80 | ((c >> 12) & 0x3f)
    } else bytes[end++] = 0xe0 | (c >> 12)
    bytes[end++] = 0x80 | ((c >> 6) & 0x3f)
    bytes[end++] = 0x80 | (c & 0x3f)
  }
  const written = end - begin
  if (worstCase > written) begin = dst.reallocateChecked(begin, worstCase, 1, written, 'string')
  dst.units = written
  return begin
}

function utf8ToUtf16(from: GuestMemory, dst: LiftLowerContext, ptr: number, byteLength: number): number {
  const worstCase = 2 * byteLength
  let begin = dst.reallocateChecked(0, 0, 2, worstCase, 'string')
  const encoded = decodeUtf8(from.bytes, ptr, ptr + byteLength, dst.memory.view, begin) - begin
  if (encoded < worstCase) begin = dst.reallocateChecked(begin, worstCase, 2, encoded, 'string')
  dst.units = encoded / 2
  return begin
}

function latin1ToUtf16(from: GuestMemory, dst: LiftLowerContext, ptr: number, units: number): number {
  const begin = dst.reallocateChecked(0, 0, 2, 2 * units, 'string')
  const { bytes } = from
  const { view } = dst.memory
  for (let i = 0; i < units; i++) view.setUint16(begin + 2 * i, bytes[ptr + i] as number, true) // in range: checked
  dst.units = units
  return begin
}

/** Latin-1 as long as it lasts, then all of it in UTF-16. */
function toLatin1OrUtf16(from: GuestMemory, dst: LiftLowerContext, ptr: number, units: number, wide: boolean): number {
  let begin = dst.reallocateChecked(0, 0, 2, units, 'string')
  const { bytes, view } = from
  let i = 0
  let end = begin
  const latin1 = dst.memory.bytes
  for (; i < units; i++) {
    let c = wide ? view.getUint16(ptr + 2 * i, true) : (bytes[ptr + i] as number) // in range: checked
    if (!wide && c >= 0x80) {
      // Latin-1 beyond ASCII takes two bytes, and these two leads
      if (c > 0xc3) break
      i += 1
      c = ((c & 3) << 6) | ((bytes[ptr + i] as number) & 0x3f) // checked: it is there
    }
    if (c > 0xff) break
    latin1[end++] = c
  }
  if (i >= units) {
    const written = end - begin
    if (written < units) begin = dst.reallocateChecked(begin, units, 2, written, 'string')
    dst.units = written
    return begin
  }
  const worstCase = 2 * units
  begin = dst.reallocateChecked(begin, units, 2, worstCase, 'string')
  // The specification widens what is there already and appends; the bytes come out the same.
  let encoded = worstCase
  if (wide) copyBytes(from, ptr, dst.memory, begin, worstCase)
  else encoded = decodeUtf8(bytes, ptr, ptr + units, dst.memory.view, begin) - begin
  if (worstCase > encoded) begin = dst.reallocateChecked(begin, worstCase, 2, encoded, 'string')
  dst.units = encoded / 2 + dst.utf16Tag
  return begin
}

/** UTF-16 by its tag, that may be Latin-1 all the same. */
function narrowIfItFits(from: GuestMemory, dst: LiftLowerContext, ptr: number, units: number): number {
  const byteLength = 2 * units
  const begin = dst.reallocateChecked(0, 0, 2, byteLength, 'string')
  const { bytes, view } = dst.memory
  copyBytes(from, ptr, dst.memory, begin, byteLength)
  for (let i = 0; i < units; i++) {
    if (from.view.getUint16(ptr + 2 * i, true) > 0xff) {
      dst.units = units + dst.utf16Tag
      return begin
    }
  }
  for (let i = 0; i < units; i++) bytes[begin + i] = view.getUint8(begin + 2 * i)
  dst.units = units
  return dst.reallocateChecked(begin, byteLength, 1, units, 'string')
}

/** Of valid UTF-8; answers where it stopped writing. */
function decodeUtf8(bytes: Uint8Array, begin: number, end: number, view: DataView, target: number): number {
  let to = target
  for (let i = begin; i < end; ) {
    const lead = bytes[i++] as number // i < end
    let c = lead
    if (lead >= 0xf0) {
      c = ((lead & 7) << 18) | (more(bytes, i) << 12) | (more(bytes, i + 1) << 6) | more(bytes, i + 2)
      i += 3
      view.setUint16(to, 0xd7c0 + (c >> 10), true)
      to += 2
      c = 0xdc00 | (c & 0x3ff)
    } else if (lead >= 0xe0) {
      c = ((lead & 15) << 12) | (more(bytes, i) << 6) | more(bytes, i + 1)
      i += 2
    } else if (lead >= 0x80) {
      c = ((lead & 31) << 6) | more(bytes, i)
      i += 1
    }
    view.setUint16(to, c, true)
    to += 2
  }
  return to
}

const more = (bytes: Uint8Array, i: number): number => (bytes[i] as number) & 0x3f // checked: it is there

/** Words of ASCII first, which is what most strings are. */
export function isUtf8({ bytes, view }: GuestMemory, ptr: number, length: number): boolean {
  const end = ptr + length
  let i = ptr
  while (i + 16 <= end) {
    const a = view.getUint32(i, true) | view.getUint32(i + 4, true)
    const b = view.getUint32(i + 8, true) | view.getUint32(i + 12, true)
    if (((a | b) & 0x8080_8080) !== 0) break
    i += 16
  }
  while (i < end) {
    const lead = bytes[i++] as number // i < end
    if (lead < 0x80) continue
    if (lead < 0xc2 || lead > 0xf4) return false
    if (lead < 0xe0) {
      if (i >= end || !isMore(bytes, i)) return false
      i += 1
      continue
    }
    // the second byte says whether the whole is too short a number, a surrogate, or beyond Unicode
    const second = i < end ? (bytes[i] as number) : 0
    if (lead < 0xf0) {
      if (i + 1 >= end || !isMore(bytes, i) || !isMore(bytes, i + 1)) return false
      if ((lead === 0xe0 && second < 0xa0) || (lead === 0xed && second > 0x9f)) return false
      i += 2
    } else {
      if (i + 2 >= end || !isMore(bytes, i) || !isMore(bytes, i + 1) || !isMore(bytes, i + 2)) return false
      if ((lead === 0xf0 && second < 0x90) || (lead === 0xf4 && second > 0x8f)) return false
      i += 3
    }
  }
  return true
}

const isMore = (bytes: Uint8Array, i: number): boolean => ((bytes[i] as number) & 0xc0) === 0x80 // in range: checked

export function isUtf16({ view }: GuestMemory, ptr: number, units: number): boolean {
  for (let i = 0; i < units; i++) {
    const unit = view.getUint16(ptr + 2 * i, true)
    if ((unit & 0xf800) !== 0xd800) continue
    if (unit > 0xdbff || i + 1 === units) return false
    i += 1
    if ((view.getUint16(ptr + 2 * i, true) & 0xfc00) !== 0xdc00) return false
  }
  return true
}

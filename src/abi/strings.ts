/**
 * Strings in and out of memory, in three encodings, with exactly the allocations the specification prescribes: guests
 * see them. A string from JavaScript counts as utf16. Between two guests a string remembers the encoding it came in,
 * because that decides the allocations on the other side.
 *
 * @spec Loading
 * @spec Storing
 */
import type { StringEncoding } from '../model/builtins.ts'
import { Trap } from '../model/errors.ts'
import { MAX_STRING_BYTE_LENGTH } from '../model/limits.ts'
import type { LiftLowerContext } from './context.ts'
import { utf8Problem, utf16Problem } from './encoding-problem.ts'
import type { GuestMemory } from './memory.ts'

/** A string on its way between two guests. `units` counts code units of `simple`. */
export class TaggedString {
  readonly value: string
  readonly encoding: StringEncoding
  readonly simple: 'utf8' | 'utf16' | 'latin1'
  readonly units: number

  constructor(value: string, encoding: StringEncoding, simple: 'utf8' | 'utf16' | 'latin1', units: number) {
    this.value = value
    this.encoding = encoding
    this.simple = simple
    this.units = units
  }

  toString(): string {
    return this.value
  }
}

// Where a loop stops being faster than a call into the engine (V8, JavaScriptCore).
const DECODE_LOOP = 32
const ENCODE_LOOP = 24
/** So many characters say what a text is like. */
const BEGINNING = 12
/** After a long text that is not ASCII so many are looked at: each look costs a tenth of what encoding 1000 characters does. */
const WARY = 16

/**
 * Checks a string's place and charges for it; `cx.units` has its code units without the tag.
 *
 * @param tagged code units as the guest said them; only latin1+utf16 knows the tag
 */
export function locateString(cx: LiftLowerContext, ptr: number, tagged: number): TaggedString['simple'] {
  const { encoding } = cx.opts
  let simple: TaggedString['simple']
  let units = tagged
  if (encoding === 'latin1+utf16') {
    const tag = cx.utf16Tag
    if (tagged >= tag) {
      simple = 'utf16'
      units = tagged - tag
    } else simple = 'latin1'
  } else simple = encoding

  const alignment = encoding === 'utf8' ? 1 : 2
  const byteLength = simple === 'utf16' ? 2 * units : units
  const tooLong = byteLength > MAX_STRING_BYTE_LENGTH
  if (!tooLong && ptr % alignment !== 0) {
    throw new Trap('bad-pointer', `unaligned pointer (string pointer not aligned to ${alignment})`)
  }
  if (tooLong || ptr + byteLength > cx.memory.size) {
    throw new Trap('bad-string', 'string content out-of-bounds (string pointer/length out of bounds of memory)')
  }
  cx.charge(2 * units)
  cx.units = units
  return simple
}

export function loadStringFromRange(cx: LiftLowerContext, ptr: number, tagged: number): string | TaggedString {
  const simple = locateString(cx, ptr, tagged)
  const { units } = cx
  const value = decode(cx, ptr, simple === 'utf16' ? 2 * units : units, simple)
  return cx.host !== undefined ? value : new TaggedString(value, cx.opts.encoding, simple, units)
}

function decode(cx: LiftLowerContext, ptr: number, byteLength: number, encoding: 'utf8' | 'utf16' | 'latin1'): string {
  switch (encoding) {
    case 'utf8': {
      const { bytes } = cx.memory
      if (byteLength <= DECODE_LOOP) {
        const short = shortAscii(bytes, ptr, byteLength)
        if (short !== undefined) return short
      }
      const source = bytes.subarray(ptr, ptr + byteLength)
      try {
        return cx.inst.root.store.utf8.decode(source)
      } catch (cause) {
        throw new Trap('bad-string', utf8Problem(source), { cause })
      }
    }
    case 'utf16': {
      const source = cx.memory.bytes.subarray(ptr, ptr + byteLength)
      try {
        return cx.inst.root.store.utf16.decode(source)
      } catch (cause) {
        throw new Trap('bad-string', utf16Problem(source), { cause })
      }
    }
    case 'latin1': {
      const { bytes } = cx.memory
      if (byteLength <= DECODE_LOOP) {
        let s = ''
        for (let i = 0; i < byteLength; i++) s += String.fromCharCode(bytes[ptr + i] as number) // in range: checked
        return s
      }
      // Every Latin-1 byte is the UTF-16 unit of the same number; TextDecoder's "latin1" is windows-1252.
      return cx.inst.root.store.utf16.decode(Uint16Array.from(bytes.subarray(ptr, ptr + byteLength)))
    }
  }
}

/** Eight, four, two, one: characters made together cost a third of what they cost one by one. */
function shortAscii(bytes: Uint8Array, ptr: number, length: number): string | undefined {
  let s = ''
  let p = ptr
  // in range, which was checked, here and below
  for (let rest = length; rest >= 8; rest -= 8, p += 8) {
    const a = bytes[p] as number
    const b = bytes[p + 1] as number
    const c = bytes[p + 2] as number
    const d = bytes[p + 3] as number
    const e = bytes[p + 4] as number
    const f = bytes[p + 5] as number
    const g = bytes[p + 6] as number
    const h = bytes[p + 7] as number
    if ((a | b | c | d | e | f | g | h) >= 0x80) return undefined
    s += String.fromCharCode(a, b, c, d, e, f, g, h)
  }
  if ((length & 4) !== 0) {
    const a = bytes[p] as number
    const b = bytes[p + 1] as number
    const c = bytes[p + 2] as number
    const d = bytes[p + 3] as number
    if ((a | b | c | d) >= 0x80) return undefined
    s += String.fromCharCode(a, b, c, d)
    p += 4
  }
  if ((length & 2) !== 0) {
    const a = bytes[p] as number
    const b = bytes[p + 1] as number
    if ((a | b) >= 0x80) return undefined
    s += String.fromCharCode(a, b)
    p += 2
  }
  if ((length & 1) !== 0) {
    const a = bytes[p] as number
    if (a >= 0x80) return undefined
    s += String.fromCharCode(a)
  }
  return s
}

/** Allocates and writes. Answers the pointer; `cx.units` has the code units, tagged where the encoding is. */
export function storeStringIntoRange(cx: LiftLowerContext, v: string | TaggedString): number {
  const tagged = typeof v !== 'string'
  // the UTF-8 encoder sees to lone surrogates itself
  const src = tagged ? v.value : cx.opts.encoding === 'utf8' ? v : wellFormed(v)
  const units = tagged ? v.units : v.length
  const simple = tagged ? v.simple : 'utf16'
  switch (cx.opts.encoding) {
    case 'utf8':
      if (simple === 'utf8') return storeUtf8Copy(cx, src, units)
      return storeStringToUtf8(cx, src, units, simple === 'utf16' ? 3 * units : 2 * units, tagged)
    case 'utf16':
      return simple === 'utf8' ? storeUtf8ToUtf16(cx, src, units) : storeUtf16Copy(cx, src, units)
    case 'latin1+utf16':
      if (!tagged || v.encoding !== 'latin1+utf16') return storeStringToLatin1OrUtf16(cx, src, units)
      if (simple === 'latin1') return storeLatin1Copy(cx, src, units)
      return storeProbablyUtf16ToLatin1OrUtf16(cx, src, units)
  }
}

/** Lone surrogates from JavaScript become U+FFFD, as everywhere on the web. */
function wellFormed(s: string & { isWellFormed?(): boolean; toWellFormed?(): string }): string {
  return s.isWellFormed?.() === false ? (s.toWellFormed?.() ?? s) : s
}

function storeUtf8Copy(cx: LiftLowerContext, src: string, byteLength: number): number {
  const ptr = cx.reallocateChecked(0, 0, 1, byteLength, 'string')
  if (byteLength > ENCODE_LOOP || writeAscii(cx, src, ptr, byteLength) !== byteLength)
    writeUtf8(cx, src, ptr, byteLength)
  cx.units = byteLength
  return ptr
}

function storeUtf16Copy(cx: LiftLowerContext, src: string, units: number): number {
  const ptr = cx.reallocateChecked(0, 0, 2, 2 * units, 'string')
  writeUtf16(cx, src, ptr)
  cx.units = units
  return ptr
}

function storeLatin1Copy(cx: LiftLowerContext, src: string, units: number): number {
  const ptr = cx.reallocateChecked(0, 0, 2, units, 'string')
  writeLatin1(cx, src, ptr, units)
  cx.units = units
  return ptr
}

/**
 * As long as all is ASCII one allocation serves; the first other character asks for the worst case, then shrinks. With room
 * for that engines encode in one go, with less they count first: so a text that does not begin like ASCII is not tried where
 * there was another lately.
 *
 * @param exact only the ASCII beginning lies in the first allocation when the second is asked for, as specified; of a long
 *   string of JavaScript's there is what fits, as with wasmtime, because engines do not say where ASCII ends
 */
function storeStringToUtf8(
  cx: LiftLowerContext,
  src: string,
  units: number,
  worstCase: number,
  exact: boolean,
): number {
  let ptr = cx.reallocateChecked(0, 0, 1, units, 'string')
  // Within `units` bytes the whole string fits only if it is ASCII.
  let read: number
  let written: number
  let ascii = units
  if (!exact && units > ENCODE_LOOP) ascii = cx.memory.wary === 0 ? BEGINNING : asciiBeginning(cx.memory, src)
  if (ascii < BEGINNING || ascii === units) written = read = writeAscii(cx, src, ptr, ascii)
  else ({ read, written } = writeUtf8(cx, src, ptr, units))
  if (read === units) {
    cx.units = units
    return ptr
  }
  cx.memory.wary = WARY
  ptr = cx.reallocateChecked(ptr, units, 1, worstCase, 'string')
  // what is there the guest has kept: the specification relies on that for the ASCII beginning
  written += writeUtf8(cx, src.slice(read), ptr + written, worstCase - written).written
  if (worstCase > written) ptr = cx.reallocateChecked(ptr, worstCase, 1, written, 'string')
  cx.units = written
  return ptr
}

/** How many ASCII characters a long string begins with, as far as that is looked at. */
function asciiBeginning(memory: GuestMemory, src: string): number {
  memory.wary--
  for (let i = 0; i < BEGINNING; i++) if (src.charCodeAt(i) >= 0x80) return i
  return BEGINNING
}

function storeUtf8ToUtf16(cx: LiftLowerContext, src: string, byteLength: number): number {
  const worstCase = 2 * byteLength
  let ptr = cx.reallocateChecked(0, 0, 2, worstCase, 'string')
  writeUtf16(cx, src, ptr)
  const encoded = 2 * src.length
  if (encoded < worstCase) ptr = cx.reallocateChecked(ptr, worstCase, 2, encoded, 'string')
  cx.units = src.length
  return ptr
}

function storeStringToLatin1OrUtf16(cx: LiftLowerContext, src: string, units: number): number {
  let ptr = cx.reallocateChecked(0, 0, 2, units, 'string')
  // A utf8 source has at least as many bytes as Latin-1 characters.
  if (writeLatin1(cx, src, ptr, src.length)) {
    if (src.length < units) ptr = cx.reallocateChecked(ptr, units, 2, src.length, 'string')
    cx.units = src.length
    return ptr
  }
  const worstCase = 2 * units
  ptr = cx.reallocateChecked(ptr, units, 2, worstCase, 'string')
  // The specification widens what is there already and appends; the bytes come out the same.
  writeUtf16(cx, src, ptr)
  const encoded = 2 * src.length
  if (worstCase > encoded) ptr = cx.reallocateChecked(ptr, worstCase, 2, encoded, 'string')
  cx.units = src.length + cx.utf16Tag
  return ptr
}

function storeProbablyUtf16ToLatin1OrUtf16(cx: LiftLowerContext, src: string, units: number): number {
  const byteLength = 2 * units
  let ptr = cx.reallocateChecked(0, 0, 2, byteLength, 'string')
  writeUtf16(cx, src, ptr)
  for (let i = 0; i < units; i++) {
    if (src.charCodeAt(i) > 0xff) {
      cx.units = units + cx.utf16Tag
      return ptr
    }
  }
  writeLatin1(cx, src, ptr, units)
  ptr = cx.reallocateChecked(ptr, byteLength, 1, units, 'string')
  cx.units = units
  return ptr
}

/** Writes up to the first character that is not ASCII; answers how many. */
function writeAscii(cx: LiftLowerContext, src: string, ptr: number, length: number): number {
  const { bytes } = cx.memory
  for (let i = 0; i < length; i++) {
    const c = src.charCodeAt(i)
    if (!(c < 0x80)) return i
    bytes[ptr + i] = c
  }
  return length
}

function writeUtf8(cx: LiftLowerContext, src: string, ptr: number, length: number): { read: number; written: number } {
  return cx.inst.root.store.encoder.encodeInto(src, cx.memory.bytes.subarray(ptr, ptr + length))
}

function writeUtf16(cx: LiftLowerContext, src: string, ptr: number): void {
  const target = new Uint16Array(cx.memory.bytes.buffer, ptr, src.length)
  for (let i = 0; i < src.length; i++) target[i] = src.charCodeAt(i)
}

/** Stops with `false` at a character that Latin-1 does not have. */
function writeLatin1(cx: LiftLowerContext, src: string, ptr: number, length: number): boolean {
  const { bytes } = cx.memory
  for (let i = 0; i < length; i++) {
    const c = src.charCodeAt(i)
    if (c > 0xff) return false
    bytes[ptr + i] = c
  }
  return true
}

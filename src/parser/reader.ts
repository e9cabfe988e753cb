/**
 * A cursor over bytes with the primitives of the binary format: LEB128, names, counts.
 *
 * Reads a window of the given array, never copies it, and reports positions as absolute offsets in the outermost file
 * (`base` is where the array starts there). Counts never size an allocation: a list grows by what was really read, and
 * each item takes at least one byte. What items may cost together has a bound too, since a byte can become an object of
 * a hundred. Wording and offsets of errors are wasmparser's.
 *
 * @throws MalformedError for bytes against the grammar, LimitError for a name over the host's limit
 */
import { LimitError, MalformedError } from '../model/errors.ts'
import { MAX_DECODED_ITEMS } from '../model/limits.ts'

/** How many items a file may still decode to; one for a component and all that is embedded in it. */
export interface Allowance {
  items: number
}

export class ByteReader {
  readonly bytes: Uint8Array
  readonly base: number
  readonly nameBytes: number
  readonly allowance: Allowance
  pos = 0
  /** One past the last byte that may be read; narrowed while inside a section. */
  end: number
  #utf8: TextDecoder | undefined

  constructor(bytes: Uint8Array, base: number, nameBytes: number, allowance: Allowance = { items: MAX_DECODED_ITEMS }) {
    this.bytes = bytes
    this.base = base
    this.nameBytes = nameBytes
    this.allowance = allowance
    this.end = bytes.length
  }

  get offset(): number {
    return this.base + this.pos
  }

  get done(): boolean {
    return this.pos >= this.end
  }

  fail(message: string, offset: number = this.offset): never {
    throw new MalformedError(message, offset)
  }

  /** For the byte just read (or peeked at after one that was read): it starts nothing of the kind expected. */
  badByte(byte: number, what: string, offset: number = this.offset - 1): never {
    this.fail(`invalid leading byte (0x${byte.toString(16)}) for ${what}`, offset)
  }

  u8(): number {
    if (this.pos >= this.end) this.fail('unexpected end-of-file')
    // in range: just compared with `end`, which never passes the array
    return this.bytes[this.pos++]!
  }

  peek(): number {
    if (this.pos >= this.end) this.fail('unexpected end-of-file')
    // in range: just compared with `end`
    return this.bytes[this.pos]!
  }

  /** Whether the next four bytes are `\0asm`. */
  atMagic(): boolean {
    const { bytes, pos } = this
    return (
      pos + 4 <= this.end &&
      bytes[pos] === 0 &&
      bytes[pos + 1] === 0x61 &&
      bytes[pos + 2] === 0x73 &&
      bytes[pos + 3] === 0x6d
    )
  }

  need(length: number): void {
    if (length > this.end - this.pos) this.fail('unexpected end-of-file')
  }

  skip(length: number): void {
    this.need(length)
    this.pos += length
  }

  /** A view of the next `length` bytes. */
  take(length: number): Uint8Array {
    this.skip(length)
    return this.bytes.subarray(this.pos - length, this.pos)
  }

  u32(): number {
    // nearly all are of one byte, and nearly everything read is one of them
    const { bytes, pos } = this
    const first = pos < this.end ? (bytes[pos] ?? 0x80) : this.u8()
    this.pos = pos + 1
    if (first < 0x80) return first
    let value = first & 0x7f
    for (let shift = 7; ; shift += 7) {
      const byte = this.u8()
      if (shift === 28 && byte > 0x0f) this.#badLeb('u32', byte)
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value >>> 0
    }
  }

  u64(): bigint {
    const first = this.u8()
    if (first < 0x80) return BigInt(first)
    let value = BigInt(first & 0x7f)
    for (let shift = 7; ; shift += 7) {
      const byte = this.u8()
      if (shift === 63 && byte > 0x01) this.#badLeb('u64', byte)
      value |= BigInt(byte & 0x7f) << BigInt(shift)
      if (byte < 0x80) return value
    }
  }

  s33(): number {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = this.u8()
      value += (byte & 0x7f) * 2 ** shift
      if (shift === 28) {
        const high = byte & 0xf0
        if (high !== 0 && high !== 0x70) this.fail('invalid var_s33: integer representation too long', this.offset - 1)
      }
      if (byte < 0x80) return byte & 0x40 ? value - 2 ** (shift + 7) : value
    }
  }

  /** A signed LEB128 whose value nobody needs. */
  skipSigned(bits: 32 | 64): void {
    const lastShift = bits === 32 ? 28 : 63
    const unused = bits === 32 ? 0x78 : 0x7f
    for (let shift = 0; ; shift += 7) {
      const byte = this.u8()
      if (shift === lastShift) {
        const high = byte & unused
        if (byte >= 0x80 || (high !== 0 && high !== unused)) this.#badLeb(`i${bits}`, byte)
      }
      if (byte < 0x80) return
    }
  }

  #badLeb(type: string, byte: number): never {
    const why = byte >= 0x80 ? 'integer representation too long' : 'integer too large'
    this.fail(`invalid var_${type}: ${why}`, this.offset - 1)
  }

  bool(): boolean {
    const byte = this.u8()
    if (byte > 1) this.fail('invalid boolean value', this.offset - 1)
    return byte === 1
  }

  /** A count, or a length, with its maximum. */
  count(maximum: number, what: string): number {
    const { pos } = this
    const count = this.u32()
    if (count > maximum) this.fail(`${what} size is out of bounds`, this.base + pos)
    return count
  }

  /** Before `count` items are read. */
  charge(count: number): void {
    // a count over the bytes left fails at the end of the file, by itself
    this.allowance.items -= Math.min(count, this.end - this.pos)
    if (this.allowance.items < 0) this.fail(`items count exceeds limit of ${MAX_DECODED_ITEMS}`)
  }

  vec<T>(maximum: number, what: string, read: (r: this) => T): T[] {
    const items: T[] = []
    const count = this.count(maximum, what)
    this.charge(count)
    for (let left = count; left > 0; left--) items.push(read(this))
    return items
  }

  /** A count of what a section holds. */
  itemCount(maximum: number, what: string): number {
    const { pos } = this
    const count = this.u32()
    if (count > maximum) this.fail(`${what} count exceeds limit of ${maximum}`, this.base + pos)
    return count
  }

  /** The items of a section, which must use it up. */
  items(item: (r: this, at: number) => void, maximum: number, what: string): void {
    const count = this.itemCount(maximum, what)
    this.charge(count)
    const { base } = this
    for (let left = count; left > 0; left--) item(this, base + this.pos)
    this.sectionEnd()
  }

  sectionEnd(): void {
    if (!this.done) this.fail('section size mismatch: unexpected data at the end of the section')
  }

  name(): string {
    const length = this.u32()
    if (length > this.nameBytes) {
      const where = `string size out of bounds at offset 0x${(this.offset - 1).toString(16)}`
      throw new LimitError('nameBytes', length, this.nameBytes, 'compileLimits.nameBytes', where)
    }
    this.skip(length)
    // a byte order mark is a character of the name like any other
    this.#utf8 ??= new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
    try {
      return this.#utf8.decode(this.bytes.subarray(this.pos - length, this.pos))
    } catch {
      this.fail('malformed UTF-8 encoding', this.offset - 1)
    }
  }
}

export function readU32(r: ByteReader): number {
  return r.u32()
}

export function readName(r: ByteReader): string {
  return r.name()
}

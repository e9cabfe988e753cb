/**
 * Builds bytes from the outside in: a writer holds chunks and further writers, so that a length known only at the end
 * costs no copy. Embedded bytes are referred to until `bytes()` lays everything out once.
 */
import { assert } from '../model/errors.ts'

export class ByteWriter {
  readonly #parts: (Uint8Array | ByteWriter)[] = []
  #tail: Uint8Array = EMPTY
  #used = 0
  #flushed = 0

  get size(): number {
    return this.#flushed + this.#used
  }

  u8(byte: number): void {
    if (this.#used === this.#tail.length) this.#grow()
    this.#tail[this.#used++] = byte
  }

  /** Unsigned LEB128, as short as can be. */
  u32(value: number): void {
    assert(Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff, 'a u32 to encode is out of range')
    let rest = value
    while (rest >= 0x80) {
      this.u8((rest & 0x7f) | 0x80)
      rest = Math.floor(rest / 0x80)
    }
    this.u8(rest)
  }

  u64(value: bigint): void {
    assert(value >= 0n && value < 1n << 64n, 'a u64 to encode is out of range')
    let rest = value
    while (rest >= 0x80n) {
      this.u8(Number(rest & 0x7fn) | 0x80)
      rest >>= 7n
    }
    this.u8(Number(rest))
  }

  /** A type index where a negative number would be a type: signed LEB128 of 33 bits. */
  s33(value: number): void {
    assert(Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff, 'a type index to encode is out of range')
    let rest = value
    while (rest >= 0x40) {
      this.u8((rest & 0x7f) | 0x80)
      rest = Math.floor(rest / 0x80)
    }
    this.u8(rest)
  }

  raw(bytes: Uint8Array): void {
    this.#flush()
    this.#parts.push(bytes)
    this.#flushed += bytes.length
  }

  name(text: string): void {
    const bytes = new TextEncoder().encode(text)
    this.u32(bytes.length)
    if (bytes.length > 64) this.raw(bytes)
    else for (const byte of bytes) this.u8(byte)
  }

  vec<T>(items: readonly T[], write: (w: ByteWriter, item: T) => void): void {
    this.u32(items.length)
    for (const item of items) write(this, item)
  }

  /** A length and then the contents, which must be complete. */
  sized(contents: ByteWriter): void {
    this.u32(contents.size)
    this.#flush()
    this.#parts.push(contents)
    this.#flushed += contents.size
  }

  bytes(): Uint8Array {
    const out = new Uint8Array(this.size)
    let at = 0
    const pending: (Uint8Array | ByteWriter)[] = [this]
    for (let part = pending.pop(); part !== undefined; part = pending.pop()) {
      if (part instanceof ByteWriter) {
        part.#flush()
        for (const inner of part.#parts.toReversed()) pending.push(inner)
      } else {
        out.set(part, at)
        at += part.length
      }
    }
    return out
  }

  #grow(): void {
    this.#flush()
    this.#tail = new Uint8Array(CHUNK)
  }

  #flush(): void {
    if (this.#used > 0) this.#parts.push(this.#tail.subarray(0, this.#used))
    this.#flushed += this.#used
    this.#tail = this.#tail.subarray(this.#used)
    this.#used = 0
  }
}

const CHUNK = 256
const EMPTY = new Uint8Array(0)

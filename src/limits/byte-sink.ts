/**
 * A growing run of bytes: what the rewriter writes into. Reused from function to function, so its buffer is not given away
 * before the end. Numbers are LEB128, as short as can be.
 */

export class ByteSink {
  #bytes: Uint8Array
  size = 0

  constructor(capacity: number) {
    this.#bytes = new Uint8Array(capacity)
  }

  #room(more: number): Uint8Array {
    const wanted = this.size + more
    if (wanted > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(wanted, Math.ceil(this.#bytes.length * 1.5)))
      grown.set(this.#bytes.subarray(0, this.size))
      this.#bytes = grown
    }
    return this.#bytes
  }

  u8(byte: number): void {
    this.#room(1)[this.size++] = byte
  }

  bytes(list: ArrayLike<number>): void {
    this.#room(list.length).set(list, this.size)
    this.size += list.length
  }

  /** A few bytes one by one, which is faster than `set` for less than some dozen. */
  copy(from: Uint8Array, start: number, end: number): void {
    const length = end - start
    const into = this.#room(length)
    if (length < 24) {
      // within `from`: the reader has been there; within `into`: room was made
      for (let i = start, at = this.size; i < end; i++, at++) into[at] = from[i]!
    } else into.set(from.subarray(start, end), this.size)
    this.size += length
  }

  u32(value: number): void {
    const into = this.#room(5)
    let rest = value
    while (rest >= 0x80) {
      into[this.size++] = (rest & 0x7f) | 0x80
      rest = Math.floor(rest / 0x80)
    }
    into[this.size++] = rest
  }

  /** @param value a safe integer */
  signed(value: number): void {
    const into = this.#room(10)
    let rest = value
    while (rest < -0x40 || rest >= 0x40) {
      const low = ((rest % 0x80) + 0x80) % 0x80
      into[this.size++] = low | 0x80
      rest = (rest - low) / 0x80
    }
    into[this.size++] = rest & 0x7f
  }

  f64(value: number): void {
    this.bytes(new Uint8Array(new Float64Array([value]).buffer))
  }

  name(text: string): void {
    const bytes = new TextEncoder().encode(text)
    this.u32(bytes.length)
    this.bytes(bytes)
  }

  /** A length and then the contents. */
  sized(contents: ByteSink): void {
    this.u32(contents.size)
    this.copy(contents.view(), 0, contents.size)
  }

  section(id: number, contents: ByteSink): void {
    this.u8(id)
    this.sized(contents)
  }

  /** What was written; valid until something more is. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.size)
  }

  /** A copy on a buffer of its own. */
  toBytes(): Uint8Array {
    return this.#bytes.slice(0, this.size)
  }
}

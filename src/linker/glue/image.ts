/**
 * Where a list is laid out before its guest may be asked for memory: what JavaScript hands over is checked first, and is
 * read once. One per list parameter of a function and instance, so that no bytes reach another guest.
 */

/** Buffers up to here are kept for the next call. */
const KEPT = 65_536

export class Image {
  view: DataView
  bytes: Uint8Array<ArrayBuffer>
  busy = false

  constructor(byteLength: number) {
    this.bytes = new Uint8Array(byteLength)
    this.view = new DataView(this.bytes.buffer)
  }

  /** One with room; another one while a getter of what is being read calls again. The caller makes it not busy. */
  begin(byteLength: number): Image {
    if (this.busy || byteLength > KEPT) return new Image(byteLength)
    if (byteLength > this.bytes.length) {
      this.bytes = new Uint8Array(Math.min(KEPT, 2 * byteLength))
      this.view = new DataView(this.bytes.buffer)
    }
    this.busy = true
    return this
  }
}

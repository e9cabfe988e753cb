/**
 * Bytes from outside are copied first: decoding, validation and compilation must all see the same ones, whatever the
 * caller does to his meanwhile.
 */
import { LimitError } from '../model/errors.ts'

/** @throws LimitError if it is longer than `limit` */
export function copyBytes(bytes: Uint8Array | ArrayBuffer, limit: number): Uint8Array {
  checkSize(bytes.byteLength, limit)
  const copy = new Uint8Array(bytes.byteLength)
  copy.set(bytes instanceof ArrayBuffer ? new Uint8Array(bytes) : bytes)
  return copy
}

/** @throws LimitError */
export function checkSize(size: number, limit: number): void {
  if (size > limit) throw new LimitError('componentBytes', size, limit, 'compileLimits.componentBytes')
}

export function isBytes(source: unknown): source is Uint8Array | ArrayBuffer {
  return (
    source instanceof ArrayBuffer ||
    (ArrayBuffer.isView(source) && Object.prototype.toString.call(source) === '[object Uint8Array]')
  )
}

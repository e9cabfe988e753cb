/**
 * The eight bytes in front of every module and component, and the frame of a section: what both layers share.
 *
 * @spec Component Definitions
 * @throws MalformedError
 */
import type { ByteReader } from './reader.ts'

const MODULE = 0x0000_0001
const COMPONENT = 0x0001_000d

const hex = (bytes: Uint8Array): string => `[${Array.from(bytes, (byte) => `0x${byte.toString(16)}`).join(', ')}]`

/** Reads the preamble and refuses the other layer's. */
export function decodePreamble(r: ByteReader, expected: 'module' | 'component'): void {
  const at = r.offset
  const magic = r.atMagic()
  const actual = r.take(4)
  if (!magic) {
    r.fail(`magic header not detected: bad magic number - expected=[0x0, 0x61, 0x73, 0x6d] actual=${hex(actual)}`, at)
  }
  r.need(4)
  const version = (r.u8() | (r.u8() << 8) | (r.u8() << 16) | (r.u8() << 24)) >>> 0
  if (version !== MODULE && version !== COMPONENT) {
    r.fail(`unknown binary version: ${`0x${version.toString(16)}`.padStart(10)}`, at + 4)
  }
  if (version !== (expected === 'module' ? MODULE : COMPONENT)) {
    r.fail(`expected a version header for a ${expected}`, at)
  }
}

export interface Section {
  readonly id: number
  /** Offset of the contents. */
  readonly at: number
  readonly length: number
}

/** Reads a section's head. The contents are there in full, and the reader stands before them. */
export function decodeSectionHead(r: ByteReader, nested: boolean): Section {
  if (r.atMagic()) r.fail('expected section, got wasm magic number')
  const id = r.u8()
  if (id >= 0x80) r.fail('malformed section id', r.offset - 1)
  const lengthAt = r.offset
  const length = r.u32()
  if (nested && length > r.end - r.pos) {
    r.fail(`section too large, ${length} goes past 0x${(r.base + r.end).toString(16)}`, lengthAt)
  }
  r.need(length)
  return { id, at: r.offset, length }
}

/** Metered code as one array of bytes, for the host's cache: what it is, as JSON with its length before it, and the code. */
import type { Metered } from '../../limits/meter.ts'

export type Packed = Metered

const MARK = 0x6d4c_6b31 // "1kLm"
const HEAD = 8

export function pack({ code, ...rest }: Packed): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(rest))
  const bytes = new Uint8Array(HEAD + json.length + code.length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, MARK, true)
  view.setUint32(4, json.length, true)
  bytes.set(json, HEAD)
  bytes.set(code, HEAD + json.length)
  return bytes
}

/** `undefined` for what is not ours, which counts as not found. */
export function unpack(bytes: Uint8Array | undefined): Packed | undefined {
  if (bytes === undefined || bytes.length < HEAD) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const length = view.getUint32(4, true)
  if (view.getUint32(0, true) !== MARK || HEAD + length > bytes.length) return undefined
  let head: unknown
  try {
    head = JSON.parse(new TextDecoder().decode(bytes.subarray(HEAD, HEAD + length)))
  } catch {
    // damaged
    return undefined
  }
  if (typeof head !== 'object' || head === null) return undefined
  const { counter, hooks, start, hidden, by } = head as Partial<Record<keyof Metered, unknown>>
  const isName = (value: unknown): value is string | undefined => value === undefined || typeof value === 'string'
  if (!isName(counter) || !isName(hooks) || !isName(start)) return undefined
  if (!Array.isArray(hidden) || !hidden.every((name) => typeof name === 'string')) return undefined
  if (by !== 'binaryen' && by !== 'exact') return undefined
  return { code: bytes.slice(HEAD + length), counter, hooks, start, hidden, by }
}

/**
 * The plain cases of bounded memory: a memory or table that a module defines gets a declared maximum, so that the engine
 * itself refuses to grow it further, at no cost while running. Lowering the maximum of a defined memory never breaks a
 * link: whoever imports it may only ask for no more than a maximum of its own.
 *
 * Comes in: a module whose head was decoded before. Goes out: the same bytes where nothing changes, else a copy.
 * A minimum above the cap stays as it is: it is refused before instantiation, where the error can say why (`sizes.ts`).
 */

import { skipConstExpr } from '../parser/const-expr.ts'
import { decodeMemoryType, decodeRefType } from '../parser/decode-core-types.ts'
import { decodePreamble, decodeSectionHead } from '../parser/preamble.ts'
import { ByteReader } from '../parser/reader.ts'

/** What each memory may hold in bytes, and each table in elements. */
export interface Caps {
  readonly memoryBytes: number
  readonly tableElements: number
}

const TABLES = 4
const MEMORIES = 5
const DEFAULT_PAGE_LOG2 = 16

export function clampMaxima(bytes: Uint8Array, { memoryBytes, tableElements }: Caps): Uint8Array {
  const r = new ByteReader(bytes, 0, Number.POSITIVE_INFINITY)
  decodePreamble(r, 'module')
  const parts: Uint8Array[] = []
  let kept = 0
  while (!r.done) {
    const start = r.pos
    const { id, length } = decodeSectionHead(r, false)
    if (id > MEMORIES && id < 13) break
    const end = r.pos + length
    const body =
      id === TABLES
        ? clampItems(r, end, (edit) => clampTable(r, edit, tableElements))
        : id === MEMORIES
          ? clampItems(r, end, (edit) => clampMemory(r, edit, memoryBytes))
          : undefined
    if (body !== undefined) {
      parts.push(bytes.subarray(kept, start), Uint8Array.of(id, ...leb(body.length)), body)
      kept = end
    }
    r.pos = end
  }
  if (parts.length === 0) return bytes
  parts.push(bytes.subarray(kept))
  return joined(parts)
}

/** Replaces limits of the item at hand: `from` is where their flags stand, `to` where they end. */
type Edit = (from: number, to: number, limits: readonly number[]) => void

/** A section's contents with the limits of some items replaced; `undefined`: nothing to replace. */
function clampItems(r: ByteReader, end: number, item: (edit: Edit) => void): Uint8Array | undefined {
  const parts: Uint8Array[] = []
  let kept = r.pos
  const edit: Edit = (from, to, limits) => {
    parts.push(r.bytes.subarray(kept, from), Uint8Array.from(limits))
    kept = to
  }
  for (let left = r.u32(); left > 0; left--) item(edit)
  if (parts.length === 0) return undefined
  parts.push(r.bytes.subarray(kept, end))
  return joined(parts)
}

function clampMemory(r: ByteReader, edit: Edit, cap: number): void {
  const from = r.pos
  const { pageSizeLog2 = DEFAULT_PAGE_LOG2, index } = decodeMemoryType(r)
  const to = r.pos
  r.pos = from
  clampLimits(r, edit, cap / 2 ** pageSizeLog2, 2 ** ((index === 'i32' ? 32 : 64) - pageSizeLog2))
  // a page size of its own may follow
  r.pos = to
}

function clampTable(r: ByteReader, edit: Edit, cap: number): void {
  const initialised = r.peek() === 0x40
  if (initialised) r.skip(2)
  decodeRefType(r)
  clampLimits(r, edit, cap, 2 ** 32 - 1)
  if (initialised) skipConstExpr(r)
}

/**
 * The reader stands before the flags, and afterwards behind the limits.
 * @param most what the index type bounds it to anyway, which needs no writing down
 */
function clampLimits(r: ByteReader, edit: Edit, cap: number, most: number): void {
  const from = r.pos
  const flags = r.u8()
  const minAt = r.pos
  const min = r.u64()
  const minimum = r.bytes.subarray(minAt, r.pos)
  const max = flags & 1 ? r.u64() : undefined
  if (cap >= most) return
  const whole = BigInt(Math.floor(cap))
  const bound = whole < min ? min : whole
  if (max === undefined || bound < max) edit(from, r.pos, [flags | 1, ...minimum, ...leb(bound)])
}

function leb(value: number | bigint): number[] {
  const out: number[] = []
  let rest = BigInt(value)
  while (rest >= 0x80n) {
    out.push(Number(rest & 0x7fn) | 0x80)
    rest >>= 7n
  }
  out.push(Number(rest))
  return out
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

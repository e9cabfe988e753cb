/** An element segment of a core module up to its items; who reads it says how a constant expression is read. */
import { decodeRefType } from '../parser/decode-core-types.ts'
import type { ByteReader } from '../parser/reader.ts'

export interface ElementHead<Expr> {
  readonly mode: 'active' | 'passive' | 'declared'
  readonly table: number
  /** Of an active one. */
  readonly offset: Expr | undefined
  /** Whether items are constant expressions, and not function indices. */
  readonly expressions: boolean
}

export function readElementHead<Expr>(r: ByteReader, constExpr: (r: ByteReader) => Expr): ElementHead<Expr> {
  const flags = r.u32()
  const mode = (flags & 1) === 0 ? 'active' : flags & 2 ? 'declared' : 'passive'
  const table = mode === 'active' && flags & 2 ? r.u32() : 0
  const offset = mode === 'active' ? constExpr(r) : undefined
  const expressions = (flags & 4) !== 0
  if (flags & 3) {
    if (expressions) decodeRefType(r)
    else r.u8()
  }
  return { mode, table, offset, expressions }
}

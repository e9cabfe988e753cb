/**
 * Which functions may be called otherwise than by a direct call of the module's own code: those that are exported, or named by an
 * element or an initial value. Code takes a reference only of these (`ref.func` of others is invalid).
 *
 * @throws MalformedError
 * @throws InvalidError for an operator that no constant expression of today holds
 */
import { skipConstExpr } from '../parser/const-expr.ts'
import { decodeGlobalType, decodeRefType } from '../parser/decode-core-types.ts'
import type { ByteReader } from '../parser/reader.ts'
import { type ModuleShape, readerOf, SECTION } from './module-shape.ts'

/** Calls `found` for each, some of them several times; indices are those of the module. */
export function forEachFuncRef({ code, sections, tables, start }: ModuleShape, found: (func: number) => void): void {
  if (start !== undefined) found(start)
  for (const { initialAt } of tables) {
    if (initialAt === undefined) continue
    const r = readerOf(code)
    r.pos = initialAt
    skipConstExpr(r, found)
  }
  for (const { id, start: from, end } of sections) {
    const r = readerOf(code)
    r.pos = from
    r.end = end
    if (id === SECTION.export) inExports(r, found)
    else if (id === SECTION.element) inElements(r, found)
    else if (id === SECTION.global) inGlobals(r, found)
  }
}

function inExports(r: ByteReader, found: (func: number) => void): void {
  for (let left = r.u32(); left > 0; left--) {
    r.skip(r.u32())
    const kind = r.u8()
    const index = r.u32()
    if (kind === 0) found(index)
  }
}

function inGlobals(r: ByteReader, found: (func: number) => void): void {
  for (let left = r.u32(); left > 0; left--) {
    decodeGlobalType(r)
    skipConstExpr(r, found)
  }
}

function inElements(r: ByteReader, found: (func: number) => void): void {
  for (let left = r.u32(); left > 0; left--) {
    const flags = r.u32()
    const active = (flags & 1) === 0
    const expressions = (flags & 4) !== 0
    if (active && flags & 2) r.u32()
    if (active) skipConstExpr(r, found)
    if (flags & 3) {
      if (expressions) decodeRefType(r)
      else r.u8()
    }
    for (let items = r.u32(); items > 0; items--) {
      if (expressions) skipConstExpr(r, found)
      else found(r.u32())
    }
  }
}

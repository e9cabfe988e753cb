/**
 * Which functions may be called otherwise than by a direct call of the module's own code: those that are exported, or named by an
 * element or an initial value. Code takes a reference only of these (`ref.func` of others is invalid).
 *
 * @throws MalformedError
 * @throws InvalidError for an operator that no constant expression of today holds
 */
import { skipConstExpr } from '../parser/const-expr.ts'
import { decodeGlobalType } from '../parser/decode-core-types.ts'
import type { ByteReader } from '../parser/reader.ts'
import { readElementHead } from './element-head.ts'
import { type ModuleShape, readerOf, SECTION, sectionOf } from './module-shape.ts'

/** Calls `found` for each, some of them several times; indices are those of the module. */
export function forEachFuncRef(shape: ModuleShape, found: (func: number) => void): void {
  const { code, tables, start } = shape
  if (start !== undefined) found(start)
  for (const { initialAt } of tables) {
    if (initialAt === undefined) continue
    const r = readerOf(code)
    r.pos = initialAt
    skipConstExpr(r, found)
  }
  inExports(sectionOf(shape, SECTION.export), found)
  inElements(sectionOf(shape, SECTION.element), found)
  inGlobals(sectionOf(shape, SECTION.global), found)
}

function inExports(r: ByteReader | undefined, found: (func: number) => void): void {
  if (r === undefined) return
  for (let left = r.u32(); left > 0; left--) {
    r.skip(r.u32())
    const kind = r.u8()
    const index = r.u32()
    if (kind === 0) found(index)
  }
}

function inGlobals(r: ByteReader | undefined, found: (func: number) => void): void {
  if (r === undefined) return
  for (let left = r.u32(); left > 0; left--) {
    decodeGlobalType(r)
    skipConstExpr(r, found)
  }
}

function inElements(r: ByteReader | undefined, found: (func: number) => void): void {
  if (r === undefined) return
  const constExpr = (from: ByteReader): void => skipConstExpr(from, found)
  for (let left = r.u32(); left > 0; left--) {
    const { expressions } = readElementHead(r, constExpr)
    for (let items = r.u32(); items > 0; items--) {
      if (expressions) constExpr(r)
      else found(r.u32())
    }
  }
}

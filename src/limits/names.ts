/**
 * The names of a module's own items, which stack traces show. Of the custom sections only this one is kept: the others hold offsets
 * into the code, or are for tools. What is appended changes no index, so the names stay true; what Binaryen does to locals, not.
 */
import type { ByteSink } from './byte-sink.ts'
import { type ModuleShape, readerOf, SECTION } from './module-shape.ts'

/** As they are. */
export function writeNames(shape: ModuleShape, out: ByteSink): void {
  for (const { id, start, end } of shape.sections) {
    if (id !== SECTION.custom || contentsAt(shape, start) === undefined) continue
    out.u8(SECTION.custom)
    out.u32(end - start)
    out.copy(shape.code, start, end)
  }
}

const MODULE_NAME = 0
const FUNCTION_NAMES = 1

/** Those of the module and its functions. */
export function writeFunctionNames(shape: ModuleShape, out: ByteSink): void {
  const { code } = shape
  for (const { id, start, end } of shape.sections) {
    const contents = id === SECTION.custom ? contentsAt(shape, start) : undefined
    if (contents === undefined) continue
    const r = readerOf(code)
    r.pos = contents
    r.end = end
    const kept: (readonly [from: number, to: number])[] = []
    // nobody has looked at a custom section: what does not fit ends it
    while (end - r.pos >= 6) {
      const from = r.pos
      const kind = r.u8()
      const size = r.u32()
      if (size > end - r.pos) break
      r.skip(size)
      if (kind === MODULE_NAME || kind === FUNCTION_NAMES) kept.push([from, r.pos])
    }
    out.u8(SECTION.custom)
    out.u32(5 + kept.reduce((size, [from, to]) => size + to - from, 0))
    out.name('name')
    for (const [from, to] of kept) out.copy(code, from, to)
  }
}

/** Where the contents of a custom section begin if its name is `name`. */
function contentsAt({ code }: ModuleShape, start: number): number | undefined {
  const r = readerOf(code)
  r.pos = start
  return r.u32() === 4 && r.take(4).every((byte, i) => byte === 'name'.charCodeAt(i)) ? r.pos : undefined
}

/**
 * Tells the engine which branches are hardly ever taken: those to the host, for more. One that listens keeps what they need out of
 * the way, above all the saving of registers around the call; the others ignore the section.
 *
 * The custom section `metadata.code.branch_hint` of https://github.com/WebAssembly/branch-hinting, which stands before the code.
 */
import { ByteSink } from './byte-sink.ts'
import { SECTION } from './module-shape.ts'

const UNLIKELY = 0

export class BranchHints {
  readonly #funcs = new ByteSink(1024)
  #count = 0

  /** @param places of the branches, from where the body's declarations of locals begin; ascending */
  func(index: number, places: readonly number[]): void {
    if (places.length === 0) return
    this.#count++
    this.#funcs.u32(index)
    this.#funcs.u32(places.length)
    for (const place of places) {
      this.#funcs.u32(place)
      this.#funcs.bytes([1, UNLIKELY])
    }
  }

  write(out: ByteSink): void {
    if (this.#count === 0) return
    const section = new ByteSink(this.#funcs.size + 64)
    section.name('metadata.code.branch_hint')
    section.u32(this.#count)
    section.bytes(this.#funcs.view())
    out.section(SECTION.custom, section)
  }
}

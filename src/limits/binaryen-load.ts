/**
 * Binaryen, loaded when first needed, and never trusted again once it has failed: an abort leaves it in a state in which later
 * modules fail too. A fresh copy takes its place where the engine can make one (a module of its own by another address); elsewhere,
 * after a few, and where there is none to begin with (a page without a bundler), the exact meter does all.
 */
import type { Binaryen } from './binaryen-ir.ts'

/** Each copy takes its memory for good, since engines keep modules. */
const MAX_COPIES = 5

export type LoadBinaryen = (copy: number) => Promise<Binaryen | undefined>

export class BinaryenSource {
  readonly #load: LoadBinaryen
  #current: Promise<Binaryen | undefined> | undefined
  #copies = 0

  constructor(load: LoadBinaryen = loadCopy) {
    this.#load = load
  }

  /** The copy in use, if there is one: the first that has not failed, whoever used it. */
  async get(): Promise<Binaryen | undefined> {
    for (;;) {
      this.#current ??= this.#copies < MAX_COPIES ? this.#load(this.#copies++) : Promise.resolve(undefined)
      const copy = this.#current
      const found = await copy
      if (found === undefined || !Object.hasOwn(found, FAILED)) return found
      if (this.#current === copy) this.#current = undefined
    }
  }

  /** Throws a copy away. */
  failed(copy: Binaryen): void {
    Object.defineProperty(copy, FAILED, { value: true })
  }
}

/** On a copy that is of no use any more: all engines share the module. */
const FAILED = Symbol.for('wasm-link.binaryen-failed')

/** @param name in a variable: a bundler that sees it resolved takes all of Binaryen along once more, as a file to be served */
export async function loadCopy(copy: number, name = 'binaryen'): Promise<Binaryen | undefined> {
  try {
    if (copy === 0) return (await import('binaryen')).default as object as Binaryen
    const address = `${import.meta.resolve(name)}?copy=${copy}`
    return ((await import(address)) as { readonly default: Binaryen }).default
  } catch {
    // bundled, so that there is but one copy, or an engine that resolves no names
    return undefined
  }
}

/**
 * Functions that make adapters, by their source. Engines are best with a function of which there is one and which is bound
 * to what stays as it is; shared by two pairs it costs a call 6 ns to 10 (V8). So the first adapters of a store have code
 * of their own each, whatever their source. Their number is bounded; those after them share.
 */
import type { CoreFunction } from '../context.ts'

type Factory = (...bindings: readonly unknown[]) => CoreFunction

const MAX_APART = 256

export class Factories {
  /** Engines keep one code for one text: each of ours is one of its own, also in a process with many stores. */
  readonly #mark = Math.random()
  #apart = 0
  readonly #shared = new Map<string, Factory>()

  /** @throws where source may not be generated */
  of(source: string, names: readonly string[]): Factory {
    if (this.#apart < MAX_APART) return compile(`${source}//${this.#mark} ${this.#apart++}`, names)
    const key = `${names}\n${source}`
    let factory = this.#shared.get(key)
    if (factory === undefined) {
      factory = compile(source, names)
      this.#shared.set(key, factory)
    }
    return factory
  }
}

/** As parameters, engines know them not to change. */
function compile(source: string, names: readonly string[]): Factory {
  return new Function(...names, source) as Factory
}

/**
 * Parts of the library that come when they are needed: with a promise, or at once where the platform can load a module of
 * ours without waiting, as Node, Deno and Bun can and browsers cannot.
 *
 * What was loaded is remembered for all engines, as the platform's own registry of modules does: it is code, and holds
 * nothing of anybody's.
 */

export class Part<T> {
  readonly #import: () => Promise<T>
  readonly #file: string
  readonly #how: string
  #module: T | undefined

  /**
   * @param file beside this module when it is built
   * @param how what to do where it cannot be had without waiting
   */
  constructor(load: () => Promise<T>, file: string, how: string) {
    this.#import = load
    this.#file = file
    this.#how = how
  }

  async load(): Promise<T> {
    this.#module ??= await this.#import()
    return this.#module
  }

  /** @throws TypeError saying what to do instead */
  get(): T {
    this.#module ??= requireChunk(this.#file, this.#how) as T
    return this.#module
  }
}

interface Builtins {
  getBuiltinModule?(name: string): { createRequire(from: string): (path: string) => unknown } | undefined
}

function requireChunk(file: string, how: string): unknown {
  const platform: Builtins | undefined = Reflect.get(globalThis, 'process')
  try {
    const node = platform?.getBuiltinModule?.('node:module')
    if (node !== undefined) return node.createRequire(import.meta.url)(file)
  } catch (cause) {
    throw new TypeError(how, { cause })
  }
  throw new TypeError(how)
}

/** What the first component brings: decoder, validator, planner, and the Canonical ABI that runs what they made. */
export const RUNTIME: Part<typeof import('./runtime.ts')> = new Part(
  () => import('./runtime.ts'),
  './runtime.js',
  'what compiles and runs components is not loaded yet, and this platform cannot load it without waiting: compile something with `await Component.compile(…)` first',
)

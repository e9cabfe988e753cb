/**
 * Parts of the library that come when they are needed: with a promise, or at once where the platform can load a module of
 * ours without waiting, as Node, Deno and Bun can and browsers cannot.
 *
 * What was loaded is remembered for all engines, as the platform's own registry of modules does: it is code, and holds
 * nothing of anybody's.
 */

/** A part must be loaded first, by a promise. Who can wait, loads it and begins anew; others learn what to do. */
export class PartMissing extends TypeError {
  readonly part: Part<unknown>

  constructor(part: Part<unknown>, how: string, cause: unknown) {
    super(how, { cause })
    this.part = part
  }
}

export class Part<T> {
  readonly #import: () => Promise<T>
  readonly #file: string
  readonly #how: string
  #module: T | undefined

  /**
   * @param file beside this module when it is built
   * @param how what to do where it cannot be had without waiting
   */
  constructor(load: () => Promise<T>, file: string, how = 'not loaded yet') {
    this.#import = load
    this.#file = file
    this.#how = how
  }

  async load(): Promise<T> {
    this.#module ??= await this.#import()
    return this.#module
  }

  /** Hands it over at once where the platform can, else later; never, where its file cannot be had. */
  handOver(take: (module: T) => void): void {
    let module: T
    try {
      module = this.get()
    } catch {
      this.load().then(take, () => {})
      return
    }
    take(module)
  }

  /** @throws PartMissing saying what to do instead */
  get(): T {
    this.#module ??= this.#require()
    return this.#module
  }

  #require(): T {
    let cause: unknown
    try {
      const node = requiring()
      if (node !== undefined) return node.createRequire(import.meta.url)(this.#file) as T
    } catch (error) {
      cause = error
    }
    throw new PartMissing(this, this.#how, cause)
  }
}

interface Platform {
  getBuiltinModule?(name: string): unknown
}

/**
 * A module of Node's, where there is one; Deno and Bun have them too. Not by `import`: bundlers for browsers follow that,
 * and minifiers put back the name that a variable hides from them.
 */
export function builtin<T>(name: string): T | undefined {
  const platform: Platform | undefined = Reflect.get(globalThis, 'process')
  return platform?.getBuiltinModule?.(name) as T | undefined
}

const requiring = () => builtin<{ createRequire(from: string): (path: string) => unknown }>('node:module')

const LACKS = 'not loaded yet, and this platform cannot load it without waiting: use'

/** What the first component brings: decoder, validator, planner, and the Canonical ABI that runs what they made. */
export const RUNTIME: Part<typeof import('./runtime.ts')> = new Part(
  () => import('./runtime.ts'),
  './runtime.js',
  `what compiles and runs components is ${LACKS} \`await Component.compile(…)\` once before`,
)

/** What few components have: loaded by the first that has it. */
export const RARE: Part<typeof import('./rare.ts')> = new Part(
  () => import('./rare.ts'),
  './rare.js',
  `what built-ins and resources need is ${LACKS} \`await Component.compile(…)\` once before`,
)

/** What joins a component to others: loaded by the first that has imports. */
export const LINKS: Part<typeof import('./links.ts')> = new Part(
  () => import('./links.ts'),
  './links.js',
  `what joins components is ${LACKS} \`await Component.compile(…)\` once before`,
)

/** What is behind plugins and bindings, and what joins them; `plugins/parts.ts` knows their types. */
export const MACHINERY: Part<object> = new Part(
  () => import('../plugins/machinery.ts'),
  './machinery.js',
  `what is behind plugins is ${LACKS} \`await Component.compile(…)\` once before`,
)
export const SOCKETS: Part<object> = new Part(
  () => import('../plugins/sockets.ts'),
  './sockets.js',
  `what joins plugins is ${LACKS} \`await link(…)\` once before`,
)

/** Where nothing can be loaded without waiting, what synchronous functions are going to need comes along. */
export async function loadRuntime(): Promise<typeof import('./runtime.ts')> {
  if (requiring() === undefined) await Promise.all([RUNTIME.load(), RARE.load(), LINKS.load(), MACHINERY.load()])
  return await RUNTIME.load()
}

/** What the host offers to plugins: a list of import sources that linking reads and never changes. */
import { assert, LinkError } from '../model/errors.ts'
import { Engine } from './engine.ts'
import { servingKeys } from './import-names.ts'
import type { Caller, ImportSource } from './world.ts'

type Source<Ctx> = object | ((caller: Caller<Ctx>) => object | PromiseLike<object>)

/**
 * Starts empty; one that needs less context serves plugins that have more.
 *
 * @example
 * const linker = new Linker<{ user: string }>(engine)
 *   .define('acme:log/api', (caller) => ({ log: (message: string) => console.log(caller.context.user, message) }))
 */
export class Linker<in Ctx = unknown> {
  /** @internal */
  readonly engine: Engine
  readonly #sources: Source<Ctx>[]
  readonly #names: Set<string>

  constructor(engine: Engine) {
    assert(engine instanceof Engine, 'a linker belongs to an engine')
    this.engine = engine
    this.#sources = []
    this.#names = new Set()
  }

  /**
   * @param name an interface or top-level import name, with or without version
   * @throws LinkError if the name is defined already
   */
  define(name: string, members: object | ((caller: Caller<Ctx>) => object)): this {
    if (this.#names.has(name)) throw new LinkError([{ kind: 'duplicate', path: name, message: 'defined twice' }])
    this.#names.add(name)
    // a class is a function too, but never a factory
    const factory =
      typeof members === 'function' && !isClass(members) ? (members as (caller: Caller<Ctx>) => object) : undefined
    this.#sources.push(
      factory === undefined ? { [name]: members } : (caller: Caller<Ctx>) => ({ [name]: factory(caller) }),
    )
    return this
  }

  /** Many names at once: `linker.use(wasi({ env }))`. */
  use(source: ImportSource<Ctx>): this {
    this.#sources.push(source)
    return this
  }

  /** These names only: a narrower grant. */
  pick(...names: string[]): Linker<Ctx> {
    const picked = new Linker<Ctx>(this.engine)
    for (const source of this.#sources) {
      const narrow = (members: object): object => {
        const all = Object.keys(members)
        const kept = new Set(names.flatMap((name) => servingKeys(name, all).slice(0, 1)))
        return Object.fromEntries(Object.entries(members).filter(([key]) => kept.has(key)))
      }
      if (typeof source !== 'function') picked.#sources.push(narrow(source))
      else {
        const make = source as (caller: Caller<Ctx>) => object | PromiseLike<object>
        picked.#sources.push((caller: Caller<Ctx>) => {
          const members = make(caller)
          return isPromise(members) ? members.then(narrow) : narrow(members)
        })
      }
    }
    return picked
  }

  clone(): Linker<Ctx> {
    const clone = new Linker<Ctx>(this.engine)
    clone.#sources.push(...this.#sources)
    for (const name of this.#names) clone.#names.add(name)
    return clone
  }

  /** @internal */
  get sources(): readonly unknown[] {
    return this.#sources
  }
}

function isClass(value: object): boolean {
  return typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value))
}

function isPromise(value: object | PromiseLike<object>): value is PromiseLike<object> {
  return 'then' in value && typeof value.then === 'function'
}

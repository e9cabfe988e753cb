/** What the host offers to plugins: a list of import sources that linking reads and never changes. */
import { assert, LinkError } from '../model/errors.ts'
import { Engine } from './engine.ts'
import { LINKS } from './part.ts'
import type { Caller, ImportSource } from './world.ts'

type Source<Ctx> = object | ((caller: Caller<Ctx>) => object | PromiseLike<object>)

/** What is offered, and the names that are left of it after each `pick`. */
interface Offered<Ctx> {
  readonly source: Source<Ctx>
  readonly picks: readonly (readonly string[])[]
}

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
  readonly #sources: Offered<Ctx>[]
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
    return this.use(
      factory === undefined ? { [name]: members } : (caller: Caller<Ctx>) => ({ [name]: factory(caller) }),
    )
  }

  /** Many names at once: `linker.use(wasi({ env }))`. */
  use(source: ImportSource<Ctx>): this {
    this.#sources.push({ source, picks: [] })
    return this
  }

  /** These names only: a narrower grant. */
  pick(...names: string[]): Linker<Ctx> {
    const picked = new Linker<Ctx>(this.engine)
    for (const { source, picks } of this.#sources) picked.#sources.push({ source, picks: [...picks, names] })
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
    return this.#sources.map(({ source, picks }) => {
      let narrowed: object = source
      for (const names of picks) narrowed = narrow(narrowed, names)
      return narrowed
    })
  }
}

function narrow(source: object, names: readonly string[]): object {
  const pick = (members: object): object => {
    const { servingKeys } = LINKS.get()
    const all = Object.keys(members)
    const kept = new Set(names.flatMap((name) => servingKeys(name, all).slice(0, 1)))
    return Object.fromEntries(Object.entries(members).filter(([key]) => kept.has(key)))
  }
  if (typeof source !== 'function') return pick(source)
  return (caller: unknown) => {
    const members: object | PromiseLike<object> = source(caller)
    return isPromise(members) ? members.then(pick) : pick(members)
  }
}

function isClass(value: object): boolean {
  return typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value))
}

function isPromise(value: object | PromiseLike<object>): value is PromiseLike<object> {
  return 'then' in value && typeof value.then === 'function'
}

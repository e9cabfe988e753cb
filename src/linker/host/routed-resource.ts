/**
 * A resource type that stands for the types of others: what a consumer imports from a binding whose plugins may be several,
 * replaced or started anew. A handle's rep numbers an entry here, which holds the owner's own type and rep. The entry goes
 * where the handle goes; dropping the last handle drops what it stands for, in its owner.
 */
import { RuntimeResourceType } from '../../abi/resource.ts'
import { assert } from '../../model/errors.ts'

/** A resource as its owner knows it. */
export interface RealResource {
  readonly rt: RuntimeResourceType
  readonly rep: number
}

/** What decides behind a routed type: whose types it may stand for just now, and how the owner's resource is ended. */
export interface Route {
  reals(): Iterable<RuntimeResourceType>
  has(rt: RuntimeResourceType): boolean
  drop(real: RealResource): void
}

class RealTable {
  readonly entries: (RealResource | undefined)[] = [undefined]
  private readonly free: number[] = []

  get size(): number {
    return this.entries.length - 1 - this.free.length
  }

  insert(real: RealResource): number {
    const rep = this.free.pop() ?? this.entries.length
    this.entries[rep] = real
    return rep
  }

  get(rep: number): RealResource {
    const real = this.entries[rep]
    assert(real !== undefined, 'a handle means an entry')
    return real
  }

  take(rep: number): RealResource {
    const real = this.get(rep)
    this.entries[rep] = undefined
    this.free.push(rep)
    return real
  }
}

export class RoutedResourceType extends RuntimeResourceType {
  readonly #table: RealTable
  readonly #route: Route

  private constructor(name: string, route: Route, table: RealTable) {
    super(name, undefined, (rep) => route.drop(table.take(rep)))
    this.#table = table
    this.#route = route
  }

  static of(name: string, route: Route): RoutedResourceType {
    return new RoutedResourceType(name, route, new RealTable())
  }

  /** How many resources are behind handles of this type. */
  get outstanding(): number {
    return this.#table.size
  }

  /** What handles of this type stand for, by their reps. */
  get entries(): readonly (RealResource | undefined)[] {
    return this.#table.entries
  }

  insert(real: RealResource): number {
    return this.#table.insert(real)
  }

  get(rep: number): RealResource {
    return this.#table.get(rep)
  }

  /** The handle is no more; its resource goes on elsewhere. */
  take(rep: number): RealResource {
    return this.#table.take(rep)
  }

  reals(): Iterable<RuntimeResourceType> {
    return this.#route.reals()
  }

  /** May handles of `rt` become handles of this type, or handles of this type be handles of `rt`? */
  accepts(rt: RuntimeResourceType): boolean {
    if (rt === this || this.#route.has(rt)) return true
    if (rt instanceof RoutedResourceType) for (const real of rt.reals()) if (this.#route.has(real)) return true
    return false
  }
}

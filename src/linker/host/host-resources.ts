/**
 * How resource handles look to JavaScript.
 *
 * A guest's resource is an object of a class made here: a capability that holds the rep in a private field, so it cannot
 * be forged, copied or read. The host's own resource is the host's own object; the guest gets a number that means it.
 * Every operation is checked against the run-time resource type, so a handle of another instance, of another type, given
 * away, ended or lent fits nowhere.
 */
import type { HostBridge, Store } from '../../abi/embedding.ts'
import type { Codegen } from '../../abi/record.ts'
import { dropRep, RuntimeResourceType } from '../../abi/resource.ts'
import type { BorrowScope, Lender } from '../../abi/task.ts'
import { assert, BugError, Trap } from '../../model/errors.ts'
import type { PlanResource } from '../../model/plan.ts'
import { RARE } from '../part.ts'
import { Tiers } from '../tiers.ts'
import type { Home } from './home.ts'
import { describe, type HandleCheck } from './host-values.ts'
import { RoutedResourceType } from './routed-resource.ts'

export const DISPOSE: typeof Symbol.dispose = Symbol.dispose ?? Symbol.for('dispose')

/** What a wrapper stands for. Never reachable from JavaScript outside the linker. */
export class HandleState implements Lender {
  readonly home: Home
  readonly rep: number
  readonly owned: boolean
  live = true
  numLends = 0
  /** Where it is among the young, if it is (`Home`). */
  place = -1

  constructor(home: Home, rep: number, owned: boolean) {
    this.home = home
    this.rep = rep
    this.owned = owned
  }

  get rt(): RuntimeResourceType {
    return this.home.rt
  }
}

/** Marks the constructor call that wraps a handle instead of asking the guest for a new resource. */
const ADOPT: unique symbol = Symbol('adopt')

export class ResourceObject {
  readonly #state: HandleState

  constructor(state: HandleState) {
    this.#state = state
  }

  static stateOf(value: unknown): HandleState | undefined {
    return typeof value === 'object' && value !== null && #state in value ? value.#state : undefined
  }

  [DISPOSE](): void {
    const state = this.#state
    state.home.bridge.end(state, this)
  }
}

/** Calls the guest's constructor for an object of the class. */
export type Construct = (args: readonly unknown[]) => ResourceObject

/** Calls it for what an object of the class stands for, with at most four arguments. */
export type ConstructState = (a: unknown, b: unknown, c: unknown, d: unknown) => HandleState

export interface ResourceClass {
  new (adopt: typeof ADOPT, state: HandleState): ResourceObject
  readonly prototype: ResourceObject
}

/** The host's objects that guests hold, by number. */
class HostTable {
  private readonly objects: (object | undefined)[] = [undefined]
  private readonly free: number[] = []

  insert(object: object): number {
    const rep = this.free.pop() ?? this.objects.length
    this.objects[rep] = object
    return rep
  }

  get(rep: number): object {
    const object = this.objects[rep]
    assert(object !== undefined, 'a guest holds only reps that were given to it')
    return object
  }

  remove(rep: number): object {
    const object = this.get(rep)
    this.objects[rep] = undefined
    this.free.push(rep)
    return object
  }
}

/** A class the host provides: its objects are the resources, numbered while a guest holds them. */
export class HostResourceType extends RuntimeResourceType {
  readonly cls: HostClass
  readonly table: HostTable

  private constructor(name: string, cls: HostClass, table: HostTable) {
    super(name, undefined, (rep) => {
      const object = table.remove(rep)
      const dispose: unknown = Reflect.get(object, DISPOSE)
      if (typeof dispose === 'function') Reflect.apply(dispose, object, [])
    })
    this.cls = cls
    this.table = table
  }

  static of(name: string, cls: HostClass): HostResourceType {
    return new HostResourceType(name, cls, new HostTable())
  }
}
export type HostClass = (abstract new (...args: never) => object) & { readonly prototype: object }

/** One per store: handles may pass between its instances through JavaScript. */
export class Bridge implements HostBridge {
  private readonly homes = new WeakMap<RuntimeResourceType, Home>()
  private readonly hostTypes = new WeakMap<HostClass, HostResourceType>()
  /** Ends that had to wait because their owner was running. */
  private waiting: { readonly rt: RuntimeResourceType; readonly rep: number }[] = []
  /** There are such ends. */
  waits = false

  /** The engine whose handles these are. */
  readonly owner: object
  /** The engine's store, once there is one. */
  store: Store | undefined
  readonly tiers: Tiers

  constructor(owner: object, codegen: Codegen) {
    this.owner = owner
    this.tiers = new Tiers(codegen)
  }

  // — Lifting: a handle reaches JavaScript

  liftOwn(rt: RuntimeResourceType, rep: number): object {
    if (rt instanceof HostResourceType) return rt.table.remove(rep)
    if (rt instanceof RoutedResourceType) {
      const real = rt.take(rep)
      return this.liftOwn(real.rt, real.rep)
    }
    return this.adopt(rt, rep)
  }

  liftBorrow(rt: RuntimeResourceType, rep: number, scope: BorrowScope): object {
    if (rt instanceof HostResourceType) return rt.table.get(rep)
    if (rt instanceof RoutedResourceType) {
      const real = rt.get(rep)
      return this.liftBorrow(real.rt, real.rep, scope)
    }
    const state = new HandleState(this.home(rt), rep, false)
    scope.onEnd(() => {
      state.live = false
    })
    return new (this.classOf(rt))(ADOPT, state)
  }

  /** For objects that are being made. */
  statesOf(rt: RuntimeResourceType): (rep: number) => HandleState {
    const home = this.home(rt)
    return (rep) => new HandleState(home, rep, true)
  }

  private home(rt: RuntimeResourceType): Home {
    let home = this.homes.get(rt)
    if (home === undefined) {
      home = new (RARE.get().Home)(this, rt)
      this.homes.set(rt, home)
    }
    return home
  }

  private adopt(rt: RuntimeResourceType, rep: number): ResourceObject {
    const home = this.home(rt)
    const state = new HandleState(home, rep, true)
    const handle = new (home.cls ?? this.classOf(rt))(ADOPT, state)
    home.watch(handle, state)
    return handle
  }

  // — Lowering: JavaScript passes a handle on. What it passes was checked.

  lowerOwn(rt: RuntimeResourceType, value: unknown): number {
    if (rt instanceof HostResourceType) return rt.table.insert(value as object)
    if (rt instanceof RoutedResourceType) {
      const real = this.realOf(rt, value, 'own')
      return rt.insert({ rt: real, rep: this.lowerOwn(real, value) })
    }
    const state = this.liveState(rt, value)
    state.live = false
    state.home.unwatch(value as ResourceObject, state)
    return state.rep
  }

  lowerBorrow(rt: RuntimeResourceType, value: unknown, scope: BorrowScope): number {
    if (rt instanceof HostResourceType) {
      const rep = rt.table.insert(value as object)
      scope.onEnd(() => {
        rt.table.remove(rep)
      })
      return rep
    }
    if (rt instanceof RoutedResourceType) {
      const real = this.realOf(rt, value, 'borrow')
      const rep = rt.insert({ rt: real, rep: this.lowerBorrow(real, value, scope) })
      scope.onEnd(() => {
        rt.take(rep)
      })
      return rep
    }
    const state = this.liveState(rt, value)
    scope.addLender(state)
    // as long as it is lent it is not forgotten, whoever else lets go of it
    scope.onEnd(() => void value)
    return state.rep
  }

  /** It was checked; what a promise of the host's brought may have been ended since. */
  private liveState(rt: RuntimeResourceType, value: unknown): HandleState {
    const state = ResourceObject.stateOf(value)
    assert(state !== undefined, 'checked: a handle')
    if (!state.live) throw new Trap('host-value', `this \`${rt.name}\` resource was disposed or given away`)
    return state
  }

  /** Why `value` cannot be passed as such a handle, or `undefined`. */
  complaint(rt: RuntimeResourceType, value: unknown, as: 'own' | 'borrow'): string | undefined {
    if (rt instanceof HostResourceType) {
      return value instanceof rt.cls
        ? undefined
        : `expected an instance of the class given for resource \`${rt.name}\`, got ${describe(value)}`
    }
    if (rt instanceof RoutedResourceType) return this.routedComplaint(rt, value, as)
    const state = ResourceObject.stateOf(value)
    if (state === undefined) return `expected a \`${rt.name}\` resource, got ${describe(value)}`
    if (state.rt !== rt)
      return `expected a \`${rt.name}\` resource, got a \`${state.rt.name}\` of another type or instance`
    if (!state.live) return `this \`${rt.name}\` resource was disposed or given away`
    if (as === 'own') {
      if (!state.owned) return `this \`${rt.name}\` resource is only borrowed`
      if (state.numLends > 0) return `this \`${rt.name}\` resource is lent to a call that has not returned`
    }
    return undefined
  }

  /** Of a guest's resource; `undefined` for any other value. */
  typeOf(value: unknown): RuntimeResourceType | undefined {
    return ResourceObject.stateOf(value)?.rt
  }

  /** Of the types that `rt` stands for, the one that `value` is of. It was checked. */
  private realOf(rt: RoutedResourceType, value: unknown, as: 'own' | 'borrow'): RuntimeResourceType {
    for (const real of rt.reals()) if (this.complaint(real, value, as) === undefined) return real
    throw new BugError('checked: a handle of one of the types')
  }

  private routedComplaint(rt: RoutedResourceType, value: unknown, as: 'own' | 'borrow'): string | undefined {
    let told: string | undefined
    for (const real of rt.reals()) {
      const complaint = this.complaint(real, value, as)
      if (complaint === undefined) return undefined
      if (told === undefined || ResourceObject.stateOf(value)?.rt === real) told = complaint
    }
    return told ?? `expected a \`${rt.name}\` resource, got ${describe(value)}`
  }

  // — Ending

  /** Drops what the handle owns; later, if its owner is running just now. Idempotent. */
  end(state: HandleState, handle: ResourceObject): void {
    if (!state.live) return
    if (state.numLends > 0)
      throw new TypeError(`this \`${state.rt.name}\` resource is lent to a call that has not returned`)
    state.live = false
    if (!state.owned) return
    state.home.unwatch(handle, state)
    this.drop(state.rt, state.rep)
  }

  /** Ends a resource on the host's behalf; later, if its owner is running just now. */
  drop(rt: RuntimeResourceType, rep: number): void {
    const { impl } = rt
    if (impl?.root.dead) return
    // indices, and not iterators, on the path of every end
    for (let i = 0; i < rt.entering.length; i++) {
      if (rt.entering[i]?.mayEnter) continue
      this.waiting.push({ rt, rep })
      this.waits = true
      return
    }
    dropRep(rt, rep, undefined)
  }

  /** Runs the ends that waited. For the moment a call from JavaScript has left the guest. */
  settle(): void {
    if (!this.waits) return
    this.waits = false
    const waiting = this.waiting
    this.waiting = []
    for (const { rt, rep } of waiting) this.drop(rt, rep)
  }

  // — Classes

  /** One class of the host's is one resource type, for every instance that gets it. */
  hostType(cls: HostClass, name: string): HostResourceType {
    let type = this.hostTypes.get(cls)
    if (type === undefined) {
      type = HostResourceType.of(name, cls)
      this.hostTypes.set(cls, type)
    }
    return type
  }

  classOf(rt: RuntimeResourceType): ResourceClass {
    return this.home(rt).cls ?? this.defineClass(rt, rt.name, undefined)
  }

  /** The class that stands for `rt`; `construct` is the guest's constructor, if it has one. */
  defineClass(rt: RuntimeResourceType, name: string, construct: Construct | undefined): ResourceClass {
    const cls: ResourceClass = class extends ResourceObject {
      // biome-ignore lint/correctness/noUnreachableSuper: the paths without super() throw or return the guest's object
      constructor(...args: readonly unknown[]) {
        if (args[0] === ADOPT) {
          super(args[1] as HandleState)
          return
        }
        if (construct === undefined) throw new TypeError(`"${name}" resource does not define a constructor`)
        // the guest's answer was lifted into an object of this class already
        const made = construct(args)
        if (new.target !== cls) Object.setPrototypeOf(made, new.target.prototype)
        // biome-ignore lint/correctness/noConstructorReturn: as said above
        return made
      }
    }
    return this.named(rt, cls, name)
  }

  /** The same where the guest's own constructor makes a resource of its own: nothing is made but the object asked for. */
  defineOwnClass(rt: RuntimeResourceType, name: string, construct: ConstructState): ResourceClass {
    const home = this.home(rt)
    const cls: ResourceClass = class extends ResourceObject {
      // fixed arity, because a rest parameter costs an array on every call
      constructor(a?: unknown, b?: unknown, c?: unknown, d?: unknown) {
        if (a === ADOPT) {
          super(b as HandleState)
          return
        }
        const state = construct(a, b, c, d)
        super(state)
        home.watch(this, state)
      }
    }
    return this.named(rt, cls, name)
  }

  private named(rt: RuntimeResourceType, cls: ResourceClass, name: string): ResourceClass {
    Object.defineProperty(cls, 'name', { value: name, configurable: true })
    this.home(rt).cls = cls
    return cls
  }
}

/** The guests' resources among the values of one call, while those are read: lent, so that no getter of another ends them. */
export class Passing {
  readonly #given: HandleState[] = []
  readonly #lent: HandleState[] = []

  get isEmpty(): boolean {
    return this.#given.length === 0 && this.#lent.length === 0
  }

  /** Why it cannot be passed besides what else is passed, or `undefined`. */
  complaint(state: HandleState, name: string, as: 'own' | 'borrow'): string | undefined {
    if (this.#given.includes(state))
      return as === 'own'
        ? `the same \`${name}\` resource is given away twice`
        : `this \`${name}\` resource is given away in the same call`
    return as === 'own' && this.#lent.includes(state) ? `this \`${name}\` resource is lent in the same call` : undefined
  }

  add(state: HandleState, as: 'own' | 'borrow'): void {
    state.numLends += 1
    if (as === 'own') this.#given.push(state)
    else this.#lent.push(state)
  }

  /** All values are read, or one did not fit. Idempotent. */
  release(): void {
    for (const state of this.#given) state.numLends -= 1
    for (const state of this.#lent) state.numLends -= 1
    this.#given.length = 0
    this.#lent.length = 0
  }
}

/** Checks handles against the resource types of one running instance. */
export class Handles implements HandleCheck {
  private readonly bridge: Bridge
  private readonly resources: readonly RuntimeResourceType[]
  private passing = new Passing()

  constructor(bridge: Bridge, resources: readonly RuntimeResourceType[]) {
    this.bridge = bridge
    this.resources = resources
  }

  /** Before the values of each call. Calls nest where a getter makes one; `end` wants what is answered here. */
  begin(): Passing {
    const outer = this.passing
    if (!outer.isEmpty) this.passing = new Passing()
    return outer
  }

  /** After them, and before any is lowered, which checks nothing. */
  end(outer: Passing): void {
    this.passing.release()
    this.passing = outer
  }

  /** The same for values that are lowered later: whoever lowers them releases what is answered here. */
  keep(outer: Passing): Passing {
    const kept = this.passing
    this.passing = kept === outer ? new Passing() : outer
    return kept
  }

  own(resource: PlanResource, value: unknown): string | undefined {
    return this.check(resource, value, 'own')
  }

  borrow(resource: PlanResource, value: unknown): string | undefined {
    return this.check(resource, value, 'borrow')
  }

  private check(resource: PlanResource, value: unknown, as: 'own' | 'borrow'): string | undefined {
    const rt = this.resources[resource.slot]
    assert(rt !== undefined, 'every resource of a running instance is live')
    const state = ResourceObject.stateOf(value)
    const complaint = (state && this.passing.complaint(state, rt.name, as)) ?? this.bridge.complaint(rt, value, as)
    if (complaint === undefined && state !== undefined) this.passing.add(state, as)
    return complaint
  }
}

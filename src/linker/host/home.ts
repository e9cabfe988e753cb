/**
 * What all handles of one resource type share on JavaScript's side, above all who sees to those that are forgotten: a
 * resource is dropped when nobody has its handle any more. An engine's registry says so, which costs more than to make a
 * handle, use it and end it; and it says nothing before JavaScript has done what it is doing. So a handle is registered
 * then, if it is there still, and until then it is one of the young, which are held.
 */
import type { RuntimeResourceType } from '../../abi/resource.ts'
import { assert } from '../../model/errors.ts'
import { type Bridge, type HandleState, type ResourceClass, ResourceObject } from './host-resources.ts'

/** So many young are held: who makes more before anything else can happen has them registered. */
const MAX_YOUNG = 32

export class Home {
  readonly bridge: Bridge
  readonly rt: RuntimeResourceType
  cls: ResourceClass | undefined
  readonly #young: ResourceObject[] = []
  /** The young will be registered at the end of what JavaScript is doing. */
  #waits = false
  /** `queueMicrotask` is several times as dear (Node). */
  readonly #soon = Promise.resolve()
  readonly #turn = (): void => {
    this.#waits = false
    this.#register()
  }
  #forgotten: FinalizationRegistry<number> | undefined

  constructor(bridge: Bridge, rt: RuntimeResourceType) {
    this.bridge = bridge
    this.rt = rt
  }

  /** From now on the resource is dropped when nobody has the handle any more. */
  watch(handle: ResourceObject, state: HandleState): void {
    if (!this.#waits) {
      this.#soon.then(this.#turn)
      this.#waits = true
    }
    const young = this.#young
    if (young.length === MAX_YOUNG) this.#register()
    state.place = young.length
    young.push(handle)
  }

  /** It is over with the handle, or somebody else's from now on. */
  unwatch(handle: ResourceObject, state: HandleState): void {
    const { place } = state
    if (place < 0) {
      this.#forgotten?.unregister(handle)
      return
    }
    const last = this.#young.pop()
    if (last === undefined || last === handle) return
    // takes the place that has become free
    this.#young[place] = last
    stateOf(last).place = place
  }

  #register(): void {
    // what a registry holds is a number: nothing to keep alive
    this.#forgotten ??= new FinalizationRegistry((rep) => {
      try {
        this.bridge.drop(this.rt, rep)
      } catch {
        // a destructor that traps ends its own instance, which says so; nobody is here to be told
      }
    })
    for (const handle of this.#young) {
      const state = stateOf(handle)
      state.place = -1
      this.#forgotten.register(handle, state.rep, handle)
    }
    this.#young.length = 0
  }
}

function stateOf(handle: ResourceObject): HandleState {
  const state = ResourceObject.stateOf(handle)
  assert(state !== undefined, 'a handle has a state')
  return state
}

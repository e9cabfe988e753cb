/**
 * The seam to fused calls: a guest's call of another guest's function in which values go from memory to memory. A call
 * begins on the general path; in steady use the part that fuses (`fuse/fuse.ts`) is loaded and may take over.
 */
import type { Lifted } from './canon-lift.ts'
import type { CanonEnv, CoreFunction, Options } from './context.ts'
import type { FuncInst } from './embedding.ts'
import type { ComponentInstance } from './instance.ts'
import type { Signature } from './layout.ts'
import type { RuntimeResourceType } from './resource.ts'
import type { Tier } from './trampolines.ts'

/** A lowered function that may be fused with what it calls. */
export interface Fusible {
  readonly env: CanonEnv
  readonly opts: Options
  readonly signature: Signature
  readonly func: FuncInst
  /** The general path, which does everything, and says best what is wrong. */
  readonly general: CoreFunction
  /** `general` is made for numbers only, and faster than walking. */
  readonly direct: boolean
}

export interface FuseAbi {
  /** Puts into `tier` what runs from now on. */
  fuse(fusible: Fusible, tier: Tier): void
}

/** A callee in another tree that changes between calls, as what is plugged changes. */
export interface Route {
  /** What `target` answered holds as long as the count stays. */
  readonly changes: { readonly count: number }
  /** Who is called just now, if nothing stands between but the rules of the ABI and what is told here. */
  target(): RouteTarget | undefined
}

export interface RouteTarget {
  readonly lifted: Lifted
  /** What `Store.origin` is while it serves this caller. `undefined`: only the general path can say why not. */
  record(caller: ComponentInstance): object | undefined
  /** The same where it is not set and the caller has no thread of its own. */
  readonly first: object | undefined
  /** How a handle of `from` becomes one of `to`. `undefined`: not simply. */
  argument(from: RuntimeResourceType, to: RuntimeResourceType): Through | undefined
  /**
   * The same for an own handle in an answer, lifted by the callee, for the caller.
   * @throws what is to end the caller
   */
  answer(from: RuntimeResourceType, to: RuntimeResourceType): (rep: number, count: number) => number
}

export interface Through {
  /** What `peek` looks into, by reps. Where a live owner's resource is found in it, there is no more to find out. */
  readonly reals?: readonly ({ readonly rt: RuntimeResourceType; readonly rep: number } | undefined)[]
  /** What the callee knows it as; `undefined`: only the general path can say what is wrong. Changes nothing. */
  peek(rep: number): number | undefined
  /** An own handle that was lifted is on its way. */
  taken(rep: number): void
}

export function inSteadyUse(fusible: Fusible): CoreFunction {
  const { general, signature, env } = fusible
  const { store } = env.inst.root
  let calls = 0
  const tier: Tier = {
    call: undefined,
    slow: (...args) => {
      if (++calls >= store.fuseAfter) {
        calls = 0
        store.loadFuse?.()
        store.fuse?.fuse(fusible, tier)
      }
      return (tier.call ?? general)(...args)
    },
  }
  return store.trampolines.make(signature.core.params.length, tier)
}

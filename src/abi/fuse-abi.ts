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

/** A lowered function that may be fused with what it calls. */
export interface Fusible {
  readonly env: CanonEnv
  readonly opts: Options
  readonly signature: Signature
  readonly func: FuncInst
  /** The general path, which does everything, and says best what is wrong. */
  readonly general: CoreFunction
}

/** What runs just now; replaced as a function turns out to be in steady use, and when its callee changes. */
export interface Tier {
  call: CoreFunction
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
    call: (...args) => {
      if (++calls < store.fuseAfter) return general(...args)
      calls = 0
      store.loadFuse?.()
      store.fuse?.fuse(fusible, tier)
      return (store.fuse === undefined ? general : tier.call)(...args)
    },
  }
  return fixedArity(signature.core.params.length, tier)
}

/** With as many parameters as it has: a rest parameter costs an array on every call. */
export function fixedArity(arity: number, tier: { readonly call: CoreFunction }): CoreFunction {
  switch (arity) {
    case 0:
      return () => tier.call()
    case 1:
      return (a) => tier.call(a)
    case 2:
      return (a, b) => tier.call(a, b)
    case 3:
      return (a, b, c) => tier.call(a, b, c)
    case 4:
      return (a, b, c, d) => tier.call(a, b, c, d)
    case 5:
      return (a, b, c, d, e) => tier.call(a, b, c, d, e)
    case 6:
      return (a, b, c, d, e, f) => tier.call(a, b, c, d, e, f)
    default:
      return (...args) => tier.call(...args)
  }
}

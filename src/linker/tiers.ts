/**
 * When a function is worth specialised code. Every function starts with the interpreter; one in steady use is made anew,
 * by generated source or, where that is forbidden, by closures. What makes them is a chunk that comes with the first
 * function that asks; until it is there, and for what it does not know, the interpreter serves. What a function answers
 * and refuses does not depend on the tier.
 */
import type { FuseAbi } from '../abi/fuse-abi.ts'
import type { Codegen } from '../abi/record.ts'
import type { Glue } from './glue/index.ts'
import { Part } from './part.ts'

/** `new Function` costs V8 16 to 18 µs, which is what some two hundred records save: RATIONALE.md. */
const STEADY = 200

/** For tests, which run every tier from the first call. */
export interface Forced {
  /** fused: as compiled, and calls from guest to guest are fused too. Closures fuse them without source. */
  readonly tier: 'interpreted' | 'closures' | 'compiled' | 'fused'
  readonly glue: Glue
  readonly fuse: (() => FuseAbi) | undefined
}
export const FORCED: unique symbol = Symbol.for('wasm-link.tier') as never

/** Whether source may be generated, and what was, by the shape of functions. */
export interface Codes extends Codegen {
  readonly known: Map<string, unknown>
}

/** Takes the arguments as an array. */
export type Slow = (args: readonly unknown[]) => unknown
export type Fast = (...args: unknown[]) => unknown

/**
 * A function that gets code of its own once it is in steady use. Whoever calls it asks for `fast` first, and does so in two
 * places: an engine that has met two functions in one place looks into neither. `fast` is not there before, and is never
 * another: so an engine that knows the object knows the function, though all exports share the code that calls it. `slow`
 * is called by `slowly`.
 */
export interface Steady {
  fast?: Fast
  slow: Slow
}

/**
 * By the interpreter. Which function that is no engine should know, nor learn: there is room for looking into so many
 * functions only, and a loop that is compiled just after its functions became fast would fill it with how they were slow.
 */
export function slowly({ slow }: Steady, args: readonly unknown[]): unknown {
  return Reflect.apply(slow, undefined, [args])
}

/** One function for good. Fixed arities, because a rest parameter costs an array on every call. */
export function settled(steady: Steady, arity: number): Fast {
  switch (arity) {
    case 0:
      return () => {
        const { fast } = steady
        return fast === undefined ? slowly(steady, []) : fast()
      }
    case 1:
      return (a) => {
        const { fast } = steady
        return fast === undefined ? slowly(steady, [a]) : fast(a)
      }
    case 2:
      return (a, b) => {
        const { fast } = steady
        return fast === undefined ? slowly(steady, [a, b]) : fast(a, b)
      }
    case 3:
      return (a, b, c) => {
        const { fast } = steady
        return fast === undefined ? slowly(steady, [a, b, c]) : fast(a, b, c)
      }
    case 4:
      return (a, b, c, d) => {
        const { fast } = steady
        return fast === undefined ? slowly(steady, [a, b, c, d]) : fast(a, b, c, d)
      }
    default:
      return (...args) => {
        const { fast } = steady
        return fast === undefined ? slowly(steady, args) : fast(...args)
      }
  }
}

export class Tiers {
  readonly #codes: Codes
  readonly #forced: Forced | undefined
  #glue: Glue | undefined
  #asked = false

  constructor(codegen: Codegen) {
    const forced = Reflect.get(globalThis, FORCED) as Forced | undefined
    this.#forced = forced
    this.#codes = {
      get allowed() {
        return forced === undefined ? codegen.allowed : forced.tier === 'compiled' || forced.tier === 'fused'
      },
      set allowed(allowed) {
        codegen.allowed = allowed
      },
      known: new Map(),
    }
  }

  /**
   * @param prepare the interpreter's way, when it is called for the first time: most functions never are
   * @param make answers `undefined` for what its makers do not know
   */
  steady(prepare: () => Slow, make: (glue: Glue, codes: Codes) => Fast | undefined): Steady {
    let calls = 0
    const specialise = (glue: Glue): void => {
      const fast = make(glue, this.#codes)
      if (fast !== undefined) steady.fast = fast
    }
    const steady: Steady = {
      slow: (first) => {
        const slow = prepare()
        steady.slow = (args) => {
          if (++calls === STEADY) {
            const glue = this.#load()
            if (glue === undefined) calls = 0
            else specialise(glue)
          }
          return slow(args)
        }
        return steady.slow(first)
      },
    }
    if (this.#forced !== undefined) {
      calls = STEADY
      if (this.#forced.tier !== 'interpreted') specialise(this.#forced.glue)
    }
    return steady
  }

  /** At once where the platform can, else some time after it was first asked for. */
  #load(): Glue | undefined {
    if (this.#glue !== undefined || this.#asked) return this.#glue
    this.#asked = true
    GLUE.handOver((glue) => {
      this.#glue = glue
    })
    return this.#glue
  }
}

const GLUE: Part<Glue> = new Part(() => import('./glue/index.ts'), './glue.js')

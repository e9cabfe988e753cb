/**
 * What a meter is, and how a metered instance is wired to the host that pays for it.
 *
 * A meter rewrites a core module: the module then keeps a counter of its own, the host writes slices of a budget into
 * it, and where the counter is used up (and, on request, before a memory or a table grows) the module calls the host.
 * What it calls is a table of its own, empty until `attach`: code that runs before it is wired traps.
 *
 * Index spaces stay the guest's, what is ours is appended: so the result links wherever the original does.
 */
import { assert } from '../model/errors.ts'

/** What is injected. `growth`: every memory.grow and table.grow asks the host first. */
export interface MeterRequest {
  readonly fuel: boolean
  readonly growth: boolean
}

export interface Metered {
  /** The instrumented module; valid wherever the original is. */
  readonly code: Uint8Array
  /** Export name of the counter, a mutable i64 global: what is left of the slice. Used up at zero; 0 at the beginning. */
  readonly counter: string | undefined
  /** Export name of the table of hooks that `attach` fills; `undefined` where nothing ever calls one. */
  readonly hooks: string | undefined
  /** Export name of what runs the start function (and pays for start-up); the host calls it once, after wiring. */
  readonly start: string | undefined
  /** All export names that are ours and no guest may see; none of them is one of the module's own. */
  readonly hidden: readonly string[]
  /** Which meter did it: one that cannot see into a module leaves it to the other. */
  readonly by: Meter['kind']
}

export interface Meter {
  readonly kind: 'binaryen' | 'exact'
  /** Changes whenever the same module would be rewritten differently: part of the key of every cache. */
  readonly version: string
  /**
   * @throws InvalidError for a module that the engine refuses, or that this meter does not know in all its parts
   * @throws LimitError for function bodies nested deeper than `coreNesting`
   */
  instrument(code: Uint8Array, request: MeterRequest): Promise<Metered>
}

/** What metered code calls. What either throws must be a genuine trap (abi/trap.ts), or the guest could catch it. */
export interface MeterHost {
  /** The counter is at zero or below: set `remaining` to a further slice (what is missing counts against it), or throw. */
  exhausted(): void
  /**
   * Sizes in pages of the memory, or in elements. `maximum` is the declared one. `false`: the guest gets -1.
   * @param index in the module's own index space
   */
  grow(kind: 'memory' | 'table', index: number, current: number, delta: number, maximum: number | undefined): boolean
}

export interface Attached {
  /** What is left of the slice; below zero by what the last block took too much. 0 where fuel was not asked for. */
  remaining: bigint
  /** Runs what the module would have run by itself at the end of its instantiation. */
  start(): void
}

/** Places in the table of hooks, and their types. */
export const HOOK = { exhausted: 0, grow: 1 } as const

/** A number that stands for "no maximum" where a growth hook gets sizes. */
const NO_MAXIMUM = -1

/**
 * Turns two imports into exports, because a table takes only functions of WebAssembly:
 * (module (import "" "0" (func)) (import "" "1" (func (param i32 i32 f64 f64 f64) (result i32)))
 *   (export "0" (func 0)) (export "1" (func 1)))
 */
const HOOK_MODULE = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 13, 2, 0x60, 0, 0, 0x60, 5, 0x7f, 0x7f, 0x7c, 0x7c, 0x7c, 1, 0x7f, 2, 11, 2, 0, 1, 48,
  0, 0, 0, 1, 49, 0, 1, 7, 9, 2, 1, 48, 0, 0, 1, 49, 0, 1,
]

/** What `attach` needs for every instance, compiled once. */
export function makeHookModule(): WebAssembly.Module {
  return new WebAssembly.Module(new Uint8Array(HOOK_MODULE))
}

/**
 * Wires an instance of a metered module, of which nothing has run yet.
 *
 * @example
 * const instance = new WebAssembly.Instance(new WebAssembly.Module(metered.code), imports)
 * const meter = attach(instance, metered, { exhausted() { meter.remaining += 100_000n }, grow: () => true })
 * meter.start()
 */
export function attach(
  instance: WebAssembly.Instance,
  metered: Omit<Metered, 'code'>,
  host: MeterHost,
  hookModule: WebAssembly.Module = makeHookModule(),
): Attached {
  const { exports } = instance
  if (metered.hooks !== undefined) {
    const table = exports[metered.hooks]
    assert(table instanceof WebAssembly.Table, 'a metered module exports its table of hooks')
    const imports = {
      '': {
        [HOOK.exhausted]: () => host.exhausted(),
        [HOOK.grow]: (table: number, index: number, current: number, delta: number, maximum: number): number => {
          const declared = maximum === NO_MAXIMUM ? undefined : maximum
          return host.grow(table === 0 ? 'memory' : 'table', index, current, delta, declared) ? 1 : 0
        },
      },
    }
    const hooks = new WebAssembly.Instance(hookModule, imports).exports
    for (const place of Object.values(HOOK)) table.set(place, hooks[place])
  }
  const start = metered.start === undefined ? undefined : (exports[metered.start] as () => void)
  if (metered.counter === undefined) return { remaining: 0n, start: () => start?.() }
  const counter = exports[metered.counter]
  assert(counter instanceof WebAssembly.Global, 'a metered module exports its counter')
  return {
    get remaining() {
      return counter.value as bigint
    },
    set remaining(left) {
      counter.value = left
    },
    start: () => start?.(),
  }
}

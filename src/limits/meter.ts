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
import type { Counter } from './fuel.ts'

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

export interface Attached extends Counter {
  /** The same to the unit, however much. 0 where fuel was not asked for. */
  remaining: bigint
  /** Runs what the module would have run by itself at the end of its instantiation. */
  start(): void
}

/** Places in the table of hooks, and their types. */
export const HOOK = { exhausted: 0, grow: 1 } as const

/** A number that stands for "no maximum" where a growth hook gets sizes. */
const NO_MAXIMUM = -1

/**
 * Turns two imports into exports, because a table takes only functions of WebAssembly; and reads and writes the counter, because a call
 * of WebAssembly with floats takes a tenth of the time of the property `value` with its big integers.
 * (module (import "" "0" (func)) (import "" "1" (func (param i32 i32 f64 f64 f64) (result i32))) (import "" "2" (global $c (mut i64)))
 *   (export "0" (func 0)) (export "1" (func 1))
 *   (func (export "2") (result f64) (f64.convert_i64_s (global.get $c)))
 *   (func (export "3") (param f64) (result f64)
 *     (f64.convert_i64_s (global.get $c)) (global.set $c (i64.trunc_sat_f64_s (local.get 0)))))
 */
const HOOK_MODULE = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 22, 4, 0x60, 0, 0, 0x60, 5, 0x7f, 0x7f, 0x7c, 0x7c, 0x7c, 1, 0x7f, 0x60, 0, 1, 0x7c,
  0x60, 1, 0x7c, 1, 0x7c, 2, 17, 3, 0, 1, 48, 0, 0, 0, 1, 49, 0, 1, 0, 1, 50, 3, 0x7e, 1, 3, 3, 2, 2, 3, 7, 17, 4, 1,
  48, 0, 0, 1, 49, 0, 1, 1, 50, 0, 2, 1, 51, 0, 3, 10, 19, 2, 5, 0, 0x23, 0, 0xb9, 0x0b, 11, 0, 0x23, 0, 0xb9, 0x20, 0,
  0xfc, 0x06, 0x24, 0, 0x0b,
]
/** Names of what the hook module has for the counter. */
const COUNTER = { global: 2, left: 2, exchange: 3 } as const

/** What `attach` needs for every instance, compiled once. */
export function makeHookModule(): WebAssembly.Module {
  return new WebAssembly.Module(new Uint8Array(HOOK_MODULE))
}

/**
 * Wires an instance of a metered module, of which nothing has run yet.
 *
 *     const instance = new WebAssembly.Instance(new WebAssembly.Module(metered.code), imports)
 *     const meter = attach(instance, metered, { exhausted() { meter.remaining += 100_000n }, grow: () => true })
 *     meter.start()
 */
export function attach(
  instance: WebAssembly.Instance,
  metered: Omit<Metered, 'code'>,
  host: MeterHost,
  hookModule: WebAssembly.Module = makeHookModule(),
): Attached {
  const { exports } = instance
  const start = metered.start === undefined ? undefined : (exports[metered.start] as () => void)
  const counter =
    metered.counter === undefined
      ? new WebAssembly.Global({ value: 'i64', mutable: true }, 0n)
      : (exports[metered.counter] as WebAssembly.Global)
  assert(counter instanceof WebAssembly.Global, 'a metered module exports its counter')
  const none = { left: () => 0, exchange: () => 0 }
  const { left, exchange } =
    metered.hooks === undefined ? none : hook(exports[metered.hooks], counter, host, hookModule)
  return {
    get remaining() {
      return counter.value as bigint
    },
    set remaining(units) {
      counter.value = units
    },
    left,
    exchange,
    start: () => start?.(),
  }
}

/** Fills the table of hooks. */
function hook(
  table: WebAssembly.ExportValue | undefined,
  counter: WebAssembly.Global,
  host: MeterHost,
  hookModule: WebAssembly.Module,
): Counter {
  assert(table instanceof WebAssembly.Table, 'a metered module exports its table of hooks')
  const imports = {
    '': {
      [HOOK.exhausted]: () => host.exhausted(),
      [HOOK.grow]: (table: number, index: number, current: number, delta: number, maximum: number): number => {
        const declared = maximum === NO_MAXIMUM ? undefined : maximum
        return host.grow(table === 0 ? 'memory' : 'table', index, current, delta, declared) ? 1 : 0
      },
      [COUNTER.global]: counter,
    },
  }
  const { exports } = new WebAssembly.Instance(hookModule, imports)
  for (const place of Object.values(HOOK)) table.set(place, exports[place])
  return {
    left: exports[COUNTER.left] as () => number,
    exchange: exports[COUNTER.exchange] as (units: number) => number,
  }
}

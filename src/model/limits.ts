/**
 * Every number that bounds something: the specification's and wasmparser's maxima (constants, with their source), and
 * the host's policy (settable, with defaults). `Ledger` is the one place where a copy, a handle or a task is charged.
 */
import { LimitError } from './errors.ts'
import type { FuncType } from './types.ts'

// — Maxima of the specification

/** @spec Loading (strings and lists, in bytes) */
export const MAX_STRING_BYTE_LENGTH = 2 ** 28 - 1
export const MAX_LIST_BYTE_LENGTH = 2 ** 28 - 1
export const MAX_FLAT_PARAMS = 16
export const MAX_FLAT_ASYNC_PARAMS = 4
export const MAX_FLAT_RESULTS = 1
export const MAX_FLAGS = 32
export const MAX_TABLE_LENGTH = 2 ** 28 - 1
/** Exclusive bound on the in-memory size of a value type, by 64-bit layout. */
export const MAX_VALUE_BYTE_SIZE = 2 ** 28

// — Maxima of wasmparser, which the reference tests rely on (crates/wasmparser/src/limits.rs)

export const MAX_WASM_TYPE_DEPTH = 100
export const MAX_WASM_TYPE_SIZE = 1_000_000
export const MAX_WASM_MODULE_SIZE = 2 ** 30
export const MAX_WASM_MODULES = 1_000
export const MAX_WASM_COMPONENTS = 1_000
export const MAX_WASM_INSTANCES = 1_000
export const MAX_WASM_VALUES = 1_000
export const MAX_WASM_STRING_SIZE = 100_000
export const MAX_WASM_TYPES = 1_000_000
export const MAX_WASM_FUNCTIONS = 1_000_000
export const MAX_WASM_IMPORTS = 1_000_000
export const MAX_WASM_EXPORTS = 1_000_000
export const MAX_WASM_GLOBALS = 1_000_000
export const MAX_WASM_TAGS = 1_000_000
export const MAX_WASM_TABLES = 100
export const MAX_WASM_MEMORIES = 100
export const MAX_WASM_TABLE_ENTRIES = 10_000_000
export const MAX_WASM_FUNCTION_PARAMS = 1_000
export const MAX_WASM_FUNCTION_RETURNS = 1_000
export const MAX_WASM_STRUCT_FIELDS = 10_000
export const MAX_WASM_SUPERTYPES = 1
export const MAX_WASM_MODULE_TYPE_DECLS = 100_000
export const MAX_WASM_COMPONENT_TYPE_DECLS = 1_000_000
export const MAX_WASM_INSTANCE_TYPE_DECLS = 1_000_000
export const MAX_WASM_RECORD_FIELDS = 10_000
export const MAX_WASM_VARIANT_CASES = 10_000
export const MAX_WASM_TUPLE_TYPES = 10_000
export const MAX_WASM_ENUM_CASES = 10_000
export const MAX_WASM_FLAG_NAMES = 1_000
export const MAX_WASM_FIXED_LIST_ELEMENTS = 2 ** 30
export const MAX_WASM_INSTANTIATION_ARGS = 100_000
export const MAX_WASM_INSTANTIATION_EXPORTS = 100_000
export const MAX_WASM_CANONICAL_OPTIONS = 10
export const MAX_WASM_START_ARGS = 1_000
export const MAX_WASM_CANONICALS = 1_000_000
export const MAX_WASM_ALIASES = 1_000_000

// — Maxima of this decoder

/** Of definitions, declarators, fields, core types and the like in one file, all together: each costs some 100 bytes. */
export const MAX_DECODED_ITEMS = 2_000_000

/**
 * Of definitions that are met while a component is planned, once for each instance that they are in, an instance and what an
 * instance exports weighing five: where each level instantiates the next one twice, a small file means more than any machine has room for.
 */
export const MAX_PLANNED_ITEMS = 500_000

// — The host's policy

/** Defaults. Every figure is a safe integer ≥ 0 or Infinity. */
export const RUN_LIMITS = {
  memoryBytes: 256 * 2 ** 20,
  tableElements: 1_000_000,
  memories: 8,
  tables: 16,
  handles: 100_000,
  tasks: 1_024,
  queuedCalls: 1_024,
  streamEnds: 10_000,
  callDepth: 64,
  /** Host cost of one call's copies, charged before allocating. */
  hostBytesPerCall: 64 * 2 ** 20,
  outputBytes: 2 ** 20,
  operationsWithoutYield: 1_000_000,
} as const
export type RunLimit = keyof typeof RUN_LIMITS

export const COMPILE_LIMITS = {
  componentBytes: 64 * 2 ** 20,
  nesting: 100,
  typeDepth: MAX_WASM_TYPE_DEPTH,
  typeSize: MAX_WASM_TYPE_SIZE,
  nameBytes: MAX_WASM_STRING_SIZE,
  coreFunctions: 100_000,
  coreNesting: 5_000,
} as const
export type CompileLimit = keyof typeof COMPILE_LIMITS
export type CompileLimits = Readonly<Record<CompileLimit, number>>

export type Total = 'memoryBytes' | 'tableElements' | 'handles' | 'instances'
export type LimitName = RunLimit | 'fuel' | 'epochTicks' | 'timeoutMs'

/** `initial`: for start-up; default `perCall` if a number, else 1e7 fuel, 1000 ms, 1 tick. `perCall`: set before each call, asked once; without it calls draw on what `initial` left. */
export interface Budget<Ctx> {
  readonly initial?: number
  readonly perCall?: number | ((call: LimitedCall<Ctx>) => number)
}
export interface LimitedCall<Ctx> {
  readonly interface: string
  readonly function: string
  readonly type: FuncType
  readonly context: Ctx
  readonly remaining: number
  readonly caller: string | undefined
}
export interface ResourceLimiter {
  memoryGrowing?(current: number, desired: number, maximum: number | undefined): boolean
  tableGrowing?(current: number, desired: number, maximum: number | undefined): boolean
}
/** budgets: used in all, most in one call, left now, last set; `undefined`: not counted. */
export interface Gauge {
  readonly used: number | undefined
  readonly peak: number | undefined
  readonly remaining: number
  readonly limit: number
}
export type Usage = { readonly [L in LimitName]: Gauge }

/** Refuses what is not a count: limits come from JavaScript and from JSON. */
export function checkLimit(name: string, value: unknown): number {
  if (typeof value !== 'number')
    throw new TypeError(`limit \`${name}\`: expected a number, got ${value === null ? 'null' : typeof value}`)
  if (value !== Number.POSITIVE_INFINITY && (!Number.isSafeInteger(value) || value < 0)) {
    throw new RangeError(`limit \`${name}\`: expected a safe integer of at least 0 or Infinity, got ${value}`)
  }
  return value
}

/** Defaults overlaid by what the host says; only own properties are read. */
export function limitsFrom<L extends string>(
  defaults: Readonly<Record<L, number>>,
  wanted: Readonly<Partial<Record<L, number>>> | undefined,
): Readonly<Record<L, number>> {
  const limits: Record<L, number> = { ...defaults }
  if (wanted !== undefined) {
    for (const name of Object.keys(defaults) as L[]) {
      if (Object.hasOwn(wanted, name) && wanted[name] !== undefined) limits[name] = checkLimit(name, wanted[name])
    }
  }
  return limits
}

/** What the instances of one engine use together. */
export class Totals {
  readonly caps: Readonly<Record<Total, number>>
  readonly used: Record<Total, number> = { memoryBytes: 0, tableElements: 0, handles: 0, instances: 0 }

  constructor(caps: Readonly<Record<Total, number>>) {
    this.caps = caps
  }

  /** Only what there is a sum of. @throws LimitError, and then nothing was charged */
  charge(name: RunLimit | Total, amount: number): void {
    if (!(name in this.used)) return
    const total = name as Total
    const used = this.used[total] + amount
    if (used > this.caps[total]) throw new LimitError(total, used, this.caps[total], `totals.${total}`)
    this.used[total] = used
  }

  release(name: RunLimit | Total, amount: number): void {
    if (name in this.used) this.used[name as Total] -= amount
  }

  /** `charge('handles', 1)`: with the name written out an engine finds the field at once. */
  chargeHandle(): void {
    const used = this.used.handles + 1
    if (used > this.caps.handles) this.charge('handles', 1)
    this.used.handles = used
  }

  releaseHandle(): void {
    this.used.handles--
  }
}

const nothingUsed = (): Record<RunLimit, number> => ({
  memoryBytes: 0,
  tableElements: 0,
  memories: 0,
  tables: 0,
  handles: 0,
  tasks: 0,
  queuedCalls: 0,
  streamEnds: 0,
  callDepth: 0,
  hostBytesPerCall: 0,
  outputBytes: 0,
  operationsWithoutYield: 0,
})

/** One root instance's account: what it uses of each run limit. The only place that charges. */
export class Ledger {
  readonly caps: Readonly<Record<RunLimit, number>>
  readonly used: Record<RunLimit, number>
  readonly peak: Record<RunLimit, number>
  /** What memories and tables have grown by, where the engine alone decides about it. */
  grown: ((limit: RunLimit) => number) | undefined
  #totals: Totals | undefined

  constructor(caps: Readonly<Record<RunLimit, number>> = RUN_LIMITS, totals?: Totals) {
    this.caps = caps
    this.used = nothingUsed()
    this.peak = nothingUsed()
    totals?.charge('instances', 1)
    this.#totals = totals
  }

  /** @throws LimitError, and then nothing was charged */
  charge(limit: RunLimit, amount: number): void {
    const used = this.used[limit] + amount
    if (used > this.caps[limit]) throw new LimitError(limit, used, this.caps[limit], `limits.${limit}`)
    this.#totals?.charge(limit, amount)
    this.used[limit] = used
    if (used > this.peak[limit]) this.peak[limit] = used
  }

  release(limit: RunLimit, amount: number): void {
    this.used[limit] -= amount
    this.#totals?.release(limit, amount)
  }

  /** `charge('hostBytesPerCall', …)`, of which there is no sum: with the name written out an engine finds the fields at once. */
  chargeCopy(bytes: number): void {
    const used = this.used.hostBytesPerCall + bytes
    if (used > this.caps.hostBytesPerCall) this.charge('hostBytesPerCall', bytes)
    this.used.hostBytesPerCall = used
    if (used > this.peak.hostBytesPerCall) this.peak.hostBytesPerCall = used
  }

  /** `charge('handles', 1)`, likewise. */
  chargeHandle(): void {
    const used = this.used.handles + 1
    if (used > this.caps.handles) this.charge('handles', 1)
    this.#totals?.chargeHandle()
    this.used.handles = used
    if (used > this.peak.handles) this.peak.handles = used
  }

  releaseHandle(): void {
    this.used.handles--
    this.#totals?.releaseHandle()
  }

  gauge(limit: RunLimit): Gauge {
    const cap = this.caps[limit]
    const used = this.used[limit] + (this.grown?.(limit) ?? 0)
    return { used, peak: Math.max(used, this.peak[limit]), remaining: cap - used, limit: cap }
  }

  /** The tree is gone: its part of the sums is free again. */
  close(): void {
    this.#totals?.release('instances', 1)
    for (const limit of Object.keys(this.used) as RunLimit[]) this.#totals?.release(limit, this.used[limit])
    this.#totals = undefined
    this.grown = undefined
  }
}

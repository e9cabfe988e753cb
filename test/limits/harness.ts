/**
 * Metered modules to try: texts assembled, instances wired to a budget that ends in a genuine trap, and what they used.
 */
import { makeTrapper, uncatchable } from '../../src/abi/trap.ts'
import { attach, type Meter, type Metered, type MeterHost, type MeterRequest } from '../../src/limits/meter.ts'

/** More than any test uses. */
export const ENDLESS = 2 ** 50

import loadWabt from 'wabt'

let wabt: ReturnType<typeof loadWabt> | undefined

/** Text → binary: wabt, and binaryen for what wabt does not know. */
export async function assemble(wat: string): Promise<Uint8Array<ArrayBuffer>> {
  wabt ??= loadWabt()
  const { parseWat } = await wabt
  try {
    return new Uint8Array(parseWat('test.wat', wat, FEATURES).toBinary({ write_debug_names: true }).buffer)
  } catch {
    const { default: binaryen } = await import('binaryen')
    const { All, CompactImports } = binaryen.Features as typeof binaryen.Features & { readonly CompactImports: number }
    const module = binaryen.parseText(wat)
    module.setFeatures(All & ~CompactImports)
    const bytes = module.emitBinary()
    module.dispose()
    return new Uint8Array(bytes)
  }
}

const FEATURES = {
  exceptions: true,
  mutable_globals: true,
  sat_float_to_int: true,
  sign_extension: true,
  simd: true,
  threads: true,
  multi_value: true,
  tail_call: true,
  bulk_memory: true,
  reference_types: true,
  memory64: true,
  multi_memory: true,
  extended_const: true,
}

/** What a run left: what it used, and what it came to. */
export interface Ran {
  readonly used: number
  readonly results: readonly unknown[]
  readonly trap: string | undefined
}

export interface Budgeted {
  readonly exports: WebAssembly.Exports
  readonly hidden: readonly string[]
  used(): number
  /** As the host does it: what it throws is thrown. */
  start(): void
  /** Calls an export, or the start function for `undefined`. */
  run(name: string | undefined, ...args: readonly unknown[]): Ran
}

export interface BudgetOptions {
  readonly request?: MeterRequest
  readonly fuel?: number
  /** What the counter holds at most: smaller slices ask the host more often. */
  readonly slice?: number
  readonly imports?: WebAssembly.Imports
  readonly grow?: MeterHost['grow']
}

export const OUT_OF_FUEL = 'all fuel consumed'

export interface Prepared {
  readonly metered: Metered
  readonly module: WebAssembly.Module
  readonly request: MeterRequest
}

export async function prepare(
  meter: Meter,
  code: Uint8Array,
  request: MeterRequest = { fuel: true, growth: false },
): Promise<Prepared> {
  const metered = await meter.instrument(code, request)
  return { metered, module: new WebAssembly.Module(metered.code as BufferSource), request }
}

/** An instance with a budget of its own; nothing of it has run. */
export async function budgeted(meter: Meter, code: Uint8Array, options: BudgetOptions = {}): Promise<Budgeted> {
  return startBudget(await prepare(meter, code, options.request), options)
}

export function startBudget(
  { metered, module, request }: Prepared,
  { fuel = ENDLESS, slice = ENDLESS, imports = {}, grow = () => true }: Omit<BudgetOptions, 'request'> = {},
): Budgeted {
  const instance = new WebAssembly.Instance(module, imports)
  const trapper = makeTrapper()
  let granted = 0n
  const left = (): bigint => BigInt(fuel) - (granted - attached.remaining)
  const grant = (): void => {
    const most = left() - attached.remaining
    const more = BigInt(slice) - attached.remaining
    const amount = most < more ? most : more
    granted += amount
    attached.remaining += amount
  }
  const attached = attach(instance, metered, {
    exhausted() {
      if (left() <= 0n) {
        const error = uncatchable(trapper)
        error.message = OUT_OF_FUEL
        throw error
      }
      grant()
    },
    grow,
  })
  if (request.fuel) grant()
  const used = (): number => Number(granted - attached.remaining)
  return {
    exports: instance.exports,
    hidden: metered.hidden,
    used,
    start: () => attached.start(),
    run(name, ...args) {
      const before = used()
      try {
        const call = name === undefined ? attached.start : (instance.exports[name] as (...args: unknown[]) => unknown)
        const result = call(...args)
        const results = Array.isArray(result) ? result : result === undefined ? [] : [result]
        return { used: used() - before, results, trap: undefined }
      } catch (error) {
        if (!(error instanceof WebAssembly.RuntimeError || error instanceof RangeError)) throw error
        return { used: used() - before, results: [], trap: error.message }
      }
    },
  }
}

/** A module with one function, without parameters and results, of these operators; exported as `f`. */
export function moduleOf(operators: readonly number[], result?: number): Uint8Array<ArrayBuffer> {
  const size = (n: number): number[] => [(n & 0x7f) | 0x80, ((n >> 7) & 0x7f) | 0x80, n >> 14]
  const body = [0, ...operators, 0x0b]
  const type = result === undefined ? [0x60, 0, 0] : [0x60, 0, 1, result]
  const code = [1, ...size(body.length), ...body]
  return Uint8Array.of(
    ...[0, 97, 115, 109, 1, 0, 0, 0, 1, type.length + 1, 1, ...type, 3, 2, 1, 0],
    ...[7, 5, 1, 1, 0x66, 0, 0, 10, ...size(code.length), ...code],
  )
}

export const nested = (depth: number): number[] => [
  ...Array.from({ length: depth }, () => [0x02, 0x40]).flat(),
  ...Array.from({ length: depth }, () => 0x0b),
]

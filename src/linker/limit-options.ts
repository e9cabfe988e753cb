/** Limits as the host states them, per instance. Every figure is a safe integer ≥ 0 or Infinity, anything else a RangeError. */
import type { Purse } from '../limits/fuel.ts'
import { type Budget, checkLimit, type ResourceLimiter, type RunLimit } from '../model/limits.ts'

/**
 * One budget for several plugins, such as all that one call may reach.
 *
 * @example
 * const pool = new FuelPool(1e8)
 * const [a, b] = [new Plugin(first, { limits: { fuel: { pool } } }), new Plugin(second, { limits: { fuel: { pool } } })]
 */
export class FuelPool {
  /** @internal */
  readonly purse: Purse

  /** @param fuel in wasmtime's units; a safe integer ≥ 0 or Infinity */
  constructor(fuel: number) {
    this.purse = { left: checkLimit('pool', fuel), total: fuel, holders: [] }
  }

  /** To the unit, also while plugins run. */
  get remaining(): number {
    let left = this.purse.left
    for (const holder of this.purse.holders) left += holder.remaining
    return Math.max(0, left)
  }

  add(fuel: number): void {
    this.purse.left += checkLimit('pool', fuel)
    this.purse.total += fuel
  }
}

/** `fuel`, `epochTicks`, `timeoutMs` (wall time, waiting included) instrument core code; Binaryen loads on first use. */
export interface Limits<Ctx = unknown> extends Readonly<Partial<Record<RunLimit, number>>> {
  readonly fuel?: Budget<Ctx> & { readonly pool?: FuelPool; readonly charge?: 'callee' | 'caller' }
  readonly epochTicks?: Budget<Ctx>
  readonly timeoutMs?: Budget<Ctx>
  /** Asked after the sums, for initial sizes too; `false`: −1 for the guest, a throw: trap. */
  readonly growth?: ResourceLimiter
}

/** Limits as the host states them, per instance. Every figure is a safe integer ≥ 0 or Infinity, anything else a RangeError. */
import type { Budget, ResourceLimiter, RunLimit } from '../model/limits.ts'

/** One budget for several plugins. */
export class FuelPool {
  #remaining: number
  constructor(fuel: number) {
    this.#remaining = fuel
  }
  get remaining(): number {
    return this.#remaining
  }
  add(fuel: number): void {
    this.#remaining += fuel
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

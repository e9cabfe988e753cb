/** One call, or start-up, as what pays for it: fuel out of a source, time on the clock. */
import type { Timing } from '../../limits/deadline.ts'
import type { Payer, Purse } from '../../limits/fuel.ts'
import { unspent } from '../../limits/fuel.ts'
import { LimitError } from '../../model/errors.ts'

/** Fuel for one or more calls. */
export interface FuelSource {
  readonly own: Purse
  readonly pool: Purse | undefined
  /** The option that raises it. */
  readonly option: string
}

export function fuelIn({ own, pool }: FuelSource): number {
  const left = pool === undefined ? unspent(own) : Math.min(unspent(own), unspent(pool))
  return Math.max(0, left)
}

export class Lane implements Payer {
  readonly fuel: FuelSource
  readonly path: string
  /** Whose fuel it is, if it is the caller's. */
  readonly patron: Lane | undefined
  readonly deadline: Timing
  /** Granted, and not come back. */
  spent = 0
  readonly #told: (units: number) => void

  constructor(
    path: string,
    fuel: FuelSource,
    deadline: Timing,
    patron: Lane | undefined,
    told: (units: number) => void,
  ) {
    this.path = path
    this.fuel = fuel
    this.deadline = deadline
    this.patron = patron
    this.#told = told
  }

  get own(): Purse {
    return this.fuel.own
  }

  get pool(): Purse | undefined {
    return this.fuel.pool
  }

  spend(units: number): void {
    this.spent += units
    this.#told(units)
    this.patron?.spend(units)
  }

  exhausted(): LimitError {
    const { own, pool, option } = this.fuel
    const drained = pool !== undefined && unspent(pool) <= 0 && unspent(own) > 0
    const { total } = drained ? pool : own
    const used = Math.max(total, total - unspent(drained ? pool : own))
    return new LimitError(
      'fuel',
      used,
      total,
      drained ? 'limits.fuel.pool' : option,
      'all fuel consumed by WebAssembly',
    )
  }
}

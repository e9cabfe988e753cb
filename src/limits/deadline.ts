/**
 * How long a call may take: milliseconds of the wall, or ticks of the engine's epoch. Whoever runs looks at the clocks now
 * and then: with every slice of fuel, and at every border it crosses.
 */
import { BugError, LimitError } from '../model/errors.ts'

/** Time that one or more calls may take. */
export interface Allowance {
  left: number
  readonly total: number
  /** The option that raises it. */
  readonly option: string
}

export interface Clocks {
  /** Monotonic, in milliseconds. */
  now(): number
  readonly epochCell: Int32Array
}

/** Ticks come as a 32-bit counter that wraps. */
const ticksBetween = (from: number, to: number): number => (to - from) >>> 0

/** What a call is to the clocks. */
export interface Timing {
  readonly elapsedMs: number
  readonly elapsedTicks: number
  /** What a timer has to wait for; `undefined`: for nothing. */
  readonly remainingMs: number | undefined
  /** @throws LimitError when its time has passed */
  check(): void
  /** The error of a call that took that many milliseconds. */
  late(elapsed: number): LimitError
  /** All the time of a call, from now on. */
  restart(): void
  /** What the call took is gone for those that share its allowances. */
  end(): void
}

/** Where nobody asks for time, no clock is looked at. */
export const NO_DEADLINE: Timing = {
  elapsedMs: 0,
  elapsedTicks: 0,
  remainingMs: undefined,
  check: () => {},
  late: () => {
    throw new BugError('a call without a deadline is never late')
  },
  restart: () => {},
  end: () => {},
}

/** One call on the clock. It has what its allowances had when it began, and is over when its answer is there. */
export class Deadline implements Timing {
  readonly #clocks: Clocks
  readonly #ms: Allowance
  readonly #ticks: Allowance
  #msLeft: number
  #ticksLeft: number
  #began: number
  #epoch: number
  /** What the call took, once it is over: whoever asks later gets what was taken off the allowances. */
  #took: { readonly ms: number; readonly ticks: number } | undefined

  constructor(clocks: Clocks, ms: Allowance, ticks: Allowance) {
    this.#clocks = clocks
    this.#ms = ms
    this.#ticks = ticks
    this.#msLeft = ms.left
    this.#ticksLeft = ticks.left
    this.#began = clocks.now()
    this.#epoch = Atomics.load(clocks.epochCell, 0)
  }

  get elapsedMs(): number {
    return this.#took?.ms ?? this.#clocks.now() - this.#began
  }

  get elapsedTicks(): number {
    return this.#took?.ticks ?? ticksBetween(this.#epoch, Atomics.load(this.#clocks.epochCell, 0))
  }

  get remainingMs(): number | undefined {
    return this.#msLeft === Number.POSITIVE_INFINITY ? undefined : Math.max(0, this.#msLeft - this.elapsedMs)
  }

  check(): void {
    if (this.#msLeft !== Number.POSITIVE_INFINITY) {
      const elapsed = this.elapsedMs
      if (elapsed >= this.#msLeft) throw this.late(elapsed)
    }
    if (this.#ticksLeft !== Number.POSITIVE_INFINITY) {
      const elapsed = this.elapsedTicks
      if (elapsed < this.#ticksLeft) return
      const { total, option } = this.#ticks
      throw new LimitError('epochTicks', total - this.#ticksLeft + elapsed, total, option)
    }
  }

  late(elapsed: number): LimitError {
    const { total, option } = this.#ms
    return new LimitError('timeoutMs', Math.ceil(total - this.#msLeft + elapsed), total, option)
  }

  restart(): void {
    this.#msLeft = this.#ms.total
    this.#ticksLeft = this.#ticks.total
    this.#took = undefined
    this.#began = this.#clocks.now()
    this.#epoch = Atomics.load(this.#clocks.epochCell, 0)
  }

  end(): void {
    this.#took = { ms: this.elapsedMs, ticks: this.elapsedTicks }
    this.#ms.left = Math.max(0, this.#ms.left - this.#took.ms)
    this.#ticks.left = Math.max(0, this.#ticks.left - this.#took.ticks)
  }
}

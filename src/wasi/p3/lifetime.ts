/**
 * What of one instance goes on behind its calls: output on its way, and timers. A command waits for the one and stops the
 * other when it is over; an instance that the host keeps needs neither.
 */
import type { Signal } from '../../index.ts'
import { monotonicNow } from '../wait.ts'

/** The longest that engines' timers can do. */
const MAX_TIMER_MS = 2 ** 31 - 1

export class Lifetime {
  readonly #outputs = new Set<Promise<unknown>>()
  readonly #stops = new Set<() => void>()

  expect(output: Promise<unknown>): void {
    this.#outputs.add(output)
    const forget = (): void => void this.#outputs.delete(output)
    output.then(forget, forget)
  }

  /** All output has arrived, or failed, which its guest was told. */
  async settled(): Promise<void> {
    while (this.#outputs.size > 0) await Promise.allSettled(this.#outputs)
  }

  /** Resolves at that time of `monotonicNow`; never, once the signal was aborted or all timers were stopped. */
  sleepUntil(deadline: bigint, signal: Signal | undefined): Promise<void> {
    return new Promise((resolve) => {
      let timer: ReturnType<typeof setTimeout> | undefined
      const stop = (): void => {
        clearTimeout(timer)
        this.#stops.delete(stop)
      }
      const step = (): void => {
        const left = deadline - monotonicNow()
        if (left > 0n) {
          timer = setTimeout(step, Math.min(Math.ceil(Number(left) / 1e6), MAX_TIMER_MS))
          return
        }
        stop()
        resolve()
      }
      this.#stops.add(stop)
      signal?.addEventListener('abort', stop)
      step()
    })
  }

  stopTimers(): void {
    for (const stop of this.#stops) stop()
  }
}

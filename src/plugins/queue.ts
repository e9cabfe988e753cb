/** Calls that wait their turn at one plugin: first come, first served, and only so many. */
import type { Signal } from '../linker/world.ts'
import type { Ledger } from '../model/limits.ts'
import { Failure } from './failure.ts'

export class CallQueue {
  #running = false
  readonly #waiting: (() => void)[] = []

  get isBusy(): boolean {
    return this.#running
  }

  /**
   * @param ledger whose account says how many may wait
   * @throws Failure when the queue is full, or the signal tells so before `job` starts; what `job` throws
   */
  async run<T>(ledger: Ledger, signal: Signal | undefined, job: () => T | PromiseLike<T>): Promise<T> {
    if (signal?.aborted === true) throw cancelled(signal)
    if (this.#running) await this.#turn(ledger, signal)
    this.#running = true
    try {
      return await job()
    } finally {
      this.#running = false
      this.#waiting.shift()?.()
    }
  }

  #turn(ledger: Ledger, signal: Signal | undefined): Promise<void> {
    try {
      ledger.charge('queuedCalls', 1)
    } catch (error) {
      throw new Failure('executor-unavailable', Failure.of(error).message)
    }
    return new Promise((resolve, reject) => {
      const start = (): void => {
        ledger.release('queuedCalls', 1)
        // nobody gets in between this and the job
        this.#running = true
        resolve()
      }
      this.#waiting.push(start)
      signal?.addEventListener('abort', () => {
        const at = this.#waiting.indexOf(start)
        if (at < 0) return
        this.#waiting.splice(at, 1)
        ledger.release('queuedCalls', 1)
        reject(cancelled(signal))
      })
    })
  }
}

export const cancelled = (signal: Signal): Failure => new Failure('cancelled', 'cancelled by its signal', signal.reason)

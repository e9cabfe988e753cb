/** Calls that wait their turn at one plugin: first come, first served, and only so many. */
import type { Signal } from '../linker/world.ts'
import { LimitError } from '../model/errors.ts'
import { Failure } from './failure.ts'

export class CallQueue {
  #running = false
  readonly #waiting: (() => void)[] = []

  get isBusy(): boolean {
    return this.#running
  }

  /**
   * @param cap how many may wait
   * @throws Failure when the queue is full, or the signal tells so before `job` starts; what `job` throws
   */
  async run<T>(cap: number, signal: Signal | undefined, job: () => T | PromiseLike<T>): Promise<T> {
    if (signal?.aborted === true) throw cancelled(signal)
    if (this.#running) await this.#turn(cap, signal)
    this.#running = true
    try {
      return await job()
    } finally {
      this.#running = false
      this.#waiting.shift()?.()
    }
  }

  #turn(cap: number, signal: Signal | undefined): Promise<void> {
    const length = this.#waiting.length + 1
    if (length > cap) {
      const error = new LimitError('queuedCalls', length, cap, 'limits.queuedCalls')
      throw new Failure('executor-unavailable', error.message)
    }
    return new Promise((resolve, reject) => {
      const start = (): void => {
        // nobody gets in between this and the job
        this.#running = true
        resolve()
      }
      this.#waiting.push(start)
      signal?.addEventListener('abort', () => {
        const at = this.#waiting.indexOf(start)
        if (at < 0) return
        this.#waiting.splice(at, 1)
        reject(cancelled(signal))
      })
    })
  }
}

export const cancelled = (signal: Signal): Failure => new Failure('cancelled', 'cancelled by its signal', signal.reason)

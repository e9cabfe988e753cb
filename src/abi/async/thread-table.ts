/**
 * The threads of a component instance by index, apart from its handles. Index 0 is never used; freed indices come back
 * last in, first out: guests see them.
 *
 * @spec Table State
 */
import { Trap } from '../../model/errors.ts'
import type { TaskThread } from './thread.ts'

export class ThreadTable {
  readonly #entries: (TaskThread | undefined)[] = [undefined]
  readonly #free: number[] = []

  get size(): number {
    return this.#entries.length - 1 - this.#free.length
  }

  get(i: number): TaskThread {
    const thread = this.#entries[i]
    if (thread === undefined) throw new Trap('unknown-handle', `unknown thread index ${i}`)
    return thread
  }

  add(thread: TaskThread): number {
    const i = this.#free.pop() ?? this.#entries.length
    this.#entries[i] = thread
    return i
  }

  remove(i: number): void {
    this.#entries[i] = undefined
    this.#free.push(i)
  }
}

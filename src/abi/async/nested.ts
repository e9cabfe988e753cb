/**
 * Waiting where stacks cannot be parked: what is waited for is run on top of the stack that waits. That is the same
 * schedule as long as all below wait for it, too: a chain of synchronous calls down to the host. Frames say whether.
 */
import { Trap } from '../../model/errors.ts'
import { type ComponentInstance, checkEnter, enter, enteringSet, leave } from '../instance.ts'
import type { Scheduler } from './scheduler.ts'
import type { TaskThread } from './thread.ts'

/** A first quantum on the stack: who runs in it, and whether whoever began it waits for its end. */
export interface Frame {
  readonly thread: TaskThread
  readonly callerWaits: boolean
  /** Called by the host, or by the scheduler. */
  readonly base: boolean
  entering: readonly ComponentInstance[]
  /** Its thread blocked, as far as the others can tell; the instances were left. */
  left: boolean
}

/** A guest may yield for ever, and nobody else has a turn meanwhile. */
const MAX_QUANTA = 100_000

export class Frames {
  readonly #scheduler: Scheduler
  readonly #frames: Frame[] = []

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler
  }

  push(frame: Frame): void {
    this.#frames.push(frame)
  }

  pop(frame: Frame): void {
    const at = this.#frames.lastIndexOf(frame)
    if (at >= 0) this.#frames.length = at
  }

  /** After a call returned: its caller goes on, if it was taken for blocked. */
  reenter(): void {
    const frame = this.#frames.at(-1)
    if (frame?.left === true) this.#goOn(frame)
  }

  wait(thread: TaskThread, ready: () => boolean): void {
    const chain = this.#chain(thread)
    // innermost first, as each block would return to its caller
    for (const frame of chain) {
      if (frame.left) continue
      leave(frame.entering)
      frame.left = true
    }
    for (let quanta = 0; !ready(); quanta++) {
      if (quanta === MAX_QUANTA || this.#scheduler.stepNow() !== true) throw new Trap('needs-jspi')
    }
    const [own] = chain
    if (own !== undefined) this.#goOn(own)
  }

  /** From the thread's own frame down to what the host began. */
  #chain(thread: TaskThread): readonly Frame[] {
    const chain: Frame[] = []
    for (let i = this.#frames.length - 1; i >= 0; i--) {
      const frame = this.#frames[i] as Frame // 0 <= i < length
      if (chain.length === 0 ? frame.thread !== thread : !frame.thread.task.type.async) {
        throw chain.length === 0 ? new Trap('needs-jspi') : new Trap('cannot-block')
      }
      chain.push(frame)
      if (frame.base) return chain
      if (!frame.callerWaits) break
    }
    throw new Trap('needs-jspi')
  }

  /** As the scheduler would resume it. */
  #goOn(frame: Frame): void {
    const { inst } = frame.thread.task
    const entering = enteringSet(inst, undefined)
    checkEnter(inst, entering)
    enter(entering)
    frame.entering = entering
    frame.left = false
  }
}

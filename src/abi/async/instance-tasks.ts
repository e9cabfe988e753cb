/** What a component instance keeps for its tasks, beside its handles and flags. */
import type { ComponentInstance } from '../instance.ts'
import type { Scheduler } from './scheduler.ts'
import type { StackSwitching } from './stack.ts'
import { AsyncTask } from './task.ts'
import { TaskThread } from './thread.ts'
import { ThreadTable } from './thread-table.ts'

export class InstanceTasks {
  readonly scheduler: Scheduler
  readonly stacks: StackSwitching | undefined
  readonly threads = new ThreadTable()
  /** Some core code of the instance can block: its calls need stacks that can be parked. */
  parks = false
  /** A synchronous import, here or behind one, may answer with a promise. */
  maySuspend = false
  exclusiveThread: TaskThread | undefined
  numWaitingToEnter = 0
  /** In which quantum its built-ins were counted last. */
  quantum = 0
  /** Calls from other trees: they are told if this one dies. */
  readonly unresolved = new Set<AsyncTask>()
  /** Threads that were not ready because the instance was not free. */
  stalled: TaskThread[] = []
  readonly #inst: ComponentInstance
  #ambient: TaskThread | undefined

  constructor(inst: ComponentInstance, scheduler: Scheduler, stacks: StackSwitching | undefined) {
    this.#inst = inst
    this.scheduler = scheduler
    this.stacks = stacks
  }

  get isEntered(): boolean {
    return !this.#inst.mayEnter
  }

  /** Whether an asynchronous call would have to wait at the door. */
  get isOccupied(): boolean {
    return this.exclusiveThread !== undefined || this.#inst.backpressure > 0 || this.isEntered
  }

  /** The instance became free, or freer. */
  freed(): void {
    if (this.stalled.length === 0) return
    const { stalled } = this
    this.stalled = []
    for (const thread of stalled) thread.wake()
  }

  releaseExclusive(): void {
    this.exclusiveThread = undefined
    this.freed()
  }

  /** The thread that runs in the instance. Start functions and destructors have none of their own: they never block. */
  current(): TaskThread {
    const { thread } = this.#inst
    if (thread instanceof TaskThread) return thread
    this.#ambient ??= new TaskThread(AsyncTask.ambient(this.#inst, this), function* () {}, true)
    return this.#ambient
  }
}

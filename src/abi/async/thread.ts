/**
 * A thread: a body that runs until it blocks. The body is a generator, so what blocks above core code needs no stack
 * switching. Core code below it blocks by parking its stack (`stack.ts`), where the engine can.
 *
 * A quantum (`resume`) ends when the thread blocks or exits. It ends at once, or later if a parked stack had to be
 * continued: engines do that in microtasks.
 *
 * @spec Threads
 */
import { assert, Trap } from '../../model/errors.ts'
import type { Later } from '../async-abi.ts'
import type { CoreFunction, CoreValue } from '../context.ts'
import { Thread } from '../task.ts'
import { after, type Deferred, deferred } from './later.ts'
import type { CoreType } from './shim-module.ts'
import type { Activation } from './stack.ts'
import type { AsyncTask } from './task.ts'

/** Yields: `undefined`, the thread blocked; a promise, core code below is parked until it settles. */
export type Body<T> = Generator<Promise<unknown> | undefined, T, unknown>

const always = (): boolean => true

export class TaskThread extends Thread {
  readonly task: AsyncTask
  /** In the instance's table of threads; 0 until it is there. */
  index = 0
  cancellable = false
  /** Is in the scheduler's queue. */
  queued = false
  /** What it waits for besides needs the instance to be free: asked again when that changes. */
  wantsInstance = false
  /** The core call of this thread that can park its stack, while there is one. */
  activation: Activation | undefined
  /** Core code runs on a stack that nobody can park: a synchronous call of the host is below it. */
  readonly plain: boolean
  #state: 'suspended' | 'waiting' | 'running' | 'exited' = 'suspended'
  #ready: (() => boolean) | undefined
  #switchTo: TaskThread | undefined
  /** Continues the parked stack. */
  #leaf: ((cancelled: boolean) => void) | undefined
  #quantum: Deferred<void> | undefined
  readonly #body: Body<void>

  constructor(task: AsyncTask, body: (thread: TaskThread) => Body<void>, plain: boolean) {
    super(undefined)
    this.task = task
    this.plain = plain
    this.#body = body(this)
  }

  override get origin(): object | undefined {
    return this.task.origin
  }

  get suspended(): boolean {
    return this.#state === 'suspended'
  }

  get waiting(): boolean {
    return this.#state === 'waiting'
  }

  /** Runs only while it has the instance for itself. */
  get needsExclusive(): boolean {
    return this.task.needsExclusive && this.task.isImplicit(this)
  }

  get blocked(): boolean {
    return this.#state === 'waiting' || this.#state === 'suspended'
  }

  /** Waits, and could go on. */
  get isReady(): boolean {
    return this.#state === 'waiting' && this.#ready?.() === true
  }

  // — Waiting

  #startWaiting(ready: () => boolean): void {
    assert(this.#state !== 'waiting', 'a thread waits for one thing')
    this.#state = 'waiting'
    this.#ready = ready
    if (ready()) this.wake()
  }

  #stopWaiting(): void {
    this.#ready = undefined
    this.wantsInstance = false
  }

  /** What it waits for may be there. */
  wake(): void {
    if (this.#state !== 'waiting' || this.queued) return
    this.queued = true
    this.task.tasks.scheduler.enqueue(this)
  }

  /** Was woken, and was not ready after all. */
  stall(): void {
    if (this.#state === 'waiting' && this.wantsInstance) this.task.tasks.stalled.push(this)
  }

  resumeLater(): void {
    assert(this.suspended, 'checked before')
    this.#startWaiting(always)
  }

  // — Quanta

  resume(cancelled = false): Later<void> {
    assert(this.#state === 'suspended' || this.#state === 'waiting', 'only a blocked thread is resumed')
    assert(this.cancellable || !cancelled, 'only where it can be cancelled')
    return this.#run(cancelled)
  }

  #run(cancelled: boolean): Later<void> {
    const { inst } = this.task
    const outer = inst.thread
    const { store, payer } = inst.root
    const { origin } = store
    store.origin = this.origin
    const { account } = this.task
    const paid = payer !== undefined && account !== undefined ? payer.switchTo(account) : undefined
    let answer: Later<void>
    try {
      answer = this.#enter(cancelled)
    } finally {
      store.origin = origin
    }
    if (answer instanceof Promise) return this.#runLong(answer, outer, paid)
    inst.thread = outer
    if (paid !== undefined) payer?.leave(paid)
    const other = this.#switched()
    if (other !== undefined) return other.#run(false)
  }

  /** A quantum that takes turns; the threads it switches to run in it as well. */
  async #runLong(first: Promise<void>, outer: Thread | undefined, paid: object | undefined): Promise<void> {
    const { inst } = this.task
    const { payer } = inst.root
    let thread: TaskThread = this
    let answer: Later<void> = first
    for (;;) {
      if (answer instanceof Promise) await answer
      inst.thread = outer
      const other = thread.#switched()
      if (other === undefined) {
        if (paid !== undefined) payer?.leave(paid)
        return
      }
      thread = other
      if (other.task.account !== undefined) payer?.switchTo(other.task.account)
      answer = thread.#enter(false)
    }
  }

  #switched(): TaskThread | undefined {
    const other = this.#switchTo
    this.#switchTo = undefined
    return other
  }

  #enter(cancelled: boolean): Later<void> {
    this.#stopWaiting()
    this.#state = 'running'
    this.task.inst.thread = this
    const leaf = this.#leaf
    if (leaf === undefined) return this.#advance(() => this.#body.next(cancelled))
    this.#leaf = undefined
    this.#quantum = deferred()
    leaf(cancelled)
    return this.#quantum.promise
  }

  #advance(go: () => IteratorResult<Promise<unknown> | undefined, void>): Later<void> {
    const { done, value } = go()
    if (done) {
      this.#state = 'exited'
      return
    }
    if (value === undefined) return
    const promise = value as Promise<unknown> // not done: what a body yields
    promise.then(
      (result) => this.#continue(() => this.#body.next(result)),
      (error) => this.#continue(() => this.#body.throw(error)),
    )
    if (this.#leaf !== undefined) return
    this.#quantum = deferred()
    return this.#quantum.promise
  }

  /** The parked core call is over. */
  #continue(go: () => IteratorResult<Promise<unknown> | undefined, void>): void {
    const quantum = this.#quantum
    this.#quantum = undefined
    assert(quantum !== undefined, 'a stack goes on within a quantum only')
    try {
      const answer = this.#advance(go)
      if (answer instanceof Promise) answer.then(quantum.resolve, quantum.reject)
      else quantum.resolve()
    } catch (error) {
      quantum.reject(error)
    }
  }

  // — Blocking in the body

  *waitInBody(ready: () => boolean, cancellable: boolean): Body<boolean> {
    if (this.task.deliverPendingCancel(cancellable)) return true
    this.cancellable = cancellable
    this.wantsInstance = true
    this.#startWaiting(ready)
    return (yield undefined) === true
  }

  /** Calls core code, which may park its stack. */
  *core(f: CoreFunction, type: CoreType, args: readonly CoreValue[]): Body<unknown> {
    const { stacks, parks } = this.task.tasks
    const { root } = this.task.inst
    let result: unknown
    root.hook?.()
    if (stacks === undefined || !parks || this.plain) {
      result = f(...args)
    } else {
      const answer = stacks.run(this, f, type, args)
      result = answer instanceof Promise ? yield answer : answer
    }
    root.checkPoison()
    return result
  }

  // — Blocking in core code

  /** Parks the stack: the quantum is over until somebody resumes this thread. */
  #block(cancellable: boolean): Promise<boolean> {
    const { activation } = this
    assert(activation !== undefined, 'checked before')
    this.cancellable = cancellable
    activation.parked = true
    const quantum = this.#quantum
    this.#quantum = undefined
    const answer = new Promise<boolean>((resolve) => {
      this.#leaf = resolve
    })
    quantum?.resolve()
    return answer
  }

  /** Whether it was cancelled. What is there already is not waited for. */
  waitUntil(ready: () => boolean, cancellable: boolean): Later<boolean> {
    if (this.task.deliverPendingCancel(cancellable)) return true
    if (ready()) return false
    if (this.activation === undefined) return after(this.#waitPlainly(ready), () => false)
    this.#startWaiting(ready)
    return this.#block(cancellable)
  }

  /** On a stack that cannot be parked only threads above it can bring about what is waited for. */
  #waitPlainly(ready: () => boolean): Later<void> {
    const { task } = this
    const { scheduler } = task.tasks
    if (task.type.async) {
      task.tasks.scheduler.frames.wait(this, ready)
      return
    }
    while (!ready()) {
      const other = scheduler.takeReady(task.inst)
      if (other === undefined) throw new Trap('cannot-block')
      if (other.resume() instanceof Promise) throw new Trap('needs-jspi')
    }
  }

  yield(cancellable: boolean): Later<boolean> {
    if (this.task.deliverPendingCancel(cancellable)) return true
    if (this.activation === undefined) {
      // the specification lets a thread that is ready go on at once
      const { inst, tasks, type } = this.task
      const other = type.async ? undefined : tasks.scheduler.takeReady(inst)
      if (other?.resume() instanceof Promise) throw new Trap('needs-jspi')
      return false
    }
    this.#startWaiting(always)
    return this.#block(cancellable)
  }

  /** @param other whom it switches to */
  #checkSwitch(other?: TaskThread): void {
    if (this.activation !== undefined) return
    const { type, tasks, inst } = this.task
    const helpless = !type.async && other === undefined && tasks.scheduler.takeReady(inst) === undefined
    throw helpless ? new Trap('cannot-block') : new Trap('needs-jspi')
  }

  suspend(cancellable: boolean): Later<boolean> {
    if (this.task.deliverPendingCancel(cancellable)) return true
    this.#checkSwitch()
    this.#state = 'suspended'
    return this.#block(cancellable)
  }

  suspendThenResume(cancellable: boolean, other: TaskThread): Later<boolean> {
    if (this.task.deliverPendingCancel(cancellable)) return true
    this.#checkSwitch(other)
    this.#state = 'suspended'
    this.#switchTo = other
    return this.#block(cancellable)
  }

  yieldThenResume(cancellable: boolean, other: TaskThread): Later<boolean> {
    if (this.task.deliverPendingCancel(cancellable)) return true
    this.#checkSwitch(other)
    this.#startWaiting(always)
    this.#switchTo = other
    return this.#block(cancellable)
  }

  suspendThenPromote(cancellable: boolean, other: TaskThread): Later<boolean> {
    if (this.task.deliverPendingCancel(cancellable)) return true
    if (!other.isReady) return this.suspend(cancellable)
    other.#promote()
    return this.suspendThenResume(cancellable, other)
  }

  yieldThenPromote(cancellable: boolean, other: TaskThread): Later<boolean> {
    if (this.task.deliverPendingCancel(cancellable)) return true
    if (!other.isReady) return this.yield(cancellable)
    other.#promote()
    return this.yieldThenResume(cancellable, other)
  }

  #promote(): void {
    this.#stopWaiting()
    this.#state = 'suspended'
  }
}

/**
 * Waitables and sets of them. An event is a closure that is evaluated when it is delivered, so that later progress is in
 * it. Whoever waits is woken by the waitable itself: nobody polls.
 *
 * @spec Waitable State
 */
import { assert, BugError, Trap } from '../../model/errors.ts'
import type { Later } from '../async-abi.ts'
import type { TableEntry } from '../handle-table.ts'
import { after } from './later.ts'
import type { Body, TaskThread } from './thread.ts'

export const EventCode = {
  none: 0,
  subtask: 1,
  streamRead: 2,
  streamWrite: 3,
  futureRead: 4,
  futureWrite: 5,
  taskCancelled: 6,
} as const
export type EventCode = (typeof EventCode)[keyof typeof EventCode]

/** Code and two payloads. */
export type EventTuple = readonly [code: EventCode, p1: number, p2: number]

export const NONE: EventTuple = [EventCode.none, 0, 0]
export const TASK_CANCELLED: EventTuple = [EventCode.taskCancelled, 0, 0]

export const IN_SET = 'waitable cannot be used synchronously while added to a waitable set'

export abstract class Waitable implements TableEntry {
  abstract readonly kind: TableEntry['kind']
  #pendingEvent: (() => EventTuple) | undefined
  wset: WaitableSet | undefined
  /** The thread that waits for this one alone. */
  #syncWaiter: TaskThread | undefined

  setPendingEvent(event: () => EventTuple): void {
    this.#pendingEvent = event
    this.#syncWaiter?.wake()
    this.wset?.arrived(this)
  }

  get hasPendingEvent(): boolean {
    return this.#pendingEvent !== undefined
  }

  get inWaitableSet(): boolean {
    return this.wset !== undefined
  }

  get hasSyncWaiter(): boolean {
    return this.#syncWaiter !== undefined
  }

  waitForPendingEvent(thread: TaskThread): Later<void> {
    assert(!this.inWaitableSet && !this.hasSyncWaiter, 'checked before a synchronous wait')
    this.#syncWaiter = thread
    return after(
      thread.waitUntil(() => this.hasPendingEvent, false),
      () => {
        this.#syncWaiter = undefined
      },
    )
  }

  getPendingEvent(): EventTuple {
    const event = this.#pendingEvent
    assert(event !== undefined, 'an event is pending')
    this.#pendingEvent = undefined
    this.wset?.taken(this)
    return event()
  }

  join(wset: WaitableSet | undefined): void {
    this.wset?.remove(this)
    this.wset = wset
    wset?.add(this)
  }

  /** The table's entry is gone. */
  dropped(): void {
    assert(!this.hasSyncWaiter, 'nobody waits for what is dropped')
    this.join(undefined)
  }
}

export class WaitableSet implements TableEntry {
  readonly kind = 'waitable-set' as const
  readonly #elems = new Set<Waitable>()
  /** Those with an event, the oldest event first. */
  readonly #pending = new Set<Waitable>()
  readonly #waiting = new Set<TaskThread>()

  add(waitable: Waitable): void {
    this.#elems.add(waitable)
    if (waitable.hasPendingEvent) this.arrived(waitable)
  }

  remove(waitable: Waitable): void {
    this.#elems.delete(waitable)
    this.#pending.delete(waitable)
  }

  /** An element has an event now. */
  arrived(waitable: Waitable): void {
    this.#pending.add(waitable)
    for (const thread of this.#waiting) thread.wake()
  }

  taken(waitable: Waitable): void {
    this.#pending.delete(waitable)
  }

  get hasPendingEvent(): boolean {
    return this.#pending.size > 0
  }

  getPendingEvent(): EventTuple {
    for (const waitable of this.#pending) return waitable.getPendingEvent()
    throw new BugError('an event is pending')
  }

  /** From a built-in: core code waits. */
  waitForEvent(thread: TaskThread, cancellable: boolean): Later<EventTuple> {
    this.#waiting.add(thread)
    return after(
      thread.waitUntil(() => this.hasPendingEvent, cancellable),
      (cancelled) => this.#arrived(thread, cancelled),
    )
  }

  /** From an event loop: no core code waits. */
  *waitForEventAnd(thread: TaskThread, ready: () => boolean): Body<EventTuple> {
    this.#waiting.add(thread)
    const cancelled = yield* thread.waitInBody(() => ready() && this.hasPendingEvent, true)
    return this.#arrived(thread, cancelled)
  }

  #arrived(thread: TaskThread, cancelled: boolean): EventTuple {
    this.#waiting.delete(thread)
    return cancelled ? TASK_CANCELLED : this.getPendingEvent()
  }

  poll(thread: TaskThread, cancellable: boolean): EventTuple {
    if (thread.task.deliverPendingCancel(cancellable)) return TASK_CANCELLED
    return this.hasPendingEvent ? this.getPendingEvent() : NONE
  }

  dropped(): void {
    if (this.#elems.size > 0) throw new Trap('bad-waitable', 'cannot drop waitable set with waitables in it')
    if (this.#waiting.size > 0) throw new Trap('bad-waitable', 'cannot drop waitable set with waiters')
  }
}

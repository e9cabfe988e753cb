/**
 * A call as its caller sees it. What was lent for it comes back when its resolution is delivered, not before.
 *
 * @spec Subtask State
 */
import { assert, Trap } from '../../model/errors.ts'
import type { Cancel } from '../async-abi.ts'
import type { CoreValue } from '../context.ts'
import { BorrowScope } from '../task.ts'
import type { TaskThread } from './thread.ts'
import { Waitable } from './waitable.ts'

export const SubtaskState = {
  starting: 0,
  started: 1,
  returned: 2,
  cancelledBeforeStarted: 3,
  cancelledBeforeReturned: 4,
} as const
export type SubtaskState = (typeof SubtaskState)[keyof typeof SubtaskState]

export class Subtask extends Waitable {
  readonly kind = 'subtask' as const
  state: SubtaskState = SubtaskState.starting
  readonly scope = new BorrowScope()
  onCancel: Cancel | undefined
  cancellationRequested = false
  /** In the caller's table; 0 if it is not there. */
  index = 0
  flatResult: CoreValue | undefined
  /** The thread whose synchronous call this is. */
  waiter: TaskThread | undefined
  #delivered = false

  get resolved(): boolean {
    return this.state >= SubtaskState.returned
  }

  get resolveDelivered(): boolean {
    return this.#delivered
  }

  resolve(state: SubtaskState, flatResult: CoreValue | undefined): void {
    assert(!this.resolved, 'a call resolves once')
    this.state = state
    this.flatResult = flatResult
    this.waiter?.wake()
  }

  deliverResolve(): void {
    assert(!this.#delivered && this.resolved, 'a resolution is delivered once')
    this.#delivered = true
    this.scope.end()
  }

  override dropped(): void {
    if (!this.#delivered) throw new Trap('bad-waitable', 'cannot drop a subtask which has not yet resolved')
    super.dropped()
  }
}

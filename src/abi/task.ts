/**
 * One call of a lifted function seen from inside (`Task`, its `Thread`) and what its caller lent to it (`BorrowScope`).
 * Synchronous calls make them only when something can observe them.
 *
 * @spec Threads
 * @spec Tasks
 */
import { Trap } from '../model/errors.ts'

/** A table entry that can be lent: while it is, nobody may take it away. */
export interface Lender {
  numLends: number
}

/** What a caller lent to one call. Ends when the call's resolution was delivered. A subtask is such a scope. */
export class BorrowScope {
  #lenders: Lender[] | undefined
  #ends: (() => void)[] | undefined

  addLender(handle: Lender): void {
    handle.numLends += 1
    this.#lenders ??= []
    this.#lenders.push(handle)
  }

  /** How a bridge ends the wrappers of what it borrowed or lent. */
  onEnd(end: () => void): void {
    this.#ends ??= []
    this.#ends.push(end)
  }

  end(): void {
    if (this.#lenders !== undefined) for (const handle of this.#lenders) handle.numLends -= 1
    this.#lenders = undefined
    const ends = this.#ends
    this.#ends = undefined
    if (ends !== undefined) for (const end of ends) end()
  }
}

/** One call of a lifted function: it owes the borrow handles it was given. */
export class Task {
  numBorrows = 0

  /** Before the result leaves: every borrow handle must have been dropped. */
  checkBorrows(): void {
    if (this.numBorrows > 0) throw new Trap('borrows-remain')
  }
}

/** What runs core code of an instance; `context.{get,set}` see its storage. Nested threads of one instance form a stack. */
export class Thread {
  readonly outer: Thread | undefined
  readonly storage: [number | bigint, number | bigint] = [0, 0]

  constructor(outer: Thread | undefined) {
    this.outer = outer
  }

  /** Whose call it serves (`Store.origin`), where that outlives the call's own stack. */
  get origin(): object | undefined {
    return undefined
  }
}

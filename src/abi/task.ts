/** One call of a lifted function, and the scope in which handles are lent to it. */
export interface Lender {
  numLends: number
}
/** What a caller lent to one call; ends when the call's resolution was delivered. Subtasks are such scopes. */
export declare class BorrowScope {
  addLender(handle: Lender): void
  /** Runs when the scope ends: how the host ends the wrappers of what it borrowed. */
  onEnd(end: () => void): void
  end(): void
}
export declare class Task {
  numBorrows: number
}

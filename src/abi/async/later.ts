/** Answers that are there or come. What is there goes on at once: no promise, no turn of the event loop. */
import type { Later } from '../async-abi.ts'

/** `next` of the answer: now if it is there. */
export function after<T, R>(answer: Later<T>, next: (value: T) => Later<R>): Later<R> {
  return answer instanceof Promise ? answer.then(next) : next(answer)
}

/** A promise with its ends in hand. */
export interface Deferred<T> {
  readonly promise: Promise<T>
  readonly resolve: (value: T) => void
  readonly reject: (error: unknown) => void
}

export function deferred<T>(): Deferred<T> {
  let resolve: ((value: T) => void) | undefined
  let reject: ((error: unknown) => void) | undefined
  const promise = new Promise<T>((yes, no) => {
    resolve = yes
    reject = no
  })
  return {
    promise,
    resolve: (value) => resolve?.(value),
    reject: (error) => reject?.(error),
  }
}

/** How a call between two trees ends that failed. */
import type { CoreValue } from '../context.ts'
import type { Pair } from './pair.ts'

/** Whose failure it would be: 0 the caller's, 1 the callee's, 2 the caller's while the callee has yet to end in order. */
export type At = 0 | 1 | 2

/**
 * The callee ends if the failure was its own, the caller ends in any case.
 *
 * @returns called with what the callee answered, where `at` is 2; both are marked as dead by then, for want of a stack
 */
export function ending({ inst, path, lifted, entering }: Pair): (error: unknown, at: At, raw: CoreValue) => never {
  const { root } = inst
  return (error, at, raw) => {
    if (at === 0) return root.fail(error, path)
    let last = error
    try {
      if (at === 2) lifted.finish(raw, entering)
      else throw error
    } catch (theirs) {
      try {
        lifted.inst.root.fail(theirs, lifted.path)
      } catch (failed) {
        last = failed
      }
    }
    return root.fail(last, path)
  }
}

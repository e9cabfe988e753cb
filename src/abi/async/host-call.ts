/**
 * The border to JavaScript: a call from it as a promise, and a function of it that answers with one.
 *
 * A call begins at once unless a stack of this store is being continued; then it waits its turn. What a promise of the
 * host brings is lowered when no other code of the store runs.
 *
 * @spec Embedding
 */
import { ClosedError, LimitError } from '../../model/errors.ts'
import type { AsyncCallable, AsyncHostFunction, Cancel, HostCall, Later } from '../async-abi.ts'
import type { Caller, FuncInst, Root, Value } from '../embedding.ts'
import { hold, unheld } from '../held.ts'
import type { ComponentInstance } from '../instance.ts'
import { hostThrew } from '../trap.ts'
import { after, deferred } from './later.ts'
import type { Concerns, Scheduler } from './scheduler.ts'
import type { StackSwitching } from './stack.ts'

/** Whom a call of the host enters, if it is a tree of this store. */
interface Entered extends FuncInst {
  readonly inst: ComponentInstance
}

const entered = (func: FuncInst): func is Entered => 'inst' in func

export function invokeFromHost(
  scheduler: Scheduler,
  stacks: StackSwitching | undefined,
  func: FuncInst,
  start: () => readonly Value[],
  caller: Caller,
): HostCall {
  const { promise, resolve, reject } = deferred<Value>()
  const root = entered(func) ? func.inst.root : undefined
  const concerns = (): Concerns => root ?? 'none'
  let controller: AbortController | undefined
  const signal = (): AbortSignal => {
    controller ??= new AbortController()
    return controller.signal
  }
  const from = root === undefined ? { ...caller, signal } : caller
  let settled = false
  let asked = false
  let cancelled = false
  let cancelTask: Cancel | undefined
  const settle = (end: () => void): void => {
    if (settled) return
    settled = true
    if (outstanding !== undefined) scheduler.settled(outstanding)
    end()
  }
  // why a trap happened may be known a moment after it did
  const failed = (error: unknown): void => {
    settle(() => {
      const { known } = stacks ?? {}
      if (known === undefined) reject(error)
      else known.then(() => reject(error))
    })
  }
  const outstanding = root && { root, fail: () => failed(whyDead(root)) }
  const { async } = func

  const begin = (): Later<void> => {
    if (cancelled) return
    try {
      if (async === undefined) {
        settle(() => resolve(hold(func.invoke(start(), from))))
        return
      }
      const begun = async.begin(
        start,
        // told when the quantum is over: what traps in it, after it returned, has failed
        (value) => scheduler.post(() => settle(() => resolve(hold(value))), concerns),
        from,
      )
      const going = after(begun, (cancel) => {
        cancelTask = cancel
        if (asked && !settled) return cancel(undefined)
      })
      return going instanceof Promise ? going.catch(failed) : going
    } catch (error) {
      failed(error)
    }
  }
  if (outstanding !== undefined) scheduler.expect(outstanding)
  if (root === undefined) {
    // from JavaScript to JavaScript: no code of the store runs
    const answer = begin()
    if (answer instanceof Promise) answer.catch(failed)
  } else if (scheduler.isParked(root)) scheduler.post(begin, concerns)
  else {
    const answer = scheduler.run(root, begin)
    if (answer instanceof Promise) answer.catch(failed)
  }
  return {
    result: promise,
    cancel() {
      if (settled || asked) return
      asked = true
      controller?.abort(new DOMException('the call was cancelled', 'AbortError'))
      scheduler.post(() => {
        if (settled || root?.dead === true) return
        if (cancelTask === undefined) {
          // not begun: it never does
          cancelled = true
          settle(() => resolve(null))
          return
        }
        try {
          const answer = cancelTask(undefined)
          return answer instanceof Promise ? answer.catch(failed) : answer
        } catch (error) {
          failed(error)
        }
      }, concerns)
    },
  }
}

function whyDead(root: Root): unknown {
  return root.trap ?? new ClosedError(`${root.name} is disposed`)
}

/** The calling protocol of a host function with an asynchronous type. */
export function hostCallable(scheduler: Scheduler, fn: AsyncHostFunction): AsyncCallable {
  return {
    begin(onStart, onResolve, caller) {
      const args = onStart()
      let controller: AbortController | undefined
      const signal = (): AbortSignal => {
        controller ??= new AbortController()
        return controller.signal
      }
      const answer = answerOf(fn, args, caller, signal)
      if (!(answer instanceof Promise)) {
        onResolve(answer)
        return () => undefined
      }
      const root = caller.inst?.root
      let over = false
      const abandon = (reason: unknown): void => {
        if (over) return
        over = true
        arrived()
        controller?.abort(reason)
      }
      const arrived = scheduler.awaitHost(root, () => abandon(root && whyDead(root)))
      const later = (deliver: () => void): void => {
        scheduler.post(
          () => {
            if (over || root?.dead === true) return
            over = true
            try {
              deliver()
            } catch {
              // ended its caller's tree, which says so
            }
          },
          () => root ?? 'none',
        )
        arrived()
      }
      answer.then(
        (value) => later(() => onResolve(unheld(value))),
        (error) => later(() => fail(root, error)),
      )
      return () => {
        if (over) return
        abandon(new DOMException('the component cancelled the call', 'AbortError'))
        onResolve(null)
      }
    },
  }
}

function answerOf(
  fn: AsyncHostFunction,
  args: readonly Value[],
  caller: Caller,
  signal: () => AbortSignal,
): Later<Value> {
  try {
    return fn(args, caller, signal)
  } catch (error) {
    throw caller.inst === undefined ? error : hostThrew(error)
  }
}

function fail(root: Root | undefined, error: unknown): void {
  if (root === undefined) throw error
  root.fail(error instanceof LimitError ? error : hostThrew(error), root.name)
}

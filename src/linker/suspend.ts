/**
 * The two marks that join WebAssembly's stacks with promises, named as the engine's own: `promising` for an export,
 * `suspending` for an import.
 */
import type { Signal } from './world.ts'

export interface CallOptions {
  readonly signal?: Signal
}

const SUSPENDING: unique symbol = Symbol('wasm-link.suspending')

/** Lets a host function answer a *synchronous* WIT import with a promise. Refused at link where stacks cannot be switched. */
export function suspending<This, A extends readonly unknown[], R>(
  func: (this: This, ...args: A) => PromiseLike<R>,
): (this: This, ...args: A) => R {
  const marked = function (this: This, ...args: A): PromiseLike<R> {
    return Reflect.apply(func, this, args)
  }
  Object.defineProperty(marked, SUSPENDING, { value: true })
  return marked as (this: This, ...args: A) => never
}

export function isSuspending(func: object): boolean {
  return Object.hasOwn(func, SUSPENDING)
}

/**
 * Like `WebAssembly.promising`: the same export as a promise, with a signal. Abort rejects with `signal.reason` at once
 * and drops a late result.
 */
export function promising<This, A extends readonly unknown[], R>(
  func: (this: This, ...args: A) => R,
  options?: CallOptions,
): (this: This, ...args: A) => Promise<Awaited<R>> {
  return function (this: This, ...args: A): Promise<Awaited<R>> {
    return abortable<Awaited<R>>(options?.signal, async (): Promise<Awaited<R>> => {
      const result: Awaited<R> = await (Reflect.apply(func, this, args) as R)
      return result
    })
  }
}

/** Runs `work` unless and until the signal says otherwise. */
export async function abortable<T>(signal: Signal | undefined, work: () => Promise<T>, stop?: () => void): Promise<T> {
  if (signal === undefined) return work()
  if (signal.aborted) throw signal.reason
  return await new Promise<T>((resolve, reject) => {
    const abort = (): void => {
      reject(signal.reason)
      stop?.()
    }
    signal.addEventListener('abort', abort, { once: true })
    work()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', abort))
  })
}

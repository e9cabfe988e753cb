/**
 * The two marks that join WebAssembly's stacks with promises, named as the engine's own: `promising` for an export,
 * `suspending` for an import.
 */
import { hold } from '../abi/held.ts'
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

/** Whether some function among an import's members answers a synchronous import with a promise. */
export function hasSuspending(members: unknown): boolean {
  if (typeof members !== 'object' || members === null) return false
  return Object.values(Object.getOwnPropertyDescriptors(members)).some(({ value }: PropertyDescriptor) => {
    if (typeof value === 'function') return isSuspending(value)
    if (typeof value !== 'object' || value === null) return false
    return Object.values(Object.getOwnPropertyDescriptors(value)).some(
      (inner: PropertyDescriptor) => typeof inner.value === 'function' && isSuspending(inner.value),
    )
  })
}

/** Whether this engine can park a WebAssembly stack. */
export const canPark = (): boolean => 'Suspending' in WebAssembly && 'promising' in WebAssembly

/** How an exported function is called where it may block. */
export type Later = (self: unknown, args: readonly unknown[], signal: Signal | undefined) => Promise<unknown>

const LATER: unique symbol = Symbol('wasm-link.later')

/** Gives an exported function its awaitable form. */
export function withLater<F extends object>(func: F, later: Later): F {
  Object.defineProperty(func, LATER, { value: later })
  return func
}

function laterOf(func: object): Later | undefined {
  return Object.hasOwn(func, LATER) ? (Reflect.get(func, LATER) as Later) : undefined
}

/**
 * Like `WebAssembly.promising`: the same export as a promise, with a signal. Abort rejects with `signal.reason` at once
 * cancels the guest's task, and drops a late result.
 */
export function promising<This, A extends readonly unknown[], R>(
  func: (this: This, ...args: A) => R,
  options?: CallOptions,
): (this: This, ...args: A) => Promise<Awaited<R>> {
  const later = laterOf(func)
  if (later !== undefined) {
    return function (this: This, ...args: A): Promise<Awaited<R>> {
      return later(this, args, options?.signal) as Promise<Awaited<R>> // what `func` answers, once it does
    }
  }
  return function (this: This, ...args: A): Promise<Awaited<R>> {
    return abortable<Awaited<R>>(options?.signal, async (): Promise<Awaited<R>> => {
      const result: unknown = Reflect.apply(func, this, args)
      return (result instanceof Promise ? await result : hold(result)) as Awaited<R> // what `func` answers
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

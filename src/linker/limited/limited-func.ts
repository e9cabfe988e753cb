/**
 * An exported function of a limited root: a call of it from outside has a budget of its own, or draws on what is left.
 * The general way to call is the only one: what a budget costs is more than what the short ways save.
 */
import type { AsyncCallable, Cancel, Later } from '../../abi/async-abi.ts'
import type { Caller, FuncInst, OnCancel, OnResolve, OnStart, Root, Value } from '../../abi/embedding.ts'
import type { ComponentInstance } from '../../abi/instance.ts'
import type { FuncType } from '../../model/types.ts'
import { joinPath } from '../js-names.ts'
import type { Lane } from './lane.ts'
import type { LimitedRoot, OwnCall } from './limit.ts'

/** A function whose core code is of one instance. */
type Entering = FuncInst & { readonly inst: ComponentInstance }

export function runsIn(func: FuncInst, root: Root): func is Entering {
  return 'inst' in func && (func as Entering).inst.root === root
}

export class LimitedFunc implements FuncInst {
  readonly type: FuncType
  readonly path: string
  readonly inst: ComponentInstance
  readonly lifted: undefined
  readonly host: undefined
  readonly async: AsyncCallable | undefined
  readonly #limited: LimitedRoot
  readonly #call: OwnCall
  readonly #inner: Entering
  readonly #entering: readonly ComponentInstance[]

  constructor(limited: LimitedRoot, path: string, name: string, inner: Entering) {
    this.type = inner.type
    this.path = inner.path
    this.inst = inner.inst
    this.#limited = limited
    this.#call = { interface: path, function: name, type: inner.type, path: joinPath(path, name) }
    this.#inner = inner
    this.#entering = inner.inst.enteredFromHost
    const { async } = inner
    this.async = async && {
      begin: (onStart, onResolve, caller) => this.#begin(async, onStart, onResolve, caller),
    }
  }

  /** `undefined`: it cannot be entered, and nobody is asked for a budget. */
  #open(): Lane | undefined {
    const { root } = this.inst
    if (root.dead || this.#entering.some(({ mayEnter }) => !mayEnter)) return undefined
    return this.#limited.open(this.#call)
  }

  #under<T>(run: () => T): T {
    const lane = this.#open()
    if (lane === undefined) return run()
    const outer = this.#limited.switchTo(lane)
    try {
      return run()
    } finally {
      this.#limited.leave(outer)
      this.#limited.close(lane)
    }
  }

  invoke(args: readonly Value[], caller: Caller): Value {
    return this.#under(() => this.#inner.invoke(args, caller))
  }

  call(onStart: OnStart, onResolve: OnResolve, caller: Caller): OnCancel {
    return this.#under(() => this.#inner.call(onStart, onResolve, caller))
  }

  /** The task that is made in `begin` keeps the lane; whoever pays now pays again when its first quantum is over. */
  #begin(async: AsyncCallable, onStart: OnStart, onResolve: OnResolve, caller: Caller): Later<Cancel> {
    const limited = this.#limited
    const lane = this.#open()
    if (lane === undefined) return async.begin(onStart, onResolve, caller)
    let over = false
    const close = (): void => {
      if (over) return
      over = true
      stopTimer()
      limited.close(lane)
    }
    const stopTimer = this.#timer(lane, close)
    limited.offer(lane)
    try {
      const begun = async.begin(
        onStart,
        (value) => {
          close()
          onResolve(value)
        },
        caller,
      )
      if (begun instanceof Promise) {
        begun.catch(close)
        return begun
      }
      return begun
    } catch (error) {
      close()
      throw error
    } finally {
      limited.offer(undefined)
    }
  }

  /** Ends the instance when the time of a call that waits is over. */
  #timer(lane: Lane, close: () => void): () => void {
    const ms = lane.deadline.remainingMs
    if (ms === undefined || ms > MAX_TIMER) return () => {}
    const { root } = this.inst
    const timer = setTimeout(() => {
      close()
      if (root.dead) return
      try {
        root.fail(lane.deadline.late(lane.deadline.elapsedMs), lane.path)
      } catch {
        // those who wait for it are told
      }
    }, Math.ceil(ms))
    const stop = (): void => {
      clearTimeout(timer)
      this.#limited.timers.delete(stop)
    }
    this.#limited.timers.add(stop)
    return stop
  }
}

/** What a timer can wait for. */
const MAX_TIMER = 2 ** 31 - 1

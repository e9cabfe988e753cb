/** A component function that JavaScript implements. The bridge makes its handles; whatever it throws is the host's fault. */
import { BugError } from '../model/errors.ts'
import type { FuncType } from '../model/types.ts'
import type { AsyncCallable, AsyncHostFunction, Cancel, Later } from './async-abi.ts'
import type { Caller, FuncInst, HostBridge, OnCancel, OnResolve, OnStart, Value } from './embedding.ts'
import { unheld } from './held.ts'
import { hostThrew } from './trap.ts'

/** Gets its arguments as jco's JavaScript values and answers so; a `result` is `{ tag, val }`, also the outermost. */
export type HostFunction = (args: readonly Value[], caller: Caller) => Value

/** What is called in the end, by those that do for themselves what `HostFunction` does. */
export interface HostTarget {
  /** Where nothing but the arguments is needed. */
  readonly plain: ((...args: readonly Value[]) => unknown) | undefined
  readonly call: (args: readonly Value[]) => unknown
}

export function targetOf(func: FuncInst): HostTarget | undefined {
  return func instanceof HostFunc ? func.target : undefined
}

const nothingToCancel: OnCancel = () => {}

class HostFunc implements FuncInst {
  readonly type: FuncType
  readonly path: string
  readonly host: HostBridge
  readonly lifted: undefined
  readonly target: HostTarget | undefined
  readonly #fn: HostFunction

  constructor(type: FuncType, path: string, host: HostBridge, fn: HostFunction, target: HostTarget | undefined) {
    this.type = type
    this.path = path
    this.host = host
    this.#fn = fn
    this.target = target
  }

  invoke(args: readonly Value[], caller: Caller): Value {
    try {
      return this.#fn(args, caller)
    } catch (error) {
      // from JavaScript to JavaScript it stays what it is
      throw caller.inst === undefined ? error : hostThrew(error)
    }
  }

  call(onStart: OnStart, onResolve: OnResolve, caller: Caller): OnCancel {
    onResolve(this.invoke(onStart(), caller))
    return nothingToCancel
  }
}

/**
 * One of an asynchronous type: `fn` may answer with a promise. When JavaScript calls it back there is no store whose
 * other code would have to wait.
 */
export function asyncHostFunc(type: FuncType, path: string, host: HostBridge, fn: AsyncHostFunction): FuncInst {
  const never = (): AbortSignal => new AbortController().signal
  const refuse = (): never => {
    throw new BugError(`${path} is asynchronous and was called synchronously`)
  }
  const async: AsyncCallable = {
    begin(onStart, onResolve, caller) {
      const tasks = caller.inst?.root.store.async
      // a synchronous import that is answered later holds the store until then: nothing else may be seen to run
      if (tasks !== undefined && type.async) return tasks.hostCallable(fn).begin(onStart, onResolve, caller)
      const threw = (error: unknown): never => {
        throw caller.inst === undefined ? error : hostThrew(error)
      }
      const resolved = (value: Value): Cancel => {
        onResolve(value)
        return () => undefined
      }
      const args = onStart()
      let answer: Later<Value>
      try {
        answer = fn(args, caller, caller.signal ?? never)
      } catch (error) {
        return threw(error)
      }
      return answer instanceof Promise ? answer.catch(threw).then((value) => resolved(unheld(value))) : resolved(answer)
    },
  }
  return { type, path, host, lifted: undefined, async, invoke: refuse, call: refuse }
}

export function hostFunc(
  type: FuncType,
  path: string,
  host: HostBridge,
  fn: HostFunction,
  target?: HostTarget,
): FuncInst {
  return new HostFunc(type, path, host, fn, target)
}

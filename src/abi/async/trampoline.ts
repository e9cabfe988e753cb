/**
 * How the asynchronous built-ins become core functions: all are trampolines, whatever goes wrong in one ends the root
 * before the guest sees it; those that may block are guarded besides.
 */
import { assert } from '../../model/errors.ts'
import type { Later } from '../async-abi.ts'
import type { ResolvedBuiltin } from '../canon-builtins.ts'
import type { CanonEnv, CoreFunction, CoreValue } from '../context.ts'
import { checkLeave } from '../instance.ts'
import type { InstanceTasks } from './instance-tasks.ts'
import type { CoreType } from './shim-module.ts'

/** What a built-in is made from, at one place in one instance. */
export interface Made {
  readonly env: CanonEnv
  readonly b: ResolvedBuiltin
  readonly tasks: InstanceTasks
}

export type AsyncBuiltin = (made: Made) => CoreFunction

export const u32 = (v: CoreValue | undefined): number => (v as number) >>> 0

export function given<T>(value: T | undefined): T {
  assert(value !== undefined, 'a planned built-in has its immediates')
  return value
}

/** Whether what was decided after the pinned specification holds. */
export const isNewer = ({ env }: Made): boolean => env.inst.root.store.options.revision === 'newer'

const pathOf = ({ env, b }: Made): string => (env.path === '' ? b.name : env.path)

/** A guest that does nothing else is stopped some time. */
function count({ env: { inst }, tasks }: Made): void {
  const { ledger } = inst.root
  if (tasks.quantum !== tasks.scheduler.quantum) {
    tasks.quantum = tasks.scheduler.quantum
    ledger.used.operationsWithoutYield = 0
  }
  ledger.charge('operationsWithoutYield', 1)
}

/** For what never blocks. */
export function trampoline(made: Made, body: (...args: CoreValue[]) => unknown): CoreFunction {
  const { inst } = made.env
  const path = pathOf(made)
  return (...args) => {
    try {
      checkLeave(inst)
      count(made)
      return body(...args)
    } catch (error) {
      return inst.root.fail(error, path)
    }
  }
}

/** For what may block, or may have to wait for another stack. */
export function blocking(made: Made, type: CoreType, body: (...args: CoreValue[]) => Later<unknown>): CoreFunction {
  const { env, tasks } = made
  const { inst } = env
  const path = pathOf(made)
  const fail = (error: unknown): never => inst.root.fail(error, path)
  const fast = (...args: CoreValue[]): Later<unknown> => {
    try {
      checkLeave(inst)
      count(made)
      const answer = body(...args)
      return answer instanceof Promise ? answer.catch(fail) : answer
    } catch (error) {
      return fail(error)
    }
  }
  if (tasks.stacks === undefined) return fast
  tasks.parks = true
  return tasks.stacks.guard(inst, type, path, fast)
}

/**
 * A component function as a core function whose calls may block. An asynchronous lowering answers with a subtask; a
 * synchronous one parks the caller's stack until there is a result.
 *
 * @spec canon lower
 */
import { assert, Trap } from '../../model/errors.ts'
import type { FuncType } from '../../model/types.ts'
import type { AsyncCallable, Cancel, Later } from '../async-abi.ts'
import { type CanonEnv, type CoreFunction, type CoreValue, LiftLowerContext, type Options } from '../context.ts'
import type { Caller, FuncInst, OnResolve, OnStart, Value } from '../embedding.ts'
import { type ComponentInstance, checkLeave } from '../instance.ts'
import type { Signature } from '../layout.ts'
import { CoreValueIter, liftFlatValues } from '../lift.ts'
import { lowerFlat, storeSpilled } from '../lower.ts'
import type { InstanceTasks } from './instance-tasks.ts'
import { after } from './later.ts'
import { AsyncLifted } from './lift.ts'
import { Subtask, SubtaskState } from './subtask.ts'
import type { TaskThread } from './thread.ts'
import { EventCode, type EventTuple } from './waitable.ts'

const nothingToCancel: Cancel = () => undefined

interface Lowering {
  readonly env: CanonEnv
  readonly func: FuncInst
  readonly signature: Signature
  readonly opts: Options
  readonly caller: Caller
  readonly tasks: InstanceTasks
}

function lowerResult(lowering: Lowering, vi: CoreValueIter, subtask: Subtask, value: Value): CoreValue | undefined {
  const { env, opts, signature, func } = lowering
  if (signature.result === undefined) return undefined
  const cx = new LiftLowerContext(env, opts, func.host, undefined, subtask.scope)
  if (signature.spilledResult !== undefined) {
    storeSpilled(cx, [value], signature.spilledResult, cx.fromCore(vi.next()))
    return undefined
  }
  const flat: CoreValue[] = []
  lowerFlat(cx, value, signature.result, flat)
  return flat[0]
}

/** Any other function is over when it returns. */
function synchronous(func: FuncInst): AsyncCallable {
  return {
    begin(onStart, onResolve, caller) {
      func.call(onStart, onResolve, caller)
      return nothingToCancel
    },
  }
}

/** Begins the call; `subtask` tells how it goes. */
function begin(
  lowering: Lowering,
  subtask: Subtask,
  flat: readonly CoreValue[],
  thread: TaskThread | undefined,
): Later<void> {
  const { env, func, opts, signature, caller } = lowering
  const { root } = env.inst
  const vi = new CoreValueIter(flat)
  const guarded = <T>(run: () => T): T => {
    try {
      return run()
    } catch (error) {
      // what fails in the caller's memory is the caller's failure
      return root.fail(error, func.path)
    }
  }
  let onProgress: (() => void) | undefined
  const onStart: OnStart = () =>
    guarded(() => {
      onProgress?.()
      assert(subtask.state === SubtaskState.starting, 'a call starts once')
      subtask.state = SubtaskState.started
      const cx = new LiftLowerContext(env, opts, func.host, undefined, subtask.scope)
      return liftFlatValues(cx, vi, signature.params, signature.spilledParams)
    })
  const onResolve: OnResolve = (value) =>
    guarded(() => {
      onProgress?.()
      if (value === null) {
        assert(subtask.cancellationRequested, 'only who asked for it is told of a cancellation')
        const before = subtask.state === SubtaskState.starting
        subtask.resolve(before ? SubtaskState.cancelledBeforeStarted : SubtaskState.cancelledBeforeReturned, undefined)
      } else {
        const result = lowerResult(lowering, vi, subtask, value)
        subtask.resolve(SubtaskState.returned, result)
      }
    })
  const callable = func.async ?? synchronous(func)
  // a stack that cannot be parked calls on
  const plain = thread !== undefined && thread.activation === undefined && callable instanceof AsyncLifted
  const begun = plain ? callable.beginPlain(onStart, onResolve, caller) : callable.begin(onStart, onResolve, caller)
  return after(begun, (cancel) => {
    // what failed in the caller's memory did not stop the callee
    root.checkPoison()
    subtask.onCancel = cancel
    if (thread !== undefined || subtask.resolved) return
    const index = env.inst.handles.add(subtask)
    subtask.index = index
    const event = (): EventTuple => {
      if (subtask.resolved) subtask.deliverResolve()
      return [EventCode.subtask, index, subtask.state]
    }
    onProgress = () => subtask.setPendingEvent(event)
  })
}

function callSync(lowering: Lowering, flat: readonly CoreValue[]): Later<CoreValue | undefined> {
  const thread = lowering.tasks.current()
  const subtask = new Subtask()
  const resolved = (): boolean => subtask.resolved
  const over = (): CoreValue | undefined => {
    subtask.deliverResolve()
    return subtask.flatResult
  }
  const begun = begin(lowering, subtask, flat, thread)
  if (!(begun instanceof Promise) && subtask.resolved) return over()
  return after(begun, () => {
    subtask.waiter = thread
    return after(thread.waitUntil(resolved, false), over)
  })
}

function callAsync(lowering: Lowering, flat: readonly CoreValue[]): Later<number> {
  const subtask = new Subtask()
  return after(begin(lowering, subtask, flat, undefined), () => {
    if (subtask.resolved) {
      subtask.deliverResolve()
      return SubtaskState.returned
    }
    return subtask.state | (subtask.index << 4)
  })
}

function related(a: ComponentInstance, b: ComponentInstance): boolean {
  return a.isSelfOrAncestorOf(b) || b.isSelfOrAncestorOf(a)
}

/** The function given to core modules. */
export function asyncLower(
  env: CanonEnv,
  func: FuncInst,
  type: FuncType,
  opts: Options,
  tasks: InstanceTasks,
): CoreFunction {
  const { inst } = env
  const { root } = inst
  const signature = env.layouts.signature(type, opts, 'lower')
  const lowering: Lowering = { env, func, signature, opts, caller: { inst, host: undefined }, tasks }
  const refused =
    root.store.options.refuseRelatedCalls === true && func instanceof AsyncLifted && related(inst, func.inst)
  const fail = (error: unknown): never => root.fail(error, func.path)
  const fast = (...flat: CoreValue[]): Later<unknown> => {
    try {
      checkLeave(inst)
      if (refused) throw new Trap('cannot-enter')
      const answer = opts.async ? callAsync(lowering, flat) : callSync(lowering, flat)
      return answer instanceof Promise ? answer.catch(fail) : answer
    } catch (error) {
      return fail(error)
    }
  }
  // an asynchronous call, too, waits for a quantum of its callee that is continued elsewhere
  const calleeParks = func instanceof AsyncLifted ? func.tasks.parks : func.async !== undefined && !func.type.async
  const suspends = func instanceof AsyncLifted ? func.tasks.maySuspend : func.async !== undefined && !func.type.async
  if (suspends) tasks.maySuspend = true
  const other = func instanceof AsyncLifted ? func.inst.root : func.lifted?.inst.root
  if (other !== undefined && other !== root) tasks.scheduler.join(root, other)
  const blocks = calleeParks || (func.type.async && !opts.async)
  if (tasks.stacks === undefined || !blocks) return fast
  tasks.parks = true
  return tasks.stacks.guard(inst, signature.core, func.path, fast)
}

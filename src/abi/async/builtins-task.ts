/**
 * The built-ins of tasks, subtasks, waitables and threads.
 *
 * @spec Canonical Definitions
 */
import type { BuiltinName } from '../../model/builtins.ts'
import { assert, Trap } from '../../model/errors.ts'
import type { Later } from '../async-abi.ts'
import { type CoreFunction, type CoreValue, LiftLowerContext } from '../context.ts'
import { type ComponentInstance, checkAlive } from '../instance.ts'
import { CoreValueIter, liftFlatValues } from '../lift.ts'
import type { GuestMemory } from '../memory.ts'
import { after } from './later.ts'
import { Subtask } from './subtask.ts'
import { TaskThread } from './thread.ts'
import { type AsyncBuiltin, blocking, given, isNewer, type Made, trampoline, u32 } from './trampoline.ts'
import { sameType } from './type-equal.ts'
import { type EventTuple, IN_SET, Waitable, WaitableSet } from './waitable.ts'

/** All bits set: the operation goes on without the caller. */
export const BLOCKED = 0xffff_ffff

const ONE = { params: ['i32'], results: ['i32'] } as const
const NO_PARAMS = { params: [], results: ['i32'] } as const

function wrongKind(i: number, expected: string, found: string): Trap {
  return new Trap(
    'wrong-handle-type',
    `handle index ${i} used with the wrong type, expected ${expected} but found ${found}`,
  )
}

function waitableSetAt(inst: ComponentInstance, i: number): WaitableSet {
  const entry = inst.handles.get(i)
  if (entry instanceof WaitableSet) return entry
  throw wrongKind(i, 'waitable-set', entry.kind)
}

function subtaskAt(inst: ComponentInstance, i: number): Subtask {
  const entry = inst.handles.get(i)
  if (entry instanceof Subtask) return entry
  throw wrongKind(i, 'subtask', entry.kind)
}

// — Tasks

/** @spec canon task.return */
const taskReturn: AsyncBuiltin = (made) => {
  const { env, b, tasks } = made
  const opts = given(b.opts)
  const type = given(b.result)
  const result = type === null ? [] : [env.layouts.of(type, opts.ptr)]
  // passed as parameters of a function that is lowered
  const params = type === null ? [] : [{ name: 'result', type }]
  const { spilledParams } = env.layouts.signature(
    { kind: 'func', async: false, params, result: undefined },
    { ptr: opts.ptr, async: false },
    'lower',
  )
  return trampoline(made, (...flat) => {
    const { task } = tasks.current()
    const fits =
      task.opts.async &&
      task.opts.encoding === opts.encoding &&
      // what does not pass through memory names none
      (opts.memory === undefined || task.opts.memory === opts.memory) &&
      sameType(task.type.result, env.resources, type ?? undefined, env.resources)
    if (!fits) throw new Trap('bad-task-return')
    const cx = new LiftLowerContext(env, opts, task.host, task, undefined)
    const [value] = liftFlatValues(cx, new CoreValueIter(flat), result, spilledParams)
    task.return(value)
  })
}

/** @spec canon task.cancel */
const taskCancel: AsyncBuiltin = (made) =>
  trampoline(made, () => {
    const { task } = made.tasks.current()
    if (!task.opts.async) throw new Trap('bad-task-return')
    task.cancel()
  })

/** @spec canon backpressure.{inc,dec} */
const backpressureDec: AsyncBuiltin = ({ env, b, tasks }) => {
  const { inst } = env
  return () => {
    try {
      checkAlive(inst)
      inst.backpressure -= 1
      if (inst.backpressure < 0) throw new Trap('backpressure')
    } catch (error) {
      inst.root.fail(error, b.name)
    }
    if (inst.backpressure === 0) tasks.freed()
  }
}

// — Waitables

/** @spec canon waitable-set.new */
const waitableSetNew: AsyncBuiltin = (made) => trampoline(made, () => made.env.inst.handles.add(new WaitableSet()))

function storeEvent(memory: GuestMemory, pointer: CoreValue, [code, p1, p2]: EventTuple): number {
  memory.refresh()
  const ptr = typeof pointer === 'bigint' ? Number(BigInt.asUintN(64, pointer)) : u32(pointer)
  if (ptr % 4 !== 0) throw new Trap('bad-pointer', 'unaligned pointer (event pointer)')
  if (ptr + 8 > memory.size) throw new Trap('bad-pointer', 'out of bounds memory access (event pointer)')
  memory.view.setUint32(ptr, p1, true)
  memory.view.setUint32(ptr + 4, p2, true)
  return code
}

/** @spec canon waitable-set.wait */
const waitableSetWait: AsyncBuiltin = (made) => {
  const { env, b, tasks } = made
  const memory = given(b.memory)
  const type = { params: ['i32', b.ptr ?? 'i32'], results: ['i32'] } as const
  return blocking(made, type, (index, ptr) => {
    const wset = waitableSetAt(env.inst, u32(index))
    const event = wset.waitForEvent(tasks.current(), b.cancellable === true)
    return after(event, (arrived) => storeEvent(memory, ptr as CoreValue, arrived)) // two parameters
  })
}

/** @spec canon waitable-set.poll */
const waitableSetPoll: AsyncBuiltin = (made) => {
  const { env, b, tasks } = made
  const memory = given(b.memory)
  return trampoline(made, (index, ptr) => {
    const wset = waitableSetAt(env.inst, u32(index))
    return storeEvent(memory, ptr as CoreValue, wset.poll(tasks.current(), b.cancellable === true)) // two parameters
  })
}

/** @spec canon waitable-set.drop */
const waitableSetDrop: AsyncBuiltin = (made) =>
  trampoline(made, (index) => {
    const { handles } = made.env.inst
    waitableSetAt(made.env.inst, u32(index)).dropped()
    handles.remove(u32(index))
  })

/** @spec canon waitable.join */
const waitableJoin: AsyncBuiltin = (made) => {
  const { inst } = made.env
  return trampoline(made, (waitable, set) => {
    const entry = inst.handles.get(u32(waitable))
    if (!(entry instanceof Waitable)) throw wrongKind(u32(waitable), 'a waitable', entry.kind)
    if (entry.hasSyncWaiter) throw new Trap('bad-waitable', IN_SET)
    entry.join(u32(set) === 0 ? undefined : waitableSetAt(inst, u32(set)))
  })
}

// — Subtasks

/** @spec canon subtask.cancel */
const subtaskCancel: AsyncBuiltin = (made) => {
  const { env, b, tasks } = made
  const { inst } = env
  const never = b.async !== true || isNewer(made)
  const deliver = (subtask: Subtask): number => {
    subtask.getPendingEvent()
    assert(subtask.resolveDelivered, 'the event delivered the resolution')
    return subtask.state
  }
  return blocking(made, ONE, (index) => {
    const subtask = subtaskAt(inst, u32(index))
    if (subtask.resolveDelivered) {
      throw new Trap('bad-waitable', '`subtask.cancel` called after terminal status delivered')
    }
    if (subtask.cancellationRequested) throw new Trap('bad-waitable', '`subtask.cancel` called twice for one subtask')
    if (subtask.inWaitableSet && never) throw new Trap('bad-waitable', IN_SET)
    if (subtask.resolved) return deliver(subtask)
    subtask.cancellationRequested = true
    return after(subtask.onCancel?.(inst), () => {
      if (subtask.resolved) return deliver(subtask)
      if (b.async === true) return BLOCKED
      return after(subtask.waitForPendingEvent(tasks.current()), () => settle(subtask))
    })
  })

  // an event can be that the call started: the resolution comes later
  function settle(subtask: Subtask): Later<number> {
    if (subtask.resolved) return deliver(subtask)
    subtask.getPendingEvent()
    return after(subtask.waitForPendingEvent(tasks.current()), () => settle(subtask))
  }
}

/** @spec canon subtask.drop */
const subtaskDrop: AsyncBuiltin = (made) =>
  trampoline(made, (index) => {
    subtaskAt(made.env.inst, u32(index)).dropped()
    made.env.inst.handles.remove(u32(index))
  })

// — Threads

/** @spec canon thread.index */
const threadIndex: AsyncBuiltin = (made) => trampoline(made, () => made.tasks.current().index)

/** @spec canon thread.new-indirect */
const threadNewIndirect: AsyncBuiltin = (made) => {
  const { b, tasks } = made
  const table = given(b.table)
  const wide = b.start === 'i64'
  const type = { params: [wide ? 'i64' : 'i32'], results: [] } as const
  return trampoline(made, (index, context) => {
    const f = startFunction(table, index as CoreValue, wide, tasks) // two parameters
    const { task } = tasks.current()
    const thread = new TaskThread(
      task,
      function* (self) {
        yield* self.core(f, type, [context as CoreValue]) // two parameters
        task.unregister(self)
      },
      false,
    )
    task.register(thread)
    return thread.index
  })
}

function startFunction(table: WebAssembly.Table, index: CoreValue, wide: boolean, tasks: Made['tasks']): CoreFunction {
  const i = typeof index === 'bigint' ? BigInt.asUintN(64, index) : u32(index)
  if (BigInt(i) >= BigInt(table.length)) throw new Trap('core', 'undefined element: out of bounds table access')
  const f: unknown = table.get(Number(i))
  if (typeof f !== 'function' || tasks.stacks?.takesContext(f as CoreFunction, wide) === false) {
    throw new Trap('core', 'indirect call type mismatch or uninitialized element')
  }
  return f as CoreFunction
}

function suspendedAt(made: Made, index: CoreValue | undefined): TaskThread {
  const thread = made.tasks.threads.get(u32(index))
  if (!thread.suspended) throw new Trap('bad-waitable', 'cannot resume thread which is not suspended')
  return thread
}

/** @spec canon thread.resume-later */
const threadResumeLater: AsyncBuiltin = (made) => trampoline(made, (index) => suspendedAt(made, index).resumeLater())

/** @spec canon thread.yield */
const threadYield: AsyncBuiltin = (made) =>
  blocking(made, NO_PARAMS, () => after(made.tasks.current().yield(made.b.cancellable === true), Number))

/** @spec canon thread.suspend */
const threadSuspend: AsyncBuiltin = (made) =>
  blocking(made, NO_PARAMS, () => after(made.tasks.current().suspend(made.b.cancellable === true), Number))

type Switch = 'suspendThenResume' | 'yieldThenResume' | 'suspendThenPromote' | 'yieldThenPromote'

/**
 * @spec canon thread.suspend-then-resume
 * @spec canon thread.yield-then-resume
 * @spec canon thread.suspend-then-promote
 * @spec canon thread.yield-then-promote
 */
function threadSwitch(how: Switch): AsyncBuiltin {
  return (made) => {
    const newer = isNewer(made)
    const resumes = how === 'suspendThenResume' || how === 'yieldThenResume'
    return blocking(made, ONE, (index) => {
      const thread = made.tasks.current()
      const other = resumes ? suspendedAt(made, index) : made.tasks.threads.get(u32(index))
      if (newer && other === thread) throw new Trap('bad-waitable', 'a thread cannot promote itself')
      return after(thread[how](made.b.cancellable === true, other), Number)
    })
  }
}

export const TASK_BUILTINS: Readonly<Partial<Record<BuiltinName, AsyncBuiltin>>> = {
  'task.return': taskReturn,
  'task.cancel': taskCancel,
  'backpressure.dec': backpressureDec,
  'waitable-set.new': waitableSetNew,
  'waitable-set.wait': waitableSetWait,
  'waitable-set.poll': waitableSetPoll,
  'waitable-set.drop': waitableSetDrop,
  'waitable.join': waitableJoin,
  'subtask.cancel': subtaskCancel,
  'subtask.drop': subtaskDrop,
  'thread.index': threadIndex,
  'thread.new-indirect': threadNewIndirect,
  'thread.resume-later': threadResumeLater,
  'thread.yield': threadYield,
  'thread.suspend': threadSuspend,
  'thread.suspend-then-resume': threadSwitch('suspendThenResume'),
  'thread.yield-then-resume': threadSwitch('yieldThenResume'),
  'thread.suspend-then-promote': threadSwitch('suspendThenPromote'),
  'thread.yield-then-promote': threadSwitch('yieldThenPromote'),
}

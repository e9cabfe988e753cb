/**
 * A core function as a component function whose calls are tasks: of an asynchronous type, or in an instance whose code
 * can block. The body of the task's first thread is the specification's `canon_lift`, blocking points included.
 *
 * @spec canon lift
 */
import { assert, BugError, Trap } from '../../model/errors.ts'
import type { FuncType } from '../../model/types.ts'
import type { AsyncCallable, Cancel, Later } from '../async-abi.ts'
import { type CanonEnv, type CoreFunction, type CoreValue, LiftLowerContext, type Options } from '../context.ts'
import type { Caller, FuncInst, OnCancel, OnResolve, OnStart, Value } from '../embedding.ts'
import { type ComponentInstance, checkEnter, enter, enteringSet, leave } from '../instance.ts'
import type { Signature } from '../layout.ts'
import { CoreValueIter, liftFlat, loadSpilled } from '../lift.ts'
import { lowerFlatValues } from '../lower.ts'
import { BorrowScope } from '../task.ts'
import type { InstanceTasks } from './instance-tasks.ts'
import { after } from './later.ts'
import { AsyncTask } from './task.ts'
import { type Body, TaskThread } from './thread.ts'
import { type EventTuple, NONE, TASK_CANCELLED, WaitableSet } from './waitable.ts'

const CALLBACK = { params: ['i32', 'i32', 'i32'], results: ['i32'] } as const
const CallbackCode = { exit: 0, yield: 1, wait: 2 } as const

export class AsyncLifted implements FuncInst, AsyncCallable {
  readonly type: FuncType
  readonly path: string
  readonly lifted: undefined
  readonly host: undefined
  readonly async: AsyncCallable = this
  readonly inst: ComponentInstance
  readonly tasks: InstanceTasks
  readonly #env: CanonEnv
  readonly #core: CoreFunction
  readonly #opts: Options
  readonly #signature: Signature

  constructor(env: CanonEnv, core: CoreFunction, type: FuncType, opts: Options, tasks: InstanceTasks) {
    this.type = type
    this.path = env.path
    this.inst = env.inst
    this.tasks = tasks
    this.#env = env
    this.#core = core
    this.#opts = opts
    this.#signature = env.layouts.signature(type, opts, 'lift')
  }

  // — The body

  *#body(thread: TaskThread): Body<void> {
    const { task } = thread
    if (!(yield* task.enterImplicitThread(thread))) return
    const args = task.start()
    if (args === undefined) return task.exitImplicitThread()
    const { params, spilledParams } = this.#signature
    const cx = new LiftLowerContext(this.#env, this.#opts, task.host, task, task.scope)
    const flat = lowerFlatValues(cx, args, params, spilledParams)
    const packed = yield* thread.core(this.#core, this.#signature.core, flat)
    if (!this.#opts.async)
      this.#returned(task, packed as CoreValue) // one flat result at most
    else if (this.#opts.callback !== undefined) yield* this.#eventLoop(thread, this.#opts.callback, packed as number) // validated: i32
    task.exitImplicitThread()
  }

  /** The core function answered with the result. */
  #returned(task: AsyncTask, raw: CoreValue): void {
    const { inst } = this
    const { result, spilledResult, core } = this.#signature
    let value: Value
    if (result !== undefined) {
      const cx = new LiftLowerContext(this.#env, this.#opts, task.host, task, undefined)
      value =
        spilledResult === undefined
          ? liftFlat(cx, new CoreValueIter([raw]), result)
          : loadSpilled(cx, cx.fromCore(raw), spilledResult)[0]
    }
    task.return(value)
    const { postReturn } = this.#opts
    if (postReturn === undefined) return
    inst.mayLeave = false
    if (core.results.length === 0) postReturn()
    else postReturn(raw)
    inst.root.checkPoison()
    inst.mayLeave = true
  }

  /** The core function answered with what it wants to wait for. Between two events the instance is free. */
  *#eventLoop(thread: TaskThread, callback: CoreFunction, first: number): Body<void> {
    const { inst, tasks } = this
    const free = (): boolean => tasks.exclusiveThread === undefined
    let packed = first
    for (;;) {
      const code = packed & 0xf
      if (code === CallbackCode.exit) return
      if (code > CallbackCode.wait) throw new Trap('unreachable', `unsupported callback code: ${code}`)
      let event: EventTuple
      if (code === CallbackCode.yield) {
        tasks.releaseExclusive()
        event = (yield* thread.waitInBody(free, true)) ? TASK_CANCELLED : NONE
      } else {
        const wset = inst.handles.get(packed >>> 4)
        if (!(wset instanceof WaitableSet)) {
          throw new Trap(
            'wrong-handle-type',
            `handle index ${packed >>> 4} used with the wrong type, expected waitable-set but found ${wset.kind}`,
          )
        }
        tasks.releaseExclusive()
        event = yield* wset.waitForEventAnd(thread, free)
      }
      assert(tasks.exclusiveThread === undefined, 'an event is delivered when the instance is free')
      tasks.exclusiveThread = thread
      packed = (yield* thread.core(callback, CALLBACK, event)) as number // validated: i32
    }
  }

  // — Calls

  begin(onStart: OnStart, onResolve: OnResolve, caller: Caller): Later<Cancel> {
    return this.#begin(onStart, onResolve, caller, false, false)
  }

  #begin(onStart: OnStart, onResolve: OnResolve, caller: Caller, plain: boolean, callerWaits: boolean): Later<Cancel> {
    const { inst, tasks } = this
    const entering = enteringSet(inst, caller.inst)
    checkEnter(inst, entering)
    AsyncTask.count(this.type, inst, tasks)
    enter(entering)
    const task = new AsyncTask({
      type: this.type,
      path: this.path,
      opts: this.#opts,
      inst,
      tasks,
      onStart,
      onResolve,
      caller: caller.inst,
      host: caller.host,
      scope: caller.host !== undefined && this.#signature.hasBorrow ? new BorrowScope() : undefined,
    })
    if (caller.inst !== undefined && caller.inst.root !== inst.root) tasks.unresolved.add(task)
    const fail = (error: unknown): never => {
      try {
        return inst.root.fail(error, this.path)
      } finally {
        task.scope?.end()
      }
    }
    const thread = new TaskThread(task, (self) => this.#body(self), plain)
    const frame = { thread, callerWaits, base: caller.inst === undefined, entering, left: false }
    const left = (): Cancel => {
      leave(frame.entering)
      return (from) => (task.resolved ? undefined : task.requestCancellation(from))
    }
    const { frames } = tasks.scheduler
    try {
      frames.push(frame)
      const begun = after(thread.resume(), () => (this.type.async ? this.#admit(thread, caller) : this.#finish(task)))
      frames.pop(frame)
      if (begun instanceof Promise) return begun.then(left).catch(fail)
      const cancel = left()
      frames.reenter()
      return cancel
    } catch (error) {
      frames.pop(frame)
      return fail(error)
    }
  }

  /**
   * Whoever has the instance, and could go on, goes on before the caller is told that its call has not started: it may
   * leave the instance free.
   */
  #admit(thread: TaskThread, caller: Caller): Later<void> {
    const { inst, tasks } = this
    const holder = tasks.exclusiveThread
    if (caller.inst === undefined || thread.task.state !== 'initial') return
    if (inst.backpressure > 0 || holder === undefined || !holder.isReady) return
    return after(holder.resume(), () => (thread.isReady ? thread.resume() : undefined))
  }

  /** A synchronous task may block as long as other threads of its instance can go on. */
  #finish(task: AsyncTask): Later<void> {
    const { inst, tasks } = this
    while (!task.resolved) {
      const thread = tasks.scheduler.takeReady(inst)
      if (thread === undefined) throw new Trap('cannot-block')
      const answer = thread.resume()
      if (answer instanceof Promise) return answer.then(() => this.#finish(task))
    }
  }

  /** Now, on the caller's stack: only a synchronous type can be called so, and what would park that stack traps. */
  call(onStart: OnStart, onResolve: OnResolve, caller: Caller): OnCancel {
    if (this.type.async) throw new BugError(`${this.path} is asynchronous and was called synchronously`)
    const answer = this.tasks.scheduler.run(this.inst.root, () => this.#begin(onStart, onResolve, caller, true, true))
    assert(!(answer instanceof Promise), 'a plain call ends at once')
    return () => {}
  }

  invoke(args: readonly Value[], caller: Caller): Value {
    if (caller.inst === undefined && this.tasks.maySuspend) {
      throw new TypeError(`${this.path}: this call may have to wait for a promise: call \`promising\` of it`)
    }
    let result: Value
    this.call(
      () => args,
      (value) => {
        result = value
      },
      caller,
    )
    return result
  }

  /** For a guest that calls synchronously from a stack nobody can park. */
  beginPlain(onStart: OnStart, onResolve: OnResolve, caller: Caller): Later<Cancel> {
    return this.#begin(onStart, onResolve, caller, !this.type.async, true)
  }
}

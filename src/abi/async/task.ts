/**
 * One call of a lifted function: from the arguments (`start`) to the result or the cancellation, and the threads that
 * serve it.
 *
 * @spec Tasks
 */
import { assert, LimitError, Trap } from '../../model/errors.ts'
import type { FuncType } from '../../model/types.ts'
import type { Later } from '../async-abi.ts'
import type { Options } from '../context.ts'
import type { HostBridge, OnResolve, OnStart, Value } from '../embedding.ts'
import { type ComponentInstance, enter, enteringSet, leave } from '../instance.ts'
import { type BorrowScope, Task } from '../task.ts'
import type { InstanceTasks } from './instance-tasks.ts'
import { after } from './later.ts'
import type { Body, TaskThread } from './thread.ts'

export type TaskState = 'initial' | 'started' | 'pending-cancel' | 'cancel-delivered' | 'resolved'

type TaskOptions = Pick<Options, 'async' | 'callback' | 'encoding' | 'memory'>

/** What a task is made of; `host` and `scope` where JavaScript called. */
export interface TaskParts {
  readonly type: FuncType
  readonly path: string
  readonly opts: TaskOptions
  readonly inst: ComponentInstance
  readonly tasks: InstanceTasks
  readonly onStart: OnStart
  readonly onResolve: OnResolve
  /** The instance that called; `undefined`: the host. */
  readonly caller: ComponentInstance | undefined
  readonly host: HostBridge | undefined
  readonly scope: BorrowScope | undefined
}

const NOWHERE: TaskOptions = { async: false, callback: undefined, encoding: 'utf8', memory: undefined }

export class AsyncTask extends Task {
  readonly type: FuncType
  readonly path: string
  readonly opts: TaskOptions
  readonly inst: ComponentInstance
  readonly tasks: InstanceTasks
  readonly host: HostBridge | undefined
  readonly scope: BorrowScope | undefined
  readonly caller: ComponentInstance | undefined
  /** Whose call it serves: what `Store.origin` was when it began. */
  readonly origin: object | undefined
  /** Who pays for what its threads do, in an instance that is limited. */
  readonly account: object | undefined
  state: TaskState = 'initial'
  readonly #onStart: OnStart
  readonly #onResolve: OnResolve
  readonly #threads = new Set<TaskThread>()
  #implicitThread: TaskThread | undefined

  constructor(parts: TaskParts) {
    super()
    this.type = parts.type
    this.path = parts.path
    this.opts = parts.opts
    this.inst = parts.inst
    this.tasks = parts.tasks
    this.host = parts.host
    this.scope = parts.scope
    this.caller = parts.caller
    this.origin = parts.inst.root.store.origin
    this.account = parts.inst.root.payer?.take()
    this.#onStart = parts.onStart
    this.#onResolve = parts.onResolve
  }

  /** What runs outside of any call: a synchronous task without arguments and results. */
  static ambient(inst: ComponentInstance, tasks: InstanceTasks): AsyncTask {
    return new AsyncTask({
      type: { kind: 'func', async: false, params: [], result: undefined },
      path: inst.name,
      opts: NOWHERE,
      inst,
      tasks,
      onStart: () => [],
      onResolve: () => {},
      host: undefined,
      scope: undefined,
      caller: undefined,
    })
  }

  get needsExclusive(): boolean {
    return this.type.async && (!this.opts.async || this.opts.callback !== undefined)
  }

  get implicitThread(): TaskThread {
    assert(this.#implicitThread !== undefined, 'a task that was entered has its thread')
    return this.#implicitThread
  }

  isImplicit(thread: TaskThread): boolean {
    return this.#implicitThread === thread
  }

  get resolved(): boolean {
    return this.state === 'resolved'
  }

  #hasBackpressure(): boolean {
    return this.inst.backpressure > 0 || (this.needsExclusive && this.tasks.exclusiveThread !== undefined)
  }

  /** Before it is entered, so that too many calls are their callers' failure. @throws LimitError */
  static count(type: FuncType, inst: ComponentInstance, tasks: InstanceTasks): void {
    const { ledger } = inst.root
    const { queuedCalls: waiting } = ledger.used
    const { queuedCalls: cap } = ledger.caps
    if (type.async && tasks.isOccupied && waiting >= cap)
      throw new LimitError('queuedCalls', waiting + 1, cap, 'limits.queuedCalls')
    ledger.charge('tasks', 1)
  }

  /** Whether the call may go on; `false`: it was cancelled at the door. */
  *enterImplicitThread(thread: TaskThread): Body<boolean> {
    const { tasks } = this
    this.#implicitThread = thread
    if (this.type.async) {
      if (this.#hasBackpressure() || tasks.numWaitingToEnter > 0) {
        tasks.numWaitingToEnter += 1
        this.inst.root.ledger.charge('queuedCalls', 1)
        const ready = (): boolean => !this.#hasBackpressure()
        if (!ready()) tasks.stalled.push(thread)
        const cancelled = yield* thread.waitInBody(ready, true)
        tasks.numWaitingToEnter -= 1
        this.inst.root.ledger.release('queuedCalls', 1)
        if (cancelled) {
          this.inst.root.ledger.release('tasks', 1)
          this.cancel()
          return false
        }
      }
      if (this.needsExclusive) {
        assert(tasks.exclusiveThread === undefined, 'the gate opens when the instance is free')
        tasks.exclusiveThread = thread
      }
    }
    this.register(thread)
    return true
  }

  exitImplicitThread(): void {
    this.unregister(this.implicitThread)
    if (this.needsExclusive) this.tasks.releaseExclusive()
  }

  register(thread: TaskThread): void {
    // the first thread is the task, which was counted when it was called
    if (!this.isImplicit(thread)) this.inst.root.ledger.charge('tasks', 1)
    this.#threads.add(thread)
    thread.index = this.tasks.threads.add(thread)
  }

  unregister(thread: TaskThread): void {
    this.#threads.delete(thread)
    if (this.#threads.size === 0 && !this.resolved) throw new Trap('no-result')
    this.tasks.threads.remove(thread.index)
    this.inst.root.ledger.release('tasks', 1)
  }

  /** Asked from inside (`caller`) or by the host. */
  requestCancellation(caller: ComponentInstance | undefined): Later<void> {
    if (this.state === 'initial') {
      this.state = 'cancel-delivered'
      return this.#deliverCancel(this.implicitThread, () => {})
    }
    assert(this.state === 'started', 'cancellation is asked for once, before the call resolved')
    const { tasks, inst } = this
    const busy = this.needsExclusive && ![undefined, this.implicitThread].includes(tasks.exclusiveThread)
    const entering = enteringSet(inst, caller)
    for (const thread of this.#threads) {
      if (!thread.blocked || !thread.cancellable || (busy && thread === this.implicitThread)) continue
      if (!entering.every((i) => i.mayEnter)) break
      this.state = 'cancel-delivered'
      enter(entering)
      return this.#deliverCancel(thread, () => leave(entering))
    }
    this.state = 'pending-cancel'
  }

  /** What fails on it is this task's failure, whoever asked. */
  #deliverCancel(thread: TaskThread, over: () => void): Later<void> {
    const fail = (error: unknown): never => this.inst.root.fail(error, this.path)
    try {
      const answer = after(thread.resume(true), over)
      return answer instanceof Promise ? answer.catch(fail) : answer
    } catch (error) {
      return fail(error)
    }
  }

  deliverPendingCancel(cancellable: boolean): boolean {
    if (!cancellable || this.state !== 'pending-cancel') return false
    this.state = 'cancel-delivered'
    return true
  }

  /** `undefined`: the caller failed to give its arguments. What that ended is the caller's tree, if it is another. */
  start(): readonly Value[] | undefined {
    assert(this.state === 'initial', 'a task starts once')
    this.state = 'started'
    try {
      return this.#onStart()
    } catch (error) {
      if (!this.#isCallersFailure()) throw error
      this.#resolve()
      return undefined
    }
  }

  #isCallersFailure(): boolean {
    const { root } = this.inst
    return this.caller !== undefined && this.caller.root !== root && this.caller.root.dead && !root.dead
  }

  #tell(result: Value): void {
    try {
      this.#onResolve(result)
    } catch (error) {
      // a caller that cannot take its result dies of that; this task has done its part
      if (!this.#isCallersFailure()) throw error
    }
  }

  return(result: Value): void {
    if (this.resolved)
      throw new Trap('bad-task-return', '`task.return` or `task.cancel` called more than once for current task')
    this.checkBorrows()
    this.#tell(result)
    this.#resolve()
  }

  cancel(): void {
    if (this.state !== 'cancel-delivered') {
      throw new Trap('bad-task-return', '`task.cancel` called by task which has not been cancelled')
    }
    this.checkBorrows()
    this.#tell(null)
    this.#resolve()
  }

  #resolve(): void {
    this.state = 'resolved'
    this.tasks.unresolved.delete(this)
    this.scope?.end()
  }
}

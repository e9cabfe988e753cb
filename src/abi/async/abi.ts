/**
 * The asynchronous half of the Canonical ABI as one object per store: what is behind the seam of `async-abi.ts`. Loaded
 * only when a component needs it.
 */
import { assert, ClosedError, LinkError } from '../../model/errors.ts'
import type { FuncType } from '../../model/types.ts'
import type { AsyncAbi, AsyncCallable, AsyncHostFunction, HostCall } from '../async-abi.ts'
import type { ResolvedBuiltin } from '../canon-builtins.ts'
import type { CanonEnv, CoreFunction, LiftLowerContext, Options } from '../context.ts'
import type { Caller, FuncInst, Root, Store, Value } from '../embedding.ts'
import type { ComponentInstance } from '../instance.ts'
import type { AsyncLayout } from '../layout.ts'
import type { RuntimeResourceType } from '../resource.ts'
import { COPY_BUILTINS } from './builtins-copy.ts'
import { TASK_BUILTINS } from './builtins-task.ts'
import { CopyEnd } from './copy-end.ts'
import { type EndBridge, endFromHost, endToHost, isShared, liftEnd, lowerEnd } from './ends.ts'
import { hostCallable, invokeFromHost } from './host-call.ts'
import { InstanceTasks } from './instance-tasks.ts'
import { AsyncLifted } from './lift.ts'
import { asyncLower } from './lower.ts'
import { Scheduler } from './scheduler.ts'
import { type StackSwitching, Stacks } from './stack.ts'

export interface AsyncOptions {
  /** Chooses among that many ready threads. */
  readonly pick?: ((ready: number) => number) | undefined
  /**
   * Whether awaited results that nothing in the store can bring about are a deadlock, and so a trap: right where nobody
   * outside will call again, as in a command. Otherwise they wait for a later call.
   */
  readonly trapsWhenIdle?: boolean | undefined
  /** Another way to park stacks than the engine's, or none. */
  readonly stacks?: StackSwitching | 'none' | undefined
  /** Without it streams and futures cannot pass to or from JavaScript. */
  readonly ends?: ((scheduler: Scheduler) => EndBridge) | undefined
}

export class StoreTasks implements AsyncAbi {
  readonly scheduler = new Scheduler((root) => this.#tasksIn(root).some(({ isEntered }) => isEntered))
  readonly stacks: StackSwitching | undefined
  readonly #ends: EndBridge | undefined
  readonly #instances = new WeakMap<ComponentInstance, InstanceTasks>()
  readonly #byRoot = new WeakMap<Root, ComponentInstance[]>()

  constructor(store: Store, options: AsyncOptions = {}) {
    const { stacks } = options
    this.stacks = stacks === 'none' ? undefined : (stacks ?? Stacks.of(store))
    this.scheduler.pick = options.pick
    this.scheduler.trapsWhenIdle = options.trapsWhenIdle ?? true
    this.#ends = options.ends?.(this.scheduler)
  }

  prepare(inst: ComponentInstance): void {
    this.#tasksOf(inst)
  }

  needsTasks(inst: ComponentInstance): boolean {
    return this.#instances.has(inst)
  }

  #tasksOf(inst: ComponentInstance): InstanceTasks {
    let tasks = this.#instances.get(inst)
    if (tasks === undefined) {
      tasks = new InstanceTasks(inst, this.scheduler, this.stacks)
      inst.observesThreads = true
      this.#instances.set(inst, tasks)
      const others = this.#byRoot.get(inst.root)
      if (others === undefined) this.#byRoot.set(inst.root, [inst])
      else others.push(inst)
    }
    return tasks
  }

  lift(env: CanonEnv, core: CoreFunction, type: FuncType, opts: Options): FuncInst {
    return new AsyncLifted(env, core, type, opts, this.#tasksOf(env.inst))
  }

  lower(env: CanonEnv, func: FuncInst, type: FuncType, opts: Options): CoreFunction {
    return asyncLower(env, func, type, opts, this.#tasksOf(env.inst))
  }

  builtin(env: CanonEnv, b: ResolvedBuiltin): CoreFunction | undefined {
    const make = TASK_BUILTINS[b.name] ?? COPY_BUILTINS[b.name]
    if (b.cancellable === true && env.inst.root.store.options.revision === 'newer') {
      const message = `the component uses \`${b.name} cancellable\`, which the newer specification of this engine has no more`
      throw new LinkError([{ kind: 'feature-off', path: env.path, message }])
    }
    return make?.({ env, b, tasks: this.#tasksOf(env.inst) })
  }

  invoke(func: FuncInst, start: () => readonly Value[], caller: Caller): HostCall {
    return invokeFromHost(this.scheduler, this.stacks, func, start, caller)
  }

  liftEnd(cx: LiftLowerContext, i: number, t: AsyncLayout): Value {
    return liftEnd(cx, i, t, cx.host === undefined ? undefined : this.#bridge())
  }

  lowerEnd(cx: LiftLowerContext, v: Value, t: AsyncLayout): number {
    return lowerEnd(cx, v, t, cx.host === undefined ? undefined : this.#bridge())
  }

  endToHost(shared: Value): Value {
    assert(isShared(shared), 'a readable end between guests')
    return endToHost(shared, this.#bridge())
  }

  endFromHost(v: Value, t: AsyncLayout, resources: readonly RuntimeResourceType[], to: ComponentInstance): Value {
    return endFromHost(v, t, { layout: t.element, resources }, to, this.#bridge())
  }

  dropEnd(shared: Value): void {
    assert(isShared(shared), 'a readable end between guests')
    this.scheduler.post(
      () => shared.drop(),
      () => shared.peer?.root ?? 'none',
    )
  }

  #bridge(): EndBridge {
    assert(this.#ends !== undefined, 'an embedding that passes streams has a bridge for them')
    return this.#ends
  }

  isParked(root: Root): boolean {
    return this.scheduler.isParked(root)
  }

  maySuspend(root: Root): boolean {
    return this.#tasksIn(root).some((tasks) => tasks.maySuspend)
  }

  isOccupied(root: Root): boolean {
    return this.#tasksIn(root).some((tasks) => tasks.isOccupied)
  }

  #tasksIn(root: Root): readonly InstanceTasks[] {
    return (this.#byRoot.get(root) ?? []).map((inst) => this.#tasksOf(inst))
  }

  hostCallable(fn: AsyncHostFunction): AsyncCallable {
    return hostCallable(this.scheduler, fn)
  }

  ended(root: Root): void {
    const why = root.trap ?? new ClosedError(`${root.name} is disposed`)
    for (const inst of this.#byRoot.get(root) ?? []) {
      for (const entry of inst.handles) if (entry instanceof CopyEnd) entry.shared.abandon(inst, why)
      for (const { caller } of this.#instances.get(inst)?.unresolved ?? []) this.#bereave(caller?.root, why)
    }
    this.scheduler.ended(root)
  }

  /** Who waits for a result of the dead has no way to be told, but to trap. */
  #bereave(root: Root | undefined, why: unknown): void {
    this.scheduler.post(
      () => {
        if (root === undefined || root.dead) return
        try {
          root.fail(why, root.name)
        } catch {
          // its own callers are told
        }
      },
      () => 'none',
    )
  }

  idle(root: Root): Promise<void> {
    return this.scheduler.idle(root)
  }
}

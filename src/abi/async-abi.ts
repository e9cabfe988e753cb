/**
 * The seam to the asynchronous half of the ABI: shapes only, so that what is synchronous neither loads nor pays for it.
 * `Store.async` is set once the half itself (`async/abi.ts`) was loaded.
 */

import type { FuncType } from '../model/types.ts'
import type { ResolvedBuiltin } from './canon-builtins.ts'
import type { CanonEnv, CoreFunction, LiftLowerContext, Options } from './context.ts'
import type { Caller, FuncInst, OnResolve, OnStart, Root, Value } from './embedding.ts'
import type { ComponentInstance } from './instance.ts'
import type { AsyncLayout } from './layout.ts'
import type { RuntimeResourceType } from './resource.ts'

/** An answer that is there, or comes: no promise is made for one that is there. */
export type Later<T> = T | Promise<T>

/** Asks a call for its cancellation. `caller` asks from inside; `undefined`: the host. */
export type Cancel = (caller: ComponentInstance | undefined) => Later<void>

/** The specification's calling protocol where the callee may block: answers once it returned, blocked or resolved. */
export interface AsyncCallable {
  begin(onStart: OnStart, onResolve: OnResolve, caller: Caller): Later<Cancel>
}

/** How a function of JavaScript is called that may answer with a promise; `signal` is aborted when its caller cancels. */
export type AsyncHostFunction = (args: readonly Value[], caller: Caller, signal: () => AbortSignal) => Later<Value>

/** A call from the host that is under way. `cancel` asks; the result settles all the same. */
export interface HostCall {
  readonly result: Promise<Value>
  cancel(): void
}

/** What the synchronous ABI and the linker ask of the asynchronous half. */
export interface AsyncAbi {
  /** Marks an instance whose calls need tasks, before anything of it is made. */
  prepare(inst: ComponentInstance): void
  /** Whether functions lifted in this instance need tasks. */
  needsTasks(inst: ComponentInstance): boolean
  lift(env: CanonEnv, core: CoreFunction, type: FuncType, opts: Options): FuncInst
  lower(env: CanonEnv, func: FuncInst, type: FuncType, opts: Options): CoreFunction
  builtin(env: CanonEnv, builtin: ResolvedBuiltin): CoreFunction | undefined
  /**
   * A call from JavaScript that may block.
   * @param start asked for the arguments when they are lowered: once, or never
   */
  invoke(func: FuncInst, start: () => readonly Value[], caller: Caller): HostCall
  liftEnd(cx: LiftLowerContext, i: number, t: AsyncLayout): Value
  lowerEnd(cx: LiftLowerContext, v: Value, t: AsyncLayout): number
  /** Whether a call of this tree is parked in the middle: calls of the host wait for its end. */
  isParked(root: Root): boolean
  /** Whether a synchronous call of this tree may have to wait: an import of it, or behind one, may answer with a promise. */
  maySuspend(root: Root): boolean
  /** Whether a call into this tree would have to wait for one that is under way. */
  isOccupied(root: Root): boolean
  /** A stream or future on its way between guests, for JavaScript. */
  endToHost(shared: Value): Value
  /** The reverse: what JavaScript gives is read as `to` takes it. */
  endFromHost(value: Value, t: AsyncLayout, resources: readonly RuntimeResourceType[], to: ComponentInstance): Value
  /** It reaches nobody: whoever has the other end is told. */
  dropEnd(shared: Value): void
  /** The protocol of a host function whose answer may come later. */
  hostCallable(fn: AsyncHostFunction): AsyncCallable
  /** This tree is dead or disposed: nothing of it runs again, and its callers are told. */
  ended(root: Root): void
  /** Resolves when no call from JavaScript is under way in this tree. */
  idle(root: Root): Promise<void>
}

/**
 * The shapes the outside meets: a store, the roots in it, callables, and the bridge to JavaScript's handles.
 *
 * @spec Embedding
 */
import type { LimitError, Trap } from '../model/errors.ts'
import type { Ledger } from '../model/limits.ts'
import type { FuncType } from '../model/types.ts'
import type { Lifted } from './canon-lift.ts'
import type { ComponentInstance } from './instance.ts'
import type { RuntimeResourceType } from './resource.ts'
import type { BorrowScope } from './task.ts'

/**
 * A component value as it passes between the two sides of a call: jco's JavaScript value. Between two guests
 * (no bridge on either side) handles are reps, strings may be `TaggedString`, maps are arrays of pairs.
 */
export type Value = unknown

/** How handles look to JavaScript. Implemented by the linker. */
export interface HostBridge {
  liftOwn(rt: RuntimeResourceType, rep: number): unknown
  /** The bridge ends the wrapper with `scope.onEnd`. */
  liftBorrow(rt: RuntimeResourceType, rep: number, scope: BorrowScope): unknown
  /** `value` was checked before; it is taken from its owner here. */
  lowerOwn(rt: RuntimeResourceType, value: unknown): number
  lowerBorrow(rt: RuntimeResourceType, value: unknown, scope: BorrowScope): number
}

/** Who calls: a guest instance, or JavaScript through a bridge. */
export interface Caller {
  readonly inst: ComponentInstance | undefined
  readonly host: HostBridge | undefined
}

export type OnStart = () => readonly Value[]
/** `null`: cancelled. A function without a result resolves with `undefined`. */
export type OnResolve = (value: Value) => void
export type OnCancel = () => void

/** The one callable shape. */
export interface FuncInst {
  readonly type: FuncType
  readonly path: string
  /** The specification's calling protocol. */
  call(onStart: OnStart, onResolve: OnResolve, caller: Caller): OnCancel
  /** The synchronous call beside it, for types that are not async: values in, value out. */
  invoke(args: readonly Value[], caller: Caller): Value
  /** Present on lifted functions: for fused and specialised calls. */
  readonly lifted: Lifted | undefined
  /** Present on functions JavaScript implements: how the values lifted for it look. */
  readonly host: HostBridge | undefined
}

export interface StoreOptions {
  /** Refuse calls between an instance and its ancestors or descendants, as wasmtime does; the specification allows them. */
  readonly refuseRelatedCalls?: boolean
}

/** Holds the scheduler's place and all roots. One per engine. */
export declare class Store {
  readonly roots: Set<Root>
  readonly options: StoreOptions
  constructor(options?: StoreOptions)
  /** Throws `error` as an object a guest's `catch_all` cannot catch. */
  raise(error: Trap | LimitError): never
}

/** One root component with its whole tree: what a trap ends. */
export declare class Root {
  readonly store: Store
  readonly name: string
  readonly ledger: Ledger
  /** Why it is dead. */
  trap: Trap | LimitError | undefined
  /** Runs in every trampoline: epochs, tracing. */
  hook: (() => void) | undefined
  disposed: boolean
  constructor(store: Store, name: string, ledger?: Ledger)
  /** Classifies, poisons, raises. */
  fail(error: unknown, path: string): never
}

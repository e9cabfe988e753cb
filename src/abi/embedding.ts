/**
 * The shapes the outside meets: a store, the roots in it, callables, and the bridge to JavaScript's handles. A root is
 * poisoned here: `fail` marks it dead before anything is thrown, and what it throws no guest can catch.
 *
 * @spec Embedding
 */
import { type LimitError, Trap } from '../model/errors.ts'
import type { Revision } from '../model/features.ts'
import { Ledger } from '../model/limits.ts'
import type { FuncType } from '../model/types.ts'
import type { AsyncAbi, AsyncCallable } from './async-abi.ts'
import type { Lifted } from './canon-lift.ts'
import type { FuseAbi, Route } from './fuse-abi.ts'
import type { ComponentInstance } from './instance.ts'
import type { RuntimeResourceType } from './resource.ts'
import type { BorrowScope } from './task.ts'
import { Trampolines } from './trampolines.ts'
import { become, classify, isStackOverflow, makeTrapper, uncatchable } from './trap.ts'

/**
 * A component value as it passes between the two sides of a call: jco's JavaScript value. Between two guests
 * (no bridge on either side) handles are reps, strings are `TaggedString`, maps are arrays of pairs.
 */
export type Value = unknown

/** How handles look to JavaScript. Implemented by the linker. */
export interface HostBridge {
  liftOwn(rt: RuntimeResourceType, rep: number): unknown
  /** The bridge ends the wrapper with `scope.onEnd`. */
  liftBorrow(rt: RuntimeResourceType, rep: number, scope: BorrowScope): unknown
  /** `value` was checked before; it is taken from its owner here. */
  lowerOwn(rt: RuntimeResourceType, value: unknown): number
  /** `scope.addLender` counts the loan, and takes it back when the call ends. */
  lowerBorrow(rt: RuntimeResourceType, value: unknown, scope: BorrowScope): number
}

/** Who calls: a guest instance, or JavaScript through a bridge. */
export interface Caller {
  readonly inst: ComponentInstance | undefined
  readonly host: HostBridge | undefined
  /** Aborted when JavaScript that calls JavaScript gives up. */
  readonly signal?: () => AbortSignal
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
  /** Present where a call may block. Of an asynchronous type it is the only way to call. */
  readonly async?: AsyncCallable | undefined
  /** Present where a function lifted in another tree is called, which may be another one next time. */
  readonly route?: Route | undefined
}

export interface StoreOptions {
  /** Refuse calls between an instance and its ancestors or descendants, as wasmtime does; the specification allows them. */
  readonly refuseRelatedCalls?: boolean
  readonly revision?: Revision | undefined
}

/** Holds all roots, and what they share: the text codecs, the object that traps. One per engine. */
export class Store {
  readonly roots = new Set<Root>()
  /** Read when a function is lowered. */
  options: StoreOptions
  /** The asynchronous half of the ABI, once something needed it. */
  async: AsyncAbi | undefined
  /** Calls from guest to guest without component values between, once that part was loaded. */
  fuse: FuseAbi | undefined
  /** How many calls make a function one in steady use. Measured: fusing costs what so many calls on the general path do. */
  fuseAfter = 60
  /** What core modules get for what they import of other guests. */
  trampolines: Trampolines = new Trampolines({ allowed: false })
  /** Sees to it that `fuse` is there, now or later. */
  loadFuse: (() => void) | undefined
  /** Whose call a function of the host serves now, where anybody may ask. */
  served: Root | undefined
  /** Whose call the code that runs now serves, in an embedder's own terms. A task keeps it, and has it again when it goes on. */
  origin: object | undefined
  /** For reinterpreting floats as integers in variants. */
  readonly scratch = new DataView(new ArrayBuffer(8))
  readonly utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  readonly encoder = new TextEncoder()
  readonly #owners = new WeakMap<Trap | LimitError, Root>()
  #trapper: (() => void) | undefined
  #utf16: TextDecoder | undefined

  constructor(options: StoreOptions = {}) {
    this.options = options
  }

  /** Few guests speak it, and making one takes a platform longer than making an instance. */
  get utf16(): TextDecoder {
    this.#utf16 ??= new TextDecoder('utf-16le', { fatal: true, ignoreBOM: true })
    return this.#utf16
  }

  /** Throws `error` as an object a guest's `catch_all` cannot catch. */
  raise(error: Trap | LimitError): never {
    throw this.uncatchable(error, undefined)
  }

  /** @param object the error of a real trap, if `error` stands for one */
  uncatchable(error: Trap | LimitError, object: Error | undefined): Trap | LimitError {
    if (object !== undefined) {
      const frames = object.stack?.replace(/^(?:RuntimeError|Error): .*\n/, `${error.name}: ${error.message}\n`)
      return become(object, error, frames)
    }
    this.#trapper ??= makeTrapper()
    return become(uncatchable(this.#trapper), error, error.stack)
  }

  /** Remembers whom an error ended, so that another root it passes through knows it is not its own. */
  own(error: Trap | LimitError, root: Root): void {
    this.#owners.set(error, root)
  }

  ownerOf(error: Trap | LimitError): Root | undefined {
    return this.#owners.get(error)
  }
}

/** Who pays for the core code of a root that is limited. */
export interface Payers {
  /** Core code is about to run that no call asked for. */
  entering(): void
  /** Whose account a task is on that begins now. */
  take(): object
  /** @returns who paid until now */
  switchTo(account: object): object
  /** That one pays again. */
  leave(outer: object): void
}

/** One root component with its whole tree: what a trap ends. */
export class Root {
  readonly store: Store
  readonly name: string
  readonly ledger: Ledger
  /** Why it is dead. */
  trap: Trap | LimitError | undefined
  /** Neither dead nor watched: what a call at full speed asks instead of both. */
  quiet = true
  /** Core code may stop and ask about fuel, time or growth; whoever answers can do anything. */
  asks = false
  /** Absent where nothing that runs is limited. */
  payer: Payers | undefined
  /** Told once, when this root traps. */
  onTrap: ((error: Trap | LimitError) => void) | undefined
  /** Told once, when this root is disposed. */
  onDispose: (() => void) | undefined
  disposed = false
  /** An error ended it. Boundaries say so, and that it is not quiet, before they call `fail`: there may be no stack left for a call. */
  poisoned = false
  #hook: (() => void) | undefined

  constructor(store: Store, name: string, ledger: Ledger = new Ledger()) {
    this.store = store
    this.name = name
    this.ledger = ledger
    store.roots.add(this)
  }

  /** Runs in every trampoline: epochs, tracing. May throw. */
  get hook(): (() => void) | undefined {
    return this.#hook
  }

  set hook(hook: () => void) {
    this.#hook = hook
    this.quiet = false
  }

  /** No guest code of this root runs again. */
  get dead(): boolean {
    return this.poisoned || this.disposed
  }

  dispose(): void {
    this.disposed = true
    this.quiet = false
    this.ledger.close()
    this.store.roots.delete(this)
    this.store.async?.ended(this)
    this.onDispose?.()
  }

  /** After core code returned: it may have swallowed what an engine lets it, an exhausted stack; it does not get away. */
  checkPoison(): void {
    if (this.poisoned) throw this.trap ?? new Trap('stack-overflow')
  }

  /** Ends this root for `error`, which surfaced at the boundary of `path`, and throws what it became. */
  fail(error: unknown, path: string): never {
    // First of all, and needing no stack: an exhausted one may stop anything below.
    this.poisoned = true
    this.quiet = false
    if (this.trap !== undefined) throw this.trap
    let trap: Trap | LimitError
    try {
      const { error: classified, object } = classify(error, path)
      trap = this.store.uncatchable(this.#asOwn(classified, path), object)
    } catch (failure) {
      // no stack left to say it well: the next boundary, further down, will
      throw isStackOverflow(error) ? error : failure
    }
    this.trap = trap
    this.store.own(trap, this)
    this.store.async?.ended(this)
    try {
      // what is disposed of has ended already
      if (!this.disposed) this.onTrap?.(trap)
    } catch {
      // a listener that fails does not change why this root is dead
    }
    throw trap
  }

  /** What ended another root ends this one as its consequence. */
  #asOwn(error: Trap | LimitError, path: string): Trap | LimitError {
    const owner = this.store.ownerOf(error)
    if (owner === undefined || owner === this) return error
    const message = error.message.replace(/^wasm trap: /, '')
    return new Trap(error.kind === 'trap' ? error.code : 'host-threw', message, { path, cause: error })
  }
}

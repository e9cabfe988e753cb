/**
 * Guests whose core code can block, without WebAssembly: core functions are generators, and a stack that is parked is a
 * generator that waits. So blocking is tested on every engine.
 */
import { expect } from 'vitest'
import { StoreTasks } from '../../../src/abi/async/abi.ts'
import type { SharedCopy, SharedFuture, SharedStream } from '../../../src/abi/async/copy-end.ts'
import type { EndBridge } from '../../../src/abi/async/ends.ts'
import { HostReadEnd, HostWriteEnd } from '../../../src/abi/async/host-end.ts'
import type { Scheduler } from '../../../src/abi/async/scheduler.ts'
import { Activation, type StackSwitching } from '../../../src/abi/async/stack.ts'
import type { TaskThread } from '../../../src/abi/async/thread.ts'
import type { Later } from '../../../src/abi/async-abi.ts'
import { BUILTIN_BEHAVIOUR, type ResolvedBuiltin } from '../../../src/abi/canon-builtins.ts'
import type { CoreFunction, CoreValue, Options } from '../../../src/abi/context.ts'
import { type FuncInst, Root, Store, type Value } from '../../../src/abi/embedding.ts'
import { asyncHostFunc } from '../../../src/abi/host-func.ts'
import { ComponentInstance } from '../../../src/abi/instance.ts'
import type { BuiltinName } from '../../../src/model/builtins.ts'
import { assert } from '../../../src/model/errors.ts'
import type { FuncType, ValType } from '../../../src/model/types.ts'
import { bridge, envOf, fromJavaScript, Heap, options } from '../harness.ts'

/** Core code: yields what it waits for. */
export type Plain = (...args: number[]) => number | undefined
export type Core = (...args: number[]) => Generator<Promise<unknown>, unknown, unknown>

/** Calls a built-in or a lowered function from core code. */
export function* call(f: CoreFunction, ...args: CoreValue[]): Generator<Promise<unknown>, number, unknown> {
  const answer = f(...args)
  return (answer instanceof Promise ? yield answer : answer) as number
}

class GeneratorStacks implements StackSwitching {
  readonly known = undefined

  guard(
    inst: ComponentInstance,
    _type: unknown,
    _path: string,
    fast: (...args: CoreValue[]) => Later<unknown>,
  ): CoreFunction {
    return (...args) => {
      const thread = inst.thread as TaskThread | undefined
      const answer = fast(...args)
      if (answer instanceof Promise) {
        assert(thread?.activation !== undefined, 'core code of the tests runs on a stack that can be parked')
        thread.activation.parked = true
      }
      return answer
    }
  }

  run(thread: TaskThread, f: CoreFunction, _type: unknown, args: readonly CoreValue[]): unknown {
    thread.activation = new Activation()
    const code = f(...args) as ReturnType<Core>
    const step = (go: () => IteratorResult<Promise<unknown>, unknown>): unknown => {
      let next: IteratorResult<Promise<unknown>, unknown>
      try {
        next = go()
      } catch (error) {
        thread.activation = undefined
        throw error
      }
      if (next.done === true) {
        thread.activation = undefined
        return next.value
      }
      return next.value.then(
        (value) => step(() => code.next(value)),
        (error) => step(() => code.throw(error)),
      )
    }
    return step(() => code.next())
  }

  takesContext(): boolean {
    return true
  }
}

export const u8: ValType = { kind: 'u8' }
export const u32: ValType = { kind: 'u32' }
export const stream = (element?: ValType): ValType => ({ kind: 'stream', element })
export const future = (element?: ValType): ValType => ({ kind: 'future', element })
export const func = (params: ValType[], result?: ValType, async = true): FuncType => ({
  kind: 'func',
  async,
  params: params.map((type, i) => ({ name: `p${i}`, type })),
  result,
})

/** Says when something happened, to tests and to core code that waits for it. */
export class Signal {
  isSet = false
  readonly set: () => void
  readonly wait: Promise<void>

  constructor() {
    let resolve = (): void => {}
    this.wait = new Promise((yes) => {
      resolve = yes
    })
    this.set = () => {
      this.isSet = true
      resolve()
    }
  }
}

/** The host's side of a stream or a future that a guest reads. */
export class HostSource {
  #end: HostWriteEnd | undefined

  attach(end: HostWriteEnd): void {
    this.#end = end
  }

  get #attached(): HostWriteEnd {
    assert(this.#end !== undefined, 'a source writes once it was passed')
    return this.#end
  }

  /** Resolves when all were taken, or nobody takes more. */
  write(values: readonly Value[]): Promise<boolean> {
    return this.#attached.write(values)
  }

  drop(): void {
    this.#attached.drop()
  }
}

/** Streams and futures are the ends themselves: a `HostSource` on the way in, a `HostReadEnd` on the way out. */
class TestEnds implements EndBridge {
  readonly #scheduler: Scheduler

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler
  }

  #lift(shared: SharedCopy): HostReadEnd {
    return new HostReadEnd(shared, this.#scheduler, bridge)
  }

  #lower<S extends SharedCopy>(shared: S, value: unknown): S {
    if (value instanceof HostReadEnd) {
      value.release()
      return value.shared as S // the test passes what it got
    }
    assert(value instanceof HostSource, 'what tests pass')
    value.attach(new HostWriteEnd(shared, this.#scheduler, bridge))
    return shared
  }

  liftStream = (shared: SharedStream): unknown => this.#lift(shared)
  liftFuture = (shared: SharedFuture): unknown => this.#lift(shared)
  lowerStream = (shared: SharedStream, value: unknown): SharedStream => this.#lower(shared, value)
  lowerFuture = (shared: SharedFuture, value: unknown): SharedFuture => this.#lower(shared, value)
}

export class World {
  readonly store = new Store()
  readonly tasks: StoreTasks

  /** @param stacks `none`: core functions are plain functions, as in an engine without JSPI */
  constructor(pick?: (ready: number) => number, stacks: 'generators' | 'none' = 'generators') {
    this.tasks = new StoreTasks(this.store, {
      stacks: stacks === 'none' ? stacks : new GeneratorStacks(),
      pick,
      ends: (scheduler) => new TestEnds(scheduler),
    })
    this.store.async = this.tasks
  }

  guest(size = 64): Guest {
    return new Guest(this, size)
  }

  /** A function of the host that answers when it likes. */
  host(type: FuncType, fn: (...args: Value[]) => Later<Value>): FuncInst {
    return asyncHostFunc(type, 'host', bridge, (args) => fn(...args))
  }

  /** Runs a call from outside to its end. */
  async run(f: FuncInst, ...args: Value[]): Promise<Value> {
    return await this.tasks.invoke(f, () => args, fromJavaScript).result
  }
}

export class Guest {
  readonly world: World
  readonly inst: ComponentInstance
  readonly heap: Heap
  readonly #table: CoreFunction[] = []

  constructor(world: World, size: number) {
    this.world = world
    this.inst = new ComponentInstance(new Root(world.store, 'guest'), undefined, 'guest')
    this.heap = new Heap(size, 32)
    world.tasks.prepare(this.inst)
    // all core code here may block: a built-in that can is among its imports
    this.builtin('thread.yield')
  }

  get bytes(): Uint8Array {
    return this.heap.bytes
  }

  get view(): DataView {
    return this.heap.memory.view
  }

  #options(async: boolean, callback?: Core | Plain): Options {
    return { ...options(this.heap), async, callback: callback as CoreFunction | undefined }
  }

  /** Stackful if `async`, without a callback. */
  lift(
    type: FuncType,
    core: Core | Plain,
    how: { readonly async?: boolean; readonly callback?: Core | Plain } = {},
  ): FuncInst {
    const opts = this.#options(how.async ?? how.callback !== undefined, how.callback)
    return this.world.tasks.lift(envOf(this.inst), core as CoreFunction, type, opts)
  }

  lower(f: FuncInst, how: { readonly async: boolean }): CoreFunction {
    return this.world.tasks.lower(envOf(this.inst), f, f.type, this.#options(how.async))
  }

  builtin(name: BuiltinName, more: Partial<ResolvedBuiltin> & { readonly sync?: boolean } = {}): CoreFunction {
    const { sync, ...given } = more
    const table = { length: 100, get: (i: number) => this.#table[i] } as unknown as WebAssembly.Table
    const resolved: ResolvedBuiltin = {
      name,
      opts: this.#options(sync !== true),
      memory: this.heap.memory,
      cancellable: this.world.store.options.revision !== 'newer',
      async: sync !== true,
      element: null,
      result: null,
      slot: { type: 'i32', index: 0 },
      table,
      ...given,
    }
    const env = envOf(this.inst)
    const made = this.world.tasks.builtin(env, resolved) ?? BUILTIN_BEHAVIOUR[name]?.(env, resolved)
    assert(made !== undefined, name)
    return made
  }

  /** Puts a start function into the table of functions. */
  start(core: Core): number {
    return this.#table.push(core as CoreFunction) - 1
  }

  /** Makes core code wait for the host: a lowered host function. */
  waitFor(signal: Signal): CoreFunction {
    return this.lower(
      this.world.host(func([]), () => (signal.isSet ? undefined : signal.wait)),
      { async: false },
    )
  }

  /** The event a wait stored: index and payload. */
  event(ptr: number): readonly [number, number] {
    return [this.view.getUint32(ptr, true), this.view.getUint32(ptr + 4, true)]
  }

  /** All that a test made is gone. */
  expectEmpty(): void {
    expect(this.inst.handles.size).toBe(0)
  }
}

/** The built-ins of one stream or future type, by their last names. */
export function opsOf(guest: Guest, kind: 'stream' | 'future', element: ValType | null) {
  const make = (verb: string, sync = false) => guest.builtin(`${kind}.${verb}` as 'stream.read', { element, sync })
  return {
    create: make('new'),
    read: make('read'),
    write: make('write'),
    readSync: make('read', true),
    writeSync: make('write', true),
    cancelRead: make('cancel-read'),
    cancelWrite: make('cancel-write'),
    dropReadable: make('drop-readable'),
    dropWritable: make('drop-writable'),
  }
}

/** State or result in the low four bits, index or count above. */
export const unpack = (packed: number): readonly [low: number, high: number] => [
  packed & 0xf,
  (packed >>> 4) & 0xfff_ffff,
]
/** Readable and writable end. */
export const ends = (packed: CoreValue): readonly [number, number] => [
  Number(BigInt(packed) & 0xffff_ffffn),
  Number(BigInt(packed) >> 32n),
]

/**
 * What every lift and lower needs at hand: the options of the canon definition, the instance whose table and memory are
 * meant, who is on the other side, and the scopes borrows belong to. One per call, never kept.
 *
 * @spec Lifting and Lowering Context
 * @spec Canonical ABI Options
 */
import type { StringEncoding } from '../model/builtins.ts'
import { assert, Trap } from '../model/errors.ts'
import type { PointerType } from '../model/plan.ts'
import type { AsyncAbi } from './async-abi.ts'
import type { HostBridge } from './embedding.ts'
import type { ComponentInstance } from './instance.ts'
import type { Layouts } from './layouts.ts'
import type { GuestMemory } from './memory.ts'
import type { RuntimeResourceType } from './resource.ts'
import type { BorrowScope, Task } from './task.ts'

export type CoreValue = number | bigint
/** A function of a core instance, or one given to it. */
export type CoreFunction = (...args: CoreValue[]) => unknown

/** Run-time canonopts. */
export interface Options {
  readonly encoding: StringEncoding
  readonly ptr: PointerType
  readonly memory: GuestMemory | undefined
  readonly realloc: CoreFunction | undefined
  readonly postReturn: CoreFunction | undefined
  readonly callback: CoreFunction | undefined
  readonly async: boolean
}

/** Where a canon definition stands. `resources` is live: indexed by `PlanResource.slot` when a handle passes. */
export interface CanonEnv {
  readonly inst: ComponentInstance
  readonly layouts: Layouts
  readonly resources: readonly RuntimeResourceType[]
  readonly path: string
}

/**
 * Lengths and pointers are JavaScript numbers everywhere but in core values. From 64 bits, what exceeds any memory
 * saturates at 2^51 plus its low word: still misaligned where it was, still out of bounds. Bit 63, the tag of a
 * latin1+utf16 string, becomes 2^52.
 */
const SATURATED = 2 ** 51
const TAG_64 = 2 ** 52
const TAG_32 = 2 ** 31

export function fromWords(low: number, high: number): number {
  const rest = high & 0x7fff_ffff
  const n = rest >= 2 ** 19 ? SATURATED + low : rest * 2 ** 32 + low
  return high >>> 31 === 1 ? TAG_64 + n : n
}

/** Where values that need tasks pass, the asynchronous half is there: the linker loads it before. */
export function asyncOf(cx: LiftLowerContext): AsyncAbi {
  const { async } = cx.inst.root.store
  assert(async !== undefined, 'loaded before a stream or future can pass')
  return async
}

export class LiftLowerContext {
  readonly opts: Options
  readonly inst: ComponentInstance
  readonly resources: readonly RuntimeResourceType[]
  /** The bridge to JavaScript, when the values come from or go to it. */
  readonly host: HostBridge | undefined
  /** Who owes the borrows that are lowered here. */
  readonly task: Task | undefined
  /** Who gets back what is lent here: handles that are lifted as borrows, the host's resources that are lowered so. */
  readonly scope: BorrowScope | undefined
  readonly memory: GuestMemory
  /** Second result of storing a string: its code units, tagged. */
  units = 0

  constructor(
    env: CanonEnv,
    opts: Options,
    host: HostBridge | undefined,
    task: Task | undefined,
    scope: BorrowScope | undefined,
  ) {
    this.opts = opts
    this.inst = env.inst
    this.resources = env.resources
    this.host = host
    this.task = task
    this.scope = scope
    // validated: a memory is there whenever the types need one
    this.memory = opts.memory as GuestMemory
    opts.memory?.refresh()
  }

  get utf16Tag(): number {
    return this.opts.ptr === 'i32' ? TAG_32 : TAG_64
  }

  loadPtr(ptr: number): number {
    const { view } = this.memory
    const low = view.getUint32(ptr, true)
    return this.opts.ptr === 'i32' ? low : fromWords(low, view.getUint32(ptr + 4, true))
  }

  /** @param n may carry the tag */
  storePtr(n: number, ptr: number): void {
    const { view } = this.memory
    if (this.opts.ptr === 'i32') view.setUint32(ptr, n, true)
    else view.setBigUint64(ptr, this.#wide(n), true)
  }

  /** A pointer or length as a core value. */
  toCore(n: number): CoreValue {
    return this.opts.ptr === 'i32' ? n : this.#wide(n)
  }

  fromCore(value: CoreValue): number {
    if (typeof value === 'number') return value >>> 0
    return fromWords(Number(BigInt.asUintN(32, value)), Number(BigInt.asUintN(32, value >> 32n)))
  }

  #wide(n: number): bigint {
    return n >= TAG_64 ? BigInt(n - TAG_64) | (1n << 63n) : BigInt(n)
  }

  /** One place where what a copy costs the host is charged, before it is made. */
  charge(bytes: number): void {
    this.inst.root.ledger.chargeCopy(bytes)
  }

  /** Runs the guest's allocator, as a task of its own that may not leave. Memory may have grown afterwards. */
  reallocate(old: number, oldByteLength: number, alignment: number, newByteLength: number): number {
    const { inst, opts } = this
    // validated: realloc is there whenever something must be allocated
    const realloc = opts.realloc as CoreFunction
    inst.root.payer?.entering()
    inst.mayLeave = false
    inst.pushThread()
    const ptr =
      opts.ptr === 'i32'
        ? (realloc(old, oldByteLength, alignment, newByteLength) as number) >>> 0
        : this.fromCore(realloc(BigInt(old), BigInt(oldByteLength), BigInt(alignment), BigInt(newByteLength)) as bigint)
    inst.root.checkPoison()
    inst.popThread()
    inst.mayLeave = true
    this.memory.refresh()
    return ptr
  }

  /** `reallocate` and the checks on what it answered: alignment first, both also for nothing. */
  reallocateChecked(
    old: number,
    oldByteLength: number,
    alignment: number,
    newByteLength: number,
    what: 'string' | 'list',
  ): number {
    const ptr = this.reallocate(old, oldByteLength, alignment, newByteLength)
    this.checkRoom(ptr, alignment, newByteLength, what)
    return ptr
  }

  /** What an allocator answered. */
  checkRoom(ptr: number, alignment: number, byteLength: number, what: 'string' | 'list'): void {
    if (ptr % alignment !== 0) throw new Trap('bad-realloc', 'unaligned pointer (realloc return: result not aligned)')
    if (ptr + byteLength > this.memory.size) {
      throw new Trap('bad-realloc', `${what} content out-of-bounds (realloc return: beyond end of memory)`)
    }
  }

  resource(slot: number): RuntimeResourceType {
    // planned: filled before any handle of the type can pass
    return this.resources[slot] as RuntimeResourceType
  }
}

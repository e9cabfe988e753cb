/**
 * A guest without WebAssembly: core functions in JavaScript over a small memory and a bump allocator that records its
 * calls, as in the specification's run_tests.py. Types are written short.
 */
import { expect } from 'vitest'
import type { CanonEnv, CoreFunction, CoreValue, Options } from '../../src/abi/context.ts'
import { LiftLowerContext } from '../../src/abi/context.ts'
import { type FuncInst, type HostBridge, Root, Store } from '../../src/abi/embedding.ts'
import { ComponentInstance } from '../../src/abi/instance.ts'
import { alignTo, Layouts } from '../../src/abi/layouts.ts'
import { GuestMemory } from '../../src/abi/memory.ts'
import type { RuntimeResourceType } from '../../src/abi/resource.ts'
import { BorrowScope, Task } from '../../src/abi/task.ts'
import type { StringEncoding } from '../../src/model/builtins.ts'
import { isWasmLinkError, type Trap, type TrapCode } from '../../src/model/errors.ts'
import type { Ledger } from '../../src/model/limits.ts'
import type { PlanResource, PointerType } from '../../src/model/plan.ts'
import type { FuncType, PrimValType, ValType } from '../../src/model/types.ts'

// — Types

export const prim = (kind: PrimValType): ValType => ({ kind })
export const [bool, s8, u8, s16, u16, s32, u32, s64, u64, f32, f64, char, string] = (
  ['bool', 's8', 'u8', 's16', 'u16', 's32', 'u32', 's64', 'u64', 'f32', 'f64', 'char', 'string'] as const
).map(prim) as [
  ValType,
  ValType,
  ValType,
  ValType,
  ValType,
  ValType,
  ValType,
  ValType,
  ValType,
  ValType,
  ValType,
  ValType,
  ValType,
]
export const list = (element: ValType, length?: number): ValType => ({ kind: 'list', element, length })
export const map = (key: ValType, value: ValType): ValType => ({ kind: 'map', key, value })
export const record = (fields: Record<string, ValType>): ValType => ({
  kind: 'record',
  fields: Object.entries(fields).map(([name, type]) => ({ name, type })),
})
export const tuple = (...elements: ValType[]): ValType => ({ kind: 'tuple', elements })
export const variant = (cases: Record<string, ValType | undefined>): ValType => ({
  kind: 'variant',
  cases: Object.entries(cases).map(([name, type]) => ({ name, type })),
})
export const enumOf = (...labels: string[]): ValType => ({ kind: 'enum', labels })
export const flags = (...labels: string[]): ValType => ({ kind: 'flags', labels })
export const option = (some: ValType): ValType => ({ kind: 'option', some })
export const result = (ok?: ValType, err?: ValType): ValType => ({ kind: 'result', ok, err })
export const planResource = (slot: number, name = `r${slot}`): PlanResource => ({ kind: 'resource', name, slot })
export const own = (resource: PlanResource): ValType => ({ kind: 'own', resource })
export const borrow = (resource: PlanResource): ValType => ({ kind: 'borrow', resource })
export const func = (params: ValType[], result?: ValType): FuncType => ({
  kind: 'func',
  async: false,
  params: params.map((type, i) => ({ name: `p${i}`, type })),
  result,
})

// — A guest

export type ReallocCall = readonly [old: number, oldSize: number, alignment: number, newSize: number]

export class Heap {
  readonly memory: GuestMemory
  readonly calls: ReallocCall[] = []
  last: number

  constructor(size: number | readonly number[], last = 0) {
    const buffer = typeof size === 'number' ? new ArrayBuffer(size) : Uint8Array.from(size).buffer
    // all that is used of it; a real memory comes in pages of 64 KiB
    this.memory = new GuestMemory({ buffer } as WebAssembly.Memory)
    this.last = last
  }

  get bytes(): Uint8Array {
    return this.memory.bytes
  }

  realloc(old: number, oldSize: number, alignment: number, newSize: number): number {
    this.calls.push([old, oldSize, alignment, newSize])
    if (old !== 0 && newSize < oldSize) return alignTo(old, alignment)
    const ptr = alignTo(this.last, alignment)
    this.last = ptr + newSize
    if (this.last > this.bytes.length) throw new WebAssembly.RuntimeError('unreachable')
    this.bytes.copyWithin(ptr, old, old + oldSize)
    return ptr
  }
}

export interface GuestOptions {
  readonly encoding?: StringEncoding
  readonly ptr?: PointerType
  readonly memory?: GuestMemory | undefined
  readonly realloc?: CoreFunction | undefined
  readonly postReturn?: CoreFunction | undefined
}

export function options(heap: Heap | undefined, given: GuestOptions = {}): Options {
  const ptr = given.ptr ?? 'i32'
  const realloc: CoreFunction = (...args) => {
    const answer = heap?.realloc(...(args.map(Number) as [number, number, number, number])) ?? 0
    return ptr === 'i64' ? BigInt(answer) : answer
  }
  return {
    encoding: given.encoding ?? 'utf8',
    ptr,
    memory: 'memory' in given ? given.memory : heap?.memory,
    realloc: 'realloc' in given ? given.realloc : heap === undefined ? undefined : realloc,
    postReturn: given.postReturn,
    callback: undefined,
    async: false,
  }
}

export const newRoot = (store = new Store(), ledger?: Ledger): Root => new Root(store, 'test', ledger)

export function newInstance(root: Root = newRoot(), parent?: ComponentInstance): ComponentInstance {
  return new ComponentInstance(root, parent, 'test')
}

export function envOf(inst: ComponentInstance, resources: readonly RuntimeResourceType[] = [], path = 'f'): CanonEnv {
  return { inst, layouts: new Layouts(), resources, path }
}

/** Handles are plain objects `{ own: rep }` and `{ borrow: rep }`. */
export const bridge: HostBridge = {
  liftOwn: (_rt, rep) => ({ own: rep }),
  liftBorrow: (_rt, rep, scope) => {
    const handle = { borrow: rep, live: true }
    scope.onEnd(() => {
      handle.live = false
    })
    return handle
  },
  lowerOwn: (_rt, value) => (value as { own: number }).own,
  lowerBorrow: (_rt, value) => (value as { own: number }).own,
}

export const fromJavaScript = { inst: undefined, host: bridge }
export const fromNobody = { inst: undefined, host: undefined }

export function context(
  heap: Heap | undefined,
  given: GuestOptions & { readonly host?: boolean; readonly inst?: ComponentInstance } = {},
): LiftLowerContext {
  const env = envOf(given.inst ?? newInstance())
  const host = given.host === true ? bridge : undefined
  return new LiftLowerContext(env, options(heap, given), host, new Task(), new BorrowScope())
}

/** What a `FuncInst` answers to JavaScript. */
export const invoke = (f: FuncInst, ...args: unknown[]): unknown => f.invoke(args, fromJavaScript)

// — Failures

/** Runs what must trap, and checks class, code and message. */
export function expectTrap(run: () => unknown, code: TrapCode, message: string | RegExp): Trap {
  let error: unknown
  try {
    const answer = run()
    expect.fail(`no trap, but ${String(answer)}`)
  } catch (thrown) {
    error = thrown
  }
  if (!isWasmLinkError(error) || error.kind !== 'trap') throw error
  expect({ code: error.code, message: error.message }).toEqual({
    code,
    message: typeof message === 'string' ? `wasm trap: ${message}` : expect.stringMatching(message),
  })
  return error
}

/** Core values as the specification prints them: unsigned. */
export const unsigned = (v: CoreValue, type: string): CoreValue =>
  type === 'i64' ? BigInt.asUintN(64, BigInt(v)) : type === 'i32' ? Number(v) >>> 0 : v

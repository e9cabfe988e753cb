/**
 * Two guests without WebAssembly, joined in one of several ways, and all that one call between them leaves: the answer or
 * the trap, every call of an allocator, of core code and of post-return, both memories, both handle tables, who is dead.
 */
import { canonLift } from '../../src/abi/canon-lift.ts'
import { canonLower } from '../../src/abi/canon-lower.ts'
import {
  type CanonEnv,
  type CoreFunction,
  type CoreValue,
  LiftLowerContext,
  type Options,
} from '../../src/abi/context.ts'
import { type FuncInst, Root, Store } from '../../src/abi/embedding.ts'
import { Fuse } from '../../src/abi/fuse/fuse.ts'
import { ComponentInstance } from '../../src/abi/instance.ts'
import type { FlatType } from '../../src/abi/layout.ts'
import { Layouts } from '../../src/abi/layouts.ts'
import { lowerFlatValues } from '../../src/abi/lower.ts'
import { GuestMemory } from '../../src/abi/memory.ts'
import { ResourceHandle, RuntimeResourceType } from '../../src/abi/resource.ts'
import type { Tier } from '../../src/abi/trampolines.ts'
import type { StringEncoding } from '../../src/model/builtins.ts'
import { isWasmLinkError } from '../../src/model/errors.ts'
import { Ledger } from '../../src/model/limits.ts'
import type { FuncType, ValType } from '../../src/model/types.ts'

export type Way = 'interpreted' | 'walked' | 'generated'
export type Side = 'caller' | 'callee'

/** What an allocator does at one of its calls, instead of what it should. */
export interface Misdeed {
  readonly side: Side
  readonly call: number
  readonly kind: 'unaligned' | 'outside' | 'trap' | 'grow'
}

export interface Damage {
  readonly side: Side
  readonly at: number
  readonly byte: number
}

export interface Call {
  readonly type: FuncType
  readonly args: readonly unknown[]
  readonly answer: unknown
  readonly encodings: Readonly<Record<Side, StringEncoding>>
  readonly postReturn: boolean
  /** In two trees, each of which dies alone. */
  readonly apart: boolean
  readonly damage: readonly Damage[]
  readonly misdeeds: readonly Misdeed[]
  /** Core arguments that are not what they were. */
  readonly lies: readonly { readonly index: number; readonly value: number }[]
  /** What the callee gives back instead of what it should. */
  readonly lie: number | undefined
  readonly postReturnTraps: boolean
  readonly observesThreads: boolean
  /** The callee calls nobody, so that nobody sees whether it may be entered while it runs; afterwards one that is dead may not. */
  readonly closed: boolean
}

const SIZE = 4096

class Guest {
  readonly side: Side
  readonly inst: ComponentInstance
  readonly memory: GuestMemory
  readonly env: CanonEnv
  readonly options: Options
  readonly #log: unknown[]
  readonly #misdeeds: readonly Misdeed[]
  #top = 16
  #calls = 0
  /** While the world is made. */
  quiet = true

  constructor(
    side: Side,
    inst: ComponentInstance,
    layouts: Layouts,
    resources: RuntimeResourceType[],
    call: Call,
    log: unknown[],
  ) {
    this.side = side
    this.inst = inst
    this.memory = new GuestMemory({ buffer: new ArrayBuffer(SIZE) } as WebAssembly.Memory)
    this.memory.bytes.fill(0xaa)
    this.#log = log
    this.#misdeeds = call.misdeeds.filter((misdeed) => misdeed.side === side)
    this.env = { inst, layouts, resources, path: side }
    this.options = {
      encoding: call.encodings[side],
      ptr: 'i32',
      memory: this.memory,
      realloc: ((old: number, oldSize: number, align: number, size: number) =>
        this.#realloc(old >>> 0, oldSize >>> 0, align, size >>> 0)) as CoreFunction,
      postReturn: undefined,
      callback: undefined,
      async: false,
    }
  }

  #realloc(old: number, oldSize: number, align: number, size: number): number {
    if (this.quiet) return this.#bump(old, oldSize, align, size)
    const { mayLeave, mayEnter, closed } = this.inst
    this.#log.push([this.side, 'realloc', old, oldSize, align, size, mayLeave, closed || mayEnter])
    const misdeed = this.#misdeeds.find(({ call }) => call === this.#calls)
    this.#calls += 1
    switch (misdeed?.kind) {
      case 'unaligned':
        return this.#bump(old, oldSize, align, size) + 1
      case 'outside':
        return SIZE - (SIZE % align)
      case 'trap':
        throw new WebAssembly.RuntimeError('unreachable')
      case 'grow':
        this.#grow()
        return this.#bump(old, oldSize, align, size)
      default:
        return this.#bump(old, oldSize, align, size)
    }
  }

  #bump(old: number, oldSize: number, align: number, size: number): number {
    const ptr = Math.ceil(this.#top / align) * align
    this.#top = ptr + size
    while (this.#top > this.memory.memory.buffer.byteLength) this.#grow()
    const bytes = new Uint8Array(this.memory.memory.buffer)
    bytes.copyWithin(ptr, old, old + Math.min(oldSize, size))
    return ptr
  }

  /** Views of the memory are detached, as those of a real one are. */
  #grow(): void {
    const { memory } = this.memory as { memory: { buffer: ArrayBuffer } }
    const grown = new ArrayBuffer(memory.buffer.byteLength + SIZE)
    new Uint8Array(grown).set(new Uint8Array(memory.buffer))
    structuredClone(memory.buffer, { transfer: [memory.buffer] })
    memory.buffer = grown
  }

  /** Core values of component values, which it gets into its memory and table. */
  prepare(values: readonly unknown[], types: readonly ValType[], spill: boolean): CoreValue[] {
    const cx = new LiftLowerContext(this.env, this.options, undefined, undefined, undefined)
    const layouts = types.map((type) => this.env.layouts.of(owned(type), 'i32'))
    const tuple = this.env.layouts.of({ kind: 'tuple', elements: types.map(owned) }, 'i32')
    const out = lowerFlatValues(cx, values, layouts, spill && tuple.kind === 'tuple' ? tuple : undefined)
    this.memory.refresh()
    return out
  }

  get handles(): unknown {
    const found: unknown[] = []
    for (let i = 0; i < 40; i++) {
      const entry = this.inst.handles.peek(i)
      if (entry instanceof ResourceHandle) found.push([i, entry.rt.name, entry.rep, entry.own, entry.numLends])
    }
    return found
  }

  get bytes(): string {
    return Buffer.from(this.memory.memory.buffer)
      .toString('hex')
      .replace(/(aa)+$/, '…')
  }
}

/** A guest has what it lends. */
function owned(type: ValType): ValType {
  return mapType(type, (t) => (t.kind === 'borrow' ? { kind: 'own', resource: t.resource } : t))
}

export function mapType(type: ValType, change: (type: ValType) => ValType): ValType {
  const of = (t: ValType): ValType => mapType(t, change)
  const maybe = (t: ValType | undefined): ValType | undefined => (t === undefined ? undefined : of(t))
  switch (type.kind) {
    case 'list':
      return change({ ...type, element: of(type.element) })
    case 'map':
      return change({ ...type, key: of(type.key), value: of(type.value) })
    case 'record':
      return change({ ...type, fields: type.fields.map((f) => ({ ...f, type: of(f.type) })) })
    case 'tuple':
      return change({ ...type, elements: type.elements.map(of) })
    case 'variant':
      return change({ ...type, cases: type.cases.map((c) => ({ ...c, type: maybe(c.type) })) })
    case 'option':
      return change({ ...type, some: of(type.some) })
    case 'result':
      return change({ ...type, ok: maybe(type.ok), err: maybe(type.err) })
    default:
      return change(type)
  }
}

/** As the engine hands core values over. */
function coerced(v: unknown, type: FlatType): CoreValue {
  switch (type) {
    case 'i32':
      return Number(v) | 0
    case 'i64':
      return BigInt.asIntN(64, BigInt(v as number | bigint))
    case 'f32':
      return Math.fround(Number(v))
    case 'f64':
      return Number(v)
  }
}

export interface Outcome {
  readonly fused: boolean
  /** To be compared. */
  readonly seen: unknown
}

export function run(call: Call, way: Way): Outcome {
  const store = new Store()
  const log: unknown[] = []
  const ledger = (): Ledger => new Ledger()
  const root = new Root(store, 'caller', ledger())
  const other = call.apart ? new Root(store, 'callee', ledger()) : root
  const outer = new ComponentInstance(root, undefined, 'outer')
  const otherOuter = call.apart ? new ComponentInstance(other, undefined, 'other outer') : outer
  const calling = new ComponentInstance(root, outer, 'caller')
  const called = new ComponentInstance(other, otherOuter, 'callee')
  called.observesThreads = call.observesThreads
  called.closed = call.closed && !call.observesThreads
  calling.closed = false
  const resources = [
    new RuntimeResourceType('of the callee', called, undefined),
    new RuntimeResourceType('of nobody', undefined, undefined),
    new RuntimeResourceType('of the caller', calling, undefined),
  ]
  const caller = new Guest('caller', calling, new Layouts(), resources, call, log)
  const callee = new Guest('callee', called, new Layouts(), resources, call, log)

  const lower = caller.env.layouts.signature(call.type, caller.options, 'lower')
  const lift = callee.env.layouts.signature(call.type, callee.options, 'lift')
  const types = call.type.params.map(({ type }) => type)
  const flat = caller.prepare(call.args, types, lower.spilledParams !== undefined)
  if (lower.spilledResult !== undefined) {
    const { size, align } = lower.spilledResult
    flat.push((caller.options.realloc as CoreFunction)(0, 0, align, size) as number)
  }
  for (const { index, value } of call.lies) if (typeof flat[index] === 'number') flat[index] = value
  const { result } = call.type
  const [good] = result === undefined ? [] : callee.prepare([call.answer], [result], lift.spilledResult !== undefined)
  const raw = call.lie !== undefined && typeof good === 'number' ? call.lie : good
  caller.memory.refresh()
  callee.memory.refresh()
  for (const { side, at, byte } of call.damage) (side === 'caller' ? caller : callee).memory.bytes[at] = byte
  caller.quiet = callee.quiet = false

  const core: CoreFunction = (...args) => {
    log.push(['core', args.map((v, i) => coerced(v, lift.core.params[i] as FlatType)), called.thread !== undefined])
    return lift.core.results[0] && coerced(raw, lift.core.results[0])
  }
  const postReturn: CoreFunction = (...args) => {
    log.push(['callee', 'post-return', args.map((v) => coerced(v, lift.core.results[0] as FlatType)), called.mayLeave])
    if (call.postReturnTraps) throw new WebAssembly.RuntimeError('unreachable')
  }
  const lifted = canonLift(
    callee.env,
    core,
    call.type,
    call.postReturn ? { ...callee.options, postReturn } : callee.options,
  )
  const func: FuncInst = call.apart ? apart(lifted) : lifted
  const general = canonLower(caller.env, func, call.type, caller.options)
  const tier: Tier = { call: undefined, slow: general }
  const fusible = { env: caller.env, opts: caller.options, signature: lower, func, general, direct: false }
  if (way !== 'interpreted') new Fuse({ allowed: way === 'generated' }).fuse(fusible, tier)

  let answer: unknown
  let second: unknown
  const args = flat.map((v, i) => coerced(v, lower.core.params[i] as FlatType))
  // as the code that calls it runs
  outer.mayEnter = calling.mayEnter = false
  try {
    const got = (tier.call ?? general)(...args)
    answer = lower.core.results[0] && coerced(got, lower.core.results[0])
  } catch (error) {
    if (!isWasmLinkError(error) || (error.kind !== 'trap' && error.kind !== 'limit')) throw error
    answer = [error.name, error.kind === 'trap' ? error.code : error.limit, error.message]
  }
  try {
    const enterable = called.mayEnter && !(called.closed && other.dead)
    second = [calling.mayEnter, calling.mayLeave, enterable, called.mayLeave, called.thread]
  } catch (error) {
    second = error
  }
  const ordered = call.apart ? [log.filter(of('caller')), log.filter((entry) => !of('caller')(entry))] : log
  return {
    fused: tier.call !== undefined && tier.call !== general,
    seen: {
      answer,
      flags: second,
      log: ordered,
      caller: caller.bytes,
      callee: callee.bytes,
      tables: [caller.handles, callee.handles],
      dead: [root.dead, other.dead],
      charged: [root.ledger.used, other.ledger.used],
    },
  }
}

const of =
  (side: Side) =>
  (entry: unknown): boolean =>
    Array.isArray(entry) && entry[0] === side

/** As a socket calls: from outside the callee's tree, which answers for itself. */
function apart(lifted: ReturnType<typeof canonLift>): FuncInst {
  return {
    type: lifted.type,
    path: 'socket',
    lifted: undefined,
    host: undefined,
    invoke: (args) => lifted.invoke(args, { inst: undefined, host: undefined }),
    call(onStart, onResolve) {
      const args = onStart()
      return lifted.call(() => args, onResolve, { inst: undefined, host: undefined })
    },
    route: {
      changes: { count: 0 },
      target: () => ({
        lifted,
        record: () => lifted,
        first: lifted,
        argument: (from, to) => (from === to ? { peek: (rep) => rep, taken: () => {} } : undefined),
        answer: () => (rep) => rep,
      }),
    },
  }
}

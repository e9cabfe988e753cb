/**
 * What metering appends to a module whatever meter rewrites its bodies: a counter, a table of hooks, functions of ours, their types,
 * and exports under names that the module does not use itself. The start function is exported instead of run.
 */
import { assert } from '../model/errors.ts'
import { BranchHints } from './branch-hints.ts'
import { ByteSink } from './byte-sink.ts'
import { type Check, call, type Indices, Injected, TYPE, tableGrowType } from './injected.ts'
import type { Meter, Metered, MeterRequest } from './meter.ts'
import { type ModuleSection, type ModuleShape, readerOf, SECTION, SECTION_ORDER } from './module-shape.ts'
import { writeNames } from './names.ts'
import { type StartUp, startUpOf } from './start-up.ts'

/** A module with all that is ours, and with bodies in place of its own (without their count). */
export function assemble(
  shape: ModuleShape,
  request: MeterRequest,
  added: Added,
  bodies: ByteSink,
  by: Meter['kind'],
): Metered {
  const start = added.start(request.fuel ? startUpOf(shape) : undefined)
  const hidden = new HiddenNames(shape.exportNames)
  const counter = request.fuel ? hidden.make('counter') : undefined
  const hooks = hidden.make('hooks')
  const startName = start === undefined ? undefined : hidden.make('start')
  const exported = new ByteSink(64)
  const exportItem = (name: string | undefined, kind: number, index: number): void => {
    if (name === undefined) return
    exported.name(name)
    exported.u8(kind)
    exported.u32(index)
  }
  exportItem(counter, 3, added.at.counter)
  exportItem(hooks, 1, added.at.hooks)
  exportItem(startName, 0, start ?? 0)

  const out = new ByteSink(shape.code.length + bodies.size + 1024)
  out.copy(shape.code, 0, 8)
  const append = new Map<number, Appendix>([
    [SECTION.type, { count: shape.typeGroups, more: added.types.length, bytes: listed(added.types) }],
    [SECTION.func, { count: shape.definedFuncs, more: added.funcs.length, bytes: added.funcTypes() }],
    // 2 functions, and never more
    [SECTION.table, { count: shape.definedTables, more: 1, bytes: [0x70, 1, 2, 2] }],
    [SECTION.export, { count: shape.exports, more: hidden.names.length, bytes: exported.view() }],
  ])
  if (request.fuel) {
    // (mut i64) 0
    append.set(SECTION.global, { count: shape.definedGlobals, more: 1, bytes: [0x7e, 1, 0x42, 0, 0x0b] })
  }
  writeSections(shape, append, bodies, added, out)
  if (by === 'exact') writeNames(shape, out)
  return { code: out.toBytes(), counter, hooks, start: startName, hidden: hidden.names, by }
}

export function untouched({ code }: ModuleShape, by: Meter['kind']): Metered {
  return { code, counter: undefined, hooks: undefined, start: undefined, hidden: [], by }
}

/** Checks with less ahead than this are shared; a module has only so many functions. */
const MANY_CHECKS = 256

/** What is appended: types, and functions of which each has a type and a body. */
export class Added {
  readonly types: (readonly number[])[] = []
  readonly funcs: { readonly type: number; readonly body: Uint8Array }[] = []
  readonly at: Indices
  readonly injected: Injected
  readonly #shape: ModuleShape
  readonly #growths = new Map<string, number>()
  readonly #length32: number
  readonly #length64: number
  /** Whether growth asks the host. */
  readonly #asks: boolean
  readonly #checks = new Map<number, Check>()
  /** Of the bodies that are the module's own. */
  readonly hints = new BranchHints()
  #helpers = false

  constructor(shape: ModuleShape, asks: boolean) {
    this.#shape = shape
    this.#asks = asks
    const { funcs } = shape
    const nullaryType = this.#type(TYPE.nullary)
    this.#length32 = this.#type(TYPE.length32)
    this.#length64 = this.#type(TYPE.length64)
    this.at = {
      counter: shape.globals,
      hooks: shape.tables.length,
      nullaryType,
      growType: this.#type(TYPE.grow),
      refill: funcs,
      length32: funcs + 1,
      length64: funcs + 2,
    }
    this.injected = new Injected(this.at)
  }

  #type(type: readonly number[]): number {
    this.types.push(type)
    return this.#shape.types.length + this.types.length - 1
  }

  #func(type: number, body: Uint8Array): number {
    this.funcs.push({ type, body })
    return this.#shape.funcs + this.funcs.length - 1
  }

  /** What charges need; before anything else is added. */
  helpers(): void {
    if (this.#helpers) return
    this.#helpers = true
    this.#func(this.#type(TYPE.refill), this.injected.refillBody())
    this.#func(this.#length32, this.injected.lengthBody(false))
    this.#func(this.#length64, this.injected.lengthBody(true))
  }

  /** Asks whether anything is left, without what was charged ahead. Often the same, which then has a function of its own to call: the code is shorter. */
  check(ahead: number): Check {
    const made = this.#checks.get(ahead)
    if (made !== undefined) return made
    const refill =
      ahead < MANY_CHECKS ? this.#func(this.at.nullaryType, this.injected.refillAheadBody(ahead)) : undefined
    const check = this.injected.check(ahead, refill)
    this.#checks.set(ahead, check)
    return check
  }

  /** A call of what stands in for growth. `fuel`: what has grown is charged. */
  grow(kind: 'memory' | 'table', index: number, fuel: boolean): Uint8Array {
    return call(this.growFunc(kind, index, fuel))
  }

  growFunc(kind: 'memory' | 'table', index: number, fuel: boolean): number {
    const key = `${kind} ${index} ${fuel}`
    const made = this.#growths.get(key)
    if (made !== undefined) return made
    const grown = kind === 'memory' ? this.#shape.memories[index] : this.#shape.tables[index]
    assert(grown !== undefined, `the module is valid, so it has ${kind} ${index}`)
    const wide = grown.index === 'i64'
    const length = wide ? this.#length64 : this.#length32
    const type = grown.kind === 'table' ? this.#type(tableGrowType(grown.elementBytes, wide)) : length
    const maximum = grown.limits.max
    const body = this.injected.growBody({ kind, index, wide, maximum, fuel, asks: this.#asks })
    const func = this.#func(type, body)
    this.#growths.set(key, func)
    return func
  }

  /** The function that the host calls after wiring: one of ours where start-up costs something. */
  start(startUp: StartUp | undefined): number | undefined {
    const { start } = this.#shape
    if (startUp === undefined || startUp.units === 0) return start
    return this.#func(this.at.nullaryType, this.injected.startBody(startUp, start))
  }

  funcTypes(): Uint8Array {
    const out = new ByteSink(64)
    for (const { type } of this.funcs) out.u32(type)
    return out.toBytes()
  }

  bodies(): Uint8Array {
    const out = new ByteSink(1024)
    for (const { body } of this.funcs) {
      out.u32(body.length)
      out.bytes(body)
    }
    return out.toBytes()
  }
}

const listed = (lists: readonly (readonly number[])[]): number[] => lists.flat()

/** Export names that the module does not use itself. */
class HiddenNames {
  readonly names: string[] = []
  readonly #taken: ReadonlySet<string>

  constructor(taken: ReadonlySet<string>) {
    this.#taken = taken
  }

  make(what: string): string {
    let name = `meter:${what}`
    while (this.#taken.has(name)) name += "'"
    this.names.push(name)
    return name
  }
}

interface Appendix {
  /** Items that the section has, and how many more it gets. */
  readonly count: number
  readonly more: number
  readonly bytes: ArrayLike<number>
}

function writeSections(
  shape: ModuleShape,
  append: ReadonlyMap<number, Appendix>,
  bodies: ByteSink,
  added: Added,
  out: ByteSink,
): void {
  const section = new ByteSink(1024)
  const byId = new Map<number, ModuleSection>()
  for (const found of shape.sections) if (found.id !== SECTION.custom) byId.set(found.id, found)
  for (const id of SECTION_ORDER) {
    const found = byId.get(id)
    section.size = 0
    const appendix = append.get(id)
    if (id === SECTION.code) {
      const count = shape.definedFuncs + added.funcs.length
      if (count === 0) continue
      added.hints.write(out)
      section.u32(count)
      section.copy(bodies.view(), 0, bodies.size)
      section.bytes(added.bodies())
    } else if (appendix !== undefined) {
      section.u32(appendix.count + appendix.more)
      if (found !== undefined) {
        const r = readerOf(shape.code)
        r.pos = found.start
        r.u32()
        section.copy(shape.code, r.pos, found.end)
      }
      section.bytes(appendix.bytes)
    } else if (found === undefined || id === SECTION.start) continue
    else section.copy(shape.code, found.start, found.end)
    out.section(id, section)
  }
}

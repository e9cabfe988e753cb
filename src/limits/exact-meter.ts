/**
 * The exact meter: rewrites the bytes of a module and counts what wasmtime counts, to the unit.
 *
 * One walk over each body (scan-body) and one copy with what is added (injected); everything else is appended to its section.
 * The one thing that wasmtime forgets and this meter charges: what a callee uses that is called by `replacementref`, or that throws.
 *
 * @throws InvalidError for what the engine refuses, and for an operator that this meter does not know
 */
import { assert, InvalidError } from '../model/errors.ts'
import { COMPILE_LIMITS } from '../model/limits.ts'
import { ByteSink } from './byte-sink.ts'
import { call, type Indices, Injected, TYPE, tableGrowType } from './injected.ts'
import type { Meter, Metered, MeterRequest } from './meter.ts'
import { type ModuleSection, type ModuleShape, readerOf, readShape, SECTION, SECTION_ORDER } from './module-shape.ts'
import { BodyScanner, NOTE } from './scan-body.ts'
import { type StartUp, startUpOf } from './start-up.ts'

export interface ExactOptions {
  /** How deep the blocks of a function may nest. */
  readonly coreNesting?: number
}

export function exactMeter({ coreNesting = COMPILE_LIMITS.coreNesting }: ExactOptions = {}): Meter {
  return {
    kind: 'exact',
    version: 'exact-1',
    async instrument(code, request) {
      checkByEngine(code)
      return rewrite(readShape(code), request, coreNesting)
    },
  }
}

/** Only a valid module may be rewritten: an index one past the guest's own would be valid afterwards, and mean our counter. */
export function checkByEngine(code: Uint8Array): void {
  if (!WebAssembly.validate(code as BufferSource)) {
    throw new InvalidError('core module refused by this JavaScript engine', 0)
  }
}

function rewrite(shape: ModuleShape, request: MeterRequest, nesting: number): Metered {
  if (!request.fuel && !request.growth) return untouched(shape)
  const added = new Added(shape, request.growth)
  const startUp = request.fuel ? startUpOf(shape) : undefined
  const body = new ByteSink(2 ** 16)
  const code = rewriteBodies(shape, request, nesting, added, body)
  if (!request.fuel && added.funcs.length === 0) return untouched(shape)

  const start = added.start(startUp)
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

  const out = new ByteSink(shape.code.length + code.size + 1024)
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
  writeSections(shape, append, code, added, out)
  return { code: out.toBytes(), counter, hooks, start: startName, hidden: hidden.names }
}

function untouched({ code }: ModuleShape): Metered {
  return { code, counter: undefined, hooks: undefined, start: undefined, hidden: [] }
}

/** What is appended: types, and functions of which each has a type and a body. */
class Added {
  readonly types: (readonly number[])[] = []
  readonly funcs: { readonly type: number; readonly body: Uint8Array }[] = []
  readonly at: Indices
  readonly injected: Injected
  readonly #shape: ModuleShape
  readonly #growths = new Map<string, Uint8Array>()
  readonly #length32: number
  readonly #length64: number
  /** Whether growth asks the host. */
  readonly #asks: boolean
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

  /** A call of what stands in for growth. `fuel`: what has grown is charged. */
  grow(kind: 'memory' | 'table', index: number, fuel: boolean): Uint8Array {
    const key = `${kind} ${index} ${fuel}`
    const made = this.#growths.get(key)
    if (made !== undefined) return made
    const grown = kind === 'memory' ? this.#shape.memories[index] : this.#shape.tables[index]
    assert(grown !== undefined, `the module is valid, so it has ${kind} ${index}`)
    const wide = grown.index === 'i64'
    const narrow = wide ? this.#length64 : this.#length32
    const type = grown.kind === 'table' ? this.#type(tableGrowType(grown.elementBytes, wide)) : narrow
    const maximum = grown.limits.max
    const body = this.injected.growBody({ kind, index, wide, maximum, fuel, asks: this.#asks })
    const replacement = call(this.#func(type, body))
    this.#growths.set(key, replacement)
    return replacement
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

/** The bodies of the module, each with its size, rewritten. */
function rewriteBodies(
  shape: ModuleShape,
  { fuel, growth }: MeterRequest,
  nesting: number,
  added: Added,
  body: ByteSink,
): ByteSink {
  const section = shape.sections.find(({ id }) => id === SECTION.code)
  if (fuel) added.helpers()
  if (section === undefined) return new ByteSink(64)
  const { code } = shape
  const out = new ByteSink(Math.ceil((section.end - section.start) * 1.3) + 64)
  const wide = ({ index }: { readonly index: 'i32' | 'i64' }): boolean => index === 'i64'
  const scanner = new BodyScanner(code, {
    fuel,
    growth,
    nesting,
    wideMemories: shape.memories.map(wide),
    wideTables: shape.tables.map(wide),
  })
  const r = readerOf(code)
  r.pos = section.start
  r.end = section.end
  for (let left = r.u32(); left > 0; left--) {
    const size = r.u32()
    const start = r.pos
    r.skip(size)
    scanner.scan(start, r.pos)
    body.size = 0
    writeBody(code, start, r.pos, scanner, added, body)
    out.sized(body)
  }
  return out
}

function writeBody(
  code: Uint8Array,
  start: number,
  end: number,
  { notes: { cells, size } }: BodyScanner,
  added: Added,
  out: ByteSink,
): void {
  const { injected } = added
  let from = start
  for (let i = 0; i < size; i += 4) {
    const [place = 0, kind, a = 0, b = 0] = cells.subarray(i, i + 4)
    if (kind === NOTE.charge && a === 0) continue
    if (place > from) {
      out.copy(code, from, place)
      from = place
    }
    switch (kind) {
      case NOTE.charge:
        out.bytes(injected.charge(a))
        break
      case NOTE.entry:
        out.bytes(injected.entry(a))
        break
      case NOTE.check:
        out.bytes(injected.check(a))
        break
      case NOTE.bulk32:
      case NOTE.bulk64:
        out.bytes(injected.length(kind === NOTE.bulk64))
        break
      case NOTE.growMemory:
      case NOTE.growTable:
      case NOTE.chargeMemory:
      case NOTE.chargeTable: {
        const memory = kind === NOTE.growMemory || kind === NOTE.chargeMemory
        const charges = kind === NOTE.chargeMemory || kind === NOTE.chargeTable
        out.bytes(added.grow(memory ? 'memory' : 'table', a, charges))
        from = b
      }
    }
  }
  out.copy(code, from, end)
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
  code: ByteSink,
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
      section.u32(count)
      section.copy(code.view(), 0, code.size)
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
  writeNames(shape, out)
}

/** Of the custom sections only the names are kept: stack traces show them, and what is appended changes none. */
function writeNames({ code, sections }: ModuleShape, out: ByteSink): void {
  for (const { id, start, end } of sections) {
    if (id !== SECTION.custom) continue
    const r = readerOf(code)
    r.pos = start
    if (r.u32() !== 4 || !r.take(4).every((byte, i) => byte === 'name'.charCodeAt(i))) continue
    out.u8(SECTION.custom)
    out.u32(end - start)
    out.copy(code, start, end)
  }
}

/**
 * Walks one function body and writes down where the rewriter must add or replace something.
 *
 * Operators are counted by wasmtime's cost model: one unit each, none for nop, drop, block, loop, unreachable, return, else and
 * end, and one for the entry of a function. A *segment* is a run of operators that are all executed if the first is; its
 * units are charged where it begins. Segments end where wasmtime brings its counter up to date: at branches, calls, throws, at
 * the end of anything nested. What is dead costs nothing, since nobody gets there. So at every check and at every call the
 * counter is wasmtime's; only an operator that traps in the middle of a segment has its rest charged too.
 *
 * Needs no recursion and no more memory than the notes. The module is valid (the engine has said so).
 */

import { assert, InvalidError, LimitError } from '../model/errors.ts'
import {
  isBranchOnCast,
  nameOperator,
  OP,
  PREFIXED,
  type Prefixed,
  SMALL_BULK,
  STEP,
  STEPS,
  TABLE_GROW,
} from './operators.ts'

/** Kinds of notes, in the order of places. `a` and `b` belong to the kind. */
export const NOTE = {
  /** A segment begins: charge `a`. */
  charge: 0,
  /** A function begins: charge `a`, of which 1 is for the entry, and look at the counter. */
  entry: 1,
  /** A loop begins, or a growth comes: look at the counter, then charge `a`. */
  check: 2,
  /** The i32 (or i64) on top of the stack is the length of a bulk operation: charge it, and look at the counter. */
  bulk32: 3,
  bulk64: 4,
  /** memory.grow of memory `a` (or table.grow of table `a`), which ends at `b`: ask the host first, */
  growMemory: 5,
  growTable: 6,
  /** and charge what has grown. */
  chargeMemory: 7,
  chargeTable: 8,
} as const

/** Notes as numbers, four each: place, kind, a, b. */
export class Notes {
  cells: Int32Array = new Int32Array(4096)
  size = 0

  push(place: number, kind: number, a: number, b: number): number {
    const at = this.size
    if (at + 4 > this.cells.length) {
      const grown = new Int32Array(this.cells.length * 2)
      grown.set(this.cells)
      this.cells = grown
    }
    const { cells } = this
    cells[at] = place
    cells[at + 1] = kind
    cells[at + 2] = a
    cells[at + 3] = b
    this.size = at + 4
    return at
  }
}

/** What the walk has to know about the module. */
export interface ScanContext {
  readonly fuel: boolean
  readonly growth: boolean
  /** Whether sizes of the memory, or the table, are 64 bits wide, by index. */
  readonly wideMemories: readonly boolean[]
  readonly wideTables: readonly boolean[]
  /** How deep blocks may nest. */
  readonly nesting: number
}

/** Steps through one body at a time; keeps its memory for the next. */
export class BodyScanner {
  readonly notes: Notes = new Notes()
  readonly #cx: ScanContext
  readonly #code: Uint8Array
  /** By depth: whether the code around a nested block is live. */
  #outer: Uint8Array = new Uint8Array(256)
  /** The cursor while something else than `scan` reads. */
  #pos = 0
  /** The length of a bulk operation: wide, narrow, or none. */
  #bulk: 0 | typeof NOTE.bulk32 | typeof NOTE.bulk64 = 0
  #growsTable = -1

  constructor(code: Uint8Array, cx: ScanContext) {
    this.#code = code
    this.#cx = cx
  }

  /**
   * Fills `notes`.
   *
   * @param start where the body's declarations of locals begin
   * @param end one past its last byte
   * @returns where the operators begin
   */
  scan(start: number, end: number): number {
    const code = this.#code
    const { fuel, growth, nesting } = this.#cx
    const { notes } = this
    notes.size = 0
    this.#pos = start
    for (let groups = this.#u32(); groups > 0; groups--) {
      this.#u32()
      this.#skipValType()
    }
    const first = this.#pos
    let outer = this.#outer
    let depth = 0
    let live = 1
    let cost = 1
    let lengthAt = -1
    let length = 0
    // where the segment at hand is noted
    let segment = fuel ? notes.push(first, NOTE.entry, 0, 0) : 0
    const open = (place: number, kind: number): void => {
      if (fuel) segment = notes.push(place, kind, 0, 0)
      cost = 0
    }
    const close = (): void => {
      if (fuel) notes.cells[segment + 2] = cost
      cost = 0
    }

    let p = first
    while (p < end) {
      const at = p
      const op = byteAt(code, p++)
      switch (byteAt(STEPS, op)) {
        case STEP.plain:
          cost += live
          continue
        case STEP.free:
          continue
        case STEP.index:
          p = pastNumber(code, p)
          cost += live
          continue
        case STEP.memarg: {
          this.#pos = p
          this.#skipMemarg()
          p = this.#pos
          cost += live
          continue
        }
        case STEP.const:
          if (byteAt(code, p) < 0x40) {
            length = byteAt(code, p++)
          } else {
            const low = byteAt(code, p++)
            length = -1
            if (low & 0x80) {
              const high = byteAt(code, p++)
              if (high < 0x40) length = (low & 0x7f) | (high << 7)
              else if (high & 0x80) p = pastNumber(code, p)
            }
          }
          lengthAt = p
          cost += live
          continue
        case STEP.unknown:
          this.#refuse(undefined, op, at)
      }
      switch (op) {
        case OP.block:
        case OP.loop:
        case OP.if:
        case OP.try:
        case OP.tryTable: {
          this.#pos = p
          this.#skipBlockType()
          if (op === OP.tryTable) this.#skipCatches()
          p = this.#pos
          if (depth === nesting) throw new LimitError('coreNesting', depth + 1, nesting, 'compileLimits.coreNesting')
          if (depth === outer.length) {
            const grown = new Uint8Array(depth * 2)
            grown.set(outer)
            this.#outer = outer = grown
          }
          outer[depth++] = live
          if (!live) break
          switch (op) {
            case OP.loop:
              close()
              open(p, NOTE.check)
              break
            case OP.if:
              cost++
              close()
              open(p, NOTE.charge)
              break
            case OP.try:
            case OP.tryTable:
              cost++
          }
          break
        }
        case OP.else:
        case OP.catch:
        case OP.catchAll:
          if (op === OP.catch) p = pastNumber(code, p)
          if (live) close()
          live = byteAt(outer, depth - 1)
          if (live) {
            open(p, NOTE.charge)
            if (op !== OP.else) cost = 1
          }
          break
        case OP.delegate:
          p = pastNumber(code, p)
          if (live) {
            cost++
            close()
          }
          live = byteAt(outer, --depth)
          if (live) open(p, NOTE.charge)
          break
        case OP.end:
          if (live) close()
          if (depth === 0) {
            assert(p === end, `a function body ends with its last operator, at 0x${end.toString(16)}`)
            return first
          }
          live = byteAt(outer, --depth)
          if (live) open(p, NOTE.charge)
          break
        case OP.br:
        case OP.throw:
        case OP.rethrow:
        case OP.returnCall:
        case OP.returnCallRef:
          p = pastNumber(code, p)
          if (live) {
            cost++
            close()
            live = 0
          }
          break
        case OP.returnCallIndirect:
          p = pastNumber(code, p)
          p = pastNumber(code, p)
          if (live) {
            cost++
            close()
            live = 0
          }
          break
        case OP.brTable:
          this.#pos = p
          for (let targets = this.#u32(); targets >= 0; targets--) this.#u32()
          p = this.#pos
          if (live) {
            cost++
            close()
            live = 0
          }
          break
        case OP.unreachable:
        case OP.return:
          if (live) {
            close()
            live = 0
          }
          break
        case OP.throwRef:
          if (live) {
            cost++
            close()
            live = 0
          }
          break
        case OP.brIf:
        case OP.brOnNull:
        case OP.brOnNonNull:
        case OP.call:
        case OP.callRef:
          p = pastNumber(code, p)
          if (live) {
            cost++
            close()
            open(p, NOTE.charge)
          }
          break
        case OP.callIndirect:
          p = pastNumber(code, p)
          p = pastNumber(code, p)
          if (live) {
            cost++
            close()
            open(p, NOTE.charge)
          }
          break
        case OP.memoryGrow: {
          this.#pos = p
          const memory = this.#u32()
          p = this.#pos
          cost += live
          if (!live) break
          if (!fuel) notes.push(at, NOTE.growMemory, memory, p)
          else if (lengthAt === at && length >= 0 && length <= SMALL_BULK) {
            cost += length
            if (growth) notes.push(at, NOTE.growMemory, memory, p)
          } else {
            close()
            notes.push(at, NOTE.chargeMemory, memory, p)
            open(p, NOTE.charge)
          }
          break
        }
        case OP.selectTyped:
          this.#pos = p
          for (let types = this.#u32(); types > 0; types--) this.#skipValType()
          p = this.#pos
          cost += live
          break
        case OP.f32Const:
          p += 4
          cost += live
          break
        case OP.f64Const:
          p += 8
          cost += live
          break
        case OP.refNull:
          this.#pos = p
          this.#skipHeapType()
          p = this.#pos
          cost += live
          break
        default: {
          this.#pos = p
          const branches = this.#prefixed(op, at)
          p = this.#pos
          cost += live
          if (!live) break
          if (branches) {
            close()
            open(p, NOTE.charge)
          } else if (this.#growsTable >= 0) {
            if (!fuel) notes.push(at, NOTE.growTable, this.#growsTable, p)
            else if (lengthAt === at && length >= 0 && length <= SMALL_BULK) {
              cost += length
              if (growth) notes.push(at, NOTE.growTable, this.#growsTable, p)
            } else {
              close()
              notes.push(at, NOTE.chargeTable, this.#growsTable, p)
              open(p, NOTE.charge)
            }
          } else if (fuel && this.#bulk !== 0) {
            if (lengthAt === at && length >= 0 && length <= SMALL_BULK) cost += length
            else {
              close()
              notes.push(at, this.#bulk, 0, 0)
              open(p, NOTE.charge)
            }
          }
        }
      }
    }
    throw new InvalidError('function body without an end', end)
  }

  #refuse(prefix: number | undefined, op: number, at: number): never {
    throw new InvalidError(`${nameOperator(prefix, op)} cannot be metered: this meter does not know it`, at)
  }

  /** Steps over an operator with a prefix; says whether it may branch, and notes what of it is to be charged by length. */
  #prefixed(prefix: number, at: number): boolean {
    const op = this.#u32()
    const what: Prefixed | undefined = PREFIXED[prefix]?.[op]
    if (what === undefined) this.#refuse(prefix, op, at)
    if (what.memarg) this.#skipMemarg()
    const first = what.indices > 0 ? this.#u32() : 0
    const second = what.indices > 1 ? this.#u32() : 0
    this.#pos += what.bytes ?? 0
    if (what.heap === 'cast') {
      this.#pos++
      this.#u32()
      this.#skipHeapType()
    }
    if (what.heap !== undefined) this.#skipHeapType()
    this.#growsTable = prefix === OP.misc && op === TABLE_GROW ? first : -1
    const { wideMemories, wideTables } = this.#cx
    let wide: boolean | undefined = false
    switch (what.bulk) {
      case undefined:
        this.#bulk = 0
        return isBranchOnCast(prefix, op)
      case 'i32':
        break
      case 'memory':
        wide = wideMemories[first]
        break
      case 'memories':
        wide = wideMemories[first] && wideMemories[second]
        break
      case 'table':
        wide = wideTables[first]
        break
      case 'tables':
        wide = wideTables[first] && wideTables[second]
    }
    this.#bulk = wide ? NOTE.bulk64 : NOTE.bulk32
    return false
  }

  #u32(): number {
    const code = this.#code
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = byteAt(code, this.#pos++)
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value >>> 0
    }
  }

  #skipLeb(): void {
    const code = this.#code
    this.#pos = pastNumber(code, this.#pos) // valid
  }

  #skipMemarg(): void {
    const code = this.#code
    const flags = byteAt(code, this.#pos++)
    if (flags & 0x80) this.#skipLeb()
    // a memory index comes between alignment and offset
    if (flags & 0x40) this.#skipLeb()
    this.#skipLeb()
  }

  #skipValType(): void {
    const byte = byteAt(this.#code, this.#pos++)
    if (byte === 0x63 || byte === 0x64) this.#skipHeapType()
  }

  #skipHeapType(): void {
    // `exact` and `shared` come in front
    const byte = byteAt(this.#code, this.#pos)
    if (byte === 0x62 || byte === 0x65) this.#pos++
    this.#skipLeb()
  }

  #skipBlockType(): void {
    const byte = byteAt(this.#code, this.#pos)
    this.#skipLeb()
    if (byte === 0x63 || byte === 0x64) this.#skipHeapType()
  }

  #skipCatches(): void {
    for (let clauses = this.#u32(); clauses > 0; clauses--) {
      const kind = byteAt(this.#code, this.#pos++)
      if (kind < 2) this.#u32()
      this.#u32()
    }
  }
}

/** The module is valid, so all that is asked for is there. */
const byteAt = (bytes: Uint8Array, at: number): number => bytes[at] ?? 0

/** One past the last byte of a LEB128 number. */
function pastNumber(code: Uint8Array, start: number): number {
  let at = start
  while (byteAt(code, at) & 0x80) at++
  return at + 1
}

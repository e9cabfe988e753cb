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
import { byteAt, OperatorReader, pastNumber } from './operator-reader.ts'
import { type Bulk, OP, SMALL_BULK, STEP, STEPS } from './operators.ts'

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
  readonly #reader: OperatorReader
  /** By depth: whether the code around a nested block is live. */
  #outer: Uint8Array = new Uint8Array(256)

  constructor(code: Uint8Array, cx: ScanContext) {
    this.#reader = new OperatorReader(code)
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
    const reader = this.#reader
    const { code } = reader
    const { fuel, growth, nesting } = this.#cx
    const { notes } = this
    notes.size = 0
    reader.locals(start)
    const first = reader.pos
    let outer = this.#outer
    let depth = 0
    let live = 1
    let cost = 1
    let lengthAt = -1
    let length = 0
    // where the segment at hand is noted
    let segment = this.#open(first, NOTE.entry)
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
          reader.pos = p
          reader.skipMemarg()
          p = reader.pos
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
          reader.refuse(undefined, op, at)
      }
      switch (op) {
        case OP.block:
        case OP.loop:
        case OP.if:
        case OP.try:
        case OP.tryTable: {
          reader.pos = p
          reader.skipBlockType()
          if (op === OP.tryTable) reader.skipCatches()
          p = reader.pos
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
              this.#close(segment, cost)
              segment = this.#open(p, NOTE.check)
              cost = 0
              break
            case OP.if:
              cost++
              this.#close(segment, cost)
              segment = this.#open(p, NOTE.charge)
              cost = 0
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
          if (live) this.#close(segment, cost)
          live = byteAt(outer, depth - 1)
          if (live) {
            segment = this.#open(p, NOTE.charge)
            cost = op === OP.else ? 0 : 1
          }
          break
        case OP.delegate:
          p = pastNumber(code, p)
          if (live) {
            cost++
            this.#close(segment, cost)
          }
          live = byteAt(outer, --depth)
          if (live) {
            segment = this.#open(p, NOTE.charge)
            cost = 0
          }
          break
        case OP.end:
          if (live) this.#close(segment, cost)
          if (depth === 0) {
            assert(p === end, `a function body ends with its last operator, at 0x${end.toString(16)}`)
            return first
          }
          live = byteAt(outer, --depth)
          if (live) {
            segment = this.#open(p, NOTE.charge)
            cost = 0
          }
          break
        case OP.br:
        case OP.throw:
        case OP.rethrow:
        case OP.returnCall:
        case OP.returnCallRef:
          p = pastNumber(code, p)
          if (live) {
            cost++
            this.#close(segment, cost)
            live = 0
          }
          break
        case OP.returnCallIndirect:
          p = pastNumber(code, p)
          p = pastNumber(code, p)
          if (live) {
            cost++
            this.#close(segment, cost)
            live = 0
          }
          break
        case OP.brTable:
          reader.pos = p
          for (let targets = reader.u32(); targets >= 0; targets--) reader.u32()
          p = reader.pos
          if (live) {
            cost++
            this.#close(segment, cost)
            live = 0
          }
          break
        case OP.unreachable:
        case OP.return:
          if (live) {
            this.#close(segment, cost)
            live = 0
          }
          break
        case OP.throwRef:
          if (live) {
            cost++
            this.#close(segment, cost)
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
            this.#close(segment, cost)
            segment = this.#open(p, NOTE.charge)
            cost = 0
          }
          break
        case OP.callIndirect:
          p = pastNumber(code, p)
          p = pastNumber(code, p)
          if (live) {
            cost++
            this.#close(segment, cost)
            segment = this.#open(p, NOTE.charge)
            cost = 0
          }
          break
        case OP.memoryGrow: {
          reader.pos = p
          const memory = reader.u32()
          p = reader.pos
          cost += live
          if (!live) break
          if (!fuel) notes.push(at, NOTE.growMemory, memory, p)
          else if (lengthAt === at && length >= 0 && length <= SMALL_BULK) {
            cost += length
            if (growth) notes.push(at, NOTE.growMemory, memory, p)
          } else {
            this.#close(segment, cost)
            notes.push(at, NOTE.chargeMemory, memory, p)
            segment = this.#open(p, NOTE.charge)
            cost = 0
          }
          break
        }
        case OP.selectTyped:
          reader.pos = p
          for (let types = reader.u32(); types > 0; types--) reader.skipValType()
          p = reader.pos
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
          reader.pos = p
          reader.skipHeapType()
          p = reader.pos
          cost += live
          break
        default: {
          reader.pos = p
          reader.prefixed(op, at)
          p = reader.pos
          cost += live
          if (!live) break
          if (reader.branches) {
            this.#close(segment, cost)
            segment = this.#open(p, NOTE.charge)
            cost = 0
          } else if (reader.growsTable) {
            if (!fuel) notes.push(at, NOTE.growTable, reader.first, p)
            else if (lengthAt === at && length >= 0 && length <= SMALL_BULK) {
              cost += length
              if (growth) notes.push(at, NOTE.growTable, reader.first, p)
            } else {
              this.#close(segment, cost)
              notes.push(at, NOTE.chargeTable, reader.first, p)
              segment = this.#open(p, NOTE.charge)
              cost = 0
            }
          } else if (fuel && reader.what?.bulk !== undefined) {
            if (lengthAt === at && length >= 0 && length <= SMALL_BULK) cost += length
            else {
              this.#close(segment, cost)
              notes.push(at, this.#isWide(reader.what.bulk) ? NOTE.bulk64 : NOTE.bulk32, 0, 0)
              segment = this.#open(p, NOTE.charge)
              cost = 0
            }
          }
        }
      }
    }
    throw new InvalidError('function body without an end', end)
  }

  /** A new segment; returns where it is noted. */
  #open(place: number, kind: number): number {
    return this.#cx.fuel ? this.notes.push(place, kind, 0, 0) : 0
  }

  #close(segment: number, cost: number): void {
    if (this.#cx.fuel) this.notes.cells[segment + 2] = cost
  }

  /** Whether the length of a bulk operation, just read, is 64 bits wide. */
  #isWide(bulk: Bulk): boolean {
    const { wideMemories, wideTables } = this.#cx
    const { first, second } = this.#reader
    switch (bulk) {
      case 'i32':
        return false
      case 'memory':
        return wideMemories[first] === true
      case 'memories':
        return wideMemories[first] === true && wideMemories[second] === true
      case 'table':
        return wideTables[first] === true
      case 'tables':
        return wideTables[first] === true && wideTables[second] === true
    }
  }
}

/**
 * Walks one function body and writes down where the rewriter must add or replace something.
 *
 * Operators are counted by wasmtime's cost model: one unit each, none for nop, drop, block, loop, unreachable, return, else and
 * end, and one for the entry of a function. Segments end where ways of control meet or part, and where somebody may look at the
 * counter: at calls, checks, throws. What is dead costs nothing, since nobody gets there.
 *
 * Needs no recursion and no more memory than the notes. The module is valid (the engine has said so).
 */

import { assert, InvalidError, LimitError } from '../model/errors.ts'
import { endOf, entryOf, NOTE, NOWHERE, type Notes, type Points, SETTLED } from './notes.ts'
import { byteAt, OperatorReader, pastNumber } from './operator-reader.ts'
import { type Bulk, OP, SMALL_BULK, STEP, STEPS } from './operators.ts'

/** What the walk has to know about the module. */
export interface ScanContext {
  readonly fuel: boolean
  readonly growth: boolean
  /** Whether sizes of the memory, or the table, are 64 bits wide, by index. */
  readonly wideMemories: readonly boolean[]
  readonly wideTables: readonly boolean[]
  /** How deep blocks may nest. */
  readonly nesting: number
  /** Functions of lower indices are not the module's own. */
  readonly importedFuncs: number
}

const DEAD = 0
const LIVE = 1
/** Besides one of these: a loop, whose label is where it begins. */
const LOOP = 2

interface Nest {
  /** Whether the code around the block is live, and whether it is a loop. */
  outer: Uint8Array
  /** Where branches to its label lead. */
  label: Int32Array
  /** Of an `if`: the segment that ends in it, and the one that its first arm begins with. */
  before: Int32Array
  arm: Int32Array
}

const makeNest = (depth: number): Nest => ({
  outer: new Uint8Array(depth),
  label: new Int32Array(depth),
  before: new Int32Array(depth),
  arm: new Int32Array(depth),
})

function grow(nest: Nest): Nest {
  const grown = makeNest(nest.outer.length * 2)
  grown.outer.set(nest.outer)
  grown.label.set(nest.label)
  grown.before.set(nest.before)
  grown.arm.set(nest.arm)
  return grown
}

/** Steps through one body at a time; keeps its memory for the next. */
export class BodyScanner {
  readonly #notes: Notes
  readonly #points: Points
  readonly #cx: ScanContext
  readonly #reader: OperatorReader
  /** By depth. */
  #nest: Nest = makeNest(256)
  #func = 0

  constructor(code: Uint8Array, cx: ScanContext, notes: Notes, points: Points) {
    this.#reader = new OperatorReader(code)
    this.#cx = cx
    this.#notes = notes
    this.#points = points
  }

  /**
   * Adds its notes.
   *
   * @param func which of the module's own functions it is
   * @param start where the body's declarations of locals begin
   * @param end one past its last byte
   */
  scan(func: number, start: number, end: number): void {
    const reader = this.#reader
    const { code } = reader
    const { fuel, growth, nesting, importedFuncs } = this.#cx
    const notes = this.#notes
    const points = this.#points
    this.#func = func
    reader.locals(start)
    const first = reader.pos
    let { outer, label, before, arm } = this.#nest
    let depth = 0
    let live = LIVE
    let cost = 1
    let lengthAt = -1
    let length = 0
    // where the segment at hand is noted
    let segment = this.#open(first, NOTE.entry, entryOf(func))
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
          if (op === OP.tryTable) this.#readCatches(depth)
          p = reader.pos
          if (depth === nesting) throw new LimitError('coreNesting', depth + 1, nesting, 'compileLimits.coreNesting')
          if (depth === outer.length) {
            this.#nest = grow(this.#nest)
            ;({ outer, label, before, arm } = this.#nest)
          }
          label[depth] = live ? points.make() : SETTLED
          outer[depth++] = op === OP.loop ? live | LOOP : live
          if (!live) break
          switch (op) {
            case OP.loop:
              this.#close(segment, cost, label[depth - 1])
              segment = this.#open(p, NOTE.check, label[depth - 1])
              points.heads[label[depth - 1] ?? SETTLED] = segment
              cost = 0
              break
            case OP.if:
              // without an `else` the other way leads to the label
              cost++
              this.#close(segment, cost, label[depth - 1])
              before[depth - 1] = segment
              segment = this.#open(p, NOTE.charge, label[depth - 1])
              arm[depth - 1] = segment
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
          if (live) this.#close(segment, cost, label[depth - 1])
          live = byteAt(outer, depth - 1)
          if (!live) break
          if (op === OP.else) {
            const fork = points.make()
            this.#refork(before[depth - 1], arm[depth - 1], fork)
            segment = this.#open(p, NOTE.join, fork)
            cost = 0
          } else {
            segment = this.#open(p, NOTE.charge)
            cost = 1
          }
          break
        case OP.delegate:
        case OP.end:
          if (op === OP.delegate) {
            p = pastNumber(code, p)
            cost += live
          } else if (depth === 0) {
            if (live) this.#close(segment, cost, endOf(func))
            assert(p === end, `a function body ends with its last operator, at 0x${end.toString(16)}`)
            return
          }
          // a loop just goes on at its end
          if (byteAt(outer, --depth) & LOOP) break
          if (live) this.#close(segment, cost, label[depth])
          live = byteAt(outer, depth)
          if (live) {
            segment = this.#open(p, NOTE.join, label[depth])
            cost = 0
          }
          break
        case OP.br: {
          reader.pos = p
          const target = reader.u32()
          p = reader.pos
          if (live) {
            cost++
            this.#close(segment, cost, this.#pointOf(depth, target))
            live = DEAD
          }
          break
        }
        case OP.throw:
        case OP.rethrow:
          p = pastNumber(code, p)
          if (live) {
            cost++
            this.#close(segment, cost)
            live = DEAD
          }
          break
        case OP.returnCall:
        case OP.returnCallRef:
        case OP.returnCallIndirect: {
          reader.pos = p
          const callee = reader.u32()
          if (op === OP.returnCallIndirect) reader.u32()
          p = reader.pos
          if (live) {
            // what comes back goes to the caller of this function: so neither owes anything
            points.settle(endOf(func))
            const own = op === OP.returnCall ? callee - importedFuncs : -1
            if (own >= 0) points.settle(endOf(own))
            cost++
            this.#close(segment, cost, own >= 0 ? entryOf(own) : SETTLED)
            live = DEAD
          }
          break
        }
        case OP.brTable:
          reader.pos = p
          for (let targets = reader.u32(); targets >= 0; targets--) {
            const target = reader.u32()
            if (live) points.settle(this.#pointOf(depth, target))
          }
          p = reader.pos
          if (live) {
            cost++
            this.#close(segment, cost)
            live = DEAD
          }
          break
        case OP.unreachable:
        case OP.return:
          if (live) {
            this.#close(segment, cost, op === OP.return ? endOf(func) : NOWHERE)
            live = DEAD
          }
          break
        case OP.throwRef:
          if (live) {
            cost++
            this.#close(segment, cost)
            live = DEAD
          }
          break
        case OP.brIf:
        case OP.brOnNull:
        case OP.brOnNonNull: {
          reader.pos = p
          const target = reader.u32()
          p = reader.pos
          if (live) {
            cost++
            const point = this.#pointOf(depth, target)
            this.#close(segment, cost, point)
            segment = this.#open(p, NOTE.charge, point)
            cost = 0
          }
          break
        }
        case OP.call: {
          reader.pos = p
          const own = reader.u32() - importedFuncs
          p = reader.pos
          if (live) {
            cost++
            this.#close(segment, cost, own >= 0 ? entryOf(own) : SETTLED)
            segment = this.#open(p, NOTE.charge, own >= 0 ? endOf(own) : SETTLED)
            cost = 0
          }
          break
        }
        case OP.callRef:
        case OP.callIndirect:
          p = pastNumber(code, p)
          if (op === OP.callIndirect) p = pastNumber(code, p)
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
          if (!fuel) notes.push(at, NOTE.growMemory, memory, p, SETTLED)
          else if (lengthAt === at && length >= 0 && length <= SMALL_BULK) {
            cost += length
            if (growth) notes.push(at, NOTE.growMemory, memory, p, SETTLED)
          } else {
            this.#close(segment, cost)
            notes.push(at, NOTE.chargeMemory, memory, p, SETTLED)
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
            const point = this.#pointOf(depth, reader.first)
            this.#close(segment, cost, point)
            segment = this.#open(p, NOTE.charge, point)
            cost = 0
          } else if (reader.growsTable) {
            if (!fuel) notes.push(at, NOTE.growTable, reader.first, p, SETTLED)
            else if (lengthAt === at && length >= 0 && length <= SMALL_BULK) {
              cost += length
              if (growth) notes.push(at, NOTE.growTable, reader.first, p, SETTLED)
            } else {
              this.#close(segment, cost)
              notes.push(at, NOTE.chargeTable, reader.first, p, SETTLED)
              segment = this.#open(p, NOTE.charge)
              cost = 0
            }
          } else if (fuel && reader.what?.bulk !== undefined) {
            if (lengthAt === at && length >= 0 && length <= SMALL_BULK) cost += length
            else {
              this.#close(segment, cost)
              notes.push(at, this.#isWide(reader.what.bulk) ? NOTE.bulk64 : NOTE.bulk32, 0, 0, SETTLED)
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
  #open(place: number, kind: number, from: number = SETTLED): number {
    return this.#cx.fuel ? this.#notes.push(place, kind, 0, 0, from) : 0
  }

  #close(segment: number, cost: number, to: number = SETTLED): void {
    if (!this.#cx.fuel) return
    const { cells } = this.#notes
    cells[segment + 2] = cost
    cells[segment + 3] = to
  }

  /** An `if` turns out to have an `else`: its ways part at a point of their own. */
  #refork(before = 0, arm = 0, fork = 0): void {
    if (!this.#cx.fuel) return
    const { cells } = this.#notes
    cells[before + 3] = fork
    cells[arm + 4] = fork
  }

  /** Where a branch leads. */
  #pointOf(depth: number, target: number): number {
    return target === depth ? endOf(this.#func) : (this.#nest.label[depth - 1 - target] ?? SETTLED)
  }

  /** Reads the clauses of a try_table. What is thrown comes from anywhere: nothing is ahead then. */
  #readCatches(depth: number): void {
    const reader = this.#reader
    for (let clauses = reader.u32(); clauses > 0; clauses--) {
      reader.skipCatchTag()
      this.#points.settle(this.#pointOf(depth, reader.u32()))
    }
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

/**
 * What the walk over the bodies writes down for the rewriter: places where something is added or replaced, and how the segments
 * between them hang together.
 *
 * A *segment* is a run of operators that are all executed if the first is; a *point* is where ways of control meet or part.
 * Each segment leads from one point to another. For the walk that is all; `settle` then says what each segment charges.
 */

/** Kinds of notes. `a` and `b` belong to the kind. */
export const NOTE = {
  /** A segment begins. Segments have their cost as `a` and the point where they end as `b`; once settled, `a` is the charge, */
  charge: 0,
  /** and `b` what has been charged ahead then. A segment that may as well be charged before its point, for all that get there. */
  join: 1,
  /** A function begins: 1 of the cost is for the entry; look at the counter. */
  entry: 2,
  /** A loop begins: look at the counter. */
  check: 3,
  /** The i32 (or i64) on top of the stack is the length of a bulk operation: charge it, and look at the counter. */
  bulk32: 4,
  bulk64: 5,
  /** memory.grow of memory `a` (or table.grow of table `a`), which ends at `b`: ask the host first, */
  growMemory: 6,
  growTable: 7,
  /** and charge what has grown. */
  chargeMemory: 8,
  chargeTable: 9,
} as const

/** Kinds up to here are segments. */
export const LAST_SEGMENT = NOTE.check

/** Of a note: place, kind, `a`, `b`, and the point where a segment begins. */
export const CELLS = 5

/** The notes of all bodies of a module, in order; as numbers, because there are many. */
export class Notes {
  cells: Int32Array = new Int32Array(4096 * CELLS)
  size = 0

  push(place: number, kind: number, a: number, b: number, from: number): number {
    const at = this.size
    if (at === this.cells.length) {
      const grown = new Int32Array(this.cells.length * 2)
      grown.set(this.cells)
      this.cells = grown
    }
    const { cells } = this
    cells[at] = place
    cells[at + 1] = kind
    cells[at + 2] = a
    cells[at + 3] = b
    cells[at + 4] = from
    this.size = at + CELLS
    return at
  }
}

/** Where wasmtime's counter is exact and ours is too: whoever looks from outside is here. */
export const SETTLED = 0
/** Nobody goes on from here: a trap. */
export const NOWHERE = -1

/** Not said yet. */
export const FREE = -(2 ** 31)

/** By point: how many units have been charged of what comes after it; below zero: how many of what came before have not. */
export class Points {
  ahead: Int32Array
  /** Of the point of a loop: the note of the segment that it begins with. */
  heads: Int32Array
  #size: number

  /** @param funcs functions that the module defines; each has a point for its entry and one for its end */
  constructor(funcs: number) {
    this.#size = 1 + 2 * funcs
    this.ahead = new Int32Array(this.#size + 1024).fill(FREE)
    this.heads = new Int32Array(this.ahead.length)
    this.settle(SETTLED)
  }

  make(): number {
    const point = this.#size++
    if (point === this.ahead.length) {
      const grown = new Int32Array(point * 2).fill(FREE)
      grown.set(this.ahead)
      this.ahead = grown
      const heads = new Int32Array(point * 2)
      heads.set(this.heads)
      this.heads = heads
    }
    return point
  }

  settle(point: number): void {
    this.ahead[point] = 0
  }
}

export const entryOf = (func: number): number => 1 + 2 * func
export const endOf = (func: number): number => 2 + 2 * func
/** The function whose entry that is, if it is one. */
export const enteredAt = (point: number, funcs: number): number | undefined =>
  point > 0 && point & 1 && point <= 2 * funcs ? (point - 1) >> 1 : undefined

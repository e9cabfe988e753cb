/**
 * Says what each segment charges, so that as few as possible charge anything.
 *
 * Between two places where somebody can look at the counter, it need not be wasmtime's at every point, as long as we know by how
 * much it is off. So each point has a number: what has been charged *ahead* there. A segment then charges its cost, and what is to
 * be ahead at its end, less what is ahead at its beginning. Where ways meet, the number is chosen so that the segment after it has
 * nothing left to charge: all who get there have paid for it. One of two arms pays nothing, the other the difference. What a function
 * does first is paid by those who call it, what it does last is owed by it to them; not so where it may be called through a
 * table or from outside. A charge may then be negative: who leaves early gets back what was ahead.
 *
 * Points have numbers before what leads to them is looked at: bodies are settled from their ends, and callees before callers.
 */
import { assert } from '../model/errors.ts'
import {
  CELLS,
  endOf,
  enteredAt,
  entryOf,
  FREE,
  LAST_SEGMENT,
  NOTE,
  NOWHERE,
  type Notes,
  type Points,
} from './notes.ts'

/** Notes and points are numbered without gaps, so it is there. */
const at = (list: Int32Array, index: number): number => list[index] as number

/** More is never ahead or owed: far from where 32 bits end. */
const MOST = 2 ** 24

/** @param firsts where the notes of each function begin, and at last where they all end */
export function settle(notes: Notes, firsts: Int32Array, points: Points): void {
  new Settlement(notes.cells, firsts, points).run()
}

class Settlement {
  readonly #cells: Int32Array
  readonly #firsts: Int32Array
  readonly #ahead: Int32Array
  readonly #heads: Int32Array
  readonly #funcs: number

  constructor(cells: Int32Array, firsts: Int32Array, { ahead, heads }: Points) {
    this.#cells = cells
    this.#firsts = firsts
    this.#ahead = ahead
    this.#heads = heads
    this.#funcs = firsts.length - 1
  }

  run(): void {
    const seen = new Uint8Array(this.#funcs)
    const next = this.#firsts.slice()
    const open: number[] = []
    for (let root = 0; root < this.#funcs; root++) {
      if (seen[root]) continue
      seen[root] = 1
      open.push(root)
      for (let func = open.at(-1); func !== undefined; func = open.at(-1)) {
        const callee = this.#nextCallee(func, next, seen)
        if (callee === undefined) {
          this.#body(func)
          open.pop()
        } else {
          seen[callee] = 1
          open.push(callee)
        }
      }
    }
  }

  /** A function called by this one that nobody has seen, and of which something is to be known. */
  #nextCallee(func: number, next: Int32Array, seen: Uint8Array): number | undefined {
    const end = at(this.#firsts, func + 1)
    for (let i = at(next, func); i < end; i += CELLS) {
      if (at(this.#cells, i + 1) > LAST_SEGMENT) continue
      const callee = enteredAt(at(this.#cells, i + 3), this.#funcs)
      if (callee === undefined || seen[callee]) continue
      if (this.#ahead[entryOf(callee)] !== FREE && this.#ahead[endOf(callee)] !== FREE) continue
      next[func] = i + CELLS
      return callee
    }
    next[func] = end
    return undefined
  }

  #body(func: number): void {
    const cells = this.#cells
    const ahead = this.#ahead
    this.#owe(func)
    const first = at(this.#firsts, func)
    for (let i = at(this.#firsts, func + 1) - CELLS; i >= first; i -= CELLS) {
      const kind = at(cells, i + 1)
      if (kind > LAST_SEGMENT) continue
      const to = at(cells, i + 3)
      const from = at(cells, i + 4)
      const paid = at(cells, i + 2) + (to === NOWHERE ? 0 : this.#aheadAt(to))
      if ((kind === NOTE.join || kind === NOTE.entry) && ahead[from] === FREE)
        ahead[from] = Math.abs(paid) < MOST ? paid : 0
      const charge = paid - this.#aheadAt(from)
      // who ends in a trap gets nothing back
      cells[i + 2] = to === NOWHERE && charge < 0 ? 0 : charge
      cells[i + 3] = paid
    }
  }

  #aheadAt(point: number): number {
    const known = at(this.#ahead, point)
    if (known !== FREE) return known
    const head = this.#heads[point]
    if (head) return this.#loop(point, head)
    // a function that calls itself, maybe through others: what it does first and last must be said before the rest is known
    assert(point > 0 && point <= 2 * this.#funcs, 'what comes after a point was settled before what leads to it')
    const func = (point - 1) >> 1
    this.#owe(func)
    if (this.#ahead[entryOf(func)] === FREE) this.#ahead[entryOf(func)] = at(this.#cells, at(this.#firsts, func) + 2)
    return at(this.#ahead, point)
  }

  /** All that a loop begins with is paid by those who get there, if what comes after that is known already. */
  #loop(point: number, head: number): number {
    const to = at(this.#cells, head + 3)
    const after = to === NOWHERE ? FREE : at(this.#ahead, to)
    const paid = after === FREE ? 0 : at(this.#cells, head + 2) + after
    this.#ahead[point] = paid < MOST ? paid : 0
    return at(this.#ahead, point)
  }

  /** What a function owes at its end: all of the last segment that begins at a known point. */
  #owe(func: number): void {
    const end = endOf(func)
    if (this.#ahead[end] !== FREE) return
    const cells = this.#cells
    let owed = 0
    const first = at(this.#firsts, func)
    for (let i = at(this.#firsts, func + 1) - CELLS; i >= first; i -= CELLS) {
      const kind = at(cells, i + 1)
      if (kind > LAST_SEGMENT || kind === NOTE.entry || at(cells, i + 3) !== end) continue
      const from = at(this.#ahead, at(cells, i + 4))
      if (from === FREE) continue
      owed = at(cells, i + 2) - from
      break
    }
    this.#ahead[end] = owed < MOST ? -owed : 0
  }
}

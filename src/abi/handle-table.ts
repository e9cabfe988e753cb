/**
 * The one table of handles a component instance has. Index 0 is never used, freed indices come back last in, first out:
 * guests see the indices, so both are rules, not choices.
 *
 * @spec Table State
 */
import { Trap } from '../model/errors.ts'
import { type Ledger, MAX_TABLE_LENGTH } from '../model/limits.ts'

/** Anything a handle can stand for; `kind` tells them apart. */
export interface TableEntry {
  readonly kind: 'resource' | 'error-context' | 'subtask' | 'waitable-set' | 'stream' | 'future'
}

const isStreamEnd = ({ kind }: TableEntry): boolean => kind === 'stream' || kind === 'future'

export class HandleTable {
  readonly #ledger: Ledger
  readonly #entries: (TableEntry | undefined)[] = [undefined]
  readonly #free: number[] = []

  constructor(ledger: Ledger) {
    this.#ledger = ledger
  }

  /** How many handles are live. */
  get size(): number {
    return this.#entries.length - 1 - this.#free.length
  }

  *[Symbol.iterator](): Generator<TableEntry> {
    for (const entry of this.#entries) if (entry !== undefined) yield entry
  }

  get(i: number): TableEntry {
    const entry = this.#entries[i]
    if (entry === undefined) throw new Trap('unknown-handle', `unknown handle index ${i}`)
    return entry
  }

  /** As `get`, for who asks before anything may trap. */
  peek(i: number): TableEntry | undefined {
    return this.#entries[i]
  }

  add(entry: TableEntry): number {
    this.#ledger.chargeHandle()
    if (isStreamEnd(entry)) this.#ledger.charge('streamEnds', 1)
    const free = this.#free.pop()
    if (free !== undefined) {
      this.#entries[free] = entry
      return free
    }
    const i = this.#entries.length
    if (i > MAX_TABLE_LENGTH) throw new Trap('unknown-handle', 'cannot allocate another handle: index overflow')
    this.#entries.push(entry)
    return i
  }

  remove(i: number): TableEntry {
    const entry = this.get(i)
    this.#entries[i] = undefined
    this.#free.push(i)
    this.#ledger.releaseHandle()
    if (isStreamEnd(entry)) this.#ledger.release('streamEnds', 1)
    return entry
  }
}

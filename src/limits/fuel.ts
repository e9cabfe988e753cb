/**
 * Fuel as it is paid: purses give slices to the counters of metered modules, and get back what is left of them. A module
 * that has used up its slice asks for the next one; its payer has it, or the guest ends.
 *
 * What a purse has granted and not got back is known to the unit at any time: consumed = granted − what counters hold.
 * A counter may hold less than nothing, by what the last block took too much; that is settled like everything else.
 */

/** Something to draw from. */
export interface Purse {
  /** What no counter holds. */
  left: number
  /** What was put in, in all. */
  total: number
  /** Counters that hold some of it: mostly one, and a new list for every call is cheaper than a set. */
  readonly holders: Holder[]
}

interface Holder {
  readonly remaining: number
  takeBack(): void
}

function remove<T>(list: T[], item: T): void {
  const at = list.lastIndexOf(item)
  if (at === list.length - 1) list.pop()
  else if (at >= 0) list.splice(at, 1)
}

export function makePurse(fuel: number): Purse {
  return { left: fuel, total: fuel, holders: [] }
}

/** What a purse has, counters included. */
export function unspent({ left, holders }: Purse): number {
  let sum = left
  for (const { remaining } of holders) sum += remaining
  return sum
}

/** Who pays: out of an own purse, and a shared one besides. */
export interface Payer {
  readonly own: Purse
  readonly pool: Purse | undefined
  /** Told of what was granted (positive) and of what came back (negative). */
  spend(units: number): void
}

const available = ({ own, pool }: Payer): number => Math.min(own.left, pool?.left ?? Number.POSITIVE_INFINITY)

/** Short enough for a clock that is looked at with every slice: some 100 µs. */
export const TIMED_SLICE = 100_000

/** What a metered module counts down. */
export interface Counter {
  /** What is left of the slice; below zero by what was taken too much. */
  left(): number
  /** Puts another slice there; returns what was left. */
  exchange(units: number): number
}

/** The counter of one core instance. */
export class Tap {
  readonly #till: Till
  readonly #counter: Counter
  #payer: Payer | undefined

  constructor(till: Till, counter: Counter) {
    this.#till = till
    this.#counter = counter
  }

  get remaining(): number {
    return this.#counter.left()
  }

  takeBack(): void {
    const payer = this.#payer ?? this.#till.payer
    const { own, pool } = payer
    const rest = this.#counter.exchange(0)
    this.#payer = undefined
    remove(this.#till.open, this)
    own.left += rest
    remove(own.holders, this)
    if (pool !== undefined) {
      pool.left += rest
      remove(pool.holders, this)
    }
    payer.spend(-rest)
  }

  /** To a counter that holds nothing. */
  grant(payer: Payer, units: number): void {
    this.#payer = payer
    this.#till.open.push(this)
    const { own, pool } = payer
    own.left -= units
    own.holders.push(this)
    if (pool !== undefined) {
      pool.left -= units
      pool.holders.push(this)
    }
    this.#counter.exchange(units)
    payer.spend(units)
  }

  /** It is used up. @returns whether there is more */
  refill(): boolean {
    this.takeBack()
    const { payer } = this.#till
    // others may hold what this one needs
    for (const purse of [payer.own, payer.pool])
      if (purse !== undefined && purse.left <= 0) for (const holder of [...purse.holders]) holder.takeBack()
    if (available(payer) <= 0) return false
    this.#till.fill(this)
    return true
  }
}

/** The counters of one root: at any time one payer fills them all. */
export class Till {
  /** Those that hold something. */
  readonly open: Tap[] = []
  #payer: Payer
  /** How much at once, at most: all there is, where no clock wants to be looked at. */
  slice: number = Number.MAX_SAFE_INTEGER

  constructor(payer: Payer) {
    this.#payer = payer
  }

  get payer(): Payer {
    return this.#payer
  }

  /** What its counters hold. */
  get held(): number {
    let sum = 0
    for (const { remaining } of this.open) sum += remaining
    return sum
  }

  /** From now on another one pays. */
  charge(payer: Payer): void {
    if (payer === this.#payer) return
    const last = this.open.at(-1)
    for (let tap = last; tap !== undefined; tap = this.open.at(-1)) tap.takeBack()
    this.#payer = payer
    // most instances have one counter that counts, and it need not ask
    if (last !== undefined && available(payer) > 0) this.fill(last)
  }

  fill(tap: Tap): void {
    const payer = this.#payer
    const all = available(payer)
    // where several draw nobody gets all, or every call between them would be a refill
    const shared = payer.own.holders.length > 0 || (payer.pool !== undefined && payer.pool.holders.length > 0)
    tap.grant(payer, Math.min(this.slice, shared ? Math.ceil(all / 2) : all))
  }
}

/**
 * What the writers of one direction's source share (`emit-check`, `emit-copy`): how things are called in it, and what was
 * found out about its handles. A prefix tells the two directions of an adapter apart.
 *
 * In the source: `S`, `D` who lifts and who lowers, `F`, `G` their memories (from, to), `sv` `sb` `dv` `db` the views of
 * these, `L` the ledger of who lifts, `P` the passage, `alloc` the allocator, `c0`… handles on their way, `f0`… `t0`… their
 * types on both sides, `h0`… and `y0`… layouts of handles and lists.
 */
import type { StringEncoding } from '../../model/builtins.ts'
import type { ComponentInstance } from '../instance.ts'
import type { FlatType, HandleLayout, Layout } from '../layout.ts'
import { flatOf } from '../lift.ts'
import type { ChoiceLayout, FactBook } from './facts.ts'

/** An address: a variable, and how far behind it. */
export interface Place {
  readonly base: string
  readonly offset: number
}

export const at = ({ base, offset }: Place, more = 0): string =>
  offset + more === 0 ? base : `${base}+${offset + more}`
export const plus = ({ base, offset }: Place, more: number): Place => ({ base, offset: offset + more })

/** A handle on its way in a variable of its own: an own one's rep, or the handle that is lent. */
export interface Carried {
  readonly name: string
  readonly layout: HandleLayout
}

/** Of who lifts and who lowers. */
export type Encodings = readonly [StringEncoding, StringEncoding]

export interface Direction {
  readonly encodings: Encodings
  /** There is so little of it that everything is written where it happens. */
  readonly brief: boolean
  /** Who lowers: what the source calls it and its root. */
  readonly to: { readonly name: string; readonly root: string; readonly inst: ComponentInstance }
  /** Whether a borrow goes to the instance that has implemented it, which gets the rep itself. */
  readonly toOwner: (t: HandleLayout) => boolean
  /** What the other side knows a carried handle by, if not by its rep. */
  readonly rep: (i: number) => string | undefined
  /** Whether loans are counted. */
  readonly counts: boolean
  /** The handle itself, if it was looked up before. */
  readonly found: (i: number) => string | undefined
}

/** After core code of a root ran. */
export const poison = (root: string): string => `if(${root}.quiet===false)${root}.checkPoison();`

/** Views are made anew after growth, which empties them. */
export const refresh = (memory: string): string => `if(${memory}.bytes.length===0)${memory}.refresh();`

/** Unsigned numbers in a view. */
export const read = (view: string, p: Place, bytes: 1 | 2 | 4): string =>
  `${view}.getUint${8 * bytes}(${at(p)}${bytes === 1 ? '' : ',true'})`

export const write = (view: string, p: Place, bytes: 1 | 2 | 4, value: string): string =>
  `${view}.setUint${8 * bytes}(${at(p)},${value}${bytes === 1 ? '' : ',true'});`

/** Up to so many bytes a loop written out is best. */
export const SHORT = 32

export class Draft {
  readonly x: 'a' | 'r'
  readonly facts: FactBook
  readonly direction: Direction
  /** By layout, so that a type has one number. */
  readonly handles: Map<HandleLayout, number> = new Map()
  readonly lists: Map<Layout, number> = new Map()
  /** In the order they are lifted; the same order lowers them. */
  readonly carried: Carried[] = []
  /** Some handles are in lists: the passage keeps them. */
  queued = false
  #names = 0

  /** @param x the prefix */
  constructor(x: 'a' | 'r', facts: FactBook, direction: Direction) {
    this.x = x
    this.facts = facts
    this.direction = direction
  }

  name(): string {
    return `${this.x}${this.#names++}`
  }

  handle(t: HandleLayout): number {
    const i = this.handles.get(t) ?? this.handles.size
    this.handles.set(t, i)
    return i
  }

  list(t: Layout): string {
    const i = this.lists.get(t) ?? this.lists.size
    this.lists.set(t, i)
    return `${this.x}y${i}`
  }

  layoutOf(i: number): HandleLayout {
    return (this.carried[i] as Carried).layout // asked for what is carried
  }

  /** The caller's type of a carried handle. */
  typeOf(i: number): string {
    return `${this.x}f${this.handle(this.layoutOf(i))}`
  }
}

/** Cases that need the same code share it. */
export function casesOf(
  k: string,
  payloads: readonly (Layout | undefined)[],
  code: (payload: Layout) => string,
): string {
  const done = new Map<string, string[]>()
  for (const [i, payload] of payloads.entries()) {
    if (payload === undefined) continue
    const text = code(payload)
    if (text !== '') done.set(text, [...(done.get(text) ?? []), `case ${i}:`])
  }
  if (done.size === 0) return ''
  return `switch(${k}){${[...done].map(([text, labels]) => `${labels.join('')}{${text}break}`).join('')}}`
}

/** The payload's own core values. */
export function unjoined(slots: readonly string[], t: ChoiceLayout, payload: Layout): string[] {
  const joined = flatOf(t)
  return flatOf(payload).map((want, i) => {
    const [value, have] = [slots[i + 1] ?? '', joined[i + 1]]
    if (have === want) return value
    if (want === 'i32') return `Number(BigInt.asIntN(32,${value}))`
    return `fromJoined(scratch,${value},"${have}","${want}")`
  })
}

/** A core value of a case in the place that the cases share. */
export function joinedAs(value: string, have: FlatType | undefined, want: FlatType | undefined): string {
  if (have === want) return value
  if (have === 'i32') return `BigInt(${value}>>>0)`
  return `toJoined(scratch,${value},"${have}","${want}")`
}

/** Each one's share of the slots. */
export function split(slots: readonly string[], ts: readonly Layout[]): readonly (readonly string[])[] {
  let used = 0
  return ts.map((t) => {
    const begin = used
    used += flatOf(t).length
    return slots.slice(begin, used)
  })
}

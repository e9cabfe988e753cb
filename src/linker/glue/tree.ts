/**
 * Values without generated source, for platforms that forbid it: a signature's types as trees of closures that know where
 * their core values and bytes lie. Nothing is made on the way but
 * what JavaScript gets: parameters go from their objects into one array of core values. Same checks, same order as the
 * interpreter, which is asked about whatever does not obviously fit.
 */
import type { CoreValue, LiftLowerContext } from '../../abi/context.ts'
import type { Value } from '../../abi/embedding.ts'
import { casesOf } from '../../abi/emit/load.ts'
import type { Numeric } from '../../abi/emit/numbers.ts'
import type { Layout } from '../../abi/layout.ts'
import { flatOf } from '../../abi/lift.ts'
import { badDiscriminant, checkList, load as loadSlowly } from '../../abi/load.ts'
import { lowerFlat } from '../../abi/lower.ts'
import { loadStringFromRange, storeStringIntoRange } from '../../abi/strings.ts'
import { fromJs, type HandleCheck, MAX_LENGTH } from '../host/host-values.ts'
import { Image } from './image.ts'
import { type AskField, FIELDS, type NumberRecord, numberRecord } from './number-record.ts'
import { codeOf } from './numbers.ts'

type LayoutOf<K extends Layout['kind']> = Extract<Layout, { readonly kind: K }>
type Choice = LayoutOf<'variant' | 'option' | 'result'>

/**
 * One type at one place. What is done with it are functions of its own, which call those of its parts: where an engine
 * finds one kind of part only, it looks into it.
 */
export interface Node {
  /** How many core values it has. */
  readonly width: number
  /** In memory, from where its parent begins. */
  readonly offset: number
  /** Whether something of it is lowered when the guest was entered: it lies in memory, or is a handle. */
  readonly lowers: boolean
  /** Checks a value of JavaScript's; each property is read once. */
  take(value: unknown, flat: Flat): void
  /** What was taken, once the guest is entered: what lies in memory goes there, and core values stand for it. */
  lower(cx: LiftLowerContext, flat: Flat): void
  /** From a valid place in memory. */
  load(cx: LiftLowerContext, view: DataView, p: number): Value
}

/** What has been taken, where its core values will stand: numbers that are core values already, or what is lowered later. */
export type Flat = unknown[]

/** Where a call's core values gather. Another one while a getter of what is being read calls again. */
export class Frame {
  readonly #width: number
  readonly #flat: Flat
  #busy = false

  constructor(width: number) {
    this.#width = width
    this.#flat = new Array<unknown>(width).fill(0)
  }

  begin(): Flat {
    if (this.#busy) return new Array<unknown>(this.#width).fill(0)
    this.#busy = true
    return this.#flat
  }

  /** Its values have been handed over, or will not be. */
  end(flat: Flat): void {
    if (flat === this.#flat) this.#busy = false
  }
}

/** A list of records laid out as it will lie in memory. */
class Laid {
  readonly image: Image
  readonly length: number

  constructor(image: Image, length: number) {
    this.image = image
    this.length = length
  }
}

/** Gives back what a call that did not come about has taken. */
export function drop(flat: Flat): void {
  flat.forEach((taken, i) => {
    if (taken instanceof Laid) taken.image.busy = false
    flat[i] = 0
  })
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !(value instanceof Promise)

/** Where a node stands: among the core values, in memory, and for messages. `seen` is the caller's view of the type. */
interface Place {
  readonly seen: Layout
  readonly at: number
  readonly offset: number
  readonly name: string
  readonly handles: HandleCheck
}

type Ask = (value: unknown) => Value

/**
 * @param seen the caller's view of the type, in whose terms a value is checked
 * @param at the index of its first core value
 */
export function nodeOf(t: Layout, seen: Layout, handles: HandleCheck, name: string, at = 0): Node {
  return made(t, { seen, at, offset: 0, name, handles })
}

function made(t: Layout, place: Place): Node {
  const { seen, handles, name } = place
  const ask: Ask = (value) => fromJs(seen, value, handles, name)
  if (codeOf(t) !== undefined) return numberNode(t.kind as Numeric, ask, place)
  switch (t.kind) {
    case 'string':
      return stringNode(ask, place)
    case 'enum':
      return enumNode(t, ask, place)
    case 'record': {
      const numbers = numberRecord(t)
      if (numbers !== undefined) return numbersNode(t, numbers, ask, place)
      const odd = t.fields.some(({ key, inherited }) => inherited || key === '__proto__')
      return odd ? slowNode(t, ask, place) : recordNode(t, ask, place)
    }
    case 'tuple':
      return tupleNode(t, ask, place)
    case 'variant':
    case 'option':
    case 'result':
      return t.flat === undefined ? slowNode(t, ask, place) : choiceNode(t, ask, place)
    case 'list': {
      const { element } = t
      const numbers = element.kind === 'record' && t.length === undefined ? numberRecord(element) : undefined
      if (numbers === undefined || element.kind !== 'record') return slowNode(t, ask, place)
      return recordsNode(element, numbers, ask, place)
    }
    default:
      return slowNode(t, ask, place)
  }
}

const nothing = (): void => {}

/** By the interpreter. */
function slowNode(t: Layout, ask: Ask, { at, offset }: Place): Node {
  return {
    // results lie in memory where they are too wide
    width: t.flat?.length ?? 0,
    offset,
    lowers: true,
    take: (value, flat) => {
      flat[at] = ask(value)
    },
    lower: (cx, flat) => {
      const out: CoreValue[] = []
      lowerFlat(cx, flat[at], t, out)
      for (let i = 0; i < out.length; i++) flat[at + i] = out[i]
    },
    load: (cx, _, p) => loadSlowly(cx, p, t),
  }
}

function numberNode(kind: Numeric, ask: Ask, { at, offset }: Place): Node {
  const { fits, core, get } = FIELDS[kind]
  return {
    width: 1,
    offset,
    lowers: false,
    take: (value, flat) => {
      flat[at] = core(fits(value) ? value : ask(value))
    },
    lower: nothing,
    load: (_, view, p) => get(view, p),
  }
}

function stringNode(ask: Ask, { at, offset }: Place): Node {
  return {
    width: 2,
    offset,
    lowers: true,
    take: (value, flat) => {
      if (typeof value !== 'string') ask(value)
      flat[at] = value
    },
    lower: (cx, flat) => {
      flat[at] = storeStringIntoRange(cx, flat[at] as string)
      flat[at + 1] = cx.units
    },
    load: (cx, view, p) => loadStringFromRange(cx, view.getUint32(p, true), view.getUint32(p + 4, true)),
  }
}

function enumNode(t: LayoutOf<'enum'>, ask: Ask, { at, offset }: Place): Node {
  const { index, labels } = t
  return {
    width: 1,
    offset,
    lowers: false,
    take: (value, flat) => {
      const i = index.get(value as string)
      if (i === undefined) ask(value)
      flat[at] = i
    },
    lower: nothing,
    load: (_, view, p) => {
      const i = discriminant(view, p, t.discriminant)
      return labels[i] ?? badDiscriminant(i, labels.length)
    },
  }
}

/** A record of numbers. */
function numbersNode(t: LayoutOf<'record'>, numbers: NumberRecord, ask: Ask, place: Place): Node {
  const { at, offset, handles, name } = place
  const askField: AskField = (value, i) => {
    const { key, layout } = t.fields[i] as (typeof t.fields)[number] // one of them
    return fromJs(layout, value, handles, `${name}.${key}`)
  }
  return {
    width: t.fields.length,
    offset,
    lowers: false,
    take: (value, flat) => {
      if (!isRecord(value)) ask(value)
      numbers.lower(value as Readonly<Record<string, unknown>>, flat, at, askField)
    },
    lower: nothing,
    load: (_, view, p) => numbers.load(view, p),
  }
}

function recordNode(t: LayoutOf<'record'>, ask: Ask, place: Place): Node {
  const { fields } = place.seen as LayoutOf<'record'>
  const keys = t.fields.map((f) => f.key)
  const parts = partsOf(t.fields, fields, place.at, (f, view, at) =>
    made(f.layout, { ...place, seen: view.layout, at, offset: f.offset, name: `${place.name}.${f.key}` }),
  )
  return {
    width: widthOf(parts),
    offset: place.offset,
    lowers: parts.some((part) => part.lowers),
    take: (value, flat) => {
      if (!isRecord(value)) ask(value)
      const record = value as Readonly<Record<string, unknown>>
      for (let i = 0; i < parts.length; i++) (parts[i] as Node).take(record[keys[i] as string], flat) // i < length
    },
    lower: lowerAll(parts),
    load: (cx, view, p) => {
      const record: Record<string, Value> = {}
      for (let i = 0; i < parts.length; i++) {
        const part = parts[i] as Node // i < length
        record[keys[i] as string] = part.load(cx, view, p + part.offset)
      }
      return record
    },
  }
}

function tupleNode(t: LayoutOf<'tuple'>, ask: Ask, place: Place): Node {
  const { elements } = place.seen as LayoutOf<'tuple'>
  const parts = partsOf(t.elements, elements, place.at, (e, view, at, i) =>
    made(e.layout, { ...place, seen: view.layout, at, offset: e.offset, name: `${place.name}[${i}]` }),
  )
  return {
    width: widthOf(parts),
    offset: place.offset,
    lowers: parts.some((part) => part.lowers),
    take: (value, flat) => {
      const tuple = (Array.isArray(value) && value.length === parts.length ? value : ask(value)) as unknown[]
      for (let i = 0; i < parts.length; i++) (parts[i] as Node).take(tuple[i], flat) // i < length
    },
    lower: lowerAll(parts),
    load: (cx, view, p) => {
      const tuple = new Array<Value>(parts.length)
      for (let i = 0; i < parts.length; i++) {
        const part = parts[i] as Node // i < length
        tuple[i] = part.load(cx, view, p + part.offset)
      }
      return tuple
    },
  }
}

function choiceNode(t: Choice, ask: Ask, place: Place): Node {
  const { at, offset } = place
  const joined = flatOf(t).slice(1)
  const cases = casesOf(t)
  // what travels as another type is the interpreter's
  if (cases.some((c) => c.layout !== undefined && flatOf(c.layout).some((f, i) => f !== joined[i])))
    return slowNode(t, ask, place)
  const views = casesOf(place.seen as Choice)
  const bare = t.kind === 'option' && !t.boxed
  const parts = cases.map(({ layout }, i) => {
    const seen = views[i]?.layout
    const name = bare ? place.name : `${place.name}.val`
    return layout && seen && made(layout, { ...place, seen, at: at + 1, offset: t.payloadOffset, name })
  })
  const zeros = joined.map((f): CoreValue => (f === 'i64' ? 0n : 0))
  /** What the payload of a case leaves. */
  const fill = (flat: Flat, from: number): void => {
    for (let i = from; i < zeros.length; i++) flat[at + 1 + i] = zeros[i]
  }
  const lowers = parts.some((part) => part?.lowers)
  const lower = (cx: LiftLowerContext, flat: Flat): void => {
    const part = parts[flat[at] as number]
    if (part?.lowers) part.lower(cx, flat)
  }
  const base = { width: 1 + joined.length, offset, lowers, lower: lowers ? lower : nothing }
  const [, some] = parts
  if (bare && some !== undefined) {
    return {
      ...base,
      take: (value, flat) => {
        if (value === undefined || value === null) {
          flat[at] = 0
          fill(flat, 0)
          return
        }
        flat[at] = 1
        some.take(value, flat)
      },
      load: (cx, view, p) => {
        const i = view.getUint8(p)
        if (i === 0) return undefined
        return i === 1 ? some.load(cx, view, p + some.offset) : badDiscriminant(i, 2)
      },
    }
  }
  const tags = cases.map((c) => c.tag)
  const size = t.kind === 'variant' ? t.discriminant : 1
  const empty = t.kind === 'result'
  return {
    ...base,
    take: (value, flat) => {
      if (typeof value !== 'object' || value === null) ask(value)
      const { tag, val } = value as { readonly tag: unknown; readonly val: unknown }
      const i = indexOf(tags, tag)
      if (i < 0) ask({ tag, val })
      flat[at] = i
      const part = parts[i]
      if (part === undefined) fill(flat, 0)
      else {
        part.take(val, flat)
        fill(flat, part.width)
      }
    },
    load: (cx, view, p) => {
      const i = discriminant(view, p, size)
      const tag = tags[i]
      if (tag === undefined) return badDiscriminant(i, tags.length)
      const part = parts[i]
      if (part !== undefined) return { tag, val: part.load(cx, view, p + part.offset) }
      return empty ? { tag, val: undefined } : { tag }
    },
  }
}

/** A list of records of numbers. */
function recordsNode(element: LayoutOf<'record'>, numbers: NumberRecord, ask: Ask, place: Place): Node {
  const { at, offset, handles, name } = place
  const { size, align, cost } = element
  const kept = new Image(0)
  const askField: AskField = (value, i, index) => {
    const { key, layout } = element.fields[i] as (typeof element.fields)[number] // one of them
    return fromJs(layout, value, handles, `${name}[${index}].${key}`)
  }
  return {
    width: 2,
    offset,
    lowers: true,
    take: (value, flat) => {
      const list = (Array.isArray(value) ? value : ask(value)) as readonly unknown[]
      const { length } = list
      if (length > MAX_LENGTH) ask(value)
      const image = kept.begin(length * size)
      try {
        const { view } = image
        for (let i = 0, p = 0; i < length; i++, p += size) {
          const record = list[i]
          if (isRecord(record)) numbers.take(record, view, p, askField, i)
          else fromJs(element, record, handles, `${name}[${i}]`)
        }
      } catch (error) {
        image.busy = false
        throw error
      }
      flat[at] = new Laid(image, length)
    },
    lower: (cx, flat) => {
      const { image, length } = flat[at] as Laid // from above
      const byteLength = length * size
      const ptr = cx.reallocateChecked(0, 0, align, byteLength, 'list')
      cx.memory.bytes.set(image.bytes.subarray(0, byteLength), ptr)
      image.busy = false
      flat[at] = ptr
      flat[at + 1] = length
    },
    load: (cx, view, p) => {
      const from = view.getUint32(p, true)
      const length = view.getUint32(p + 4, true)
      checkList(cx, from, length, element)
      cx.charge(length * cost)
      const list = new Array<Value>(length)
      for (let i = 0; i < length; i++) list[i] = numbers.load(view, from + i * size)
      return list
    },
  }
}

function partsOf<P extends { readonly layout: Layout }>(
  parts: readonly P[],
  views: readonly P[],
  at: number,
  make: (part: P, view: P, at: number, i: number) => Node,
): Node[] {
  let from = at
  return parts.map((part, i) => {
    const node = make(part, views[i] as P, from, i) // the types are equal, so their parts are as many
    from += node.width
    return node
  })
}

const widthOf = (parts: readonly Node[]): number => parts.reduce((sum, part) => sum + part.width, 0)

function lowerAll(parts: readonly Node[]): Node['lower'] {
  const lowered = parts.filter((part) => part.lowers)
  return (cx, flat) => {
    for (const part of lowered) part.lower(cx, flat)
  }
}

/** Engines compare labels by address; of few it is faster than to search for them. */
function indexOf(tags: readonly string[], tag: unknown): number {
  // there is a first
  return tag === tags[0] ? 0 : tags.length > 1 && tag === tags[1] ? 1 : tags.indexOf(tag as string)
}

function discriminant(view: DataView, p: number, size: 1 | 2 | 4): number {
  return size === 1 ? view.getUint8(p) : size === 2 ? view.getUint16(p, true) : view.getUint32(p, true)
}

/**
 * What fused calls ask of a layout: whether anything in it must be looked at before the other side is touched, and whether
 * its bytes may be copied as they are. Found once per layout.
 */
import type { HandleLayout, Layout } from '../layout.ts'

export interface Facts {
  /** Something in it can be wrong, or is taken or lent when it is lifted. */
  readonly checked: boolean
  /** Once checked, lowering it gives the bytes it was lifted from, padding and all. */
  readonly block: boolean
  /** Nothing is allocated or taken when it is lowered. */
  readonly still: boolean
  /** How much source one straight-line piece of it is, roughly: what is repeated counts each time. */
  readonly weight: number
}

export class FactBook {
  readonly #known = new Map<Layout, Facts>()

  of(t: Layout): Facts {
    let facts = this.#known.get(t)
    if (facts === undefined) {
      facts = this.#find(t)
      this.#known.set(t, facts)
    }
    return facts
  }

  weightOf(ts: readonly Layout[]): number {
    return ts.reduce((sum, t) => sum + this.of(t).weight, 0)
  }

  #find(t: Layout): Facts {
    switch (t.kind) {
      case 'u8':
      case 's8':
      case 'u16':
      case 's16':
      case 'u32':
      case 's32':
      case 'u64':
      case 's64':
        return { checked: false, block: true, still: true, weight: 1 }
      case 'bool':
      case 'f32':
      case 'f64':
        // any byte but 0 is true, and there is one NaN
        return { checked: false, block: false, still: true, weight: 1 }
      case 'flags':
        return { checked: false, block: t.labels.length === 8 * t.size, still: true, weight: 1 }
      case 'char':
      case 'enum':
        return { checked: true, block: true, still: true, weight: 1 }
      case 'string':
      case 'own':
      case 'borrow':
      case 'error-context':
      case 'stream':
      case 'future':
        return { checked: true, block: false, still: false, weight: 2 }
      case 'map':
        return { checked: true, block: false, still: false, weight: 4 + this.of(t.element).weight }
      case 'list': {
        const element = this.of(t.element)
        // one of fixed length has nothing to check itself, but it is charged for
        const fixed = t.length !== undefined
        return {
          checked: true,
          block: fixed && element.block,
          still: fixed && element.still,
          weight: 4 + element.weight,
        }
      }
      case 'record':
        return this.#sequence(
          t.size,
          t.fields.map((field) => field.layout),
        )
      case 'tuple':
        return this.#sequence(
          t.size,
          t.elements.map((element) => element.layout),
        )
      default: {
        const payloads = payloadsOf(t)
        const weight = payloads.reduce((sum, c) => sum + (c === undefined ? 0 : 2 + this.of(c).weight), 2)
        const still = payloads.every((c) => c === undefined || this.of(c).still)
        return { checked: true, block: payloads.every((c) => c === undefined), still, weight }
      }
    }
  }

  #sequence(size: number, parts: readonly Layout[]): Facts {
    const facts = parts.map((part) => this.of(part))
    const filled = parts.reduce((sum, part) => sum + part.size, 0)
    return {
      checked: facts.some(({ checked }) => checked),
      block: filled === size && facts.every(({ block }) => block),
      still: facts.every(({ still }) => still),
      weight: facts.reduce((sum, { weight }) => sum + weight, 1),
    }
  }
}

export type ChoiceLayout = Extract<Layout, { kind: 'variant' | 'enum' | 'option' | 'result' }>

/** What each case carries. */
export function payloadsOf(t: ChoiceLayout): readonly (Layout | undefined)[] {
  switch (t.kind) {
    case 'variant':
      return t.cases.map((c) => c.layout)
    case 'enum':
      return t.labels.map(() => undefined)
    case 'option':
      return [undefined, t.some]
    case 'result':
      return [t.ok, t.err]
  }
}

export function discriminantOf(t: ChoiceLayout): 1 | 2 | 4 {
  return t.kind === 'variant' || t.kind === 'enum' ? t.discriminant : 1
}

export const payloadOffsetOf = (t: ChoiceLayout): number => (t.kind === 'enum' ? 0 : t.payloadOffset)

/** What stands side by side in `t`: its fields, its elements, those of a list of fixed length. `undefined`: it is no sequence. */
export function sequenceOf(t: Layout): readonly Layout[] | undefined {
  switch (t.kind) {
    case 'record':
      return t.fields.map(({ layout }) => layout)
    case 'tuple':
      return t.elements.map(({ layout }) => layout)
    case 'list':
      return t.length === undefined ? undefined : new Array<Layout>(t.length).fill(t.element)
    default:
      return undefined
  }
}

/** The layouts directly in `t`, in order. */
export function partsOf(t: Layout): readonly Layout[] {
  switch (t.kind) {
    case 'record':
      return t.fields.map((field) => field.layout)
    case 'tuple':
      return t.elements.map((element) => element.layout)
    case 'list':
    case 'map':
      return [t.element]
    case 'variant':
    case 'enum':
    case 'option':
    case 'result':
      return payloadsOf(t).filter((c) => c !== undefined)
    default:
      return []
  }
}

/** The handles in two layouts of the same type, pair by pair, each layout once. `undefined`: they are not of one type. */
export function pairHandles(
  a: readonly Layout[],
  b: readonly Layout[],
  pairs: Map<HandleLayout, HandleLayout> = new Map(),
  seen: Set<Layout> = new Set(),
): Map<HandleLayout, HandleLayout> | undefined {
  if (a.length !== b.length) return undefined
  for (const [i, x] of a.entries()) {
    const y = b[i] as Layout // as many
    if (seen.has(x)) continue
    seen.add(x)
    if (x.kind !== y.kind || x.size !== y.size) return undefined
    if (x.kind === 'own' || x.kind === 'borrow') pairs.set(x, y as HandleLayout)
    else if (pairHandles(partsOf(x), partsOf(y), pairs, seen) === undefined) return undefined
  }
  return pairs
}

/** Streams, futures and error contexts belong to tasks: they take the general path. */
export function isFusible(ts: readonly Layout[], seen: Set<Layout> = new Set()): boolean {
  return ts.every((t) => {
    if (seen.has(t)) return true
    seen.add(t)
    return t.kind !== 'stream' && t.kind !== 'future' && t.kind !== 'error-context' && isFusible(partsOf(t), seen)
  })
}

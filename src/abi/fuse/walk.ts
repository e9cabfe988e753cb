/**
 * Fused lift and lower as closures over the layout: what `load`, `store`, `lift` and `lower` do in their order, from one
 * memory into the other. First everything is lifted, which here is to check it (`check…`); then it is lowered (`copy…`).
 * Nothing that one side lifts from can change while the other allocates: memories are apart, and an allocator may not
 * leave.
 *
 * The way where source may not be generated, and the plain words for what `emit.ts` writes.
 *
 * @spec Loading
 * @spec Storing
 * @spec Flat Lifting
 * @spec Flat Lowering
 */
import { BugError } from '../../model/errors.ts'
import type { CoreValue } from '../context.ts'
import type { FlatType, Layout, ListLayout, MapLayout } from '../layout.ts'
import { flatOf } from '../lift.ts'
import { badDiscriminant, charFromI32 } from '../load.ts'
import { canonicalF32, canonicalF64, copyBytes } from './bytes.ts'
import { type ChoiceLayout, discriminantOf, type FactBook, payloadOffsetOf, payloadsOf, sequenceOf } from './facts.ts'
import { isNumber, Leaves, type Part } from './leaves.ts'
import { allocateList, isNumeric, locateList, type Passage } from './passage.ts'
import { checkString, copyString } from './strings.ts'

/** What lies at an address. */
export type CheckAt = (ptr: number) => void
export type CopyAt = (source: number, target: number) => void
/** What stands in `values` from `i` on; a copy is appended to `out`. */
export type CheckFlat = (values: readonly CoreValue[], i: number) => void
export type CopyFlat = (values: readonly CoreValue[], i: number, out: CoreValue[]) => void

export class Walker {
  readonly #p: Passage
  readonly #facts: FactBook
  readonly #scratch: DataView
  readonly #checksAt = new Map<Layout, CheckAt>()
  readonly #copiesAt = new Map<Layout, CopyAt>()

  constructor(passage: Passage, facts: FactBook) {
    this.#p = passage
    this.#facts = facts
    this.#scratch = passage.src.inst.root.store.scratch
  }

  // — Memory

  /** `undefined`: nothing can be wrong with it. */
  checkAt(t: Layout): CheckAt | undefined {
    return this.#facts.of(t).checked ? memo(this.#checksAt, t, () => this.#makeCheckAt(t)) : undefined
  }

  #makeCheckAt(t: Layout): CheckAt {
    const p = this.#p
    const { src } = p
    const { memory } = src
    switch (t.kind) {
      case 'char':
        return (ptr) => void charFromI32(memory.view.getUint32(ptr, true))
      case 'string':
        return (ptr) => checkString(src, memory.view.getUint32(ptr, true), memory.view.getUint32(ptr + 4, true))
      case 'list': {
        const { length, element } = t
        if (length === undefined) return this.#checkListAt(t)
        const check = this.checkAt(element)
        return (ptr) => {
          src.charge(length * element.cost)
          if (check !== undefined) for (let i = 0; i < length; i++) check(ptr + i * element.size)
        }
      }
      case 'map':
        return this.#checkListAt(t)
      case 'record':
      case 'tuple': {
        const checks = partsAt(t).flatMap(({ layout, at }) => {
          const check = this.checkAt(layout)
          return check === undefined ? [] : [{ check, at }]
        })
        return (ptr) => {
          for (let i = 0; i < checks.length; i++) {
            const { check, at } = checks[i] as (typeof checks)[number] // i < length
            check(ptr + at)
          }
        }
      }
      case 'variant':
      case 'enum':
      case 'option':
      case 'result': {
        const size = discriminantOf(t)
        const offset = payloadOffsetOf(t)
        const checks = payloadsOf(t).map((payload) => payload && this.checkAt(payload))
        return (ptr) => {
          const i = loadDiscriminant(memory.view, ptr, size)
          if (i >= checks.length) badDiscriminant(i, checks.length)
          checks[i]?.(ptr + offset)
        }
      }
      case 'own':
      case 'borrow':
        return (ptr) => p.liftHandle(memory.view.getUint32(ptr, true), t)
      default:
        throw new BugError(`nothing of ${t.kind} is checked`)
    }
  }

  #checkListAt(t: ListLayout | MapLayout): CheckAt {
    const { memory } = this.#p.src
    const check = this.#checkList(t)
    return (ptr) => check(memory.view.getUint32(ptr, true), memory.view.getUint32(ptr + 4, true))
  }

  #checkList(t: ListLayout | MapLayout): (ptr: number, length: number) => void {
    const { src } = this.#p
    const { element } = t
    const check = this.checkAt(element)
    return (ptr, length) => {
      locateList(src, ptr, length, t)
      if (check !== undefined) for (let i = 0; i < length; i++) check(ptr + i * element.size)
    }
  }

  copyAt(t: Layout): CopyAt {
    return memo(this.#copiesAt, t, () => this.#makeCopyAt(t))
  }

  #makeCopyAt(t: Layout): CopyAt {
    const p = this.#p
    const { src, dst } = p
    const [from, to] = [src.memory, dst.memory]
    const block: CopyAt = (source, target) => copyBytes(from, source, to, target, t.size)
    if (this.#facts.of(t).block) return block
    const leaves = Leaves.of(partsAt(t), false)
    if (leaves !== undefined) return (source, target) => leaves.copy(from.view, source, to.view, target)
    switch (t.kind) {
      case 'string':
        return (source, target) => {
          const begin = copyString(src, dst, from.view.getUint32(source, true), from.view.getUint32(source + 4, true))
          dst.storePtr(begin, target)
          dst.storePtr(dst.units, target + 4)
        }
      case 'list': {
        const { length, element } = t
        if (length === undefined) return this.#copyListAt(t)
        const copy = this.copyAt(element)
        return (source, target) => {
          for (let i = 0; i < length; i++) copy(source + i * element.size, target + i * element.size)
        }
      }
      case 'map':
        return this.#copyListAt(t)
      case 'record':
      case 'tuple':
        return this.#copySequenceAt(t)
      case 'variant':
      case 'option':
      case 'result': {
        const size = discriminantOf(t)
        const offset = payloadOffsetOf(t)
        const copies = payloadsOf(t).map((payload) => payload && this.copyAt(payload))
        return (source, target) => {
          copyBytes(from, source, to, target, size)
          copies[loadDiscriminant(from.view, source, size)]?.(source + offset, target + offset)
        }
      }
      case 'own':
      case 'borrow':
        return (_, target) => {
          const i = p.lowerHandle(t)
          to.view.setUint32(target, i, true)
        }
      default:
        return block
    }
  }

  /** Numbers side by side are one step. */
  #copySequenceAt(t: Layout): CopyAt {
    const [from, to] = [this.#p.src.memory, this.#p.dst.memory]
    const steps = runs(partsAt(t), false).map(({ leaves, part }): CopyAt => {
      if (leaves !== undefined) return (source, target) => leaves.copy(from.view, source, to.view, target)
      const { layout, at } = part
      const copy = this.copyAt(layout)
      return (source, target) => copy(source + at, target + at)
    })
    return (source, target) => {
      for (let i = 0; i < steps.length; i++) (steps[i] as CopyAt)(source, target) // i < length
    }
  }

  #copyListAt(t: ListLayout | MapLayout): CopyAt {
    const { src, dst } = this.#p
    const { memory } = src
    const copy = this.#copyList(t)
    return (source, target) => {
      const length = memory.view.getUint32(source + 4, true)
      const begin = copy(memory.view.getUint32(source, true), length)
      dst.storePtr(begin, target)
      dst.storePtr(length, target + 4)
    }
  }

  #copyList(t: ListLayout | MapLayout): (ptr: number, length: number) => number {
    const { src, dst } = this.#p
    const [from, to] = [src.memory, dst.memory]
    const { element } = t
    const { size } = element
    if (isNumeric(t) || this.#facts.of(element).block)
      return (ptr, length) => {
        const begin = allocateList(dst, length, element)
        copyBytes(from, ptr, to, begin, length * size)
        return begin
      }
    const leaves = Leaves.of(partsAt(element), false)
    if (leaves !== undefined)
      return (ptr, length) => {
        const begin = allocateList(dst, length, element)
        leaves.copyAll(from.view, ptr, to.view, begin, length, size)
        return begin
      }
    const copy = this.copyAt(element)
    return (ptr, length) => {
      const begin = allocateList(dst, length, element)
      for (let i = 0; i < length; i++) copy(ptr + i * size, begin + i * size)
      return begin
    }
  }

  // — Core values

  /** `undefined`: nothing can be wrong with it. */
  checkFlat(t: Layout): CheckFlat | undefined {
    if (!this.#facts.of(t).checked) return undefined
    const p = this.#p
    switch (t.kind) {
      case 'char':
        return (values, i) => void charFromI32(word(values, i))
      case 'string':
        return (values, i) => checkString(p.src, word(values, i), word(values, i + 1))
      case 'map': {
        const check = this.#checkList(t)
        return (values, i) => check(word(values, i), word(values, i + 1))
      }
      case 'list': {
        if (t.length !== undefined) return this.checkSequence(flatParts(t))
        const check = this.#checkList(t)
        return (values, i) => check(word(values, i), word(values, i + 1))
      }
      case 'record':
      case 'tuple':
        return this.checkSequence(flatParts(t))
      case 'variant':
      case 'enum':
      case 'option':
      case 'result': {
        const checks = payloadsOf(t).map((payload) => {
          const check = payload && this.checkFlat(payload)
          if (payload === undefined || check === undefined) return undefined
          const unjoin = this.#unjoin(t, payload)
          return (values: readonly CoreValue[], i: number) => check(unjoin(values, i), 0)
        })
        return (values, i) => {
          const k = word(values, i)
          if (k >= checks.length) badDiscriminant(k, checks.length)
          checks[k]?.(values, i)
        }
      }
      case 'own':
      case 'borrow':
        return (values, i) => p.liftHandle(word(values, i), t)
      default:
        throw new BugError(`nothing of ${t.kind} is checked`)
    }
  }

  checkSequence(parts: readonly Part[]): CheckFlat {
    const checks = parts.flatMap(({ layout, at }) => {
      const check = this.checkFlat(layout)
      return check === undefined ? [] : [{ check, at }]
    })
    return (values, begin) => {
      for (let i = 0; i < checks.length; i++) {
        const { check, at } = checks[i] as (typeof checks)[number] // i < length
        check(values, begin + at)
      }
    }
  }

  copyFlat(t: Layout): CopyFlat {
    const p = this.#p
    const { src, dst } = p
    const leaves = Leaves.of(flatParts(t), true)
    if (leaves !== undefined) return (values, i, out) => leaves.pass(values, i, out)
    switch (t.kind) {
      case 'string':
        return (values, i, out) => {
          const begin = copyString(src, dst, word(values, i), word(values, i + 1))
          out.push(begin, dst.units)
        }
      case 'map': {
        const copy = this.#copyList(t)
        return (values, i, out) => void out.push(copy(word(values, i), word(values, i + 1)), word(values, i + 1))
      }
      case 'list': {
        if (t.length !== undefined) return this.copySequence(flatParts(t))
        const copy = this.#copyList(t)
        return (values, i, out) => void out.push(copy(word(values, i), word(values, i + 1)), word(values, i + 1))
      }
      case 'record':
      case 'tuple':
        return this.copySequence(flatParts(t))
      case 'variant':
      case 'option':
      case 'result':
        return this.#copyChoice(t)
      case 'own':
      case 'borrow':
        return (_, __, out) => void out.push(p.lowerHandle(t))
      default:
        throw new BugError(`${t.kind} does not pass as core values`)
    }
  }

  copySequence(parts: readonly Part[]): CopyFlat {
    const steps = runs(parts, true).map(({ leaves, part }): CopyFlat => {
      if (leaves !== undefined) return (values, begin, out) => leaves.pass(values, begin, out)
      const { layout, at } = part
      const copy = this.copyFlat(layout)
      return (values, begin, out) => copy(values, begin + at, out)
    })
    return (values, begin, out) => {
      for (let i = 0; i < steps.length; i++) (steps[i] as CopyFlat)(values, begin, out) // i < length
    }
  }

  /** Discriminant, payload, zeros in the slots that this case leaves. */
  #copyChoice(t: ChoiceLayout): CopyFlat {
    const joined = flatOf(t)
    const scratch = this.#scratch
    const copies = payloadsOf(t).map((payload) => {
      if (payload === undefined) return undefined
      const copy = this.copyFlat(payload)
      const unjoin = this.#unjoin(t, payload)
      const flat = flatOf(payload)
      return (values: readonly CoreValue[], i: number, out: CoreValue[]) => {
        const begin = out.length
        copy(unjoin(values, i), 0, out)
        for (let k = 0; k < flat.length; k++) {
          const want = joined[k + 1] as FlatType // no case has more slots than all
          out[begin + k] = toJoined(scratch, out[begin + k] as CoreValue, flat[k] as FlatType, want)
        }
      }
    })
    return (values, i, out) => {
      const begin = out.length
      out.push(values[i] as number)
      copies[word(values, i)]?.(values, i, out)
      for (let k = out.length - begin; k < joined.length; k++) out.push(joined[k] === 'i64' ? 0n : 0)
    }
  }

  /** The payload's own core values. Floats that travel as integers stay integers, with the one NaN. */
  #unjoin(t: ChoiceLayout, payload: Layout): (values: readonly CoreValue[], i: number) => CoreValue[] {
    const joined = flatOf(t)
    const flat = flatOf(payload)
    const scratch = this.#scratch
    return (values, i) =>
      flat.map(
        (want, k) => fromJoined(scratch, values[i + 1 + k] as CoreValue, joined[k + 1] as FlatType, want), // as above
      )
  }
}

function memo<T>(known: Map<Layout, T>, t: Layout, make: () => T): T {
  let made = known.get(t)
  if (made === undefined) {
    made = make()
    known.set(t, made)
  }
  return made
}

/** Numbers side by side together, everything else by itself. */
function runs(parts: readonly Part[], flat: boolean): { readonly leaves: Leaves | undefined; readonly part: Part }[] {
  const found: { readonly part: Part; readonly numbers: Part[] | undefined }[] = []
  for (const part of parts) {
    const run = found.at(-1)?.numbers
    if (!isNumber(part.layout)) found.push({ part, numbers: undefined })
    else if (run === undefined) found.push({ part, numbers: [part] })
    else run.push(part)
  }
  return found.map(({ part, numbers }) => ({ part, leaves: numbers && Leaves.of(numbers, flat) }))
}

const word = (values: readonly CoreValue[], i: number): number => (values[i] as number) >>> 0 // the engine gave as many as the signature has

/** What a record or tuple is made of; records in it are taken apart. */
function partsAt(t: Layout, base = 0): Part[] {
  const parts = t.kind === 'record' ? t.fields : t.kind === 'tuple' ? t.elements : undefined
  if (parts === undefined) return [{ layout: t, at: base }]
  return parts.flatMap(({ layout, offset }) => partsAt(layout, base + offset))
}

/** The same by core values, of which there are few. */
export function flatParts(t: Layout): Part[] {
  const parts = sequenceOf(t)
  return parts === undefined ? [{ layout: t, at: 0 }] : inOrder(parts)
}

/** One after the other. */
export function inOrder(layouts: readonly Layout[]): Part[] {
  let begin = 0
  return layouts.flatMap((t) => {
    const parts = flatParts(t).map(({ layout, at }) => ({ layout, at: begin + at }))
    begin += flatOf(t).length
    return parts
  })
}

/** @param scratch eight bytes */
export function fromJoined(scratch: DataView, v: CoreValue, have: FlatType, want: FlatType): CoreValue {
  if (have === want) return v
  if (want === 'f64') {
    scratch.setBigUint64(0, canonicalF64(BigInt.asUintN(64, v as bigint)), true)
    return scratch.getFloat64(0, true)
  }
  const low = have === 'i64' ? Number(BigInt.asIntN(32, v as bigint)) : (v as number)
  if (want === 'i32') return low
  scratch.setUint32(0, canonicalF32(low), true)
  return scratch.getFloat32(0, true)
}

export function toJoined(scratch: DataView, v: CoreValue, have: FlatType, want: FlatType): CoreValue {
  if (have === want) return v
  if (have === 'i32') return BigInt((v as number) >>> 0)
  if (have === 'f64') {
    scratch.setFloat64(0, v as number, true)
    return scratch.getBigUint64(0, true)
  }
  scratch.setFloat32(0, v as number, true)
  const bits = scratch.getUint32(0, true)
  return want === 'i32' ? bits : BigInt(bits)
}

function loadDiscriminant(view: DataView, ptr: number, size: 1 | 2 | 4): number {
  switch (size) {
    case 1:
      return view.getUint8(ptr)
    case 2:
      return view.getUint16(ptr, true)
    case 4:
      return view.getUint32(ptr, true)
  }
}

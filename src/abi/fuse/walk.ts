/**
 * Fused lift and lower by walking the layout: what `load`, `store`, `lift` and `lower` do in their order, from one memory
 * into the other. First everything is lifted, which here is to check it (`check…`); then it is lowered (`copy…`). Nothing
 * that one side lifts from can change while the other allocates: memories are apart, and an allocator may not leave.
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
import { badDiscriminant, canonicalizeNan, charFromI32 } from '../load.ts'
import { canonicalF32, canonicalF64, copyBytes } from './bytes.ts'
import { type ChoiceLayout, discriminantOf, type FactBook, payloadOffsetOf, payloadsOf } from './facts.ts'
import { allocateList, isNumeric, locateList, type Passage } from './passage.ts'
import { checkString, copyString } from './strings.ts'

export class Walker {
  readonly #p: Passage
  readonly #facts: FactBook
  readonly #scratch: DataView

  constructor(passage: Passage, facts: FactBook) {
    this.#p = passage
    this.#facts = facts
    this.#scratch = passage.src.inst.root.store.scratch
  }

  // — Memory

  checkAt(ptr: number, t: Layout): void {
    if (!this.#facts.of(t).checked) return
    const { src } = this.#p
    const { view } = src.memory
    switch (t.kind) {
      case 'char':
        charFromI32(view.getUint32(ptr, true))
        return
      case 'string':
        checkString(src, view.getUint32(ptr, true), view.getUint32(ptr + 4, true))
        return
      case 'list':
        if (t.length !== undefined) {
          src.charge(t.length * t.element.cost)
          for (let i = 0; i < t.length; i++) this.checkAt(ptr + i * t.element.size, t.element)
          return
        }
        this.#checkList(view.getUint32(ptr, true), view.getUint32(ptr + 4, true), t)
        return
      case 'map':
        this.#checkList(view.getUint32(ptr, true), view.getUint32(ptr + 4, true), t)
        return
      case 'record':
        for (const { layout, offset } of t.fields) this.checkAt(ptr + offset, layout)
        return
      case 'tuple':
        for (const { layout, offset } of t.elements) this.checkAt(ptr + offset, layout)
        return
      case 'variant':
      case 'enum':
      case 'option':
      case 'result': {
        const payload = caseOf(t, loadDiscriminant(view, ptr, t))
        if (payload !== undefined) this.checkAt(ptr + payloadOffsetOf(t), payload)
        return
      }
      case 'own':
      case 'borrow':
        this.#p.liftHandle(view.getUint32(ptr, true), t)
        return
      default:
        throw new BugError(`nothing of ${t.kind} is checked`)
    }
  }

  #checkList(ptr: number, length: number, t: ListLayout | MapLayout): void {
    const { element } = t
    locateList(this.#p.src, ptr, length, t)
    if (this.#facts.of(element).checked) for (let i = 0; i < length; i++) this.checkAt(ptr + i * element.size, element)
  }

  copyAt(source: number, target: number, t: Layout): void {
    const { src, dst } = this.#p
    const { view } = src.memory
    switch (t.kind) {
      case 'bool':
        dst.memory.view.setUint8(target, view.getUint8(source) === 0 ? 0 : 1)
        return
      case 'f32':
        dst.memory.view.setFloat32(target, canonicalizeNan(view.getFloat32(source, true)), true)
        return
      case 'f64':
        dst.memory.view.setFloat64(target, canonicalizeNan(view.getFloat64(source, true)), true)
        return
      case 'string': {
        const begin = copyString(src, dst, view.getUint32(source, true), view.getUint32(source + 4, true))
        dst.storePtr(begin, target)
        dst.storePtr(dst.units, target + 4)
        return
      }
      case 'list':
        if (t.length !== undefined && !this.#facts.of(t).block) {
          for (let i = 0; i < t.length; i++) {
            const offset = i * t.element.size
            this.copyAt(source + offset, target + offset, t.element)
          }
          return
        }
        if (t.length === undefined) {
          this.#copyListAt(source, target, t)
          return
        }
        break
      case 'map':
        this.#copyListAt(source, target, t)
        return
      case 'record':
        if (this.#facts.of(t).block) break
        for (const { layout, offset } of t.fields) this.copyAt(source + offset, target + offset, layout)
        return
      case 'tuple':
        if (this.#facts.of(t).block) break
        for (const { layout, offset } of t.elements) this.copyAt(source + offset, target + offset, layout)
        return
      case 'variant':
      case 'option':
      case 'result': {
        copyBytes(src.memory, source, dst.memory, target, discriminantOf(t))
        const payload = payloadsOf(t)[loadDiscriminant(view, source, t)]
        const offset = payloadOffsetOf(t)
        if (payload !== undefined) this.copyAt(source + offset, target + offset, payload)
        return
      }
      case 'flags': {
        const bits = known(t.labels.length)
        if (t.size === 1) dst.memory.view.setUint8(target, view.getUint8(source) & bits)
        else if (t.size === 2) dst.memory.view.setUint16(target, view.getUint16(source, true) & bits, true)
        else dst.memory.view.setUint32(target, view.getUint32(source, true) & bits, true)
        return
      }
      case 'own':
      case 'borrow': {
        const i = this.#p.lowerHandle(t)
        dst.memory.view.setUint32(target, i, true)
        return
      }
    }
    copyBytes(src.memory, source, dst.memory, target, t.size)
  }

  #copyListAt(source: number, target: number, t: ListLayout | MapLayout): void {
    const { src, dst } = this.#p
    const length = src.memory.view.getUint32(source + 4, true)
    const begin = this.#copyList(src.memory.view.getUint32(source, true), length, t)
    dst.storePtr(begin, target)
    dst.storePtr(length, target + 4)
  }

  #copyList(ptr: number, length: number, t: ListLayout | MapLayout): number {
    const { src, dst } = this.#p
    const { element } = t
    const begin = allocateList(dst, length, element)
    if (isNumeric(t) || this.#facts.of(element).block)
      copyBytes(src.memory, ptr, dst.memory, begin, length * element.size)
    else for (let i = 0; i < length; i++) this.copyAt(ptr + i * element.size, begin + i * element.size, element)
    return begin
  }

  // — Core values

  /** From `values[i]` on. */
  checkFlat(values: readonly CoreValue[], i: number, t: Layout): void {
    if (!this.#facts.of(t).checked) return
    const word = (k: number): number => (values[i + k] as number) >>> 0 // the engine gave as many as the signature has
    switch (t.kind) {
      case 'char':
        charFromI32(word(0))
        return
      case 'string':
        checkString(this.#p.src, word(0), word(1))
        return
      case 'map':
        this.#checkList(word(0), word(1), t)
        return
      case 'list':
        if (t.length === undefined) {
          this.#checkList(word(0), word(1), t)
          return
        }
        this.#checkParts(values, i, new Array<Layout>(t.length).fill(t.element))
        return
      case 'record':
        this.#checkParts(
          values,
          i,
          t.fields.map(({ layout }) => layout),
        )
        return
      case 'tuple':
        this.#checkParts(
          values,
          i,
          t.elements.map(({ layout }) => layout),
        )
        return
      case 'variant':
      case 'enum':
      case 'option':
      case 'result': {
        const payload = caseOf(t, word(0))
        if (payload !== undefined) this.checkFlat(this.#unjoin(values, i, t, payload), 0, payload)
        return
      }
      case 'own':
      case 'borrow':
        this.#p.liftHandle(word(0), t)
        return
      default:
        throw new BugError(`nothing of ${t.kind} is checked`)
    }
  }

  #checkParts(values: readonly CoreValue[], begin: number, parts: readonly Layout[]): void {
    let i = begin
    for (const part of parts) {
      this.checkFlat(values, i, part)
      i += flatOf(part).length
    }
  }

  /** Appends to `out`. */
  copyFlat(values: readonly CoreValue[], i: number, t: Layout, out: CoreValue[]): void {
    const word = (k: number): number => (values[i + k] as number) >>> 0 // the engine gave as many as the signature has
    switch (t.kind) {
      case 'bool':
        out.push(word(0) === 0 ? 0 : 1)
        return
      case 'u8':
        out.push(word(0) & 0xff)
        return
      case 's8':
        out.push((word(0) << 24) >> 24)
        return
      case 'u16':
        out.push(word(0) & 0xffff)
        return
      case 's16':
        out.push((word(0) << 16) >> 16)
        return
      case 'f32':
      case 'f64':
        out.push(canonicalizeNan(values[i] as number))
        return
      case 'flags':
        out.push(word(0) & known(t.labels.length))
        return
      case 'string': {
        const { src, dst } = this.#p
        const begin = copyString(src, dst, word(0), word(1))
        out.push(begin, dst.units)
        return
      }
      case 'map':
        out.push(this.#copyList(word(0), word(1), t), word(1))
        return
      case 'list':
        if (t.length === undefined) {
          out.push(this.#copyList(word(0), word(1), t), word(1))
          return
        }
        this.#copyParts(values, i, new Array<Layout>(t.length).fill(t.element), out)
        return
      case 'record':
        this.#copyParts(
          values,
          i,
          t.fields.map(({ layout }) => layout),
          out,
        )
        return
      case 'tuple':
        this.#copyParts(
          values,
          i,
          t.elements.map(({ layout }) => layout),
          out,
        )
        return
      case 'variant':
      case 'option':
      case 'result':
        this.#copyChoice(values, i, t, out)
        return
      case 'own':
      case 'borrow':
        out.push(this.#p.lowerHandle(t))
        return
      default:
        // checked, or any bits will do
        out.push(values[i] as CoreValue) // the engine gave as many as the signature has
    }
  }

  #copyParts(values: readonly CoreValue[], begin: number, parts: readonly Layout[], out: CoreValue[]): void {
    let i = begin
    for (const part of parts) {
      this.copyFlat(values, i, part, out)
      i += flatOf(part).length
    }
  }

  /** Discriminant, payload, zeros in the slots that this case leaves. */
  #copyChoice(values: readonly CoreValue[], i: number, t: ChoiceLayout, out: CoreValue[]): void {
    const joined = flatOf(t)
    const begin = out.length
    out.push(values[i] as number)
    const payload = payloadsOf(t)[(values[i] as number) >>> 0]
    if (payload !== undefined) {
      this.copyFlat(this.#unjoin(values, i, t, payload), 0, payload, out)
      flatOf(payload).forEach((have, k) => {
        const at = begin + 1 + k
        out[at] = toJoined(this.#scratch, out[at] as CoreValue, have, joined[k + 1] as FlatType) // no case has more slots than all
      })
    }
    for (let k = out.length - begin; k < joined.length; k++) out.push(joined[k] === 'i64' ? 0n : 0)
  }

  /** The payload's own core values. Floats that travel as integers stay integers, with the one NaN. */
  #unjoin(values: readonly CoreValue[], i: number, t: ChoiceLayout, payload: Layout): CoreValue[] {
    const joined = flatOf(t)
    return flatOf(payload).map(
      (want, k) => fromJoined(this.#scratch, values[i + 1 + k] as CoreValue, joined[k + 1] as FlatType, want), // as above
    )
  }
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

/** The bits that flags have names for. */
export const known = (labels: number): number => (labels === 32 ? 0xffff_ffff : 2 ** labels - 1)

/** What the case carries, if there is such a case. */
function caseOf(t: ChoiceLayout, i: number): Layout | undefined {
  const payloads = payloadsOf(t)
  return i < payloads.length ? payloads[i] : badDiscriminant(i, payloads.length)
}

function loadDiscriminant(view: DataView, ptr: number, t: ChoiceLayout): number {
  switch (discriminantOf(t)) {
    case 1:
      return view.getUint8(ptr)
    case 2:
      return view.getUint16(ptr, true)
    case 4:
      return view.getUint32(ptr, true)
  }
}

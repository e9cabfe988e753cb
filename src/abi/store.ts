/**
 * Component value → memory. `ptr` is aligned and in range. Values fit their types: another guest lifted them, or the
 * linker checked them; one that changed since can make this throw, never write out of place.
 *
 * @spec Storing
 */
import { Trap, unreachable } from '../model/errors.ts'
import { asyncOf, type LiftLowerContext } from './context.ts'
import type { Value } from './embedding.ts'
import { lowerBorrow, lowerErrorContext, lowerOwn } from './handles.ts'
import type { DiscriminantSize, FlagsLayout, Layout, ListLayout, MapLayout } from './layout.ts'
import { storeStringIntoRange, type TaggedString } from './strings.ts'
import { copyBytesOf, typedArrayLength, typedArrayName } from './typed-array.ts'

/** How a variant, a result and a boxed option look. */
export interface Tagged {
  readonly tag: string
  readonly val?: Value
}

export function store(cx: LiftLowerContext, v: Value, t: Layout, ptr: number): void {
  const { view } = cx.memory
  switch (t.kind) {
    case 'bool':
      view.setUint8(ptr, v ? 1 : 0)
      return
    case 'u8':
    case 's8':
      view.setUint8(ptr, v as number)
      return
    case 'u16':
    case 's16':
      view.setUint16(ptr, v as number, true)
      return
    case 'u32':
    case 's32':
      view.setUint32(ptr, v as number, true)
      return
    case 'u64':
    case 's64':
      view.setBigUint64(ptr, v as bigint, true)
      return
    case 'f32':
      view.setFloat32(ptr, v as number, true)
      return
    case 'f64':
      view.setFloat64(ptr, v as number, true)
      return
    case 'char':
      view.setUint32(ptr, charToI32(v), true)
      return
    case 'string': {
      const begin = storeStringIntoRange(cx, v as string | TaggedString)
      cx.storePtr(begin, ptr)
      cx.storePtr(cx.units, ptr + t.size / 2)
      return
    }
    case 'error-context': {
      const i = lowerErrorContext(cx, v)
      view.setUint32(ptr, i, true)
      return
    }
    case 'list': {
      const list = v as ArrayLike<Value>
      if (t.length !== undefined) {
        storeFixedList(cx, list, ptr, t, t.length)
        return
      }
      const length = lengthOfList(list, t)
      const begin = storeListIntoRange(cx, list, length, t)
      cx.storePtr(begin, ptr)
      cx.storePtr(length, ptr + t.size / 2)
      return
    }
    case 'map': {
      const pairs = pairsOf(v)
      const begin = storeMapIntoRange(cx, pairs, t)
      cx.storePtr(begin, ptr)
      cx.storePtr(pairs.length, ptr + t.size / 2)
      return
    }
    case 'record': {
      const record = v as Readonly<Record<string, Value>>
      for (const field of t.fields) store(cx, record[field.key], field.layout, ptr + field.offset)
      return
    }
    case 'tuple': {
      const tuple = v as ArrayLike<Value>
      for (let i = 0; i < t.elements.length; i++) {
        const e = t.elements[i] as (typeof t.elements)[number] // i < length
        store(cx, tuple[i], e.layout, ptr + e.offset)
      }
      return
    }
    case 'variant': {
      const { tag, val } = v as Tagged
      const i = indexOfLabel(t.index, tag)
      storeDiscriminant(cx, i, ptr, t.discriminant)
      const payload = t.cases[i]?.layout
      if (payload !== undefined) store(cx, val, payload, ptr + t.payloadOffset)
      return
    }
    case 'enum':
      storeDiscriminant(cx, indexOfLabel(t.index, v), ptr, t.discriminant)
      return
    case 'flags': {
      const bits = packFlags(v, t)
      if (t.size === 1) view.setUint8(ptr, bits)
      else if (t.size === 2) view.setUint16(ptr, bits, true)
      else view.setUint32(ptr, bits, true)
      return
    }
    case 'option': {
      const some = isSome(v, t.boxed)
      view.setUint8(ptr, some ? 1 : 0)
      if (some) store(cx, t.boxed ? (v as Tagged).val : v, t.some, ptr + t.payloadOffset)
      return
    }
    case 'result': {
      const { tag, val } = v as Tagged
      const ok = isOk(tag)
      view.setUint8(ptr, ok ? 0 : 1)
      const payload = ok ? t.ok : t.err
      if (payload !== undefined) store(cx, val, payload, ptr + t.payloadOffset)
      return
    }
    case 'own': {
      const i = lowerOwn(cx, v, t)
      view.setUint32(ptr, i, true)
      return
    }
    case 'borrow': {
      const i = lowerBorrow(cx, v, t)
      view.setUint32(ptr, i, true)
      return
    }
    case 'stream':
    case 'future': {
      const i = asyncOf(cx).lowerEnd(cx, v, t)
      view.setUint32(ptr, i, true)
      return
    }
    default:
      unreachable(t)
  }
}

export function charToI32(v: Value): number {
  const i = typeof v === 'string' ? v.codePointAt(0) : undefined
  if (i === undefined) throw new TypeError('expected a char')
  return i
}

export function indexOfLabel(index: ReadonlyMap<string, number>, label: Value): number {
  const i = index.get(label as string)
  if (i === undefined) throw new TypeError(`${JSON.stringify(label)} is not one of the cases`)
  return i
}

export function isSome(v: Value, boxed: boolean): boolean {
  if (!boxed) return v !== undefined && v !== null
  const { tag } = v as Tagged
  if (tag !== 'some' && tag !== 'none') throw new TypeError(`${JSON.stringify(tag)} is not one of the cases`)
  return tag === 'some'
}

export function isOk(tag: string): boolean {
  if (tag !== 'ok' && tag !== 'err') throw new TypeError(`${JSON.stringify(tag)} is not one of the cases`)
  return tag === 'ok'
}

export function packFlags(v: Value, t: FlagsLayout): number {
  const flags = v as Readonly<Record<string, Value>> | null | undefined
  if (flags === undefined || flags === null) return 0
  let bits = 0
  for (let i = 0; i < t.keys.length; i++) if (flags[t.keys[i] as string]) bits |= 1 << i // i < length
  return bits >>> 0
}

function storeDiscriminant(cx: LiftLowerContext, i: number, ptr: number, size: DiscriminantSize): void {
  const { view } = cx.memory
  switch (size) {
    case 1:
      view.setUint8(ptr, i)
      return
    case 2:
      view.setUint16(ptr, i, true)
      return
    case 4:
      view.setUint32(ptr, i, true)
      return
  }
}

/** Between guests lengths were checked when the list was lifted; only JavaScript can hand over more. */
function allocateList(cx: LiftLowerContext, length: number, element: Layout): number {
  const byteLength = length * element.size
  if (byteLength > 0xffff_ffff) throw new Trap('host-value', `a list of ${length} elements is too long`)
  return cx.reallocateChecked(0, 0, element.align, byteLength, 'list')
}

export function storeListIntoRange(cx: LiftLowerContext, v: ArrayLike<Value>, length: number, t: ListLayout): number {
  const ptr = allocateList(cx, length, t.element)
  if (t.array !== undefined && isTypedArray(v, t.array)) {
    // whoever is asked about a growth of memory can do anything
    if (typedArrayLength(v) !== length) throw new Trap('host-value', 'a typed array was resized while it was passed')
    copyBytesOf(v, cx.memory.bytes, ptr)
    return ptr
  }
  storeFixedList(cx, v, ptr, t, length)
  return ptr
}

function storeFixedList(cx: LiftLowerContext, v: ArrayLike<Value>, ptr: number, t: ListLayout, length: number): void {
  const { element } = t
  for (let i = 0; i < length; i++) store(cx, v[i], element, ptr + i * element.size)
}

function isTypedArray(v: object, array: string): v is ArrayBufferView {
  return ArrayBuffer.isView(v) && typedArrayName(v) === array
}

/** As it is now: of a typed array, JavaScript may have changed it since it was checked. */
export function lengthOfList(v: ArrayLike<Value>, t: ListLayout): number {
  return t.array !== undefined && isTypedArray(v, t.array) ? typedArrayLength(v) : v.length
}

/** A Map from JavaScript, pairs from another guest. */
export function pairsOf(v: Value): readonly (readonly Value[])[] {
  return Array.isArray(v) ? v : [...(v as ReadonlyMap<Value, Value>)]
}

export function storeMapIntoRange(cx: LiftLowerContext, pairs: readonly Value[], t: MapLayout): number {
  const { element } = t
  const ptr = allocateList(cx, pairs.length, element)
  for (let i = 0; i < pairs.length; i++) store(cx, pairs[i], element, ptr + i * element.size)
  return ptr
}

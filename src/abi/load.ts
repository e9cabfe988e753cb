/**
 * Memory → component value. `ptr` is aligned and in range: whoever got it from a guest checked that. What a value costs
 * the host is charged before it is made.
 *
 * @spec Loading
 */
import { Trap, unreachable } from '../model/errors.ts'
import { MAX_LIST_BYTE_LENGTH } from '../model/limits.ts'
import { asyncOf, type LiftLowerContext } from './context.ts'
import type { Value } from './embedding.ts'
import { liftBorrow, liftErrorContext, liftOwn } from './handles.ts'
import type {
  DiscriminantSize,
  ElementLayout,
  FlagsLayout,
  Layout,
  ListLayout,
  MapLayout,
  NumericArray,
  TupleLayout,
} from './layout.ts'
import { loadStringFromRange } from './strings.ts'

export function load(cx: LiftLowerContext, ptr: number, t: Layout): Value {
  const { view } = cx.memory
  switch (t.kind) {
    case 'bool':
      return view.getUint8(ptr) !== 0
    case 'u8':
      return view.getUint8(ptr)
    case 's8':
      return view.getInt8(ptr)
    case 'u16':
      return view.getUint16(ptr, true)
    case 's16':
      return view.getInt16(ptr, true)
    case 'u32':
      return view.getUint32(ptr, true)
    case 's32':
      return view.getInt32(ptr, true)
    case 'u64':
      return view.getBigUint64(ptr, true)
    case 's64':
      return view.getBigInt64(ptr, true)
    case 'f32':
      return canonicalizeNan(view.getFloat32(ptr, true))
    case 'f64':
      return canonicalizeNan(view.getFloat64(ptr, true))
    case 'char':
      return charFromI32(view.getUint32(ptr, true))
    case 'string':
      return loadStringFromRange(cx, cx.loadPtr(ptr), cx.loadPtr(ptr + t.size / 2))
    case 'error-context':
      return liftErrorContext(cx, view.getUint32(ptr, true))
    case 'list':
      if (t.length !== undefined) return loadFixedList(cx, ptr, t, t.length)
      return loadListFromRange(cx, cx.loadPtr(ptr), cx.loadPtr(ptr + t.size / 2), t)
    case 'map':
      return loadMapFromRange(cx, cx.loadPtr(ptr), cx.loadPtr(ptr + t.size / 2), t)
    case 'record':
      return t.make(loadAll(cx, ptr, t.fields))
    case 'tuple':
      return loadAll(cx, ptr, t.elements)
    case 'variant': {
      const i = loadDiscriminant(cx, ptr, t.discriminant)
      const c = t.cases[i]
      if (c === undefined) return badDiscriminant(i, t.cases.length)
      return c.layout === undefined ? { tag: c.name } : { tag: c.name, val: load(cx, ptr + t.payloadOffset, c.layout) }
    }
    case 'enum':
      return enumLabel(loadDiscriminant(cx, ptr, t.discriminant), t.labels)
    case 'flags':
      return unpackFlags(
        t.size === 1 ? view.getUint8(ptr) : t.size === 2 ? view.getUint16(ptr, true) : view.getUint32(ptr, true),
        t,
      )
    case 'option':
      switch (view.getUint8(ptr)) {
        case 0:
          return t.boxed ? { tag: 'none' } : undefined
        case 1: {
          const val = load(cx, ptr + t.payloadOffset, t.some)
          return t.boxed ? { tag: 'some', val } : val
        }
        default:
          return badDiscriminant(view.getUint8(ptr), 2)
      }
    case 'result':
      switch (view.getUint8(ptr)) {
        case 0:
          return { tag: 'ok', val: t.ok === undefined ? undefined : load(cx, ptr + t.payloadOffset, t.ok) }
        case 1:
          return { tag: 'err', val: t.err === undefined ? undefined : load(cx, ptr + t.payloadOffset, t.err) }
        default:
          return badDiscriminant(view.getUint8(ptr), 2)
      }
    case 'own':
      return liftOwn(cx, view.getUint32(ptr, true), t)
    case 'borrow':
      return liftBorrow(cx, view.getUint32(ptr, true), t)
    case 'stream':
    case 'future':
      return asyncOf(cx).liftEnd(cx, view.getUint32(ptr, true), t)
    default:
      return unreachable(t)
  }
}

function loadAll(cx: LiftLowerContext, ptr: number, parts: readonly ElementLayout[]): Value[] {
  const values = new Array<Value>(parts.length)
  for (let i = 0; i < values.length; i++) {
    const part = parts[i] as ElementLayout // i < length
    values[i] = load(cx, ptr + part.offset, part.layout)
  }
  return values
}

export function loadTuple(cx: LiftLowerContext, ptr: number, t: TupleLayout): Value[] {
  return loadAll(cx, ptr, t.elements)
}

export function canonicalizeNan(f: number): number {
  return Number.isNaN(f) ? Number.NaN : f
}

export function charFromI32(i: number): string {
  if (i >= 0x11_0000 || (i >= 0xd800 && i <= 0xdfff)) throw new Trap('bad-char')
  return String.fromCodePoint(i)
}

export function badDiscriminant(i: number, n: number): never {
  throw new Trap('bad-discriminant', `invalid variant discriminant (discriminant ${i} out of range [0..${n}))`)
}

export function enumLabel(i: number, labels: readonly string[]): string {
  return labels[i] ?? badDiscriminant(i, labels.length)
}

export function unpackFlags(bits: number, t: FlagsLayout): Record<string, Value> {
  const flags = new Array<boolean>(t.keys.length)
  for (let i = 0; i < flags.length; i++) flags[i] = ((bits >>> i) & 1) === 1
  return t.make(flags)
}

function loadDiscriminant(cx: LiftLowerContext, ptr: number, size: DiscriminantSize): number {
  const { view } = cx.memory
  switch (size) {
    case 1:
      return view.getUint8(ptr)
    case 2:
      return view.getUint16(ptr, true)
    case 4:
      return view.getUint32(ptr, true)
  }
}

/** Length, then alignment, then bounds, also of nothing. */
export function checkList(cx: LiftLowerContext, ptr: number, length: number, element: Layout): void {
  const byteLength = length * element.size
  const tooLong = byteLength > MAX_LIST_BYTE_LENGTH
  if (!tooLong && ptr % element.align !== 0) {
    throw new Trap('bad-pointer', 'unaligned pointer (list pointer is not aligned)')
  }
  if (tooLong || ptr + byteLength > cx.memory.size) {
    throw new Trap('bad-pointer', 'list content out-of-bounds (list pointer/length out of bounds of memory)')
  }
}

export function loadListFromRange(cx: LiftLowerContext, ptr: number, length: number, t: ListLayout): Value {
  const { element } = t
  checkList(cx, ptr, length, element)
  if (t.array !== undefined) {
    const byteLength = length * element.size
    cx.charge(byteLength)
    return numbersFrom(cx.memory.bytes.buffer.slice(ptr, ptr + byteLength), t.array)
  }
  return loadFixedList(cx, ptr, t, length)
}

/** From a range that is known to be valid. */
function loadFixedList(cx: LiftLowerContext, ptr: number, t: ListLayout, length: number): Value[] {
  const { element } = t
  cx.charge(length * element.cost)
  const list = new Array<Value>(length)
  for (let i = 0; i < length; i++) list[i] = load(cx, ptr + i * element.size, element)
  return list
}

/** Pairs between guests; a Map, in which the last of equal keys wins, for JavaScript. */
export function loadMapFromRange(cx: LiftLowerContext, ptr: number, length: number, t: MapLayout): Value {
  const { element } = t
  checkList(cx, ptr, length, element)
  cx.charge(length * element.cost)
  const pairs = new Array<Value>(length)
  for (let i = 0; i < length; i++) pairs[i] = load(cx, ptr + i * element.size, element)
  return cx.host === undefined ? pairs : new Map(pairs as [Value, Value][])
}

/** The bits of NaNs stay as they are: what is not looked at one by one is not canonicalised one by one. */
export function numbersFrom(buffer: ArrayBufferLike, array: NumericArray) {
  switch (array) {
    case 'Uint8Array':
      return new Uint8Array(buffer)
    case 'Int8Array':
      return new Int8Array(buffer)
    case 'Uint16Array':
      return new Uint16Array(buffer)
    case 'Int16Array':
      return new Int16Array(buffer)
    case 'Uint32Array':
      return new Uint32Array(buffer)
    case 'Int32Array':
      return new Int32Array(buffer)
    case 'BigUint64Array':
      return new BigUint64Array(buffer)
    case 'BigInt64Array':
      return new BigInt64Array(buffer)
    case 'Float32Array':
      return new Float32Array(buffer)
    case 'Float64Array':
      return new Float64Array(buffer)
  }
}

/**
 * Lift: core values → component values. Whatever does not fit the flat form comes through memory (`load`).
 *
 * @spec Flat Lifting
 * @spec Lifting and Lowering Values
 */
import { BugError, Trap, unreachable } from '../model/errors.ts'
import { asyncOf, type CoreValue, type LiftLowerContext } from './context.ts'
import type { Value } from './embedding.ts'
import { liftBorrow, liftErrorContext, liftOwn } from './handles.ts'
import type { ElementLayout, FlatType, Layout, TupleLayout } from './layout.ts'
import {
  badDiscriminant,
  canonicalizeNan,
  charFromI32,
  enumLabel,
  load,
  loadListFromRange,
  loadMapFromRange,
  loadTuple,
  unpackFlags,
} from './load.ts'
import { loadStringFromRange } from './strings.ts'

/** Core values being taken one after the other. The engine made them, so each has the type the signature says. */
export class CoreValueIter {
  readonly values: readonly CoreValue[]
  i = 0

  constructor(values: readonly CoreValue[]) {
    this.values = values
  }

  next(): CoreValue {
    return this.values[this.i++] as CoreValue
  }

  number(): number {
    return this.values[this.i++] as number
  }

  u32(): number {
    return (this.values[this.i++] as number) >>> 0
  }

  bigint(): bigint {
    return this.values[this.i++] as bigint
  }
}

export function liftFlat(cx: LiftLowerContext, vi: CoreValueIter, t: Layout): Value {
  switch (t.kind) {
    case 'bool':
      return vi.number() !== 0
    case 'u8':
      return vi.number() & 0xff
    case 's8':
      return (vi.number() << 24) >> 24
    case 'u16':
      return vi.number() & 0xffff
    case 's16':
      return (vi.number() << 16) >> 16
    case 'u32':
      return vi.u32()
    case 's32':
      return vi.number() | 0
    case 'u64':
      return BigInt.asUintN(64, vi.bigint())
    case 's64':
      return BigInt.asIntN(64, vi.bigint())
    case 'f32':
    case 'f64':
      return canonicalizeNan(vi.number())
    case 'char':
      return charFromI32(vi.u32())
    case 'string': {
      const ptr = cx.fromCore(vi.next())
      return loadStringFromRange(cx, ptr, cx.fromCore(vi.next()))
    }
    case 'error-context':
      return liftErrorContext(cx, vi.u32())
    case 'list': {
      if (t.length === undefined) {
        const ptr = cx.fromCore(vi.next())
        return loadListFromRange(cx, ptr, cx.fromCore(vi.next()), t)
      }
      const list: Value[] = []
      for (let i = 0; i < t.length; i++) list.push(liftFlat(cx, vi, t.element))
      return list
    }
    case 'map': {
      const ptr = cx.fromCore(vi.next())
      return loadMapFromRange(cx, ptr, cx.fromCore(vi.next()), t)
    }
    case 'record':
      return t.make(liftAll(cx, vi, t.fields))
    case 'tuple':
      return liftAll(cx, vi, t.elements)
    case 'variant': {
      const i = vi.u32()
      const c = t.cases[i]
      if (c === undefined) return badDiscriminant(i, t.cases.length)
      const val = liftPayload(cx, vi, t, c.layout)
      return c.layout === undefined ? { tag: c.name } : { tag: c.name, val }
    }
    case 'enum':
      return enumLabel(vi.u32(), t.labels)
    case 'flags':
      return unpackFlags(vi.u32(), t)
    case 'option': {
      const i = vi.u32()
      if (i > 1) return badDiscriminant(i, 2)
      const val = liftPayload(cx, vi, t, i === 0 ? undefined : t.some)
      if (!t.boxed) return val
      return i === 0 ? { tag: 'none' } : { tag: 'some', val }
    }
    case 'result': {
      const i = vi.u32()
      if (i > 1) return badDiscriminant(i, 2)
      const val = liftPayload(cx, vi, t, i === 0 ? t.ok : t.err)
      return { tag: i === 0 ? 'ok' : 'err', val }
    }
    case 'own':
      return liftOwn(cx, vi.u32(), t)
    case 'borrow':
      return liftBorrow(cx, vi.u32(), t)
    case 'stream':
    case 'future':
      return asyncOf(cx).liftEnd(cx, vi.u32(), t)
    default:
      return unreachable(t)
  }
}

/** What follows a flat discriminant: the slots of all cases joined, of which this case uses the first few. */
function liftPayload(cx: LiftLowerContext, vi: CoreValueIter, t: Layout, payload: Layout | undefined): Value {
  const joined = flatOf(t)
  const end = vi.i + joined.length - 1
  let val: Value
  if (payload !== undefined) {
    const wanted = flatOf(payload)
    const coerced: CoreValue[] = []
    for (let i = 0; i < wanted.length; i++) {
      coerced.push(coerceFromJoined(cx, vi.next(), joined[i + 1] as FlatType, wanted[i] as FlatType)) // i < length
    }
    val = liftFlat(cx, new CoreValueIter(coerced), payload)
  }
  vi.i = end
  return val
}

function coerceFromJoined(cx: LiftLowerContext, v: CoreValue, have: FlatType, want: FlatType): CoreValue {
  if (have === want) return v
  const { scratch } = cx.inst.root.store
  if (have === 'i32') {
    scratch.setInt32(0, v as number, true)
    return scratch.getFloat32(0, true)
  }
  if (want === 'f64') {
    scratch.setBigInt64(0, v as bigint, true)
    return scratch.getFloat64(0, true)
  }
  const low = Number(BigInt.asIntN(32, v as bigint))
  if (want === 'i32') return low
  scratch.setInt32(0, low, true)
  return scratch.getFloat32(0, true)
}

function liftAll(cx: LiftLowerContext, vi: CoreValueIter, parts: readonly { readonly layout: Layout }[]): Value[] {
  const values = new Array<Value>(parts.length)
  for (let i = 0; i < values.length; i++) values[i] = liftFlat(cx, vi, (parts[i] as ElementLayout).layout) // i < length
  return values
}

export function flatOf(t: Layout): readonly FlatType[] {
  if (t.flat === undefined) throw new BugError('what is passed flat has a flat form')
  return t.flat
}

/** The values at a pointer from a guest: alignment, then bounds. */
export function loadSpilled(cx: LiftLowerContext, ptr: number, tuple: TupleLayout): Value[] {
  checkSpilled(cx, ptr, tuple)
  return loadTuple(cx, ptr, tuple)
}

/** The only value at such a pointer. */
export function loadResult(cx: LiftLowerContext, ptr: number, tuple: TupleLayout): Value {
  checkSpilled(cx, ptr, tuple)
  return load(cx, ptr, (tuple.elements[0] as ElementLayout).layout) // a result is one value
}

export function checkSpilled(cx: LiftLowerContext, ptr: number, tuple: TupleLayout): void {
  if (ptr % tuple.align !== 0) throw new Trap('bad-pointer', 'unaligned pointer (pointer not aligned)')
  if (ptr + tuple.size > cx.memory.size) {
    throw new Trap('bad-pointer', 'out of bounds memory access (pointer out of bounds of memory)')
  }
}

/** @param spilled the tuple of all, when they come through memory */
export function liftFlatValues(
  cx: LiftLowerContext,
  vi: CoreValueIter,
  ts: readonly Layout[],
  spilled: TupleLayout | undefined,
): Value[] {
  if (spilled !== undefined) return loadSpilled(cx, cx.fromCore(vi.next()), spilled)
  const values = new Array<Value>(ts.length)
  for (let i = 0; i < values.length; i++) values[i] = liftFlat(cx, vi, ts[i] as Layout) // i < length
  return values
}

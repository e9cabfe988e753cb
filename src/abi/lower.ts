/**
 * Lower: component values → core values, appended to `out`. Whatever does not fit the flat form goes through memory
 * (`store`).
 *
 * @spec Flat Lowering
 * @spec Lifting and Lowering Values
 */
import { Trap, unreachable } from '../model/errors.ts'
import { asyncOf, type CoreValue, type LiftLowerContext } from './context.ts'
import type { Value } from './embedding.ts'
import { lowerBorrow, lowerErrorContext, lowerOwn } from './handles.ts'
import type { ElementLayout, FlatType, Layout, TupleLayout } from './layout.ts'
import { checkSpilled, flatOf } from './lift.ts'
import {
  charToI32,
  indexOfLabel,
  isOk,
  isSome,
  lengthOfList,
  packFlags,
  pairsOf,
  store,
  storeListIntoRange,
  storeMapIntoRange,
  type Tagged,
} from './store.ts'
import { storeStringIntoRange, type TaggedString } from './strings.ts'

export function lowerFlat(cx: LiftLowerContext, v: Value, t: Layout, out: CoreValue[]): void {
  switch (t.kind) {
    case 'bool':
      out.push(v ? 1 : 0)
      return
    case 'u8':
    case 's8':
    case 'u16':
    case 's16':
    case 'u32':
    case 's32':
    case 'f32':
    case 'f64':
      // the engine takes i32 modulo 2^32
      out.push(v as number)
      return
    case 'u64':
    case 's64':
      out.push(v as bigint)
      return
    case 'char':
      out.push(charToI32(v))
      return
    case 'string': {
      const ptr = storeStringIntoRange(cx, v as string | TaggedString)
      out.push(cx.toCore(ptr), cx.toCore(cx.units))
      return
    }
    case 'error-context':
      out.push(lowerErrorContext(cx, v))
      return
    case 'list': {
      const list = v as ArrayLike<Value>
      if (t.length === undefined) {
        const length = lengthOfList(list, t)
        const ptr = storeListIntoRange(cx, list, length, t)
        out.push(cx.toCore(ptr), cx.toCore(length))
        return
      }
      for (let i = 0; i < t.length; i++) lowerFlat(cx, list[i], t.element, out)
      return
    }
    case 'map': {
      const pairs = pairsOf(v)
      const ptr = storeMapIntoRange(cx, pairs, t)
      out.push(cx.toCore(ptr), cx.toCore(pairs.length))
      return
    }
    case 'record': {
      const record = v as Readonly<Record<string, Value>>
      for (const field of t.fields) lowerFlat(cx, record[field.key], field.layout, out)
      return
    }
    case 'tuple': {
      const tuple = v as ArrayLike<Value>
      for (let i = 0; i < t.elements.length; i++) lowerFlat(cx, tuple[i], (t.elements[i] as ElementLayout).layout, out) // i < length
      return
    }
    case 'variant': {
      const { tag, val } = v as Tagged
      const i = indexOfLabel(t.index, tag)
      lowerPayload(cx, i, val, t, t.cases[i]?.layout, out)
      return
    }
    case 'enum':
      out.push(indexOfLabel(t.index, v))
      return
    case 'flags':
      out.push(packFlags(v, t))
      return
    case 'option': {
      const some = isSome(v, t.boxed)
      lowerPayload(cx, some ? 1 : 0, some && t.boxed ? (v as Tagged).val : v, t, some ? t.some : undefined, out)
      return
    }
    case 'result': {
      const { tag, val } = v as Tagged
      const ok = isOk(tag)
      lowerPayload(cx, ok ? 0 : 1, val, t, ok ? t.ok : t.err, out)
      return
    }
    case 'own':
      out.push(lowerOwn(cx, v, t))
      return
    case 'borrow':
      out.push(lowerBorrow(cx, v, t))
      return
    case 'stream':
    case 'future':
      out.push(asyncOf(cx).lowerEnd(cx, v, t))
      return
    default:
      unreachable(t)
  }
}

/** Discriminant, payload widened to the joined slots, zeros in the slots this case leaves. */
function lowerPayload(
  cx: LiftLowerContext,
  i: number,
  val: Value,
  t: Layout,
  payload: Layout | undefined,
  out: CoreValue[],
): void {
  const joined = flatOf(t)
  const begin = out.length
  out.push(i)
  if (payload !== undefined) {
    lowerFlat(cx, val, payload, out)
    const have = flatOf(payload)
    for (let k = 0; k < have.length; k++) {
      const slot = begin + 1 + k
      out[slot] = coerceToJoined(cx, out[slot] as CoreValue, have[k] as FlatType, joined[k + 1] as FlatType) // k < length
    }
  }
  for (let k = out.length - begin; k < joined.length; k++) out.push(joined[k] === 'i64' ? 0n : 0)
}

function coerceToJoined(cx: LiftLowerContext, v: CoreValue, have: FlatType, want: FlatType): CoreValue {
  if (have === want) return v
  const { scratch } = cx.inst.root.store
  if (have === 'i32') return BigInt((v as number) >>> 0)
  if (have === 'f64') {
    scratch.setFloat64(0, v as number, true)
    return scratch.getBigUint64(0, true)
  }
  scratch.setFloat32(0, v as number, true)
  const bits = scratch.getUint32(0, true)
  return want === 'i32' ? bits : BigInt(bits)
}

export function storeSpilled(cx: LiftLowerContext, vs: readonly Value[], tuple: TupleLayout, ptr: number): void {
  checkSpilled(cx, ptr, tuple)
  for (let i = 0; i < tuple.elements.length; i++) {
    const e = tuple.elements[i] as ElementLayout // i < length
    store(cx, vs[i], e.layout, ptr + e.offset)
  }
}

/** Memory of the callee's making, for values that are too many. */
export function allocateSpilled(cx: LiftLowerContext, tuple: TupleLayout): number {
  const ptr = cx.reallocate(0, 0, tuple.align, tuple.size)
  if (ptr % tuple.align !== 0) throw new Trap('bad-realloc', 'unaligned pointer (realloc return: result not aligned)')
  if (ptr + tuple.size > cx.memory.size) {
    throw new Trap('bad-realloc', 'out of bounds memory access (realloc return: beyond end of memory)')
  }
  return ptr
}

export function lowerSpilled(cx: LiftLowerContext, vs: readonly Value[], tuple: TupleLayout): CoreValue {
  const ptr = allocateSpilled(cx, tuple)
  storeSpilled(cx, vs, tuple, ptr)
  return cx.toCore(ptr)
}

/** @param spilled the tuple of all, when they go through memory */
export function lowerFlatValues(
  cx: LiftLowerContext,
  vs: readonly Value[],
  ts: readonly Layout[],
  spilled: TupleLayout | undefined,
): CoreValue[] {
  if (spilled !== undefined) return [lowerSpilled(cx, vs, spilled)]
  const out: CoreValue[] = []
  for (let i = 0; i < ts.length; i++) lowerFlat(cx, vs[i], ts[i] as Layout, out) // i < length
  return out
}

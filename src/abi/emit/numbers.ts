/**
 * How generated code treats the numbers and booleans: one recipe for each kind, for load, store, lift, lower, and for the
 * test whether a JavaScript value obviously is one.
 *
 * @spec Flat Lifting
 * @spec Flat Lowering
 */
import type { FlatType, Layout, NumberKind } from '../layout.ts'
import { at, type Side } from './source.ts'

export type Numeric = NumberKind | 'bool'

interface Recipe {
  readonly load: (view: string, place: string) => string
  readonly store: (view: string, place: string, value: string) => string
  /** From the core value as the engine hands it over. */
  readonly lift: (core: string) => string
  readonly lower: (value: string) => string
  /** What a name holds if that is of the kind as it is, else `otherwise`, an expression. */
  readonly fitting: (name: string, otherwise: string) => string
}

const same = (value: string): string => value

function int(get: string, set: string, fold: (value: string) => string): Recipe {
  const little = get.endsWith('8') ? '' : ',true'
  return {
    load: (view, place) => `${view}.${get}(${place}${little})`,
    store: (view, place, value) => `${view}.${set}(${place},${value}${little})`,
    lift: fold,
    lower: same,
    fitting: (name, otherwise) => `typeof ${name}==="number"&&${fold(name)}===${name}?${name}:${otherwise}`,
  }
}

function big(as: 'asIntN' | 'asUintN', get: string): Recipe {
  return {
    load: (view, place) => `${view}.${get}(${place},true)`,
    store: (view, place, value) => `${view}.setBigUint64(${place},${value},true)`,
    lift: (core) => `BigInt.${as}(64,${core})`,
    lower: same,
    fitting: (name, otherwise) => `typeof ${name}==="bigint"&&BigInt.${as}(64,${name})===${name}?${name}:${otherwise}`,
  }
}

/** NaNs stay as they come: JavaScript knows one NaN and shows no bits. */
function float(get: string, set: string): Recipe {
  return {
    load: (view, place) => `${view}.${get}(${place},true)`,
    store: (view, place, value) => `${view}.${set}(${place},${value},true)`,
    lift: same,
    lower: same,
    fitting: (name, otherwise) => `typeof ${name}==="number"?${name}:${otherwise}`,
  }
}

const RECIPES: { readonly [K in Numeric]: Recipe } = {
  bool: {
    load: (view, place) => `${view}.getUint8(${place})!==0`,
    store: (view, place, value) => `${view}.setUint8(${place},${value}?1:0)`,
    lift: (core) => `${core}!==0`,
    lower: (value) => `${value}?1:0`,
    // engines know two constants by address, and compare the kinds of others
    fitting: (name, otherwise) => `${name}===true?true:${name}===false?false:${otherwise}`,
  },
  u8: int('getUint8', 'setUint8', (x) => `(${x}&255)`),
  s8: int('getInt8', 'setUint8', (x) => `(${x}<<24>>24)`),
  u16: int('getUint16', 'setUint16', (x) => `(${x}&65535)`),
  s16: int('getInt16', 'setUint16', (x) => `(${x}<<16>>16)`),
  u32: int('getUint32', 'setUint32', (x) => `(${x}>>>0)`),
  s32: int('getInt32', 'setUint32', (x) => `(${x}|0)`),
  u64: big('asUintN', 'getBigUint64'),
  s64: big('asIntN', 'getBigInt64'),
  f32: float('getFloat32', 'setFloat32'),
  f64: float('getFloat64', 'setFloat64'),
}

/** The recipe of a number or boolean; `undefined` for anything else. */
export function recipeOf(t: Layout): Recipe | undefined {
  return Object.hasOwn(RECIPES, t.kind) ? RECIPES[t.kind as Numeric] : undefined
}

/** An unsigned integer of 1, 2 or 4 bytes in memory: discriminants, flags, handles. */
export function loadUint(side: Side, base: string, offset: number, size: number): string {
  const place = at(base, offset)
  return size === 1 ? `${side.view}.getUint8(${place})` : `${side.view}.getUint${8 * size}(${place},true)`
}

export function storeUint(side: Side, base: string, offset: number, size: number, value: string): string {
  const place = at(base, offset)
  return size === 1
    ? `${side.view}.setUint8(${place},${value});`
    : `${side.view}.setUint${8 * size}(${place},${value},true);`
}

/** In a slot that several cases share a value travels as the wider type; back to its own. `scratch` is a view of 8 bytes. */
export function fromJoined(core: string, have: FlatType, want: FlatType): string {
  if (have === want) return core
  if (have === 'i32') return `(scratch.setInt32(0,${core},true),scratch.getFloat32(0,true))`
  if (want === 'f64') return `(scratch.setBigInt64(0,${core},true),scratch.getFloat64(0,true))`
  const low = `Number(BigInt.asIntN(32,${core}))`
  return want === 'i32' ? low : `(scratch.setInt32(0,${low},true),scratch.getFloat32(0,true))`
}

export function toJoined(value: string, have: FlatType, want: FlatType): string {
  if (have === want) return value
  if (have === 'i32') return `BigInt((${value})>>>0)`
  if (have === 'f64') return `(scratch.setFloat64(0,${value},true),scratch.getBigUint64(0,true))`
  const bits = `(scratch.setFloat32(0,${value},true),scratch.getUint32(0,true))`
  return want === 'i32' ? bits : `BigInt(${bits})`
}

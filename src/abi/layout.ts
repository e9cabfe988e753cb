/**
 * What lift, lower, load and store interpret: a value type laid out for one pointer type, and a function type flattened
 * for one side of a call. Resources stay slots: their identity is a matter of the running instance.
 */
import type { PlanResource, PointerType } from '../model/plan.ts'
import type { FuncType, ValType } from '../model/types.ts'
import type { RecordMaker } from './record.ts'

export type FlatType = 'i32' | 'i64' | 'f32' | 'f64'

/** The typed array a list of numbers is in JavaScript. */
export type NumericArray =
  | 'Int8Array'
  | 'Uint8Array'
  | 'Int16Array'
  | 'Uint16Array'
  | 'Int32Array'
  | 'Uint32Array'
  | 'BigInt64Array'
  | 'BigUint64Array'
  | 'Float32Array'
  | 'Float64Array'

export type NumberKind = 's8' | 'u8' | 's16' | 'u16' | 's32' | 'u32' | 's64' | 'u64' | 'f32' | 'f64'
export type ScalarKind = NumberKind | 'bool' | 'char'

export interface FieldLayout {
  readonly name: string
  /** The JavaScript property: lowerCamelCase, or the WIT name where two fields would share one. */
  readonly key: string
  /** Every object inherits something under this key, which is not the field. */
  readonly inherited: boolean
  readonly layout: Layout
  readonly offset: number
}

export interface ElementLayout {
  readonly layout: Layout
  readonly offset: number
}

export interface CaseLayout {
  readonly name: string
  readonly layout: Layout | undefined
}

export type DiscriminantSize = 1 | 2 | 4

export interface LayoutBase {
  readonly type: ValType
  readonly size: number
  readonly align: number
  /** `undefined`: more than `MAX_FLAT_PARAMS`, so never passed flat. */
  readonly flat: readonly FlatType[] | undefined
  /** An upper estimate of the JavaScript heap one value takes, without the elements of lists: they are charged by number. */
  readonly cost: number
  readonly hasBorrow: boolean
  /** Holds a stream or a future. */
  readonly hasAsyncValue: boolean
}

export type ScalarLayout = LayoutBase & { readonly kind: ScalarKind | 'string' | 'error-context' }
export type ListLayout = LayoutBase & {
  readonly kind: 'list'
  readonly element: Layout
  readonly length: number | undefined
  readonly array: NumericArray | undefined
}
/** `element` is `tuple<key, value>`. */
export type MapLayout = LayoutBase & {
  readonly kind: 'map'
  readonly key: Layout
  readonly value: Layout
  readonly element: Layout
}
export type RecordLayout = LayoutBase & {
  readonly kind: 'record'
  readonly fields: readonly FieldLayout[]
  /** From the values of the fields, in order. */
  readonly make: RecordMaker
}
export type TupleLayout = LayoutBase & { readonly kind: 'tuple'; readonly elements: readonly ElementLayout[] }
export type VariantLayout = LayoutBase & {
  readonly kind: 'variant'
  readonly cases: readonly CaseLayout[]
  readonly index: ReadonlyMap<string, number>
  readonly discriminant: DiscriminantSize
  readonly payloadOffset: number
}
export type EnumLayout = LayoutBase & {
  readonly kind: 'enum'
  readonly labels: readonly string[]
  readonly index: ReadonlyMap<string, number>
  readonly discriminant: DiscriminantSize
}
export type FlagsLayout = LayoutBase & {
  readonly kind: 'flags'
  readonly labels: readonly string[]
  readonly keys: readonly string[]
  readonly make: RecordMaker
}
export type OptionLayout = LayoutBase & {
  readonly kind: 'option'
  readonly some: Layout
  /** `{ tag, val }` in JavaScript, because the bare form could not tell its own `none` from the inner one. */
  readonly boxed: boolean
  readonly payloadOffset: number
}
export type ResultLayout = LayoutBase & {
  readonly kind: 'result'
  readonly ok: Layout | undefined
  readonly err: Layout | undefined
  readonly payloadOffset: number
}
export type HandleLayout = LayoutBase & { readonly kind: 'own' | 'borrow'; readonly resource: PlanResource }
export type AsyncLayout = LayoutBase & { readonly kind: 'stream' | 'future'; readonly element: Layout | undefined }

export type Layout =
  | ScalarLayout
  | ListLayout
  | MapLayout
  | RecordLayout
  | TupleLayout
  | VariantLayout
  | EnumLayout
  | FlagsLayout
  | OptionLayout
  | ResultLayout
  | HandleLayout
  | AsyncLayout

/** A function type as one side of a call passes it. */
export interface Signature {
  readonly type: FuncType
  readonly params: readonly Layout[]
  readonly result: Layout | undefined
  /** The tuple of all parameters, when they travel through memory. */
  readonly spilledParams: TupleLayout | undefined
  /** The tuple of the result, when it travels through memory. */
  readonly spilledResult: TupleLayout | undefined
  readonly core: { readonly params: readonly FlatType[]; readonly results: readonly FlatType[] }
  /** Every parameter and the result is one number or bool, passed flat. */
  readonly scalar: boolean
  /** Some parameter lends handles. */
  readonly hasBorrow: boolean
  readonly hasAsyncValue: boolean
}

export interface SignatureOptions {
  readonly ptr: PointerType
  readonly async: boolean
  /** Whether it is there matters to an async lift. */
  readonly callback?: unknown
}

/** Sizes and flat types of what is one number, bool or char. */
export const SCALARS: Readonly<
  Record<ScalarKind, { readonly size: number; readonly flat: FlatType; readonly array: NumericArray | undefined }>
> = {
  bool: { size: 1, flat: 'i32', array: undefined },
  s8: { size: 1, flat: 'i32', array: 'Int8Array' },
  u8: { size: 1, flat: 'i32', array: 'Uint8Array' },
  s16: { size: 2, flat: 'i32', array: 'Int16Array' },
  u16: { size: 2, flat: 'i32', array: 'Uint16Array' },
  s32: { size: 4, flat: 'i32', array: 'Int32Array' },
  u32: { size: 4, flat: 'i32', array: 'Uint32Array' },
  s64: { size: 8, flat: 'i64', array: 'BigInt64Array' },
  u64: { size: 8, flat: 'i64', array: 'BigUint64Array' },
  f32: { size: 4, flat: 'f32', array: 'Float32Array' },
  f64: { size: 8, flat: 'f64', array: 'Float64Array' },
  char: { size: 4, flat: 'i32', array: undefined },
}

/** The typed array of a list of these, if it is one. */
export function arrayOf(element: ValType): NumericArray | undefined {
  return element.kind in SCALARS ? SCALARS[element.kind as ScalarKind].array : undefined
}

/** A number or a bool. */
export function isNumber(layout: Layout): boolean {
  return layout.kind === 'bool' || (layout.kind in SCALARS && layout.kind !== 'char')
}

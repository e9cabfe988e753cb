/**
 * What lift, lower, load and store interpret: a value type laid out for one pointer type, and a function type flattened
 * for one side of a call. Types come in validated; layouts are made once and shared by all instances of a component.
 * Resources stay slots: their identity is a matter of the running instance. Huge fixed-length lists are never expanded.
 *
 * @spec Alignment
 * @spec Element Size
 * @spec Flattening
 */
import type { PlanResource, PointerType } from '../model/plan.ts'
import type { FuncType, ValType } from '../model/types.ts'

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

export type ScalarKind = 'bool' | 's8' | 'u8' | 's16' | 'u16' | 's32' | 'u32' | 's64' | 'u64' | 'f32' | 'f64' | 'char'

export interface FieldLayout {
  readonly name: string
  /** The JavaScript property: lowerCamelCase, or the WIT name where two fields would share one. */
  readonly key: string
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

export interface LayoutBase {
  readonly type: ValType
  readonly size: number
  readonly align: number
  /** `undefined`: more than `MAX_FLAT_PARAMS`, so never passed flat. */
  readonly flat: readonly FlatType[] | undefined
  /** An upper estimate of the JavaScript heap one value takes, without what hangs behind pointers. */
  readonly cost: number
  readonly hasBorrow: boolean
}

export type Layout = LayoutBase &
  (
    | { readonly kind: ScalarKind | 'string' | 'error-context' }
    | {
        readonly kind: 'list'
        readonly element: Layout
        readonly length: number | undefined
        readonly array: NumericArray | undefined
      }
    /** `element` is `tuple<key, value>`. */
    | { readonly kind: 'map'; readonly key: Layout; readonly value: Layout; readonly element: Layout }
    | { readonly kind: 'record'; readonly fields: readonly FieldLayout[] }
    | { readonly kind: 'tuple'; readonly elements: readonly ElementLayout[] }
    | {
        readonly kind: 'variant'
        readonly cases: readonly CaseLayout[]
        readonly index: ReadonlyMap<string, number>
        readonly discriminant: 1 | 2 | 4
        readonly payloadOffset: number
      }
    | {
        readonly kind: 'enum'
        readonly labels: readonly string[]
        readonly index: ReadonlyMap<string, number>
        readonly discriminant: 1 | 2 | 4
      }
    | { readonly kind: 'flags'; readonly labels: readonly string[]; readonly keys: readonly string[] }
    | {
        readonly kind: 'option'
        readonly some: Layout
        /** `{ tag, val }` in JavaScript, because the bare form could not tell its own `none` from the inner one. */
        readonly boxed: boolean
        readonly payloadOffset: number
      }
    | {
        readonly kind: 'result'
        readonly ok: Layout | undefined
        readonly err: Layout | undefined
        readonly payloadOffset: number
      }
    | { readonly kind: 'own' | 'borrow'; readonly resource: PlanResource }
    | { readonly kind: 'stream' | 'future'; readonly element: Layout | undefined }
  )

/** A function type as one side of a call passes it. */
export interface Signature {
  readonly type: FuncType
  readonly params: readonly Layout[]
  readonly result: Layout | undefined
  /** The tuple of all parameters, when they travel through memory. */
  readonly spilledParams: (Layout & { readonly kind: 'tuple' }) | undefined
  /** The tuple of the result, when it travels through memory. */
  readonly spilledResult: (Layout & { readonly kind: 'tuple' }) | undefined
  readonly core: { readonly params: readonly FlatType[]; readonly results: readonly FlatType[] }
  /** Every parameter and the result is one number, bool or char. */
  readonly scalar: boolean
  readonly hasBorrow: boolean
}

export interface SignatureOptions {
  readonly ptr: PointerType
  readonly async: boolean
  /** Only an async lift looks at it. */
  readonly callback?: boolean
}

/** Memo of layouts; one per compiled component. */
export declare class Layouts {
  of(type: ValType, ptr: PointerType): Layout
  signature(type: FuncType, opts: SignatureOptions, context: 'lift' | 'lower'): Signature
}

/** lowerCamelCase of a WIT label: `get-HTTP-url` → `getHttpUrl`. */
export declare function camelCase(name: string): string

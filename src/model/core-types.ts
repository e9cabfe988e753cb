/**
 * Core WebAssembly types: what the bounded core-module decoder reads and what component types say about core items.
 *
 * Type indices inside a decoded module stay numbers (they index that module's `types`); the validator compares
 * through them. Function bodies are nobody's business here: the engine checks them.
 */

export type CoreNumType = 'i32' | 'i64' | 'f32' | 'f64'

export type CoreAbstractHeapType =
  | 'func'
  | 'extern'
  | 'any'
  | 'none'
  | 'noextern'
  | 'nofunc'
  | 'eq'
  | 'struct'
  | 'array'
  | 'i31'
  | 'exn'
  | 'noexn'
  | 'cont'
  | 'nocont'

export interface CoreRefType {
  readonly kind: 'ref'
  readonly nullable: boolean
  /** A number is an index into the types of the enclosing module or component. */
  readonly heap: CoreAbstractHeapType | number
  readonly shared: boolean
  /** `(exact $t)` of the custom-descriptors proposal. */
  readonly exact: boolean
}

export type CoreValType = CoreNumType | 'v128' | CoreRefType
export type CoreStorageType = CoreValType | 'i8' | 'i16'

export interface CoreFieldType {
  readonly type: CoreStorageType
  readonly mutable: boolean
}

export interface CoreFuncType {
  readonly kind: 'func'
  readonly params: readonly CoreValType[]
  readonly results: readonly CoreValType[]
}

export type CoreCompositeType =
  | CoreFuncType
  | { readonly kind: 'struct'; readonly fields: readonly CoreFieldType[] }
  | { readonly kind: 'array'; readonly element: CoreFieldType }
  | { readonly kind: 'cont'; readonly type: number }

export interface CoreSubType {
  readonly final: boolean
  readonly shared: boolean
  readonly supertypes: readonly number[]
  /** `(describes $t)` and `(descriptor $t)` of the custom-descriptors proposal. */
  readonly describes?: number
  readonly descriptor?: number
  readonly type: CoreCompositeType
}

/** One entry of a type section: a recursion group. A plain type is a group of one with `explicit` false. */
export interface CoreRecGroup {
  readonly at: number
  readonly explicit: boolean
  readonly types: readonly CoreSubType[]
}

export interface CoreLimits {
  readonly min: bigint
  readonly max: bigint | undefined
}

export interface CoreTableType {
  readonly kind: 'table'
  readonly element: CoreRefType
  readonly limits: CoreLimits
  readonly index: 'i32' | 'i64'
  readonly shared: boolean
}

export interface CoreMemoryType {
  readonly kind: 'memory'
  readonly limits: CoreLimits
  readonly index: 'i32' | 'i64'
  readonly shared: boolean
  /** log2 of the page size in bytes; `undefined` is the default, 16 (64 KiB). */
  readonly pageSizeLog2: number | undefined
}

export interface CoreGlobalType {
  readonly kind: 'global'
  readonly type: CoreValType
  readonly mutable: boolean
  /** Present only where it is true. */
  readonly shared?: true
}

/** As written: function and tag types by index into `types` of the module (or module type, or component) at hand. */
export type CoreExternType =
  | { readonly kind: 'func'; readonly type: number; readonly exact: boolean }
  | CoreTableType
  | CoreMemoryType
  | CoreGlobalType
  | { readonly kind: 'tag'; readonly type: number }

export interface CoreImport {
  readonly at: number
  readonly module: string
  readonly name: string
  readonly type: CoreExternType
}

export interface CoreExport {
  readonly at: number
  readonly name: string
  readonly type: CoreExternType
}

/** A core module as seen from outside: enough to link, limit and type-check it. */
export interface CoreModuleType {
  readonly types: readonly CoreSubType[]
  readonly imports: readonly CoreImport[]
  readonly exports: readonly CoreExport[]
  /** What it makes when it is instantiated. Of a module, not of a module type. */
  readonly defined?: {
    readonly memories: readonly CoreMemoryType[]
    readonly tables: readonly CoreTableType[]
  }
}

/**
 * Component-level types, as every phase after validation sees them and as the public API shows them.
 *
 * A type is an immutable tree (in truth a DAG: equal index → same object). Resources are leaves compared by identity:
 * a `ResourceType` stands for one *static* resource of one plan; what it is at run time is born per instantiation
 * (`abi/resource.ts`), found through `slot`. Nothing here knows about bytes or memory.
 *
 * @spec Type Definitions
 */

export interface Named<T> {
  readonly name: string
  readonly type: T
}

/** A resource, compared by identity, never by name. `name` is for messages only. */
export interface ResourceType {
  readonly kind: 'resource'
  readonly name: string
}

export type PrimValType =
  | 'bool'
  | 's8'
  | 'u8'
  | 's16'
  | 'u16'
  | 's32'
  | 'u32'
  | 's64'
  | 'u64'
  | 'f32'
  | 'f64'
  | 'char'
  | 'string'
  | 'error-context'

export type ValType =
  | { readonly kind: PrimValType }
  | { readonly kind: 'list'; readonly element: ValType; readonly length: number | undefined }
  | { readonly kind: 'map'; readonly key: ValType; readonly value: ValType }
  | { readonly kind: 'record'; readonly fields: readonly Named<ValType>[] }
  | { readonly kind: 'tuple'; readonly elements: readonly ValType[] }
  | { readonly kind: 'variant'; readonly cases: readonly Named<ValType | undefined>[] }
  | { readonly kind: 'enum' | 'flags'; readonly labels: readonly string[] }
  | { readonly kind: 'option'; readonly some: ValType }
  | { readonly kind: 'result'; readonly ok: ValType | undefined; readonly err: ValType | undefined }
  | { readonly kind: 'own' | 'borrow'; readonly resource: ResourceType }
  | { readonly kind: 'stream' | 'future'; readonly element: ValType | undefined }

export interface FuncType {
  readonly kind: 'func'
  readonly async: boolean
  readonly params: readonly Named<ValType>[]
  readonly result: ValType | undefined
}

export interface InstanceExtern {
  readonly kind: 'instance'
  readonly exports: Externs
}
export interface ComponentExtern {
  readonly kind: 'component'
  readonly imports: Externs
  readonly exports: Externs
}
export interface ModuleExtern {
  readonly kind: 'module'
  readonly imports: Externs
  readonly exports: Externs
}

export type ExternType =
  | FuncType
  | InstanceExtern
  | ComponentExtern
  | ModuleExtern
  /** A type by name: a value type or a resource mostly, but functions, instances and components have nameable types too. */
  | { readonly kind: 'type'; readonly type: ValType | ResourceType | FuncType | InstanceExtern | ComponentExtern }
  | { readonly kind: 'value'; readonly type: ValType }
  | { readonly kind: 'core'; readonly text: string }

/** One import or export: its type, where in the file it stands, and its attributes. */
export interface Extern {
  readonly type: ExternType
  /** Byte offset in the outermost file. */
  readonly offset: number
  readonly implements?: string
  readonly externalId?: string
}

/** In declaration order. */
export type Externs = ReadonlyMap<string, Extern>

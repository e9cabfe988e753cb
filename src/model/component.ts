/**
 * A component as decoded: the grammar of Binary.md in file order, well-formed and nothing more.
 *
 * Every node has `at`, its byte offset in the outermost file. Indices are as written: checked by nobody yet.
 * The text encoder produces the same data, so that decode(encode(x)) equals x up to `at`.
 */

import type { BuiltinName, CanonOptDef } from './builtins.ts'
import type { CoreExternType, CoreModuleType, CoreRecGroup } from './core-types.ts'
import type { PrimValType } from './types.ts'

declare const space: unique symbol
/** A position in one of the index spaces. Spaces must not mix, so the type carries its own. */
export type Index<Space extends string> = number & { readonly [space]: Space }
/** Mints an index: for the decoder, the text resolver and tests. */
export function index<Space extends string>(n: number): Index<Space> {
  return n as Index<Space>
}
export type CoreFuncIndex = Index<'core-func'>
export type CoreTableIndex = Index<'core-table'>
export type CoreMemoryIndex = Index<'core-memory'>
export type CoreTypeIndex = Index<'core-type'>
export type CoreModuleIndex = Index<'core-module'>
export type CoreInstanceIndex = Index<'core-instance'>
export type FuncIndex = Index<'func'>
export type ValueIndex = Index<'value'>
export type TypeIndex = Index<'type'>
export type ComponentIndex = Index<'component'>
export type InstanceIndex = Index<'instance'>

export type CoreSort =
  | 'core-func'
  | 'core-table'
  | 'core-memory'
  | 'core-global'
  | 'core-tag'
  | 'core-type'
  | 'core-module'
  | 'core-instance'
export type Sort = CoreSort | 'func' | 'value' | 'type' | 'component' | 'instance'

export interface SortIndex {
  readonly sort: Sort
  readonly index: number
}

/** The name of an import or export with its attributes. */
export interface ExternName {
  readonly name: string
  readonly implements?: string
  readonly versionSuffix?: string
  readonly externalId?: string
}

// — Types, as written

/** A primitive, or the index of a defined type. */
export type ValTypeRef = PrimValType | TypeIndex

export interface NamedRef<T> {
  readonly name: string
  readonly type: T
}

export type DefValType =
  | { readonly kind: 'primitive'; readonly type: PrimValType }
  | { readonly kind: 'record'; readonly fields: readonly NamedRef<ValTypeRef>[] }
  | { readonly kind: 'variant'; readonly cases: readonly NamedRef<ValTypeRef | undefined>[] }
  | { readonly kind: 'list'; readonly element: ValTypeRef; readonly length: number | undefined }
  | { readonly kind: 'map'; readonly key: ValTypeRef; readonly value: ValTypeRef }
  | { readonly kind: 'tuple'; readonly elements: readonly ValTypeRef[] }
  | { readonly kind: 'flags' | 'enum'; readonly labels: readonly string[] }
  | { readonly kind: 'option'; readonly some: ValTypeRef }
  | { readonly kind: 'result'; readonly ok: ValTypeRef | undefined; readonly err: ValTypeRef | undefined }
  | { readonly kind: 'own' | 'borrow'; readonly resource: TypeIndex }
  | { readonly kind: 'stream' | 'future'; readonly element: ValTypeRef | undefined }

export interface FuncTypeDef {
  readonly kind: 'func'
  readonly async: boolean
  readonly params: readonly NamedRef<ValTypeRef>[]
  readonly result: ValTypeRef | undefined
}

export interface ResourceTypeDef {
  readonly kind: 'resource'
  readonly rep: 'i32' | 'i64'
  readonly dtor: CoreFuncIndex | undefined
}

export type DefType =
  | DefValType
  | FuncTypeDef
  | ResourceTypeDef
  | { readonly kind: 'component'; readonly decls: readonly ComponentDecl[] }
  | { readonly kind: 'instance'; readonly decls: readonly InstanceDecl[] }

export type ExternTypeDef =
  | { readonly kind: 'module'; readonly type: CoreTypeIndex }
  | { readonly kind: 'func'; readonly type: TypeIndex }
  | {
      readonly kind: 'value'
      readonly bound:
        | { readonly kind: 'eq'; readonly index: ValueIndex }
        | { readonly kind: 'type'; readonly type: ValTypeRef }
    }
  | {
      readonly kind: 'type'
      readonly bound: { readonly kind: 'eq'; readonly type: TypeIndex } | { readonly kind: 'sub-resource' }
    }
  | { readonly kind: 'component'; readonly type: TypeIndex }
  | { readonly kind: 'instance'; readonly type: TypeIndex }

export type InstanceDecl = CoreTypeDecl | TypeDecl | AliasDecl | ExportDecl
export type ComponentDecl = InstanceDecl | ImportDecl

export interface CoreTypeDecl {
  readonly kind: 'core-type'
  readonly at: number
  readonly type: CoreDefType
}
export interface TypeDecl {
  readonly kind: 'type'
  readonly at: number
  readonly type: DefType
}
export interface AliasDecl {
  readonly kind: 'alias'
  readonly at: number
  readonly alias: Alias
}
export interface ImportDecl {
  readonly kind: 'import'
  readonly at: number
  readonly name: ExternName
  readonly type: ExternTypeDef
}
export interface ExportDecl {
  readonly kind: 'export'
  readonly at: number
  readonly name: ExternName
  readonly type: ExternTypeDef
}

/** A core type section item: a recursion group (one or more type indices) or a module type (one index). */
export type CoreDefType =
  | { readonly kind: 'rec'; readonly group: CoreRecGroup }
  | { readonly kind: 'module'; readonly decls: readonly CoreModuleDecl[] }

export type CoreModuleDecl =
  | {
      readonly kind: 'import'
      readonly at: number
      readonly module: string
      readonly name: string
      readonly type: CoreExternType
    }
  | { readonly kind: 'type'; readonly at: number; readonly group: CoreRecGroup }
  | { readonly kind: 'outer-type'; readonly at: number; readonly count: number; readonly index: CoreTypeIndex }
  | { readonly kind: 'export'; readonly at: number; readonly name: string; readonly type: CoreExternType }

// — Definitions

export type Alias =
  | { readonly kind: 'export'; readonly sort: Sort; readonly instance: InstanceIndex; readonly name: string }
  | {
      readonly kind: 'core-export'
      readonly sort: CoreSort
      readonly instance: CoreInstanceIndex
      readonly name: string
    }
  | { readonly kind: 'outer'; readonly sort: Sort; readonly count: number; readonly index: number }

export interface CoreInstantiateArg {
  readonly name: string
  readonly instance: CoreInstanceIndex
}
export interface CoreInlineExport {
  readonly name: string
  readonly sort: CoreSort
  readonly index: number
}
export type CoreInstanceDef =
  | { readonly kind: 'instantiate'; readonly module: CoreModuleIndex; readonly args: readonly CoreInstantiateArg[] }
  | { readonly kind: 'exports'; readonly exports: readonly CoreInlineExport[] }

export interface InstantiateArg extends SortIndex {
  readonly name: string
}
export interface InlineExport extends SortIndex {
  readonly name: ExternName
}
export type InstanceDef =
  | { readonly kind: 'instantiate'; readonly component: ComponentIndex; readonly args: readonly InstantiateArg[] }
  | { readonly kind: 'exports'; readonly exports: readonly InlineExport[] }

export type CanonDef =
  | {
      readonly kind: 'lift'
      readonly core: CoreFuncIndex
      readonly opts: readonly CanonOptDef[]
      readonly type: TypeIndex
    }
  | { readonly kind: 'lower'; readonly func: FuncIndex; readonly opts: readonly CanonOptDef[] }
  | BuiltinDef

/**
 * A canon built-in with its immediates; which of them a built-in has, and in which order, is in `builtins.ts`.
 * Absent immediates are `undefined`, never a default.
 */
export interface BuiltinDef {
  readonly kind: 'builtin'
  readonly name: BuiltinName
  /** resource type, or stream/future type */
  readonly type?: TypeIndex
  /** `task.return`: `null` is "no result" */
  readonly result?: ValTypeRef | null
  readonly opts?: readonly CanonOptDef[]
  readonly async?: boolean
  readonly cancellable?: boolean
  readonly memory?: CoreMemoryIndex
  readonly coreType?: CoreTypeIndex
  readonly table?: CoreTableIndex
  readonly slot?: { readonly type: 'i32' | 'i64'; readonly index: number }
  readonly shared?: boolean
}

export type Def =
  | { readonly kind: 'core-module'; readonly at: number; readonly bytes: Uint8Array; readonly type: CoreModuleType }
  | { readonly kind: 'core-instance'; readonly at: number; readonly instance: CoreInstanceDef }
  | CoreTypeDecl
  | { readonly kind: 'component'; readonly at: number; readonly component: ComponentDef }
  | { readonly kind: 'instance'; readonly at: number; readonly instance: InstanceDef }
  | AliasDecl
  | TypeDecl
  | { readonly kind: 'canon'; readonly at: number; readonly canon: CanonDef }
  | {
      readonly kind: 'start'
      readonly at: number
      readonly func: FuncIndex
      readonly args: readonly ValueIndex[]
      readonly results: number
    }
  | ImportDecl
  | {
      readonly kind: 'export'
      readonly at: number
      readonly name: ExternName
      readonly item: SortIndex
      readonly type: ExternTypeDef | undefined
    }
  | { readonly kind: 'value'; readonly at: number; readonly type: ValTypeRef; readonly bytes: Uint8Array }
  | { readonly kind: 'custom'; readonly at: number; readonly name: string; readonly bytes: Uint8Array }

export interface ComponentDef {
  /** Offset of the preamble. */
  readonly at: number
  /** Offset one past the last byte. */
  readonly end: number
  readonly defs: readonly Def[]
}

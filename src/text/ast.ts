/**
 * The syntax tree of component text: what the parser read, names and sugar as written. Inverted forms (an item with an
 * inline `import`, `alias` or `canon`) are already the field they abbreviate, which costs no scope to know; sugar that
 * allots indices (inline types, nested references, bundles, inline exports, outer names) is left for the resolver.
 *
 * `at` is always an offset in the text.
 */
import type { BuiltinName, StringEncoding } from '../model/builtins.ts'
import type { CoreSort, ExternName, Sort } from '../model/component.ts'
import type { CoreAbstractHeapType, CoreLimits, CoreNumType } from '../model/core-types.ts'
import type { PrimValType } from '../model/types.ts'

// — References

export interface Id {
  readonly at: number
  readonly name: string
}

/** An index by number or by name. */
export interface Idx {
  readonly at: number
  readonly ref: number | string
}

/** `(func $i "a" "b")`: with names, `idx` is an instance and the names lead from it to the item. */
export interface ItemRef<S extends Sort = Sort> {
  readonly sort: S
  readonly idx: Idx
  readonly path: readonly string[]
}

/** `(type $t)`, or the type itself. */
export type TypeUse<T, S extends 'type' | 'core-type' = 'type'> =
  | { readonly kind: 'ref'; readonly ref: ItemRef<S> }
  | { readonly kind: 'inline'; readonly at: number; readonly type: T }

// — Core types

export type CoreHeapNode = CoreAbstractHeapType | Idx
export interface CoreRefNode {
  readonly kind: 'ref'
  readonly nullable: boolean
  readonly heap: CoreHeapNode
  readonly shared: boolean
  readonly exact: boolean
}
export type CoreValNode = CoreNumType | 'v128' | CoreRefNode
export interface CoreFieldNode {
  readonly type: CoreValNode | 'i8' | 'i16'
  readonly mutable: boolean
}
export interface CoreFuncNode {
  readonly kind: 'func'
  readonly params: readonly CoreValNode[]
  readonly results: readonly CoreValNode[]
}
export type CoreCompositeNode =
  | CoreFuncNode
  | { readonly kind: 'struct'; readonly fields: readonly CoreFieldNode[] }
  | { readonly kind: 'array'; readonly element: CoreFieldNode }
  | { readonly kind: 'cont'; readonly type: Idx }
export interface CoreSubNode {
  readonly at: number
  readonly id: Id | undefined
  readonly final: boolean
  readonly shared: boolean
  readonly supertypes: readonly Idx[]
  /** Of the custom-descriptors proposal. */
  readonly describes: Idx | undefined
  readonly descriptor: Idx | undefined
  readonly type: CoreCompositeNode
}
export interface CoreFuncUse {
  readonly type: Idx | undefined
  readonly inline: CoreFuncNode
}
export type CoreExternNode =
  | { readonly kind: 'func'; readonly use: CoreFuncUse; readonly exact: boolean }
  | { readonly kind: 'tag'; readonly use: CoreFuncUse }
  | { readonly kind: 'global'; readonly type: CoreValNode; readonly mutable: boolean; readonly shared?: true }
  | {
      readonly kind: 'table'
      readonly element: CoreRefNode
      readonly limits: CoreLimits
      readonly index: 'i32' | 'i64'
      readonly shared: boolean
    }
  | {
      readonly kind: 'memory'
      readonly limits: CoreLimits
      readonly index: 'i32' | 'i64'
      readonly shared: boolean
      readonly pageSizeLog2: number | undefined
    }
export type ModuleDeclNode =
  | { readonly kind: 'type'; readonly at: number; readonly type: CoreSubNode }
  | { readonly kind: 'rec'; readonly at: number; readonly types: readonly CoreSubNode[] }
  | { readonly kind: 'alias'; readonly at: number; readonly alias: OuterAliasNode; readonly id: Id | undefined }
  | { readonly kind: 'import'; readonly at: number; readonly module: string; readonly items: readonly CoreItemNode[] }
  | { readonly kind: 'export'; readonly at: number; readonly name: string; readonly type: CoreExternNode }
export interface CoreItemNode {
  readonly at: number
  readonly name: string
  readonly type: CoreExternNode
}
export interface ModuleTypeNode {
  readonly kind: 'module'
  readonly decls: readonly ModuleDeclNode[]
}
export type CoreTypeNode = ModuleTypeNode | { readonly kind: 'sub'; readonly type: CoreSubNode }

// — Component types

export type ValNode = PrimValType | Idx | InlineValNode
/** A constructed type right where it is used. */
export interface InlineValNode {
  readonly at: number
  readonly def: DefValNode
}
export interface NamedNode<T> {
  readonly name: string
  readonly type: T
}
/** Constructed value types over what their parts are: text as parsed, text with inline parts hoisted, or indices. */
export type DefVal<V, R> =
  | { readonly kind: 'record'; readonly fields: readonly NamedNode<V>[] }
  | { readonly kind: 'variant'; readonly cases: readonly NamedNode<V | undefined>[] }
  | { readonly kind: 'list'; readonly element: V; readonly length: number | undefined }
  | { readonly kind: 'map'; readonly key: V; readonly value: V }
  | { readonly kind: 'tuple'; readonly elements: readonly V[] }
  | { readonly kind: 'flags' | 'enum'; readonly labels: readonly string[] }
  | { readonly kind: 'option'; readonly some: V }
  | { readonly kind: 'result'; readonly ok: V | undefined; readonly err: V | undefined }
  | { readonly kind: 'own' | 'borrow'; readonly resource: R }
  | { readonly kind: 'stream' | 'future'; readonly element: V | undefined }
export type DefValNode = DefVal<ValNode, Idx>
export interface FuncNode {
  readonly kind: 'func'
  readonly async: boolean
  readonly params: readonly NamedNode<ValNode>[]
  readonly result: ValNode | undefined
}
export interface ComponentTypeNode {
  readonly kind: 'component'
  readonly decls: readonly DeclNode[]
}
export interface InstanceTypeNode {
  readonly kind: 'instance'
  readonly decls: readonly InstanceDeclNode[]
}
export type TypeNode =
  | { readonly kind: 'primitive'; readonly type: PrimValType }
  | DefValNode
  | FuncNode
  | ComponentTypeNode
  | InstanceTypeNode
  | {
      readonly kind: 'resource'
      readonly rep: 'i32' | 'i64'
      readonly dtor: ItemRef<'core-func'> | undefined
    }

export type ExternNode =
  | { readonly kind: 'core-module'; readonly type: TypeUse<ModuleTypeNode, 'core-type'> }
  | { readonly kind: 'func'; readonly type: TypeUse<FuncNode> }
  | { readonly kind: 'component'; readonly type: TypeUse<ComponentTypeNode> }
  | { readonly kind: 'instance'; readonly type: TypeUse<InstanceTypeNode> }
  | { readonly kind: 'value'; readonly eq: Idx; readonly type: undefined }
  | { readonly kind: 'value'; readonly eq: undefined; readonly type: ValNode }
  | { readonly kind: 'type'; readonly eq: Idx | undefined }

export type InstanceDeclNode =
  | CoreTypeField
  | CoreRecField
  | TypeField
  | AliasField
  | {
      readonly kind: 'export'
      readonly at: number
      readonly id: Id | undefined
      readonly name: ExternName
      readonly type: ExternNode
    }
export type DeclNode = InstanceDeclNode | ImportField

// — Fields of a component

/** Fields every definition has: where it is, its name, the names it is exported by. */
interface Field {
  readonly at: number
  readonly id: Id | undefined
  readonly exports: readonly ExternName[]
}

export interface OuterAliasNode {
  readonly kind: 'outer'
  readonly sort: Sort
  readonly outer: Idx
  readonly idx: Idx
}
export type AliasNode =
  | { readonly kind: 'export'; readonly sort: Sort; readonly instance: Idx; readonly name: string }
  | { readonly kind: 'core-export'; readonly sort: CoreSort; readonly instance: Idx; readonly name: string }
  | OuterAliasNode

export type CanonOptNode =
  | { readonly kind: StringEncoding | 'async' | 'gc' }
  | { readonly kind: 'memory'; readonly ref: ItemRef<'core-memory'> }
  | { readonly kind: 'realloc' | 'post-return' | 'callback'; readonly ref: ItemRef<'core-func'> }
  | { readonly kind: 'core-type'; readonly ref: ItemRef<'core-type'> }

export type CanonNode =
  | {
      readonly kind: 'lift'
      readonly core: ItemRef<'core-func'>
      readonly opts: readonly CanonOptNode[]
      readonly type: TypeUse<FuncNode>
    }
  | { readonly kind: 'lower'; readonly func: ItemRef<'func'>; readonly opts: readonly CanonOptNode[] }
  | BuiltinNode
export interface BuiltinNode {
  readonly kind: 'builtin'
  readonly name: BuiltinName
  readonly type?: ItemRef<'type'>
  /** `null` is "no result". */
  readonly result?: ValNode | null
  readonly opts?: readonly CanonOptNode[]
  readonly async?: boolean
  readonly cancellable?: boolean
  readonly memory?: ItemRef<'core-memory'>
  readonly coreType?: ItemRef<'core-type'>
  readonly table?: ItemRef<'core-table'>
  readonly slot?: { readonly type: 'i32' | 'i64'; readonly index: number }
  readonly shared?: boolean
}

export interface CoreExportNode {
  readonly name: string
  readonly item: ItemRef
}
export interface ExportNode {
  readonly name: ExternName
  readonly item: ItemRef
}
export type CoreInstanceNode =
  | { readonly kind: 'instantiate'; readonly module: ItemRef<'core-module'>; readonly args: readonly CoreArgNode[] }
  | { readonly kind: 'exports'; readonly exports: readonly CoreExportNode[] }
/** An argument is an instance, or the bundle it is made of. */
export interface CoreArgNode {
  readonly at: number
  readonly name: string
  readonly value: ItemRef<'core-instance'> | readonly CoreExportNode[]
}
export type InstanceNode =
  | { readonly kind: 'instantiate'; readonly component: ItemRef<'component'>; readonly args: readonly ArgNode[] }
  | { readonly kind: 'exports'; readonly exports: readonly ExportNode[] }
export interface ArgNode {
  readonly at: number
  readonly name: string
  readonly value: ItemRef | readonly ExportNode[]
}

/** A core module as a slice of the text: its fields, without what the component adds around them. */
export interface CoreModuleText {
  readonly from: number
  readonly to: number
  /** How deep its parentheses and blocks nest. */
  readonly depth: number
  /** `(core module binary "…")`: the bytes themselves. */
  readonly binary: Uint8Array | undefined
}

export interface CoreTypeField extends Field {
  readonly kind: 'core-type'
  readonly type: CoreTypeNode
}
export interface CoreRecField {
  readonly kind: 'core-rec'
  readonly at: number
  readonly types: readonly CoreSubNode[]
}
export interface TypeField extends Field {
  readonly kind: 'type'
  readonly type: TypeNode
}
export interface AliasField extends Field {
  readonly kind: 'alias'
  readonly alias: AliasNode
}
export interface ImportField extends Field {
  readonly kind: 'import'
  readonly name: ExternName
  readonly type: ExternNode
}
export type FieldNode =
  | (Field & { readonly kind: 'core-module'; readonly module: CoreModuleText })
  | (Field & { readonly kind: 'core-instance'; readonly instance: CoreInstanceNode })
  | CoreTypeField
  | CoreRecField
  | (Field & { readonly kind: 'component'; readonly fields: readonly FieldNode[] })
  | (Field & { readonly kind: 'instance'; readonly instance: InstanceNode })
  | AliasField
  | TypeField
  | (Field & { readonly kind: 'canon'; readonly canon: CanonNode })
  | {
      readonly kind: 'start'
      readonly at: number
      readonly func: ItemRef<'func'>
      readonly args: readonly ItemRef<'value'>[]
      readonly results: readonly (Id | undefined)[]
    }
  | ImportField
  | {
      readonly kind: 'export'
      readonly at: number
      readonly id: Id | undefined
      readonly name: ExternName
      readonly item: ItemRef
      readonly type: ExternNode | undefined
    }
  | (Field & { readonly kind: 'value'; readonly type: ValNode; readonly bytes: Uint8Array })
  | { readonly kind: 'custom'; readonly at: number; readonly name: string; readonly bytes: Uint8Array }

export type ComponentNode =
  | { readonly kind: 'text'; readonly at: number; readonly id: Id | undefined; readonly fields: readonly FieldNode[] }
  | { readonly kind: 'binary'; readonly at: number; readonly id: Id | undefined; readonly bytes: Uint8Array }

/**
 * What a WIT file says, nothing resolved: names are text with the place they stand at. Made by `parse.ts`, read by
 * `resolve.ts` alone.
 */

export interface Name {
  readonly text: string
  readonly at: number
}

/** `ns:pkg@1.2.3`. */
export interface PackageNameAst {
  /** `ns:pkg`, without version. */
  readonly base: string
  readonly version: string | undefined
  readonly at: number
}

/** `types`, or `ns:pkg/types@1.2.3`. */
export interface UsePath {
  readonly package: PackageNameAst | undefined
  readonly name: Name
}

export interface Gate {
  readonly unstable: string | undefined
  readonly since: string | undefined
  readonly deprecated: string | undefined
}

/** What may stand before any item. */
export interface Front {
  readonly docs: string
  readonly gate: Gate
  readonly externalId: string | undefined
  readonly at: number
}

export type TypeAst =
  | { readonly kind: 'primitive'; readonly name: string }
  | { readonly kind: 'name'; readonly name: Name }
  | { readonly kind: 'list'; readonly element: TypeAst; readonly length: number | undefined }
  | { readonly kind: 'map'; readonly key: TypeAst; readonly value: TypeAst }
  | { readonly kind: 'tuple'; readonly elements: readonly TypeAst[] }
  | { readonly kind: 'option'; readonly some: TypeAst }
  | { readonly kind: 'result'; readonly ok: TypeAst | undefined; readonly err: TypeAst | undefined }
  | { readonly kind: 'stream' | 'future'; readonly element: TypeAst | undefined }
  | { readonly kind: 'borrow' | 'own'; readonly resource: Name }

export interface Field<T> {
  readonly name: Name
  readonly docs: string
  readonly type: T
}

export interface FuncAst {
  readonly async: boolean
  readonly params: readonly { readonly name: Name; readonly type: TypeAst }[]
  readonly result: TypeAst | undefined
}

export type MethodAst = Front & {
  readonly kind: 'method' | 'static' | 'constructor'
  /** Of a constructor: the word itself. */
  readonly name: Name
  readonly func: FuncAst
}

export type TypeBody =
  | { readonly kind: 'alias'; readonly type: TypeAst }
  | { readonly kind: 'record'; readonly fields: readonly Field<TypeAst>[] }
  | { readonly kind: 'variant'; readonly cases: readonly Field<TypeAst | undefined>[] }
  | { readonly kind: 'enum' | 'flags'; readonly labels: readonly Field<undefined>[] }
  | { readonly kind: 'resource'; readonly methods: readonly MethodAst[] }

export type TypeDefAst = Front & { readonly kind: 'type'; readonly name: Name; readonly body: TypeBody }
export type UseAst = Front & {
  readonly kind: 'use'
  readonly path: UsePath
  readonly names: readonly { readonly name: Name; readonly as: Name }[]
}
export type InterfaceItem =
  | UseAst
  | TypeDefAst
  | (Front & { readonly kind: 'func'; readonly name: Name; readonly func: FuncAst })

export type ExternAst =
  | { readonly kind: 'func'; readonly func: FuncAst }
  | { readonly kind: 'inline'; readonly items: readonly InterfaceItem[] }
  | { readonly kind: 'path'; readonly path: UsePath }

export type WorldItem =
  | UseAst
  | TypeDefAst
  /** `name: undefined`: by the interface's own name. */
  | (Front & { readonly kind: 'import' | 'export'; readonly name: Name | undefined; readonly type: ExternAst })
  | (Front & {
      readonly kind: 'include'
      readonly path: UsePath
      readonly with: readonly { readonly name: Name; readonly as: Name }[]
    })

export type InterfaceAst = Front & {
  readonly kind: 'interface'
  readonly name: Name
  readonly items: readonly InterfaceItem[]
}
export type WorldAst = Front & { readonly kind: 'world'; readonly name: Name; readonly items: readonly WorldItem[] }
export type TopUse = Front & { readonly kind: 'use'; readonly path: UsePath; readonly as: Name }

/** The items of one package as one file, or one pair of braces, lists them. */
export interface PackageAst {
  readonly name: PackageNameAst | undefined
  readonly docs: string
  readonly items: readonly (InterfaceAst | WorldAst | TopUse)[]
}

export interface FileAst {
  readonly own: PackageAst
  readonly nested: readonly PackageAst[]
}

/**
 * Types as the validator sees them: the model's value and function types, and what only validation needs beside them
 * (resources with identity and alias, instance, component and module types).
 *
 * All are immutable and compared by identity where identity is the question. An import or export of a type makes a new
 * *alias* of it: a distinct object of equal structure, because external visibility asks which index was named, not
 * which structure. A resource is (identity, alias): identity decides type equality, alias decides visibility.
 */
import type { CoreExternType } from '../model/core-types.ts'
import type { FuncType, PrimValType, ResourceType, ValType } from '../model/types.ts'
import { PRIMITIVES } from './resolve-types.ts'

export interface Resource extends ResourceType {
  readonly identity: Identity
  /** `undefined`: as first introduced. */
  readonly alias: object | undefined
}

/** A set of resources, as far as it is asked. */
export interface Identities extends Iterable<Identity> {
  readonly size: number
  has(identity: Identity): boolean
}

/** What makes two resource types the same. Knows its aliases, so that substituting twice gives one object. */
export class Identity implements Identities {
  readonly plain: Resource
  #aliases: Map<object, Resource> | undefined

  constructor(name: string) {
    this.plain = { kind: 'resource', name, identity: this, alias: undefined }
  }

  // as the set of itself: most types with resources have one

  get size(): number {
    return 1
  }

  has(identity: Identity): boolean {
    return identity === this
  }

  [Symbol.iterator](): Iterator<Identity> {
    return [this].values()
  }

  at(alias: object | undefined): Resource {
    if (alias === undefined) return this.plain
    this.#aliases ??= new Map()
    let resource = this.#aliases.get(alias)
    if (resource === undefined) {
      resource = { kind: 'resource', name: this.plain.name, identity: this, alias }
      this.#aliases.set(alias, resource)
    }
    return resource
  }
}

/** Every resource in a type of the validator was made by it. */
export const asResource = (type: ResourceType): Resource => type as Resource

/** Where in imports or exports something is found: its name, and the instance that has it. */
export interface Path {
  readonly name: string
  readonly from: Path | undefined
}

/** What bounds later walks: the effective size, and how many instance and component types are within each other. */
export interface Extent {
  readonly size: number
  readonly levels: number
}

export interface InstanceType {
  readonly kind: 'instance'
  readonly exports: ReadonlyMap<string, Entity>
  /** Resources this type itself introduces; none once it is the type of an actual instance. */
  readonly defined: ReadonlySet<Identity>
  readonly extent: Extent
}

export interface ComponentType {
  readonly kind: 'component'
  readonly imports: ReadonlyMap<string, Entity>
  readonly exports: ReadonlyMap<string, Entity>
  /** The type variables of its imports, and where an instantiation finds what they stand for. */
  readonly imported: ReadonlyMap<Identity, Path>
  /** What each instantiation makes afresh. */
  readonly defined: ReadonlyMap<Identity, Path>
  readonly extent: Extent
}

/** A core module type; its externs hold canonical type ids (`core-types.ts`). */
export interface ModuleType {
  readonly kind: 'module'
  readonly imports: ReadonlyMap<string, ReadonlyMap<string, CoreExternType>>
  readonly exports: ReadonlyMap<string, CoreExternType>
  readonly size: number
}

/** What a type index can stand for. */
export type AnyType = ValType | FuncType | Resource | InstanceType | ComponentType

/** The type of an import, an export or an argument. */
export type Entity =
  | { readonly kind: 'module'; readonly type: ModuleType }
  | { readonly kind: 'func'; readonly type: FuncType }
  | { readonly kind: 'value'; readonly type: ValType }
  | { readonly kind: 'instance'; readonly type: InstanceType }
  | { readonly kind: 'component'; readonly type: ComponentType }
  /** `type` is the index this introduces; `of` what it stands for. Equal for a fresh resource. */
  | { readonly kind: 'type'; readonly type: AnyType; readonly of: AnyType }

/** Whether it is written in place (`u32`), as opposed to defined (`(type u32)`), which messages tell apart. */
export const isInline = (type: { readonly kind: PrimValType }): boolean => PRIMITIVES[type.kind] === type

export const isPrimitive = (type: AnyType): type is { readonly kind: PrimValType } =>
  Object.hasOwn(PRIMITIVES, type.kind)

const NOT_VALUE = { func: true, resource: true, instance: true, component: true, module: true }

export const isValType = (type: AnyType | ModuleType): type is ValType => !Object.hasOwn(NOT_VALUE, type.kind)

/** A new index for a type. Only value types and resources have aliases; the rest need no name to be visible. */
export function aliasOf(type: AnyType): AnyType {
  if (type.kind === 'resource') return type.identity.at({})
  return isValType(type) ? { ...type } : type
}

/** What a message calls it. */
export const describe = (type: AnyType | ModuleType): string => (isValType(type) ? 'defined type' : type.kind)

/** Every resource that is exported somewhere in these items, with a place where. */
export function exportedResources(items: ReadonlyMap<string, Entity>, from?: Path): Map<Identity, Path> {
  const found = new Map<Identity, Path>()
  const seen = new Set<InstanceType>()
  const walk = (entities: ReadonlyMap<string, Entity>, parent: Path | undefined): void => {
    for (const [name, { kind, type }] of entities) {
      if (kind === 'type' && type.kind === 'resource') found.set(type.identity, { name, from: parent })
      if (kind !== 'instance' || seen.has(type)) continue
      seen.add(type)
      walk(type.exports, { name, from: parent })
    }
  }
  walk(items, from)
  return found
}

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
import { resolveValType } from './resolve-types.ts'

export interface Resource extends ResourceType {
  readonly identity: Identity
  /** `undefined`: as first introduced. */
  readonly alias: object | undefined
}

/** What makes two resource types the same. Knows its aliases, so that substituting twice gives one object. */
export class Identity {
  readonly plain: Resource
  readonly #aliases = new Map<object, Resource>()

  constructor(name: string) {
    this.plain = { kind: 'resource', name, identity: this, alias: undefined }
  }

  at(alias: object | undefined): Resource {
    if (alias === undefined) return this.plain
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

/** Where in imports or exports a resource is found: names, outermost first. */
export type Path = readonly string[]

export interface InstanceType {
  readonly kind: 'instance'
  readonly exports: ReadonlyMap<string, Entity>
  /** Resources this type itself introduces; none once it is the type of an actual instance. */
  readonly defined: readonly Identity[]
  /** Resources it exports, its own or not. */
  readonly explicit: ReadonlyMap<Identity, Path>
  readonly size: number
}

export interface ComponentType {
  readonly kind: 'component'
  readonly imports: ReadonlyMap<string, Entity>
  readonly exports: ReadonlyMap<string, Entity>
  /** The type variables of its imports, and where an instantiation finds what they stand for. */
  readonly imported: ReadonlyMap<Identity, Path>
  /** What each instantiation makes afresh. */
  readonly defined: ReadonlyMap<Identity, Path>
  readonly explicit: ReadonlyMap<Identity, Path>
  readonly size: number
}

/** A core module type; its externs hold canonical type ids (`core-types.ts`). */
export interface ModuleType {
  readonly kind: 'module'
  readonly imports: ReadonlyMap<string, ReadonlyMap<string, CoreExternType>>
  readonly exports: ReadonlyMap<string, CoreExternType>
  readonly size: number
}

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
export const isInline = (type: ValType): boolean => isPrimitive(type) && resolveValType(type.kind, noIndex) === type

const noIndex = (): never => {
  throw new TypeError('a primitive has no index')
}

const PRIMITIVE: ReadonlySet<string> = new Set<PrimValType>([
  'bool',
  's8',
  'u8',
  's16',
  'u16',
  's32',
  'u32',
  's64',
  'u64',
  'f32',
  'f64',
  'char',
  'string',
  'error-context',
])

export const isPrimitive = (type: AnyType): type is { readonly kind: PrimValType } => PRIMITIVE.has(type.kind)

type NotValue = Exclude<AnyType, ValType>
const NOT_VALUE: ReadonlySet<string> = new Set<NotValue['kind']>(['func', 'resource', 'instance', 'component'])

export const isValType = (type: AnyType): type is ValType => !NOT_VALUE.has(type.kind)

/** A new index for a type. Only value types and resources have aliases; the rest need no name to be visible. */
export function aliasOf(type: AnyType): AnyType {
  if (type.kind === 'resource') return type.identity.at({})
  return isValType(type) ? { ...type } : type
}

/** What a message calls it. */
export function describe(type: AnyType): string {
  if (type.kind === 'func' || type.kind === 'resource' || type.kind === 'instance' || type.kind === 'component') {
    return type.kind
  }
  return 'defined type'
}

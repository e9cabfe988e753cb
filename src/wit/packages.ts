/**
 * WIT as it is once all names are resolved: packages of interfaces and worlds, with the types that every other part of the
 * runtime uses. Made from text (`resolve.ts`) or from a component (`from-component.ts`); printed, declared and turned into
 * contracts from here.
 *
 * A named type is an object of its own, also where it only renames another: whoever prints looks a type up by identity
 * and finds the name that its scope has for it. A resource is known by its `ResourceType`.
 */
import type { FuncType, ResourceType, ValType } from '../model/types.ts'

export type NamedType = ValType | ResourceType

export interface WitTypeDef {
  readonly kind: 'type'
  readonly name: string
  readonly docs: string
  readonly externalId: string | undefined
  readonly type: NamedType
  /** The named type that this one only renames. */
  readonly alias: NamedType | undefined
}

/** A type of another interface, under a name of this scope. */
export interface WitUse {
  readonly kind: 'use'
  readonly name: string
  readonly from: WitInterface
  /** What it is called there. */
  readonly item: string
  readonly type: NamedType
}

export interface WitFunc {
  readonly kind: 'func'
  /** The component model's name: `get`, `[method]r.get`. */
  readonly name: string
  readonly docs: string
  /** What the outside calls it: any text. */
  readonly externalId: string | undefined
  readonly type: FuncType
}

export type WitItem = WitTypeDef | WitUse | WitFunc

export interface WitInterface {
  /** `ns:pkg/name@1.2.3`; `undefined` for one written inside a world. */
  readonly id: string | undefined
  readonly name: string
  readonly docs: string
  /** In the order of declaration; types before the functions that need them. */
  readonly items: Map<string, WitItem>
}

export type WitExtern =
  | WitFunc
  /** Under its own name, under a plain one (`implements`), or written in the world. */
  | {
      readonly kind: 'interface'
      readonly interface: WitInterface
      readonly docs: string
      readonly externalId: string | undefined
    }
  /** What WIT has no words for: shown, and nothing else. */
  | { readonly kind: 'other'; readonly text: string }

export interface WitWorld {
  readonly id: string
  readonly name: string
  readonly docs: string
  readonly types: Map<string, WitTypeDef | WitUse>
  /** By interface name, or by plain name. */
  readonly imports: Map<string, WitExtern>
  readonly exports: Map<string, WitExtern>
}

export interface WitPackage {
  /** `ns:pkg` */
  readonly base: string
  readonly version: string | undefined
  readonly docs: string
  readonly interfaces: Map<string, WitInterface>
  readonly worlds: Map<string, WitWorld>
}

export const packageId = (base: string, version: string | undefined): string =>
  version === undefined ? base : `${base}@${version}`

export const interfaceId = (base: string, version: string | undefined, name: string): string =>
  packageId(`${base}/${name}`, version)

/** `ns:pkg/name@1.2.3` taken apart. */
export function parseInterfaceId(
  id: string,
): { readonly base: string; readonly name: string; readonly version: string | undefined } | undefined {
  const [, base, name, version] = /^([^/@]+:[^/@]+)\/([^/@]+)(?:@(.+))?$/.exec(id) ?? []
  return base === undefined || name === undefined ? undefined : { base, name, version }
}

/** Every scope's view: which name a type has here. The first name wins. */
export function namesOf(items: Iterable<WitItem>, outer?: ReadonlyMap<NamedType, string>): Map<NamedType, string> {
  const names = new Map(outer)
  for (const item of items) if (item.kind !== 'func' && !names.has(item.type)) names.set(item.type, item.name)
  return names
}

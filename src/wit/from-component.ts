/**
 * The WIT of a component: its world, and every interface it names, from the types of its imports and exports. A component
 * that holds WIT itself (a package in binary form, nothing but component types) gives the packages it holds.
 *
 * A type that an interface exports and an earlier one exported before is a `use`: the binary says so by making them the
 * same type. What WIT has no words for (core modules, components, values) is kept as a line of text.
 *
 * WIT.md of the specification: Package Format
 */
import type { Extern, Externs, ExternType } from '../model/types.ts'
import {
  interfaceId,
  type NamedType,
  packageId,
  parseInterfaceId,
  type WitExtern,
  type WitInterface,
  type WitItem,
  type WitPackage,
  type WitTypeDef,
  type WitUse,
  type WitWorld,
} from './packages.ts'
import type { Resolved } from './resolve.ts'

/** Where the world of a component stands, as other tools name it. */
const ROOT = 'root:component'

export function fromComponent({
  imports,
  exports,
}: {
  readonly imports: Externs
  readonly exports: Externs
}): Resolved {
  const builder = new Builder()
  const held = [...exports.values()].flatMap(({ type }) => (isComponentType(type) ? [type.type] : []))
  if (imports.size === 0 && held.length > 0 && held.length === exports.size) {
    for (const { imports, exports } of held) builder.definition(imports, exports)
    builder.fillMissing()
    return builder.result(undefined)
  }
  const root = builder.package(ROOT, undefined)
  root.worlds.set('root', builder.world(interfaceId(ROOT, undefined, 'root'), 'root', imports, exports))
  builder.fillMissing()
  return builder.result(root)
}

type ComponentType = Extract<ExternType, { readonly kind: 'component' }>

function isComponentType(type: ExternType): type is { readonly kind: 'type'; readonly type: ComponentType } {
  return type.kind === 'type' && type.type.kind === 'component'
}

class Builder {
  readonly #packages = new Map<string, WitPackage>()
  /** Which scope a type was named in first. World scopes have no interface. */
  #owners = new Map<NamedType, { readonly scope: WitInterface | undefined; readonly name: string }>()
  readonly #filled = new Set<WitInterface>()
  /** Of interfaces that are only used here: what is known of them. */
  readonly #glimpses: (readonly [WitInterface, Externs])[] = []

  package(base: string, version: string | undefined): WitPackage {
    const id = packageId(base, version)
    let found = this.#packages.get(id)
    if (found === undefined) {
      found = { base, version, docs: '', interfaces: new Map(), worlds: new Map() }
      this.#packages.set(id, found)
    }
    return found
  }

  result(main: WitPackage | undefined): Resolved {
    return { packages: this.#packages, main: main ?? this.#packages.values().next().value }
  }

  /** One definition of a package in binary form: `(component (import …used…) (export "ns:pkg/name" …))`. */
  definition(imports: Externs, exports: Externs): void {
    const known = this.#owners
    this.#owners = new Map()
    for (const [id, { type }] of imports) {
      const used = type.kind === 'instance' ? this.#interface(id) : undefined
      if (used === undefined || type.kind !== 'instance') continue
      this.#glimpses.push([used, type.exports])
      this.#own(used, type.exports)
    }
    for (const [id, { type }] of exports) {
      if (type.kind === 'instance') {
        const made = this.#interface(id)
        if (made !== undefined) this.#fill(made, type.exports)
      } else if (type.kind === 'component') {
        const name = parseInterfaceId(id)
        if (name === undefined) continue
        const world = this.world(id, name.name, type.imports, type.exports)
        this.package(name.base, name.version).worlds.set(name.name, world)
      }
    }
    this.#owners = known
  }

  /** Interfaces nothing told whole: with what was seen of them. */
  fillMissing(): void {
    for (const [made, externs] of this.#glimpses) if (!this.#filled.has(made)) this.#fill(made, externs)
  }

  world(id: string, name: string, imports: Externs, exports: Externs): WitWorld {
    const world: WitWorld = { id, name, docs: '', types: new Map(), imports: new Map(), exports: new Map() }
    for (const [side, externs] of [
      [world.imports, imports],
      [world.exports, exports],
    ] as const) {
      for (const [label, extern] of externs) {
        const { type } = extern
        if (type.kind === 'type') {
          const found = this.#type(undefined, label, type.type)
          if (found === undefined) side.set(label, other(type))
          else if (!world.types.has(label)) world.types.set(label, found)
          continue
        }
        side.set(label, this.#extern(label, type, extern))
      }
    }
    return world
  }

  #extern(label: string, type: ExternType, extern: Extern): WitExtern {
    const { implements: implemented, externalId } = extern
    if (type.kind === 'func') return { kind: 'func', name: label, docs: '', externalId, type }
    if (type.kind !== 'instance') return other(type)
    const named = this.#interface(implemented ?? label)
    const made = named ?? { id: undefined, name: label, docs: '', items: new Map<string, WitItem>() }
    if (this.#filled.has(made)) this.#own(made, type.exports)
    else this.#fill(made, type.exports)
    return { kind: 'interface', interface: made, docs: '', externalId }
  }

  #interface(id: string): WitInterface | undefined {
    const parts = parseInterfaceId(id)
    if (parts === undefined) return undefined
    const { interfaces } = this.package(parts.base, parts.version)
    let found = interfaces.get(parts.name)
    if (found === undefined) {
      found = { id, name: parts.name, docs: '', items: new Map() }
      interfaces.set(parts.name, found)
    }
    return found
  }

  #fill(made: WitInterface, externs: Externs): void {
    this.#filled.add(made)
    for (const [name, { type }] of externs) {
      if (type.kind === 'func') made.items.set(name, { kind: 'func', name, docs: '', externalId: undefined, type })
      if (type.kind !== 'type') continue
      const found = this.#type(made, name, type.type)
      if (found !== undefined) made.items.set(name, found)
    }
  }

  /** The same interface once more: its types are others, their names are not. */
  #own(made: WitInterface, externs: Externs): void {
    for (const [name, { type }] of externs) {
      if (type.kind === 'type' && isNamed(type.type) && !this.#owners.has(type.type))
        this.#owners.set(type.type, { scope: made, name })
    }
  }

  #type(
    scope: WitInterface | undefined,
    name: string,
    type: Extract<ExternType, { readonly kind: 'type' }>['type'],
  ): WitTypeDef | WitUse | undefined {
    if (!isNamed(type)) return undefined
    const def = (own: NamedType, alias?: NamedType): WitTypeDef => ({
      kind: 'type',
      name,
      docs: '',
      externalId: undefined,
      type: own,
      alias,
    })
    // types without parts have no identity: all of a kind may be one object
    if (type.kind !== 'resource' && Object.keys(type).length === 1) return def({ ...type })
    const owner = this.#owners.get(type)
    if (owner === undefined) {
      this.#owners.set(type, { scope, name })
      return def(type)
    }
    if (owner.scope === scope) return def(type, type)
    // a type of the world itself cannot be used from an interface, only written again
    if (owner.scope === undefined) return def(type)
    return { kind: 'use', name, from: owner.scope, item: owner.name, type }
  }
}

type TypeItem = Extract<ExternType, { readonly kind: 'type' }>['type']

const isNamed = (type: TypeItem): type is NamedType =>
  type.kind !== 'func' && type.kind !== 'instance' && type.kind !== 'component'

function other(type: ExternType): WitExtern {
  switch (type.kind) {
    case 'core':
      return { kind: 'other', text: type.text }
    case 'type':
      return { kind: 'other', text: `type of a ${type.type.kind}` }
    case 'module':
      return { kind: 'other', text: 'core module' }
    default:
      return { kind: 'other', text: type.kind }
  }
}

/** For whoever reads a world: the functions that belong to a resource are told by their names. */
export const isResourceFunc = (name: string): boolean => /^\[(?:constructor|method|static)\]/.test(name)

/**
 * Substitution of resources and types in types, and the resources a type leaves free.
 *
 * Both walk each type object once. A substitution gives back the very object where nothing in it changed, so that what
 * was shared stays shared, and what was compared need not be compared again.
 */
import type { FuncType, ValType } from '../model/types.ts'
import type { AnyType, ComponentType, Entity, Identity, InstanceType, Path, Resource } from './static-types.ts'
import { isValType } from './static-types.ts'
import { eachFuncPart, eachPart, mapFunc, mapParts } from './type-parts.ts'

export class Substitution {
  readonly resources = new Map<Identity, Identity>()
  /** Preset where an argument's own type stands for an import's; else what was substituted so far. */
  readonly #types = new Map<AnyType, AnyType>()

  replaceType(type: AnyType, by: AnyType): void {
    this.#types.set(type, by)
  }

  identity = (identity: Identity): Identity => this.resources.get(identity) ?? identity

  entity = (entity: Entity): Entity => {
    switch (entity.kind) {
      case 'module':
        return entity
      case 'func': {
        const type = this.func(entity.type)
        return type === entity.type ? entity : { kind: 'func', type }
      }
      case 'value': {
        const type = this.value(entity.type)
        return type === entity.type ? entity : { kind: 'value', type }
      }
      case 'instance': {
        const type = this.instance(entity.type)
        return type === entity.type ? entity : { kind: 'instance', type }
      }
      case 'component': {
        const type = this.component(entity.type)
        return type === entity.type ? entity : { kind: 'component', type }
      }
      case 'type': {
        const of = this.any(entity.of)
        const type = entity.type === entity.of ? of : this.any(entity.type)
        return type === entity.type && of === entity.of ? entity : { kind: 'type', type, of }
      }
    }
  }

  any(type: AnyType): AnyType {
    if (isValType(type)) return this.value(type)
    switch (type.kind) {
      case 'resource':
        return this.resource(type)
      case 'func':
        return this.func(type)
      case 'instance':
        return this.instance(type)
      case 'component':
        return this.component(type)
    }
  }

  paths(map: ReadonlyMap<Identity, Path>): ReadonlyMap<Identity, Path> {
    return new Map([...map].map(([identity, path]) => [this.identity(identity), path]))
  }

  entities(map: ReadonlyMap<string, Entity>): ReadonlyMap<string, Entity> {
    let changed = false
    const result = new Map<string, Entity>()
    for (const [name, entity] of map) {
      const now = this.entity(entity)
      changed ||= now !== entity
      result.set(name, now)
    }
    return changed ? result : map
  }

  resource = (type: Resource): Resource =>
    this.#once(type, () => {
      const identity = this.identity(type.identity)
      return identity === type.identity ? type : identity.at(type.alias)
    })

  value = (type: ValType): ValType => this.#once(type, () => mapParts(type, this.value, this.resource))

  func(type: FuncType): FuncType {
    return this.#once(type, () => mapFunc(type, this.value))
  }

  instance(type: InstanceType): InstanceType {
    return this.#once(type, () => {
      const exports = this.entities(type.exports)
      if (exports === type.exports && this.#untouched(type.explicit.keys())) return type
      return { ...type, exports, defined: type.defined.map(this.identity), explicit: this.paths(type.explicit) }
    })
  }

  component(type: ComponentType): ComponentType {
    return this.#once(type, () => {
      const [imports, exports] = [this.entities(type.imports), this.entities(type.exports)]
      if (imports === type.imports && exports === type.exports && this.#untouched(type.explicit.keys())) return type
      const { imported, defined, explicit } = type
      return {
        ...type,
        imports,
        exports,
        imported: this.paths(imported),
        defined: this.paths(defined),
        explicit: this.paths(explicit),
      }
    })
  }

  #untouched(identities: Iterable<Identity>): boolean {
    for (const identity of identities) if (this.resources.has(identity)) return false
    return true
  }

  #once<T extends AnyType>(type: T, substitute: () => T): T {
    const known = this.#types.get(type)
    // a type stands for a type of its own kind
    if (known !== undefined) return known as T
    const result = substitute()
    this.#types.set(type, result)
    return result
  }
}

/** Gathers the resources that types mention and do not themselves introduce. */
export class FreeResources {
  readonly found = new Set<Identity>()
  readonly #seen = new Set<AnyType>()

  entity(entity: Entity): void {
    if (entity.kind !== 'module') this.any(entity.type)
  }

  any(type: AnyType): void {
    if (type.kind === 'resource') {
      this.found.add(type.identity)
      return
    }
    if (this.#seen.has(type)) return
    this.#seen.add(type)
    if (isValType(type)) {
      eachPart(type, this.#value, this.#resource)
      return
    }
    switch (type.kind) {
      case 'func':
        eachFuncPart(type, this.#value)
        return
      case 'instance':
        for (const entity of type.exports.values()) this.entity(entity)
        for (const identity of type.defined) this.found.delete(identity)
        return
      case 'component':
        for (const entity of type.imports.values()) this.entity(entity)
        for (const entity of type.exports.values()) this.entity(entity)
        for (const identity of type.imported.keys()) this.found.delete(identity)
        for (const identity of type.defined.keys()) this.found.delete(identity)
        return
    }
  }

  readonly #value = (type: ValType): void => this.any(type)
  readonly #resource = (type: Resource): void => {
    this.found.add(type.identity)
  }
}

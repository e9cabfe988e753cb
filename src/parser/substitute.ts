/**
 * Substitution of resources and types in types.
 *
 * Each type object is walked once. A substitution gives back the very object where nothing in it changed, so that what
 * was shared stays shared, and what was compared need not be compared again.
 */
import { type AnyType, type Entity, type Identity, isValType, type Path } from './static-types.ts'
import { mapFunc, mapParts } from './type-parts.ts'
import type { Validation } from './validation.ts'

export class Substitution {
  readonly #cx: Validation
  readonly resources = new Map<Identity, Identity>()
  /** Preset where an argument's own type stands for an import's; else what was substituted so far. */
  readonly #types = new Map<AnyType, AnyType>()

  constructor(cx: Validation) {
    this.#cx = cx
  }

  replaceType(type: AnyType, by: AnyType): void {
    this.#types.set(type, by)
  }

  identity = (identity: Identity): Identity => this.resources.get(identity) ?? identity

  entity = (entity: Entity): Entity => {
    if (entity.kind === 'module') return entity
    const type = this.any(entity.type)
    if (entity.kind === 'type') {
      const of = this.any(entity.of)
      return type === entity.type && of === entity.of ? entity : { kind: 'type', type, of }
    }
    // a type stands for a type of its own kind
    return type === entity.type ? entity : ({ kind: entity.kind, type } as Entity)
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

  any = <T extends AnyType>(type: T): T => {
    let known = this.#types.get(type)
    if (known === undefined) {
      known = this.#substitute(type)
      // an identity knows its own
      if (type.kind !== 'resource') this.#types.set(type, known)
    }
    // a type stands for a type of its own kind
    return known as T
  }

  #substitute(type: AnyType): AnyType {
    this.#cx.spend()
    if (isValType(type)) return mapParts(type, this.any, this.any)
    switch (type.kind) {
      case 'resource': {
        const identity = this.identity(type.identity)
        return identity === type.identity ? type : identity.at(type.alias)
      }
      case 'func':
        return mapFunc(type, this.any)
      case 'instance': {
        const exports = this.entities(type.exports)
        if (exports === type.exports) return type
        return { ...type, exports, defined: new Set([...type.defined].map(this.identity)) }
      }
      case 'component': {
        const [imports, exports] = [this.entities(type.imports), this.entities(type.exports)]
        if (imports === type.imports && exports === type.exports) return type
        return { ...type, imports, exports, imported: this.#paths(type.imported), defined: this.#paths(type.defined) }
      }
    }
  }

  #paths(map: ReadonlyMap<Identity, Path>): ReadonlyMap<Identity, Path> {
    return new Map([...map].map(([identity, path]) => [this.identity(identity), path]))
  }
}

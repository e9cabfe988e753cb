/**
 * The resources a type mentions and does not itself introduce.
 *
 * Known per type object, so that a type used often is walked once; types with the same resources share one set.
 */
import { type AnyType, asResource, type Entity, type Identities, type Identity, isValType } from './static-types.ts'
import { eachFuncPart, eachPart } from './type-parts.ts'
import type { Validation } from './validation.ts'

export function freeResources(cx: Validation, type: AnyType): Identities {
  if (type.kind === 'resource') return type.identity
  if (type.kind === 'own' || type.kind === 'borrow') return asResource(type.resource).identity
  let free = cx.free.get(type)
  if (free === undefined) {
    free = gather(cx, type)
    cx.free.set(type, free)
  }
  return free
}

export function freeInEntities(cx: Validation, entities: Iterable<Entity>): Identities {
  const union = new Union()
  for (const { kind, type } of entities) if (kind !== 'module') union.add(freeResources(cx, type))
  return union.all(cx)
}

function gather(cx: Validation, type: Exclude<AnyType, { readonly kind: 'resource' }>): Identities {
  const union = new Union()
  const add = (part: AnyType): void => union.add(freeResources(cx, part))
  if (isValType(type)) eachPart(type, add, add)
  else if (type.kind === 'func') eachFuncPart(type, add)
  else {
    union.add(freeInEntities(cx, type.exports.values()))
    if (type.kind === 'component') union.add(freeInEntities(cx, type.imports.values()))
    const bound = (identity: Identity): boolean =>
      type.defined.has(identity) || (type.kind === 'component' && type.imported.has(identity))
    const free = [...union.all(cx)].filter((identity) => !bound(identity))
    return free.length === 0 ? cx.none : new Set(free)
  }
  return union.all(cx)
}

/** Of sets, each taken once; of one set, that set itself. */
class Union {
  #only: Identities | undefined
  #more: Set<Identities> | undefined

  add(free: Identities): void {
    if (free.size === 0 || free === this.#only) return
    if (this.#only === undefined) this.#only = free
    else {
      this.#more ??= new Set()
      this.#more.add(free)
    }
  }

  all(cx: Validation): Identities {
    if (this.#more === undefined) return this.#only ?? cx.none
    const all = new Set(this.#only)
    for (const set of this.#more) for (const identity of set) all.add(identity)
    return all
  }
}

/**
 * The resources a type mentions and does not itself introduce.
 *
 * Known per type object, so that a type used often is walked once; types with the same resources share one set.
 */
import { type AnyType, type Entity, type Identity, isValType } from './static-types.ts'
import { eachFuncPart, eachPart } from './type-parts.ts'
import type { Validation } from './validation.ts'

type Free = ReadonlySet<Identity>

export function freeResources(cx: Validation, type: AnyType): Free {
  let free = cx.free.get(type)
  if (free === undefined) {
    free = type.kind === 'resource' ? new Set([type.identity]) : gather(cx, type)
    cx.free.set(type, free)
  }
  return free
}

export function freeInEntities(cx: Validation, entities: Iterable<Entity>): Free {
  const sets = new Set<Free>()
  for (const { kind, type } of entities) if (kind !== 'module') sets.add(freeResources(cx, type))
  return union(cx, sets)
}

function gather(cx: Validation, type: Exclude<AnyType, { readonly kind: 'resource' }>): Free {
  const sets = new Set<Free>()
  const add = (part: AnyType): void => {
    sets.add(freeResources(cx, part))
  }
  if (isValType(type)) eachPart(type, add, add)
  else if (type.kind === 'func') eachFuncPart(type, add)
  else {
    sets.add(freeInEntities(cx, type.exports.values()))
    if (type.kind === 'component') sets.add(freeInEntities(cx, type.imports.values()))
    const bound = (identity: Identity): boolean =>
      type.defined.has(identity) || (type.kind === 'component' && type.imported.has(identity))
    const free = [...union(cx, sets)].filter((identity) => !bound(identity))
    return free.length === 0 ? cx.none : new Set(free)
  }
  return union(cx, sets)
}

/** The one set itself, if there is but one. */
function union(cx: Validation, sets: ReadonlySet<Free>): Free {
  const [only = cx.none, ...rest] = [...sets].filter((set) => set.size > 0)
  if (rest.length === 0) return only
  const all = new Set(only)
  for (const set of rest) for (const identity of set) all.add(identity)
  return all
}

/**
 * The rules for a core type that is defined: gates, and that it matches the supertype it names.
 *
 * @throws InvalidError
 */
import type { CoreCompositeType, CoreFieldType, CoreValType } from '../model/core-types.ts'
import { type CoreTypeId, type CoreTypes, MAX_DEPTH } from './core-types.ts'
import type { Validation } from './validation.ts'

/** @param id interned, and so is what it refers to */
export function checkCoreDefinition(cx: Validation, id: CoreTypeId): void {
  const types = cx.coreTypes
  const { final, shared, supertypes, type } = types.at(id)
  if (!final || supertypes.length > 0) cx.require('core-gc', 'gc proposal must be enabled to use subtypes')
  if (shared) {
    const message = 'shared composite types require the shared-everything-threads proposal'
    cx.require('core-shared-memory', message)
  }
  if (type.kind === 'struct' || type.kind === 'array') {
    cx.require('core-gc', `${type.kind} indexed types not supported without the gc feature`)
  }
  if (type.kind === 'cont') cx.fail('cannot define continuation types when stack switching is disabled')
  const [first] = supertypes
  if (first === undefined) return
  if (types.at(first).final) cx.fail('sub type cannot have a final super type')
  if (!matches(types, type, types.at(first).type) || shared !== types.at(first).shared) {
    cx.fail('sub type must match super type')
  }
  let depth = 0
  for (let up: number | undefined = first; up !== undefined; up = types.at(up).supertypes[0]) depth++
  if (depth > MAX_DEPTH) {
    cx.fail(`sub type hierarchy too deep: found depth ${depth}, cannot exceed depth ${MAX_DEPTH}`)
  }
}

function matches(types: CoreTypes, a: CoreCompositeType, b: CoreCompositeType): boolean {
  const all = <T>(xs: readonly T[], ys: readonly T[], test: (x: T, y: T) => boolean): boolean =>
    xs.length === ys.length && xs.every((x, i) => ys[i] !== undefined && test(x, ys[i]))
  if (a.kind === 'func' && b.kind === 'func') {
    const sub = (x: CoreValType, y: CoreValType): boolean => types.matchesValue(x, y)
    return all(b.params, a.params, sub) && all(a.results, b.results, sub)
  }
  const field = (x: CoreFieldType, y: CoreFieldType): boolean =>
    x.mutable === y.mutable && types.matchesValue(x.type, y.type) && (!x.mutable || types.matchesValue(y.type, x.type))
  if (a.kind === 'struct' && b.kind === 'struct') {
    return a.fields.length >= b.fields.length && all(a.fields.slice(0, b.fields.length), b.fields, field)
  }
  return a.kind === 'array' && b.kind === 'array' && field(a.element, b.element)
}

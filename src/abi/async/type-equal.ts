/** Structural equality of value types at run time: resources are equal by what they stand for now. */
import { assert } from '../../model/errors.ts'
import type { PlanResource } from '../../model/plan.ts'
import type { Named, ResourceType, ValType } from '../../model/types.ts'
import type { RuntimeResourceType } from '../resource.ts'

type Resources = readonly RuntimeResourceType[]

function slotOf(resource: ResourceType): number {
  assert('slot' in resource, 'a resource in a planned type has a slot')
  return (resource as PlanResource).slot
}

/** @param as where the resources of `a` are found; `bs` for `b` */
export function sameType(a: ValType | undefined, as: Resources, b: ValType | undefined, bs: Resources): boolean {
  if (a === undefined || b === undefined) return a === b
  if (a === b && as === bs) return true
  const same = (x: ValType | undefined, y: ValType | undefined): boolean => sameType(x, as, y, bs)
  const all = (x: readonly ValType[], y: readonly ValType[]): boolean =>
    x.length === y.length && x.every((t, i) => same(t, y[i]))
  const named = (x: readonly Named<ValType | undefined>[], y: readonly Named<ValType | undefined>[]): boolean =>
    x.length === y.length && x.every((n, i) => n.name === y[i]?.name && same(n.type, y[i]?.type))
  switch (a.kind) {
    case 'list':
      return b.kind === 'list' && a.length === b.length && same(a.element, b.element)
    case 'map':
      return b.kind === 'map' && same(a.key, b.key) && same(a.value, b.value)
    case 'record':
      return b.kind === 'record' && named(a.fields, b.fields)
    case 'tuple':
      return b.kind === 'tuple' && all(a.elements, b.elements)
    case 'variant':
      return b.kind === 'variant' && named(a.cases, b.cases)
    case 'enum':
    case 'flags':
      return b.kind === a.kind && a.labels.join() === b.labels.join()
    case 'option':
      return b.kind === 'option' && same(a.some, b.some)
    case 'result':
      return b.kind === 'result' && same(a.ok, b.ok) && same(a.err, b.err)
    case 'own':
    case 'borrow':
      return b.kind === a.kind && as[slotOf(a.resource)] === bs[slotOf(b.resource)]
    case 'stream':
    case 'future':
      return b.kind === a.kind && same(a.element, b.element)
    default:
      return a.kind === b.kind
  }
}

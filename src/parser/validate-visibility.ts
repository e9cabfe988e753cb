/**
 * External visibility: every record, variant, enum, flags and resource used in the type of an import (an export) must
 * itself be imported (imported or exported). What asks is the index, not the structure: see `static-types.ts`.
 *
 * Sets of named types only grow, so a type once found visible stays so and is not walked again.
 *
 * @spec External Visibility of Types
 * @throws InvalidError
 */
import type { ValType } from '../model/types.ts'
import { partsOf } from '../model/val-types.ts'
import { type AnyType, asResource, type Entity, isPrimitive, isValType } from './static-types.ts'
import { eachFuncPart } from './type-parts.ts'
import type { Direction, Scope, Side } from './validate-scope.ts'

export function checkVisible(scope: Scope, direction: Direction, entity: Entity): void {
  // an instance type is checked where it is used
  if (scope.kind === 'instance-type') return
  if (!register(scope, direction, entity)) {
    scope.cx.fail(`${entity.kind} not valid to be used as ${direction}`)
  }
}

/** Whether the item's types are visible; names what it names on the way. */
function register(scope: Scope, direction: Direction, entity: Entity): boolean {
  const side = scope.side(direction)
  switch (entity.kind) {
    case 'type':
      if (!partsVisible(side, entity.of)) return false
      side.named.add(entity.type)
      // an imported type may be used in exports, too
      if (direction === 'import') scope.exports.named.add(entity.type)
      return true
    case 'instance':
      if (side.instances.has(entity.type)) return true
      for (const item of entity.type.exports.values()) {
        scope.cx.spend()
        if (!register(scope, direction, item)) return false
      }
      side.instances.add(entity.type)
      return true
    case 'func':
      return partsVisible(side, entity.type)
    case 'value':
      return visible(side, entity.type)
    // closed: they were checked when they were made
    case 'component':
    case 'module':
      return true
  }
}

/** Whether the type may be used without a name of its own, or has one. */
function visible(side: Side, type: ValType): boolean {
  switch (type.kind) {
    case 'flags':
    case 'enum':
    case 'record':
    case 'variant':
      return side.named.has(type)
    default:
      return partsVisible(side, type)
  }
}

/** Whether what the type is made of is visible. */
function partsVisible(side: Side, type: AnyType): boolean {
  if (isValType(type) && isPrimitive(type)) return true
  if (type.kind === 'own' || type.kind === 'borrow') return side.named.has(asResource(type.resource))
  if (type.kind === 'resource' || type.kind === 'component' || side.visible.has(type)) return true
  let ok = true
  const part = (inner: ValType): void => {
    ok &&= visible(side, inner)
  }
  if (type.kind === 'func') eachFuncPart(type, part)
  else if (type.kind === 'instance') {
    for (const entity of type.exports.values()) {
      if (entity.kind === 'value') ok &&= visible(side, entity.type)
      else if (entity.kind !== 'module') ok &&= partsVisible(side, entity.type)
    }
  } else {
    for (const inner of partsOf(type)) if (inner !== undefined) part(inner)
  }
  if (ok) side.visible.add(type)
  return ok
}

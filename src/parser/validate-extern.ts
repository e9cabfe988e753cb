/**
 * Imports and exports: what their types bring into a scope, and the order in which the rules about them are asked.
 *
 * @spec Import and Export Definitions
 * @throws InvalidError
 */
import type { ExternName, ExternTypeDef, Sort } from '../model/component.ts'
import { assert } from '../model/errors.ts'
import { MAX_WASM_EXPORTS, MAX_WASM_IMPORTS } from '../model/limits.ts'
import { type AnyType, aliasOf, type Entity, exportedResources, Identity, type InstanceType } from './static-types.ts'
import { Substitution } from './substitute.ts'
import { infoOf } from './type-info.ts'
import { checkExternName } from './validate-name.ts'
import type { Direction, Scope } from './validate-scope.ts'
import { valTypeOf } from './validate-valtype.ts'
import { checkVisible } from './validate-visibility.ts'
import { tick, type Validation } from './validation.ts'

/** The type an import, an export declaration or an ascription writes. `name` is for messages. */
export function entityOf(scope: Scope, def: ExternTypeDef, name: string): Entity {
  const cx: Validation = scope.cx
  switch (def.kind) {
    case 'module': {
      const type = scope.at('core-type', def.type)
      if (typeof type === 'number') return cx.fail(`core type index ${def.type} is not a module type`)
      return { kind: 'module', type }
    }
    case 'value': {
      requireValues(cx)
      const { bound } = def
      const type = bound.kind === 'eq' ? scope.at('value', bound.index).type : valTypeOf(scope, bound.type)
      return { kind: 'value', type }
    }
    case 'type': {
      if (def.bound.kind === 'eq') return namedType(scope.at('type', def.bound.type))
      const type = new Identity(name).plain
      return { kind: 'type', type, of: type }
    }
    default: {
      const type = scope.at('type', def.type)
      if (type.kind !== def.kind) cx.fail(`type index ${def.type} is not ${KIND[def.kind]} type`)
      // a type of that kind is the type of such an item
      return { kind: def.kind, type } as Entity
    }
  }
}

const KIND = { func: 'a function', component: 'a component', instance: 'an instance' }

/** A type under a new index. */
export const namedType = (of: AnyType): Entity => ({ kind: 'type', type: aliasOf(of), of })

/** Which index space holds what; the other sorts are nothing to import or export. */
export const SORTS = {
  module: 'core-module',
  func: 'func',
  value: 'value',
  type: 'type',
  component: 'component',
  instance: 'instance',
} as const satisfies Record<Entity['kind'], Sort>

/** A definition as an argument or an export; takes it, if it is a value. */
export function entityAt(scope: Scope, sort: Sort, index: number): Entity {
  switch (sort) {
    case 'value':
      requireValues(scope.cx)
      return { kind: sort, type: scope.useValue(index) }
    case 'type': {
      const type = scope.at(sort, index)
      return { kind: sort, type, of: type }
    }
    case 'core-module':
      return { kind: 'module', type: scope.at(sort, index) }
    case 'func':
    case 'component':
    case 'instance':
      // what a space holds is the type of its items
      return { kind: sort, type: scope.at(sort, index) } as Entity
    default:
      return scope.cx.fail(`${sort.replace('-', ' ')} cannot be used here`)
  }
}

export const requireValues = (cx: Validation): void =>
  cx.require('values', 'support for component model `value`s is not enabled')

/** Adds an import or export to the scope: the new index, then visibility, name and uniqueness. */
export function addExtern(scope: Scope, direction: Direction, name: ExternName, given: Entity): void {
  const cx: Validation = scope.cx
  const side = scope.side(direction)
  const entity =
    given.kind === 'instance' ? { ...given, type: prepare(scope, direction, name.name, given.type) } : given
  addIndex(scope, entity, direction === 'export')
  if (entity.kind === 'type' && entity.type.kind === 'resource') {
    const { identity } = entity.type
    if (entity.type === entity.of) {
      if (direction === 'import') scope.imported.set(identity, { name: name.name, from: undefined })
      else scope.defined.set(identity, undefined)
    }
    side.resources.set(entity.type, name.name)
  }
  if (direction === 'export' && entity.kind === 'value' && infoOf(cx, entity.type).borrow) {
    cx.fail('exported value cannot contain a `borrow` type')
  }
  checkVisible(scope, direction, entity)
  const key = checkExternName(cx, side, direction, name, entity)
  addName(cx, side, direction, name.name, key)
  cx.checkMax(side.items.size + 1, direction === 'import' ? MAX_WASM_IMPORTS : MAX_WASM_EXPORTS, `${direction}s`)
  side.items.set(name.name, entity)
  scope.tally.add(entity)
}

/** Appends an item to its index space. */
export function addIndex(scope: Scope, entity: Entity, used = false): void {
  if (entity.kind === 'value') {
    requireValues(scope.cx)
    scope.add('value', { type: entity.type, used })
  } else scope.add(SORTS[entity.kind], entity.type)
}

export function addName(
  cx: Validation,
  side: { readonly items: ReadonlyMap<string, unknown>; readonly keys: Map<string, string> },
  direction: Direction,
  name: string,
  key: string,
): void {
  // a name that is its own key stands among the items, and no other name there is a key
  const previous = side.items.has(key) ? key : side.keys.get(key)
  if (previous !== undefined) {
    cx.fail(`${direction} name ${tick(name)} conflicts with previous name ${tick(previous)}`)
  }
  if (key !== name) side.keys.set(key, name)
}

/**
 * The type of an instance now attached to a scope. Resources that the instance type introduces become the scope's own,
 * afresh: two imports of one instance type share no resources.
 */
function prepare(scope: Scope, direction: Direction, name: string, type: InstanceType): InstanceType {
  if (type.defined.size === 0) return type
  const substitution = new Substitution(scope.cx)
  for (const old of type.defined) substitution.resources.set(old, new Identity(old.plain.name))
  const exports = substitution.entities(type.exports)
  const places = exportedResources(exports, { name, from: undefined })
  for (const fresh of substitution.resources.values()) {
    const place = places.get(fresh)
    assert(place !== undefined, 'an instance type exports what it introduces')
    if (direction === 'import') scope.imported.set(fresh, place)
    else scope.defined.set(fresh, undefined)
  }
  return { ...type, exports, defined: new Set() }
}

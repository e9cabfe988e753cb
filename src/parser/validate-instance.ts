/**
 * Instances, core and component: instantiation against the types of imports, and bundles of exports.
 *
 * Instantiating a component substitutes what was given for its imports in its exports, and makes its own resources
 * afresh: each instance has resource types unequal to all others.
 *
 * @spec Instance Definitions
 * @throws InvalidError
 */
import type { CoreInlineExport, CoreInstanceDef, InlineExport, InstanceDef } from '../model/component.ts'
import type { CoreExternType } from '../model/core-types.ts'
import { type Entity, Identity, type InstanceType } from './static-types.ts'
import { match } from './subtype.ts'
import { checkCoreExtern } from './subtype-core.ts'
import { Tally } from './type-info.ts'
import { coreExternSize, requireExceptions } from './validate-core.ts'
import { addName, entityAt } from './validate-extern.ts'
import { checkExternName } from './validate-name.ts'
import { type Scope, Side } from './validate-scope.ts'
import { tick, type Validation } from './validation.ts'

// — Core

export function defineCoreInstance(scope: Scope, def: CoreInstanceDef): void {
  const exports = def.kind === 'exports' ? bundleCore(scope, def.exports) : instantiateCore(scope, def)
  scope.add('core-instance', exports)
}

type CoreInstantiate = Extract<CoreInstanceDef, { readonly kind: 'instantiate' }>

function instantiateCore(scope: Scope, def: CoreInstantiate): ReadonlyMap<string, CoreExternType> {
  const cx: Validation = scope.cx
  const module = scope.at('core-module', def.module)
  const args = new Map<string, ReadonlyMap<string, CoreExternType>>()
  for (const { name, instance } of def.args) {
    const exports = scope.at('core-instance', instance)
    if (args.has(name)) cx.fail(`duplicate module instantiation argument named ${tick(name)}`)
    args.set(name, exports)
  }
  for (const [from, names] of module.imports) {
    const exports = args.get(from)
    if (exports === undefined) return cx.fail(`missing module instantiation argument named ${tick(from)}`)
    for (const [name, wanted] of names) {
      const given = exports.get(name)
      if (given === undefined) {
        const argument = `module instantiation argument ${tick(from)}`
        return cx.fail(`${argument} does not export an item named ${tick(name)}`)
      }
      const crumb = (): string =>
        `type mismatch for export ${tick(name)} of module instantiation argument ${tick(from)}`
      cx.within(crumb, () => checkCoreExtern(cx, given, wanted))
    }
  }
  return module.exports
}

function bundleCore(scope: Scope, items: readonly CoreInlineExport[]): ReadonlyMap<string, CoreExternType> {
  const cx: Validation = scope.cx
  const exports = new Map<string, CoreExternType>()
  let size = 1
  for (const item of items) {
    const type = coreExternAt(scope, item)
    size = cx.addSizes(size, coreExternSize(cx, type))
    if (exports.has(item.name)) cx.fail(`duplicate instantiation export name ${tick(item.name)} already defined`)
    exports.set(item.name, type)
  }
  return exports
}

function coreExternAt(scope: Scope, { sort, index }: CoreInlineExport): CoreExternType {
  switch (sort) {
    case 'core-func':
      return { kind: 'func', type: scope.at(sort, index), exact: false }
    case 'core-tag':
      requireExceptions(scope.cx)
      return { kind: 'tag', type: scope.at(sort, index) }
    case 'core-table':
    case 'core-memory':
    case 'core-global':
      return scope.at(sort, index)
    default:
      return scope.cx.fail(`a core instance cannot export a ${sort.replace('-', ' ')}`)
  }
}

// — Component

export function defineInstance(scope: Scope, def: InstanceDef): void {
  scope.add('instance', def.kind === 'exports' ? bundle(scope, def.exports) : instantiate(scope, def))
}

function instantiate(scope: Scope, def: Extract<InstanceDef, { readonly kind: 'instantiate' }>): InstanceType {
  const cx: Validation = scope.cx
  const component = scope.at('component', def.component)
  const args = new Map<string, Entity>()
  for (const { name, sort, index } of def.args) {
    const entity = entityAt(scope, sort, index)
    if (args.has(name)) {
      cx.fail(`instantiation argument ${tick(name)} conflicts with previous argument ${tick(name)}`)
    }
    args.set(name, entity)
  }
  const substitution = match(cx, args, component, 'import')
  for (const identity of component.defined.keys()) {
    const fresh = new Identity(identity.plain.name)
    substitution.resources.set(identity, fresh)
    scope.defined.set(fresh, undefined)
  }
  const tally = new Tally(cx)
  for (const entity of component.exports.values()) tally.add(entity)
  return {
    kind: 'instance',
    exports: substitution.entities(component.exports),
    defined: new Set(),
    extent: tally.done(),
  }
}

/** A bundle introduces no indices, so no names of resources either: nothing in it can be a method. */
function bundle(scope: Scope, items: readonly InlineExport[]): InstanceType {
  const cx: Validation = scope.cx
  const side = new Side()
  const tally = new Tally(cx)
  for (const { name, sort, index } of items) {
    const entity = entityAt(scope, sort, index)
    addName(cx, side, 'export', name.name, checkExternName(cx, side, 'export', name, entity))
    side.items.set(name.name, entity)
    tally.add(entity)
  }
  return { kind: 'instance', exports: side.items, defined: new Set(), extent: tally.done() }
}

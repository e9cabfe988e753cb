/**
 * Interprets every definition in file order, instantiation included, and writes down what is left to do at run time.
 *
 * Instantiating a component is a function call: its arguments are items of the caller, its result is a map of items, and
 * both are known here for every component of the file. Only imported components are met at run time (`foreign-instance`).
 * Recursion follows component nesting, which the decoder bounds. Relies on validation; looks for no errors.
 *
 * @spec Instance Definitions
 */
import type {
  CoreInstanceDef,
  CoreSort,
  Def,
  ExternName,
  ExternTypeDef,
  InstanceDef,
  SortIndex,
} from '../../model/component.ts'
import { assert, InvalidError, unreachable } from '../../model/errors.ts'
import type { ComponentClosure, CoreInstanceRef, CoreRef, ImportedResource, PointerType } from '../../model/plan.ts'
import { resolveDefValType, resolveFuncType } from '../../parser/resolve-types.ts'
import { LINKS } from '../part.ts'
import { inlineCanon } from './inline-canon.ts'
import { type Planner, refsOf } from './planner.ts'
import { at, type CoreInstanceItem, type CoreItem, closureOf, type InstanceItem, type Item, Scope } from './scope.ts'

export interface Exported {
  readonly item: Item
  readonly at: number
  readonly attributes: ExternName
}

type ImportHandler = (scope: Scope, def: Extract<Def, { kind: 'import' }>) => Item

export function inlineComponent(
  planner: Planner,
  closure: ComponentClosure,
  outer: Scope | undefined,
  parent: number | undefined,
  onImport: ImportHandler,
): ReadonlyMap<string, Exported> {
  const instance = planner.slots.instances++
  planner.steps.push({ kind: 'component-instance', slot: instance, parent, name: `component instance ${instance}` })
  const scope = new Scope(planner, outer, instance)
  const exports = new Map<string, Exported>()
  for (const def of closure.def.defs) inlineDef(planner, scope, instance, def, onImport, exports)
  return exports
}

function inlineDef(
  planner: Planner,
  scope: Scope,
  instance: number,
  def: Def,
  onImport: ImportHandler,
  exports: Map<string, Exported>,
): void {
  planner.charge(def)
  switch (def.kind) {
    case 'core-module': {
      const pointer = (memory: string): PointerType => {
        const found = def.type.exports.find((e) => e.name === memory && e.type.kind === 'memory')
        return found?.type.kind === 'memory' ? found.type.index : 'i32'
      }
      scope.modules.push({ kind: 'module', source: { kind: 'file', def }, pointer })
      break
    }
    case 'core-instance':
      scope.coreInstances.push(inlineCoreInstance(planner, scope, instance, def.instance))
      break
    case 'core-type':
      if (def.type.kind === 'module') scope.coreTypes.push({ kind: 'module-type', decls: def.type.decls, scope })
      else for (const type of def.type.group.types) scope.coreTypes.push({ kind: 'sub', type })
      break
    case 'component': {
      const shape = closureOf(def.component, scope)
      scope.components.push({ kind: 'component', ref: { kind: 'component', component: shape }, shape })
      break
    }
    case 'instance':
      scope.instances.push(inlineInstance(planner, scope, instance, def.instance))
      break
    case 'alias':
      inlineAlias(scope, def.alias)
      break
    case 'type':
      if (def.type.kind === 'resource') {
        const resource = planner.newResource(`resource ${planner.resources.length}`)
        const dtor = def.type.dtor === undefined ? undefined : at(scope.coreFuncs, def.type.dtor).ref
        planner.steps.push({ kind: 'resource', resource, instance, dtor })
        scope.types.push(resource)
      } else if (def.type.kind === 'component' || def.type.kind === 'instance') {
        scope.types.push({ kind: 'closure', of: def.type.kind, decls: def.type.decls, scope })
      } else if (def.type.kind === 'func') {
        scope.types.push(resolveFuncType(def.type, scope.valTypeAt))
      } else {
        scope.types.push(resolveDefValType(def.type, scope.valTypeAt))
      }
      break
    case 'canon':
      inlineCanon(planner, scope, instance, def.canon)
      break
    case 'import':
      scope.add(onImport(scope, def))
      break
    case 'export': {
      const found = itemAt(scope, def.item)
      const item = def.type === undefined ? found : ascribed(scope, found, def.type)
      nameResource(item, def.name.name)
      exports.set(def.name.name, { item, at: def.at, attributes: def.name })
      scope.add(item)
      break
    }
    case 'start':
    case 'value':
      throw new InvalidError('component values are checked but cannot be instantiated yet', def.at, [], 'values')
    case 'custom':
      break
    default:
      unreachable(def)
  }
}

/** A function has the type it is exported with: equal to its own, and made of the types that are exported beside it. */
function ascribed(scope: Scope, item: Item, type: ExternTypeDef): Item {
  if (item.kind === 'func' && type.kind === 'func') return { ...item, type: scope.funcType(type.type) }
  return seenAs(scope, item, type)
}

/** An instance has no more exports than its type names. */
function seenAs(scope: Scope, item: Item, type: ExternTypeDef): Item {
  if (item.kind !== 'instance' || type.kind !== 'instance') return item
  return LINKS.get().restrict(item, scope.closure(type))
}

/** A resource is called by the name it is first exported under. */
function nameResource(item: Item, name: string): void {
  if (item.kind === 'type' && item.type.kind === 'resource' && item.type.name.startsWith('resource ')) {
    // the planner's own object, not handed out yet
    ;(item.type as { name: string }).name = name
  }
}

function itemAt(scope: Scope, { sort, index }: SortIndex): Item {
  switch (sort) {
    case 'func':
      return at(scope.funcs, index)
    case 'type':
      return { kind: 'type', type: at(scope.types, index) }
    case 'component':
      return at(scope.components, index)
    case 'instance':
      return at(scope.instances, index)
    case 'core-module':
      return at(scope.modules, index)
    default:
      assert(sort !== 'value', 'values are refused before')
      throw new InvalidError(`sort ${sort} cannot be a component item`, 0)
  }
}

function inlineInstance(planner: Planner, scope: Scope, parent: number, def: InstanceDef): InstanceItem {
  if (def.kind === 'exports') {
    const exports = new Map<string, Item>()
    for (const inline of def.exports) {
      const item = itemAt(scope, inline)
      nameResource(item, inline.name.name)
      exports.set(inline.name.name, item)
    }
    return instanceItem(exports)
  }
  const component = at(scope.components, def.component)
  const args = new Map<string, Item>()
  for (const arg of def.args) args.set(arg.name, itemAt(scope, arg))
  const { shape } = component
  if ('def' in shape) {
    assert(shape.env instanceof Scope, 'closures of this file carry their scope')
    const exported = inlineComponent(planner, shape, shape.env, parent, (inner, def) => {
      const given = args.get(def.name.name)
      assert(given !== undefined, `validated: instantiation argument ${def.name.name}`)
      return seenAs(inner, given, def.type)
    })
    const exports = new Map<string, Item>()
    for (const [name, { item }] of exported) exports.set(name, item)
    return instanceItem(exports)
  }
  const slot = planner.slots.foreign++
  const resources: ImportedResource[] = []
  const exports = LINKS.get().openComponentType(planner, shape, args, { kind: 'foreign', slot, path: [] }, resources)
  planner.steps.push({
    kind: 'foreign-instance',
    slot,
    instance: parent,
    component: component.ref,
    args: refsOf(planner, args),
    resources,
  })
  return { kind: 'instance', ref: { kind: 'foreign', slot, path: [] }, exports }
}

function instanceItem(exports: ReadonlyMap<string, Item>): InstanceItem {
  return { kind: 'instance', ref: { kind: 'instance', exports: new Map() }, exports }
}

function coreSpace(scope: Scope, sort: CoreSort): CoreItem[] {
  switch (sort) {
    case 'core-func':
      return scope.coreFuncs
    case 'core-table':
      return scope.coreTables
    case 'core-memory':
      return scope.coreMemories
    case 'core-global':
      return scope.coreGlobals
    case 'core-tag':
      return scope.coreTags
    case 'core-type':
    case 'core-module':
    case 'core-instance':
      assert(false, 'validated: a sort that core instances export')
  }
}

function inlineCoreInstance(planner: Planner, scope: Scope, instance: number, def: CoreInstanceDef): CoreInstanceItem {
  if (def.kind === 'exports') {
    const items = new Map<string, CoreItem>()
    const refs = new Map<string, CoreRef>()
    for (const { name, sort, index } of def.exports) {
      const item = at(coreSpace(scope, sort), index)
      items.set(name, item)
      refs.set(name, item.ref)
    }
    return { ref: { kind: 'bundle', exports: refs }, get: (name) => coreExport(items, name) }
  }
  const module = at(scope.modules, def.module)
  const args = new Map<string, CoreInstanceRef>()
  for (const arg of def.args) args.set(arg.name, at(scope.coreInstances, arg.instance).ref)
  const slot = planner.slots.coreInstances++
  planner.steps.push({ kind: 'core-instance', slot, instance, module: planner.moduleRef(module), args })
  return {
    ref: { kind: 'instance', slot },
    get: (name) => ({ ref: { kind: 'export', instance: slot, name }, pointer: module.pointer(name) }),
  }
}

function coreExport(items: ReadonlyMap<string, CoreItem>, name: string): CoreItem {
  const item = items.get(name)
  assert(item !== undefined, `validated: core export ${name}`)
  return item
}

function inlineAlias(scope: Scope, alias: Extract<Def, { kind: 'alias' }>['alias']): void {
  switch (alias.kind) {
    case 'export': {
      const item = at(scope.instances, alias.instance).exports.get(alias.name)
      assert(item !== undefined, `validated: export ${alias.name}`)
      scope.add(item)
      break
    }
    case 'core-export':
      coreSpace(scope, alias.sort).push(at(scope.coreInstances, alias.instance).get(alias.name))
      break
    case 'outer': {
      const outer = scope.outer(alias.count)
      if (alias.sort === 'core-type') scope.coreTypes.push(at(outer.coreTypes, alias.index))
      else scope.add(captured(scope, outer, itemAt(outer, alias)))
      break
    }
  }
}

/** An outer item of another plan is found through the instance that handed this component out. */
function captured(scope: Scope, outer: Scope, item: Item): Item {
  if (outer.owner === scope.owner) return item
  if (item.kind === 'module' && item.source.kind === 'outside') {
    return { ...item, source: { ...item.source, ref: { kind: 'captured', ref: item.source.ref } } }
  }
  if (item.kind === 'component' && item.ref.kind !== 'component')
    return { ...item, ref: { kind: 'captured', ref: item.ref } }
  return item
}

/**
 * Component and instance types read as descriptions of items that exist: what an import of that type gives, and what is
 * left of an item seen through such a type.
 *
 * Every reading of a type makes its `(sub resource)` exports anew, because resources are generative. A resource met in
 * the root's imports (or in a foreign instance) gets a slot that linking fills.
 *
 * @spec Type Definitions
 */
import type { ComponentDecl, ExternTypeDef, InstanceDecl } from '../../model/component.ts'
import { assert } from '../../model/errors.ts'
import type { ImportedResource, ItemRef, PlanResource, PointerType } from '../../model/plan.ts'
import { resolveDefValType, resolveFuncType } from '../../parser/resolve-types.ts'
import { at, type CoreTypeItem, type Item, Scope, type TypeClosure } from './scope.ts'

/** Who numbers the resources that reading a type makes: a planner, or nobody. */
export interface ResourceSource {
  newResource(name: string): PlanResource
  readonly imported: ImportedResource[]
}

/** For types that are read to be shown or compared only: their resources never live. */
export const UNPLANNED: ResourceSource = {
  newResource: (name) => ({ kind: 'resource', name, slot: -1 }),
  get imported() {
    return []
  },
}

/** The item that an import (or a declared export) of this type stands for, found at run time through `ref`. */
export function importItem(
  source: ResourceSource,
  scope: Scope,
  type: ExternTypeDef,
  ref: ItemRef,
  name: string,
  resources: ImportedResource[] = source.imported,
): Item {
  switch (type.kind) {
    case 'func':
      return { kind: 'func', ref, type: scope.funcType(type.type) }
    case 'instance':
      return { kind: 'instance', ref, exports: openInstanceType(source, scope.closure(type), ref, resources) }
    case 'component':
      return { kind: 'component', ref, shape: scope.closure(type) }
    case 'module': {
      const item = scope.coreType(type.type)
      return { kind: 'module', source: { kind: 'outside', ref, type: item }, pointer: pointerBy(item) }
    }
    case 'type': {
      if (type.bound.kind === 'eq') return { kind: 'type', type: at(scope.types, type.bound.type) }
      const resource = source.newResource(name)
      resources.push({ resource, from: ref })
      return { kind: 'type', type: resource }
    }
    case 'value':
      assert(false, 'values are refused before')
  }
}

function openInstanceType(
  source: ResourceSource,
  closure: TypeClosure,
  ref: ItemRef,
  resources: ImportedResource[],
): ReadonlyMap<string, Item> {
  const scope = new Scope(closure.scope.owner, closure.scope, undefined)
  const exports = new Map<string, Item>()
  for (const decl of closure.decls) openDecl(source, scope, decl, ref, exports, undefined, resources)
  return exports
}

/** What an instance of a component of this type exports when these arguments are its imports. */
export function openComponentType(
  source: ResourceSource,
  closure: TypeClosure,
  args: ReadonlyMap<string, Item> | undefined,
  ref: ItemRef,
  resources: ImportedResource[],
  onImport?: (name: string, item: Item, at: number) => void,
): ReadonlyMap<string, Item> {
  const scope = new Scope(closure.scope.owner, closure.scope, undefined)
  const exports = new Map<string, Item>()
  for (const decl of closure.decls) openDecl(source, scope, decl, ref, exports, args, resources, onImport)
  return exports
}

function openDecl(
  source: ResourceSource,
  scope: Scope,
  decl: ComponentDecl | InstanceDecl,
  ref: ItemRef,
  exports: Map<string, Item>,
  args: ReadonlyMap<string, Item> | undefined,
  resources: ImportedResource[],
  onImport?: (name: string, item: Item, at: number) => void,
): void {
  switch (decl.kind) {
    case 'core-type':
      if (decl.type.kind === 'module') scope.coreTypes.push({ kind: 'module-type', decls: decl.type.decls, scope })
      else for (const type of decl.type.group.types) scope.coreTypes.push({ kind: 'sub', type })
      break
    case 'type':
      if (decl.type.kind === 'component' || decl.type.kind === 'instance') {
        scope.types.push({ kind: 'closure', of: decl.type.kind, decls: decl.type.decls, scope })
      } else if (decl.type.kind === 'func') {
        scope.types.push(resolveFuncType(decl.type, scope.valTypeAt))
      } else {
        assert(decl.type.kind !== 'resource', 'validated: no resource definitions in types')
        scope.types.push(resolveDefValType(decl.type, scope.valTypeAt))
      }
      break
    case 'alias': {
      const { alias } = decl
      if (alias.kind === 'export') {
        const item = at(scope.instances, alias.instance).exports.get(alias.name)
        assert(item !== undefined, `validated: export ${alias.name}`)
        scope.add(item)
        break
      }
      assert(alias.kind === 'outer', 'validated: no core export aliases in types')
      const outer = scope.outer(alias.count)
      if (alias.sort === 'core-type') scope.coreTypes.push(at(outer.coreTypes, alias.index))
      else scope.types.push(at(outer.types, alias.index))
      break
    }
    case 'import': {
      const name = decl.name.name
      const item = args?.get(name) ?? importItem(source, scope, decl.type, { kind: 'import', name, path: [] }, name, [])
      onImport?.(name, item, decl.at)
      scope.add(item)
      break
    }
    case 'export': {
      const name = decl.name.name
      const item = { ...importItem(source, scope, decl.type, member(ref, name), name, resources), at: decl.at }
      exports.set(name, item)
      scope.add(item)
      break
    }
  }
}

/** The reference to an export of a referenced instance. */
export function member(ref: ItemRef, name: string): ItemRef {
  switch (ref.kind) {
    case 'import':
      return { kind: 'import', name: ref.name, path: [...ref.path, name] }
    case 'foreign':
      return { kind: 'foreign', slot: ref.slot, path: [...ref.path, name] }
    default:
      assert(false, 'only imported and foreign instances are opened by type')
  }
}

/**
 * An instance seen through a type: it loses the exports the type does not name. Everything in it is what it is; validation
 * has checked that it fits.
 */
export function restrict(item: Extract<Item, { kind: 'instance' }>, closure: TypeClosure): Item {
  const named = new Map<string, ExternTypeDef>()
  for (const decl of closure.decls) if (decl.kind === 'export') named.set(decl.name.name, decl.type)
  if (named.size === item.exports.size && ![...named.values()].some((type) => type.kind === 'instance')) return item
  const exports = new Map<string, Item>()
  // a nested instance type is looked up in the scope that reading the outer one makes
  const scope = new Scope(closure.scope.owner, closure.scope, undefined)
  const ignored: Map<string, Item> = new Map()
  const nowhere: ItemRef = { kind: 'import', name: '', path: [] }
  for (const decl of closure.decls) {
    openDecl(UNPLANNED, scope, decl, nowhere, ignored, undefined, [])
    if (decl.kind !== 'export') continue
    const found = item.exports.get(decl.name.name)
    assert(found !== undefined, `validated: export ${decl.name.name}`)
    const type = decl.type
    const inner = found.kind === 'instance' && type.kind === 'instance'
    exports.set(decl.name.name, inner ? restrict(found, scope.closure(type)) : found)
  }
  return { kind: 'instance', ref: { kind: 'instance', exports: new Map() }, exports }
}

function pointerBy(item: CoreTypeItem): (memory: string) => PointerType {
  return (memory) => {
    if (item.kind !== 'module-type') return 'i32'
    for (const decl of item.decls) {
      if (decl.kind === 'export' && decl.name === memory && decl.type.kind === 'memory') return decl.type.index
    }
    return 'i32'
  }
}

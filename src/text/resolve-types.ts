/**
 * Component-level types: tree → model. An inline type becomes a definition of its own just before the place that uses
 * it, and the use becomes its index: first everything inline in a node is hoisted, then the names in it are resolved,
 * so that implicit outer aliases come between the two as the order of indices wants it.
 */
import {
  type AliasDecl,
  type ComponentDecl,
  type CoreSort,
  type CoreTypeDecl,
  type CoreTypeIndex,
  type DefType,
  type DefValType,
  type ExternTypeDef,
  type FuncTypeDef,
  type InstanceDecl,
  index,
  type Sort,
  type TypeDecl,
  type TypeIndex,
  type ValTypeRef,
} from '../model/component.ts'
import { unreachable } from '../model/errors.ts'
import type { PrimValType } from '../model/types.ts'
import type {
  AliasField,
  CoreRecField,
  CoreTypeField,
  DeclNode,
  DefVal,
  DefValNode,
  ExternNode,
  FuncNode,
  Id,
  Idx,
  InstanceDeclNode,
  ItemRef,
  ModuleTypeNode,
  NamedNode,
  TypeNode,
  TypeUse,
  ValNode,
} from './ast.ts'
import { moduleType, recGroup } from './resolve-core-types.ts'
import { Scope } from './scope.ts'

/** What owns an index space and takes definitions: a component, or the declarations of a type. */
export interface Host {
  readonly scope: Scope
  readonly put: (def: CoreTypeDecl | TypeDecl | AliasDecl) => void
}

// — References

type CoreExportSort = Exclude<CoreSort, 'core-type' | 'core-module' | 'core-instance'>
const CORE_EXPORTS: ReadonlySet<Sort> = new Set(['core-func', 'core-table', 'core-memory', 'core-global', 'core-tag'])
const isCoreExport = (sort: Sort): sort is CoreExportSort => CORE_EXPORTS.has(sort)

/** An item by index; a path through instances becomes one alias per name. */
export function resolveRef(host: Host, { sort, idx, path }: ItemRef): number {
  if (path.length === 0) return host.scope.resolve(sort, idx)
  if (isCoreExport(sort)) {
    let at = host.scope.resolve('core-instance', idx)
    for (const name of path) {
      host.put({ kind: 'alias', at: idx.at, alias: { kind: 'core-export', sort, instance: index(at), name } })
      at = host.scope.define(sort)
    }
    return at
  }
  if (sort === 'core-type' || sort === 'core-instance') {
    const why = 'so an export name cannot be used to resolve this reference'
    throw host.scope.error(`core instances cannot export this kind of item, ${why}`, idx.at)
  }
  let at = host.scope.resolve('instance', idx)
  for (const [i, name] of path.entries()) {
    const step: Sort = i === path.length - 1 ? sort : 'instance'
    host.put({ kind: 'alias', at: idx.at, alias: { kind: 'export', sort: step, instance: index(at), name } })
    at = host.scope.define(step)
  }
  return at
}

export function resolveTypeUse<T extends TypeNode>(host: Host, use: TypeUse<T>): TypeIndex {
  if (use.kind === 'ref') return index(resolveRef(host, use.ref))
  return defineType(host, use.at, undefined, use.type)
}

// — Value types

type Hoisted = PrimValType | Idx

/** The same shape over other parts. */
function mapDefVal<V, R, W, S>(node: DefVal<V, R>, val: (v: V) => W, res: (r: R) => S): DefVal<W, S> {
  const opt = (v: V | undefined): W | undefined => (v === undefined ? undefined : val(v))
  switch (node.kind) {
    case 'record':
      return { kind: node.kind, fields: node.fields.map(({ name, type }) => ({ name, type: val(type) })) }
    case 'variant':
      return { kind: node.kind, cases: node.cases.map(({ name, type }) => ({ name, type: opt(type) })) }
    case 'list':
      return { kind: node.kind, element: val(node.element), length: node.length }
    case 'map': {
      const key = val(node.key)
      return { kind: node.kind, key, value: val(node.value) }
    }
    case 'tuple':
      return { kind: node.kind, elements: node.elements.map(val) }
    case 'flags':
    case 'enum':
      return node
    case 'option':
      return { kind: node.kind, some: val(node.some) }
    case 'result': {
      const ok = opt(node.ok)
      return { kind: node.kind, ok, err: opt(node.err) }
    }
    case 'own':
    case 'borrow':
      return { kind: node.kind, resource: res(node.resource) }
    case 'stream':
    case 'future':
      return { kind: node.kind, element: opt(node.element) }
    default:
      return unreachable(node)
  }
}

/** An inline type gets a definition; what is left can be resolved without defining anything. */
export function hoist(host: Host, node: ValNode): Hoisted {
  if (typeof node === 'string' || 'ref' in node) return node
  return { at: node.at, ref: defineType(host, node.at, undefined, node.def) }
}

export function resolveVal(host: Host, hoisted: Hoisted): ValTypeRef {
  return typeof hoisted === 'string' ? hoisted : index(host.scope.resolve('type', hoisted))
}

export const valType = (host: Host, node: ValNode): ValTypeRef => resolveVal(host, hoist(host, node))

function defValType(host: Host, node: DefValNode): DefValType {
  const hoisted = mapDefVal(
    node,
    (v) => hoist(host, v),
    (r) => r,
  )
  return mapDefVal(
    hoisted,
    (v) => resolveVal(host, v),
    (r) => index<'type'>(host.scope.resolve('type', r)),
  )
}

function funcType(host: Host, node: FuncNode): FuncTypeDef {
  const hoisted = node.params.map(({ name, type }): NamedNode<Hoisted> => ({ name, type: hoist(host, type) }))
  const result = node.result === undefined ? undefined : hoist(host, node.result)
  return {
    kind: 'func',
    async: node.async,
    params: hoisted.map(({ name, type }) => ({ name, type: resolveVal(host, type) })),
    result: result === undefined ? undefined : resolveVal(host, result),
  }
}

// — Definitions

/** Writes a type definition and allots its index. The name is in scope after the definition, not within. */
export function defineType(host: Host, at: number, id: Id | undefined, node: TypeNode): TypeIndex {
  const type = defType(host, id, node)
  host.put({ kind: 'type', at, type })
  return index(host.scope.define('type', id))
}

function defType(host: Host, id: Id | undefined, node: TypeNode): DefType {
  switch (node.kind) {
    case 'primitive':
      return node
    case 'func':
      return funcType(host, node)
    case 'component':
      return { kind: 'component', decls: componentDecls(host, id, node.decls) }
    case 'instance':
      return { kind: 'instance', decls: instanceDecls(host, id, node.decls) }
    case 'resource': {
      const { rep, dtor } = node
      return { kind: 'resource', rep, dtor: dtor === undefined ? undefined : index(resolveRef(host, dtor)) }
    }
    default:
      return defValType(host, node)
  }
}

export function defineCoreType(host: Host, { at, id, type }: CoreTypeField): void {
  if (type.kind === 'module') {
    const module = moduleType(host.scope, id, type)
    host.put({ kind: 'core-type', at, type: module })
    host.scope.define('core-type', id)
  } else {
    host.put({ kind: 'core-type', at, type: { kind: 'rec', group: recGroup(host.scope, at, [type.type], false, id) } })
  }
}

export function defineCoreRec(host: Host, { at, types }: CoreRecField): void {
  host.put({ kind: 'core-type', at, type: { kind: 'rec', group: recGroup(host.scope, at, types, true) } })
}

export function defineAlias(host: Host, { at, id, alias }: AliasField): number {
  const { scope } = host
  switch (alias.kind) {
    case 'export': {
      const instance = index<'instance'>(scope.resolve('instance', alias.instance))
      host.put({ kind: 'alias', at, alias: { ...alias, instance } })
      break
    }
    case 'core-export': {
      const instance = index<'core-instance'>(scope.resolve('core-instance', alias.instance))
      host.put({ kind: 'alias', at, alias: { ...alias, instance } })
      break
    }
    case 'outer': {
      const { sort } = alias
      host.put({
        kind: 'alias',
        at,
        alias: { kind: 'outer', sort, ...scope.resolveOuter(sort, alias.outer, alias.idx) },
      })
      break
    }
    default:
      return unreachable(alias)
  }
  return scope.define(alias.sort, id)
}

// — Declarations of component and instance types

function componentDecls(outer: Host, id: Id | undefined, nodes: readonly DeclNode[]): ComponentDecl[] {
  const decls: ComponentDecl[] = []
  const host = innerHost(outer, id, (decl) => decls.push(decl))
  for (const node of nodes) {
    if (node.kind === 'import') {
      const type = resolveExtern(host, node.type)
      decls.push({ kind: 'import', at: node.at, name: node.name, type })
      host.scope.define(node.type.kind, node.id)
    } else {
      instanceDecl(host, decls, node)
    }
  }
  return decls
}

function instanceDecls(outer: Host, id: Id | undefined, nodes: readonly InstanceDeclNode[]): InstanceDecl[] {
  const decls: InstanceDecl[] = []
  const host = innerHost(outer, id, (decl) => decls.push(decl))
  for (const node of nodes) instanceDecl(host, decls, node)
  return decls
}

/** A host whose scope lies within another's. */
export function innerHost(outer: Host, id: Id | undefined, put: Host['put']): Host {
  const scope = new Scope(outer.scope.source, outer.scope, id, (at, alias) => put({ kind: 'alias', at, alias }))
  return { scope, put }
}

function instanceDecl(host: Host, decls: { push(decl: InstanceDecl): void }, node: InstanceDeclNode): void {
  switch (node.kind) {
    case 'core-type':
      defineCoreType(host, node)
      return
    case 'core-rec':
      defineCoreRec(host, node)
      return
    case 'type':
      defineType(host, node.at, node.id, node.type)
      return
    case 'alias':
      defineAlias(host, node)
      return
    case 'export': {
      const type = resolveExtern(host, node.type)
      decls.push({ kind: 'export', at: node.at, name: node.name, type })
      host.scope.define(node.type.kind, node.id)
      return
    }
    default:
      unreachable(node)
  }
}

// — Externs

export function resolveExtern(host: Host, node: ExternNode): ExternTypeDef {
  switch (node.kind) {
    case 'core-module':
      return { kind: 'module', type: resolveModuleUse(host, node.type) }
    case 'func':
    case 'component':
    case 'instance':
      return { kind: node.kind, type: resolveTypeUse<TypeNode>(host, node.type) }
    case 'value': {
      const { eq, type } = node
      if (eq !== undefined) {
        return { kind: 'value', bound: { kind: 'eq', index: index(host.scope.resolve('value', eq)) } }
      }
      return { kind: 'value', bound: { kind: 'type', type: valType(host, type) } }
    }
    case 'type': {
      if (node.eq === undefined) return { kind: 'type', bound: { kind: 'sub-resource' } }
      return { kind: 'type', bound: { kind: 'eq', type: index(host.scope.resolve('type', node.eq)) } }
    }
    default:
      return unreachable(node)
  }
}

function resolveModuleUse(host: Host, use: TypeUse<ModuleTypeNode, 'core-type'>): CoreTypeIndex {
  if (use.kind === 'ref') return index(resolveRef(host, use.ref))
  host.put({ kind: 'core-type', at: use.at, type: moduleType(host.scope, undefined, use.type) })
  return index(host.scope.define('core-type'))
}

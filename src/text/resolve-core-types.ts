/**
 * Core types: tree → model. A type may name itself and its recursion group, so names are registered before the types
 * are looked at; hence nothing outside the innermost scope is found without an explicit alias.
 */
import { type CoreDefType, type CoreModuleDecl, index } from '../model/component.ts'
import type {
  CoreCompositeType,
  CoreExternType,
  CoreFieldType,
  CoreFuncType,
  CoreRecGroup,
  CoreRefType,
  CoreSubType,
  CoreValType,
} from '../model/core-types.ts'
import { unreachable } from '../model/errors.ts'
import type {
  CoreCompositeNode,
  CoreExternNode,
  CoreFieldNode,
  CoreFuncNode,
  CoreFuncUse,
  CoreRefNode,
  CoreSubNode,
  CoreValNode,
  Id,
  ModuleDeclNode,
  ModuleTypeNode,
} from './ast.ts'
import { Scope } from './scope.ts'

const refType = (scope: Scope, node: CoreRefNode): CoreRefType => ({
  ...node,
  heap: typeof node.heap === 'string' ? node.heap : scope.resolveHere('core-type', node.heap),
})

const valType = (scope: Scope, node: CoreValNode): CoreValType =>
  typeof node === 'string' ? node : refType(scope, node)

const fieldType = (scope: Scope, { type, mutable }: CoreFieldNode): CoreFieldType => ({
  type: type === 'i8' || type === 'i16' ? type : valType(scope, type),
  mutable,
})

const funcType = (scope: Scope, node: CoreFuncNode): CoreFuncType => ({
  kind: 'func',
  params: node.params.map((t) => valType(scope, t)),
  results: node.results.map((t) => valType(scope, t)),
})

function compositeType(scope: Scope, node: CoreCompositeNode): CoreCompositeType {
  switch (node.kind) {
    case 'func':
      return funcType(scope, node)
    case 'struct':
      return { kind: 'struct', fields: node.fields.map((f) => fieldType(scope, f)) }
    case 'array':
      return { kind: 'array', element: fieldType(scope, node.element) }
    case 'cont':
      return { kind: 'cont', type: scope.resolveHere('core-type', node.type) }
    default:
      return unreachable(node)
  }
}

function subType(scope: Scope, node: CoreSubNode): CoreSubType {
  const { final, shared, describes, descriptor } = node
  return {
    final,
    shared,
    supertypes: node.supertypes.map((idx) => scope.resolveHere('core-type', idx)),
    ...(describes === undefined ? {} : { describes: scope.resolveHere('core-type', describes) }),
    ...(descriptor === undefined ? {} : { descriptor: scope.resolveHere('core-type', descriptor) }),
    type: compositeType(scope, node.type),
  }
}

/** Registers the names of the group, then resolves it. `explicit`: written with `rec`. */
export function recGroup(
  scope: Scope,
  at: number,
  nodes: readonly CoreSubNode[],
  explicit: boolean,
  id?: Id,
): CoreRecGroup {
  for (const node of nodes) scope.define('core-type', node.id ?? id)
  return { at, explicit, types: nodes.map((node) => subType(scope, node)) }
}

/** A module type has a scope of its own, with nothing in it but core types. */
export function moduleType(outer: Scope, id: Id | undefined, node: ModuleTypeNode): CoreDefType {
  const decls: CoreModuleDecl[] = []
  const scope = new Scope(outer.source, outer, id, (at, alias) => {
    decls.push({ kind: 'outer-type', at, count: alias.count, index: index(alias.index) })
  })
  const funcs = new Map<string, number>()
  for (const decl of node.decls) moduleDecl({ scope, decls, funcs }, decl)
  return { kind: 'module', decls }
}

interface ModuleContext {
  readonly scope: Scope
  readonly decls: CoreModuleDecl[]
  /** Function types declared so far, by structure: an inline type reuses the first that is equal. */
  readonly funcs: Map<string, number>
}

function moduleDecl(context: ModuleContext, decl: ModuleDeclNode): void {
  const { scope, decls } = context
  const { at } = decl
  switch (decl.kind) {
    case 'type':
      declareGroup(context, recGroup(scope, at, [decl.type], false))
      return
    case 'rec':
      declareGroup(context, recGroup(scope, at, decl.types, true))
      return
    case 'alias': {
      const { count, index: found } = scope.resolveOuter('core-type', decl.alias.outer, decl.alias.idx)
      scope.define('core-type', decl.id)
      decls.push({ kind: 'outer-type', at, count, index: index(found) })
      return
    }
    case 'import':
      for (const { at, name, type } of decl.items) {
        const extern = externType(context, at, type)
        decls.push({ kind: 'import', at, module: decl.module, name, type: extern })
      }
      return
    case 'export': {
      const extern = externType(context, at, decl.type)
      decls.push({ kind: 'export', at, name: decl.name, type: extern })
      return
    }
    default:
      unreachable(decl)
  }
}

function declareGroup({ scope, decls, funcs }: ModuleContext, group: CoreRecGroup): void {
  decls.push({ kind: 'type', at: group.at, group })
  const [first] = group.types
  // Only a lone plain function type is what an inline one could have meant.
  if (group.explicit || first === undefined || first.type.kind !== 'func') return
  const { final, shared, supertypes, describes, descriptor } = first
  if (!final || shared || supertypes.length > 0 || describes !== undefined || descriptor !== undefined) return
  const key = JSON.stringify(first.type)
  if (!funcs.has(key)) funcs.set(key, scope.last('core-type'))
}

function externType(context: ModuleContext, at: number, node: CoreExternNode): CoreExternType {
  switch (node.kind) {
    case 'func':
      return { kind: 'func', type: funcUse(context, at, node.use), exact: node.exact }
    case 'tag':
      return { kind: 'tag', type: funcUse(context, at, node.use) }
    case 'global':
      return { ...node, type: valType(context.scope, node.type) }
    case 'table':
      return { ...node, element: refType(context.scope, node.element) }
    case 'memory':
      return node
    default:
      return unreachable(node)
  }
}

/** An explicit index wins; what is written beside it only repeats it. */
function funcUse(context: ModuleContext, at: number, use: CoreFuncUse): number {
  if (use.type !== undefined) return context.scope.resolveHere('core-type', use.type)
  const type = funcType(context.scope, use.inline)
  const known = context.funcs.get(JSON.stringify(type))
  if (known !== undefined) return known
  const group: CoreRecGroup = {
    at,
    explicit: false,
    types: [{ final: true, shared: false, supertypes: [], type }],
  }
  const declared = context.scope.define('core-type')
  declareGroup(context, group)
  return declared
}

/**
 * The syntax tree → the model's `ComponentDef`, which the encoder writes. Sugar that allots indices is expanded on the
 * way, because only here is it known which indices those are: a definition is written when its parts are, so what a
 * field implies stands just before it. Inline exports come last, in the order of their definitions.
 *
 * Types of core modules are left empty: they belong to whoever decodes the bytes.
 */

import type { CanonOptDef } from '../model/builtins.ts'
import {
  type CanonDef,
  type ComponentDef,
  type CoreInlineExport,
  type CoreInstanceDef,
  type Def,
  type ExternName,
  type InlineExport,
  type InstanceDef,
  index,
  type Sort,
} from '../model/component.ts'
import type { CoreModuleType } from '../model/core-types.ts'
import { assert, unreachable } from '../model/errors.ts'
import type {
  ArgNode,
  BuiltinNode,
  CanonNode,
  CanonOptNode,
  ComponentNode,
  CoreArgNode,
  CoreExportNode,
  CoreInstanceNode,
  CoreModuleText,
  ExportNode,
  FieldNode,
  Id,
  InstanceNode,
  ItemRef,
} from './ast.ts'
import {
  defineAlias,
  defineCoreRec,
  defineCoreType,
  defineType,
  type Host,
  hoist,
  resolveExtern,
  resolveRef,
  resolveTypeUse,
  resolveVal,
  valType,
} from './resolve-types.ts'
import { Scope } from './scope.ts'
import type { Source } from './source.ts'

/** The bytes of every core module of the tree. */
export type Assembled = ReadonlyMap<CoreModuleText, Uint8Array>

const UNREAD: CoreModuleType = { types: [], imports: [], exports: [] }

/** @throws MalformedError for a name that means nothing, or two things */
export function resolveComponent(
  source: Source,
  node: ComponentNode & { readonly kind: 'text' },
  modules: Assembled,
): ComponentDef {
  return component(source, undefined, node, modules)
}

interface Context extends Host {
  readonly defs: Def[]
  readonly put: (def: Def) => void
  readonly modules: Assembled
  /** Inline exports, written after everything else. */
  readonly exports: { readonly at: number; readonly name: ExternName; readonly sort: Sort; readonly index: number }[]
}

interface Body {
  readonly at: number
  readonly id: Id | undefined
  readonly fields: readonly FieldNode[]
}

function component(source: Source, parent: Scope | undefined, node: Body, modules: Assembled): ComponentDef {
  const defs: Def[] = []
  const put = (def: Def): void => void defs.push(def)
  const scope = new Scope(source, parent, node.id, (at, alias) => put({ kind: 'alias', at, alias }))
  const context: Context = { scope, put, defs, modules, exports: [] }
  for (const field of node.fields) defineField(context, field)
  for (const { at, name, ...item } of context.exports) {
    put({ kind: 'export', at, name, item, type: undefined })
    scope.define(item.sort)
  }
  return { at: node.at, end: node.at, defs }
}

function defineField(context: Context, field: FieldNode): void {
  const { scope, put } = context
  const { at } = field
  switch (field.kind) {
    case 'core-module': {
      const bytes = context.modules.get(field.module)
      assert(bytes !== undefined, 'every core module was assembled')
      put({ kind: 'core-module', at, bytes, type: UNREAD })
      define(context, field, 'core-module')
      return
    }
    case 'core-instance':
      defineCoreInstance(context, at, field.id, field.instance)
      return
    case 'core-type':
      defineCoreType(context, field)
      return
    case 'core-rec':
      defineCoreRec(context, field)
      return
    case 'component':
      put({ kind: 'component', at, component: component(scope.source, scope, field, context.modules) })
      define(context, field, 'component')
      return
    case 'instance': {
      const instance = resolveInstance(context, field.instance)
      put({ kind: 'instance', at, instance })
      define(context, field, 'instance')
      return
    }
    case 'alias':
      exportInline(context, field, field.alias.sort, defineAlias(context, field))
      return
    case 'type':
      exportInline(context, field, 'type', defineType(context, at, field.id, field.type))
      return
    case 'canon': {
      const canon = resolveCanon(context, field.canon)
      put({ kind: 'canon', at, canon })
      define(context, field, canon.kind === 'lift' ? 'func' : 'core-func')
      return
    }
    case 'start': {
      const func = resolveRef(context, field.func)
      const args = field.args.map((arg) => index<'value'>(resolveRef(context, arg)))
      put({ kind: 'start', at, func: index(func), args, results: field.results.length })
      for (const id of field.results) scope.define('value', id)
      return
    }
    case 'import': {
      const type = resolveExtern(context, field.type)
      put({ kind: 'import', at, name: field.name, type })
      define(context, field, field.type.kind)
      return
    }
    case 'export': {
      const type = field.type === undefined ? undefined : resolveExtern(context, field.type)
      const { sort } = field.item
      put({ kind: 'export', at, name: field.name, item: { sort, index: resolveRef(context, field.item) }, type })
      scope.define(sort, field.id)
      return
    }
    case 'value':
      put({ kind: 'value', at, type: valType(context, field.type), bytes: field.bytes })
      define(context, field, 'value')
      return
    case 'custom':
      put(field)
      return
    default:
      unreachable(field)
  }
}

interface Head {
  readonly at: number
  readonly id: Id | undefined
  readonly exports: readonly ExternName[]
}

function define(context: Context, head: Head, sort: Sort): void {
  exportInline(context, head, sort, context.scope.define(sort, head.id))
}

function exportInline(context: Context, { at, exports }: Head, sort: Sort, item: number): void {
  for (const name of exports) context.exports.push({ at, name, sort, index: item })
}

// — Instances

function defineCoreInstance(context: Context, at: number, id: Id | undefined, node: CoreInstanceNode): void {
  const instance = resolveCoreInstance(context, node)
  context.put({ kind: 'core-instance', at, instance })
  context.scope.define('core-instance', id)
}

function resolveCoreInstance(context: Context, node: CoreInstanceNode): CoreInstanceDef {
  if (node.kind === 'exports') return { kind: 'exports', exports: node.exports.map((e) => coreExport(context, e)) }
  const bundled = node.args.map(({ at, name, value }) => ({ name, value: coreBundle(context, at, value) }))
  const module = index<'core-module'>(resolveRef(context, node.module))
  const args = bundled.map(({ name, value }) => ({
    name,
    instance: index<'core-instance'>(typeof value === 'number' ? value : resolveRef(context, value)),
  }))
  return { kind: 'instantiate', module, args }
}

const isBundle = <T>(value: ItemRef | readonly T[]): value is readonly T[] => Array.isArray(value)

/** A bundle becomes an instance of its own; a reference waits, so that all bundles come before all aliases. */
function coreBundle(context: Context, at: number, value: CoreArgNode['value']): ItemRef | number {
  if (!isBundle(value)) return value
  defineCoreInstance(context, at, undefined, { kind: 'exports', exports: value })
  return context.scope.last('core-instance')
}

function coreExport(context: Context, { name, item }: CoreExportNode): CoreInlineExport {
  const { sort } = item
  assert(sort.startsWith('core-'), 'the parser takes core sorts only')
  return { name, sort: sort as CoreInlineExport['sort'], index: resolveRef(context, item) }
}

function resolveInstance(context: Context, node: InstanceNode): InstanceDef {
  if (node.kind === 'exports') return { kind: 'exports', exports: node.exports.map((e) => inlineExport(context, e)) }
  const bundled = node.args.map(({ at, name, value }) => ({ name, value: bundle(context, at, value) }))
  const component = index<'component'>(resolveRef(context, node.component))
  const args = bundled.map(({ name, value }) =>
    typeof value === 'number'
      ? { name, sort: 'instance' as const, index: value }
      : { name, sort: value.sort, index: resolveRef(context, value) },
  )
  return { kind: 'instantiate', component, args }
}

function bundle(context: Context, at: number, value: ArgNode['value']): ItemRef | number {
  if (!isBundle(value)) return value
  const instance: InstanceDef = { kind: 'exports', exports: value.map((e) => inlineExport(context, e)) }
  context.put({ kind: 'instance', at, instance })
  return context.scope.define('instance')
}

const inlineExport = (context: Context, { name, item }: ExportNode): InlineExport => ({
  name,
  sort: item.sort,
  index: resolveRef(context, item),
})

// — Canonical definitions

function resolveCanon(context: Context, node: CanonNode): CanonDef {
  switch (node.kind) {
    case 'lift': {
      const type = resolveTypeUse(context, node.type)
      const core = index<'core-func'>(resolveRef(context, node.core))
      return { kind: 'lift', core, opts: resolveOpts(context, node.opts), type }
    }
    case 'lower': {
      const func = index<'func'>(resolveRef(context, node.func))
      return { kind: 'lower', func, opts: resolveOpts(context, node.opts) }
    }
    case 'builtin':
      return resolveBuiltin(context, node)
    default:
      return unreachable(node)
  }
}

/** Only `task.return` has a result and only it can have an inline type, so hoisting first is all the order there is. */
function resolveBuiltin(context: Context, node: BuiltinNode): CanonDef {
  const { type, result, opts, memory, coreType, table, ...rest } = node
  const hoisted = result === undefined || result === null ? result : hoist(context, result)
  return {
    ...rest,
    ...(type === undefined ? {} : { type: index<'type'>(resolveRef(context, type)) }),
    ...(hoisted === undefined ? {} : { result: hoisted === null ? null : resolveVal(context, hoisted) }),
    ...(opts === undefined ? {} : { opts: resolveOpts(context, opts) }),
    ...(memory === undefined ? {} : { memory: index<'core-memory'>(resolveRef(context, memory)) }),
    ...(coreType === undefined ? {} : { coreType: index<'core-type'>(resolveRef(context, coreType)) }),
    ...(table === undefined ? {} : { table: index<'core-table'>(resolveRef(context, table)) }),
  }
}

const resolveOpts = (context: Context, opts: readonly CanonOptNode[]): CanonOptDef[] =>
  opts.map((opt) => resolveOpt(context, opt))

function resolveOpt(context: Context, opt: CanonOptNode): CanonOptDef {
  switch (opt.kind) {
    case 'memory':
      return { kind: 'memory', memory: index(resolveRef(context, opt.ref)) }
    case 'realloc':
    case 'post-return':
    case 'callback':
      return { kind: opt.kind, func: index(resolveRef(context, opt.ref)) }
    case 'core-type':
      return { kind: 'core-type', type: index(resolveRef(context, opt.ref)) }
    default:
      return opt
  }
}

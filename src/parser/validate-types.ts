/**
 * Type definitions that are scopes or identities: resource, component and instance types.
 *
 * A component or instance type is a scope of its own with empty index spaces; it may define no resources, only import
 * and export them.
 *
 * @spec Type Definitions
 * @throws InvalidError
 */
import type { ComponentDecl, DefType } from '../model/component.ts'
import { type AnyType, Identity, type InstanceType, type Resource } from './static-types.ts'
import { addAlias } from './validate-alias.ts'
import { finishComponent } from './validate-component.ts'
import { defineCoreType } from './validate-core.ts'
import { addExtern, entityOf } from './validate-extern.ts'
import { Scope } from './validate-scope.ts'
import { defineFunc, defineValType } from './validate-valtype.ts'
import { tick, type Validation } from './validation.ts'

export function defineType(scope: Scope, def: DefType): AnyType {
  switch (def.kind) {
    case 'func':
      return defineFunc(scope, def)
    case 'resource':
      return defineResource(scope, def.rep, def.dtor)
    case 'component': {
      const inner = evaluate(scope, 'component-type', def.decls)
      return finishComponent(inner)
    }
    case 'instance':
      return instanceTypeOf(evaluate(scope, 'instance-type', def.decls))
    default:
      return defineValType(scope, def)
  }
}

function defineResource(scope: Scope, rep: 'i32' | 'i64', dtor: number | undefined): Resource {
  const cx: Validation = scope.cx
  if (scope.kind !== 'component') cx.fail('resources can only be defined within a concrete component')
  if (rep === 'i64') {
    cx.require('memory64', 'resources with `i64` require the `cm64` feature to be enabled')
  }
  if (dtor !== undefined && scope.at('core-func', dtor) !== cx.coreTypes.ofFunc([rep], [])) {
    cx.fail(`core function ${dtor} has wrong signature for a destructor`)
  }
  const identity = new Identity(`type ${scope.spaces.type.length}`)
  scope.defined.set(identity, rep)
  return identity.plain
}

// — Component and instance types

function evaluate(parent: Scope, kind: 'component-type' | 'instance-type', decls: readonly ComponentDecl[]): Scope {
  const cx: Validation = parent.cx
  const scope = new Scope(cx, kind, parent)
  const at = cx.at
  cx.within(`type ${parent.spaces.type.length}`, () => {
    for (const decl of decls) {
      cx.at = decl.at
      declare(scope, decl)
    }
  })
  cx.at = at
  return scope
}

function declare(scope: Scope, decl: ComponentDecl): void {
  switch (decl.kind) {
    case 'core-type':
      defineCoreType(scope, decl.type)
      return
    case 'type':
      scope.add('type', defineType(scope, decl.type))
      return
    case 'alias':
      addAlias(scope, decl.alias)
      return
    case 'import':
    case 'export':
      scope.cx.within(
        () => `${decl.kind} ${tick(decl.name.name)}`,
        () => addExtern(scope, decl.kind, decl.name, entityOf(scope, decl.type, decl.name.name)),
      )
      return
  }
}

/** Every resource the type introduces is an export of it: that is the only way to introduce one here. */
const instanceTypeOf = (scope: Scope): InstanceType => ({
  kind: 'instance',
  exports: scope.exports.items,
  defined: new Set(scope.defined.keys()),
  extent: scope.tally.done(),
})

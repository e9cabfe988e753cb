/**
 * Validation: from a component as decoded to one whose every rule was checked.
 *
 * Definitions are checked in file order, each against the index spaces built so far; nested components recurse, no
 * deeper than the decoder let them. Work is linear in the input: types are shared objects with memoised sizes, flat
 * forms, visibility and subtyping. The first error wins. Core function bodies are the engine's to check.
 *
 * @throws InvalidError for a broken rule, or a gate that is off
 * @throws LimitError for a limit lower than the specification's bounds
 */
import type { CanonDef, ComponentDef, Def } from '../model/component.ts'
import type { FeatureSet } from '../model/features.ts'
import type { CompileLimits } from '../model/limits.ts'
import { type ValidComponent, validated } from '../model/plan.ts'
import type { RareRules } from './component-reader.ts'
import type { ComponentType } from './static-types.ts'
import { checkEntity } from './subtype.ts'
import { addAlias } from './validate-alias.ts'
import { defineLift, defineLower } from './validate-canon.ts'
import { finishComponent } from './validate-component.ts'
import { defineCoreType, moduleTypeOf } from './validate-core.ts'
import { addExtern, entityAt, entityOf, namedType } from './validate-extern.ts'
import { defineCoreInstance, defineInstance } from './validate-instance.ts'
import { Scope } from './validate-scope.ts'
import { defineType } from './validate-types.ts'
import { tick, Validation } from './validation.ts'

export interface ValidateOptions {
  readonly features: FeatureSet
  readonly limits: CompileLimits
}

/** @param rare asked for the first definition whose rules are among the rare ones */
export function validateWith(rare: () => RareRules, def: ComponentDef, options: ValidateOptions): ValidComponent {
  const cx = new Validation(options.features, options.limits, rare)
  checkComponent(cx, def, undefined)
  return validated(def, cx.used)
}

function checkComponent(cx: Validation, component: ComponentDef, parent: Scope | undefined): ComponentType {
  const scope = new Scope(cx, 'component', parent)
  for (const def of component.defs) {
    cx.at = def.at
    define(scope, def)
  }
  cx.at = component.end
  const unused = scope.spaces.value.findIndex((value) => !value.used)
  if (unused >= 0) {
    const uses = 'an instantiation, start function, or export'
    cx.fail(`value index ${unused} was not used as part of ${uses}`)
  }
  return finishComponent(scope)
}

function define(scope: Scope, def: Def): void {
  const cx: Validation = scope.cx
  switch (def.kind) {
    case 'core-module':
      scope.add('core-module', moduleTypeOf(cx, def.type))
      return
    case 'core-instance':
      defineCoreInstance(scope, def.instance)
      return
    case 'core-type':
      defineCoreType(scope, def.type)
      return
    case 'component': {
      const index = scope.spaces.component.length
      const type = cx.within(`component ${index}`, () => checkComponent(cx, def.component, scope))
      scope.add('component', type)
      return
    }
    case 'instance':
      defineInstance(scope, def.instance)
      return
    case 'alias':
      addAlias(scope, def.alias)
      return
    case 'type':
      scope.add('type', defineType(scope, def.type))
      return
    case 'canon':
      defineCanon(scope, def.canon)
      return
    case 'start':
      cx.rare().defineStart(scope, def)
      return
    case 'import':
      cx.within(
        () => `import ${tick(def.name.name)}`,
        () => addExtern(scope, 'import', def.name, entityOf(scope, def.type, def.name.name)),
      )
      return
    case 'export':
      cx.within(
        () => `export ${tick(def.name.name)}`,
        () => defineExport(scope, def),
      )
      return
    case 'value':
      cx.rare().defineValue(scope, def.type, def.bytes)
      return
    case 'custom':
      return
  }
}

function defineCanon(scope: Scope, def: CanonDef): void {
  switch (def.kind) {
    case 'lift':
      defineLift(scope, def)
      return
    case 'lower':
      defineLower(scope, def)
      return
    case 'builtin':
      scope.cx.rare().defineBuiltin(scope, def)
      return
  }
}

function defineExport(scope: Scope, def: Extract<Def, { readonly kind: 'export' }>): void {
  const cx: Validation = scope.cx
  const found = entityAt(scope, def.item.sort, def.item.index)
  const actual = found.kind === 'type' ? namedType(found.of) : found
  let entity = actual
  if (def.type !== undefined) {
    const ascribed = entityOf(scope, def.type, def.name.name)
    const crumb = "ascribed type of export is not compatible with item's type"
    cx.within(crumb, () => checkEntity(cx, actual, ascribed))
    entity = ascribed
  }
  addExtern(scope, 'export', def.name, entity)
}

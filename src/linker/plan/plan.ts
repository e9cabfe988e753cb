/**
 * Valid component → plan: what is left to do at run time as flat steps, what it takes and what it gives. How the steps
 * come about is `inline.ts`.
 */
import type { ExternName } from '../../model/component.ts'
import type { ComponentClosure, ItemRef, Plan, ValidComponent } from '../../model/plan.ts'
import type { Extern } from '../../model/types.ts'
import { joinPath } from '../js-names.ts'
import { LINKS } from '../part.ts'
import { ExternTypes } from './extern-types.ts'
import { inlineComponent } from './inline.ts'
import { Planner, refOf } from './planner.ts'
import { type Item, Scope } from './scope.ts'

export function plan(component: ValidComponent): Plan {
  return planClosure({ def: component.def, env: ROOT })
}

const ROOT = Object.freeze({})

/** Plans a component of a file on its own: the root, or a nested one that was handed out as a value. */
export function planClosure(closure: ComponentClosure): Plan {
  const planner = new Planner()
  const externs = new ExternTypes(planClosure)
  const outer = closure.env instanceof Scope ? closure.env : undefined
  const imports = new Map<string, Extern>()
  const exports = inlineComponent(planner, closure, outer, undefined, (scope, def) => {
    const { name } = def.name
    const item = LINKS.get().importItem(planner, scope, def.type, { kind: 'import', name, path: [] }, name)
    imports.set(name, attributed(externs.of(item, def.at), def.name))
    return item
  })
  const exportItems = new Map<string, ItemRef>()
  const exportTypes = new Map<string, Extern>()
  for (const [name, { item, at: offset, attributes }] of exports) {
    exportItems.set(name, refOf(planner, item))
    exportTypes.set(name, attributed(externs.of(item, offset), attributes))
    namePaths(planner, item, name, '')
  }
  const steps = planner.steps.map((step) =>
    step.kind === 'lift' ? { ...step, path: planner.paths.get(step.slot) ?? step.path } : step,
  )
  return {
    imports,
    exports: exportTypes,
    exportItems,
    modules: planner.modules,
    resources: planner.resources,
    importedResources: planner.imported,
    steps,
    slots: planner.slots,
  }
}

function attributed(extern: Extern, name: ExternName): Extern {
  if (name.implements === undefined && name.externalId === undefined) return extern
  return {
    ...extern,
    ...(name.implements === undefined ? {} : { implements: name.implements }),
    ...(name.externalId === undefined ? {} : { externalId: name.externalId }),
  }
}

function namePaths(planner: Planner, item: Item, name: string, prefix: string): void {
  const path = joinPath(prefix, name)
  if (item.kind === 'func' && item.ref.kind === 'func') {
    if (!planner.paths.has(item.ref.slot)) planner.paths.set(item.ref.slot, path)
  } else if (item.kind === 'instance') {
    for (const [member, inner] of item.exports) namePaths(planner, inner, member, path)
  }
}

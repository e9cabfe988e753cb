/**
 * Aliases: of what an instance exports, of what a core instance exports, of what an enclosing scope has.
 *
 * @spec Alias Definitions
 * @throws InvalidError
 */
import type { Alias, CoreSort, Sort } from '../model/component.ts'
import { freeResources } from './free-resources.ts'
import { requireExceptions } from './validate-core.ts'
import { addIndex, requireValues, SORTS } from './validate-extern.ts'
import type { Scope } from './validate-scope.ts'
import { tick, type Validation } from './validation.ts'

export function addAlias(scope: Scope, alias: Alias): void {
  const inType =
    (alias.kind === 'export' && (alias.sort === 'type' || alias.sort === 'instance')) ||
    (alias.kind === 'outer' && (alias.sort === 'type' || alias.sort === 'core-type'))
  if (scope.kind !== 'component' && !inType) {
    scope.cx.fail('aliases in a component or instance type may only refer to types or instances')
  }
  switch (alias.kind) {
    case 'export':
      aliasExport(scope, alias.sort, alias.instance, alias.name)
      return
    case 'core-export':
      aliasCoreExport(scope, alias.sort, alias.instance, alias.name)
      return
    case 'outer':
      aliasOuter(scope, alias.sort, alias.count, alias.index)
      return
  }
}

function aliasExport(scope: Scope, sort: Sort, index: number, name: string): void {
  const cx: Validation = scope.cx
  if (sort === 'value') requireValues(cx)
  const entity = scope.at('instance', index).exports.get(name)
  if (entity === undefined) cx.fail(`instance ${index} has no export named ${tick(name)}`)
  if (SORTS[entity.kind] !== sort) {
    cx.fail(`export ${tick(name)} for instance ${index} is not a ${sort === 'core-module' ? 'module' : sort}`)
  }
  addIndex(scope, entity)
}

function aliasCoreExport(scope: Scope, sort: CoreSort, index: number, name: string): void {
  const cx: Validation = scope.cx
  if (sort === 'core-tag') requireExceptions(cx)
  const found = scope.at('core-instance', index).get(name)
  if (found === undefined) cx.fail(`core instance ${index} has no export named ${tick(name)}`)
  if (`core-${found.kind}` !== sort) {
    const noun = sort === 'core-func' ? 'function' : sort.slice('core-'.length)
    cx.fail(`export ${tick(name)} for core instance ${index} is not a ${noun}`)
  }
  scope.add(`core-${found.kind}` as const, found.kind === 'func' || found.kind === 'tag' ? found.type : found)
}

function aliasOuter(scope: Scope, sort: Sort, count: number, index: number): void {
  const cx: Validation = scope.cx
  const target = scope.outer(count)
  switch (sort) {
    case 'core-module':
    case 'core-type':
    case 'component':
      scope.add(sort, target.at(sort, index))
      return
    case 'type': {
      const type = target.at(sort, index)
      // a component is closed: no resource of another may reach it unnamed
      if (crossesComponent(scope, target) && freeResources(cx, type).size > 0) {
        const what = 'resources not defined in the current component'
        cx.fail(`cannot alias outer type which transitively refers to ${what}`)
      }
      scope.add(sort, type)
      return
    }
    default:
      cx.fail(`outer aliases may not refer to a ${sort.replace('-', ' ')}`)
  }
}

function crossesComponent(from: Scope, to: Scope): boolean {
  for (let scope: Scope | undefined = from; scope !== undefined && scope !== to; scope = scope.parent) {
    if (scope.kind === 'component') return true
  }
  return false
}

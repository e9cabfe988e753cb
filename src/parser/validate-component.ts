/**
 * What a component, or a component type, amounts to once its last definition was checked: its type.
 *
 * @throws InvalidError
 */
import { freeInEntities } from './free-resources.ts'
import { type ComponentType, exportedResources, type Identity, type Path } from './static-types.ts'
import type { Scope } from './validate-scope.ts'
import type { Validation } from './validation.ts'

export function finishComponent(scope: Scope): ComponentType {
  const cx: Validation = scope.cx
  const wanted = freeInEntities(cx, scope.imports.items.values())
  const offered = freeInEntities(cx, scope.exports.items.values())
  const exported = exportedResources(scope.exports.items)
  const defined = new Map<Identity, Path>()
  for (const identity of scope.defined.keys()) {
    if (wanted.has(identity)) cx.fail('local resource type found in imports')
    if (!offered.has(identity)) continue
    const path = exported.get(identity)
    if (path === undefined) cx.fail('local resource type found in export but not exported itself')
    defined.set(identity, path)
  }
  return {
    kind: 'component',
    imports: scope.imports.items,
    exports: scope.exports.items,
    imported: scope.imported,
    defined,
    extent: scope.tally.done(),
  }
}

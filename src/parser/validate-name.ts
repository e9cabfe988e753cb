/**
 * Names of imports and exports: whether they are names, their attributes, and whether the type fits the name
 * (`[constructor]r` makes an `r`, `[method]r.f` takes one, `[static]r.f` belongs to one).
 *
 * @spec Import and Export Definitions
 * @throws InvalidError
 */
import type { ExternName } from '../model/component.ts'
import { quote } from '../model/errors.ts'
import type { ValType } from '../model/types.ts'
import { type ExternNameParts, type InterfaceName, parseExternName, uniqueKey } from './names.ts'
import { isCanonicalVersion, parseVersion, versionFault } from './semver.ts'
import { asResource, type Entity, type Resource } from './static-types.ts'
import type { Direction, Side } from './validate-scope.ts'
import { type Crumb, tick, type Validation } from './validation.ts'

/** Checks the name and returns its key for strong uniqueness. */
export function checkExternName(
  cx: Validation,
  side: Pick<Side, 'resources' | 'items'>,
  direction: Direction,
  extern: ExternName,
  entity: Entity,
): string {
  const { name } = extern
  const parts = parse(cx, name, () => `${direction} name ${tick(name)} is not a valid extern name`)
  if (direction === 'export' && (parts.kind === 'dependency' || parts.kind === 'url' || parts.kind === 'hash')) {
    cx.fail(`name ${tick(name)} is not a valid export name`)
  }
  checkAttributes(cx, extern, parts, entity)
  cx.within(
    () => `${direction} name ${tick(name)} is not valid`,
    () => checkFit(cx, side, parts, extern.versionSuffix, entity),
  )
  return uniqueKey(name, parts)
}

function parse(cx: Validation, name: string, crumb: Crumb): ExternNameParts {
  const parts = parseExternName(name, cx.features.has('nested-names'), cx.rare)
  if (parts.kind === 'fault') return cx.within(crumb, () => cx.fail(quote(parts.message), parts.feature))
  if (parts.kind === 'interface' && (parts.namespaces.length > 1 || parts.projection.length > 1)) {
    cx.used.add('nested-names')
  }
  return parts
}

function checkAttributes(cx: Validation, extern: ExternName, parts: ExternNameParts, entity: Entity): void {
  const { name, implements: iface, versionSuffix, externalId } = extern
  if (iface !== undefined) {
    cx.require('implements', 'the `cm-implements` feature is not active')
    if (parts.kind === 'interface' || parts.kind === 'dependency' || parts.kind === 'url' || parts.kind === 'hash') {
      cx.fail(`name ${tick(name)} is not valid with \`implements\``)
    }
    if (entity.kind !== 'instance') cx.fail('only instances can have an `implements`')
    const implemented = parse(cx, iface, () => `${tick(iface)} is not a valid name`)
    if (implemented.kind !== 'interface') cx.fail(`name ${tick(iface)} must be an interface`)
    checkVersion(cx, implemented, undefined)
  }
  if (versionSuffix !== undefined) {
    cx.require('canonical-names', 'the `cm-canon-names` feature is not active')
    if (entity.kind !== 'instance') cx.fail('only instances can have an `versionsuffix`')
  }
  if (externalId !== undefined) cx.require('implements', 'the `cm-implements` feature is not active')
}

function checkVersion(cx: Validation, { version }: InterfaceName, suffix: string | undefined): void {
  const whole = `${version ?? ''}${suffix ?? ''}`
  if (suffix !== undefined && (version === undefined || !isCanonicalVersion(version))) {
    cx.fail('invalid interface version: `versionsuffix` must follow a canonical version')
  }
  if (version === undefined || parseVersion(whole) !== undefined) return
  const canonical = suffix === undefined && isCanonicalVersion(version)
  if (canonical && cx.features.has('canonical-names')) {
    cx.used.add('canonical-names')
    return
  }
  cx.fail(`invalid interface version: ${quote(versionFault(whole))}`, canonical ? 'canonical-names' : undefined)
}

function checkFit(
  cx: Validation,
  side: Pick<Side, 'resources' | 'items'>,
  parts: ExternNameParts,
  versionSuffix: string | undefined,
  entity: Entity,
): void {
  switch (parts.kind) {
    case 'interface':
      checkVersion(cx, parts, versionSuffix)
      return
    case 'constructor': {
      const func = funcOf(cx, entity)
      if (func.async) cx.fail('constructor function cannot be async')
      if (func.result === undefined) cx.fail('function should return one value')
      const resource =
        handle('own', func.result) ?? handle('own', func.result.kind === 'result' ? func.result.ok : undefined)
      if (resource === undefined) cx.fail('function should return `(own $T)` or `(result (own $T))`')
      checkResourceName(cx, side, resource, parts.resource)
      return
    }
    case 'method': {
      const [self] = funcOf(cx, entity).params
      if (self === undefined) cx.fail('function should have at least one argument')
      if (self.name !== 'self') cx.fail('function should have a first argument called `self`')
      const resource = handle('borrow', self.type)
      if (resource === undefined) cx.fail('function should take a first argument of `(borrow $T)`')
      checkResourceName(cx, side, resource, parts.resource)
      return
    }
    case 'static':
      funcOf(cx, entity)
      if (!isResource(side.items.get(parts.resource))) cx.fail('static resource name is not known in this context')
      return
    default:
      return
  }
}

const isResource = (entity: Entity | undefined): boolean => entity?.kind === 'type' && entity.type.kind === 'resource'

function funcOf(cx: Validation, entity: Entity): Extract<Entity, { readonly kind: 'func' }>['type'] {
  return entity.kind === 'func' ? entity.type : cx.fail('item is not a func')
}

const handle = (kind: 'own' | 'borrow', type: ValType | undefined): Resource | undefined =>
  type?.kind === kind ? asResource(type.resource) : undefined

function checkResourceName(cx: Validation, side: Pick<Side, 'resources'>, resource: Resource, name: string): void {
  const expected = side.resources.get(resource)
  if (expected === undefined) cx.fail('resource used in function does not have a name in this context')
  if (expected !== name) cx.fail(`function does not match expected resource name ${tick(expected)}`)
}

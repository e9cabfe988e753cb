/**
 * Subtyping of component-level types: whether what is given (`a`) may stand for what is wanted (`b`).
 *
 * Value and function types must be equal: nothing converts one into another. Instances may export more, components
 * import less and export more. A resource matches by identity; the ones a component type brings in or forth are first
 * replaced by what is given for them (`match`). Pairs known to fit are remembered, so shared types are compared once.
 *
 * @spec Subtyping
 * @throws InvalidError, at the first difference, with the path to it
 */
import type { FuncType, Named, ValType } from '../model/types.ts'
import {
  type AnyType,
  asResource,
  type ComponentType,
  describe,
  type Entity,
  type InstanceType,
  isInline,
  isPrimitive,
  isValType,
  type Path,
} from './static-types.ts'
import { Substitution } from './substitute.ts'
import { checkModule } from './subtype-core.ts'
import type { Direction } from './validate-scope.ts'
import { tick, type Validation } from './validation.ts'

export function checkEntity(cx: Validation, a: Entity, b: Entity): void {
  if (a.kind === 'module' && b.kind === 'module') checkModule(cx, a.type, b.type)
  else if (a.kind === 'value' && b.kind === 'value') checkValue(cx, a.type, b.type)
  else if (a.kind === 'type' && b.kind === 'type') checkAny(cx, a.of, b.of)
  else if (a.kind === 'func' && b.kind === 'func') checkAny(cx, a.type, b.type)
  else if (a.kind === 'instance' && b.kind === 'instance') checkAny(cx, a.type, b.type)
  else if (a.kind === 'component' && b.kind === 'component') checkAny(cx, a.type, b.type)
  else cx.fail(`expected ${b.kind}, found ${a.kind}`)
}

/** Runs the check unless the pair is known to fit. */
function once(cx: Validation, a: object, b: object, check: () => void): void {
  if (a === b) return
  let known = cx.subtypes.get(a)
  if (known === undefined) {
    known = new Set()
    cx.subtypes.set(a, known)
  }
  if (known.has(b)) return
  check()
  known.add(b)
}

function checkAny(cx: Validation, a: AnyType, b: AnyType): void {
  if (a.kind === 'resource' && b.kind === 'resource') {
    if (a.identity !== b.identity) {
      cx.fail(`resource types are not the same (${tick(a.name)} vs. ${tick(b.name)})`)
    }
  } else if (a.kind === 'func' && b.kind === 'func') once(cx, a, b, () => checkFunc(cx, a, b))
  else if (a.kind === 'instance' && b.kind === 'instance') once(cx, a, b, () => checkInstance(cx, a, b))
  else if (a.kind === 'component' && b.kind === 'component') once(cx, a, b, () => checkComponent(cx, a, b))
  else if (isValType(a) && isValType(b)) checkValue(cx, a, b)
  else cx.fail(`expected ${describe(b)}, found ${describe(a)}`)
}

// — Values and functions

function checkFunc(cx: Validation, a: FuncType, b: FuncType): void {
  if (a.async !== b.async) {
    const [found, expected] = [a.async ? 'async' : 'sync', b.async ? 'async' : 'sync']
    cx.fail(`expected ${expected} function, found ${found} function`)
  }
  checkCount(cx, 'parameters', a.params, b.params)
  for (const [i, wanted] of b.params.entries()) {
    const given = a.params[i]
    if (given === undefined) continue
    if (!sameLabel(given, wanted)) {
      cx.fail(`expected parameter named ${tick(wanted.name)}, found ${tick(given.name)}`)
    }
    const crumb = `type mismatch in function parameter ${tick(given.name)}`
    cx.within(crumb, () => checkValue(cx, given.type, wanted.type))
  }
  if (a.result === undefined && b.result === undefined) return
  // wasmparser has it the wrong way round, and the reference tests with it
  if (a.result === undefined) cx.fail('expected no result, found one')
  if (b.result === undefined) cx.fail('expected a result, found none')
  const [given, wanted] = [a.result, b.result]
  cx.within('type mismatch with result type', () => checkValue(cx, given, wanted))
}

const sameLabel = (a: Named<unknown>, b: Named<unknown>): boolean =>
  a.name === b.name || a.name.toLowerCase() === b.name.toLowerCase()

function checkCount(cx: Validation, what: string, a: readonly unknown[], b: readonly unknown[]): void {
  if (a.length !== b.length) cx.fail(`expected ${b.length} ${what}, found ${a.length}`)
}

/** What a message calls a value type. */
function describeValue(type: ValType): string {
  if (isPrimitive(type)) return isInline(type) ? type.kind : 'primitive'
  return type.kind === 'list' && type.length !== undefined ? 'fixed-length list' : type.kind
}

export function checkValue(cx: Validation, a: ValType, b: ValType): void {
  if (isPrimitive(a)) {
    if (!isPrimitive(b)) cx.fail(`expected ${describeValue(b)}, found ${a.kind}`)
    if (a.kind !== b.kind) cx.fail(`expected primitive \`${b.kind}\` found primitive \`${a.kind}\``)
    return
  }
  once(cx, a, b, () => checkDefined(cx, a, b))
}

function checkDefined(cx: Validation, a: ValType, b: ValType): void {
  const part = (crumb: string, x: ValType, y: ValType): void => cx.within(crumb, () => checkValue(cx, x, y))
  const optional = (what: string, crumb: string, x: ValType | undefined, y: ValType | undefined): void => {
    if (x !== undefined && y !== undefined) part(crumb, x, y)
    else if (y !== undefined) cx.fail(`expected ${what} type, but found none`)
    else if (x !== undefined) cx.fail(`expected ${what} type to not be present`)
  }
  switch (a.kind) {
    case 'record':
      if (b.kind !== 'record') break
      checkCount(cx, 'fields', a.fields, b.fields)
      for (const [i, x] of a.fields.entries()) {
        const y = b.fields[i]
        if (y === undefined) continue
        if (!sameLabel(x, y)) cx.fail(`expected field name ${tick(y.name)}, found ${tick(x.name)}`)
        part(`type mismatch in record field ${tick(x.name)}`, x.type, y.type)
      }
      return
    case 'variant':
      if (b.kind !== 'variant') break
      checkCount(cx, 'cases', a.cases, b.cases)
      for (const [i, x] of a.cases.entries()) {
        const y = b.cases[i]
        if (y === undefined) continue
        if (!sameLabel(x, y)) cx.fail(`expected case named ${tick(y.name)}, found ${tick(x.name)}`)
        if (x.type !== undefined && y.type !== undefined) {
          part(`type mismatch in variant case ${tick(x.name)}`, x.type, y.type)
        } else if (y.type !== undefined) cx.fail(`expected case ${tick(x.name)} to have a type, found none`)
        else if (x.type !== undefined) cx.fail(`expected case ${tick(x.name)} to have no type`)
      }
      return
    case 'tuple':
      if (b.kind !== 'tuple') break
      checkCount(cx, 'types', a.elements, b.elements)
      for (const [i, x] of a.elements.entries()) {
        const y = b.elements[i]
        if (y !== undefined) part(`type mismatch in tuple field ${i}`, x, y)
      }
      return
    case 'list':
      if (b.kind !== 'list' || (a.length === undefined) !== (b.length === undefined)) break
      if (a.length !== b.length) cx.fail(`expected fixed-length ${b.length}, found size ${a.length}`)
      checkValue(cx, a.element, b.element)
      return
    case 'option':
      if (b.kind !== 'option') break
      checkValue(cx, a.some, b.some)
      return
    case 'map':
      if (b.kind !== 'map') break
      part('type mismatch in map key', a.key, b.key)
      part('type mismatch in map value', a.value, b.value)
      return
    case 'result':
      if (b.kind !== 'result') break
      optional('ok', 'type mismatch in ok variant', a.ok, b.ok)
      optional('err', 'type mismatch in err variant', a.err, b.err)
      return
    case 'flags':
    case 'enum': {
      if (b.kind !== a.kind) break
      const lower = (labels: readonly string[]): string => labels.join().toLowerCase()
      if (lower(a.labels) !== lower(b.labels)) cx.fail(`mismatch in ${a.kind} elements`)
      return
    }
    case 'own':
    case 'borrow':
      if (b.kind !== a.kind) break
      if (asResource(a.resource).identity !== asResource(b.resource).identity) {
        cx.fail('resource types are not the same')
      }
      return
    case 'stream':
    case 'future':
      if (b.kind !== a.kind) break
      optional(a.kind, `type mismatch in ${a.kind}`, a.element, b.element)
      return
    default:
      break
  }
  cx.fail(`expected ${describeValue(b)}, found ${a.kind}`)
}

// — Instances and components

function checkInstance(cx: Validation, a: InstanceType, b: InstanceType): void {
  for (const name of b.exports.keys()) {
    if (!a.exports.has(name)) cx.fail(`missing expected export ${tick(name)}`)
  }
  for (const [name, wanted] of b.exports) {
    const given = a.exports.get(name)
    if (given === undefined) continue
    cx.within(`type mismatch in instance export ${tick(name)}`, () => checkEntity(cx, given, wanted))
  }
}

/**
 * A component of type `a` used as one of type `b` is given `b`'s imports and must give `b`'s exports. So `b`'s imports
 * are matched against `a`'s, what that says of `a`'s type variables is put into `a`'s exports, and these are matched
 * against `b`'s.
 */
function checkComponent(cx: Validation, a: ComponentType, b: ComponentType): void {
  const substitution = match(cx, b.imports, a, 'import')
  match(cx, substitution.entities(a.exports), b, 'export')
}

/**
 * Checks that the items given satisfy one side of a component type, after replacing that side's type variables by the
 * resources given for them. Returns the substitution, which also maps types that were named to those given.
 */
export function match(
  cx: Validation,
  given: ReadonlyMap<string, Entity>,
  type: ComponentType,
  direction: Direction,
): Substitution {
  const wanted = direction === 'import' ? type.imports : type.exports
  const variables = direction === 'import' ? type.imported : type.defined
  const check = new Substitution()
  for (const [variable, path] of variables) {
    const found = find(given, path)
    // a wrong kind is found out below, with a better message
    if (found?.kind === 'type' && found.type.kind === 'resource') check.resources.set(variable, found.type.identity)
  }
  for (const name of wanted.keys()) {
    if (!given.has(name)) cx.fail(`missing ${direction} named ${tick(name)}`)
  }
  const result = new Substitution()
  for (const [variable, identity] of check.resources) result.resources.set(variable, identity)
  for (const [name, expected] of wanted) {
    const actual = given.get(name)
    if (actual === undefined) continue
    cx.within(`type mismatch for ${direction} ${tick(name)}`, () => checkEntity(cx, actual, check.entity(expected)))
    rename(result, actual, expected)
  }
  return result
}

function find(items: ReadonlyMap<string, Entity>, path: Path): Entity | undefined {
  let [scope, entity]: [ReadonlyMap<string, Entity> | undefined, Entity | undefined] = [items, undefined]
  for (const name of path) {
    entity = scope?.get(name)
    scope = entity?.kind === 'instance' ? entity.type.exports : undefined
  }
  return entity
}

/** From now on the type expected is the one given, also in name. */
function rename(substitution: Substitution, actual: Entity, expected: Entity): void {
  if (expected.kind === 'type' && actual.kind === 'type') substitution.replaceType(expected.type, actual.type)
  if (expected.kind !== 'instance' || actual.kind !== 'instance') return
  for (const [name, entity] of expected.type.exports) {
    const given = actual.type.exports.get(name)
    if (given !== undefined) rename(substitution, given, entity)
  }
}

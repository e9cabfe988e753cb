/**
 * Subtyping of component-level types: whether what is given (`a`) may stand for what is wanted (`b`).
 *
 * Value and function types must be equal: nothing converts one into another. Instances may export more, components
 * import less and export more. A resource matches by identity; the ones a component type brings in or forth are first
 * replaced by what is given for them (`match`). Pairs known to fit are remembered, so shared types are compared once.
 *
 * @spec Type Checking
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
  type ModuleType,
  type Path,
} from './static-types.ts'
import { Substitution } from './substitute.ts'
import type { Direction } from './validate-scope.ts'
import { type Crumb, tick, type Validation } from './validation.ts'

export function checkEntity(cx: Validation, a: Entity, b: Entity): void {
  if (a.kind !== b.kind) cx.fail(`expected ${b.kind}, found ${a.kind}`)
  if (a.kind === 'type' && b.kind === 'type') checkType(cx, a.of, b.of)
  else checkType(cx, a.type, b.type)
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

export function checkType(cx: Validation, a: AnyType | ModuleType, b: AnyType | ModuleType): void {
  if (isValType(a) && isValType(b)) checkValue(cx, a, b)
  else if (a.kind === 'resource' && b.kind === 'resource') {
    if (a.identity !== b.identity) {
      cx.fail(`resource types are not the same (${tick(a.name)} vs. ${tick(b.name)})`)
    }
  } else if (a.kind === 'module' && b.kind === 'module') once(cx, a, b, () => cx.rare().checkModule(cx, a, b))
  else if (a.kind === 'func' && b.kind === 'func') once(cx, a, b, () => checkFunc(cx, a, b))
  else if (a.kind === 'instance' && b.kind === 'instance') once(cx, a, b, () => checkInstance(cx, a, b))
  else if (a.kind === 'component' && b.kind === 'component') once(cx, a, b, () => checkComponent(cx, a, b))
  else cx.fail(`expected ${describe(b)}, found ${describe(a)}`)
}

// — Values and functions

function checkFunc(cx: Validation, a: FuncType, b: FuncType): void {
  if (a.async !== b.async) {
    const [found, expected] = [a.async ? 'async' : 'sync', b.async ? 'async' : 'sync']
    cx.fail(`expected ${expected} function, found ${found} function`)
  }
  checkNamed(cx, ['parameters', 'parameter named', 'function parameter'], a.params, b.params)
  // wasmparser has it the wrong way round, and the reference tests with it
  if (a.result === undefined && b.result !== undefined) cx.fail('expected no result, found one')
  if (b.result === undefined && a.result !== undefined) cx.fail('expected a result, found none')
  checkPart(cx, 'type mismatch with result type', a.result, b.result)
}

function checkCount(cx: Validation, what: string, a: readonly unknown[], b: readonly unknown[]): void {
  if (a.length !== b.length) cx.fail(`expected ${b.length} ${what}, found ${a.length}`)
}

/** Whether both are there was asked before. */
function checkPart(cx: Validation, crumb: Crumb, a: ValType | undefined, b: ValType | undefined): void {
  if (a !== undefined && b !== undefined) cx.within(crumb, () => checkValue(cx, a, b))
}

type NamedParts = readonly Named<ValType | undefined>[]

function checkNamed(
  cx: Validation,
  [many, label, one]: readonly [string, string, string],
  a: NamedParts,
  b: NamedParts,
) {
  checkCount(cx, many, a, b)
  for (const [i, { name, type }] of a.entries()) {
    const wanted = b[i]
    if (wanted?.name !== name) cx.fail(`expected ${label} ${tick(wanted?.name ?? '')}, found ${tick(name)}`)
    if (type === undefined && wanted.type !== undefined)
      cx.fail(`expected case ${tick(name)} to have a type, found none`)
    if (type !== undefined && wanted.type === undefined) cx.fail(`expected case ${tick(name)} to have no type`)
    checkPart(cx, () => `type mismatch in ${one} ${tick(name)}`, type, wanted.type)
  }
}

function checkOptional(cx: Validation, what: string, crumb: string, a: ValType | undefined, b: ValType | undefined) {
  if (a === undefined && b !== undefined) cx.fail(`expected ${what} type, but found none`)
  if (b === undefined && a !== undefined) cx.fail(`expected ${what} type to not be present`)
  checkPart(cx, crumb, a, b)
}

/** What a message calls a value type. */
function describeValue(type: ValType): string {
  if (isPrimitive(type)) return isInline(type) ? type.kind : 'primitive'
  return type.kind === 'list' && type.length !== undefined ? 'fixed-length list' : type.kind
}

function checkValue(cx: Validation, a: ValType, b: ValType): void {
  if (!isPrimitive(a)) once(cx, a, b, () => checkDefined(cx, a, b))
  else if (!isPrimitive(b)) cx.fail(`expected ${describeValue(b)}, found ${a.kind}`)
  else if (a.kind !== b.kind) cx.fail(`expected primitive \`${b.kind}\` found primitive \`${a.kind}\``)
}

function checkDefined(cx: Validation, a: ValType, b: ValType): void {
  switch (a.kind) {
    case 'record':
      if (b.kind !== 'record') break
      checkNamed(cx, ['fields', 'field name', 'record field'], a.fields, b.fields)
      return
    case 'variant':
      if (b.kind !== 'variant') break
      checkNamed(cx, ['cases', 'case named', 'variant case'], a.cases, b.cases)
      return
    case 'tuple':
      if (b.kind !== 'tuple') break
      checkCount(cx, 'types', a.elements, b.elements)
      for (const [i, x] of a.elements.entries()) checkPart(cx, `type mismatch in tuple field ${i}`, x, b.elements[i])
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
      checkPart(cx, 'type mismatch in map key', a.key, b.key)
      checkPart(cx, 'type mismatch in map value', a.value, b.value)
      return
    case 'result':
      if (b.kind !== 'result') break
      checkOptional(cx, 'ok', 'type mismatch in ok variant', a.ok, b.ok)
      checkOptional(cx, 'err', 'type mismatch in err variant', a.err, b.err)
      return
    case 'flags':
    case 'enum':
      if (b.kind !== a.kind) break
      if (a.labels.join() !== b.labels.join()) cx.fail(`mismatch in ${a.kind} elements`)
      return
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
      checkOptional(cx, a.kind, `type mismatch in ${a.kind}`, a.element, b.element)
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
    cx.within(
      () => `type mismatch in instance export ${tick(name)}`,
      () => checkEntity(cx, given, wanted),
    )
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
  const check = new Substitution(cx)
  for (const [variable, path] of variables) {
    const found = find(given, path)
    // a wrong kind is found out below, with a better message
    if (found?.kind === 'type' && found.type.kind === 'resource') check.resources.set(variable, found.type.identity)
  }
  for (const name of wanted.keys()) {
    if (!given.has(name)) cx.fail(`missing ${direction} named ${tick(name)}`)
  }
  const result = new Substitution(cx)
  const seen = new Set<InstanceType>()
  for (const [variable, identity] of check.resources) result.resources.set(variable, identity)
  for (const [name, expected] of wanted) {
    const actual = given.get(name)
    if (actual === undefined) continue
    cx.within(
      () => `type mismatch for ${direction} ${tick(name)}`,
      () => checkEntity(cx, actual, check.entity(expected)),
    )
    rename(result, actual, expected, seen)
  }
  return result
}

function find(items: ReadonlyMap<string, Entity>, { name, from }: Path): Entity | undefined {
  if (from === undefined) return items.get(name)
  const instance = find(items, from)
  return instance?.kind === 'instance' ? instance.type.exports.get(name) : undefined
}

/** From now on the types expected are the ones given, also in name. */
function rename(substitution: Substitution, actual: Entity, expected: Entity, seen: Set<InstanceType>): void {
  if (expected.kind === 'type' && actual.kind === 'type') substitution.replaceType(expected.type, actual.type)
  if (expected.kind !== 'instance' || actual.kind !== 'instance' || seen.has(expected.type)) return
  seen.add(expected.type)
  for (const [name, entity] of expected.type.exports) {
    const given = actual.type.exports.get(name)
    if (given !== undefined) rename(substitution, given, entity, seen)
  }
}

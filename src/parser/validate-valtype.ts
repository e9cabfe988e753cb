/**
 * Value and function types: from decoded to checked.
 *
 * What the definition itself must satisfy comes first, then its references are followed, then its sizes are taken, which
 * bounds them.
 *
 * @spec Type Definitions
 * @throws InvalidError
 */
import type { DefValType, FuncTypeDef, ValTypeRef } from '../model/component.ts'
import { MAX_FLAGS, MAX_WASM_FIXED_LIST_ELEMENTS } from '../model/limits.ts'
import type { FuncType, ValType } from '../model/types.ts'
import { partsOf } from '../model/val-types.ts'
import { isKebab } from './names.ts'
import { resolveDefValType, resolveFuncType, resolveValType } from './resolve-types.ts'
import { isPrimitive } from './static-types.ts'
import { infoOf } from './type-info.ts'
import { eachFuncPart } from './type-parts.ts'
import type { Scope } from './validate-scope.ts'
import { tick, type Validation } from './validation.ts'

/** A reference as written, checked and followed. */
export function valTypeOf(scope: Scope, ref: ValTypeRef): ValType {
  const type = resolveValType(ref, (index) => scope.valTypeAt(index))
  checkErrorContext(scope.cx, type)
  return type
}

/** Written in place or defined, it has a gate; where a type by index is one, the gate was open. */
function checkErrorContext(cx: Validation, type: ValType | undefined): void {
  if (type?.kind === 'error-context') {
    cx.require('error-context', '`error-context` requires the component model error-context feature')
  }
}

export function defineValType(scope: Scope, def: DefValType): ValType {
  const cx: Validation = scope.cx
  checkDefinition(cx, def)
  const handle = def.kind === 'own' || def.kind === 'borrow'
  // an object of its own: `(type u32)` is not the `u32` written in place, though equal
  const type =
    def.kind === 'primitive'
      ? { kind: def.type }
      : resolveDefValType(def, (index) => (handle ? scope.resourceAt(index) : scope.valTypeAt(index)))
  checkErrorContext(cx, type)
  for (const part of partsOf(type)) checkErrorContext(cx, part)
  if (type.kind === 'map' && !isKey(type.key)) cx.fail(`\`${type.key.kind}\` is not a valid map key type`)
  if (type.kind === 'stream' && type.element?.kind === 'char') {
    cx.fail('`stream<char>` is not valid at this time, use `stream<u8>` with a defined by encoding instead for now')
  }
  if (infoOf(cx, type).borrow && (type.kind === 'stream' || type.kind === 'future')) {
    cx.fail(`\`${type.kind}\` element type cannot contain a \`borrow\` type`)
  }
  return type
}

/** Whether values of the type make keys: numbers without fraction, and text. */
const isKey = (type: ValType): boolean =>
  isPrimitive(type) && type.kind !== 'f32' && type.kind !== 'f64' && type.kind !== 'error-context'

/** What can be asked before references are followed. */
function checkDefinition(cx: Validation, def: DefValType): void {
  switch (def.kind) {
    case 'record':
      checkLabels(cx, 'record field', def.fields, 'record type must have at least one field')
      return
    case 'variant':
      checkLabels(cx, 'variant case', def.cases, 'variant type must have at least one case')
      return
    case 'list':
      if (def.length === undefined) return
      cx.require('fixed-length-lists', 'Fixed-length lists require the component model fixed-length lists feature')
      if (def.length < 1) cx.fail('Fixed-length lists must have more than zero elements')
      cx.checkMax(def.length, MAX_WASM_FIXED_LIST_ELEMENTS, 'fixed-length list element')
      return
    case 'map':
      cx.require('map', 'Maps require the component model map feature')
      return
    case 'tuple':
      if (def.elements.length === 0) cx.fail('tuple type must have at least one type')
      return
    case 'flags':
      if (def.labels.length > MAX_FLAGS) cx.fail(`cannot have more than ${MAX_FLAGS} flags`)
      checkNames(cx, 'flag', def.labels, 'flags must have at least one entry')
      return
    case 'enum':
      checkNames(cx, 'enum tag', def.labels, 'enum type must have at least one variant')
      return
    case 'stream':
    case 'future':
      cx.require('async', `\`${def.kind}\` requires the component model async feature`)
      return
    default:
      return
  }
}

type Labelled = readonly { readonly name: string }[]

const checkLabels = (cx: Validation, what: string, items: Labelled, empty?: string): void =>
  checkNames(
    cx,
    what,
    items.map((item) => item.name),
    empty,
  )

/**
 * Labels are in kebab case and strongly unique. `what` is 'record field', and a clash speaks of the 'field'; `empty`
 * is said where there must be one.
 */
function checkNames(cx: Validation, what: string, names: readonly string[], empty?: string): void {
  if (empty !== undefined && names.length === 0) cx.fail(empty)
  // a lone name clashes with none, and most functions have but one parameter
  const seen = names.length > 1 ? new Map<string, string>() : undefined
  for (const name of names) {
    if (name === '') cx.fail(`${what} name cannot be empty`)
    if (!isKebab(name)) cx.fail(`${what} name ${tick(name)} is not in kebab case`)
    const key = name.toLowerCase()
    const previous = seen?.get(key)
    if (previous !== undefined) {
      const noun = what.slice(what.lastIndexOf(' ') + 1)
      cx.fail(`${what} name ${tick(name)} conflicts with previous ${noun} name ${tick(previous)}`)
    }
    seen?.set(key, name)
  }
}

// — Functions

export function defineFunc(scope: Scope, def: FuncTypeDef): FuncType {
  const cx: Validation = scope.cx
  if (def.async) cx.require('async', 'async component functions require the component model async feature')
  checkLabels(cx, 'function parameter', def.params)
  const type = resolveFuncType(def, (index) => scope.valTypeAt(index))
  eachFuncPart(type, (part) => checkErrorContext(cx, part))
  if (type.result !== undefined && infoOf(cx, type.result).borrow) {
    cx.fail('function result cannot contain a `borrow` type')
  }
  infoOf(cx, type)
  return type
}

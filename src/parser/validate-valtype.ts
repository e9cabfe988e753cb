/**
 * Value and function types: from decoded to checked.
 *
 * References are followed first, so that building the type (`resolve-types.ts`) cannot fail; then its sizes are taken,
 * which bounds them.
 *
 * @spec Type Definitions
 * @throws InvalidError
 */
import type { DefValType, FuncTypeDef, TypeIndex, ValTypeRef } from '../model/component.ts'
import { assert } from '../model/errors.ts'
import { MAX_FLAGS, MAX_WASM_FIXED_LIST_ELEMENTS } from '../model/limits.ts'
import type { FuncType, ResourceType, ValType } from '../model/types.ts'
import { isKebab } from './names.ts'
import { resolveDefValType, resolveFuncType, resolveValType } from './resolve-types.ts'
import { isPrimitive, isValType } from './static-types.ts'
import { infoOf } from './type-info.ts'
import type { Scope } from './validate-scope.ts'
import { tick, type Validation } from './validation.ts'

/** A reference as written, checked and followed. */
export function valTypeOf(scope: Scope, ref: ValTypeRef): ValType {
  checkRef(scope, ref)
  return resolveValType(ref, (index) => lookup(scope, index))
}

function checkRef(scope: Scope, ref: ValTypeRef | undefined): void {
  if (ref === undefined) return
  if (typeof ref === 'number') scope.valTypeAt(ref)
  else if (ref === 'error-context') {
    const message = '`error-context` requires the component model error-context feature'
    scope.cx.require('error-context', message)
  }
}

function lookup(scope: Scope, index: TypeIndex): ValType | ResourceType {
  const type = scope.at('type', index)
  assert(type.kind === 'resource' || isValType(type), 'type references were checked')
  return type
}

export function defineValType(scope: Scope, def: DefValType): ValType {
  checkDefinition(scope, def)
  // an object of its own: `(type u32)` is not the `u32` written in place, though equal
  const type = def.kind === 'primitive' ? { kind: def.type } : resolveDefValType(def, (index) => lookup(scope, index))
  const { borrow } = infoOf(scope.cx, type)
  if (borrow && (type.kind === 'stream' || type.kind === 'future')) {
    scope.cx.fail(`\`${type.kind}\` element type cannot contain a \`borrow\` type`)
  }
  return type
}

/** Whether values of the type make keys: numbers without fraction, and text. */
const isKey = (type: ValType): boolean =>
  isPrimitive(type) && type.kind !== 'f32' && type.kind !== 'f64' && type.kind !== 'error-context'

function checkDefinition(scope: Scope, def: DefValType): void {
  const cx: Validation = scope.cx
  switch (def.kind) {
    case 'primitive':
      checkRef(scope, def.type)
      return
    case 'record':
      if (def.fields.length === 0) cx.fail('record type must have at least one field')
      checkLabels(cx, 'record field', def.fields)
      for (const field of def.fields) checkRef(scope, field.type)
      return
    case 'variant':
      if (def.cases.length === 0) cx.fail('variant type must have at least one case')
      checkLabels(cx, 'variant case', def.cases)
      for (const one of def.cases) checkRef(scope, one.type)
      return
    case 'list':
      if (def.length !== undefined) {
        const message = 'Fixed-length lists require the component model fixed-length lists feature'
        cx.require('fixed-length-lists', message)
        if (def.length < 1) cx.fail('Fixed-length lists must have more than zero elements')
        cx.checkMax(def.length, MAX_WASM_FIXED_LIST_ELEMENTS, 'fixed-length list element')
      }
      checkRef(scope, def.element)
      return
    case 'map': {
      cx.require('map', 'Maps require the component model map feature')
      checkRef(scope, def.key)
      checkRef(scope, def.value)
      const key = valTypeOf(scope, def.key)
      if (!isKey(key)) cx.fail(`\`${key.kind}\` is not a valid map key type`)
      return
    }
    case 'tuple':
      if (def.elements.length === 0) cx.fail('tuple type must have at least one type')
      for (const element of def.elements) checkRef(scope, element)
      return
    case 'flags':
      if (def.labels.length === 0) cx.fail('flags must have at least one entry')
      if (def.labels.length > MAX_FLAGS) cx.fail(`cannot have more than ${MAX_FLAGS} flags`)
      checkNames(cx, 'flag', def.labels)
      return
    case 'enum':
      if (def.labels.length === 0) cx.fail('enum type must have at least one variant')
      checkNames(cx, 'enum tag', def.labels)
      return
    case 'option':
      checkRef(scope, def.some)
      return
    case 'result':
      checkRef(scope, def.ok)
      checkRef(scope, def.err)
      return
    case 'own':
    case 'borrow':
      scope.resourceAt(def.resource)
      return
    case 'stream':
    case 'future':
      cx.require('async', `\`${def.kind}\` requires the component model async feature`)
      checkRef(scope, def.element)
      if (def.kind === 'stream' && def.element !== undefined && valTypeOf(scope, def.element).kind === 'char') {
        const instead = 'use `stream<u8>` with a defined by encoding instead for now'
        cx.fail(`\`stream<char>\` is not valid at this time, ${instead}`)
      }
      return
  }
}

const checkLabels = (cx: Validation, what: string, items: readonly { readonly name: string }[]): void =>
  checkNames(
    cx,
    what,
    items.map((item) => item.name),
  )

/** Labels are in kebab case and strongly unique. `what` is 'record field', and a clash speaks of the 'field'. */
function checkNames(cx: Validation, what: string, names: readonly string[]): void {
  const seen = new Map<string, string>()
  for (const name of names) {
    if (name === '') cx.fail(`${what} name cannot be empty`)
    if (!isKebab(name)) cx.fail(`${what} name ${tick(name)} is not in kebab case`)
    const key = name.toLowerCase()
    const previous = seen.get(key)
    if (previous !== undefined) {
      const noun = what.slice(what.lastIndexOf(' ') + 1)
      cx.fail(`${what} name ${tick(name)} conflicts with previous ${noun} name ${tick(previous)}`)
    }
    seen.set(key, name)
  }
}

// — Functions

export function defineFunc(scope: Scope, def: FuncTypeDef): FuncType {
  const cx: Validation = scope.cx
  if (def.async) cx.require('async', 'async component functions require the component model async feature')
  checkLabels(cx, 'function parameter', def.params)
  for (const param of def.params) checkRef(scope, param.type)
  checkRef(scope, def.result)
  const type = resolveFuncType(def, (index) => lookup(scope, index))
  if (type.result !== undefined && infoOf(cx, type.result).borrow) {
    cx.fail('function result cannot contain a `borrow` type')
  }
  infoOf(cx, type)
  return type
}

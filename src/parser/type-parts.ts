/**
 * One place that knows which types a type is made of. Substitution, free resources, visibility and sizes all walk
 * through here, so that a new kind of value type is added once.
 */
import type { FuncType, Named, ValType } from '../model/types.ts'
import { partsOf } from '../model/val-types.ts'
import { asResource, type Resource } from './static-types.ts'

/** The array itself when nothing changed. */
export function mapSame<T>(array: readonly T[], change: (item: T) => T): readonly T[] {
  let result: T[] | undefined
  for (const [i, item] of array.entries()) {
    const changed = change(item)
    if (changed !== item) {
      result ??= [...array]
      result[i] = changed
    }
  }
  return result ?? array
}

type Change<T> = (part: T) => T

function mapNamed<T>(array: readonly Named<T>[], change: Change<T>): readonly Named<T>[] {
  return mapSame(array, (item) => {
    const type = change(item.type)
    return type === item.type ? item : { name: item.name, type }
  })
}

/** The type with its direct parts changed; the type itself when none did. */
export function mapParts(type: ValType, value: Change<ValType>, resource: Change<Resource>): ValType {
  const optional = (part: ValType | undefined): ValType | undefined => (part === undefined ? undefined : value(part))
  switch (type.kind) {
    case 'record': {
      const fields = mapNamed(type.fields, value)
      return fields === type.fields ? type : { kind: 'record', fields }
    }
    case 'variant': {
      const cases = mapNamed(type.cases, optional)
      return cases === type.cases ? type : { kind: 'variant', cases }
    }
    case 'tuple': {
      const elements = mapSame(type.elements, value)
      return elements === type.elements ? type : { kind: 'tuple', elements }
    }
    case 'list': {
      const element = value(type.element)
      return element === type.element ? type : { ...type, element }
    }
    case 'map': {
      const [key, val] = [value(type.key), value(type.value)]
      return key === type.key && val === type.value ? type : { kind: 'map', key, value: val }
    }
    case 'option': {
      const some = value(type.some)
      return some === type.some ? type : { kind: 'option', some }
    }
    case 'result': {
      const [ok, err] = [optional(type.ok), optional(type.err)]
      return ok === type.ok && err === type.err ? type : { kind: 'result', ok, err }
    }
    case 'own':
    case 'borrow': {
      const old = asResource(type.resource)
      const changed = resource(old)
      return changed === old ? type : { kind: type.kind, resource: changed }
    }
    case 'stream':
    case 'future': {
      const element = optional(type.element)
      return element === type.element ? type : { kind: type.kind, element }
    }
    default:
      return type
  }
}

export function mapFunc(type: FuncType, value: Change<ValType>): FuncType {
  const params = mapNamed(type.params, value)
  const result = type.result === undefined ? undefined : value(type.result)
  return params === type.params && result === type.result ? type : { ...type, params, result }
}

/** Visits the direct parts. */
export function eachPart(type: ValType, value: (part: ValType) => void, resource: (part: Resource) => void): void {
  if (type.kind === 'own' || type.kind === 'borrow') resource(asResource(type.resource))
  else for (const part of partsOf(type)) if (part !== undefined) value(part)
}

export function eachFuncPart(type: FuncType, value: (part: ValType) => void): void {
  for (const param of type.params) value(param.type)
  if (type.result !== undefined) value(type.result)
}

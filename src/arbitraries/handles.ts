/**
 * Handles inside values: found by walking a value along its type. What an arbitrary cannot know (which resources there
 * will be when a call is made) is a `Slot` in its value, filled then; what a call gives is collected here.
 */
import { propertyKeys } from '../abi/property-keys.ts'
import type { ResourceType, ValType } from '../index.ts'
import { isBoxedOption, partsOf } from '../model/val-types.ts'

/** In place of a handle: which of those there are, by a number that wraps around. */
export class Slot {
  readonly resource: ResourceType
  readonly own: boolean
  readonly pick: number

  constructor(resource: ResourceType, own: boolean, pick: number) {
    this.resource = resource
    this.own = own
    this.pick = pick
  }

  toString(): string {
    return `${this.own ? 'own' : 'borrow'} ${this.resource.name} #${this.pick}`
  }
}

type HandleType = ValType & { readonly kind: 'own' | 'borrow' }

/** Whether values of a type can hold handles: others are not walked. */
export function hasHandles(type: ValType | undefined, seen: Set<ValType> = new Set()): boolean {
  if (type === undefined || seen.has(type)) return false
  seen.add(type)
  if (type.kind === 'own' || type.kind === 'borrow') return true
  // what they carry is not in the value
  if (type.kind === 'stream' || type.kind === 'future') return false
  return partsOf(type).some((part) => hasHandles(part, seen))
}

/** A value with every handle replaced. The value itself stays as it is. */
export function mapHandles(
  type: ValType | undefined,
  value: unknown,
  replace: (handle: unknown, type: HandleType) => unknown,
): unknown {
  if (type === undefined || !hasHandles(type)) return value
  const inner = (part: ValType | undefined, found: unknown): unknown => mapHandles(part, found, replace)
  switch (type.kind) {
    case 'own':
    case 'borrow':
      return replace(value, type)
    case 'list':
      return Array.from(value as ArrayLike<unknown>, (item) => inner(type.element, item))
    case 'map':
      return new Map(
        [...(value as ReadonlyMap<unknown, unknown>)].map(([k, v]) => [inner(type.key, k), inner(type.value, v)]),
      )
    case 'record': {
      const keys = propertyKeys(type.fields.map(({ name }) => name))
      const object = { ...(value as object) }
      for (const [i, field] of type.fields.entries()) {
        const key = keys[i] ?? field.name
        Reflect.set(object, key, inner(field.type, Reflect.get(object, key)))
      }
      return object
    }
    case 'tuple':
      return type.elements.map((part, i) => inner(part, (value as readonly unknown[])[i]))
    case 'variant':
    case 'result': {
      const { tag, val } = value as { readonly tag: string; readonly val?: unknown }
      const part =
        type.kind === 'variant' ? type.cases.find(({ name }) => name === tag)?.type : tag === 'ok' ? type.ok : type.err
      return part === undefined ? value : { tag, val: inner(part, val) }
    }
    case 'option': {
      if (!isBoxedOption(type.some)) return value === undefined || value === null ? value : inner(type.some, value)
      const { tag, val } = value as { readonly tag: string; readonly val?: unknown }
      return tag === 'some' ? { tag, val: inner(type.some, val) } : value
    }
    default:
      return value
  }
}

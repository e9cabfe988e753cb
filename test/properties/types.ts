/** Component types at random: every kind but the asynchronous ones, with labels whose JavaScript names are awkward. */
import fc, { type Arbitrary } from 'fast-check'
import type { ResourceType, ValType } from '../../src/model/types.ts'

/** WIT label → JavaScript property, by jco's rule. Some pairs collide, some are what every object inherits. */
export const LABELS: Readonly<Record<string, string>> = {
  'a': 'a',
  'b': 'b',
  'x-y': 'xY',
  'get-HTTP-url': 'getHttpUrl',
  'a1-b2c': 'a1B2c',
  'LOUD': 'loud',
  'loud': 'loud',
  'a-1': 'a1',
  'a1': 'a1',
  'constructor': 'constructor',
  'prototype': 'prototype',
  'then': 'then',
  'to-string': 'toString',
  'value-of': 'valueOf',
  'has-own-property': 'hasOwnProperty',
  'length': 'length',
  'name': 'name',
  'arguments': 'arguments',
  'class': 'class',
  'tag': 'tag',
  'val': 'val',
  'none': 'none',
  'some': 'some',
}

/** Property keys of labels that stand together: where two would be the same, both keep their WIT names. */
export function keysOf(labels: readonly string[]): string[] {
  const keys = labels.map((label) => LABELS[label] ?? label)
  return keys.map((key, i) => (keys.filter((other) => other === key).length === 1 ? key : (labels[i] ?? '')))
}

/** The resource of every own handle in the types below: imported, the host's. */
export const THING: ResourceType = { kind: 'resource', name: 'thing' }

// Labels that differ only in case are one label to the validator.
const labels = (min: number, max: number): Arbitrary<string[]> =>
  fc.uniqueArray(fc.constantFrom(...Object.keys(LABELS)), {
    minLength: min,
    maxLength: max,
    selector: (label) => label.toLowerCase(),
  })

const KEYS = ['bool', 's8', 'u8', 's16', 'u16', 's32', 'u32', 's64', 'u64', 'char', 'string'] as const
const prim = fc.constantFrom(...KEYS, 'f32' as const, 'f64' as const).map((kind): ValType => ({ kind }))
const key = fc.constantFrom(...KEYS).map((kind): ValType => ({ kind }))

const many = (count: number): string[] => Array.from({ length: count }, (_, i) => `c${i}`)
const enumType = fc
  .oneof({ weight: 8, arbitrary: labels(1, 6) }, { weight: 1, arbitrary: fc.constantFrom(many(256), many(257)) })
  .map((names): ValType => ({ kind: 'enum', labels: names }))
const flagsType = fc
  .oneof(
    { weight: 4, arbitrary: labels(1, 10) },
    { weight: 1, arbitrary: fc.constantFrom(8, 9, 16, 17, 31, 32).map(many) },
  )
  .map((names): ValType => ({ kind: 'flags', labels: names }))

const own = fc.constant<ValType>({ kind: 'own', resource: THING })

const maybe = (type: Arbitrary<ValType>): Arbitrary<ValType | undefined> => fc.option(type, { nil: undefined, freq: 4 })

function typed<T>(names: Arbitrary<string[]>, type: Arbitrary<T>): Arbitrary<{ name: string; type: T }[]> {
  return names.chain((all) => fc.tuple(...all.map((name) => fc.record({ name: fc.constant(name), type }))))
}

/** @param options.handles with own handles of `THING` among them */
export function valTypes(options: { readonly handles: boolean; readonly depth: number }): Arbitrary<ValType> {
  const leaf = fc.oneof(
    { weight: 6, arbitrary: prim },
    { weight: 1, arbitrary: enumType },
    { weight: 1, arbitrary: flagsType },
    ...(options.handles ? [{ weight: 1, arbitrary: own }] : []),
  )
  const { type } = fc.letrec<{ type: ValType }>((tie) => {
    const inner = tie('type')
    return {
      type: fc.oneof(
        { maxDepth: options.depth, depthSize: 'small' },
        leaf,
        fc.record({ kind: fc.constant('list' as const), element: inner, length: fc.constant(undefined) }),
        fc.record({ kind: fc.constant('list' as const), element: inner, length: fc.integer({ min: 1, max: 5 }) }),
        fc.record({ kind: fc.constant('map' as const), key, value: inner }),
        fc.record({ kind: fc.constant('record' as const), fields: typed(labels(1, 5), inner) }),
        fc.record({ kind: fc.constant('tuple' as const), elements: fc.array(inner, { minLength: 1, maxLength: 4 }) }),
        fc.record({ kind: fc.constant('variant' as const), cases: typed(labels(1, 5), maybe(inner)) }),
        fc.record({ kind: fc.constant('option' as const), some: inner }),
        fc.record({ kind: fc.constant('result' as const), ok: maybe(inner), err: maybe(inner) }),
      ),
    }
  })
  return type
}

/** Whether a handle is anywhere in it. */
export function hasHandle(type: ValType): boolean {
  switch (type.kind) {
    case 'own':
    case 'borrow':
      return true
    case 'list':
      return hasHandle(type.element)
    case 'map':
      return hasHandle(type.value)
    case 'record':
      return type.fields.some((field) => hasHandle(field.type))
    case 'tuple':
      return type.elements.some(hasHandle)
    case 'variant':
      return type.cases.some((c) => c.type !== undefined && hasHandle(c.type))
    case 'option':
      return hasHandle(type.some)
    case 'result':
      return [type.ok, type.err].some((arm) => arm !== undefined && hasHandle(arm))
    default:
      return false
  }
}

/** Types short enough to read in a failure. */
export function typeText(type: ValType | undefined): string {
  if (type === undefined) return '_'
  switch (type.kind) {
    case 'list':
      return `list<${typeText(type.element)}${type.length === undefined ? '' : `, ${type.length}`}>`
    case 'map':
      return `map<${typeText(type.key)}, ${typeText(type.value)}>`
    case 'record':
      return `record{${type.fields.map((f) => `${f.name}: ${typeText(f.type)}`).join(', ')}}`
    case 'tuple':
      return `tuple<${type.elements.map(typeText).join(', ')}>`
    case 'variant':
      return `variant{${type.cases.map((c) => (c.type === undefined ? c.name : `${c.name}(${typeText(c.type)})`)).join(', ')}}`
    case 'enum':
    case 'flags':
      return `${type.kind}{${type.labels.length > 12 ? `${type.labels.length} labels` : type.labels.join(', ')}}`
    case 'option':
      return `option<${typeText(type.some)}>`
    case 'result':
      return `result<${typeText(type.ok)}, ${typeText(type.err)}>`
    default:
      return type.kind
  }
}

/**
 * A component value, as JavaScript holds it, → WAVE text or JSON text; the type says how to read it. What has no text (a
 * resource, a stream) is shown by its type in angle brackets, which WAVE does not read back.
 */
import { propertyKeys } from '../abi/property-keys.ts'
import { unreachable } from '../model/errors.ts'
import type { ValType } from '../model/types.ts'
import { isBoxedOption } from '../model/val-types.ts'
import { escapeText, jsonText, waveLabel } from './wave-labels.ts'

export function printWave(type: ValType, value: unknown): string {
  switch (type.kind) {
    case 'bool':
    case 's8':
    case 'u8':
    case 's16':
    case 'u16':
    case 's32':
    case 'u32':
    case 's64':
    case 'u64':
      return String(value)
    case 'f32':
    case 'f64':
      return waveFloat(Number(value))
    case 'char':
      return `'${escapeText(String(value), "'")}'`
    case 'string':
      return `"${escapeText(String(value), '"')}"`
    case 'list':
      return `[${items(value)
        .map((item) => printWave(type.element, item))
        .join(', ')}]`
    case 'map':
      return `[${pairs(value)
        .map(([key, item]) => `(${printWave(type.key, key)}, ${printWave(type.value, item)})`)
        .join(', ')}]`
    case 'tuple': {
      const values = items(value)
      return `(${type.elements.map((element, i) => printWave(element, values[i])).join(', ')})`
    }
    case 'record': {
      const fields = fieldsOf(type.fields, value)
      return `{${fields.map(([name, field, item]) => `${waveLabel(name)}: ${printWave(field, item)}`).join(', ')}}`
    }
    case 'flags':
      return `{${flagsOf(type.labels, value).map(waveLabel).join(', ')}}`
    case 'enum':
      return waveLabel(String(value))
    case 'variant': {
      const { name, payload, val } = caseOf(type.cases, value)
      return payload === undefined ? waveLabel(name) : `${waveLabel(name)}(${printWave(payload, val)})`
    }
    case 'option': {
      const some = someOf(type.some, value)
      return some === undefined ? 'none' : `some(${printWave(type.some, some.val)})`
    }
    case 'result': {
      const { name, payload, val } = caseOf(resultCases(type), value)
      return payload === undefined ? name : `${name}(${printWave(payload, val)})`
    }
    case 'own':
    case 'borrow':
    case 'stream':
    case 'future':
    case 'error-context':
      return opaque(type)
    default:
      return unreachable(type)
  }
}

export function printJson(type: ValType, value: unknown): string {
  switch (type.kind) {
    case 'bool':
    case 's8':
    case 'u8':
    case 's16':
    case 'u16':
    case 's32':
    case 'u32':
    case 's64':
    case 'u64':
      // all digits: JSON knows no largest number, its readers may
      return String(value)
    case 'f32':
    case 'f64':
      return Number.isFinite(value) ? jsonFloat(Number(value)) : jsonText(waveFloat(Number(value)))
    case 'char':
    case 'string':
    case 'enum':
      return jsonText(String(value))
    case 'list':
      return jsonArray(items(value).map((item) => printJson(type.element, item)))
    case 'map':
      return jsonArray(
        pairs(value).map(([key, item]) => jsonArray([printJson(type.key, key), printJson(type.value, item)])),
      )
    case 'tuple': {
      const values = items(value)
      return jsonArray(type.elements.map((element, i) => printJson(element, values[i])))
    }
    case 'record':
      return `{${fieldsOf(type.fields, value)
        .map(([name, field, item]) => `${jsonText(name)}:${printJson(field, item)}`)
        .join(',')}}`
    case 'flags':
      return jsonArray(flagsOf(type.labels, value).map(jsonText))
    case 'variant':
      return jsonCase(caseOf(type.cases, value))
    case 'option': {
      const some = someOf(type.some, value)
      if (some === undefined) return 'null'
      // as in JavaScript, an option in an option keeps its box: `null` alone could not say whose it is
      return isBoxedOption(type.some) ? `{"some":${printJson(type.some, some.val)}}` : printJson(type.some, some.val)
    }
    case 'result':
      return jsonCase(caseOf(resultCases(type), value))
    case 'own':
    case 'borrow':
    case 'stream':
    case 'future':
    case 'error-context':
      return jsonText(opaque(type))
    default:
      return unreachable(type)
  }
}

function opaque(type: ValType): string {
  switch (type.kind) {
    case 'own':
    case 'borrow':
      return `<${type.kind} ${type.resource.name}>`
    default:
      return `<${type.kind}>`
  }
}

function waveFloat(value: number): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  return jsonFloat(value)
}

const jsonFloat = (value: number): string => (Object.is(value, -0) ? '-0' : String(value).replace('e+', 'e'))

const jsonArray = (texts: readonly string[]): string => `[${texts.join(',')}]`

function jsonCase({ name, payload, val }: Case): string {
  const tag = `"tag":${jsonText(name)}`
  return payload === undefined ? `{${tag}}` : `{${tag},"val":${printJson(payload, val)}}`
}

function items(value: unknown): unknown[] {
  return typeof value === 'object' && value !== null && 'length' in value ? Array.from(value as ArrayLike<unknown>) : []
}

const pairs = (value: unknown): [unknown, unknown][] => (value instanceof Map ? [...value] : [])

type Fields = (ValType & { readonly kind: 'record' })['fields']

function fieldsOf(fields: Fields, value: unknown): [name: string, type: ValType, value: unknown][] {
  const keys = propertyKeys(fields.map(({ name }) => name))
  return fields.map(({ name, type }, i) => [name, type, Reflect.get(Object(value), keys[i] ?? name)])
}

function flagsOf(labels: readonly string[], value: unknown): string[] {
  const keys = propertyKeys(labels)
  return labels.filter((label, i) => Reflect.get(Object(value), keys[i] ?? label) === true)
}

interface Case {
  readonly name: string
  readonly payload: ValType | undefined
  readonly val: unknown
}
type Cases = (ValType & { readonly kind: 'variant' })['cases']

function caseOf(cases: Cases, value: unknown): Case {
  const name = String(Reflect.get(Object(value), 'tag'))
  return { name, payload: cases.find((c) => c.name === name)?.type, val: Reflect.get(Object(value), 'val') }
}

export function resultCases({
  ok,
  err,
}: {
  readonly ok: ValType | undefined
  readonly err: ValType | undefined
}): Cases {
  return [
    { name: 'ok', type: ok },
    { name: 'err', type: err },
  ]
}

function someOf(some: ValType, value: unknown): { readonly val: unknown } | undefined {
  if (!isBoxedOption(some)) return value === undefined || value === null ? undefined : { val: value }
  return Reflect.get(Object(value), 'tag') === 'some' ? { val: Reflect.get(Object(value), 'val') } : undefined
}

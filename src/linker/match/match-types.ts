/**
 * Do two types from two components mean the same? Structure is compared, resources by the identity they have now.
 *
 * Value types have no subtyping; functions must agree in parameters, names included, result and async-ness. A mismatch is
 * told with the way to it. Types are DAGs: pairs already found equal are not compared again.
 *
 * @spec Type Checking
 */
import type { LinkProblem } from '../../model/errors.ts'
import type { FuncType, ResourceType, ValType } from '../../model/types.ts'
import { funcText, typeText } from './type-text.ts'

export interface Mismatch {
  /** The way into the type, such as `param `name` / list element`; empty at the top. */
  readonly at: readonly string[]
  readonly expected: string
  readonly found: string
}

export function mismatchProblem(path: string, { at, expected, found }: Mismatch): LinkProblem {
  const where = at.length === 0 ? '' : ` at ${at.join(', ')}`
  const message = `type mismatch${where}: expected ${expected}, found ${found}`
  return { kind: 'type-mismatch', path, message, expected, found }
}

/** Whether the resource that one side names is the one the other side names. */
export type SameResource = (expected: ResourceType, found: ResourceType) => boolean

export function matchFunc(expected: FuncType, found: FuncType, same: SameResource): Mismatch | undefined {
  const differ: Mismatch = { at: [], expected: funcText(expected), found: funcText(found) }
  if (expected.async !== found.async || expected.params.length !== found.params.length) return differ
  const compare = new Comparison(same)
  for (const [i, param] of expected.params.entries()) {
    const other = found.params[i]
    if (other === undefined || other.name !== param.name) return differ
    const mismatch = compare.types(param.type, other.type)
    if (mismatch !== undefined) return within(`param \`${param.name}\``, mismatch)
  }
  const mismatch = compare.optional(expected.result, found.result)
  return mismatch && within('result', mismatch)
}

export function matchValType(expected: ValType, found: ValType, same: SameResource): Mismatch | undefined {
  return new Comparison(same).types(expected, found)
}

const within = (step: string, mismatch: Mismatch): Mismatch => ({ ...mismatch, at: [step, ...mismatch.at] })

class Comparison {
  private readonly same: SameResource
  private readonly equal = new Map<ValType, Set<ValType>>()

  constructor(same: SameResource) {
    this.same = same
  }

  types(expected: ValType, found: ValType): Mismatch | undefined {
    const known = this.equal.get(expected)
    if (known?.has(found)) return undefined
    const mismatch = this.compare(expected, found)
    if (mismatch === undefined) {
      if (known === undefined) this.equal.set(expected, new Set([found]))
      else known.add(found)
    }
    return mismatch
  }

  optional(expected: ValType | undefined, found: ValType | undefined): Mismatch | undefined {
    if (expected === undefined && found === undefined) return undefined
    if (expected === undefined || found === undefined) {
      return {
        at: [],
        expected: expected === undefined ? 'nothing' : typeText(expected),
        found: found === undefined ? 'nothing' : typeText(found),
      }
    }
    return this.types(expected, found)
  }

  private compare(expected: ValType, found: ValType): Mismatch | undefined {
    const differ: Mismatch = { at: [], expected: typeText(expected), found: typeText(found) }
    switch (expected.kind) {
      case 'list':
        if (found.kind !== 'list' || found.length !== expected.length) return differ
        return this.step('list element', expected.element, found.element)
      case 'map':
        if (found.kind !== 'map') return differ
        return this.step('map key', expected.key, found.key) ?? this.step('map value', expected.value, found.value)
      case 'record':
        if (found.kind !== 'record' || found.fields.length !== expected.fields.length) return differ
        for (const [i, field] of expected.fields.entries()) {
          const other = found.fields[i]
          if (other?.name !== field.name) return differ
          const mismatch = this.step(`field \`${field.name}\``, field.type, other.type)
          if (mismatch !== undefined) return mismatch
        }
        return undefined
      case 'tuple':
        if (found.kind !== 'tuple' || found.elements.length !== expected.elements.length) return differ
        for (const [i, element] of expected.elements.entries()) {
          const other = found.elements[i]
          const mismatch = other === undefined ? differ : this.step(`tuple element ${i}`, element, other)
          if (mismatch !== undefined) return mismatch
        }
        return undefined
      case 'variant':
        if (found.kind !== 'variant' || found.cases.length !== expected.cases.length) return differ
        for (const [i, { name, type }] of expected.cases.entries()) {
          const other = found.cases[i]
          if (other?.name !== name) return differ
          const mismatch = this.optional(type, other.type)
          if (mismatch !== undefined) return within(`case \`${name}\``, mismatch)
        }
        return undefined
      case 'enum':
      case 'flags': {
        if (found.kind !== expected.kind) return differ
        const { labels } = found
        return labels.length === expected.labels.length && expected.labels.every((label, i) => label === labels[i])
          ? undefined
          : differ
      }
      case 'option':
        return found.kind === 'option' ? this.step('option', expected.some, found.some) : differ
      case 'result': {
        if (found.kind !== 'result') return differ
        const ok = this.optional(expected.ok, found.ok)
        if (ok !== undefined) return within('ok', ok)
        const err = this.optional(expected.err, found.err)
        return err && within('err', err)
      }
      case 'own':
      case 'borrow':
        return found.kind === expected.kind && this.same(expected.resource, found.resource) ? undefined : differ
      case 'stream':
      case 'future': {
        if (found.kind !== expected.kind) return differ
        const mismatch = this.optional(expected.element, found.element)
        return mismatch && within(`${expected.kind} element`, mismatch)
      }
      default:
        return found.kind === expected.kind ? undefined : differ
    }
  }

  private step(step: string, expected: ValType, found: ValType): Mismatch | undefined {
    const mismatch = this.types(expected, found)
    return mismatch && within(step, mismatch)
  }
}

/**
 * What all rules of one validation share: gates, limits, where we are, and how to fail.
 *
 * Messages begin with wasmparser's words. `trail` is the path from outside to inside; it is pushed on the way in and
 * popped on the way out, and since the first error ends the validation, nobody needs to unwind it.
 */
import { InvalidError, LimitError, quote } from '../model/errors.ts'
import type { Feature, FeatureSet } from '../model/features.ts'
import { type CompileLimits, MAX_WASM_TYPE_DEPTH, MAX_WASM_TYPE_SIZE } from '../model/limits.ts'
import type { RareRules } from './component-reader.ts'
import { CoreTypes } from './core-types.ts'
import type { AnyType, Identities } from './static-types.ts'
import type { TypeInfo } from './type-info.ts'

/** A step of the path; one with a name in it is put into words only when something fails. */
export type Crumb = string | (() => string)

export class Validation {
  readonly features: FeatureSet
  readonly limits: CompileLimits
  readonly rare: () => RareRules
  /** The gates the component really uses. */
  readonly used = new Set<Feature>()
  readonly trail: Crumb[] = []
  readonly coreTypes: CoreTypes
  /** Sizes of value and function types, by object. */
  readonly infos = new Map<object, TypeInfo>()
  /** Pairs known to be in the subtype relation. */
  readonly subtypes = new Map<object, Set<object>>()
  /** The resources types leave free. */
  readonly free = new Map<AnyType, Identities>()
  readonly none: Identities = new Set()
  /** Offset of the definition or declaration at hand. */
  at = 0
  #steps = 0

  constructor(features: FeatureSet, limits: CompileLimits, rare: () => RareRules) {
    this.features = features
    this.limits = limits
    this.rare = rare
    this.coreTypes = new CoreTypes(this)
  }

  fail(message: string, feature?: Feature): never {
    throw new InvalidError(
      message,
      this.at,
      this.trail.map((crumb) => (typeof crumb === 'string' ? crumb : crumb())),
      feature,
    )
  }

  /** Notes that the gate is used; fails if it is off. */
  require(feature: Feature, message: string): void {
    if (!this.features.has(feature)) this.fail(message, feature)
    this.used.add(feature)
  }

  checkMax(count: number, max: number, what: string): void {
    if (count > max) this.fail(`${what} count exceeds limit of ${max}`)
  }

  /** The sum of two effective sizes. A limit of the host's own making is the host's policy, hence another class. */
  addSizes(a: number, b: number): number {
    const sum = a + b
    const cap = this.limits.typeSize
    if (sum >= cap) {
      const message = `effective type size exceeds the limit of ${cap}`
      if (cap !== MAX_WASM_TYPE_SIZE) throw new LimitError('typeSize', sum, cap, 'limits.typeSize', message)
      this.fail(message)
    }
    return sum
  }

  /**
   * Counts a step of walking into instance types where they are used, and of substitution. Each use of an instance type
   * with resources makes them afresh, which may double with each level of nesting: a few hundred bytes of types can ask
   * for any amount of work. Real components take some 1,000 steps.
   */
  spend(): void {
    const cap = this.limits.typeSize / 2
    if (++this.#steps > cap) {
      throw new LimitError('typeSize', this.#steps, cap, 'limits.typeSize', 'steps into instance types')
    }
  }

  checkDepth(depth: number): void {
    const cap = this.limits.typeDepth
    if (depth <= cap) return
    const message = 'type nesting is too deep'
    if (cap !== MAX_WASM_TYPE_DEPTH) throw new LimitError('typeDepth', depth, cap, 'limits.typeDepth', message)
    this.fail(message)
  }

  within<T>(crumb: Crumb, body: () => T): T {
    this.trail.push(crumb)
    const result = body()
    this.trail.pop()
    return result
  }
}

/** A name as it stands in a message. */
export const tick = (name: string): string => `\`${quote(name)}\``

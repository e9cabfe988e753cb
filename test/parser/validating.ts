/** For tables of components that must be refused: text in, the refusal's class, words, place and gate out. */

import type { ComponentDef } from '../../src/model/component.ts'
import { InvalidError } from '../../src/model/errors.ts'
import { FEATURES, type Feature, type FeatureSet, featureSet } from '../../src/model/features.ts'
import { COMPILE_LIMITS, type CompileLimits } from '../../src/model/limits.ts'
import { decode } from '../../src/parser/decode.ts'
import { validate } from '../../src/parser/validate.ts'
import { parseText } from '../../src/text/parse.ts'

/** Every gate on, or all but some. */
export function allBut(...off: Feature[]): FeatureSet {
  const gates = Object.keys(FEATURES) as Feature[]
  return featureSet(Object.fromEntries(gates.map((gate) => [gate, !off.includes(gate)])))
}

export interface Settings {
  readonly features?: FeatureSet
  readonly limits?: Partial<CompileLimits>
}

export async function decoded(text: string): Promise<ComponentDef> {
  const bytes = await parseText(text)
  return decode(bytes, { features: allBut(), limits: COMPILE_LIMITS })
}

export const check = (def: ComponentDef, { features = allBut(), limits = {} }: Settings = {}) =>
  validate(def, { features, limits: { ...COMPILE_LIMITS, ...limits } })

/** The gates a valid component uses. */
export async function accepted(text: string, settings?: Settings): Promise<Feature[]> {
  return [...check(await decoded(text), settings).features].sort()
}

export interface Refusal {
  readonly words: string
  readonly path: readonly string[]
  readonly feature: Feature | undefined
}

/** @throws what is not an InvalidError, or one that points between definitions */
export async function refused(text: string, settings?: Settings): Promise<Refusal> {
  const def = await decoded(text)
  try {
    check(def, settings)
  } catch (error) {
    if (!(error instanceof InvalidError)) throw error
    if (!places(def).has(error.offset)) throw new RangeError(`no definition starts or ends at ${error.offset}`)
    const words = error.message.split(' (at offset', 1)[0] ?? ''
    return { words, path: error.path, feature: error.feature }
  }
  throw new RangeError('the component is valid')
}

/** Where definitions and declarations start, and components end. */
function places(root: ComponentDef): ReadonlySet<number> {
  const found = new Set<number>()
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null || node instanceof Uint8Array) return
    if ('at' in node && typeof node.at === 'number') found.add(node.at)
    if ('end' in node && typeof node.end === 'number') found.add(node.end)
    for (const child of Object.values(node)) walk(child)
  }
  walk(root)
  return found
}

/**
 * The compiler: bytes → a judged and planned component. It is a chunk of its own, loaded by the first compilation,
 * because an application that is starting needs none of it yet, and what is compiled once is called often.
 */

import type { Feature, FeatureSet } from '../model/features.ts'
import { COMPILE_LIMITS, type CompileLimits } from '../model/limits.ts'
import { decodeNames } from '../parser/component-names.ts'
import { decodeCoreModule } from '../parser/core-module.ts'
import { decode } from '../parser/decode.ts'
import { validate } from '../parser/validate.ts'
import { Artifact } from './artifact.ts'
import { plan, planClosure } from './inline.ts'
import type { LiveModule } from './items.ts'

export interface Compiled {
  readonly artifact: Artifact
  /** From the component's own name section. */
  readonly name: string | undefined
  readonly features: ReadonlySet<Feature>
}

/** @throws MalformedError, InvalidError, LimitError */
export function compileComponent(
  bytes: Uint8Array,
  policy: { readonly features: FeatureSet; readonly limits: CompileLimits },
): Compiled {
  const def = decode(bytes, policy)
  const valid = validate(def, policy)
  const artifact = new Artifact(plan(valid), policy.limits, planClosure)
  return { artifact, name: decodeNames(def).component, features: valid.features }
}

/** @throws MalformedError, InvalidError, LimitError */
export function coreModuleType(bytes: Uint8Array): NonNullable<LiveModule['type']> {
  return decodeCoreModule(bytes, 0, COMPILE_LIMITS)
}

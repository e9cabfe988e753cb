/**
 * The compiler: bytes → a judged and planned component.
 */
import type { ComponentDef } from '../model/component.ts'
import type { Feature, FeatureSet, Revision } from '../model/features.ts'
import { COMPILE_LIMITS, type CompileLimits } from '../model/limits.ts'
import type { Plan, PlanModule } from '../model/plan.ts'
import { decodeNames } from '../parser/component-names.ts'
import type { RareRules } from '../parser/component-reader.ts'
import { decodeCoreModule } from '../parser/core-module.ts'
import { decodeWith } from '../parser/decode-with.ts'
import { validateWith } from '../parser/validate-with.ts'
import { Artifact, type Begun, begin, PLAIN, type Profile } from './artifact.ts'
import type { LiveComponent, LiveModule } from './items.ts'
import { LINKS, type Part, PartMissing, RARE } from './part.ts'
import { plan, planClosure } from './plan/plan.ts'

export interface Compiled {
  readonly artifact: Artifact
  /** From the component's own name section. */
  readonly name: string | undefined
  readonly features: ReadonlySet<Feature>
  /** The compilation of its core modules, if it was to begin at once. */
  readonly begun: Begun | undefined
}

export interface Policy {
  readonly features: FeatureSet
  readonly limits: CompileLimits
  readonly revision?: Revision | undefined
}

/**
 * @param profile compile its core modules by it, beginning as soon as they are known
 * @throws MalformedError, InvalidError, LimitError
 */
export async function compileComponent(bytes: Uint8Array, policy: Policy, profile?: Profile): Promise<Compiled> {
  let def: ComponentDef | undefined
  let begun: Begun | undefined
  for (;;) {
    try {
      // once: what is begun is known by the very bytes of this reading
      def ??= decodeWith(rareRules, bytes, policy)
      const modules = modulesOf(def)
      begun ??= profile && begin(modules, profile)
      const compiled = judged(def, modules, policy, begun)
      await Promise.all(partsFor(compiled.artifact.plan).map((part) => part.load()))
      return compiled
    } catch (error) {
      if (!(error instanceof PartMissing)) throw error
      // nothing but time was lost: all of this is a question about bytes
      await error.part.load()
    }
  }
}

/** The same on a platform that can load what it needs now. */
export function compileComponentSync(bytes: Uint8Array, policy: Policy): Compiled {
  const def = decodeWith(rareRules, bytes, policy)
  const compiled = judged(def, modulesOf(def), policy, undefined)
  for (const part of partsFor(compiled.artifact.plan)) part.get()
  return compiled
}

const rareRules = (): RareRules => RARE.get().rules

function judged(def: ComponentDef, modules: readonly PlanModule[], policy: Policy, begun: Begun | undefined): Compiled {
  const valid = validateWith(rareRules, def, policy)
  const artifact = new Artifact(plan(valid), policy.limits, planClosure, modules)
  return { artifact, name: decodeNames(def).component, features: valid.features, begun }
}

/** What its instances are going to need: those with resources, and those that take from others, or among which some do. */
function partsFor({ imports, resources, steps }: Plan): Part<unknown>[] {
  const parts: Part<unknown>[] = resources.length > 0 ? [RARE] : []
  const links = imports.size > 0 || steps.some(({ kind }) => kind === 'lower' || kind === 'foreign-instance')
  return links ? [...parts, LINKS] : parts
}

/** All core modules of a file, those of components that nothing instantiates included. */
function modulesOf(def: ComponentDef): readonly PlanModule[] {
  const modules: PlanModule[] = []
  const nested = [def]
  for (let next = nested.pop(); next !== undefined; next = nested.pop()) {
    for (const inner of next.defs) {
      if (inner.kind === 'core-module') modules.push(inner)
      else if (inner.kind === 'component') nested.push(inner.component)
    }
  }
  return modules
}

/** A core module of its own, with its code. @throws MalformedError, InvalidError, LimitError */
export async function coreModule(bytes: Uint8Array): Promise<LiveModule> {
  const type = decodeCoreModule(bytes, 0, COMPILE_LIMITS)
  const plan = { ...emptyPlan(), modules: [{ bytes, type, at: 0 }] }
  const artifact = new Artifact(plan, COMPILE_LIMITS, planClosure)
  await artifact.compile(PLAIN)
  const { module } = artifact.module(PLAIN, 0)
  return { kind: 'module', module, type, size: bytes.length, origin: { artifact, index: 0 } }
}

/** What stands behind a plug that JavaScript implements. */
export function emptyComponent({ compileLimits }: { readonly compileLimits: CompileLimits }): LiveComponent {
  return { kind: 'component', artifact: new Artifact(emptyPlan(), compileLimits, planClosure), outer: undefined }
}

function emptyPlan(): Plan {
  return {
    imports: new Map(),
    exports: new Map(),
    exportItems: new Map(),
    modules: [],
    resources: [],
    importedResources: [],
    steps: [{ kind: 'component-instance', slot: 0, parent: undefined, name: 'empty' }],
    slots: { instances: 1, coreInstances: 0, made: 0, funcs: 0, foreign: 0 },
  }
}

/**
 * The compiler: bytes → a judged and planned component.
 */
import type { ComponentDef } from '../model/component.ts'
import type { Feature, FeatureSet, Revision } from '../model/features.ts'
import { COMPILE_LIMITS, type CompileLimits } from '../model/limits.ts'
import type { Plan, PlanModule } from '../model/plan.ts'
import { decodeNames } from '../parser/component-names.ts'
import { decodeCoreModule } from '../parser/core-module.ts'
import { decode } from '../parser/decode.ts'
import { validate } from '../parser/validate.ts'
import { Artifact, type Begun, begin, type CompilerTools, PLAIN, type Profile } from './artifact.ts'
import { plan, planClosure } from './inline.ts'
import type { LiveComponent, LiveModule } from './items.ts'
import { moduleTypes } from './module-types.ts'

export const TOOLS: CompilerTools = { planClosure, moduleTypes }

export interface Compiled {
  readonly artifact: Artifact
  /** From the component's own name section. */
  readonly name: string | undefined
  readonly features: ReadonlySet<Feature>
  /** The compilation of its core modules, if it was to begin at once. */
  readonly begun: Begun | undefined
}

/**
 * @param profile compile its core modules by it, beginning as soon as they are known
 * @throws MalformedError, InvalidError, LimitError
 */
export function compileComponent(
  bytes: Uint8Array,
  policy: {
    readonly features: FeatureSet
    readonly limits: CompileLimits
    readonly revision?: Revision | undefined
  },
  profile?: Profile,
): Compiled {
  const def = decode(bytes, policy)
  const modules = modulesOf(def)
  const begun = profile && begin(modules, profile)
  const valid = validate(def, policy)
  const artifact = new Artifact(plan(valid), policy.limits, TOOLS, modules)
  return { artifact, name: decodeNames(def).component, features: valid.features, begun }
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
  const artifact = new Artifact(plan, COMPILE_LIMITS, TOOLS)
  await artifact.compile(PLAIN)
  const { module } = artifact.module(PLAIN, 0)
  return { kind: 'module', module, type, size: bytes.length, origin: { artifact, index: 0 } }
}

/** What stands behind a plug that JavaScript implements. */
export function emptyComponent({ compileLimits }: { readonly compileLimits: CompileLimits }): LiveComponent {
  return { kind: 'component', artifact: new Artifact(emptyPlan(), compileLimits, TOOLS), outer: undefined }
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

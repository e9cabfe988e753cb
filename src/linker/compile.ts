/**
 * The compiler: bytes → a judged and planned component.
 */
import type { ComponentDef, Def } from '../model/component.ts'
import type { Feature, FeatureSet, Revision } from '../model/features.ts'
import { COMPILE_LIMITS, type CompileLimits } from '../model/limits.ts'
import type { Plan, PlanModule } from '../model/plan.ts'
import { decodeNames } from '../parser/component-names.ts'
import { decodeCoreModule } from '../parser/core-module.ts'
import { decode } from '../parser/decode.ts'
import { isRare, validateWith } from '../parser/validate-with.ts'
import { Artifact, type Begun, begin, PLAIN, type Profile } from './artifact.ts'
import { plan, planClosure } from './inline.ts'
import type { LiveComponent, LiveModule } from './items.ts'
import { LINKS, RARE } from './part.ts'

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
  const def = decode(bytes, policy)
  const contents = contentsOf(def)
  const begun = profile && begin(contents.modules, profile)
  await Promise.all([contents.rare && RARE.load(), contents.linked && LINKS.load()])
  return compiled(def, contents, policy, begun)
}

/** The same on a platform that can load what it needs now. */
export function compileComponentSync(bytes: Uint8Array, policy: Policy): Compiled {
  const def = decode(bytes, policy)
  return compiled(def, contentsOf(def), policy, undefined)
}

function compiled(def: ComponentDef, { modules }: Contents, policy: Policy, begun: Begun | undefined): Compiled {
  const valid = validateWith(() => RARE.get().rules, def, policy)
  const artifact = new Artifact(plan(valid), policy.limits, planClosure, modules)
  return { artifact, name: decodeNames(def).component, features: valid.features, begun }
}

/** What is in a file, in components that nothing instantiates too. */
interface Contents {
  readonly modules: readonly PlanModule[]
  /** Which of the parts that few components need this one does. */
  readonly rare: boolean
  readonly linked: boolean
}

function contentsOf(def: ComponentDef): Contents {
  const modules: PlanModule[] = []
  let rare = false
  let linked = false
  const nested = [def]
  for (let next = nested.pop(); next !== undefined; next = nested.pop()) {
    for (const inner of next.defs) {
      if (inner.kind === 'core-module') modules.push(inner)
      else if (inner.kind === 'component') nested.push(inner.component)
      rare ||= isRare(inner)
      // what a nested component imports it is given by the one around it, which knows what it gives
      linked ||= inner.kind === 'import' ? next === def : isLinked(inner)
    }
  }
  return { modules, rare, linked }
}

/** Whether it has to do with others, or speaks of what others could be. */
function isLinked(def: Def): boolean {
  switch (def.kind) {
    case 'canon':
      return def.canon.kind === 'lower'
    case 'type':
      return def.type.kind === 'instance' || def.type.kind === 'component'
    case 'export':
      return def.item.sort === 'core-module' || def.item.sort === 'component'
    default:
      return false
  }
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

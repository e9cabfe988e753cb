/**
 * A compiled component: its plan, its layouts, and the core modules, each compiled at most once per profile.
 *
 * A profile names how core code is prepared before the engine sees it (`plain`: as it is). The bytes are kept, so that a
 * plugin with limits and one without can come from the same component. Immutable to everybody outside.
 */
import { Layouts } from '../abi/layout.ts'
import type { Codegen } from '../abi/record.ts'
import { assert, InvalidError } from '../model/errors.ts'
import type { CompileLimits } from '../model/limits.ts'
import type { ComponentClosure, Plan, PlanModule } from '../model/plan.ts'
import type { ExportShape } from './exports.ts'
import type { matchComponent, matchModule } from './match-modules.ts'
import type { moduleTypes } from './module-types.ts'
import { instancesWithTasks } from './needs-tasks.ts'

/** How core modules are prepared: a key, and the change of the bytes that it stands for. */
export interface Profile {
  readonly key: string
  instrument(module: PlanModule): Uint8Array
}

export const PLAIN: Profile = { key: 'plain', instrument: (module) => module.bytes }

/** For modules and components as values, which few components know: kept beside the compiler, not in the main entry. */
export interface CompilerTools {
  readonly planClosure: (closure: ComponentClosure) => Plan
  readonly matchModule: typeof matchModule
  readonly matchComponent: typeof matchComponent
  readonly moduleTypes: typeof moduleTypes
}

export class Artifact {
  readonly plan: Plan
  readonly layouts: Layouts
  readonly limits: CompileLimits
  /** What only the compiler's chunk has. */
  readonly tools: CompilerTools
  /** The component instances, by slot, whose calls need tasks. */
  readonly tasks: ReadonlySet<number>
  /** Every module of the file, instantiated or not: core code is the engine's to judge, all of it. */
  private readonly all: readonly PlanModule[]
  private readonly modules: Map<string, Map<Uint8Array, WebAssembly.Module>>
  private readonly codegen: Codegen
  /** What the exports of its instances have in common: made for the first. */
  shape: ExportShape | undefined

  constructor(
    plan: Plan,
    limits: CompileLimits,
    tools: CompilerTools,
    codegen: Codegen,
    all: readonly PlanModule[] = plan.modules,
    modules: Map<string, Map<Uint8Array, WebAssembly.Module>> = new Map(),
  ) {
    this.plan = plan
    this.tasks = instancesWithTasks(plan)
    this.limits = limits
    this.all = all
    this.tools = tools
    this.modules = modules
    this.codegen = codegen
    this.layouts = new Layouts(codegen)
  }

  private cache(profile: Profile): Map<Uint8Array, WebAssembly.Module> {
    let cache = this.modules.get(profile.key)
    if (cache === undefined) {
      cache = new Map()
      this.modules.set(profile.key, cache)
    }
    return cache
  }

  /** Compiles what the profile still lacks, off the calling thread where the engine does that. */
  async compile(profile: Profile): Promise<void> {
    const cache = this.cache(profile)
    const missing = this.all.filter((module) => !cache.has(module.bytes))
    await Promise.all(
      missing.map(async (module) => {
        const code = profile.instrument(module)
        try {
          cache.set(module.bytes, await WebAssembly.compile(code as BufferSource))
        } catch (error) {
          throw refused(error, module)
        }
      }),
    )
  }

  /** On this thread, now; browsers refuse large modules on the main one. */
  compileSync(profile: Profile): void {
    for (const module of this.all) this.compiled(profile, module)
  }

  module(profile: Profile, index: number): WebAssembly.Module {
    const module = this.plan.modules[index]
    assert(module !== undefined, 'a module of the plan')
    return this.compiled(profile, module)
  }

  private compiled(profile: Profile, module: PlanModule): WebAssembly.Module {
    const cache = this.cache(profile)
    let compiled = cache.get(module.bytes)
    if (compiled === undefined) {
      try {
        compiled = new WebAssembly.Module(profile.instrument(module) as BufferSource)
      } catch (error) {
        throw refused(error, module)
      }
      cache.set(module.bytes, compiled)
    }
    return compiled
  }

  /** A component of the same file as a value: planned on its own, its modules compiled together with ours. */
  nested(closure: ComponentClosure): Artifact {
    const plan = this.tools.planClosure(closure)
    return new Artifact(plan, this.limits, this.tools, this.codegen, plan.modules, this.modules)
  }
}

/** The engine is the judge of core code; its words are kept, ours say where and what helps. */
function refused(error: unknown, module: PlanModule): unknown {
  if (!(error instanceof WebAssembly.CompileError)) return error
  const hint = /constant expression/.test(error.message)
    ? '; this engine lacks extended constant expressions: use Node 22 or later, or on Node 20 call `v8.setFlagsFromString("--experimental-wasm-extended-const")` before the first compile'
    : ''
  return new InvalidError(`core module refused by this JavaScript engine: ${error.message}${hint}`, module.at)
}

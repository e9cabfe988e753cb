/**
 * A compiled component: its plan, its layouts, and the core modules, each compiled at most once per profile.
 *
 * A profile names how core code is prepared before the engine sees it (`PLAIN`: hardly). The bytes are kept,
 * so that a plugin with limits and one without can come from the same component. Immutable to everybody outside.
 */
import { Layouts } from '../abi/layouts.ts'
import { type Caps, clampMaxima } from '../limits/clamp.ts'
import type { Metered } from '../limits/meter.ts'
import type { CoreModuleType } from '../model/core-types.ts'
import { assert, InvalidError } from '../model/errors.ts'
import { type CompileLimits, RUN_LIMITS } from '../model/limits.ts'
import type { ComponentClosure, Plan, PlanModule } from '../model/plan.ts'
import type { ExportShape } from './host/exports.ts'
import { instancesWithTasks } from './plan/needs-tasks.ts'

/** How core modules are prepared before the engine sees them, and the name of it. */
export type Profile =
  | {
      readonly key: string
      readonly metered: false
      change(module: PlanModule): Uint8Array
    }
  /** Hooks are put in: that takes time, and code that cannot get them must not run. */
  | {
      readonly key: string
      readonly metered: true
      prepare(module: PlanModule): Promise<Prepared>
    }

/** A module as the engine has it. */
export interface Prepared {
  readonly module: WebAssembly.Module
  /** What was put in. */
  readonly metered: Omit<Metered, 'code'> | undefined
}

/** Memories and tables cannot outgrow `caps`, each by itself. */
export function clamped(caps: Caps): Profile {
  return {
    key: `clamp ${caps.memoryBytes} ${caps.tableElements}`,
    metered: false,
    change: ({ bytes }) => clampMaxima(bytes, caps),
  }
}

/** For a host that asks for nothing. */
export const PLAIN: Profile = clamped(RUN_LIMITS)

/** Sees every core module that one root instantiates. */
export interface Watch {
  /** @throws LimitError, and then nothing is made */
  admit(type: CoreModuleType): void
  /** @param type missing where the host gave a bare `WebAssembly.Module` */
  made(type: CoreModuleType | undefined, instance: WebAssembly.Instance, prepared: Prepared): void
}

/** For components as values, which few components know: kept beside the compiler, not in the main entry. */
export type PlanClosure = (closure: ComponentClosure) => Plan

export class Artifact {
  readonly plan: Plan
  readonly layouts: Layouts
  readonly limits: CompileLimits
  private readonly planClosure: PlanClosure
  /** The component instances, by slot, whose calls need tasks. */
  readonly tasks: ReadonlySet<number>
  /** Every module of the file, instantiated or not: core code is the engine's to judge, all of it. */
  private readonly all: readonly PlanModule[]
  private readonly modules: Map<string, Map<Uint8Array, Prepared>>
  /** What the exports of its instances have in common: made for the first. */
  shape: ExportShape | undefined

  constructor(
    plan: Plan,
    limits: CompileLimits,
    planClosure: PlanClosure,
    all: readonly PlanModule[] = plan.modules,
    modules: Map<string, Map<Uint8Array, Prepared>> = new Map(),
  ) {
    this.plan = plan
    this.tasks = instancesWithTasks(plan)
    this.limits = limits
    this.all = all
    this.planClosure = planClosure
    this.modules = modules
    this.layouts = new Layouts()
  }

  private cache(profile: Profile): Map<Uint8Array, Prepared> {
    let cache = this.modules.get(profile.key)
    if (cache === undefined) {
      cache = new Map()
      this.modules.set(profile.key, cache)
    }
    return cache
  }

  /**
   * Compiles what the profile still lacks, off the calling thread where the engine does that.
   * @param begun what was begun earlier with the same profile
   */
  async compile(profile: Profile, begun?: Begun): Promise<void> {
    const cache = this.cache(profile)
    const missing = this.all.filter((module) => !cache.has(module.bytes))
    await Promise.all(
      missing.map(async (module) => {
        try {
          cache.set(module.bytes, await (begun?.get(module.bytes) ?? prepare(module, profile)))
        } catch (error) {
          throw refused(error, module)
        }
      }),
    )
  }

  /** On this thread, now; browsers refuse large modules on the main one. @throws TypeError if preparing takes time */
  compileSync(profile: Profile): void {
    for (const module of this.all) this.compiled(profile, module)
  }

  module(profile: Profile, index: number): Prepared {
    const module = this.plan.modules[index]
    assert(module !== undefined, 'a module of the plan')
    return this.compiled(profile, module)
  }

  private compiled(profile: Profile, module: PlanModule): Prepared {
    const cache = this.cache(profile)
    let prepared = cache.get(module.bytes)
    if (prepared === undefined) {
      if (profile.metered) throw new TypeError(UNPREPARED)
      try {
        prepared = { module: new WebAssembly.Module(profile.change(module) as BufferSource), metered: undefined }
      } catch (error) {
        throw refused(error, module)
      }
      cache.set(module.bytes, prepared)
    }
    return prepared
  }

  /** A component of the same file as a value: planned on its own, its modules compiled together with ours. */
  nested(closure: ComponentClosure): Artifact {
    const plan = this.planClosure(closure)
    return new Artifact(plan, this.limits, this.planClosure, plan.modules, this.modules)
  }
}

async function prepare(module: PlanModule, profile: Profile): Promise<Prepared> {
  if (profile.metered) return await profile.prepare(module)
  return { module: await WebAssembly.compile(profile.change(module) as BufferSource), metered: undefined }
}

/** By the bytes of the module. */
export type Begun = ReadonlyMap<Uint8Array, Promise<Prepared>>

/** The engine compiles beside this thread while the component around the modules is judged; `compile` tells how it went. */
export function begin(modules: readonly PlanModule[], profile: Profile): Begun {
  return new Map(
    modules.map((module) => {
      const prepared = prepare(module, profile)
      // it may be that nobody asks
      prepared.catch(() => {})
      return [module.bytes, prepared]
    }),
  )
}

const UNPREPARED =
  'the core code is not metered yet, which takes a promise: compile with `{ metered: true }`, or use `instantiate` (or `link`) with the same kinds of limits once before'

/** The engine is the judge of core code; its words are kept, ours say where and what helps. */
function refused(error: unknown, module: PlanModule): unknown {
  if (!(error instanceof WebAssembly.CompileError)) return error
  const hint = /constant expression/.test(error.message)
    ? '; this engine lacks extended constant expressions: use Node 22 or later, or on Node 20 call `v8.setFlagsFromString("--experimental-wasm-extended-const")` before the first compile'
    : ''
  return new InvalidError(`core module refused by this JavaScript engine: ${error.message}${hint}`, module.at)
}

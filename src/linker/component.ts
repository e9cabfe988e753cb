/** A compiled component: decoded, validated, planned and compiled once, instantiated any number of times. */
import { LinkError, type LinkProblem } from '../model/errors.ts'
import type { Feature } from '../model/features.ts'
import type { Externs } from '../model/types.ts'
import { copyBytes, isBytes } from './bytes.ts'
import type { Compiled, Policy } from './compile.ts'
import { CoreModule } from './core-module.ts'
import { Engine } from './engine.ts'
import { Instance } from './instance.ts'
import type { InstanceParts } from './instance-state.ts'
import { type LiveComponent, standFor } from './items.ts'
import type { Limits } from './limit-options.ts'
import { LIMITS } from './limiting.ts'
import { loadRuntime, RUNTIME } from './part.ts'
import type { ComponentSource } from './sources.ts'
import { abortable } from './suspend.ts'
import type { ImportSources, Signal, UntypedWorld, World } from './world.ts'

/** `engine`: whose gates and compile limits hold. `integrity`: `sha256-…` as in HTML. `metered`: instrument for fuel and deadlines now, not at the first instance that asks. */
export interface CompileOptions {
  readonly engine?: Engine
  readonly name?: string
  readonly integrity?: string
  readonly metered?: boolean
  readonly signal?: Signal
}

/** `engine`: default a private one. `name`: for messages and traces, never an identity. `context`: what host functions see as `caller.context`. */
export interface InstanceOptions<Ctx> {
  readonly engine?: Engine
  readonly name?: string
  readonly context?: Ctx
  readonly limits?: Limits<Ctx>
  /** Of `instantiate` alone: abort rejects at once with `signal.reason`, and nothing is left behind. */
  readonly signal?: Signal
}

/**
 * @example
 * const component = await Component.compile(fetch('/calc.wasm'))
 * const { exports } = await component.instantiate({ 'acme:log/api': { log: console.log } })
 */
export class Component<W extends World = UntypedWorld> {
  readonly name: string | undefined
  readonly imports: Externs
  readonly exports: Externs
  /** Gates it really uses; an engine without one of them refuses it. */
  readonly features: ReadonlySet<Feature>
  readonly #live: LiveComponent

  private constructor(live: LiveComponent, name: string | undefined, features: ReadonlySet<Feature>) {
    this.#live = live
    standFor(this, live)
    this.name = name
    this.imports = live.artifact.plan.imports
    this.exports = live.artifact.plan.exports
    this.features = features
    Object.freeze(this)
  }

  /** @throws MalformedError, InvalidError, LimitError; what reading the source throws */
  static async compile<W extends World = UntypedWorld>(
    source: ComponentSource | PromiseLike<ComponentSource>,
    options: CompileOptions = {},
  ): Promise<Component<W>> {
    return await abortable(options.signal, async () => {
      const engine = options.engine ?? new Engine()
      const [awaited, runtime] = await Promise.all([source, loadRuntime()])
      const limit = engine.compileLimits.componentBytes
      const bytes = isBytes(awaited)
        ? copyBytes(awaited, limit)
        : await (await import('./sources.ts')).readSource(awaited, limit, options.signal)
      if (options.integrity !== undefined) await (await import('./sources.ts')).checkIntegrity(bytes, options.integrity)
      const profile = options.metered === true ? (await LIMITS.load()).countingProfile(engine) : runtime.PLAIN
      const compiled = await runtime.compileComponent(bytes, policyOf(engine), profile)
      const component = Component.#of<W>(compiled, options.name)
      if (needsTasks(component.features)) await engine.loadAsync()
      await compiled.artifact.compile(profile, compiled.begun)
      return component
    })
  }

  /**
   * Binary only, and only where the engine may compile on this thread; see `compile`, which a browser must have been through
   * once before.
   * @throws MalformedError, InvalidError, LimitError
   */
  static compileSync<W extends World = UntypedWorld>(
    bytes: Uint8Array | ArrayBuffer,
    options: CompileOptions = {},
  ): Component<W> {
    if (options.integrity !== undefined) throw new TypeError('integrity needs the asynchronous compile')
    if (options.metered === true) throw new TypeError('metering takes time: use the asynchronous compile')
    const engine = options.engine ?? new Engine()
    const { PLAIN, compileComponentSync } = RUNTIME.get()
    const copy = copyBytes(bytes, engine.compileLimits.componentBytes)
    const compiled = compileComponentSync(copy, policyOf(engine))
    const component = Component.#of<W>(compiled, options.name)
    checkLoaded(component.features, engine, 'compile')
    compiled.artifact.compileSync(PLAIN)
    return component
  }

  static #of<W extends World>({ artifact, name, features }: Compiled, asked: string | undefined): Component<W> {
    return new Component<W>({ kind: 'component', artifact, outer: undefined }, asked ?? name, features)
  }

  /** @internal a component without content: what stands behind a plug that JavaScript implements */
  static empty(engine: Engine): Component {
    return new Component(RUNTIME.get().emptyComponent(engine), undefined, new Set())
  }

  /** @internal a component that a running instance exports */
  static of(live: LiveComponent, features: ReadonlySet<Feature>): Component {
    return new Component(live, undefined, features)
  }

  /** @throws LinkError with every missing or ill-typed import at once; Trap or LimitError from start functions */
  async instantiate<Ctx = undefined>(
    imports?: ImportSources<Ctx, W['imports']>,
    options: InstanceOptions<Ctx> = {},
  ): Promise<Instance<W>> {
    const { signal } = options
    return await abortable(signal, async () => {
      const parts = this.parts(imports, options)
      await this.load(parts.engine)
      const state = await RUNTIME.get().InstanceState.create(parts)
      // nobody gets it
      if (signal?.aborted === true) state.dispose()
      return Instance.of(state, this)
    })
  }

  /** As `instantiate`, on this thread and now; factories must not answer with promises. */
  instantiateSync<Ctx = undefined>(
    imports?: ImportSources<Ctx, W['imports']>,
    options: InstanceOptions<Ctx> = {},
  ): Instance<W> {
    const parts = this.parts(imports, options)
    this.checkLoaded(parts.engine)
    return Instance.of(RUNTIME.get().InstanceState.createSync(parts), this)
  }

  /** @internal what the engine must have before an instance of this component can be made */
  async load(engine: Engine): Promise<void> {
    if (needsTasks(this.features)) await engine.loadAsync()
  }

  /** @internal */
  checkLoaded(engine: Engine): void {
    checkLoaded(this.features, engine, 'instantiate')
  }

  /** @internal */
  parts<Ctx>(
    imports: unknown,
    options: InstanceOptions<Ctx>,
    linked: InstanceParts['linked'] = () => RUNTIME.get().NOTHING_LINKED,
  ): InstanceParts {
    const sources = imports === undefined ? [] : Array.isArray(imports) ? imports : [imports]
    const engine = options.engine ?? RUNTIME.get().engineOf(sources) ?? new Engine()
    this.checkFeatures(engine)
    return {
      engine,
      artifact: this.#live.artifact,
      outer: this.#live.outer,
      name: options.name ?? this.name ?? 'instance',
      context: options.context,
      limits: options.limits,
      sources,
      linked,
      wraps: {
        module: (item) => CoreModule.of(item),
        component: (item) => Component.of(item, this.features),
      },
    }
  }

  /** @internal */
  checkFeatures(engine: Engine): void {
    const problems: LinkProblem[] = []
    for (const feature of this.features) {
      if (!engine.features.has(feature))
        problems.push({
          kind: 'feature-off',
          path: this.name ?? '',
          message: `the component uses feature \`${feature}\`, which this engine has off`,
        })
    }
    if (problems.length > 0) throw new LinkError(problems)
  }
}

function policyOf({ features, compileLimits, options }: Engine): Policy {
  return { features, limits: compileLimits, revision: options.revision }
}

function needsTasks(features: ReadonlySet<Feature>): boolean {
  return features.has('async') || features.has('threading')
}

/** What asynchronous components need is loaded on demand, which takes a promise. */
function checkLoaded(features: ReadonlySet<Feature>, engine: Engine, what: 'compile' | 'instantiate'): void {
  if (!needsTasks(features) || engine.store.async !== undefined) return
  throw new TypeError(`the component has asynchronous functions: use \`${what}\` once before \`${what}Sync\``)
}

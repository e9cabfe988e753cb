/** A compiled component: decoded, validated, planned and compiled once, instantiated any number of times. */
import { BugError, LinkError, type LinkProblem } from '../model/errors.ts'
import type { Feature } from '../model/features.ts'
import type { Plan } from '../model/plan.ts'
import type { Externs } from '../model/types.ts'
import { Artifact, type CompilerTools, PLAIN } from './artifact.ts'
import { copyBytes } from './bytes.ts'
import { type Compiler, loadCompiler, requireCompiler } from './compiler.ts'
import { CoreModule } from './core-module.ts'
import { Engine } from './engine.ts'
import { originOf } from './exports.ts'
import { Instance } from './instance.ts'
import { type InstanceParts, InstanceState, NOTHING_LINKED } from './instance-state.ts'
import { type LiveComponent, standFor } from './items.ts'
import type { Limits } from './limit-options.ts'
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
      const [awaited, compiler] = await Promise.all([source, engine.compiler ?? loadCompiler()])
      engine.compiler = compiler
      const bytes = await compiler.readSource(awaited, engine.compileLimits.componentBytes)
      if (options.integrity !== undefined) await compiler.checkIntegrity(bytes, options.integrity)
      const component = Component.#fromBytes<W>(bytes, engine, compiler, options.name)
      if (needsTasks(component.features)) await engine.loadAsync()
      await component.#live.artifact.compile(PLAIN)
      return component
    })
  }

  /**
   * Binary only, and only where the engine may compile on this thread; see `compile`. In a browser the compiler must have
   * been loaded by an earlier `compile` with the same engine.
   * @throws MalformedError, InvalidError, LimitError
   */
  static compileSync<W extends World = UntypedWorld>(
    bytes: Uint8Array | ArrayBuffer,
    options: CompileOptions = {},
  ): Component<W> {
    if (options.integrity !== undefined) throw new TypeError('integrity needs the asynchronous compile')
    const engine = options.engine ?? new Engine()
    engine.compiler ??= requireCompiler()
    const copy = copyBytes(bytes, engine.compileLimits.componentBytes)
    const component = Component.#fromBytes<W>(copy, engine, engine.compiler, options.name)
    checkLoaded(component.features, engine, 'compile')
    component.#live.artifact.compileSync(PLAIN)
    return component
  }

  static #fromBytes<W extends World>(
    bytes: Uint8Array,
    engine: Engine,
    compiler: Compiler,
    name: string | undefined,
  ): Component<W> {
    const { features, compileLimits: limits, codegen, options } = engine
    const policy = { features, limits, codegen, revision: options.revision }
    const compiled = compiler.compileComponent(bytes, policy)
    const live: LiveComponent = { kind: 'component', artifact: compiled.artifact, outer: undefined }
    return new Component<W>(live, name ?? compiled.name, compiled.features)
  }

  /** @internal a component without content: what stands behind a plug that JavaScript implements */
  static empty(engine: Engine): Component {
    const artifact = new Artifact(emptyPlan(), engine.compileLimits, NO_TOOLS, engine.codegen)
    return new Component({ kind: 'component', artifact, outer: undefined }, undefined, new Set())
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
    const parts = this.parts(imports, options)
    await this.load(parts.engine)
    return Instance.of(await InstanceState.create(parts), this)
  }

  /** As `instantiate`, on this thread and now; factories must not answer with promises. */
  instantiateSync<Ctx = undefined>(
    imports?: ImportSources<Ctx, W['imports']>,
    options: InstanceOptions<Ctx> = {},
  ): Instance<W> {
    const parts = this.parts(imports, options)
    this.checkLoaded(parts.engine)
    return Instance.of(InstanceState.createSync(parts), this)
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
    linked: InstanceParts['linked'] = () => NOTHING_LINKED,
  ): InstanceParts {
    const sources = imports === undefined ? [] : Array.isArray(imports) ? imports : [imports]
    const engine = options.engine ?? engineOf(sources) ?? new Engine()
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
        module: (item) => CoreModule.of(item, this.#live.artifact.tools),
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

const none = (): never => {
  throw new BugError('a component without content has no modules and components')
}
const NO_TOOLS: CompilerTools = { planClosure: none, matchModule: none, matchComponent: none, moduleTypes: none }

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

function needsTasks(features: ReadonlySet<Feature>): boolean {
  return features.has('async') || features.has('threading')
}

/** What asynchronous components need is loaded on demand, which takes a promise. */
function checkLoaded(features: ReadonlySet<Feature>, engine: Engine, what: 'compile' | 'instantiate'): void {
  if (!needsTasks(features) || engine.store.async !== undefined) return
  throw new TypeError(`the component has asynchronous functions: use \`${what}\` once before \`${what}Sync\``)
}

/** Whose exports are among the imports: instances that are joined belong to one engine. */
function engineOf(sources: readonly unknown[]): Engine | undefined {
  for (const source of sources) {
    if (typeof source !== 'object' || source === null) continue
    for (const value of plainValues(source)) {
      if (typeof value !== 'object' || value === null) continue
      for (const member of plainValues(value)) {
        const owner = originOf(member)?.bridge.owner
        if (owner instanceof Engine) return owner
      }
    }
  }
  return undefined
}

/** Of own properties, without running a getter: what no import asks for is nobody's business. */
function plainValues(object: object): unknown[] {
  return Object.values(Object.getOwnPropertyDescriptors(object)).map((descriptor): unknown => descriptor.value)
}

/**
 * One life of an instance: from linking to the trap or the disposal that ends it. The public `Instance` is a face over
 * one of these; a restarted plugin gets another.
 */
import { Root } from '../abi/embedding.ts'
import type { ComponentInstance } from '../abi/instance.ts'
import { ResourceHandle, type RuntimeResourceType } from '../abi/resource.ts'
import { Sizes } from '../limits/sizes.ts'
import { ClosedError, type LimitError, LinkError, type LinkProblem, type Trap } from '../model/errors.ts'
import { Ledger, type LimitName, limitsFrom, RUN_LIMITS, type RunLimit, type Usage } from '../model/limits.ts'
import type { ResourceType } from '../model/types.ts'
import { type Artifact, PLAIN } from './artifact.ts'
import type { Engine } from './engine.ts'
import { CallerView } from './host/caller.ts'
import { type ExportWraps, exportShape, exportsObject } from './host/exports.ts'
import type { TypeEnv } from './host/host-func.ts'
import type { HostCall } from './host/host-import.ts'
import { isThenable } from './host/host-values.ts'
import type { LiveItems } from './items.ts'
import type { Limits } from './limit-options.ts'
import { asksForLimits, LIMITS, type Limited, type Limiting } from './limiting.ts'
import type { Matched, Source } from './match/match.ts'
import { LINKS } from './part.ts'
import { type Rehearsal, Running, runAsync, runSync } from './run.ts'
import { canPark, hasSuspending } from './suspend.ts'

/** Who is being linked; its `env.resources` are filled when the plan runs. */
export interface LinkingConsumer {
  readonly root: Root
  readonly env: TypeEnv
}

/** Imports decided before the rest are matched, and checked after: only then all resources are known. */
export interface Linked {
  readonly items: LiveItems
  /** @param sound whether everything else was found */
  check(resources: ReadonlyMap<ResourceType, RuntimeResourceType>, sound: boolean): readonly LinkProblem[]
}

const NOTHING_MATCHED: Matched = { items: new Map(), problems: [], resources: new Map() }

export const NOTHING_LINKED: Linked = { items: new Map(), check: () => [] }

/** What an instance is made from. */
export interface InstanceParts {
  readonly engine: Engine
  readonly artifact: Artifact
  /** The running instance that the component was handed out of, if any. */
  readonly outer: Running | undefined
  readonly name: string
  readonly context: unknown
  readonly limits: Limits<never> | undefined
  /** Objects, and factories that get the caller. */
  readonly sources: readonly unknown[]
  /** Items decided elsewhere: sockets. Asked once for every life. */
  readonly linked: (consumer: LinkingConsumer) => Linked
  readonly wraps: ExportWraps
  /** Asked before every call of a host function, with its path; what it throws ends the call. For grants that can be taken back. */
  readonly guard?: ((path: string) => void) | undefined
  /** Instead of running the plan for real. */
  readonly rehearsal?: Rehearsal | undefined
}

const NO_GAUGE = {
  used: undefined,
  peak: undefined,
  remaining: Number.POSITIVE_INFINITY,
  limit: Number.POSITIVE_INFINITY,
}

export class InstanceState {
  readonly id: number
  readonly engine: Engine
  readonly name: string
  readonly root: Root
  readonly env: TypeEnv
  readonly caller: CallerView<unknown>
  readonly items: LiveItems
  readonly exports: object
  readonly parts: InstanceParts
  private readonly setup: Setup
  private readonly instances: readonly ComponentInstance[]

  private constructor(parts: InstanceParts, setup: Setup, running: Running, found: LiveItems) {
    // whoever ran while it started can do anything
    parts.engine.checkOpen()
    const items = setup.limited?.exports(found) ?? found
    this.parts = parts
    this.setup = setup
    this.engine = parts.engine
    this.name = parts.name
    this.root = setup.root
    this.env = setup.env
    this.caller = setup.caller
    this.items = items
    this.instances = running.instances
    parts.artifact.shape ??= exportShape(items, parts.artifact.plan.exports)
    this.exports = exportsObject(items, parts.artifact.shape, setup.env, parts.engine.bridge, parts.wraps)
    this.id = parts.engine.newId()
    parts.engine.instances.set(this.id, this)
    this.root.onTrap = (error) => {
      setup.limited?.end()
      parts.engine.emit({ kind: 'trapped', plugin: parts.name, error })
    }
    parts.engine.emit({ kind: 'instantiated', plugin: parts.name })
  }

  static createSync(parts: InstanceParts): InstanceState {
    const setup = new Setup(parts, asksForLimits(parts) ? LIMITS.get() : undefined)
    try {
      const sources = parts.sources.map((source) => {
        const members = typeof source === 'function' ? source(setup.caller) : source
        if (isThenable(members))
          throw new TypeError('an import factory answered with a promise: use the asynchronous form')
        if (canPark() && parts.engine.store.async === undefined && hasSuspending(members))
          throw new TypeError('an import is `suspending`: use the asynchronous form once before the synchronous one')
        return setup.source(source, members)
      })
      const running = setup.link(sources)
      setup.limited?.prepareSync(running)
      return new InstanceState(parts, setup, running, runSync(running.run(undefined), setup.root))
    } catch (error) {
      return setup.abandon(error)
    }
  }

  static async create(parts: InstanceParts): Promise<InstanceState> {
    const setup = new Setup(parts, asksForLimits(parts) ? await LIMITS.load() : undefined)
    try {
      const sources: Source[] = []
      for (const source of parts.sources) {
        const members: unknown = typeof source === 'function' ? await source(setup.caller) : source
        sources.push(setup.source(source, members))
      }
      if (sources.some(({ members }) => hasSuspending(members))) await parts.engine.loadAsync()
      const running = setup.link(sources)
      const { rehearsal } = parts
      // what is only rehearsed needs no meter
      await ((rehearsal === undefined ? setup.limited?.prepare(running) : undefined) ?? parts.artifact.compile(PLAIN))
      const steps = running.run(undefined)
      const items = await (rehearsal === undefined ? runAsync(steps, setup.root) : rehearsal.run(steps))
      return new InstanceState(parts, setup, running, items)
    } catch (error) {
      return setup.abandon(error)
    }
  }

  get state(): 'ready' | 'busy' | 'trapped' | 'disposed' {
    if (this.root.disposed) return 'disposed'
    if (this.root.dead) return 'trapped'
    return this.instances.every((inst) => inst.mayEnter) ? 'ready' : 'busy'
  }

  get trap(): Trap | LimitError | undefined {
    return this.root.trap
  }

  usage(): Usage {
    return this.setup.usage()
  }

  /** Of all calls and start-up, where fuel is counted. */
  get fuelUsed(): number | undefined {
    return this.setup.limited?.fuelUsed
  }

  /** Frees the tree. What JavaScript still holds of it says so from now on. */
  dispose(): void {
    if (this.root.disposed) return
    this.setup.limited?.last()
    // what it owned ends with it: its own resources while it can still run their destructors, then the others'
    for (const inst of this.instances) {
      for (const { rt, rep } of ownedBy(inst)) {
        try {
          this.engine.bridge.drop(rt, rep)
        } catch {
          // a destructor that traps ends its own instance, which says so
        }
      }
    }
    this.setup.end()
    this.engine.instances.delete(this.id)
    this.engine.emit({ kind: 'disposed', plugin: this.parts.name })
  }

  /** Resolves when no call is in flight. */
  async idle(): Promise<void> {
    // a synchronous call ends before any other code runs: who is busy then is parked, and waits for a call of its own
    await undefined
    await this.root.store.async?.idle(this.root)
  }

  checkOpen(): void {
    if (this.root.disposed) throw new ClosedError(`instance \`${this.name}\` is disposed`)
  }
}

/** The own handles in an instance's table. */
function ownedBy(inst: ComponentInstance): readonly ResourceHandle[] {
  return [...inst.handles].filter((entry) => entry instanceof ResourceHandle).filter((handle) => handle.own)
}

function usageOf(ledger: Ledger): Usage {
  const gauges: Partial<Record<LimitName, Usage[LimitName]>> = {
    fuel: NO_GAUGE,
    epochTicks: NO_GAUGE,
    timeoutMs: NO_GAUGE,
  }
  for (const limit of Object.keys(RUN_LIMITS) as RunLimit[]) gauges[limit] = ledger.gauge(limit)
  return gauges as Usage
}

/** What exists before the first step of the plan runs. */
class Setup {
  readonly root: Root
  readonly env: TypeEnv
  readonly caller: CallerView<unknown>
  readonly limited: Limited | undefined
  private readonly parts: InstanceParts
  private readonly resources: RuntimeResourceType[] = []

  constructor(parts: InstanceParts, limiting: Limiting | undefined) {
    const { engine, artifact } = parts
    engine.checkOpen()
    this.parts = parts
    const ledger = new Ledger(limitsFrom<RunLimit>(RUN_LIMITS, parts.limits), engine.totals)
    this.root = new Root(engine.store, parts.name, ledger)
    this.env = { layouts: artifact.layouts, resources: this.resources }
    this.caller = new CallerView(this.root, parts.context, () => this.usage())
    try {
      this.limited = limiting?.limit(parts, this.root)
      this.root.asks = limiting !== undefined
    } catch (error) {
      this.abandon(error)
    }
  }

  usage(): Usage {
    return { ...usageOf(this.root.ledger), ...this.limited?.usage() }
  }

  end(): void {
    this.limited?.end()
    this.root.dispose()
  }

  /** A start that fails leaves nothing behind. */
  abandon(error: unknown): never {
    this.end()
    throw error
  }

  source(source: unknown, members: unknown): Source {
    if (typeof members !== 'object' || members === null)
      throw new TypeError(
        `an import source is an object or a factory of one, got ${members === null ? 'null' : typeof members}`,
      )
    const { guard } = this.parts
    const around: Source['around'] =
      typeof source === 'function' || guard !== undefined
        ? (path, call) => this.caller.around(path, guard === undefined ? call : guarded(guard, path, call))
        : undefined
    return { members, around, guarded: guard !== undefined }
  }

  link(sources: readonly Source[]): Running {
    const { artifact, engine } = this.parts
    const linked = this.parts.linked({ root: this.root, env: this.env })
    const { imports } = artifact.plan
    const matched =
      imports.size === 0
        ? NOTHING_MATCHED
        : LINKS.get().matchImports(imports, sources, linked.items, this.env, engine.bridge)
    const problems = [...matched.problems, ...linked.check(matched.resources, matched.problems.length === 0)]
    if (problems.length > 0) throw new LinkError(problems)
    const terms = this.limited ?? { profile: PLAIN, watch: new Sizes(this.root.ledger) }
    const rehearsed = this.parts.rehearsal?.terms(terms) ?? terms
    return new Running(artifact, rehearsed, this.root, matched.items, this.parts.outer, new Map(), this.resources)
  }
}

const guarded =
  (guard: (path: string) => void, path: string, call: HostCall): HostCall =>
  (args, signal) => {
    guard(path)
    return call(args, signal)
  }

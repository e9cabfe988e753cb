/**
 * What instances share: one store with its scheduler, the host's policy, the epoch, and the bridge that makes handles
 * JavaScript objects. There is no default engine; everything that lives belongs to one.
 */
import type { Root, Store } from '../abi/embedding.ts'
import type { Codegen } from '../abi/record.ts'
import {
  type CardinalityKind,
  ClosedError,
  type LimitError,
  type PluginId,
  type Trap,
  type WasmLinkError,
} from '../model/errors.ts'
import { FEATURES, type Feature, featureSet, type Revision } from '../model/features.ts'
import {
  COMPILE_LIMITS,
  type CompileLimit,
  type CompileLimits,
  checkLimit,
  type Gauge,
  limitsFrom,
  type Total,
  Totals,
} from '../model/limits.ts'
import type { Bridge } from './host/host-resources.ts'
import type { InstanceState } from './instance-state.ts'
import { RUNTIME } from './part.ts'

export interface EngineOptions {
  readonly features?: Readonly<Partial<Record<Feature, boolean>>>
  readonly compileLimits?: Readonly<Partial<Record<CompileLimit, number>>>
  /** Sums over its instances. */
  readonly totals?: Readonly<Partial<Record<Total, number>>>
  /** Default binaryen; exact: wasmtime's counts to the unit, fast cold start. */
  readonly meter?: 'binaryen' | 'exact'
  readonly meterCache?: {
    get(key: string): Promise<Uint8Array | undefined>
    set(key: string, code: Uint8Array): Promise<void>
  }
  /** auto: `new Function` where CSP permits it. */
  readonly codegen?: 'auto' | 'never'
  /** What other plugins read in `runtime-exception`; the host always has the cause. */
  readonly errorsToPlugins?: 'redacted' | 'full'
  readonly trace?: Tracer
  /**
   * Chooses among that many ready threads, 0 being the one that has waited longest. Default: first come, first served.
   * What it answers is cut to a whole number in range; what it throws ends the instances it had to choose from.
   */
  readonly scheduler?: { pick(ready: number): number }
  /**
   * What becomes of awaited results when nothing in this engine can bring them about: no thread is ready, and no promise
   * and no stream of the host is pending. `trap`, the default, ends those instances with the code `deadlock`. `wait` lets
   * them wait for a later call, which in a host that serves calls for ever may yet come.
   */
  readonly whenIdle?: 'trap' | 'wait'
  /**
   * Which text of the specification holds. `newer`: what was decided after the one this version is built from
   * (component-model#687, #715, #716, #723, #726): no built-in is `cancellable`, `subtask.cancel` never takes a subtask
   * that is in a waitable set, no thread promotes itself. Default `pinned`.
   */
  readonly revision?: Revision
  /** Monotonic ms. */
  readonly now?: () => number
}

/** The closing half of `call` runs exactly once. */
export interface Tracer {
  call?(call: TracedCall): undefined | ((end: CallEnd) => void)
  event?(event: LifecycleEvent): void
}
export interface TracedCall {
  readonly plugin: string
  readonly caller: string | undefined
  readonly path: string
  readonly async: boolean
}
export interface CallEnd {
  readonly ms: number
  readonly fuel: number | undefined
  readonly error: WasmLinkError | undefined
}
export type LifecycleEvent = { readonly plugin: string } & (
  | { readonly kind: 'instantiated' | 'restarted' | 'disposed' }
  | { readonly kind: 'trapped'; readonly error: Trap | LimitError }
  | { readonly kind: 'plugged' | 'unplugged' | 'replaced'; readonly packageName: string; readonly id: PluginId }
)

interface Edge {
  readonly plugin: number
  readonly binding: number
}
export interface Graph {
  readonly plugins: readonly {
    readonly id: number
    readonly name: string
    readonly state: 'ready' | 'busy' | 'trapped' | 'disposed'
  }[]
  readonly plugs: readonly (Edge & { readonly as: PluginId })[]
  readonly bindings: readonly {
    readonly id: number
    readonly packageName: string
    readonly kind: CardinalityKind
    readonly interfaces: readonly string[]
  }[]
  readonly sockets: readonly Edge[]
}

/** @internal A call as the layer above was asked for it. */
export interface RequestedCall {
  /** `acme:calc/ops@0.3.1#add`: names as requested, whatever the callee calls it. */
  readonly path: string
  /** Who calls, if it is no host. */
  readonly from: Root | undefined
}

/** What a layer above adds to the graph. */
export interface GraphPart {
  readonly bindings: Graph['bindings']
  readonly plugs: Graph['plugs']
  readonly sockets: Graph['sockets']
}

const TOTALS: Readonly<Record<Total, number>> = {
  memoryBytes: Number.POSITIVE_INFINITY,
  tableElements: Number.POSITIVE_INFINITY,
  handles: 1_000_000,
  instances: Number.POSITIVE_INFINITY,
}

/**
 * @example
 * const engine = new Engine({ features: { 'error-context': true } })
 * @throws TypeError, RangeError for options that are not what they should be
 */
export class Engine implements Disposable {
  readonly features: ReadonlySet<Feature>
  /** Shared with workers where the platform allows it: a worker ticks by `Atomics.add(cell, 0, 1)`. */
  readonly epochCell: Int32Array
  /** @internal */
  readonly compileLimits: CompileLimits
  /** @internal what its instances use together */
  readonly totals: Totals
  /** @internal */
  readonly options: EngineOptions
  /** @internal */
  readonly codegen: Codegen
  /** @internal what was metered for it */
  metering: object | undefined
  /** @internal in order of instantiation, so that consumers come after what they consume */
  readonly instances: Map<number, InstanceState> = new Map()
  /** @internal what the plugin layer keeps here */
  layer: { part(): GraphPart; callInto(root: Root): RequestedCall | undefined } | undefined
  #store: Store | undefined
  #bridge: Bridge | undefined
  #nextId = 0
  #disposed = false

  constructor(options: EngineOptions = {}) {
    for (const feature of Object.keys(options.features ?? {})) {
      if (!Object.hasOwn(FEATURES, feature))
        throw new TypeError(`no feature \`${feature}\`; there are ${Object.keys(FEATURES).join(', ')}`)
    }
    this.features = featureSet(options.features)
    this.compileLimits = limitsFrom(COMPILE_LIMITS, options.compileLimits)
    for (const [name, value] of Object.entries(options.totals ?? {})) checkLimit(name, value)
    this.totals = new Totals(limitsFrom(TOTALS, options.totals))
    this.options = options
    this.codegen = { allowed: options.codegen !== 'never' }
    this.epochCell = epochCell()
  }

  /** @internal */
  get store(): Store {
    if (this.#store === undefined) {
      const { Store, prepareFuse } = RUNTIME.get()
      const store = new Store({ revision: this.options.revision })
      prepareFuse(store, this.codegen)
      this.#store = store
    }
    return this.#store
  }

  /** @internal */
  get bridge(): Bridge {
    if (this.#bridge === undefined) {
      this.#bridge = new (RUNTIME.get().Bridge)(this, this.codegen)
      this.#bridge.store = this.store
    }
    return this.#bridge
  }

  get epoch(): number {
    return Atomics.load(this.epochCell, 0) >>> 0
  }

  incrementEpoch(ticks = 1): void {
    Atomics.add(this.epochCell, 0, ticks)
  }

  usage(): Readonly<Record<Total, Gauge>> {
    const ledgers = [...this.instances.values()].map(({ root }) => root.ledger)
    const { caps, used } = this.totals
    const gauge = (total: Total): Gauge => {
      const limit = caps[total]
      const grown = total === 'instances' ? 0 : ledgers.reduce((sum, { grown }) => sum + (grown?.(total) ?? 0), 0)
      const now = used[total] + grown
      return { used: now, peak: undefined, remaining: limit - now, limit }
    }
    return {
      memoryBytes: gauge('memoryBytes'),
      tableElements: gauge('tableElements'),
      handles: gauge('handles'),
      instances: gauge('instances'),
    }
  }

  /** The plugins and bindings of this engine as plain JSON. */
  graph(): Graph {
    const plugins = [...this.instances].map(([id, instance]) => ({ id, name: instance.name, state: instance.state }))
    return { plugins, ...(this.layer?.part() ?? { bindings: [], plugs: [], sockets: [] }) }
  }

  /** Disposes every instance still alive, consumers before what they consume. */
  [Symbol.dispose](): void {
    this.#disposed = true
    for (const instance of [...this.instances.values()].reverse()) instance.dispose()
  }

  /** @internal */
  checkOpen(): void {
    if (this.#disposed) throw new ClosedError('the engine is disposed')
  }

  /** @internal the asynchronous half of the ABI: loaded for the first component that needs it */
  async loadAsync(): Promise<void> {
    if (this.store.async !== undefined) return
    const { storeTasks } = await import('./async/load.ts')
    this.store.async ??= storeTasks(this.store, this.bridge, this.options)
  }

  /** @internal */
  newId(): number {
    return this.#nextId++
  }

  /** @internal */
  emit(event: LifecycleEvent): void {
    this.options.trace?.event?.(event)
  }
}

function epochCell(): Int32Array {
  const shared = typeof SharedArrayBuffer === 'function'
  return new Int32Array(shared ? new SharedArrayBuffer(4) : new ArrayBuffer(4))
}

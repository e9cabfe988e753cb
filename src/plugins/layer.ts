/**
 * What plugins of one engine share: who is inside whom just now (for depth and cycles), what is traced, and the graph of
 * plugins and bindings. Hangs on the engine; an engine without plugins has none.
 */
import type { Later } from '../abi/async-abi.ts'
import type { Caller, Root } from '../abi/embedding.ts'
import type { RouteTarget } from '../abi/fuse-abi.ts'
import type { ComponentInstance } from '../abi/instance.ts'
import type { Engine, GraphPart, RequestedCall } from '../linker/engine.ts'
import type { InstanceState } from '../linker/instance-state.ts'
import { type ClosedError, isWasmLinkError, LimitError, type Trap, type WasmLinkError } from '../model/errors.ts'
import type { BindingCore } from './binding-core.ts'
import { Failure } from './failure.ts'
import type { PluginInstance } from './instance.ts'

export type Linking = typeof import('./sockets.ts')

/** Who is called, by whom, and how it is told of. */
export interface Entry {
  readonly plugin: PluginInstance
  readonly path: string
  /** The plugin that calls; `undefined`: the host. */
  readonly from: Root | undefined
  readonly async: boolean
}

/** One call into a plugin, from its beginning to its end, with the calls that led to it. */
export class Call {
  readonly plugin: PluginInstance
  readonly path: string
  readonly from: Root | undefined
  readonly parent: Call | undefined
  readonly depth: number
  /** What was called last from here by a fused function: one after the other has the same record. */
  next: Call | undefined
  /** Tells the tracer; gone once it was told. */
  #told: ((error: WasmLinkError | undefined) => void) | undefined
  #abandoned: ((error: unknown) => void) | undefined
  #over: (() => void) | undefined
  /** The plugin was entered. */
  begun = false

  constructor({ plugin, path, from }: Entry, parent: Call | undefined) {
    this.plugin = plugin
    this.path = path
    this.from = from
    this.parent = parent
    this.depth = (parent?.depth ?? 0) + 1
  }

  /** Whether `other` is this call, or led to it. */
  ledBy(other: Call): boolean {
    for (let call: Call | undefined = this; call !== undefined; call = call.parent) if (call === other) return true
    return false
  }

  /** From now on its end is told, once: it may be known by more than one way. */
  trace(told: (error: WasmLinkError | undefined) => void): void {
    this.#told = told
    this.plugin.life.calls.add(this)
  }

  end(): void {
    this.#leave()
    this.#tell(undefined)
  }

  #leave(): void {
    this.plugin.life.calls.delete(this)
    this.#over?.()
  }

  /** Resolves when its end is known to whoever asked. */
  async over(): Promise<void> {
    const others = this.#over
    await new Promise<void>((resolve) => {
      this.#over = () => {
        others?.()
        resolve()
      }
    })
  }

  fail(error: unknown): void {
    this.#leave()
    if (this.#told !== undefined)
      this.#tell(isWasmLinkError(error) ? error : Failure.of(error).at(undefined, this.path))
  }

  /** Its plugin ended: there will be no other answer. */
  abandon(error: Trap | LimitError | ClosedError): void {
    this.fail(error)
    this.#abandoned?.(error)
  }

  /** What `answer` brings, or why the plugin ended before. */
  unlessAbandoned<T>(answer: Later<T>): Later<T> {
    if (!(answer instanceof Promise)) return answer
    return new Promise((resolve, reject) => {
      this.#abandoned = reject
      answer.then(resolve, reject)
    })
  }

  #tell(error: WasmLinkError | undefined): void {
    const told = this.#told
    this.#told = undefined
    told?.(error)
  }
}

export class PluginLayer {
  readonly #engine: Engine
  /** Held by their lives, which the engine holds until they are disposed of. */
  readonly #plugins = new WeakMap<InstanceState, PluginInstance>()
  readonly #bindings: WeakRef<BindingCore>[] = []
  #nextBinding = 0
  /** Counts what is plugged, unplugged, replaced and started anew: what was found out before may hold no longer. */
  readonly changes: { count: number } = { count: 0 }
  /** Calls whose answers may come later, and have not. */
  readonly #waiting = new Set<Call>()
  /** The part that joins consumers to bindings: loaded by the first link. */
  linking: Linking | undefined

  private constructor(engine: Engine) {
    this.#engine = engine
  }

  static of(engine: Engine): PluginLayer {
    if (engine.layer instanceof PluginLayer) return engine.layer
    const layer = new PluginLayer(engine)
    engine.layer = layer
    return layer
  }

  get time(): number {
    return this.#engine.options.now?.() ?? performance.now()
  }

  // — Calls

  /** Which call the code that runs now serves. What a host function does after an `await` serves none that is known. */
  get current(): Call | undefined {
    const { origin } = this.#engine.store
    return origin instanceof Call ? origin : undefined
  }

  /** How the call was asked for that enters this plugin now, if it came through a binding. */
  callInto(root: Root): RequestedCall | undefined {
    const call = this.current
    return call?.plugin.live.root === root ? call : undefined
  }

  /** Which call a guest serves that calls us. */
  currentOf({ inst }: Caller): Call | undefined {
    const origin = inst?.thread?.origin
    return origin instanceof Call ? origin : this.current
  }

  /** A call that is answered at once. @throws LimitError `callDepth` before anything runs; what `run` throws */
  now<T>(entry: Entry, run: () => T, parent: Call | undefined = this.current): T {
    const call = this.#open(entry, parent)
    try {
      const value = this.begin(call, entry, run)
      call.end()
      return value
    } catch (error) {
      call.fail(error)
      throw error
    }
  }

  /**
   * A call whose answer may come later: `run` waits until it can begin, and begins it. It is over when its answer is there
   * or its plugin ends. @throws LimitError `callDepth`
   */
  async later<T>(entry: Entry, run: (call: Call) => Later<T>, parent: Call | undefined = this.current): Promise<T> {
    const call = this.open(entry, parent)
    try {
      return await call.unlessAbandoned(run(call))
    } catch (error) {
      call.fail(error)
      throw error
    } finally {
      this.close(call)
    }
  }

  /** For who cannot say it as `later` does: `close` must follow, whatever comes of it. @throws LimitError `callDepth` */
  open(entry: Entry, parent: Call | undefined): Call {
    const call = this.#open(entry, parent)
    this.#waiting.add(call)
    call.plugin.life.calls.add(call)
    return call
  }

  close(call: Call): void {
    this.#waiting.delete(call)
    call.end()
  }

  /** The plugin is entered. */
  begin<T>(call: Call, entry: Entry, run: () => T): T {
    call.begun = true
    this.#trace(call, entry)
    const { store } = this.#engine
    const { origin } = store
    store.origin = call
    try {
      return run()
    } finally {
      store.origin = origin
    }
  }

  /** Whether calls are told to somebody. */
  get traced(): boolean {
    return this.#engine.options.trace?.call !== undefined
  }

  /**
   * The records of one function's fused calls, which are answered at once and told to nobody: those from one place follow
   * one another, and share theirs. `undefined`: too deep.
   */
  records(entry: Entry): Pick<RouteTarget, 'record' | 'first'> {
    const { plugin, path, from } = entry
    const { caps, peak } = plugin.live.root.ledger
    const { store } = this.#engine
    const first = caps.callDepth > 0 ? new Call(entry, undefined) : undefined
    const record = (caller: ComponentInstance): Call | undefined => {
      const origin = caller.thread?.origin ?? store.origin
      if (!(origin instanceof Call)) return first
      const { next } = origin
      if (next !== undefined && next.plugin === plugin && next.path === path && next.from === from) return next
      if (origin.depth >= caps.callDepth) return undefined
      const call = new Call(entry, origin)
      peak.callDepth = Math.max(peak.callDepth, call.depth)
      origin.next = call
      return call
    }
    return { record, first }
  }

  #open(entry: Entry, parent: Call | undefined): Call {
    const { plugin } = entry
    const call = new Call(entry, parent)
    const { ledger } = plugin.live.root
    const cap = ledger.caps.callDepth
    if (call.depth > cap)
      throw new LimitError('callDepth', call.depth, cap, 'limits.callDepth', `at plugin \`${plugin.name}\``)
    ledger.peak.callDepth = Math.max(ledger.peak.callDepth, call.depth)
    return call
  }

  #trace(call: Call, { plugin, from, path, async }: Entry): void {
    const { trace } = this.#engine.options
    if (trace?.call === undefined) return
    const began = this.time
    const end = trace.call({ plugin: plugin.name, caller: from?.name, path, async })
    if (end === undefined) return
    const { live } = plugin
    const before = live.fuelUsed
    call.trace((error) => {
      const fuel = before === undefined ? undefined : (live.fuelUsed ?? before) - before
      end({ ms: this.time - began, fuel, error })
    })
  }

  /**
   * Whether `call`, were it to wait for its plugin, would wait for itself: what occupies the plugin is a call that led to
   * it, or waits for another occupied plugin of which that is true.
   */
  isCycle(call: Call): boolean {
    if (call.parent === undefined) return false
    const seen = new Set([call.plugin])
    for (const plugin of seen) {
      for (const holder of this.#waiting) {
        if (holder.plugin !== plugin || holder === call) continue
        if (call.ledBy(holder)) return true
        for (const other of this.#waiting)
          if (other !== call && other !== holder && other.ledBy(holder) && other.plugin.life.isOccupied)
            seen.add(other.plugin)
      }
    }
    return false
  }

  // — The graph

  /** Another life of a plugin. */
  addPlugin(plugin: PluginInstance, life: InstanceState): void {
    this.#plugins.set(life, plugin)
  }

  addBinding(binding: BindingCore): number {
    this.#bindings.push(new WeakRef(binding))
    return this.#nextBinding++
  }

  part(): GraphPart {
    const alive = this.#bindings.flatMap((ref) => ref.deref() ?? [])
    const plugins = [...this.#engine.instances.values()].flatMap((life) => this.#plugins.get(life) ?? [])
    return {
      bindings: alive.map((binding) => ({
        id: binding.id,
        packageName: binding.packageName,
        kind: binding.kind,
        interfaces: [...binding.interfaceNames],
      })),
      plugs: alive.flatMap((binding) =>
        [...binding.plugs].map(([as, { plugin }]) => ({ plugin: plugin.live.id, binding: binding.id, as })),
      ),
      sockets: plugins.flatMap((plugin) =>
        plugin.life.role.sockets.map((binding) => ({ plugin: plugin.live.id, binding: binding.id })),
      ),
    }
  }
}

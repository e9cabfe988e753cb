/**
 * What plugins of one engine share: who is inside whom just now (for depth and cycles), what is traced, and the graph of
 * plugins and bindings. Hangs on the engine; an engine without plugins has none.
 */
import type { CallEnd, Engine, GraphPart } from '../linker/engine.ts'
import { isWasmLinkError, LimitError } from '../model/errors.ts'
import type { BindingCore } from './binding-core.ts'
import type { PluginInstance } from './instance.ts'

export type Linking = typeof import('./sockets.ts')

/** One call into a plugin. */
export interface Entry {
  readonly plugin: PluginInstance
  readonly path: string
  /** The plugin that calls; `undefined`: the host. */
  readonly caller: string | undefined
  readonly async: boolean
}

export class PluginLayer {
  readonly #engine: Engine
  readonly #stack: PluginInstance[] = []
  readonly #plugins = new Set<PluginInstance>()
  readonly #bindings: WeakRef<BindingCore>[] = []
  #nextBinding = 0
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

  now(): number {
    return this.#engine.options.now?.() ?? performance.now()
  }

  // — Calls

  /** Whether the plugin is among those whose calls led to the code that runs now. */
  isInside(plugin: PluginInstance): boolean {
    return this.#stack.includes(plugin)
  }

  /** @throws LimitError `callDepth` before anything runs; what `run` throws */
  enter<T>(entry: Entry, run: () => T): T {
    const end = this.begin(entry)
    try {
      const value = this.inside(entry, run)
      end?.(undefined)
      return value
    } catch (error) {
      end?.(error)
      throw error
    }
  }

  /** The same for a call whose answer may come later: it ends then. */
  async enterLater<T>(entry: Entry, run: () => Promise<T>): Promise<T> {
    const end = this.begin(entry)
    try {
      const value = await this.inside(entry, run)
      end?.(undefined)
      return value
    } catch (error) {
      end?.(error)
      throw error
    }
  }

  private inside<T>({ plugin }: Entry, run: () => T): T {
    this.#stack.push(plugin)
    try {
      return run()
    } finally {
      this.#stack.pop()
    }
  }

  private begin(entry: Entry): ((error: unknown) => void) | undefined {
    const { plugin } = entry
    const depth = this.#stack.length + 1
    const cap = plugin.live.root.ledger.caps.callDepth
    if (depth > cap) throw new LimitError('callDepth', depth, cap, 'limits.callDepth', `at plugin \`${plugin.name}\``)
    return this.trace(entry)
  }

  private trace({ plugin, caller, path, async }: Entry): ((error: unknown) => void) | undefined {
    const { trace } = this.#engine.options
    if (trace?.call === undefined) return undefined
    const began = this.now()
    let end: ((end: CallEnd) => void) | undefined = trace.call({ plugin: plugin.name, caller, path, async })
    return (error) => {
      const once = end
      end = undefined
      once?.({ ms: this.now() - began, fuel: undefined, error: isWasmLinkError(error) ? error : undefined })
    }
  }

  // — The graph

  addPlugin(plugin: PluginInstance): void {
    this.#plugins.add(plugin)
  }

  addBinding(binding: BindingCore): number {
    this.#bindings.push(new WeakRef(binding))
    return this.#nextBinding++
  }

  part(): GraphPart {
    const alive = this.#bindings.flatMap((ref) => ref.deref() ?? [])
    for (const plugin of this.#plugins) if (plugin.state === 'disposed') this.#plugins.delete(plugin)
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
      sockets: [...this.#plugins].flatMap((plugin) =>
        plugin.sockets.map((binding) => ({ plugin: plugin.live.id, binding: binding.id })),
      ),
    }
  }
}

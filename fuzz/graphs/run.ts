/** Builds a random graph of plugins, calls it, and compares every answer, every state and what is left with the model. */
import {
  Any,
  AtMostOne,
  Binding,
  type BindingAny,
  Component,
  type DispatchResult,
  Engine,
  ExactlyOne,
  isWasmLinkError,
  Linker,
  Plugin,
  type PluginInstance,
} from '../../src/index.ts'
import { Random } from '../random.ts'
import { Model } from './model.ts'
import { node, type Shape, TRAP } from './node.ts'
import { type Dependency, type GraphPlan, graphPlan, type NodePlan } from './plan.ts'

export class Wrong extends Error {}

interface Context {
  readonly answer: () => unknown
}

/** Compiled once for all graphs. */
export class Components {
  readonly #made = new Map<string, Component>()

  async of(shapes: readonly Shape[]): Promise<Component> {
    const key = shapes.join()
    let component = this.#made.get(key)
    if (component === undefined) {
      component = await Component.compile(node(shapes))
      this.#made.set(key, component)
    }
    return component
  }
}

/** Under which package a consumer asks for its dependencies, whatever the plugin calls its own. */
const EXPORTS = Object.fromEntries([0, 1].map((d) => [`test:d${d}/root`, { foundAs: 'test:node/root' }]))

class Graph {
  readonly engine = new Engine()
  readonly plugins: PluginInstance<Context>[] = []
  readonly faces: Binding[] = []
  readonly bindings: { readonly binding: Binding; readonly on: readonly number[] }[] = []
  readonly #plan: GraphPlan
  readonly #components: Components
  readonly #linker: Linker<Context>
  #asked = 0

  constructor(plan: GraphPlan, components: Components) {
    this.#plan = plan
    this.#components = components
    this.#linker = new Linker<Context>(this.engine).define('test:host/root', (caller) => ({
      id: () => caller.context.answer(),
    }))
  }

  async build(): Promise<void> {
    for (const [i, plan] of this.#plan.nodes.entries()) {
      const sockets = plan.dependencies.map((dependency, d) => this.#bind(dependency, d))
      const plugin = await this.#start(i, plan, sockets)
      this.plugins.push(plugin)
      this.faces.push(new Binding('test:node', ExactlyOne(`n${i}`, plugin)) as Binding)
    }
  }

  async #start(i: number, plan: NodePlan, sockets: readonly BindingAny[]): Promise<PluginInstance<Context>> {
    const component = await this.#components.of(plan.dependencies.map(({ shape }) => shape))
    const plugin = new Plugin<Context>(component, {
      name: `n${i}`,
      context: { answer: () => this.#answer(i) },
      restart: plan.restart,
      remap: { exports: EXPORTS },
    })
    return await plugin.link(this.engine, this.#linker, sockets)
  }

  #bind({ shape, on }: Dependency, d: number): BindingAny {
    const entries = on.map((i): [string, PluginInstance] => [`n${i}`, this.plugins[i] as PluginInstance]) // i < this node
    const [one] = entries
    const name = `test:d${d}`
    const binding =
      shape === 'list'
        ? new Binding(name, Any(entries))
        : shape === 'option'
          ? new Binding(name, one === undefined ? AtMostOne() : AtMostOne(...one))
          : new Binding(name, ExactlyOne(...(one ?? fail('no plugin for a socket'))))
    this.bindings.push({ binding: binding as Binding, on })
    return binding as BindingAny
  }

  /** The faulty plugin's place is taken by another one, in every binding. */
  async replace(): Promise<void> {
    const { at, nodes } = this.#plan
    this.#asked = Number.POSITIVE_INFINITY
    const plan = nodes[at] ?? fail('no node at the fault')
    const sockets = plan.dependencies.map((dependency, d) => this.#bind(dependency, d))
    const plugin = await this.#start(at, plan, sockets)
    for (const { binding, on } of this.bindings)
      if (on.includes(at) && binding.plugins.get(`n${at}` as never) !== plugin)
        binding.replace(`n${at}` as never, plugin)
    this.faces[at]?.replace(`n${at}` as never, plugin)
    const old = this.plugins[at]
    this.plugins[at] = plugin
    old?.[Symbol.dispose]()
  }

  call(i: number): DispatchResult<unknown> {
    const [[, result] = []] = this.faces[i]?.dispatch('root', 'get-value') ?? []
    return result ?? fail('one plugin, and no result')
  }

  /** What the host does when node `i` asks for its number. */
  #answer(i: number): unknown {
    const { at, time, fault, other } = this.#plan
    if (i !== at || ++this.#asked !== time) return i
    switch (fault) {
      case 'trap':
        return TRAP
      case 'wrong result':
        return 'no number'
      case 'throw':
        throw new Error('thrown by the host')
      case 'throw nothing':
        throw undefined
      case 'exhaust the stack':
        return exhaust()
      case 'promise':
        return Promise.resolve(i)
      case 'dispose itself':
        this.plugins[i]?.[Symbol.dispose]()
        return i
      case 'dispose another':
        this.plugins[other]?.[Symbol.dispose]()
        return i
      case 'ask itself': {
        const result = this.call(i)
        if (result.ok || result.error.kind !== 'lock-rejected') fail('a plugin that asks itself is not told')
        return i
      }
      case 'none':
        return i
    }
  }
}

function exhaust(): number {
  return exhaust() + 1
}

function fail(why: string): never {
  throw new Wrong(why)
}

const TYPED = ['runtime-exception', 'plugin-unavailable', 'lock-rejected', 'invalid-resource-handle']

/** @throws Wrong */
export async function runGraph(plan: GraphPlan, components: Components): Promise<void> {
  const graph = new Graph(plan, components)
  const model = new Model(plan)
  await graph.build()
  for (const [n, i] of plan.calls.entries()) {
    const expected = model.call(i)
    const actual = graph.call(i)
    const place = `call ${n} of node ${i}`
    if (actual.ok ? actual.value !== expected : expected !== undefined)
      fail(
        `${place}: expected ${expected}, got ${actual.ok ? actual.value : `${actual.error.kind}: ${actual.error.message}`}`,
      )
    if (!actual.ok && !(isWasmLinkError(actual.error) && TYPED.includes(actual.error.kind)))
      fail(`${place}: no typed error: ${String(actual.error)}`)
    const states = graph.plugins.map(({ state }) => state).join()
    if (states !== model.states.join()) fail(`${place}: states are ${states}, expected ${model.states.join()}`)
    // what is disposed of cannot be bound anew, and the fresh one would need it
    const needs = plan.nodes[plan.at]?.dependencies.flatMap(({ on }) => on) ?? []
    if (n === plan.replaceAfter && needs.every((other) => model.states[other] !== 'disposed')) {
      await graph.replace()
      model.replace()
    }
  }
  leftovers(graph)
}

/** Nothing is held by the living of the living, and nothing at all when everything ended. */
function leftovers(graph: Graph): void {
  // who trapped in the middle still holds what it held, until it is disposed of
  for (const plugin of graph.plugins) if (plugin.state === 'trapped') plugin[Symbol.dispose]()
  for (const [i, plugin] of graph.plugins.entries()) {
    if (plugin.state !== 'ready') continue
    const live: unknown = plugin.func('test:node/root#live').call([])
    if (live !== 0) fail(`${String(live)} tokens of node ${i} were never dropped`)
    const { used } = plugin.usage().handles
    if (used !== 0) fail(`node ${i} still holds ${used} handles`)
  }
  graph.engine[Symbol.dispose]()
  if (graph.engine.graph().plugins.length > 0) fail('a plugin outlived its engine')
}

/** @returns what went wrong, graph by graph; `seed` and the number of a graph make it again */
export async function runGraphs(runs: number, seed: number): Promise<readonly string[]> {
  const components = new Components()
  const wrong: string[] = []
  for (let run = 0; run < runs; run++) {
    // a turn of the event loop: until then nothing that a weak reference was made of is let go
    await new Promise((resolve) => setImmediate(resolve))
    const plan = graphPlan(new Random((seed * 1_000_003 + run) >>> 0))
    try {
      await runGraph(plan, components)
    } catch (error) {
      wrong.push(
        `graph ${run} of seed ${seed}: ${error instanceof Wrong ? error.message : String(error)}\n${JSON.stringify(plan)}`,
      )
    }
  }
  return wrong
}

/**
 * From the root to everything it reaches, depth first: a binding needs its plugins, a plugin the bindings it uses. Each is
 * visited once, so what two share is one. A failure ends what needs it and nothing else; how far it spreads is a matter of
 * the cardinality. The same walk rehearses (`check`) and loads: how a plugin is started is the stage's.
 *
 *     candidates   exactly-one   at-most-one   at-least-one   any         a candidate fails
 *     0            fatal         empty         fatal          empty       exactly-one: fatal; at-most-one: a warning,
 *     1            start         start         start          start       and empty; at-least-one: a warning, fatal
 *     more         fatal         fatal         start all      start all   if none is left; any: a warning
 */
import {
  Any,
  AtLeastOne,
  AtMostOne,
  Binding,
  type BindingAny,
  type CardinalityKind,
  Component,
  type Engine,
  ExactlyOne,
  type Interface,
  isWasmLinkError,
  LinkError,
  type Linker,
  Plugin,
  type PluginInstance,
} from '../index.ts'
import { checkIntegrity } from '../linker/sources.ts'
import { unreachable } from '../model/errors.ts'
import { remappedShorts } from '../plugins/remap.ts'
import type { TreeProblem } from './data.ts'
import type { Findings, Live } from './drawing.ts'
import { PluginGrants } from './grants.ts'
import { isOf, socketsOf } from './imports.ts'
import type { BindingPart, PluginPart, TreeModel } from './model.ts'
import { broken, done, name, type Outcome, problem, reason } from './problems.ts'

/** Where a walk takes place. */
export interface Stage<Ctx> {
  readonly engine: Engine
  /** What the host offers to this plugin. */
  linkerFor(part: PluginPart<Ctx>, component: Component, grants: PluginGrants): Promise<Linker<Ctx>>
  start(
    plugin: Plugin<Ctx>,
    linker: Linker<Ctx>,
    sockets: readonly BindingAny[],
    grants: PluginGrants,
  ): Promise<PluginInstance<Ctx>>
}

/** What became of a plugin. */
export interface Visited<Ctx> {
  readonly instance: PluginInstance<Ctx>
  readonly grants: PluginGrants
}

/** The way from the root, nearest first. */
interface Trail {
  readonly id: string
  readonly kind: 'binding' | 'plugin'
  readonly before: Trail | undefined
}

type State<T> = Outcome<T> | 'in progress'

export class Walk<Ctx> {
  readonly problems: TreeProblem[] = []
  /** Plugin → the bindings it uses, as far as that was found out. */
  readonly sockets = new Map<string, readonly string[]>()
  readonly #model: TreeModel<Ctx>
  readonly #stage: Stage<Ctx>
  readonly #bindings = new Map<string, State<BindingAny>>()
  readonly #plugins = new Map<string, State<Visited<Ctx>>>()
  /** Started, and then refused by a binding. */
  readonly #misfits = new Map<string, TreeProblem>()

  constructor(model: TreeModel<Ctx>, stage: Stage<Ctx>) {
    this.#model = model
    this.#stage = stage
  }

  /** Those that stand, in the order in which they were made: what is consumed before who consumes it. */
  get bindings(): ReadonlyMap<string, BindingAny> {
    return new Map(standing(this.#bindings))
  }

  get plugins(): ReadonlyMap<string, Visited<Ctx>> {
    return new Map(standing(this.#plugins))
  }

  /** For whoever draws it: plain data, that keeps nothing alive. */
  findings(live?: Live): Findings {
    return {
      sockets: this.sockets,
      failures: {
        bindings: failures(this.#bindings),
        plugins: new Map([...failures(this.#plugins), ...this.#misfits]),
      },
      standing: new Set(this.plugins.keys()),
      live,
    }
  }

  async root(): Promise<Outcome<BindingAny>> {
    const { fatal, root } = this.#model
    if (fatal !== undefined) return broken(fatal)
    const outcome = await this.#binding(root, undefined)
    await this.#prune(outcome.ok ? root : undefined)
    return outcome
  }

  // — Bindings

  async #binding(id: string, before: Trail | undefined): Promise<Outcome<BindingAny>> {
    const part = this.#model.bindings.get(id)
    if (part === undefined) {
      const user = before === undefined ? '' : `, which plugin ${name(before.id)} wants to use`
      return broken(problem('invalid-socket', id, `there is no binding ${name(id)}${user}`))
    }
    const known = this.#bindings.get(id)
    if (known === 'in progress') return loop('binding', id, before)
    if (known !== undefined) return known.ok ? known : broken(already(id, known.problem))
    this.#bindings.set(id, 'in progress')
    const outcome = await this.#join(id, part, { id, kind: 'binding', before })
    settle(this.#bindings, id, outcome)
    return outcome
  }

  async #join(id: string, part: BindingPart, trail: Trail): Promise<Outcome<BindingAny>> {
    const { cardinality } = part
    const single = cardinality === 'exactly-one' || cardinality === 'at-most-one'
    const candidates = this.#model.candidates.get(id) ?? []
    const count = candidates.length
    const needed = cardinality === 'exactly-one' || cardinality === 'at-least-one'
    if ((needed && count === 0) || (single && count > 1)) return broken(counted(id, cardinality, count, candidates))
    const members = new Map<string, PluginInstance>()
    for (const candidate of candidates) {
      const outcome = await this.#plugin(candidate, trail)
      if (outcome.ok) members.set(candidate, outcome.value.instance)
      else if (cardinality === 'exactly-one') return outcome
      else this.problems.push(outcome.problem)
    }
    const interfaces = await this.#interfaces(id, part)
    return interfaces.ok ? this.#made(id, part, members, interfaces.value) : interfaces
  }

  async #interfaces(id: string, { package: pkg, interfaces }: BindingPart): Promise<Outcome<Interfaces | undefined>> {
    if (typeof interfaces !== 'string') return done(interfaces)
    try {
      return done(await interfacesOf(interfaces, pkg))
    } catch (cause) {
      const message = `bindings.${id}.interfaces: ${reason(cause)}`
      return broken(problem('corrupted-interface-manifest', id, message, { cause }))
    }
  }

  /** Plugins that do not fit are left out, where the cardinality lets them. */
  #made(
    id: string,
    part: BindingPart,
    members: Map<string, PluginInstance>,
    interfaces: Interfaces | undefined,
  ): Outcome<BindingAny> {
    const { cardinality } = part
    for (;;) {
      if (cardinality === 'at-least-one' && members.size === 0) return broken(counted(id, cardinality, 0, []))
      try {
        const options = interfaces === undefined ? {} : { interfaces }
        return done(new Binding(part.package, contained(cardinality, members), options))
      } catch (cause) {
        const message = `binding ${name(id)}: ${reason(cause)}`
        const misfits = misfitsOf(cause, members)
        if (cardinality === 'exactly-one' || misfits.size === 0)
          return broken(problem('failed-to-link', id, message, { cause }))
        for (const [misfit, why] of misfits) {
          members.delete(misfit)
          const told = problem('failed-to-link', misfit, `does not fit binding ${name(id)}: ${why}`, { cause })
          this.#misfits.set(misfit, told)
          this.problems.push(told)
        }
      }
    }
  }

  // — Plugins

  async #plugin(id: string, before: Trail): Promise<Outcome<Visited<Ctx>>> {
    const known = this.#plugins.get(id)
    if (known === 'in progress') return loop('plugin', id, before)
    if (known !== undefined) return known.ok ? known : broken(already(id, known.problem))
    const part = this.#model.plugins.get(id)
    if (part === undefined) return broken(problem('corrupted-plugin-manifest', id, `there is no plugin ${name(id)}`))
    this.#plugins.set(id, 'in progress')
    const outcome = await this.#started(id, part, { id, kind: 'plugin', before })
    settle(this.#plugins, id, outcome)
    return outcome
  }

  async #started(id: string, part: PluginPart<Ctx>, trail: Trail): Promise<Outcome<Visited<Ctx>>> {
    const compiled = await this.#compiled(id, part)
    if (!compiled.ok) return compiled
    const component = compiled.value
    for (const at of part.plug) {
      const binding = this.#model.bindings.get(at)
      // a contract that is declared says itself what must be there
      if (binding === undefined || binding.interfaces !== undefined) continue
      const pkg = binding.package
      if (!offers(component, pkg, part))
        return broken(
          problem('failed-to-link', id, `exports nothing of \`${pkg}\`, the package of binding ${name(at)}`),
        )
    }
    const wanted =
      part.sockets ?? socketsOf(component.imports, this.#model, { plug: part.plug, remap: part.remap?.imports })
    this.sockets.set(id, wanted)
    const sockets: BindingAny[] = []
    for (const socket of wanted) {
      const outcome = await this.#binding(socket, trail)
      if (!outcome.ok) return outcome
      sockets.push(outcome.value)
    }
    const grants = new PluginGrants(id, part)
    const { context, limits, remap, restart } = part
    const plugin = new Plugin<Ctx>(component, {
      context,
      name: id,
      ...(limits !== undefined && { limits }),
      ...(remap !== undefined && { remap }),
      ...(restart !== undefined && { restart }),
    })
    try {
      const linker = await this.#stage.linkerFor(part, component, grants)
      return done({ instance: await this.#stage.start(plugin, linker, sockets, grants), grants })
    } catch (cause) {
      // a start function that traps or runs out is the component's doing, everything else is how it was joined
      const own = isWasmLinkError(cause) && (cause.kind === 'trap' || cause.kind === 'limit')
      return broken(problem(own ? 'failed-to-load-component' : 'failed-to-link', id, reason(cause), { cause }))
    }
  }

  async #compiled(id: string, { load, integrity }: PluginPart<Ctx>): Promise<Outcome<Component>> {
    const { engine } = this.#stage
    let source: Awaited<ReturnType<PluginPart<Ctx>['load']>>
    try {
      source = await load(engine.compileLimits.componentBytes)
    } catch (cause) {
      return broken(problem('failed-to-read-wasm', id, reason(cause), { cause }))
    }
    try {
      const options = { engine, name: id }
      if (integrity === undefined) return done(await Component.compile(source, options))
      if (typeof source !== 'string') return done(await Component.compile(source, { ...options, integrity }))
      // of a text, the digest is the text's
      await checkIntegrity(new TextEncoder().encode(source), integrity)
      return done(await Component.compile(source, options))
    } catch (cause) {
      // of bytes that are there all failures are ours to name; anything else comes from fetching them
      const kind = isWasmLinkError(cause) ? 'failed-to-load-component' : 'failed-to-read-wasm'
      return broken(problem(kind, id, reason(cause), { cause }))
    }
  }

  /** What was started for somebody who failed then, and for nobody else. */
  async #prune(root: string | undefined): Promise<void> {
    const bindings = new Set<string>()
    const plugins = new Set<string>()
    const open = root === undefined ? [] : [root]
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      if (bindings.has(id)) continue
      bindings.add(id)
      for (const [member] of this.bindings.get(id)?.plugins ?? []) {
        plugins.add(String(member))
        open.push(...(this.sockets.get(String(member)) ?? []))
      }
    }
    for (const [id, { instance }] of [...this.plugins].reverse()) {
      if (plugins.has(id)) continue
      this.#plugins.delete(id)
      await instance[Symbol.asyncDispose]()
    }
    for (const id of this.bindings.keys()) if (!bindings.has(id)) this.#bindings.delete(id)
  }
}

type Interfaces = Readonly<Record<string, Interface>>

/** WIT is parsed only where a tree has some. Interfaces of types alone are nobody's to export. */
async function interfacesOf(text: string, pkg: string): Promise<Interfaces> {
  const { WitPackages } = await import('../wit/index.ts')
  const contracts = Object.entries(WitPackages.parse(text).interfaces(pkg))
  return Object.fromEntries(
    contracts.filter(([, { functions, resources = [] }]) => Object.keys(functions).length + resources.length > 0),
  )
}

function* standing<T>(states: ReadonlyMap<string, State<T>>): Generator<[string, T]> {
  for (const [id, state] of states) if (state !== 'in progress' && state.ok) yield [id, state.value]
}

function failures(states: ReadonlyMap<string, State<unknown>>): ReadonlyMap<string, TreeProblem> {
  const failed = [...states].flatMap(([id, state]): [string, TreeProblem][] =>
    state === 'in progress' || state.ok ? [] : [[id, state.problem]],
  )
  return new Map(failed)
}

/** Maps keep the first place of a key: what is settled goes to the end, after what it needed. */
function settle<T>(states: Map<string, State<T>>, id: string, outcome: Outcome<T>): void {
  states.delete(id)
  states.set(id, outcome)
}

function contained(kind: CardinalityKind, members: ReadonlyMap<string, PluginInstance>): BindingAny['plugins'] {
  const [first] = members
  switch (kind) {
    case 'exactly-one':
    case 'at-most-one':
      if (first === undefined) return AtMostOne()
      return kind === 'exactly-one' ? ExactlyOne(...first) : AtMostOne(...first)
    case 'at-least-one':
      return AtLeastOne(members)
    case 'any':
      return Any(members)
    default:
      return unreachable(kind)
  }
}

function counted(id: string, cardinality: CardinalityKind, found: number, who: readonly string[]): TreeProblem {
  const some = who.slice(0, 12).map(name).join(', ')
  const message = `binding ${name(id)} takes ${cardinality.replaceAll('-', ' ')} plugin, found ${found}${some === '' ? '' : `: ${some}`}`
  return problem('failed-cardinality-requirements', id, message, { found })
}

function already(id: string, first: TreeProblem): TreeProblem {
  return problem('already-handled', id, `${name(id)} has failed before: ${first.message}`, { cause: first })
}

/** Back where the walk has been and is not done. */
function loop(kind: Trail['kind'], id: string, before: Trail | undefined): Outcome<never> {
  const through = [id]
  for (let step = before; step !== undefined; step = step.before) {
    through.unshift(step.id)
    if (step.id === id && step.kind === kind) break
  }
  const message = `${name(id)} needs itself: ${through.map(name).join(' → ')}`
  return broken(problem('loop-detected', id, message, { through }))
}

/** Whether something of the package is among the exports, under its own name or a remapped one. */
function offers(component: Component, pkg: string, { remap }: Pick<PluginPart<never>, 'remap'>): boolean {
  const base = pkg.replace(/@.*$/, '')
  return (
    [...component.exports.keys()].some((exported) => isOf(exported, pkg)) ||
    remappedShorts(remap?.exports, base).length > 0
  )
}

/** The plugins that a binding refused, each with its reasons. */
function misfitsOf(cause: unknown, members: ReadonlyMap<string, PluginInstance>): ReadonlyMap<string, string> {
  const misfits = new Map<string, string>()
  if (!(cause instanceof LinkError)) return misfits
  for (const found of cause.problems) {
    const misfit: unknown = 'misfit' in found ? found.misfit : undefined
    if (typeof misfit !== 'string' || !members.has(misfit)) continue
    const line = `${found.path}: ${found.message}`
    misfits.set(misfit, misfits.has(misfit) ? `${misfits.get(misfit)}\n${line}` : line)
  }
  return misfits
}

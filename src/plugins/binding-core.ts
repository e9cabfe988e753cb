/**
 * The live state behind a binding and its views: plugins by id, the contract they fit, the resource types that stand for
 * theirs, and who consumes it. Every change is checked whole before any of it is made.
 */
import type { RuntimeResourceType } from '../abi/resource.ts'
import type { Engine } from '../linker/engine.ts'
import { RoutedResourceType } from '../linker/host/routed-resource.ts'
import { type CardinalityKind, LinkError, type LinkProblem, type PluginId, quote } from '../model/errors.ts'
import { type Cardinality, checkId, countProblem } from './cardinality.ts'
import { Contract, type ContractFunc, ContractInterface, DeclaredTypes } from './contract.ts'
import { PluginInstance } from './instance.ts'
import type { Interface } from './interface.ts'
import { PluginLayer } from './layer.ts'
import { type Offer, requestedNames } from './offers.ts'
import { interfacePath, type PackageName, parseInterfaceName, parsePackageName, versionsMatch } from './package-name.ts'
import { GuestLife, Plug } from './plug.ts'
import { itemName } from './remap.ts'

/** A consumer's side of a socket, as far as the binding must keep to it. */
export interface Consumer {
  readonly name: string
  /** Whether an id can be told to it, in the types it declares for ids. */
  readonly takesId: (id: PluginId) => boolean
  /** Whether all its calls can wait for a plugin that suspends. */
  readonly mayWait: boolean
  readonly alive: () => boolean
}

/** What is wrong with one plugin; which it is stands beside the public data, not in it. */
export type MisfitProblem = LinkProblem & { readonly misfit: PluginId }

const misfit = (problem: LinkProblem, id: PluginId): MisfitProblem =>
  Object.defineProperty(problem, 'misfit', { value: id }) as MisfitProblem

export class BindingCore {
  readonly packageName: string
  readonly wanted: PackageName
  readonly kind: CardinalityKind
  readonly plugs: Map<PluginId, Plug> = new Map()
  #contract: Contract
  #engine: Engine | undefined
  #id = -1
  readonly #routed = new Map<string, RoutedResourceType>()
  /** Whose resources are, or were, plugged here; handles of those that live on stay good. */
  readonly #owners = new Map<RuntimeResourceType, Plug>()
  #consumers: Consumer[] = []

  constructor(packageName: string, plugins: Cardinality, interfaces: Readonly<Record<string, Interface>> | undefined) {
    this.packageName = packageName
    this.wanted = parsePackageName(packageName)
    this.kind = plugins.kind
    const problems: LinkProblem[] = []
    this.#contract = new Contract(interfaces === undefined)
    for (const [id, plugin] of plugins) this.plugs.set(id, this.seat(id, plugin))
    if (interfaces === undefined) problems.push(...this.derive([...this.plugs.values()]))
    else problems.push(...this.declare(interfaces))
    for (const plug of this.plugs.values()) problems.push(...this.misfits(plug))
    if (problems.length > 0) throw new LinkError(distinct(problems))
    this.#updateOwners()
  }

  get id(): number {
    return this.#id
  }

  get contract(): Contract {
    return this.#contract
  }

  get engine(): Engine | undefined {
    return this.#engine
  }

  get interfaceNames(): Iterable<string> {
    return this.#contract.interfaces.keys()
  }

  // — Engine

  /** @returns what is wrong if this binding belongs to another engine already */
  join(engine: Engine): LinkProblem | undefined {
    if (this.#engine === undefined) {
      this.#engine = engine
      this.#id = PluginLayer.of(engine).addBinding(this)
    }
    if (this.#engine === engine) return undefined
    return { kind: 'wrong-engine', path: this.packageName, message: 'plugins of two engines cannot be joined' }
  }

  /** @throws LinkError, and TypeError for what is no plugin */
  private seat(id: PluginId, plugin: unknown): Plug {
    checkId(id)
    if (!(plugin instanceof PluginInstance))
      throw new TypeError(`${this.packageName}: \`${quote(String(id))}\` is no PluginInstance`)
    const problem = this.join(plugin.live.engine)
    if (problem !== undefined) throw new LinkError([problem])
    if (plugin.state === 'disposed') {
      const message = `plugin \`${quote(plugin.name)}\` is disposed`
      throw new LinkError([{ kind: 'missing-export', path: this.packageName, message, found: [] }])
    }
    return new Plug(id, plugin, this)
  }

  // — Contract

  private derive(plugs: readonly Plug[]): LinkProblem[] {
    const lives = plugs.map(({ life }) => life).filter((life) => life instanceof GuestLife)
    const [first, ...others] = lives
    // empty, or JavaScript alone: the first plug that is a component or the first consumer tells
    if (first === undefined) return []
    const ambiguities = lives.flatMap((life) => life.ambiguities)
    if (ambiguities.length > 0) return ambiguities
    const contract = new Contract(false)
    for (const [short, offer] of first.offers) {
      const alike = others.map((life) => life.offers.get(short))
      if (alike.every((other) => other !== undefined))
        contract.interfaces.set(short, this.deriveInterface(first, offer, alike))
    }
    if (contract.interfaces.size === 0) {
      const message = 'no interface of this package is exported by all plugins; say `interfaces: {}` if that is meant'
      return [{ kind: 'missing-export', path: this.packageName, message, found: [...first.state.items.keys()] }]
    }
    this.#contract = contract
    return []
  }

  private deriveInterface(life: GuestLife, offer: Offer, others: readonly Offer[]): ContractInterface {
    const { base, version } = this.wanted
    const contract = new ContractInterface(
      offer.short,
      interfacePath({ base, version: version ?? offer.version }, offer.short),
      version ?? offer.version,
    )
    for (const name of requestedNames(offer)) {
      if (!others.every((other) => other.items.has(itemName(other.remap, name)))) continue
      const at = itemName(offer.remap, name)
      const item = offer.items.get(at)
      const type = offer.externs.get(at)?.type
      if (type?.kind === 'func') contract.add(name, { type, env: life.canonical }, undefined)
      else if (item?.kind === 'resource' && type?.kind === 'type' && type.type.kind === 'resource') {
        const slot = life.state.env.resources.indexOf(item.type)
        const rt = life.canonical.resources[slot] ?? item.type
        contract.addResource(name, rt, type.type, life.canonical)
      } else if (type?.kind === 'type') contract.addType(name, type, life.canonical)
    }
    return contract
  }

  private declare(interfaces: Readonly<Record<string, Interface>>): LinkProblem[] {
    const problems: LinkProblem[] = []
    const known = [...this.plugs.values()].map(({ life }) => life).find((life) => life instanceof GuestLife)
    for (const [short, { functions, resources = [] }] of Object.entries(interfaces)) {
      const path = interfacePath(this.wanted, short)
      const contract = new ContractInterface(
        short,
        path,
        this.wanted.version ?? known?.offers.get(short)?.version ?? 'any',
      )
      const types = new DeclaredTypes((name) => this.routed(short, name))
      for (const name of resources) {
        if (Object.hasOwn(functions, name))
          problems.push({
            kind: 'duplicate',
            path: `${path}#${name}`,
            message: 'declared as a function and as a resource',
          })
        contract.addResource(name, this.routed(short, name), types.resource(name), types.env)
      }
      for (const [name, func] of Object.entries(functions)) {
        const { type } = func
        const typed = type === undefined ? this.typedBy(known, short, name) : { type: types.func(type), env: types.env }
        contract.add(name, typed, func)
      }
      this.#contract.interfaces.set(short, contract)
    }
    return problems
  }

  private typedBy(life: GuestLife | undefined, short: string, name: string): ContractFunc['typed'] {
    const offer = life?.offers.get(short)
    const type = offer?.externs.get(itemName(offer.remap, name))?.type
    return life === undefined || type?.kind !== 'func' ? undefined : { type, env: life.canonical }
  }

  /** Types that were declared without and that this plugin is the first to tell. */
  private learnTypes(plug: Plug): void {
    const { life } = plug
    if (!(life instanceof GuestLife)) return
    for (const contract of this.#contract.interfaces.values()) {
      for (const func of [...contract.functions.values()]) {
        if (func.typed === undefined)
          contract.add(func.name, this.typedBy(life, contract.short, func.name), func.declared)
      }
    }
  }

  private misfits({ id, plugin, life }: Plug): MisfitProblem[] {
    const problems = [...this.#contract.interfaces.values()].flatMap((contract) => life.problems(contract))
    const who = `plugin \`${quote(String(id))}\` (${quote(plugin.name)}): `
    return problems.map((problem) => misfit({ ...problem, message: who + problem.message }, id))
  }

  /** The interface that an import of this name means. `new`: nobody has said what this package holds. */
  interfaceFor(importName: string): ContractInterface | 'new' | undefined {
    const name = parseInterfaceName(importName)
    if (name === undefined || name.base !== this.wanted.base) return undefined
    const found = this.#contract.interfaces.get(name.short)
    if (found !== undefined)
      return found.version === 'any' || versionsMatch(found.version, name.version) ? found : undefined
    if (!this.#contract.open) return undefined
    return this.wanted.version === undefined || versionsMatch(this.wanted.version, name.version) ? 'new' : undefined
  }

  // — Resources

  /** The type that stands for the plugins' own resource of this name. */
  routed(short: string, name: string): RoutedResourceType {
    const key = `${short}#${name}`
    let rt = this.#routed.get(key)
    if (rt === undefined) {
      rt = RoutedResourceType.of(name, {
        reals: () => this.realsOf(key),
        has: (real) => this.ownerOf(real)?.life.own.get(real) === this.#routed.get(key),
        drop: ({ rt: real, rep }) => {
          try {
            this.#engine?.bridge.drop(real, rep)
          } catch {
            // a destructor that traps ends its own instance, which says so
          }
        },
      })
      this.#routed.set(key, rt)
    }
    return rt
  }

  private *realsOf(key: string): Iterable<RuntimeResourceType> {
    this.#updateOwners()
    const routed = this.#routed.get(key)
    for (const [real, { life }] of this.#owners) if (life.own.get(real) === routed) yield real
  }

  /** The plug whose resources these are. */
  ownerOf(rt: RuntimeResourceType): Plug | undefined {
    if (!this.#owners.has(rt)) this.#updateOwners()
    return this.#owners.get(rt)
  }

  /** Plugins may have been started anew; the dead ones own nothing. */
  #updateOwners(): void {
    for (const plug of this.plugs.values()) for (const real of plug.life.own.keys()) this.#owners.set(real, plug)
    for (const [real, { life }] of this.#owners) {
      if (life.state.root.disposed || !life.own.has(real)) this.#owners.delete(real)
    }
  }

  // — Changes

  addConsumer(consumer: Consumer): void {
    this.#consumers = this.#consumers.filter((other) => other.alive())
    this.#consumers.push(consumer)
  }

  plug(id: PluginId, plugin: PluginInstance): void {
    if (this.plugs.has(id))
      throw new LinkError([
        { kind: 'duplicate', path: this.packageName, message: `there is a plugin \`${quote(String(id))}\` already` },
      ])
    const count = countProblem(this.kind, this.plugs.size + 1, this.packageName)
    if (count !== undefined) throw new LinkError([count])
    const plug = this.checked(id, plugin)
    this.plugs.set(id, plug)
    this.tell('plugged', plug)
  }

  unplug(id: PluginId): PluginInstance {
    const plug = this.find(id)
    const count = countProblem(this.kind, this.plugs.size - 1, this.packageName)
    if (count !== undefined) throw new LinkError([count])
    this.plugs.delete(id)
    this.tell('unplugged', plug)
    return plug.plugin
  }

  replace(id: PluginId, plugin: PluginInstance): PluginInstance {
    const old = this.find(id)
    const plug = this.checked(id, plugin)
    // the place in the order stays
    this.plugs.set(id, plug)
    this.tell('replaced', plug)
    return old.plugin
  }

  private find(id: PluginId): Plug {
    const plug = this.plugs.get(id)
    if (plug !== undefined) return plug
    throw new LinkError([{ kind: 'bad-id', path: this.packageName, message: `no plugin \`${quote(String(id))}\`` }])
  }

  private checked(id: PluginId, plugin: PluginInstance): Plug {
    const plug = this.seat(id, plugin)
    this.#consumers = this.#consumers.filter((consumer) => consumer.alive())
    const problems: LinkProblem[] = this.#consumers
      .filter((consumer) => !consumer.takesId(id))
      .map(({ name }) => ({
        kind: 'bad-id',
        path: this.packageName,
        message: `id \`${quote(String(id))}\` does not fit the id type that consumer \`${quote(name)}\` declares`,
      }))
    for (const { name, mayWait } of this.#consumers) {
      if (mayWait || !plugin.maySuspend) continue
      const message = `plugin \`${quote(plugin.name)}\` may suspend, and consumer \`${quote(name)}\` was linked when none did: it cannot wait`
      problems.push({ kind: 'needs-async', path: this.packageName, message })
    }
    const way = wayTo(this, plugin)
    if (way !== undefined) {
      problems.push({
        kind: 'cycle',
        path: this.packageName,
        message: `the plugin consumes this binding: ${way.map(quote).join(' → ')}`,
        through: way,
      })
    }
    if (this.#contract.open && this.#contract.interfaces.size === 0) problems.push(...this.derive([plug]))
    else problems.push(...this.misfits(plug))
    if (problems.length > 0) throw new LinkError(distinct(problems))
    this.learnTypes(plug)
    return plug
  }

  private tell(kind: 'plugged' | 'unplugged' | 'replaced', { id, plugin }: Plug): void {
    if (this.#engine !== undefined) PluginLayer.of(this.#engine).changes.count += 1
    this.#engine?.emit({ kind, plugin: plugin.name, packageName: this.packageName, id })
  }

  /** Whether JavaScript plugs have what a consumer was the first to ask for. */
  recheck(): LinkProblem[] {
    return distinct([...this.plugs.values()].flatMap((plug) => this.misfits(plug)))
  }
}

/** How `plugin` reaches `target` through its sockets, by names. */
function wayTo(
  target: BindingCore,
  plugin: PluginInstance,
  seen: Set<PluginInstance> = new Set(),
): string[] | undefined {
  if (seen.has(plugin)) return undefined
  seen.add(plugin)
  for (const binding of plugin.life.role.sockets) {
    if (binding === target) return [plugin.name, target.packageName]
    for (const { plugin: next } of binding.plugs.values()) {
      const way = wayTo(target, next, seen)
      if (way !== undefined) return [plugin.name, binding.packageName, ...way]
    }
  }
  return undefined
}

function distinct(problems: readonly LinkProblem[]): LinkProblem[] {
  const seen = new Set<string>()
  return problems.filter(({ path, message }) => {
    const key = `${path}\n${message}`
    if (seen.has(key)) return false
    seen.add(key)
    return true
  })
}

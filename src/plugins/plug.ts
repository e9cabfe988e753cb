/**
 * A plugin's place in a binding: under which id, and how the functions of the contract are found in it. What is found holds
 * for one life of the plugin; after a restart it is found anew.
 */
import type { FuncInst, Value } from '../abi/embedding.ts'
import type { RuntimeResourceType } from '../abi/resource.ts'
import { type CheckedCall, checkedCall, laterCall, type TypeEnv } from '../linker/host/host-func.ts'
import { type HostCall, importedFunction } from '../linker/host/host-import.ts'
import type { RoutedResourceType } from '../linker/host/routed-resource.ts'
import type { InstanceState } from '../linker/instance-state.ts'
import type { LiveItem, LiveItems } from '../linker/items.ts'
import { camelCase } from '../linker/js-names.ts'
import { servingKeys, splitVersion } from '../linker/match/import-names.ts'
import { matchImports } from '../linker/match/match.ts'
import { matchFunc, mismatchProblem, type SameResource } from '../linker/match/match-types.ts'
import type { Signal } from '../linker/world.ts'
import { ComponentError, type LinkProblem, type PluginId } from '../model/errors.ts'
import type { PlanResource } from '../model/plan.ts'
import type { Extern, FuncType } from '../model/types.ts'
import type { BindingCore } from './binding-core.ts'
import { type ContractFunc, type ContractInterface, declarationProblems } from './contract.ts'
import type { PluginInstance } from './instance.ts'
import { type Offer, offersOf, ownResources } from './offers.ts'
import { quoted } from './package-name.ts'
import { type Adapter, adapterOf, itemName } from './remap.ts'

/** A function of a plugin with its type as the plugin has it; resources are slots of `env`. */
export interface Callee {
  readonly func: FuncInst
  readonly type: FuncType
  readonly env: TypeEnv
}

export interface Target {
  /** From JavaScript: arguments checked, a WIT `result` as data. */
  readonly call: CheckedCall
  /** The same for calls that may block. */
  readonly later: (args: readonly unknown[], signal?: Signal) => Promise<Value>
  /** For components; `undefined` where JavaScript is called and nobody has told a type. */
  readonly callee: Callee | undefined
}

export class Plug {
  readonly id: PluginId
  readonly plugin: PluginInstance
  readonly #binding: BindingCore
  #life: Life | undefined

  constructor(id: PluginId, plugin: PluginInstance, binding: BindingCore) {
    this.id = id
    this.plugin = plugin
    this.#binding = binding
  }

  get life(): Life {
    const state = this.plugin.live
    if (this.#life?.state !== state) {
      const host = this.plugin.life.members
      this.#life =
        host === undefined ? new GuestLife(state, this.#binding, this.plugin) : new HostLife(state, this.#binding, host)
    }
    return this.#life
  }
}

export abstract class Life {
  readonly state: InstanceState
  protected readonly binding: BindingCore
  /** Its own resources: their types, and the binding's types that stand for them. */
  readonly own: Map<RuntimeResourceType, RoutedResourceType> = new Map()
  readonly #targets = new Map<ContractFunc, Target | undefined>()

  constructor(state: InstanceState, binding: BindingCore) {
    this.state = state
    this.binding = binding
  }

  /** Found at most once. `undefined`: the plugin does not have it. */
  target(contract: ContractInterface, func: ContractFunc): Target | undefined {
    if (!this.#targets.has(func)) this.#targets.set(func, this.find(contract, func))
    return this.#targets.get(func)
  }

  /** What keeps the plugin from fitting an interface; all at once. */
  abstract problems(contract: ContractInterface): LinkProblem[]
  protected abstract find(contract: ContractInterface, func: ContractFunc): Target | undefined

  /** As everybody who is linked with the binding knows it. */
  routed(rt: RuntimeResourceType): RuntimeResourceType {
    return this.own.get(rt) ?? rt
  }

  /** As the plugin knows it. */
  protected real(routed: RuntimeResourceType): RuntimeResourceType {
    for (const [rt, other] of this.own) if (other === routed) return rt
    return routed
  }

  protected targetOf(callee: Callee, path: string): Target {
    const { func, type, env } = callee
    const { length } = type.params
    const { bridge } = this.state.engine
    const call = checkedCall(func, type, path, env, bridge)
    const later = laterCall(func, type, path, env, bridge)
    const counted = (args: readonly unknown[]): readonly unknown[] => {
      if (args.length === length) return args
      throw new TypeError(`${path}: expected ${length} argument(s), got ${args.length}`)
    }
    return {
      callee,
      call: (args) => call(counted(args)),
      later: async (args, signal) => await later(counted(args), signal),
    }
  }
}

/** A component's. */
export class GuestLife extends Life {
  readonly offers: ReadonlyMap<string, Offer>
  readonly ambiguities: readonly LinkProblem[]
  /** The plugin's types as the contract knows them: its own resources are the binding's. */
  readonly canonical: TypeEnv

  constructor(state: InstanceState, binding: BindingCore, plugin: PluginInstance) {
    super(state, binding)
    const problems: LinkProblem[] = []
    this.offers = offersOf(state, plugin.life.role.remap?.exports, binding.wanted, problems)
    this.ambiguities = problems
    for (const [rt, { short, name }] of ownResources(state, this.offers)) this.own.set(rt, binding.routed(short, name))
    const { layouts, resources } = state.env
    this.canonical = { layouts, resources: resources.map((rt) => this.routed(rt)) }
  }

  private item(contract: ContractInterface, name: string): LiveItem | undefined {
    const offer = this.offers.get(contract.short)
    return offer?.items.get(itemName(offer.remap, name))
  }

  private typeOf(contract: ContractInterface, name: string): FuncType | undefined {
    const offer = this.offers.get(contract.short)
    const type = offer?.externs.get(itemName(offer.remap, name))?.type
    return type?.kind === 'func' ? type : undefined
  }

  private adapter(contract: ContractInterface, name: string): Adapter | undefined {
    return adapterOf(this.offers.get(contract.short)?.remap, name)
  }

  problems(contract: ContractInterface): LinkProblem[] {
    const offer = this.offers.get(contract.short)
    if (offer === undefined) {
      const found = [...this.state.items.keys()]
      const message = `the plugin does not export it; there are ${found.length === 0 ? 'no exports' : quoted(found)}`
      return [{ kind: 'missing-export', path: contract.path, message, found }]
    }
    const problems: LinkProblem[] = []
    for (const func of contract.functions.values()) problems.push(...this.funcProblems(contract, func, offer))
    for (const [name, rt] of contract.resources) {
      const item = this.item(contract, name)
      if (item?.kind === 'resource' && this.routed(item.type) === rt) continue
      const path = `${contract.path}#${name}`
      const message =
        item?.kind === 'resource' ? 'another resource of that name' : 'the plugin exports no such resource'
      problems.push({ kind: 'missing-export', path, message, found: [...offer.items.keys()] })
    }
    return problems
  }

  private funcProblems(contract: ContractInterface, func: ContractFunc, offer: Offer): LinkProblem[] {
    const path = `${contract.path}#${func.name}`
    const type = this.typeOf(contract, func.name)
    if (type === undefined) {
      const item = this.item(contract, func.name)
      const at = itemName(offer.remap, func.name)
      const message =
        item === undefined ? `the plugin exports no \`${at}\`` : `\`${at}\` is a ${item.kind}, not a function`
      return [{ kind: 'missing-export', path, message, found: [...offer.items.keys()] }]
    }
    const problems = func.declared === undefined ? [] : declarationProblems(path, func.declared, type, func.name)
    if (func.typed === undefined || this.adapter(contract, func.name) !== undefined) return problems
    const { env } = func.typed
    const same: SameResource = (a, b) => slotOf(env, a) === slotOf(this.canonical, b)
    const mismatch = matchFunc(func.typed.type, type, same)
    return mismatch === undefined ? problems : [...problems, mismatchProblem(path, mismatch)]
  }

  protected override find(contract: ContractInterface, func: ContractFunc): Target | undefined {
    const item = this.item(contract, func.name)
    const type = this.typeOf(contract, func.name)
    if (item?.kind !== 'func' || type === undefined) return undefined
    const path = `${contract.path}#${func.name}`
    const target = this.targetOf({ func: item.func, type, env: this.state.env }, path)
    const adapter = this.adapter(contract, func.name)
    return adapter === undefined ? target : this.adapted(target, adapter, func, path)
  }

  /** Called with the contract's types, calls with its own; the adapter's JavaScript stands between. */
  private adapted(target: Target, adapter: Adapter, func: ContractFunc, path: string): Target {
    const { bridge } = this.state.engine
    const call: HostCall = (args) => {
      const value: unknown = target.call(adapter.args?.(args) ?? args)
      const result = adapter.result === undefined ? value : adapter.result(value)
      return func.typed?.type.result?.kind === 'result' ? returnOrThrow(result) : result
    }
    if (func.typed === undefined) return { ...target, call, later: async (args) => await call(args) }
    const { type, env } = func.typed
    const local: TypeEnv = { layouts: env.layouts, resources: env.resources.map((rt) => this.real(rt)) }
    return this.targetOf({ func: importedFunction(type, path, local, bridge, call), type, env: local }, path)
  }
}

/** Functions found in JavaScript for types of one origin; the resources are filled when the first is called. */
interface Part {
  readonly items: LiveItems
  readonly layouts: TypeEnv['layouts']
  readonly resources: RuntimeResourceType[]
}

/** A plug's that is written in JavaScript: the contract's types over the members of an object, as for a component's imports. */
export class HostLife extends Life {
  readonly #members: object
  readonly #parts = new Map<ReadonlyMap<string, Extern>, Part>()

  constructor(state: InstanceState, binding: BindingCore, members: object) {
    super(state, binding)
    this.#members = members
  }

  problems(contract: ContractInterface): LinkProblem[] {
    return [...contract.parts].flatMap(([env, externs]) => this.match(contract, env, externs))
  }

  private match(
    contract: ContractInterface,
    env: TypeEnv,
    externs: ReadonlyMap<string, Extern>,
  ): readonly LinkProblem[] {
    const isOwn = (name: string): boolean => contract.resources.get(name) === this.binding.routed(contract.short, name)
    const own = new Map([...externs].filter(([name, { type }]) => type.kind !== 'type' || isOwn(name)))
    const resources: RuntimeResourceType[] = []
    const local: TypeEnv = { layouts: env.layouts, resources }
    const { caller } = this.state
    const source = { members: this.#members, around: (path: string, call: HostCall) => caller.around(path, call) }
    const imports = new Map([[contract.path, { type: { kind: 'instance', exports: own }, offset: 0 } as const]])
    const matched = matchImports(imports, [source], new Map(), local, this.state.engine.bridge)
    const item = matched.items.get(contract.path)
    if (item?.kind === 'instance') {
      this.#parts.set(externs, { items: item.exports, layouts: env.layouts, resources })
      for (const [name, inner] of item.exports)
        if (inner.kind === 'resource') this.own.set(inner.type, this.binding.routed(contract.short, name))
    }
    return matched.problems.map((problem) =>
      problem.kind === 'missing-import'
        ? { ...problem, kind: 'missing-export', found: Object.keys(this.#members) }
        : problem,
    )
  }

  protected override find(contract: ContractInterface, func: ContractFunc): Target | undefined {
    const { typed } = func
    if (typed === undefined) return this.untyped(contract, func)
    const externs = contract.parts.get(typed.env)
    if (externs === undefined) return undefined
    if (!this.#parts.has(externs)) this.match(contract, typed.env, externs)
    const part = this.#parts.get(externs)
    const item = part?.items.get(func.name)
    if (part === undefined || item?.kind !== 'func') return undefined
    // only now: a consumer's resources are known when it runs
    for (const [slot, rt] of typed.env.resources.entries()) part.resources[slot] = this.real(rt)
    return this.targetOf({ func: item.func, type: typed.type, env: part }, `${contract.path}#${func.name}`)
  }

  /** JavaScript that calls JavaScript, without a type that could be checked. */
  private untyped(contract: ContractInterface, func: ContractFunc): Target | undefined {
    const keys = Object.keys(this.#members)
    const key = servingKeys(contract.path, keys)[0] ?? keys.find((k) => splitVersion(k).base === contract.path)
    const members: unknown = key === undefined ? undefined : Reflect.get(this.#members, key)
    if (typeof members !== 'object' || members === null) return undefined
    const member = camelCase(func.name)
    const found: unknown = Object.hasOwn(members, member) ? Reflect.get(members, member) : undefined
    if (typeof found !== 'function') return undefined
    const call = this.state.caller.around(`${contract.path}#${func.name}`, (args) =>
      Reflect.apply(found, undefined, args),
    )
    return { callee: undefined, call, later: async (args) => await call(args) }
  }
}

function slotOf(env: TypeEnv, resource: object): RuntimeResourceType | undefined {
  return env.resources[(resource as PlanResource).slot]
}

/** `ComponentError` carries a WIT `err` through a host function. */
function returnOrThrow(result: unknown): unknown {
  if (typeof result !== 'object' || result === null || !('tag' in result) || !('val' in result)) return result
  if (result.tag === 'err') throw new ComponentError(result.val)
  return result.val
}

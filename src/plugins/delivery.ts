/**
 * How one function's arguments get from a consumer to a plugin, and its answer back: the plugin is asked whether it can be
 * called, the function is found in its present life, values change where the two sides see them differently.
 */
import type { Cancel, Later } from '../abi/async-abi.ts'
import type { Caller, FuncInst, OnResolve, OnStart, Value } from '../abi/embedding.ts'
import type { RouteTarget } from '../abi/fuse-abi.ts'
import { unheld } from '../abi/held.ts'
import type { ComponentInstance } from '../abi/instance.ts'
import type { HandleLayout } from '../abi/layout.ts'
import type { RuntimeResourceType } from '../abi/resource.ts'
import type { Engine } from '../linker/engine.ts'
import type { TypeEnv } from '../linker/host/host-func.ts'
import type { LinkingConsumer } from '../linker/instance-state.ts'
import { assert } from '../model/errors.ts'
import type { PlanResource } from '../model/plan.ts'
import type { FuncType, ResourceType, ValType } from '../model/types.ts'
import type { BindingCore } from './binding-core.ts'
import type { ContractFunc, ContractInterface } from './contract.ts'
import {
  argumentRewrite,
  droppingRewrite,
  pairResources,
  passAnswer,
  passArgument,
  type Rewrite,
  resultRewrite,
  Transfer,
} from './crossing.ts'
import { Failure } from './failure.ts'
import { type Call, type Entry, PluginLayer } from './layer.ts'
import type { Callee, Plug } from './plug.ts'

/** Values of a guest, from outside the callee's tree. */
const FROM_PLUGIN: Caller = { inst: undefined, host: undefined }

export interface SocketCall {
  readonly caller: Caller
  readonly args: readonly Value[]
  /** Some plugin has them; until then what they own is ours to end. */
  delivered: boolean
}

/** How values change between this consumer and one target. */
interface Crossing {
  readonly host: boolean
  readonly args: readonly (Rewrite | undefined)[]
  readonly result: Rewrite | undefined
}

/** What is found out before anything runs. */
interface Prepared {
  readonly func: FuncInst
  readonly values: readonly Value[]
  readonly caller: Caller
  readonly finish: (value: Value) => Value
  readonly end: () => void
}

export class Delivery {
  /** `acme:calc/ops@0.3.1#add`: the callee's name for it, whatever the consumer imports it as. */
  readonly path: string
  readonly #core: BindingCore
  readonly #interface: ContractInterface
  readonly #contract: ContractFunc
  readonly #type: FuncType
  readonly #consumer: LinkingConsumer
  /** Of one plugin's answer, in the consumer's types. */
  readonly #resultType: ValType | undefined
  readonly #crossings = new WeakMap<Callee, Crossing | undefined>()
  #droppingMade: readonly { readonly index: number; readonly drop: Rewrite }[] | undefined

  constructor(
    core: BindingCore,
    inside: ContractInterface,
    contract: ContractFunc,
    type: FuncType,
    resultType: ValType | undefined,
    consumer: LinkingConsumer,
  ) {
    this.path = `${inside.path}#${contract.name}`
    this.#core = core
    this.#interface = inside
    this.#contract = contract
    this.#type = type
    this.#resultType = resultType
    this.#consumer = consumer
  }

  get engine(): Engine {
    const { engine } = this.#core
    assert(engine !== undefined, 'a linked binding has an engine')
    return engine
  }

  #entry({ plugin }: Plug, async: boolean): Entry {
    return { plugin, path: this.path, from: this.#consumer.root, async }
  }

  /** @throws Failure, and what the callee throws */
  now(plug: Plug, call: SocketCall): Value {
    const refused = plug.plugin.life.refusal(undefined)
    if (refused !== undefined) throw refused
    const layer = PluginLayer.of(this.engine)
    return layer.now(
      this.#entry(plug, false),
      () => {
        const { func, values, caller, finish, end } = this.#prepare(plug, call)
        try {
          return finish(func.invoke(values, caller))
        } finally {
          end()
        }
      },
      layer.currentOf(call.caller),
    )
  }

  /**
   * The same for a function that may block.
   * @param signal `undefined`: the caller's stack is parked until the answer is there
   */
  async later(plug: Plug, call: SocketCall, signal: AbortSignal | undefined): Promise<Value> {
    const layer = PluginLayer.of(this.engine)
    const entry = this.#entry(plug, true)
    const tasks = this.engine.store.async
    assert(tasks !== undefined, 'loaded with the consumer that asks')
    const run = (record: Call): Promise<Value> => {
      const refused = plug.plugin.life.refusal(record)
      if (refused !== undefined) throw refused
      return layer.begin(record, entry, async () => {
        const { func, values, caller, finish, end } = this.#prepare(plug, call)
        try {
          const { result, cancel } = tasks.invoke(func, () => values, caller)
          signal?.addEventListener('abort', cancel)
          return finish(unheld(await result))
        } finally {
          end()
        }
      })
    }
    return await layer.later(entry, run, layer.currentOf(call.caller))
  }

  /**
   * Joins the two by the calling protocol itself, so that an answer that is there at once needs no waiting; where values
   * change on the way, `undefined`.
   */
  begin(plug: Plug, onStart: OnStart, onResolve: OnResolve, caller: Caller): Later<Cancel> | undefined {
    const layer = PluginLayer.of(this.engine)
    const entry = this.#entry(plug, true)
    const record = layer.open(entry, layer.currentOf(caller))
    const failed = (error: unknown): never => {
      record.fail(error)
      layer.close(record)
      throw error
    }
    const resolved: OnResolve = (value) => {
      layer.close(record)
      onResolve(value)
    }
    try {
      const refused = plug.plugin.life.refusal(record)
      if (refused !== undefined) throw refused
      const callee = this.#calleeOf(plug)
      const { async } = callee.func
      const { store } = this.engine
      // one that is parked is asked when it has gone on
      const parked = store.async?.isParked(plug.plugin.live.root) === true
      if (async === undefined || parked || this.#crossing(callee) !== undefined) {
        layer.close(record)
        return undefined
      }
      const begun = layer.begin(record, entry, () => async.begin(onStart, resolved, caller))
      return begun instanceof Promise ? begun.catch(failed) : begun
    } catch (error) {
      return failed(error)
    }
  }

  /**
   * For calls that need nothing but the rules of the ABI: from this consumer to a component, and told to nobody. What could
   * go wrong before the plugin is called is found out by the general path, to which all else is left.
   */
  direct(plug: Plug, fail: (error: unknown) => unknown): RouteTarget | undefined {
    const layer = PluginLayer.of(this.engine)
    const { life } = plug
    const lifted = life.target(this.#interface, this.#contract)?.callee?.func.lifted
    if (lifted === undefined || layer.traced || life.state.root.disposed) return undefined
    const { bridge } = this.engine
    const { ledger } = this.#consumer.root
    return {
      lifted,
      ...layer.records(this.#entry(plug, false)),
      argument: passArgument,
      answer: (from, to) => {
        const pass = passAnswer(from, to, bridge, ledger)
        return (rep, count) => {
          try {
            return pass(rep, count)
          } catch (error) {
            throw fail(error)
          }
        }
      },
    }
  }

  #calleeOf(plug: Plug): Callee {
    const callee = plug.life.target(this.#interface, this.#contract)?.callee
    if (callee === undefined) throw new Failure('invalid-function', 'the plugin has no such function')
    return callee
  }

  #prepare(plug: Plug, call: SocketCall): Prepared {
    const callee = this.#calleeOf(plug)
    const { func } = callee
    if (call.caller.host !== undefined) {
      // JavaScript calls a function that the consumer only passes on: its values were checked, and need no change
      call.delivered = true
      return { func, values: call.args, caller: call.caller, finish: asItIs, end: nothing }
    }
    const crossing = this.#crossing(callee)
    if (crossing === undefined) {
      call.delivered = true
      return { func, values: call.args, caller: FROM_PLUGIN, finish: asItIs, end: nothing }
    }
    const { host, args, result } = crossing
    const transfer = new Transfer(call.caller.inst)
    const values: Value[] = []
    try {
      for (const [i, rewrite] of args.entries()) {
        const value = call.args[i]
        values.push(rewrite === undefined ? value : rewrite(value, transfer))
      }
    } catch (error) {
      transfer.undo()
      transfer.scope.end()
      throw error
    }
    transfer.commit()
    call.delivered = true
    const caller = host ? { inst: undefined, host: this.engine.bridge } : FROM_PLUGIN
    const finish = result === undefined ? asItIs : (value: Value) => result(value, transfer)
    return { func, values, caller, finish, end: () => transfer.scope.end() }
  }

  // — How values change on the way, found once per target

  #crossing(callee: Callee): Crossing | undefined {
    if (!this.#crossings.has(callee)) this.#crossings.set(callee, this.#makeCrossing(callee))
    return this.#crossings.get(callee)
  }

  #makeCrossing(callee: Callee): Crossing | undefined {
    const { env, root } = this.#consumer
    const host = callee.func.host !== undefined
    const pairs = new Map<ResourceType, ResourceType>()
    for (const [i, { type }] of this.#type.params.entries()) pairResources(type, callee.type.params[i]?.type, pairs)
    const resultType = this.#resultType
    if (resultType !== undefined) pairResources(resultType, callee.type.result, pairs)
    const ours = ({ resource }: HandleLayout): RuntimeResourceType => rtOf(env, resource)
    const theirs = ({ resource }: HandleLayout): RuntimeResourceType => {
      const pair = pairs.get(resource)
      assert(pair !== undefined, 'matched: every resource has its counterpart')
      return rtOf(callee.env, pair)
    }
    const { bridge } = this.engine
    const pairedWith = (resources: Iterable<readonly [PlanResource, RuntimeResourceType]>) => {
      const found: RuntimeResourceType[] = []
      for (const [{ slot }, rt] of resources) found[slot] = rt
      return found
    }
    const there = (): readonly RuntimeResourceType[] =>
      pairedWith([...pairs].map(([a, b]) => [a as PlanResource, rtOf(callee.env, b)])) // resources of plans have slots
    const args = this.#type.params.map(({ type }) =>
      argumentRewrite(
        env.layouts.of(type, 'i32'),
        { bridge, from: ours, to: theirs, resources: there },
        host,
        instanceOf(callee.func),
      ),
    )
    const back = { bridge, from: theirs, to: ours, resources: () => env.resources }
    const result = resultType && resultRewrite(env.layouts.of(resultType, 'i32'), back, host, root.ledger)
    const changes = host || result !== undefined || args.some((rewrite) => rewrite !== undefined)
    return changes ? { host, args, result } : undefined
  }

  /** Ends what was given away in arguments that reached nobody. */
  drop(args: readonly Value[]): void {
    for (const { index, drop } of this.dropping) drop(args[index], new Transfer(undefined))
  }

  /** The parameters in which resources are given away. */
  get dropping(): readonly { readonly index: number; readonly drop: Rewrite }[] {
    if (this.#droppingMade === undefined) {
      const { env } = this.#consumer
      const from = ({ resource }: HandleLayout): RuntimeResourceType => rtOf(env, resource)
      this.#droppingMade = this.#type.params.flatMap(({ type }, index) => {
        const drop = droppingRewrite(env.layouts.of(type, 'i32'), { bridge: this.engine.bridge, from })
        return drop === undefined ? [] : [{ index, drop }]
      })
    }
    return this.#droppingMade
  }
}

/** Whose code it is, if it is a guest's. */
function instanceOf(func: FuncInst): ComponentInstance | undefined {
  return (
    func.lifted?.inst ?? ('inst' in func ? (func as FuncInst & { readonly inst: ComponentInstance }).inst : undefined)
  )
}

const asItIs = (value: Value): Value => value
const nothing = (): void => {}

/** What a handle of this resource is of, on one side. */
export function rtOf(env: TypeEnv, resource: ResourceType): RuntimeResourceType {
  const rt = env.resources[(resource as PlanResource).slot] // all resources of plans have slots
  assert(rt !== undefined, 'every resource of a running instance is live')
  return rt
}

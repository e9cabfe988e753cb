/**
 * A function that a consumer imports from a binding. A call asks the binding who is plugged just now, passes the arguments
 * to each of them, and puts the answers into the shape the consumer declared. A plugin that fails is an answer too, where
 * the shape has a place for it; plainly imported, its failure ends the consumer.
 *
 * Values come and go as between two guests: handles as reps, strings tagged, maps as pairs.
 */
import type { Caller, FuncInst, OnCancel, OnResolve, OnStart, Value } from '../abi/embedding.ts'
import type { HandleLayout } from '../abi/layout.ts'
import type { RuntimeResourceType } from '../abi/resource.ts'
import { isStackOverflow } from '../abi/trap.ts'
import type { Engine } from '../linker/engine.ts'
import type { TypeEnv } from '../linker/host-func.ts'
import type { LinkingConsumer } from '../linker/instance-state.ts'
import { RoutedResourceType } from '../linker/routed-resource.ts'
import { assert } from '../model/errors.ts'
import type { PlanResource } from '../model/plan.ts'
import type { FuncType, ResourceType, ValType } from '../model/types.ts'
import type { ContractFunc, ContractInterface } from './contract.ts'
import { argumentRewrite, droppingRewrite, pairResources, type Rewrite, resultRewrite, Transfer } from './crossing.ts'
import { encodeError } from './error-abi.ts'
import { asTrap, Failure } from './failure.ts'
import { PluginLayer } from './layer.ts'
import type { Callee, Plug } from './plug.ts'
import { encodeId } from './plugin-ids.ts'
import type { Shape } from './shape.ts'
import type { View } from './view.ts'

/** Values of a guest, from outside the callee's tree. */
const FROM_PLUGIN: Caller = { inst: undefined, host: undefined }

const nothingToCancel: OnCancel = () => {}

interface SocketCall {
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

export class SocketFunc implements FuncInst {
  readonly view: View
  readonly contract: ContractFunc
  /** As the consumer declares it. */
  readonly type: FuncType
  readonly path: string
  readonly lifted: undefined
  readonly host: undefined
  readonly direct: undefined
  readonly #interface: ContractInterface
  readonly #consumer: LinkingConsumer
  readonly #calleePath: string
  readonly #crossings = new WeakMap<Callee, Crossing | undefined>()
  #shape: Shape | undefined
  #droppingMade: readonly { readonly index: number; readonly drop: Rewrite }[] | undefined

  constructor(
    view: View,
    inside: ContractInterface,
    contract: ContractFunc,
    type: FuncType,
    path: string,
    consumer: LinkingConsumer,
  ) {
    this.view = view
    this.contract = contract
    this.type = type
    this.path = path
    this.#interface = inside
    this.#consumer = consumer
    this.#calleePath = `${inside.path}#${contract.name}`
  }

  /** The consumer fits. */
  decide(shape: Shape): void {
    this.#shape = shape
  }

  call(onStart: OnStart, onResolve: OnResolve, _caller: Caller): OnCancel {
    onResolve(this.invoke(onStart()))
    return nothingToCancel
  }

  invoke(args: readonly Value[]): Value {
    const shape = this.#shape
    assert(shape !== undefined, 'a consumer runs when all its imports were decided')
    const call: SocketCall = { args, delivered: false }
    try {
      switch (shape.kind) {
        case 'plain':
          return this.#deliver(this.contract.audience === 'all' ? this.#only() : this.#one(args), call)
        case 'bare':
          return this.#answer(shape, undefined, () => this.#deliver(this.#one(args), call))
        default:
          return this.#shaped(shape, call)
      }
    } catch (error) {
      throw error instanceof Failure ? asTrap(error, this.path) : error
    } finally {
      if (!call.delivered) this.#drop(args)
    }
  }

  #shaped(shape: Exclude<Shape, { kind: 'plain' }>, call: SocketCall): Value {
    const { id: idType } = shape
    assert(idType !== undefined, 'only bare shapes are without ids')
    const plugs = this.view.plugs
    const unshareable = plugs.length > 1 && this.#dropping.length > 0
    const entries = plugs.map((plug): Value => {
      const id = encodeId(plug.id, idType)
      assert(id !== undefined, 'checked when plugged: ids fit')
      const answer = this.#answer(shape, plug, () => {
        if (unshareable) throw new Failure('invalid-argument-list', 'a resource cannot be given to several plugins')
        return this.#deliver(plug, call)
      })
      return [id, answer]
    })
    switch (shape.kind) {
      case 'tuple':
        if (entries.length === 0) throw this.#unplugged()
        return entries[0]
      case 'option':
        return entries[0]
      default:
        return entries
    }
  }

  #unplugged(): Failure {
    return new Failure('plugin-unavailable', 'the plugin was unplugged')
  }

  #only(): Plug {
    const [plug] = this.view.plugs
    if (plug === undefined) throw this.#unplugged()
    return plug
  }

  /** Who answers when one does: the owner of `self`, or the only plugin. */
  #one(args: readonly Value[]): Plug {
    const { core, keeps } = this.view
    const [self] = this.type.params
    if (this.contract.method && self?.type.kind === 'borrow') {
      const rt = rtOf(this.#consumer.env, self.type.resource)
      if (rt instanceof RoutedResourceType) {
        const real = rt.get(args[0] as number) // a guest's handle is a rep
        const owner = core.ownerOf(real.rt)
        if (real.rt.impl?.root.dead === true || owner?.plugin.state === 'disposed')
          throw new Failure('invalid-resource-handle', `the owner of this \`${rt.name}\` has ended`)
        if (owner !== undefined) {
          if (keeps(owner.id)) return owner
          throw new Failure('invalid-argument-list', `this \`${rt.name}\` is of a plugin outside this socket`)
        }
      }
    }
    const plugs = this.view.plugs
    const [plug] = plugs
    if (plug !== undefined && plugs.length === 1) return plug
    throw new Failure('invalid-argument-list', `one plugin must answer, and there are ${plugs.length}`)
  }

  /** The result of one plugin, or its failure as the consumer's type has it. */
  #answer(shape: Exclude<Shape, { kind: 'plain' }>, plug: Plug | undefined, run: () => Value): Value {
    try {
      const val = run()
      return { tag: 'ok', val: shape.placeholder === undefined ? val : shape.placeholder.val }
    } catch (thrown) {
      // too deep to say it here: whoever called has more room
      if (isStackOverflow(thrown)) throw thrown
      const { errorsToPlugins = 'redacted' } = this.#engine.options
      const error = Failure.of(thrown).at(plug?.id, this.#calleePath)
      return { tag: 'err', val: encodeError(shape.err, error, errorsToPlugins) }
    }
  }

  get #engine(): Engine {
    const { engine } = this.view.core
    assert(engine !== undefined, 'a linked binding has an engine')
    return engine
  }

  #deliver(plug: Plug, call: SocketCall): Value {
    const { plugin } = plug
    const refused = plugin.refusal()
    if (refused !== undefined) throw refused
    const entry = { plugin, path: this.#calleePath, caller: this.#consumer.root.name, async: false }
    return PluginLayer.of(this.#engine).enter(entry, () => {
      const target = plug.life.target(this.#interface, this.contract)
      const callee = target?.callee
      if (callee === undefined) throw new Failure('invalid-function', 'the plugin has no such function')
      const crossing = this.#crossing(callee)
      if (crossing !== undefined) return this.#cross(callee, crossing, call)
      call.delivered = true
      return callee.func.invoke(call.args, FROM_PLUGIN)
    })
  }

  #cross({ func }: Callee, { host, args, result }: Crossing, call: SocketCall): Value {
    const transfer = new Transfer()
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
    try {
      const caller = host ? { inst: undefined, host: this.#engine.bridge } : FROM_PLUGIN
      const value = func.invoke(values, caller)
      return result === undefined ? value : result(value, transfer)
    } finally {
      transfer.scope.end()
    }
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
    for (const [i, { type }] of this.type.params.entries()) pairResources(type, callee.type.params[i]?.type, pairs)
    const resultType = this.#resultType
    if (resultType !== undefined) pairResources(resultType, callee.type.result, pairs)
    const ours = ({ resource }: HandleLayout): RuntimeResourceType => rtOf(env, resource)
    const theirs = ({ resource }: HandleLayout): RuntimeResourceType => {
      const pair = pairs.get(resource)
      assert(pair !== undefined, 'matched: every resource has its counterpart')
      return rtOf(callee.env, pair)
    }
    const { bridge } = this.#engine
    const args = this.type.params.map(({ type }) =>
      argumentRewrite(env.layouts.of(type, 'i32'), { bridge, from: ours, to: theirs }, host),
    )
    const result =
      resultType &&
      resultRewrite(env.layouts.of(resultType, 'i32'), { bridge, from: theirs, to: ours }, host, root.ledger)
    const changes = host || result !== undefined || args.some((rewrite) => rewrite !== undefined)
    return changes ? { host, args, result } : undefined
  }

  /** Of one plugin's answer, in the consumer's types. */
  get #resultType(): ValType | undefined {
    const type = this.type.result
    switch (this.#shape?.kind) {
      case 'tuple':
        return type?.kind === 'tuple' ? okOf(type.elements[1]) : undefined
      case 'option':
        return type?.kind === 'option' && type.some.kind === 'tuple' ? okOf(type.some.elements[1]) : undefined
      case 'list':
        return type?.kind === 'list' && type.element.kind === 'tuple' ? okOf(type.element.elements[1]) : undefined
      case 'map':
        return type?.kind === 'map' ? okOf(type.value) : undefined
      case 'bare':
        return okOf(type)
      default:
        return type
    }
  }

  /** Ends what was given away in arguments that reached nobody. */
  #drop(args: readonly Value[]): void {
    for (const { index, drop } of this.#dropping) drop(args[index], new Transfer())
  }

  /** The parameters in which resources are given away. */
  get #dropping(): readonly { readonly index: number; readonly drop: Rewrite }[] {
    if (this.#droppingMade === undefined) {
      const { env } = this.#consumer
      const from = ({ resource }: HandleLayout): RuntimeResourceType => rtOf(env, resource)
      this.#droppingMade = this.type.params.flatMap(({ type }, index) => {
        const drop = droppingRewrite(env.layouts.of(type, 'i32'), { bridge: this.#engine.bridge, from })
        return drop === undefined ? [] : [{ index, drop }]
      })
    }
    return this.#droppingMade
  }
}

const okOf = (type: ValType | undefined): ValType | undefined => (type?.kind === 'result' ? type.ok : undefined)

function rtOf(env: TypeEnv, resource: ResourceType): RuntimeResourceType {
  const rt = env.resources[(resource as PlanResource).slot] // all resources of plans have slots
  assert(rt !== undefined, 'every resource of a running instance is live')
  return rt
}

/**
 * A function that a consumer imports from a binding. A call asks the binding who is plugged just now, passes the arguments
 * to each of them, and puts the answers into the shape the consumer declared. A plugin that fails is an answer too, where
 * the shape has a place for it; plainly imported, its failure ends the consumer.
 *
 * Values come and go as between two guests: handles as reps, strings tagged, maps as pairs.
 */
import type { AsyncCallable, Cancel, Later } from '../abi/async-abi.ts'
import type { Caller, FuncInst, OnCancel, OnResolve, OnStart, Value } from '../abi/embedding.ts'
import type { Route } from '../abi/fuse-abi.ts'
import { unheld } from '../abi/held.ts'
import { isStackOverflow } from '../abi/trap.ts'
import { RoutedResourceType } from '../linker/host/routed-resource.ts'
import type { LinkingConsumer } from '../linker/instance-state.ts'
import { assert } from '../model/errors.ts'
import type { FuncType, ValType } from '../model/types.ts'
import type { ContractFunc, ContractInterface } from './contract.ts'
import { Delivery, rtOf, type SocketCall } from './delivery.ts'
import { encodeError } from './error-abi.ts'
import { asTrap, Failure } from './failure.ts'
import { PluginLayer } from './layer.ts'
import type { Plug } from './plug.ts'
import { encodeId } from './plugin-ids.ts'
import type { Shape } from './shape.ts'
import type { View } from './view.ts'

const nothingToCancel: OnCancel = () => {}

type Wrapping = Exclude<Shape, { kind: 'plain' }>

export class SocketFunc implements FuncInst {
  readonly view: View
  readonly contract: ContractFunc
  /** As the consumer declares it. */
  readonly type: FuncType
  readonly path: string
  readonly lifted: undefined
  readonly host: undefined
  /** Present where the plugins' function may block. */
  readonly async: AsyncCallable | undefined
  readonly #inside: ContractInterface
  readonly #consumer: LinkingConsumer
  #decided: { readonly shape: Shape; readonly delivery: Delivery } | undefined

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
    this.#inside = inside
    this.#consumer = consumer
    const mayBlock = type.async || view.plugs.some(({ plugin }) => plugin.maySuspend)
    this.async = mayBlock
      ? { begin: (onStart, onResolve, caller) => this.#begin(onStart, onResolve, caller) }
      : undefined
  }

  /** The consumer fits. */
  decide(shape: Shape): void {
    const { view, contract, type } = this
    const result = answerType(shape, type.result)
    this.#decided = {
      shape,
      delivery: new Delivery(view.core, this.#inside, contract, type, result, this.#consumer),
    }
  }

  get #ready(): { readonly shape: Shape; readonly delivery: Delivery } {
    assert(this.#decided !== undefined, 'a consumer runs when all its imports were decided')
    return this.#decided
  }

  /** Where the consumer asks for exactly one plugin's plain answer, its calls may be fused with that plugin's. */
  get route(): Route | undefined {
    const { shape, delivery } = this.#ready
    if (shape.kind !== 'plain' || this.async !== undefined) return undefined
    return {
      changes: PluginLayer.of(delivery.engine).changes,
      target: () => {
        const { plugs } = this.view
        const [plug] = plugs
        return plug === undefined || plugs.length > 1
          ? undefined
          : delivery.direct(plug, (error) => (error instanceof Failure ? asTrap(error, this.path) : error))
      },
    }
  }

  call(onStart: OnStart, onResolve: OnResolve, caller: Caller): OnCancel {
    onResolve(this.invoke(onStart(), caller))
    return nothingToCancel
  }

  invoke(args: readonly Value[], caller: Caller): Value {
    const { shape, delivery } = this.#ready
    const call: SocketCall = { caller, args, delivered: false }
    try {
      if (shape.kind === 'plain') return delivery.now(this.#one(args, caller), call)
      if (shape.kind === 'bare')
        return this.#answer(shape, undefined, () => delivery.now(this.#one(args, caller), call))
      const asked = this.#asked(shape, args)
      const entries = asked.map(({ id, plug, refused }): Value => {
        const answer = this.#answer(shape, plug, () => {
          if (refused !== undefined) throw refused
          return delivery.now(plug, call)
        })
        return [id, answer]
      })
      return shaped(shape, entries, caller)
    } catch (error) {
      throw error instanceof Failure ? asTrap(error, this.path) : error
    } finally {
      if (!call.delivered && caller.host === undefined) delivery.drop(args)
    }
  }

  // — Functions that may block: the same, with answers that come

  #begin(onStart: OnStart, onResolve: OnResolve, caller: Caller): Later<Cancel> {
    const { shape, delivery } = this.#ready
    if (shape.kind === 'plain' && this.contract.audience === 'all') {
      try {
        const begun = delivery.begin(this.#one([], caller), onStart, onResolve, caller)
        if (begun !== undefined) return begun
      } catch (error) {
        throw error instanceof Failure ? asTrap(error, this.path) : error
      }
    }
    if (!this.type.async) {
      const args = onStart()
      return this.#invokeLater(caller, args, undefined).then((value) => {
        onResolve(value)
        return () => undefined
      })
    }
    const tasks = this.#consumer.root.store.async
    assert(tasks !== undefined, 'loaded with the consumer that asks')
    return tasks
      .hostCallable((args, from, signal) => this.#invokeLater(from, args, signal()))
      .begin(onStart, onResolve, caller)
  }

  async #invokeLater(caller: Caller, args: readonly Value[], signal: AbortSignal | undefined): Promise<Value> {
    const { shape, delivery } = this.#ready
    const call: SocketCall = { caller, args, delivered: false }
    try {
      if (shape.kind === 'plain') return await delivery.later(this.#one(args, caller), call, signal)
      if (shape.kind === 'bare')
        return await this.#answerLater(shape, undefined, () => delivery.later(this.#one(args, caller), call, signal))
      const ask = async ({ id, plug, refused }: Asked): Promise<Value> => {
        const answer = await this.#answerLater(shape, plug, async () => {
          if (refused !== undefined) throw refused
          return await delivery.later(plug, call, signal)
        })
        return [id, answer]
      }
      const asked = this.#asked(shape, args)
      if (signal !== undefined) return shaped(shape, await Promise.all(asked.map(ask)), caller)
      // a stack waits for one at a time
      const entries: Value[] = []
      for (const one of asked) entries.push(await ask(one))
      return shaped(shape, entries, caller)
    } catch (error) {
      throw error instanceof Failure ? asTrap(error, this.path) : error
    } finally {
      if (!call.delivered && caller.host === undefined) delivery.drop(args)
    }
  }

  async #answerLater(shape: Wrapping, plug: Plug | undefined, run: () => Promise<Value>): Promise<Value> {
    try {
      return succeeded(shape, unheld(await run()))
    } catch (thrown) {
      return this.#failed(shape, plug, thrown)
    }
  }

  // — Whom to ask

  /** All of them, with their ids as the consumer has them. */
  #asked(shape: Wrapping, args: readonly Value[]): readonly Asked[] {
    const { id: idType } = shape
    assert(idType !== undefined, 'only bare shapes are without ids')
    const { plugs } = this.view
    if (shape.kind === 'tuple' && plugs.length === 0) throw unplugged()
    const shared = plugs.length > 1 && args.length > 0 && this.#ready.delivery.dropping.length > 0
    const refused = shared
      ? new Failure('invalid-argument-list', 'a resource cannot be given to several plugins')
      : undefined
    return plugs.map((plug) => {
      const id = encodeId(plug.id, idType)
      assert(id !== undefined, 'checked when plugged: ids fit')
      return { id, plug, refused }
    })
  }

  /** Who answers when one does: the owner of `self`, or the only plugin. */
  #one(args: readonly Value[], { host }: Caller): Plug {
    const { core, keeps } = this.view
    const [self] = this.type.params
    if (this.contract.method && self?.type.kind === 'borrow') {
      const rt = rtOf(this.#consumer.env, self.type.resource)
      if (rt instanceof RoutedResourceType) {
        const [handle] = args
        // a guest's handle is a rep
        const real = host === undefined ? rt.get(handle as number).rt : core.engine?.bridge.typeOf(handle)
        const owner = real && core.ownerOf(real)
        if (real?.impl?.root.dead === true || owner?.plugin.state === 'disposed')
          throw new Failure('invalid-resource-handle', `the owner of this \`${rt.name}\` has ended`)
        if (owner !== undefined) {
          if (keeps(owner.id)) return owner
          throw new Failure('invalid-argument-list', `this \`${rt.name}\` is of a plugin outside this socket`)
        }
      }
    }
    const { plugs, kind } = this.view
    const [plug] = plugs
    if (plug !== undefined && plugs.length === 1) return plug
    if (kind === 'exactly-one') throw unplugged()
    throw new Failure('invalid-argument-list', `one plugin must answer, and there are ${plugs.length}`)
  }

  /** The result of one plugin, or its failure as the consumer's type has it. */
  #answer(shape: Wrapping, plug: Plug | undefined, run: () => Value): Value {
    try {
      return succeeded(shape, run())
    } catch (thrown) {
      return this.#failed(shape, plug, thrown)
    }
  }

  #failed(shape: Wrapping, plug: Plug | undefined, thrown: unknown): Value {
    // too deep to say it here: whoever called has more room
    if (isStackOverflow(thrown)) throw thrown
    const { delivery } = this.#ready
    const { errorsToPlugins = 'redacted' } = delivery.engine.options
    const error = Failure.of(thrown).at(plug?.id, delivery.path)
    return { tag: 'err', val: encodeError(shape.err, error, errorsToPlugins) }
  }
}

interface Asked {
  readonly id: Value
  readonly plug: Plug
  /** Why it is not asked after all. */
  readonly refused: Failure | undefined
}

const unplugged = (): Failure => new Failure('plugin-unavailable', 'the plugin was unplugged')

function succeeded(shape: Wrapping, val: Value): Value {
  return { tag: 'ok', val: shape.placeholder === undefined ? val : shape.placeholder.val }
}

function shaped(shape: Wrapping, entries: readonly Value[], { host }: Caller): Value {
  if (shape.kind === 'tuple' || shape.kind === 'option') return entries[0]
  return shape.kind === 'map' && host !== undefined ? new Map(entries as readonly [Value, Value][]) : entries
}

/** What one plugin answers in a result of this shape. */
function answerType(shape: Shape, type: ValType | undefined): ValType | undefined {
  switch (shape.kind) {
    case 'plain':
      return type
    case 'bare':
      return okOf(type)
    case 'tuple':
      return type?.kind === 'tuple' ? okOf(type.elements[1]) : undefined
    case 'option':
      return type?.kind === 'option' ? answerType({ ...shape, kind: 'tuple' }, type.some) : undefined
    case 'list':
      return type?.kind === 'list' ? answerType({ ...shape, kind: 'tuple' }, type.element) : undefined
    case 'map':
      return type?.kind === 'map' ? okOf(type.value) : undefined
  }
}

const okOf = (type: ValType | undefined): ValType | undefined => (type?.kind === 'result' ? type.ok : undefined)

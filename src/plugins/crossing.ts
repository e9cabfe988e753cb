/**
 * Values from one plugin to another. Between two guests most values pass as they are; what must change is found once per
 * pair of plugins, from the layouts: handles whose type differs on the two sides, and everything where one side is
 * JavaScript (strings, maps, copies of arrays). A rewrite is `undefined` where nothing changes.
 */
import type { AsyncAbi } from '../abi/async-abi.ts'
import type { Value } from '../abi/embedding.ts'
import type { Through } from '../abi/fuse-abi.ts'
import { unheld } from '../abi/held.ts'
import type { ComponentInstance } from '../abi/instance.ts'
import type { AsyncLayout, HandleLayout, Layout } from '../abi/layout.ts'
import type { RuntimeResourceType } from '../abi/resource.ts'
import { BorrowScope } from '../abi/task.ts'
import type { Bridge } from '../linker/host/host-resources.ts'
import { type RealResource, RoutedResourceType } from '../linker/host/routed-resource.ts'
import { assert } from '../model/errors.ts'
import type { Ledger } from '../model/limits.ts'
import type { ResourceType, ValType } from '../model/types.ts'
import { Failure } from './failure.ts'

/** What one call moves: undone if it does not come to the call, done when it does, ended when it is over. */
export class Transfer {
  readonly scope: BorrowScope = new BorrowScope()
  /** Who calls. */
  readonly caller: ComponentInstance | undefined

  constructor(caller: ComponentInstance | undefined) {
    this.caller = caller
  }

  /** That wait for a place in the caller's table. */
  handles = 0
  readonly #moves: (() => void)[] = []
  readonly #undos: (() => void)[] = []

  onCommit(move: () => void): void {
    this.#moves.push(move)
  }

  onUndo(undo: () => void): void {
    this.#undos.push(undo)
  }

  commit(): void {
    for (const move of this.#moves) move()
  }

  undo(): void {
    for (const undo of this.#undos) undo()
  }
}

export type Rewrite = (value: Value, transfer: Transfer) => Value

interface Rules {
  readonly own: (layout: HandleLayout) => Rewrite | undefined
  readonly borrow: (layout: HandleLayout) => Rewrite | undefined
  /** Streams and futures. */
  readonly end: (layout: AsyncLayout) => Rewrite | undefined
  /** The values go to JavaScript: strings and maps become its own, and nothing is shared with anybody. */
  readonly toHost: boolean
}

/** What the handles of one function mean on both sides. */
export interface Sides {
  readonly bridge: Bridge
  readonly from: (layout: HandleLayout) => RuntimeResourceType
  readonly to: (layout: HandleLayout) => RuntimeResourceType
  /** What the handles in streams and futures are of, on the side the values go to. */
  readonly resources: () => readonly RuntimeResourceType[]
}

/** The asynchronous half of the ABI: there with the first component that has streams. */
function endsOf({ store }: Bridge): AsyncAbi {
  const { async } = store ?? {}
  assert(async !== undefined, 'loaded with the component that has streams')
  return async
}

/**
 * A stream or future whose elements mean different handles on the two sides: they pass through JavaScript one by one. All
 * others pass whole.
 */
function relay(layout: AsyncLayout, { bridge, from, to, resources }: Sides, target: Receiver): Rewrite | undefined {
  const differs = (handle: HandleLayout): Rewrite | undefined => (from(handle) === to(handle) ? undefined : same)
  const { element } = layout
  if (element === undefined) return undefined
  if (rewriteOf(element, { toHost: false, own: differs, borrow: differs, end: () => undefined }) === undefined)
    return undefined
  return (value, transfer) => {
    const ends = endsOf(bridge)
    const reader = ends.endToHost(value)
    const source =
      layout.kind === 'stream' ? each(reader as AsyncIterable<Value>) : settled(reader as PromiseLike<Value>)
    return ends.endFromHost(source, layout, resources(), receiver(target, transfer))
  }
}

/** Who takes what is on its way: the plugin that is called, or who called. */
type Receiver = ComponentInstance | 'caller'

function receiver(target: Receiver, { caller }: Transfer): ComponentInstance {
  const inst = target === 'caller' ? caller : target
  assert(inst !== undefined, 'a guest calls')
  return inst
}

async function* each(reader: AsyncIterable<Value>): AsyncGenerator<Value> {
  yield* reader
}

async function settled(reader: PromiseLike<Value>): Promise<Value> {
  return unheld(await reader)
}

/** From a guest to the plugin that is called; `host`: it is JavaScript. */
export function argumentRewrite(
  layout: Layout,
  sides: Sides,
  host: boolean,
  callee: ComponentInstance | undefined,
): Rewrite | undefined {
  const { bridge, from, to } = sides
  return rewriteOf(layout, {
    toHost: host,
    end: (end) => {
      if (host) return (value) => endsOf(bridge).endToHost(value)
      return callee === undefined ? undefined : relay(end, sides, callee)
    },
    own: (handle) => {
      const [rt, target] = [from(handle), to(handle)]
      if (rt === target && !host) return undefined
      return (value, transfer) => {
        const rep = value as number // a guest's handle is a rep
        const real = realOf(rt, rep, target)
        if (rt instanceof RoutedResourceType) transfer.onCommit(() => rt.take(rep))
        if (target instanceof RoutedResourceType && target !== rt && !host) {
          const entry = target.insert(real)
          transfer.onUndo(() => target.take(entry))
          return entry
        }
        return host ? bridge.liftOwn(real.rt, real.rep) : real.rep
      }
    },
    borrow: (handle) => {
      const [rt, target] = [from(handle), to(handle)]
      if (rt === target && !host) return undefined
      return (value, transfer) => {
        const real = realOf(rt, value as number, target) // a guest's handle is a rep
        if (host) return bridge.liftBorrow(real.rt, real.rep, transfer.scope)
        if (!(target instanceof RoutedResourceType)) return real.rep
        const entry = target.insert(real)
        transfer.scope.onEnd(() => target.take(entry))
        return entry
      }
    },
  })
}

/** Of what a plugin answers, for the guest that called; `host`: JavaScript answers. `room` is the caller's account. */
export function resultRewrite(layout: Layout, sides: Sides, host: boolean, room: Ledger): Rewrite | undefined {
  const { bridge, from, to, resources } = sides
  return rewriteOf(layout, {
    toHost: false,
    end: (end) => {
      if (!host) return relay(end, sides, 'caller')
      return (value, transfer) => endsOf(bridge).endFromHost(value, end, resources(), receiver('caller', transfer))
    },
    own: (handle) => {
      const [rt, target] = [from(handle), to(handle)]
      const pass = passAnswer(rt, target, bridge, room)
      return (value, transfer) => {
        transfer.handles += 1
        return pass(host ? bridge.lowerOwn(rt, value) : (value as number), transfer.handles) // a guest's handle is a rep
      }
    },
    borrow: () => undefined,
  })
}

/**
 * An own handle in an answer, for the caller.
 *
 * @param count how many handles of this answer wait for a place in the caller's table, this one included
 */
export function passAnswer(
  rt: RuntimeResourceType,
  target: RuntimeResourceType,
  bridge: Bridge,
  room: Ledger,
): (rep: number, count: number) => number {
  return (rep, count) => {
    if (room.used.handles + count > room.caps.handles) {
      bridge.drop(rt, rep)
      throw Failure.tableFull(room)
    }
    if (rt === target) return rep
    const real = rt instanceof RoutedResourceType ? rt.take(rep) : { rt, rep }
    if (target instanceof RoutedResourceType && target.accepts(real.rt)) return target.insert(real)
    if (target === real.rt) return real.rep
    bridge.drop(real.rt, real.rep)
    throw new Failure('resource-handle-conversion-failed', `no \`${target.name}\` of this plugin's`)
  }
}

/** How a handle goes over to the plugin that is called, where that is simple and right; `undefined`: not for these types. */
export function passArgument(rt: RuntimeResourceType, target: RuntimeResourceType): Through | undefined {
  if (rt === target) return { peek: (rep) => rep, taken: () => {} }
  if (!(rt instanceof RoutedResourceType) || target instanceof RoutedResourceType) return undefined
  return {
    reals: rt.entries,
    peek: (rep) => {
      const real = rt.get(rep)
      return real.rt === target && target.impl?.root.dead !== true ? real.rep : undefined
    },
    taken: (rep) => void rt.take(rep),
  }
}

/** Ends the resources that were given away in values that reached nobody. */
export function droppingRewrite(layout: Layout, { bridge, from }: Pick<Sides, 'bridge' | 'from'>): Rewrite | undefined {
  return rewriteOf(layout, {
    toHost: false,
    end: () => (value) => {
      endsOf(bridge).dropEnd(value)
      return value
    },
    own: (handle) => (value) => {
      bridge.drop(from(handle), value as number) // a guest's handle is a rep
      return value
    },
    borrow: () => undefined,
  })
}

/** What a handle stands for, if the callee can take it. */
function realOf(rt: RuntimeResourceType, rep: number, target: RuntimeResourceType): RealResource {
  const real = rt instanceof RoutedResourceType ? rt.get(rep) : { rt, rep }
  if (real.rt.impl?.root.dead === true)
    throw new Failure('invalid-resource-handle', `the owner of this \`${rt.name}\` has ended`)
  if (real.rt !== target && !(target instanceof RoutedResourceType && target.accepts(real.rt)))
    throw new Failure('invalid-resource-handle', `this \`${rt.name}\` is another plugin's`)
  return real
}

/** Which resource of `b` stands where a resource of `a` stands. Types are plain data, and these are equal but for that. */
export function pairResources(a: ValType, b: ValType | undefined, pairs: Map<ResourceType, ResourceType>): void {
  const seen = new Set<object>()
  const walk = (x: unknown, y: unknown): void => {
    if (typeof x !== 'object' || x === null || typeof y !== 'object' || y === null || seen.has(x)) return
    seen.add(x)
    if ('kind' in x && x.kind === 'resource') pairs.set(x as ResourceType, y as ResourceType)
    else for (const [key, part] of Object.entries(x)) walk(part, Reflect.get(y, key))
  }
  walk(a, b)
}

const asString: Rewrite = (value) => String(value)

function rewriteOf(layout: Layout, rules: Rules): Rewrite | undefined {
  const known = new Map<Layout, Rewrite | undefined>()
  const of = (inner: Layout): Rewrite | undefined => {
    if (!known.has(inner)) known.set(inner, make(inner))
    return known.get(inner)
  }
  const optional = (inner: Layout | undefined): Rewrite | undefined => (inner === undefined ? undefined : of(inner))
  const make = (t: Layout): Rewrite | undefined => {
    switch (t.kind) {
      case 'own':
        return rules.own(t)
      case 'borrow':
        return rules.borrow(t)
      case 'stream':
      case 'future':
        return rules.end(t)
      case 'string':
        return rules.toHost ? asString : undefined
      case 'list': {
        if (t.array !== undefined) {
          // a copy of its own: what JavaScript does to it nobody else sees
          return rules.toHost ? (value) => (value as Uint8Array).slice() : undefined
        }
        const element = of(t.element)
        if (element === undefined) return rules.toHost ? (value) => [...(value as Value[])] : undefined
        return (value, transfer) => Array.from(value as ArrayLike<Value>, (v) => element(v, transfer))
      }
      case 'map': {
        const [key, item] = [of(t.key) ?? same, of(t.value) ?? same]
        if (key === same && item === same && !rules.toHost) return undefined
        return (value, transfer) => {
          const pairs = (value as [Value, Value][]).map(([k, v]): [Value, Value] => [
            key(k, transfer),
            item(v, transfer),
          ])
          return rules.toHost ? new Map(pairs) : pairs
        }
      }
      case 'record': {
        const fields = t.fields.map((field) => [field.key, of(field.layout) ?? same] as const)
        if (!rules.toHost && fields.every(([, rewrite]) => rewrite === same)) return undefined
        return (value, transfer) => {
          const record: Record<string, Value> = {}
          for (const [key, rewrite] of fields) record[key] = rewrite((value as Record<string, Value>)[key], transfer)
          return record
        }
      }
      case 'tuple': {
        const elements = t.elements.map(({ layout: inner }) => of(inner) ?? same)
        if (!rules.toHost && elements.every((rewrite) => rewrite === same)) return undefined
        return (value, transfer) => elements.map((rewrite, i) => rewrite((value as Value[])[i], transfer))
      }
      case 'variant': {
        const cases = new Map(t.cases.map((c) => [c.name, optional(c.layout)]))
        if (![...cases.values()].some((rewrite) => rewrite !== undefined)) return undefined
        return (value, transfer) => {
          const { tag, val } = value as { tag: string; val: Value }
          const rewrite = cases.get(tag)
          return rewrite === undefined ? value : { tag, val: rewrite(val, transfer) }
        }
      }
      case 'option': {
        const some = of(t.some)
        if (some === undefined) return undefined
        if (!t.boxed) return (value, transfer) => (value === undefined ? undefined : some(value, transfer))
        return (value, transfer) => {
          const { tag, val } = value as { tag: string; val: Value }
          return tag === 'some' ? { tag, val: some(val, transfer) } : value
        }
      }
      case 'result': {
        const arms = { ok: optional(t.ok), err: optional(t.err) }
        if (arms.ok === undefined && arms.err === undefined) return undefined
        return (value, transfer) => {
          const { tag, val } = value as { tag: 'ok' | 'err'; val: Value }
          const rewrite = arms[tag]
          return rewrite === undefined ? value : { tag, val: rewrite(val, transfer) }
        }
      }
      default:
        return undefined
    }
  }
  return of(layout)
}

const same: Rewrite = (value) => value

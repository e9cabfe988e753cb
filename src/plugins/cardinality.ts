/**
 * Containers of plugins, and of results: ids and values in a kept order, frozen. The kind says how many there may be;
 * it is checked when a container is made, and held by bindings when plugins come and go.
 */
import { type CardinalityKind, LinkError, type LinkProblem, type PluginId, quote } from '../model/errors.ts'
import type { PluginInstance } from './instance.ts'

interface Container<K extends CardinalityKind, Id, T> extends Iterable<readonly [Id, T]> {
  readonly kind: K
  readonly size: number
  get(id: Id): T | undefined
}
export interface ExactlyOne<Id, T> extends Container<'exactly-one', Id, T> {
  readonly id: Id
  readonly value: T
}
export interface AtMostOne<Id, T> extends Container<'at-most-one', Id, T> {
  readonly id: Id | undefined
  readonly value: T | undefined
}
export interface AtLeastOne<Id, T> extends Container<'at-least-one', Id, T> {}
export interface Any<Id, T> extends Container<'any', Id, T> {}
export type Cardinality<Id = PluginId, T = unknown> =
  | ExactlyOne<Id, T>
  | AtMostOne<Id, T>
  | AtLeastOne<Id, T>
  | Any<Id, T>

type Entries = Iterable<readonly [PluginId, unknown]>

export type IdOf<C> =
  C extends Iterable<infer X>
    ? [X] extends [never]
      ? string
      : X extends readonly [infer Id, unknown]
        ? Id
        : never
    : never
export type ValueOf<C> =
  C extends Iterable<infer X>
    ? [X] extends [never]
      ? PluginInstance
      : X extends readonly [unknown, infer T]
        ? T
        : never
    : never

/** The same container with other values. */
export type Rebind<C, U> =
  C extends ExactlyOne<infer Id, unknown>
    ? ExactlyOne<Id, U>
    : C extends AtMostOne<infer Id, unknown>
      ? AtMostOne<Id, U>
      : C extends AtLeastOne<infer Id, unknown>
        ? AtLeastOne<Id, U>
        : C extends Any<infer Id, unknown>
          ? Any<Id, U>
          : never

/** @throws LinkError: repeated id, or a number of values that `kind` does not allow; TypeError for what is no id */
export function ExactlyOne<const Id extends PluginId, T>(id: Id, value: T): ExactlyOne<Id, T> {
  return containerOf('exactly-one', [[id, value]]) as ExactlyOne<Id, T>
}

export function AtMostOne<Id extends PluginId = string, T = PluginInstance>(): AtMostOne<Id, T>
export function AtMostOne<const Id extends PluginId, T>(id: Id, value: T): AtMostOne<Id, T>
export function AtMostOne<Id extends PluginId, T>(...entry: [] | [id: Id, value: T]): AtMostOne<Id, T> {
  return containerOf('at-most-one', entry.length === 0 ? [] : [entry]) as AtMostOne<Id, T>
}

/** From a Map or from entries, in that order. A repeated id, or no entry for AtLeastOne, is a LinkError. */
export function AtLeastOne<const E extends Entries>(entries: E): AtLeastOne<IdOf<E>, ValueOf<E>> {
  return containerOf('at-least-one', entries) as AtLeastOne<IdOf<E>, ValueOf<E>>
}

export function Any<const E extends Entries>(entries: E): Any<IdOf<E>, ValueOf<E>> {
  return containerOf('any', entries) as Any<IdOf<E>, ValueOf<E>>
}

/** How many entries each kind allows. */
const ALLOWED: Readonly<Record<CardinalityKind, readonly [number, number]>> = {
  'exactly-one': [1, 1],
  'at-most-one': [0, 1],
  'at-least-one': [1, Number.POSITIVE_INFINITY],
  'any': [0, Number.POSITIVE_INFINITY],
}

/** What is wrong with so many in a container of this kind. */
export function countProblem(kind: CardinalityKind, found: number, path: string): LinkProblem | undefined {
  const [least, most] = ALLOWED[kind]
  if (found >= least && found <= most) return undefined
  return {
    kind: 'cardinality',
    path,
    message: `expected ${kind.replaceAll('-', ' ')}, found ${found}`,
    expected: kind,
    found,
  }
}

class Box<T> implements Container<CardinalityKind, PluginId, T> {
  readonly kind: CardinalityKind
  readonly #entries: ReadonlyMap<PluginId, T>

  constructor(kind: CardinalityKind, entries: ReadonlyMap<PluginId, T>) {
    this.kind = kind
    this.#entries = entries
  }

  get size(): number {
    return this.#entries.size
  }

  get(id: PluginId): T | undefined {
    return this.#entries.get(id)
  }

  [Symbol.iterator](): MapIterator<[PluginId, T]> {
    return this.#entries.entries()
  }
}

class Single<T> extends Box<T> {
  readonly id: PluginId | undefined
  readonly value: T | undefined

  constructor(kind: CardinalityKind, entries: ReadonlyMap<PluginId, T>) {
    super(kind, entries)
    const [entry] = entries
    this.id = entry?.[0]
    this.value = entry?.[1]
  }
}

/** A container whose ids are known to be good. */
export function boxed<T>(kind: CardinalityKind, entries: ReadonlyMap<PluginId, T>): Cardinality<PluginId, T> {
  const single = kind === 'exactly-one' || kind === 'at-most-one'
  const box = single ? new Single(kind, entries) : new Box(kind, entries)
  return Object.freeze(box) as Cardinality<PluginId, T>
}

function containerOf(kind: CardinalityKind, entries: Entries): Cardinality<PluginId, unknown> {
  const map = new Map<PluginId, unknown>()
  for (const [id, value] of entries) {
    checkId(id)
    if (map.has(id)) throw new LinkError([{ kind: 'duplicate', path: String(id), message: 'two plugins with one id' }])
    map.set(id, value)
  }
  const problem = countProblem(kind, map.size, '')
  if (problem !== undefined) throw new LinkError([problem])
  return boxed(kind, map)
}

export function checkId(id: unknown): asserts id is PluginId {
  if (typeof id === 'string' || typeof id === 'bigint' || typeof id === 'boolean') return
  if (typeof id === 'number' && !Number.isNaN(id)) return
  throw new TypeError(
    `a plugin id is a string, number, bigint or boolean, got ${id === null ? 'null' : quote(typeof id)}`,
  )
}

export function mapValues<C extends Cardinality, U>(
  container: C,
  map: (value: ValueOf<C>, id: IdOf<C>) => U,
): Rebind<C, U> {
  const values = new Map<PluginId, U>()
  for (const [id, value] of container) values.set(id, map(value as ValueOf<C>, id as IdOf<C>))
  return boxed(container.kind, values) as Rebind<C, U>
}

/** All at once; the order stays. */
export async function mapValuesAsync<C extends Cardinality, U>(
  container: C,
  map: (value: ValueOf<C>, id: IdOf<C>) => U,
): Promise<Rebind<C, Awaited<U>>> {
  const pending = [...container].map(
    async ([id, value]): Promise<[PluginId, Awaited<U>]> => [id, await map(value as ValueOf<C>, id as IdOf<C>)],
  )
  return boxed(container.kind, new Map(await Promise.all(pending))) as Rebind<C, Awaited<U>>
}

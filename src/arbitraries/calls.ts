/**
 * Sequences of calls of a component's exports. Resources that calls give are kept and passed to later ones; a call that
 * needs one where there is none is left out, so that every part of a sequence is a sequence, which is how it shrinks.
 */
import { type Arbitrary, array, cloneMethod, constantFrom, nat, stringify, tuple } from 'fast-check'
import type { Component, Externs, FuncType, Instance, ResourceType } from '../index.ts'
import { mapHandles, Slot } from './handles.ts'
import { ValueMaker } from './values.ts'

export interface CallSequence {
  /**
   * Makes the calls, one after the other. A WIT `err` is an answer like any other.
   * @throws Trap, LimitError and whatever else ends a call
   */
  run(instance: Instance): Promise<void>
  /** After a run the calls that it made, up to the one that failed. */
  toString(): string
}

interface Exported {
  readonly path: string
  readonly type: FuncType
}

/** How much of a stream is read before it is dropped. */
const PIECES = 64

export function callsOf(component: Component, maxCalls: number): Arbitrary<CallSequence> {
  const exported = functionsOf(component.exports)
  if (exported.length === 0) throw new TypeError('the component exports no function')
  const maker = new ValueMaker((type) => nat(1000).map((pick) => new Slot(type.resource, type.kind === 'own', pick)))
  const call = constantFrom(...exported).chain((target) =>
    tuple(...target.type.params.map(({ type }) => maker.of(type))).map((args) => ({ target, args })),
  )
  return array(call, { minLength: 1, maxLength: maxCalls }).map((calls) => new Sequence(calls))
}

function functionsOf(externs: Externs): Exported[] {
  return [...externs].flatMap(([name, { type }]) => {
    if (type.kind === 'func') return [{ path: name, type }]
    if (type.kind !== 'instance') return []
    return [...type.exports].flatMap(([item, extern]) =>
      extern.type.kind === 'func' ? [{ path: `${name}#${item}`, type: extern.type }] : [],
    )
  })
}

interface Call {
  readonly target: Exported
  readonly args: readonly unknown[]
}

class Sequence implements CallSequence {
  readonly #calls: readonly Call[]
  /** By the last run: up to the call that failed, without those that were left out. */
  #made: readonly Call[] | undefined

  constructor(calls: readonly Call[]) {
    this.#calls = calls
    // shrinking tries the same calls with other hosts: what one run made must not be overwritten by another
    Object.defineProperty(this, cloneMethod, { value: () => new Sequence(calls) })
  }

  async run(instance: Instance): Promise<void> {
    const held = new Map<ResourceType, unknown[]>()
    const made: Call[] = []
    this.#made = made
    for (const call of this.#calls) {
      const { target, args } = call
      const filled = fill(target.type, args, held)
      if (filled === undefined) continue
      made.push(call)
      const func = instance.func(target.path)
      const result: unknown = target.type.async ? await func.callAsync(filled) : func.call(filled)
      await this.#keep(target.type, result, held)
    }
  }

  async #keep(type: FuncType, result: unknown, held: Map<ResourceType, unknown[]>): Promise<void> {
    mapHandles(type.result, result, (handle, { kind, resource }) => {
      if (kind === 'own') held.set(resource, [...(held.get(resource) ?? []), handle])
      return handle
    })
    const kind = type.result?.kind
    if (kind === 'stream') await drain(result as AsyncIterable<unknown>)
    // what holds a future is a box, where a promise brought it
    if (kind === 'future') await (type.async ? (result as { readonly value: unknown }).value : result)
  }

  toString(): string {
    return (this.#made ?? this.#calls)
      .map(
        ({ target, args }) =>
          `${target.path}(${args.map((arg) => (arg instanceof Slot ? String(arg) : stringify(arg))).join(', ')})`,
      )
      .join('; ')
  }
}

async function drain(stream: AsyncIterable<unknown>): Promise<void> {
  let left = PIECES
  for await (const _ of stream) if (--left <= 0) break
}

/** Arguments with real handles, or nothing if one is missing. What is given away is held no more. */
function fill(
  type: FuncType,
  args: readonly unknown[],
  held: Map<ResourceType, unknown[]>,
): readonly unknown[] | undefined {
  let missing = false
  const given = new Set<unknown>()
  const filled = type.params.map((param, i) =>
    mapHandles(param.type, args[i], (slot) => {
      const { resource, own, pick } = slot as Slot
      const there = (held.get(resource) ?? []).filter((handle) => !given.has(handle))
      const handle = there.length === 0 ? undefined : there[pick % there.length]
      if (handle === undefined) missing = true
      else if (own) given.add(handle)
      return handle
    }),
  )
  if (missing) return undefined
  for (const [resource, handles] of held)
    held.set(
      resource,
      handles.filter((handle) => !given.has(handle)),
    )
  return filled
}

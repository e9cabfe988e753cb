/**
 * For random types and values: what JavaScript gives a guest comes back as it was, through every encoding, through
 * registers and memory, and through a second guest that speaks another encoding.
 */
import fc, { type Arbitrary } from 'fast-check'
import { expect, test } from 'vitest'
import { Component, ComponentError } from '../../src/index.ts'
import type { StringEncoding } from '../../src/model/builtins.ts'
import type { ValType } from '../../src/model/types.ts'
import { preparedEngine } from '../linker/help.ts'
import { type Echo, echoBytes, resultOf } from './guest.ts'
import { patience, runs } from './runs.ts'
import { typeText, valTypes } from './types.ts'
import { difference, expected, Thing, values } from './values.ts'

type Encodings = readonly [StringEncoding, StringEncoding?]
const ENCODINGS = ['utf8', 'utf16', 'latin1+utf16'] as const
const engine = await preparedEngine({ features: { 'fixed-length-lists': true } })

interface Trial {
  readonly echo: Echo
  readonly encodings: Encodings
  /** Arguments of several calls. */
  readonly calls: readonly (readonly unknown[])[]
  toString(): string
}

function trials(echo: Arbitrary<Echo>, encodings: Arbitrary<Encodings>): Arbitrary<Trial> {
  return fc.tuple(echo, encodings).chain(([one, both]) =>
    fc.array(fc.tuple(...one.types.map(values)), { minLength: 1, maxLength: 4 }).map((calls) => ({
      echo: one,
      encodings: both,
      calls,
      toString: () =>
        `${one.types.map(typeText).join(', ')}${one.pad ? ', …' : ''} (${both.join(' → ')}) of ${fc.stringify(calls)}`,
    })),
  )
}

const PADDING = Array.from({ length: 18 }, (_, i) => i + 7)

/** A top-level `result` returns or throws. */
function answer(type: ValType, call: () => unknown): unknown {
  if (type.kind !== 'result') return call()
  try {
    return { tag: 'ok', val: call() }
  } catch (error) {
    if (!(error instanceof ComponentError)) throw error
    return { tag: 'err', val: error.payload }
  }
}

function check({ echo, encodings, calls }: Trial): void {
  const component = Component.compileSync(echoBytes(echo, encodings), { engine })
  const instance = component.instantiateSync({ thing: { default: Thing } }, { engine })
  const result = resultOf(echo)
  try {
    for (const args of calls) {
      const got = answer(result, () => instance.exports['echo'](...args, ...(echo.pad ? PADDING : [])))
      const given = echo.pad ? [args[0], PADDING[0]] : args.length === 1 ? args[0] : args
      expect(difference(got, expected(result, given))).toBeUndefined()
    }
  } finally {
    instance[Symbol.dispose]()
  }
}

const one: Arbitrary<Encodings> = fc.constantFrom(...ENCODINGS).map((encoding): Encodings => [encoding])
const two: Arbitrary<Encodings> = fc.tuple(fc.constantFrom(...ENCODINGS), fc.constantFrom(...ENCODINGS))

const large = valTypes({ handles: true, depth: 4 })
const small = valTypes({ handles: true, depth: 2 })
const throughMemory: Arbitrary<Echo> = large.map((type) => ({ types: [type], pad: true }))
const asItIs: Arbitrary<Echo> = fc.oneof(
  small.map((type): Echo => ({ types: [type], pad: false })),
  fc.array(small, { minLength: 2, maxLength: 5 }).map((types): Echo => ({ types, pad: false })),
)

test.each([
  ['through memory', throughMemory, one, 250],
  ['through registers where they suffice', asItIs, one, 400],
  ['through memory, and a second guest', throughMemory, two, 150],
  ['through registers where they suffice, and a second guest', asItIs, two, 250],
] as const)(
  'a guest gives back what it is given, %s',
  (_, echo, encodings, count) => {
    fc.assert(fc.property(trials(echo, encodings), check), runs(count))
  },
  patience,
)

/**
 * Fused calls do what the interpreter does: for random types and values, for guests that lie about pointers, lengths and
 * discriminants, whose memory is damaged and whose allocators misbehave, both ways leave the same answer or trap, the same
 * calls in the same order, the same memories and handles.
 */
import fc, { type Arbitrary } from 'fast-check'
import { expect, test } from 'vitest'
import type { FuncType, ValType } from '../../src/model/types.ts'
import { planResource } from '../abi/harness.ts'
import { type Call, type Damage, type Misdeed, mapType, run, type Side, type Way } from './fused-world.ts'
import { patience, runs } from './runs.ts'
import { hasHandle, THING, typeText, valTypes } from './types.ts'
import { expected, values } from './values.ts'

const ENCODINGS = ['utf8', 'utf16', 'latin1+utf16'] as const
const SLOTS = [0, 1, 2].map((slot) => planResource(slot))
const side: Arbitrary<Side> = fc.constantFrom('caller', 'callee')

/** The resource of every handle drawn anew; parameters may lend. */
function withResources(type: ValType, param: boolean, draw: Arbitrary<number>): Arbitrary<ValType> {
  return fc
    .tuple(draw, fc.boolean())
    .map(([slot, lend]) =>
      mapType(type, (t) =>
        t.kind === 'own' && t.resource === THING
          ? { kind: param && lend ? 'borrow' : 'own', resource: SLOTS[slot] as (typeof SLOTS)[number] }
          : t,
      ),
    )
}

/** A value that a guest holds: handles are reps. */
function guestValues(type: ValType): Arbitrary<unknown> {
  const plain = mapType(type, (t) => (t.kind === 'own' || t.kind === 'borrow' ? { kind: 'u32' } : t))
  return values(plain).map((value) => expected(plain, value))
}

function calls(type: Arbitrary<ValType>): Arbitrary<Call> {
  const slot = fc.constantFrom(0, 0, 1, 2)
  const param = type.chain((t) => (hasHandle(t) ? withResources(t, true, slot) : fc.constant(t)))
  const answer = type.chain((t) => (hasHandle(t) ? withResources(t, false, slot) : fc.constant(t)))
  const params = fc.oneof(
    { weight: 5, arbitrary: fc.array(param, { maxLength: 4 }) },
    // too many to be passed flat
    { weight: 2, arbitrary: param.map((t) => [t, ...new Array<ValType>(18).fill({ kind: 'u8' })]) },
  )
  const damage: Arbitrary<Damage> = fc.record({
    side,
    at: fc.nat({ max: 160 }),
    byte: fc.constantFrom(0, 1, 2, 0x7f, 0x80, 0xc3, 0xd8, 0xff),
  })
  const misdeed: Arbitrary<Misdeed> = fc.record({
    side,
    call: fc.nat({ max: 4 }),
    kind: fc.constantFrom('unaligned', 'outside', 'trap', 'grow'),
  })
  const lie = fc.constantFrom(
    0,
    1,
    2,
    3,
    5,
    16,
    21,
    64,
    4088,
    4096,
    2 ** 28,
    2 ** 31 + 4,
    0xffff_ffff,
    0xd800,
    0x11_0000,
  )
  return fc.tuple(params, fc.option(answer, { nil: undefined, freq: 8 })).chain(([types, result]) => {
    const func: FuncType = {
      kind: 'func',
      async: false,
      params: types.map((t, i) => ({ name: `p${i}`, type: t })),
      result,
    }
    return fc.record({
      type: fc.constant(func),
      args: fc.tuple(...types.map(guestValues)),
      answer: result === undefined ? fc.constant(undefined) : guestValues(result),
      encodings: fc.record({ caller: fc.constantFrom(...ENCODINGS), callee: fc.constantFrom(...ENCODINGS) }),
      postReturn: fc.boolean(),
      apart: fc.boolean(),
      damage: fc.oneof(
        { weight: 2, arbitrary: fc.constant([]) },
        { weight: 1, arbitrary: fc.array(damage, { maxLength: 6 }) },
      ),
      misdeeds: fc.oneof(
        { weight: 3, arbitrary: fc.constant([]) },
        { weight: 2, arbitrary: fc.array(misdeed, { maxLength: 2 }) },
      ),
      lies: fc.oneof(
        { weight: 3, arbitrary: fc.constant([]) },
        { weight: 1, arbitrary: fc.array(fc.record({ index: fc.nat({ max: 6 }), value: lie }), { maxLength: 2 }) },
      ),
      lie: fc.option(lie, { nil: undefined, freq: 6 }),
      postReturnTraps: fc.integer({ min: 0, max: 15 }).map((n) => n === 0),
      observesThreads: fc.integer({ min: 0, max: 3 }).map((n) => n === 0),
      closed: fc.boolean(),
    })
  })
}

const text = ({ type }: Call): string =>
  `(${type.params.map((p) => typeText(p.type)).join(', ')}) -> ${typeText(type.result)}`

const WAYS: readonly Exclude<Way, 'interpreted'>[] = ['walked', 'generated']

test.each(WAYS)(
  'a fused call does what the interpreter does: %s',
  (way) => {
    let fused = 0
    let all = 0
    fc.assert(
      fc.property(calls(valTypes({ handles: true, depth: 3 })), (call) => {
        const [oracle, got] = [run(call, 'interpreted'), run(call, way)]
        all += 1
        if (got.fused) fused += 1
        expect(got.seen, text(call)).toEqual(oracle.seen)
      }),
      runs(150),
    )
    // a comparison of the interpreter with itself shows nothing
    expect(fused / all).toBeGreaterThan(0.8)
  },
  patience,
)

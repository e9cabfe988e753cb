/**
 * Generated code, closures and the interpreter are one runtime: for random types, what a call answers, refuses or traps
 * with, what the host sees, and in which state the guest is left, are the same in each tier.
 */
import fc, { type Arbitrary } from 'fast-check'
import { expect, test } from 'vitest'
import { Component, ComponentError, Engine, type Imports, type Instance } from '../../src/index.ts'
import * as glue from '../../src/linker/glue/index.ts'
import { RUNTIME } from '../../src/linker/part.ts'
import { FORCED, type Forced } from '../../src/linker/tiers.ts'
import type { StringEncoding } from '../../src/model/builtins.ts'
import { type Echo, echoBytes, garbleBytes, relayBytes } from './guest.ts'
import { misfits } from './misfits.ts'
import { patience, runs } from './runs.ts'
import { typeText, valTypes } from './types.ts'
import { difference, Thing, values } from './values.ts'

await RUNTIME.load()

function engineOf(tier: Forced['tier']): Engine {
  const outer: unknown = Reflect.get(globalThis, FORCED)
  Reflect.set(globalThis, FORCED, { tier, glue })
  const engine = new Engine({
    features: { 'fixed-length-lists': true },
    codegen: tier === 'compiled' ? 'auto' : 'never',
  })
  // what decides is made with the bridge
  expect(engine.bridge).toBeDefined()
  Reflect.set(globalThis, FORCED, outer)
  if (outer === undefined) Reflect.deleteProperty(globalThis, FORCED)
  return engine
}

const ENGINES = (['interpreted', 'closures', 'compiled'] as const).map((tier) => ({ tier, engine: engineOf(tier) }))

/** What a call came to, without what differs from run to run. */
function outcome(call: () => unknown): { readonly value: unknown; readonly error: unknown } {
  try {
    return { value: call(), error: undefined }
  } catch (error) {
    if (error instanceof ComponentError) return { value: error.payload, error: 'err' }
    if (!(error instanceof Error)) throw error
    const { name, message } = error
    const cause = error.cause instanceof Error ? `${error.cause.name}: ${error.cause.message}` : ''
    return { value: undefined, error: `${name} ${Reflect.get(error, 'code') ?? ''} ${message} (${cause})` }
  }
}

/** The same in an instance of each tier: `run` answers with what happened, step by step. */
function same(bytes: Uint8Array, imports: (seen: unknown[]) => Imports, run: (instance: Instance) => unknown[]): void {
  const [first, ...others] = ENGINES.map(({ tier, engine }) => {
    const seen: unknown[] = []
    const instance = Component.compileSync(bytes, { engine }).instantiateSync(imports(seen), { engine })
    const steps = [...run(instance), seen, instance.state]
    instance[Symbol.dispose]()
    return { tier, steps }
  })
  for (const { tier, steps } of others) expect(difference(steps, first?.steps, tier)).toBeUndefined()
}

const ENCODINGS = ['utf8', 'utf16', 'latin1+utf16'] as const satisfies StringEncoding[]
const encoding = fc.constantFrom(...ENCODINGS)
const large = valTypes({ handles: true, depth: 3 })
const small = valTypes({ handles: true, depth: 2 })
const echoes: Arbitrary<Echo> = fc.oneof(
  large.map((type): Echo => ({ types: [type], pad: true })),
  large.map((type): Echo => ({ types: [type], pad: false })),
  fc.array(small, { minLength: 2, maxLength: 4 }).map((types): Echo => ({ types, pad: false })),
)
const PADDING = Array.from({ length: 18 }, (_, i) => i + 7)

/** Arguments of some calls, one in four of which does not fit. */
function calls({ types }: Echo): Arbitrary<readonly (readonly unknown[])[]> {
  const misfit = fc
    .nat({ max: types.length - 1 })
    .chain((at) =>
      fc.tuple(...types.map((type, i) => (i === at ? misfits(type).map(({ value }) => value) : values(type)))),
    )
  const fit = fc.tuple(...types.map(values))
  return fc.array(fc.oneof({ weight: 3, arbitrary: fit }, { weight: 1, arbitrary: misfit }), {
    minLength: 1,
    maxLength: 4,
  })
}

test(
  'a guest that echoes',
  () => {
    const trials = fc
      .tuple(echoes, encoding)
      .chain(([echo, code]) => calls(echo).map((all) => ({ echo, code, all, toString: () => show(echo, code, all) })))
    fc.assert(
      fc.property(trials, ({ echo, code, all }) => {
        same(
          echoBytes(echo, [code]),
          () => ({ thing: { default: Thing } }),
          ({ exports }) => all.map((args) => outcome(() => exports['echo'](...args, ...(echo.pad ? PADDING : [])))),
        )
      }),
      runs(60),
    )
  },
  patience,
)

test(
  'a guest that asks JavaScript, which answers well, badly, or throws',
  () => {
    const trials = fc
      .tuple(echoes, encoding)
      .chain(([echo, code]) =>
        fc
          .tuple(
            fc.tuple(...echo.types.map(values)),
            fc.array(fc.constantFrom('echo', 'bad', 'throw', 'payload', 'promise')),
          )
          .map(([args, answers]) => ({ echo, code, args, answers, toString: () => show(echo, code, [args, answers]) })),
      )
    fc.assert(
      fc.property(trials, ({ echo, code, args, answers }) => {
        const padding = echo.pad ? PADDING : []
        same(
          relayBytes(echo, code),
          (seen) => {
            let i = 0
            const ask = (...given: readonly unknown[]): unknown => {
              seen.push(given)
              switch (answers[i++]) {
                case 'bad':
                  return Symbol.iterator
                case 'throw':
                  throw new RangeError('of the host')
                case 'payload':
                  throw { payload: given[0] }
                case 'promise':
                  return Promise.resolve(given[0])
                default: {
                  if (echo.pad) return [given[0], given[echo.types.length]]
                  const [only] = given
                  if (given.length > 1) return given
                  // a WIT result is returned or thrown
                  if (echo.types[0]?.kind !== 'result') return only
                  const { tag, val } = only as { readonly tag: string; readonly val: unknown }
                  if (tag === 'err') throw new ComponentError(val)
                  return val
                }
              }
            }
            return { thing: { default: Thing }, ask }
          },
          ({ exports }) => [...answers, 'echo'].map(() => outcome(() => exports['echo'](...args, ...padding))),
        )
      }),
      runs(60),
    )
  },
  patience,
)

test(
  'a guest whose answer is garbage',
  () => {
    const types = valTypes({ handles: false, depth: 3 })
    const garbage = fc.oneof(
      fc.uint8Array({ maxLength: 96 }),
      // small numbers: discriminants and pointers that are right now and then
      fc.array(fc.constantFrom(0, 0, 0, 1, 2, 4, 8, 64, 255), { maxLength: 96 }).map((all) => Uint8Array.from(all)),
    )
    const trials = fc
      .tuple(types, encoding, fc.array(garbage, { minLength: 1, maxLength: 6 }))
      .map(([type, code, all]) => ({
        type,
        code,
        all,
        toString: () => `${typeText(type)} (${code}) of ${fc.stringify(all)}`,
      }))
    fc.assert(
      fc.property(trials, ({ type, code, all }) => {
        const bytes = garbleBytes(type, code)
        for (const one of all) {
          same(
            bytes,
            () => ({}),
            ({ exports }) => [outcome(() => exports['echo'](one)), outcome(() => exports['echo'](one))],
          )
        }
      }),
      runs(60),
    )
  },
  patience,
)

function show(echo: Echo, code: string, all: unknown): string {
  return `${echo.types.map(typeText).join(', ')}${echo.pad ? ', …' : ''} (${code}) of ${fc.stringify(all)}`
}

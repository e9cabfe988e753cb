/**
 * For random types: a value that does not fit is refused with the place of the fault, and the guest has not noticed: not
 * a byte of its memory has changed, and it goes on.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Component } from '../../src/index.ts'
import { preparedEngine } from '../linker/help.ts'
import { echoBytes } from './guest.ts'
import { type Misfit, misfits } from './misfits.ts'
import { patience, runs } from './runs.ts'
import { typeText, valTypes } from './types.ts'
import { Thing, values } from './values.ts'

const engine = await preparedEngine({ features: { 'fixed-length-lists': true } })

const trials = fc
  .tuple(valTypes({ handles: true, depth: 3 }), valTypes({ handles: false, depth: 1 }), fc.boolean())
  .chain(([type, other, pad]) =>
    fc.tuple(fc.array(misfits(type), { minLength: 1, maxLength: 5 }), values(other)).map(([bad, first]) => ({
      echo: { types: pad ? [type] : [other, type], pad },
      // the one before it fits
      before: pad ? [] : [first],
      bad,
      toString: () => `${typeText(type)}: ${fc.stringify(bad)}`,
    })),
  )

function outcome(call: () => unknown): { readonly error: string; readonly place: string; readonly message: string } {
  try {
    return { error: 'none', place: '', message: fc.stringify(call()) }
  } catch (error) {
    if (!(error instanceof Error)) throw error
    const { message } = error
    const place = /^echo: param `p\d+`(.*?): (?=expected|no such flag|this|the same)/.exec(message)?.[1]
    return { error: error.name, place: place ?? 'no place', message }
  }
}

test(
  'what does not fit is refused before the guest is entered',
  () => {
    const property = fc.property(trials, ({ echo, before, bad }) => {
      const instance = Component.compileSync(echoBytes(echo, ['utf8']), { engine }).instantiateSync(
        { thing: { default: Thing } },
        { engine },
      )
      const { exports } = instance
      const padding = echo.pad ? new Array(18).fill(1) : []
      const untouched = exports['digest']()
      for (const { value, place, error } of bad satisfies readonly Misfit[]) {
        const got = outcome(() => exports['echo'](...before, value, ...padding))
        expect({ error: got.error, place: got.place }, got.message).toEqual({ error, place })
      }
      expect(exports['digest']()).toBe(untouched)
      expect(instance.state).toBe('ready')
      instance[Symbol.dispose]()
    })
    fc.assert(property, runs(400))
  },
  patience,
)

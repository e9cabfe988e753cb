/** Units used, compared with what wasmtime used (parity.json): the exact meter to the unit, in sums and where it stops. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { exactMeter } from '../../src/limits/exact-meter.ts'
import { prepare, startBudget } from './harness.ts'
import { PARITY_FUEL, type ParityCase, type ParityTable, parityCases, stubImports } from './parity-cases.ts'

const table = JSON.parse(readFileSync(new URL('parity.json', import.meta.url), 'utf8')) as ParityTable
const runs = ({ code }: ParityCase): boolean => WebAssembly.validate(code)

let cases: ParityCase[]
beforeAll(async () => {
  cases = await parityCases()
}, 60_000)

test('the table is of these cases', () => {
  const hashes = cases.map(({ name, code }) => [name, createHash('sha256').update(code).digest('hex')])
  expect(hashes).toEqual(Object.entries(table).map(([name, { sha256 }]) => [name, sha256]))
})

describe('the exact meter', () => {
  const meter = exactMeter()

  test('counts what wasmtime counts, to the unit', { timeout: 60_000 }, async () => {
    const differences: unknown[] = []
    let equal = 0
    for (const { name, code, calls } of cases.filter(runs)) {
      const recorded = table[name]
      const prepared = await prepare(meter, code)
      const started = startBudget(prepared, { fuel: PARITY_FUEL, imports: stubImports(code) }).run(undefined)
      const start = started.trap === undefined ? started.used : null
      if (start !== recorded?.start) differences.push([name, 'start', recorded?.start, start])
      if (start === null) continue
      for (const [nth, call] of calls.entries()) {
        const expected = recorded?.calls[nth] ?? null
        const guest = startBudget(prepared, { fuel: PARITY_FUEL, imports: stubImports(code) })
        guest.run(undefined)
        const ran = guest.run(call.func, ...call.args)
        if (expected === null ? ran.trap === undefined : ran.used !== expected) {
          differences.push([name, call.func, expected, ran])
        } else if (expected !== null) equal++
      }
    }
    expect(differences).toEqual([])
    expect(equal).toBeGreaterThan(300)
  })

  test('stops where wasmtime stops', async () => {
    const differences: unknown[] = []
    for (const { name, code, calls } of cases.filter(({ least }) => least).filter(runs)) {
      const prepared = await prepare(meter, code)
      for (const [nth, call] of calls.entries()) {
        const least = table[name]?.least?.[nth]
        if (least === null || least === undefined) continue
        for (const fuel of [least, least - 1]) {
          const guest = startBudget(prepared, { fuel, slice: 50, imports: stubImports(code) })
          const ends = guest.run(undefined).trap === undefined && guest.run(call.func, ...call.args).trap === undefined
          if (ends !== (fuel === least)) differences.push([name, call.func, least, fuel, ends])
        }
      }
    }
    expect(differences).toEqual([])
  })
})

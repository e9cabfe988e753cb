/** Units used, compared with what wasmtime used (parity.json): the exact meter to the unit, in sums and where it stops. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from 'vitest'
import { binaryenMeter } from '../../src/limits/binaryen-meter.ts'
import { exactMeter } from '../../src/limits/exact-meter.ts'
import type { Meter } from '../../src/limits/meter.ts'
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

interface Counted {
  readonly case: string
  readonly func: string
  readonly expected: number
  readonly used: number
}

/** Every call that ended by itself; and, as differences, those that should have ended, or not, and did not, or did. */
async function countAll(meter: Meter, by: Meter['kind']): Promise<{ counted: Counted[]; differences: unknown[] }> {
  const counted: Counted[] = []
  const differences: unknown[] = []
  for (const { name, code, calls } of cases.filter(runs).filter(({ closed }) => by === 'exact' || !closed)) {
    const recorded = table[name]
    const prepared = await prepare(meter, code)
    if (prepared.metered.by !== by) continue
    const started = startBudget(prepared, { fuel: PARITY_FUEL, imports: stubImports(code) }).run(undefined)
    const start = started.trap === undefined ? started.used : null
    if (start !== recorded?.start) differences.push([name, 'start', recorded?.start, start])
    if (start === null) continue
    for (const [nth, call] of calls.entries()) {
      const expected = recorded?.calls[nth] ?? null
      const guest = startBudget(prepared, { fuel: PARITY_FUEL, imports: stubImports(code) })
      guest.run(undefined)
      const { used, trap } = guest.run(call.func, ...call.args)
      if ((expected === null) !== (trap !== undefined)) differences.push([name, call.func, expected, used, trap])
      else if (expected !== null) counted.push({ case: name, func: call.func, expected, used })
    }
  }
  return { counted, differences }
}

describe('the exact meter', () => {
  const meter = exactMeter()

  test('counts what wasmtime counts, to the unit', { timeout: 120_000 }, async () => {
    const { counted, differences } = await countAll(meter, 'exact')
    expect(differences).toEqual([])
    expect(counted.filter(({ used, expected }) => used !== expected)).toEqual([])
    expect(counted.length).toBeGreaterThan(300)
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

describe('the Binaryen meter', () => {
  test('counts within 1 % of wasmtime, and within 5 units or 20 % for each function', {
    timeout: 120_000,
  }, async () => {
    const { counted, differences } = await countAll(binaryenMeter(), 'binaryen')
    expect(differences).toEqual([])
    const far = counted.filter(({ used, expected }) => Math.abs(used - expected) > Math.max(5, expected / 5))
    expect(far).toEqual([])
    const sum = (of: (row: Counted) => number): number => counted.reduce((total, row) => total + of(row), 0)
    const ratio = sum(({ used }) => used) / sum(({ expected }) => expected)
    expect(Math.abs(ratio - 1)).toBeLessThan(0.01)
    expect(counted.length).toBeGreaterThan(250)
  })
})

/** Metered modules do what they did, a share of what equivalence-run.ts compares. */
import { describe, expect, test } from 'vitest'
import { CORE_SEEDS } from '../../fuzz/seeds.ts'
import { binaryenMeter } from '../../src/limits/binaryen-meter.ts'
import { exactMeter } from '../../src/limits/exact-meter.ts'
import { callsOf, compare } from './equivalence.ts'
import { type GenerateOptions, generate } from './generate.ts'
import { prepare } from './harness.ts'
import { stubImports } from './parity-cases.ts'

const BOTH = { fuel: true, growth: true }
const newer = WebAssembly.validate(generate(0, { gc: true, exceptions: true }).code)

describe.each([exactMeter(), binaryenMeter()])('the $kind meter', (meter) => {
  const rows: readonly (readonly [string, GenerateOptions, boolean])[] = [
    ['plain modules', { plainTables: true }, true],
    ['all of tables', {}, true],
    ['legacy exceptions', { legacyExceptions: true }, true],
    // what the engine does not compile cannot be compared there
    ['exceptions, GC, memories', { exceptions: true, gc: true, multiMemory: true }, newer],
  ]
  test.each(rows.filter(([, , runs]) => runs))('made-up modules: %s', { timeout: 60_000 }, async (_, options) => {
    const differences: unknown[] = []
    let calls = 0
    for (let seed = 5000; seed < 5024; seed++) {
      const { code } = generate(seed, options)
      const compared = compare(code, await prepare(meter, code, BOTH), callsOf(code, seed), () => stubImports(code))
      if (compared.difference !== undefined) differences.push([seed, compared.difference])
      calls += compared.calls
    }
    expect(differences).toEqual([])
    expect(calls).toBeGreaterThan(60)
  })

  test('modules of every other shape', async () => {
    for (const [name, code] of Object.entries(CORE_SEEDS)) {
      if (!WebAssembly.validate(code as BufferSource)) continue
      const { difference } = compare(code, await prepare(meter, code, BOTH), callsOf(code, 1), () => stubImports(code))
      expect([name, difference]).toEqual([name, undefined])
    }
  })
})

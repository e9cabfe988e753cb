/**
 * Compares thousands of metered modules with their originals: `node scripts/run-ts.mjs test/limits/equivalence-run.ts
 * [--modules N] [--wast DIR]`. Made up from seeds, of the examples, and of the reference scripts where they are.
 */
import { parseArgs } from 'node:util'
import { coreModulesIn } from '../../fuzz/core-modules.ts'
import { coreSeeds, examples } from '../../fuzz/corpus.ts'
import { componentsOfScripts } from '../../fuzz/scripts.ts'
import { binaryenMeter } from '../../src/limits/binaryen-meter.ts'
import { exactMeter } from '../../src/limits/exact-meter.ts'
import type { Meter } from '../../src/limits/meter.ts'
import { callsOf, compare } from './equivalence.ts'
import { generate } from './generate.ts'
import { prepare } from './harness.ts'
import { stubImports } from './parity-cases.ts'

const { values } = parseArgs({ options: { modules: { type: 'string', default: '5000' }, wast: { type: 'string' } } })
const wanted = Number(values.modules)

interface Named {
  readonly name: string
  readonly code: Uint8Array
}

async function found(): Promise<Named[]> {
  const modules: Named[] = coreSeeds().map(({ name, bytes }) => ({ name, code: bytes }))
  const components = [...examples(), ...(values.wast === undefined ? [] : await componentsOfScripts(values.wast))]
  for (const { name, bytes } of components) {
    for (const [i, code] of coreModulesIn(bytes).entries()) modules.push({ name: `${name} module ${i}`, code })
  }
  const seen = new Set<string>()
  return modules.filter(({ code }) => {
    const text = code.length < 100_000 ? String(code) : `${code.length} ${code.subarray(-1000)}`
    if (seen.has(text) || !WebAssembly.validate(code as BufferSource)) return false
    seen.add(text)
    return true
  })
}

function madeUp(seed: number): Uint8Array {
  const newer = { exceptions: true, gc: true, multiMemory: true }
  const options = [{ plainTables: true }, {}, { legacyExceptions: true }, newer][seed % 4]
  const { code } = generate(seed, options)
  return WebAssembly.validate(code) ? code : generate(seed, { plainTables: true }).code
}

const meters: readonly Meter[] = [exactMeter(), binaryenMeter()]
const real = await found()
const counts = { exact: 0, binaryen: 0 }
let modules = 0
let calls = 0
let differences = 0
for (let i = 0; modules < Math.max(wanted, real.length); i++) {
  const { name, code } = real[i] ?? { name: `seed ${i}`, code: madeUp(i) }
  // Binaryen takes its time: every fourth of what is made up
  for (const meter of i < real.length || i % 4 === 0 ? meters : meters.slice(0, 1)) {
    const prepared = await prepare(meter, code, { fuel: true, growth: true })
    const compared = compare(code, prepared, callsOf(code, i), () => stubImports(code))
    counts[prepared.metered.by]++
    calls += compared.calls
    if (compared.difference === undefined) continue
    differences++
    console.error(`${name}, ${meter.kind}: ${compared.difference.slice(0, 500)}`)
  }
  modules++
}
console.log(
  `${modules} modules (${real.length} found, the rest made up), ${calls} calls: ${differences} differences; ` +
    `metered by the exact meter ${counts.exact}, by Binaryen ${counts.binaryen}`,
)
if (differences > 0 || modules < wanted) process.exitCode = 1

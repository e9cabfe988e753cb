/**
 * Records what wasmtime charges: `node scripts/run-ts.mjs test/limits/record-parity.ts`, with Python 3 and `pip install wasmtime==49.0.0`.
 * Then `npm run format`. The table is data of the tests; only a change of the cases or of the version makes a new one.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { PARITY_FUEL, parityCases } from './parity-cases.ts'

const cases = await parityCases()
const request = {
  fuel: PARITY_FUEL,
  cases: cases.map(({ name, code, calls, least }) => ({
    name,
    least,
    code: Buffer.from(code).toString('base64'),
    calls: calls.map(({ func, params, args }) => ({ func, params, args: args.map(String) })),
  })),
}
const script = fileURLToPath(new URL('record-parity.py', import.meta.url))
const answer = JSON.parse(
  execFileSync('python3', [script], { input: JSON.stringify(request), maxBuffer: 2 ** 28, encoding: 'utf8' }),
) as Record<string, object>
const table = Object.fromEntries(
  cases.map(({ name, code }) => [name, { sha256: createHash('sha256').update(code).digest('hex'), ...answer[name] }]),
)
writeFileSync(new URL('parity.json', import.meta.url), `${JSON.stringify(table, null, 2)}\n`)

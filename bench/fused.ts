/**
 * `node scripts/run-ts.mjs bench/fused.ts [--json] [--only TEXT] [--quick] [--check]`
 *
 * The second table of `npm run bench` alone: what a guest's call of another guest costs (`fused-rows.ts`). `--check`: exit
 * code 1 if a row is over its target (`targets.ts`).
 */
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { fusedComplaints, fusedTable, measureFused } from './fused-rows.ts'
import type { Effort } from './measure.ts'

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    quick: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
  },
})
const effort: Effort = options.quick
  ? { batchMs: 1, batches: 15, warmUpMs: 60 }
  : { batchMs: 5, batches: 31, warmUpMs: 300 }

const results = await measureFused(effort, (name) => name.includes(options.only))
const over = results.flatMap(fusedComplaints)
const { node, v8 } = process.versions
if (options.json) {
  const machine = { node, v8, cpu: cpus()[0]?.model, cpus: cpus().length }
  console.log(JSON.stringify({ machine, rows: results, over }, null, 2))
} else {
  console.log(`Node ${node}, V8 ${v8}; ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}\n`)
  console.log(fusedTable(results))
  if (over.length > 0) console.log(`\nover the target:\n${over.map((what) => `- ${what}`).join('\n')}`)
}
process.exitCode = options.check && over.length > 0 ? 1 : 0

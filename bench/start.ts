/**
 * From nothing to the first answer: `node scripts/run-ts.mjs bench/start.ts [--tries N] [--json] [--record FILE]`, on the
 * built library. `--record` appends to a file.
 *
 * Processes of their own, the bare core module and this runtime in turn, each step by the clock; medians, and the best of
 * each. Processor time is of the whole process, so the difference is what the runtime adds, on all threads.
 * Fails over the bounds, which are those of the medians.
 */
import { spawnSync } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { median } from './measure.ts'

/** Milliseconds over the core module, and of them for importing the library. */
const BOUNDS = { over: 8, import: 3.5 }
const STEPS = ['import', 'compile', 'instantiate', 'call', 'all', 'processor'] as const
type Start = Readonly<Record<(typeof STEPS)[number], number>>

const { values: options } = parseArgs({
  options: {
    tries: { type: 'string', default: '21' },
    json: { type: 'boolean', default: false },
    record: { type: 'string' },
  },
})

function start(what: 'core' | 'ours'): Start {
  const path = fileURLToPath(new URL('cold/phases.mjs', import.meta.url))
  const { status, stdout, stderr } = spawnSync(process.execPath, [path, what], { encoding: 'utf8' })
  if (status !== 0) throw new TypeError(`${what} failed: ${stderr}`)
  return JSON.parse(stdout) as Start
}

const starts = { core: [] as Start[], ours: [] as Start[] }
for (let i = 0; i < Number(options.tries); i++) {
  for (const what of ['core', 'ours'] as const) starts[what].push(start(what))
}
const row = (all: readonly Start[], pick: (numbers: readonly number[]) => number): Start =>
  Object.fromEntries(STEPS.map((step) => [step, pick(all.map((one) => one[step]))])) as Start
const best = (numbers: readonly number[]): number => Math.min(...numbers)
const result = {
  node: process.versions.node,
  core: { median: row(starts.core, median), best: row(starts.core, best) },
  ours: { median: row(starts.ours, median), best: row(starts.ours, best) },
}
const over = (which: 'median' | 'best'): number => result.ours[which].all - result.core[which].all

const lines = [
  `## Node ${result.node} on ${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown'}`,
  '',
  `| ms: median (best) of ${options.tries} | ${STEPS.join(' | ')} |`,
  `|---|${STEPS.map(() => '--:').join('|')}|`,
  ...(['core', 'ours'] as const).map((who) => {
    const cells = STEPS.map((step) => `${result[who].median[step].toFixed(1)} (${result[who].best[step].toFixed(1)})`)
    return `| ${who} | ${cells.join(' | ')} |`
  }),
  '',
  `Over the core module: ${over('median').toFixed(1)} (${over('best').toFixed(1)}), bound ${BOUNDS.over}.`,
]
console.log(options.json ? JSON.stringify(result) : lines.join('\n'))
if (options.record !== undefined) appendFileSync(options.record, `\n${lines.join('\n')}\n`)
if (over('median') > BOUNDS.over || result.ours.median.import > BOUNDS.import) process.exitCode = 1

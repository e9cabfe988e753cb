/**
 * `npm run bench -- [--json] [--only TEXT] [--quick]`
 *
 * What a call costs: the bare core module, hand-written glue, this runtime, side by side in one process. Every row is
 * warmed up before any is measured, so that the runtime's shared code has seen all kinds of values, as in real use.
 * Exit code 1 if a row's ratio to glue is worse than the peer's (`jsco.ts`).
 */
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { coldStarts } from './cold.ts'
import { JSCO } from './jsco.ts'
import { type Effort, measure, measureApart, warmUp } from './measure.ts'
import { importRows, type Row, resourceRows, startRows, valueRows } from './rows.ts'

interface Result {
  readonly name: string
  /** Nanoseconds. */
  readonly core: number | undefined
  readonly glue: number
  readonly ours: number
}

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    quick: { type: 'boolean', default: false },
  },
})
const effort: Effort = options.quick
  ? { batchMs: 1, batches: 11, warmUpMs: 60 }
  : { batchMs: 8, batches: 41, warmUpMs: 400 }

const wanted = (name: string): boolean => name.includes(options.only)

function measureRows(rows: readonly Row[]): Result[] {
  const ready = rows.map((row) => ({
    row,
    contenders: [row.core, row.glue, row.ours]
      .filter((batch) => batch !== undefined)
      .map((batch) => ({ batch, n: warmUp(batch, row.apart ? { ...effort, warmUpMs: 6 * effort.warmUpMs } : effort) })),
  }))
  return ready.map(({ row, contenders }) => {
    const inner = row.inner ?? 1
    const times = (row.apart ? measureApart : measure)(contenders, effort).map((ns) => ns / inner)
    const ours = times.pop() ?? Number.NaN
    const glue = times.pop() ?? Number.NaN
    return { name: row.name, core: times.pop(), glue, ours }
  })
}

const results = measureRows(
  [...valueRows(), ...resourceRows(), ...importRows(), ...startRows()].filter(({ name }) => wanted(name)),
)
if (wanted('cold process')) {
  const { core, glue, ours } = coldStarts(options.quick ? 3 : 15)
  results.push({ name: 'cold process', core: core * 1e6, glue: glue * 1e6, ours: ours * 1e6 })
}

const worse = results.filter(({ name, glue, ours }) => ours / glue > (JSCO[name] ?? Number.POSITIVE_INFINITY))
if (options.json) {
  const machine = { node: process.version, v8: process.versions.v8, cpu: cpus()[0]?.model, cpus: cpus().length }
  const rows = results.map((result) => ({
    ...result,
    ratio: result.ours / result.glue,
    jsco: JSCO[result.name],
  }))
  console.log(JSON.stringify({ machine, rows, worse: worse.map(({ name }) => name) }, null, 2))
} else print()
process.exitCode = worse.length === 0 ? 0 : 1

function print(): void {
  const { node, v8 } = process.versions
  console.log(`Node ${node}, V8 ${v8}; ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}\n`)
  console.log('| | core call only | hand-written glue | wasm-link | ÷ glue | jsco ÷ glue |')
  console.log('|---|--:|--:|--:|--:|--:|')
  for (const { name, core, glue, ours } of results) {
    const peer = JSCO[name]
    const cells = [name, core === undefined ? '–' : time(core), time(glue), time(ours), ratio(ours / glue)]
    console.log(`| ${[...cells, peer === undefined ? '–' : ratio(peer)].join(' | ')} |`)
  }
  if (worse.length > 0) console.log(`\nWorse than jsco: ${worse.map(({ name }) => name).join('; ')}`)
}

function time(ns: number): string {
  if (ns < 1e3) return `${ns.toFixed(ns < 10 ? 1 : 0)} ns`
  return ns < 1e6 ? `${(ns / 1e3).toFixed(ns < 1e4 ? 2 : 1)} µs` : `${(ns / 1e6).toFixed(2)} ms`
}

function ratio(n: number): string {
  return n < 10 ? n.toFixed(2) : n.toFixed(0)
}

/**
 * `npm run bench -- [--json] [--only TEXT] [--quick] [--check]`
 *
 * What a call costs: the bare core module, hand-written glue, this runtime in each of its tiers, and the peers that are
 * installed (`peers.ts`), side by side in one process. Every row is warmed up before any is measured, so that the runtime's
 * shared code has seen all kinds of values, as in real use. A second table has calls from plugin to plugin (`fused-rows.ts`).
 * `--check`: exit code 1 if a row is over its target (`targets.ts`).
 */
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { coldStarts } from './cold.ts'
import { fusedComplaints, fusedTable, measureFused } from './fused-rows.ts'
import { type Effort, measure, measureApart, measureCollected, warmUp } from './measure.ts'
import { peers } from './peers.ts'
import { Everybody, importRows, type Row, resourceRows, startRows, valueRows } from './rows.ts'
import { SCALAR_LIMIT, TARGETS } from './targets.ts'

interface Result {
  readonly name: string
  /** Nanoseconds, by who does it. */
  readonly times: Readonly<Record<string, number>>
}

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    quick: { type: 'boolean', default: false },
    check: { type: 'boolean', default: false },
  },
})
const effort: Effort = options.quick
  ? { batchMs: 3, batches: 11, warmUpMs: 100 }
  : { batchMs: 5, batches: 31, warmUpMs: 250 }

const wanted = (name: string): boolean => name.includes(options.only)

const MEASURES = { apart: measureApart, collected: measureCollected, none: measure }

function measureRows(rows: readonly Row[]): Result[] {
  const ready = rows.map((row) => ({
    row,
    contenders: [...row.batches].map(([who, batch]) => ({
      who,
      batch,
      n: warmUp(batch, row.garbage === 'apart' ? { ...effort, warmUpMs: 6 * effort.warmUpMs } : effort),
    })),
  }))
  return ready.map(({ row, contenders }) => {
    const times = MEASURES[row.garbage ?? 'none'](contenders, effort)
    const named = contenders.map(({ who }, i): [string, number] => [who, (times[i] ?? Number.NaN) / (row.inner ?? 1)])
    return { name: row.name, times: Object.fromEntries(named) }
  })
}

const { found, missing } = await peers()
const everybody = await Everybody.prepare(found)
const results = measureRows(
  [
    ...(await valueRows(everybody)),
    ...(await resourceRows(everybody)),
    ...(await importRows(everybody)),
    ...startRows(everybody),
  ].filter(({ name }) => wanted(name)),
)
if (wanted('cold process')) {
  const { core, glue, ours } = coldStarts(options.quick ? 3 : 15)
  results.push({ name: 'cold process', times: { core: core * 1e6, glue: glue * 1e6, compiled: ours * 1e6 } })
}

/** What is over its target, in words. */
function complaints({ name, times }: Result): string[] {
  const target = TARGETS[name]
  if (target === undefined) return []
  const { glue = Number.NaN, compiled = Number.NaN, closures = Number.NaN } = times
  const over: string[] = []
  if (compiled / glue > target.compiled) over.push(`${ratio(compiled / glue)} × glue, at most ${target.compiled}`)
  if (closures / glue > target.closures)
    over.push(`closures ${ratio(closures / glue)} × glue, at most ${target.closures}`)
  if (target.below !== undefined && compiled >= target.below) over.push(`${time(compiled)}, below ${target.below} ns`)
  const old = times['jco 1.12']
  const limit = target.scalar ? SCALAR_LIMIT : 1
  if (old !== undefined && compiled / old > limit) over.push(`${ratio(compiled / old)} × jco 1.12, at most ${limit}`)
  for (const peer of ['jco 1.35', 'jsco']) {
    const theirs = times[peer]
    if (theirs !== undefined && compiled > theirs) over.push(`${ratio(compiled / theirs)} × ${peer}`)
  }
  return over.map((what) => `${name}: ${what}`)
}

const fused = await measureFused(effort, (name) => wanted(`plugin to plugin, ${name}`))

const over = [...results.flatMap(complaints), ...fused.flatMap(fusedComplaints)]
const { node, v8 } = process.versions
const versions = Object.fromEntries(found.map(({ name, version }) => [name, version]))
if (options.json) {
  const machine = { node, v8, cpu: cpus()[0]?.model, cpus: cpus().length }
  const notes = { missing, problems: everybody.problems, over }
  console.log(JSON.stringify({ machine, peers: versions, rows: results, fused, ...notes }, null, 2))
} else print()
process.exitCode = options.check && over.length > 0 ? 1 : 0

function print(): void {
  const others = ['closures', 'interpreted', ...found.map(({ name }) => name)]
  console.log(`Node ${node}, V8 ${v8}; ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}\n`)
  console.log(`| | core call only | glue | compiled | ÷ glue | at most |${others.map((who) => ` ${who} |`).join('')}`)
  console.log(`|---|--:|--:|--:|--:|--:|${others.map(() => '--:|').join('')}`)
  for (const { name, times } of results) {
    const cell = (who: string): string => (times[who] === undefined ? '–' : time(times[who]))
    const { glue = Number.NaN, compiled = Number.NaN } = times
    const limit = TARGETS[name]?.compiled
    const cells = [name, cell('core'), cell('glue'), cell('compiled'), ratio(compiled / glue), limit ?? '–']
    console.log(`| ${[...cells, ...others.map(cell)].join(' | ')} |`)
  }
  if (fused.length > 0) console.log(`\n${fusedTable(fused)}`)
  for (const what of missing) console.log(`\nnot there: ${what}`)
  for (const what of everybody.problems) console.log(`\nleft out: ${what}`)
  if (over.length > 0) console.log(`\nover the target:\n${over.map((what) => `- ${what}`).join('\n')}`)
}

function time(ns: number): string {
  if (ns < 1e3) return `${ns.toFixed(ns < 10 ? 1 : 0)} ns`
  return ns < 1e6 ? `${(ns / 1e3).toFixed(ns < 1e4 ? 2 : 1)} µs` : `${(ns / 1e6).toFixed(2)} ms`
}

function ratio(n: number): string {
  return n < 10 ? n.toFixed(2) : n.toFixed(0)
}

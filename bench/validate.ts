/**
 * Validation is linear: time against size, for the shapes that make naive validators quadratic or worse.
 * `node scripts/run-ts.mjs bench/validate.ts [--record] [COMPONENT…]`: a row per shape, the size doubling from column to
 * column, and the growth per doubling, on average and at worst; given files, also their decoding and validation, cold
 * and warm. Fails where a doubling of the size takes more than 2.5 times as long. `--record` writes `VALIDATE.md`.
 *
 * Each figure comes from a process of its own. Growth is measured in processor time on one thread, collecting garbage
 * included, with so small a nursery that every size pays for it: wall time tells of the machine's other guests, and with
 * the usual nursery the smallest sizes are collected for nothing, which looks like growth where the larger begin.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { FEATURES, type Feature, featureSet } from '../src/model/features.ts'
import { COMPILE_LIMITS } from '../src/model/limits.ts'
import { decode } from '../src/parser/decode.ts'
import { validate } from '../src/parser/validate.ts'
import { parseText } from '../src/text/parse.ts'
import { median } from './measure.ts'

const gates = Object.fromEntries((Object.keys(FEATURES) as Feature[]).map((gate) => [gate, true]))
const options = { features: featureSet(gates), limits: COMPILE_LIMITS }

const repeat = (n: number, make: (i: number) => string): string =>
  Array.from({ length: n }, (_, i) => make(i)).join('\n')

/** As many copies of a shape that is itself bounded (depth 100, size 1,000,000) as make `n` definitions. */
const copies = (n: number, each: number, make: (copy: number) => string): string => repeat(Math.ceil(n / each), make)

const SHAPES: Readonly<Record<string, (n: number) => string>> = {
  'deep types': (n) =>
    copies(n, 90, (c) => `(type $d${c} u8) ${repeat(90, (i) => `(type (option ${i === 0 ? `$d${c}` : c * 91 + i}))`)}`),
  'wide records': (n) => copies(n, 1000, () => `(type (record ${repeat(1000, (i) => `(field "f${i}" u8)`)}))`),
  'doubling tuples': (n) =>
    copies(n, 15, (c) => `(type $d${c} u8) ${repeat(14, (i) => `(type (tuple ${c * 15 + i} ${c * 15 + i}))`)}`),
  'functions': (n) => repeat(n, () => '(type (func (param "a" (tuple string u8)) (result (option u32))))'),
  'imports': (n) => `(type $f (func (param "a" string))) ${repeat(n, (i) => `(import "f${i}" (func (type $f)))`)}`,
  'exports': (n) => `(import "f" (func $f)) ${repeat(n, (i) => `(export "g${i}" (func $f))`)}`,
  'exports of one wide type': (n) =>
    `(type $r (record ${repeat(20, (i) => `(field "f${i}" u8)`)})) ${repeat(n, (i) => `(export "t${i}" (type $r))`)}`,
  // eight times as many: a few thousand of them fit in a processor's cache, and then what grows is the way to memory
  'aliases': (n) =>
    `(import "i" (instance $i (export "f" (func)))) ${repeat(8 * n, () => '(alias export $i "f" (func))')}`,
  'outer aliases': (n) =>
    `(type $t (record (field "a" u8))) (component ${repeat(8 * n, () => '(alias outer 1 $t (type))')})`,
  'resources': (n) =>
    `(import "i" (instance ${repeat(
      n,
      (i) => `(export "r${i}" (type $r${i} (sub resource)))
       (export "[method]r${i}.m" (func (param "self" (borrow $r${i}))))`,
    )}))`,
  'instantiations': (n) =>
    `(component $c (import "r" (type $r (sub resource))) ${repeat(n / 500, (i) => `(export "t${i}" (type $r))`)})
     (import "r" (type $r (sub resource))) ${repeat(500, () => '(instance (instantiate $c (with "r" (type $r))))')}`,
  'nested components': (n) =>
    copies(
      n,
      50,
      () => `${repeat(50, () => '(component (type $t (list u8)) (export "t" (type $t))')}${')'.repeat(50)}`,
    ),
  'custom sections': (n) => repeat(10 * n, () => '(@custom "x" "")'),
}

const SIZES = [5_000, 10_000, 20_000, 40_000]
/** Sizes take turns, and of each the best round counts. A row that grows too much has more rounds to be sure of it. */
const ROUNDS = { usual: 3, most: 9 }
const MOST = 2.5
const COLD_STARTS = 10
const WARM_RUNS = 60

// — In a process of its own

/** Median milliseconds of processor time to validate. */
function steady(bytes: Uint8Array): number {
  const def = decode(bytes, options)
  const times: number[] = []
  const begin = performance.now()
  for (let run = 0; times.length < 8 || performance.now() - begin < 600; run++) {
    const from = process.cpuUsage()
    validate(def, options)
    const { user, system } = process.cpuUsage(from)
    if (run >= 3) times.push((user + system) / 1000)
  }
  return median(times)
}

/** Milliseconds to decode and validate, run by run. */
function runs(bytes: Uint8Array, count: number): Run[] {
  return Array.from({ length: count }, () => {
    const start = performance.now()
    const def = decode(bytes, options)
    const middle = performance.now()
    validate(def, options)
    return { decode: middle - start, validate: performance.now() - middle }
  })
}

interface Run {
  readonly decode: number
  readonly validate: number
}

// — From outside

const STEADY = ['--single-threaded', '--min-semi-space-size=1', '--max-semi-space-size=1']

function apart(flags: readonly string[], ...args: readonly string[]): unknown {
  const [node, bundle = ''] = process.argv
  const { status, stdout, stderr } = spawnSync(node ?? '', [...flags, bundle, ...args], { encoding: 'utf8' })
  if (status !== 0) throw new TypeError(`${args.join(' ')} failed: ${stderr}`)
  return JSON.parse(stdout)
}

interface Row {
  readonly shape: string
  readonly times: readonly number[]
  readonly average: number
  readonly worst: number
}

async function measureShape(shape: string, make: (n: number) => string, folder: string): Promise<Row> {
  const files: string[] = []
  for (const n of SIZES) {
    const file = join(folder, `${n}.wasm`)
    writeFileSync(file, await parseText(`(component ${make(n)})`))
    files.push(file)
  }
  const times = SIZES.map(() => Number.POSITIVE_INFINITY)
  let worst = Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS.usual || (round < ROUNDS.most && worst > MOST); round++) {
    for (const [i, file] of files.entries())
      times[i] = Math.min(times[i] ?? 0, apart(STEADY, '--steady', file) as number)
    worst = Math.max(...times.slice(1).map((time, i) => time / (times[i] ?? 0)))
  }
  const whole = (times.at(-1) ?? 0) / (times[0] ?? 0)
  return { shape, times, average: whole ** (1 / (SIZES.length - 1)), worst }
}

const line = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`

async function shapes(): Promise<{ readonly table: string[]; readonly failed: boolean }> {
  const table = [
    line(['shape', ...SIZES, 'average growth', 'worst']),
    line(['---', ...SIZES.map(() => '---:'), '---:', '---:']),
  ]
  const folder = mkdtempSync(join(tmpdir(), 'validate-'))
  let failed = false
  try {
    for (const [shape, make] of Object.entries(SHAPES)) {
      const { times, average, worst } = await measureShape(shape, make, folder)
      failed ||= !(worst <= MOST)
      table.push(
        line([
          shape,
          ...times.map((time) => `${time.toFixed(2)} ms`),
          `×${average.toFixed(2)}`,
          `×${worst.toFixed(2)}${worst <= MOST ? '' : ' (too much)'}`,
        ]),
      )
      console.log(table.at(-1))
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
  return { table, failed }
}

function components(files: readonly string[]): string[] {
  if (files.length === 0) return []
  const table = [
    line(['component', 'bytes', '', 'decode', 'validate', 'both, median', 'both, best']),
    line(['---', '---:', '---', '---:', '---:', '---:', '---:']),
  ]
  const row = (file: string, title: string, measured: readonly Run[]): string => {
    const both = measured.map((run) => run.decode + run.validate)
    const [d, v] = [median(measured.map((run) => run.decode)), median(measured.map((run) => run.validate))]
    const shown = [d, v, median(both), Math.min(...both)].map((time) => `${time.toFixed(1)} ms`)
    return line([basename(file), readFileSync(file).length, title, ...shown])
  }
  for (const file of files) {
    const cold = Array.from({ length: COLD_STARTS }, () => apart([], '--runs', file, '1') as Run[]).flat()
    const warm = (apart([], '--runs', file, `${WARM_RUNS}`) as Run[]).slice(WARM_RUNS / 2)
    table.push(row(file, `cold, ${COLD_STARTS} processes`, cold), row(file, `warm, ${warm.length} runs`, warm))
  }
  console.log(table.join('\n'))
  return ['', '## Whole components', '', 'Wall time, loading the code not counted.', '', ...table]
}

async function main(args: readonly string[]): Promise<void> {
  const files = args.filter((arg) => !arg.startsWith('--'))
  const { table, failed } = await shapes()
  const whole = components(files)
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, ${process.platform} ${process.arch}`
  const text = [
    '# Validation, time against size',
    '',
    `Written by \`bench/validate.ts --record\`. Node ${process.versions.node} (V8 ${process.versions.v8}) on ${machine}.`,
    '',
    `Milliseconds of processor time, garbage collection included; a doubling must not take more than ×${MOST}.`,
    '',
    ...table,
    ...whole,
    '',
  ].join('\n')
  if (args.includes('--record')) writeFileSync(fileURLToPath(new URL('VALIDATE.md', import.meta.url)), text)
  if (failed) process.exitCode = 1
}

const [mode, file = '', count = ''] = process.argv.slice(2)
if (mode === '--steady') console.log(JSON.stringify(steady(new Uint8Array(readFileSync(file)))))
else if (mode === '--runs') console.log(JSON.stringify(runs(new Uint8Array(readFileSync(file)), Number(count))))
else await main(process.argv.slice(2))

/**
 * `node scripts/run-ts.mjs bench/async.ts [--json] [--quick] [--alone]`
 *
 * What waiting costs: calls that answer with promises, tasks that block, streams, parked stacks. Every row is warmed up,
 * then measured batch by batch; the figure is the median, of processor time as in `measure.ts`. The floor of each is what JavaScript alone needs for it: an
 * awaited promise, or a copy of the bytes. Beside them the peers that can run the very same component, where they are
 * installed (see `peers.ts`) and the engine has what they need; a row that one of them cannot answer rightly says so.
 */
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { Component, Engine, type Imports, promising, suspending, type Untyped } from '../src/index.ts'
import { parseText } from '../src/text.ts'
import { PARKED, RELAY, TASKS } from './async-components.ts'
import { type Contender, measure, median, now, warmUp } from './measure.ts'
import { peers } from './peers.ts'

interface Row {
  readonly name: string
  readonly unit: 'call' | 'byte'
  /** Does it `n` times. */
  readonly run: (n: number) => Promise<unknown>
  /** How many in a batch. */
  readonly n: number
}

interface Result {
  readonly name: string
  readonly unit: Row['unit']
  /** Nanoseconds for one. */
  readonly ns: number
  /** Of each peer that has this row: the same, or what went wrong. */
  readonly peers: Readonly<Record<string, number | string>>
}

/** Runs components: this package, or a peer. */
type Runner = (name: string, text: string, imports?: Imports) => Promise<Untyped>

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    alone: { type: 'boolean', default: false },
  },
})
const batches = options.quick ? 5 : 25
const warmUps = options.quick ? 2 : 8

const CHUNK = 64 * 1024
const CALLS = 2000
const TASK_COUNT = 10_000

const ours: Runner = async (_, text, imports = {}) =>
  (await (await Component.compile(text)).instantiate(imports)).exports

async function oneByOne(n: number, call: (i: number) => unknown): Promise<void> {
  for (let i = 0; i < n; i++) {
    const answer = await call(i)
    if (answer !== i) throw new TypeError(`expected ${i}, got ${String(answer)}`)
  }
}

async function callRows(start: Runner): Promise<Row[]> {
  const eager = await start('tasks', TASKS, { answer: { default: (n: number) => n } })
  const later = await start('tasks', TASKS, { answer: { default: async (n: number) => n } })
  const call = { unit: 'call', n: CALLS } as const
  const promise = async (n: number): Promise<number> => n
  const { sync } = eager
  const only: Row[] = [
    { name: 'floor: an awaited JavaScript promise', ...call, run: (n) => oneByOne(n, promise) },
    { name: 'synchronous export by `promising`', ...call, run: (n) => oneByOne(n, promising(sync)) },
  ]
  return [
    ...(start === ours ? only : []),
    { name: 'synchronous export, not awaited', ...call, run: async (n) => loop(n, sync) },
    { name: 'async export, eager', unit: 'call', n: CALLS, run: (n) => oneByOne(n, eager.now) },
    { name: 'async export, import answers at once', unit: 'call', n: CALLS, run: (n) => oneByOne(n, eager.ask) },
    { name: 'async export, blocked and resumed', unit: 'call', n: CALLS, run: (n) => oneByOne(n, later.ask) },
  ]
}

function loop(n: number, call: (i: number) => unknown): void {
  for (let i = 0; i < n; i++) if (call(i) !== i) throw new TypeError('expected its argument')
}

/** All begin, all block; then all their answers come, in one turn. */
async function concurrentRow(start: Runner): Promise<Row> {
  const waiting: (() => void)[] = []
  const answer = (n: number): Promise<number> => new Promise((resolve) => waiting.push(() => resolve(n)))
  const { ask } = await start('tasks', TASKS, { answer: { default: answer } })
  const run = async (n: number): Promise<void> => {
    const answers = Promise.all(Array.from({ length: n }, (_, i) => ask(i)))
    // an asynchronous call begins at once unless the store is at work
    while (waiting.length < n) await new Promise((resolve) => setImmediate(resolve))
    for (const resolve of waiting.splice(0)) resolve()
    const sum = (await answers).reduce((sum: number, i: number) => sum + i, 0)
    if (sum !== (n * (n - 1)) / 2) throw new TypeError(`the tasks answered ${sum}`)
  }
  return { name: `${TASK_COUNT} tasks blocked at once, each`, unit: 'call', n: TASK_COUNT, run }
}

async function streamRows(start: Runner): Promise<Row[]> {
  const { relay } = await start('relay', RELAY)
  const chunk = Uint8Array.from({ length: CHUNK }, (_, at) => at)
  async function* source(bytes: number): AsyncGenerator<Uint8Array> {
    for (let sent = 0; sent < bytes; sent += CHUNK) yield chunk
  }
  const count = async (stream: AsyncIterable<Uint8Array>, bytes: number): Promise<void> => {
    let seen = 0
    for await (const chunk of stream) seen += chunk.length
    if (seen !== bytes) throw new TypeError(`${seen} bytes of ${bytes} arrived`)
  }
  // into the guest's memory and out of it, with a copy of what the source may reuse
  async function* copied(bytes: number): AsyncGenerator<Uint8Array> {
    const memory = new Uint8Array(CHUNK)
    for await (const chunk of source(bytes)) {
      memory.set(chunk.slice())
      yield memory.slice()
    }
  }
  const n = (options.quick ? 16 : 64) * 2 ** 20
  const floor: Row = {
    name: 'floor: JavaScript streams and three copies',
    unit: 'byte',
    n,
    run: (n) => count(copied(n), n),
  }
  const name = 'stream<u8>, host → guest → host, 64 KiB chunks'
  if (start === ours) return [floor, { name, unit: 'byte', n, run: async (n) => count(await relay(source(n)), n) }]
  // jco reads streams of its host in one way, and gives its own in another
  return [{ name, unit: 'byte', n, run: async (n) => count(chunksOf(await relay(streamOf(source(n)))), n) }]
}

const streamOf = (source: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array> =>
  new ReadableStream({
    async pull(controller) {
      const { done, value } = await source.next()
      if (done === true) controller.close()
      else controller.enqueue(value)
    },
  })

async function* chunksOf(stream: {
  read(options: { readonly count: number }): Promise<{ readonly done: boolean; readonly value: Uint8Array }>
}): AsyncGenerator<Uint8Array> {
  for (;;) {
    const { done, value } = await stream.read({ count: CHUNK })
    if (done) return
    yield value
  }
}

/** A component without anything asynchronous, alone and in an engine that runs tasks for another one, turn by turn. */
async function plainResults(): Promise<Result[]> {
  const contenders: Contender[] = []
  for (const beside of [false, true]) {
    const engine = new Engine()
    if (beside) await (await Component.compile(TASKS, { engine })).instantiate(echoing, { engine })
    const { ask } = (await (await Component.compile(PARKED, { engine })).instantiate(echoing, { engine })).exports
    contenders.push({ batch: (n) => loop(n, ask), n: 100_000 })
  }
  const effort = { batchMs: 5, batches, warmUpMs: 300 }
  for (const { batch } of contenders) warmUp(batch, effort)
  const [without = Number.NaN, within = Number.NaN] = measure(contenders, effort)
  return [
    { name: 'a component without tasks, in an engine without', unit: 'call', ns: without, peers: {} },
    { name: 'the same, in an engine with tasks', unit: 'call', ns: within, peers: {} },
  ]
}
const echoing = { answer: { default: (n: number) => n } }

async function parkedRows(): Promise<Row[]> {
  if (!('Suspending' in WebAssembly)) return []
  const { ask } = await ours('parked', PARKED, { answer: { default: suspending(async (n: number) => n) } })
  const { ask: eager } = await ours('parked', PARKED, { answer: { default: (n: number) => n } })
  return [
    { name: 'JSPI: a parked stack resumed', unit: 'call', n: CALLS, run: (n) => oneByOne(n, promising(ask)) },
    { name: 'the same, import answers at once', unit: 'call', n: CALLS, run: (n) => oneByOne(n, promising(eager)) },
  ]
}

/** Nanoseconds for one, the median of the batches. */
async function timed({ run, n }: Row, warmUps: number, batches: number): Promise<number> {
  for (let i = 0; i < warmUps; i++) await run(n)
  const times: number[] = []
  for (let i = 0; i < batches; i++) {
    const from = now()
    await run(n)
    times.push(((now() - from) * 1e6) / n)
  }
  return median(times)
}

const rowsOf = async (start: Runner): Promise<Row[]> => [
  ...(await callRows(start)),
  await concurrentRow(start),
  ...(await streamRows(start)),
]

/** As ours, less often: some need milliseconds for a call. `PATIENCE`, in milliseconds, ends a row. */
const PATIENCE = 10_000
async function timedPeer(row: Row): Promise<number | string> {
  const n = row.unit === 'byte' ? 2 ** 22 : Math.min(row.n, 200)
  const late = new Promise<string>((resolve) => setTimeout(resolve, PATIENCE, 'no answer').unref())
  const asked = timed({ ...row, n }, 1, 5).catch((error: unknown) => `wrong: ${String(error)}`)
  return await Promise.race([asked, late])
}

const beside = new Map<string, Record<string, number | string>>()
const { found } = options.alone ? { found: [] } : await peers()
for (const { name: peer, prepare } of found) {
  const start: Runner = async (name, text, imports = {}) =>
    (await (
      await prepare(name, await parseText(text))
    )(imports)) as Untyped
  const rows = await rowsOf(start).catch((error: unknown) => {
    console.error(`${peer} cannot run these components: ${String(error)}`)
    return []
  })
  for (const row of rows) beside.set(row.name, { ...beside.get(row.name), [peer]: await timedPeer(row) })
}

const results = await plainResults()
for (const row of [...(await rowsOf(ours)), ...(await parkedRows())]) {
  const ns = await timed(row, warmUps, batches)
  results.push({ name: row.name, unit: row.unit, ns, peers: beside.get(row.name) ?? {} })
}

const { node, v8 } = process.versions
const machine = { node, v8, cpu: cpus()[0]?.model, cpus: cpus().length }
if (options.json) console.log(JSON.stringify({ machine, rows: results }, null, 2))
else {
  const names = [...new Set([...beside.values()].flatMap((row) => Object.keys(row)))]
  const header = ['', 'wasm-link', ...names]
  console.log(`Node ${node}, V8 ${v8}; ${machine.cpus} × ${machine.cpu ?? 'unknown'}\n`)
  console.log(`| ${header.join(' | ')} |\n|---|${'--:|'.repeat(header.length - 1)}`)
  for (const { name, unit, ns, peers } of results) {
    const shown = (value: number | string | undefined): string => {
      if (typeof value !== 'number') return value ?? '–'
      return unit === 'byte' ? throughput(value) : time(value)
    }
    console.log(
      `| ${[name, ns, ...names.map((peer) => peers[peer])].map((v, i) => (i === 0 ? v : shown(v))).join(' | ')} |`,
    )
  }
}
// a peer that gave no answer may still wait for one
process.exit(0)

function time(ns: number): string {
  return ns < 1e3 ? `${ns.toFixed(ns < 10 ? 1 : 0)} ns` : `${(ns / 1e3).toFixed(2)} µs`
}

function throughput(nsPerByte: number): string {
  return `${(1e9 / nsPerByte / 2 ** 20).toFixed(0)} MiB/s`
}

/**
 * `node scripts/run-ts.mjs bench/async.ts [--json] [--quick]`
 *
 * What waiting costs: calls that answer with promises, tasks that block, streams, parked stacks. Every row is warmed up,
 * then measured batch by batch; the figure is the median. The floor of each is what JavaScript alone needs for it: an
 * awaited promise, or a copy of the bytes.
 */
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { Component, type Imports, promising, suspending, type Untyped } from '../src/index.ts'
import { PARKED, RELAY, TASKS } from './async-components.ts'
import { median } from './measure.ts'

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
}

const { values: options } = parseArgs({
  options: { json: { type: 'boolean', default: false }, quick: { type: 'boolean', default: false } },
})
const batches = options.quick ? 5 : 25
const warmUps = options.quick ? 2 : 8

const CHUNK = 64 * 1024
const CALLS = 2000
const TASK_COUNT = 10_000

async function instantiate(text: string, imports: Imports = {}): Promise<Untyped> {
  return (await (await Component.compile(text)).instantiate(imports)).exports
}

async function oneByOne(n: number, call: (i: number) => unknown): Promise<void> {
  for (let i = 0; i < n; i++) {
    const answer = await call(i)
    if (answer !== i) throw new TypeError(`expected ${i}, got ${String(answer)}`)
  }
}

async function callRows(): Promise<Row[]> {
  const eager = await instantiate(TASKS, { answer: { default: (n: number) => n } })
  const later = await instantiate(TASKS, { answer: { default: async (n: number) => n } })
  const promise = async (n: number): Promise<number> => n
  return [
    { name: 'floor: an awaited JavaScript promise', unit: 'call', n: CALLS, run: (n) => oneByOne(n, promise) },
    { name: 'synchronous export, not awaited', unit: 'call', n: CALLS, run: async (n) => loop(n, eager.sync) },
    {
      name: 'synchronous export by `promising`',
      unit: 'call',
      n: CALLS,
      run: (n) => oneByOne(n, promising(eager.sync)),
    },
    { name: 'async export, eager', unit: 'call', n: CALLS, run: (n) => oneByOne(n, eager.now) },
    { name: 'async export, import answers at once', unit: 'call', n: CALLS, run: (n) => oneByOne(n, eager.ask) },
    { name: 'async export, blocked and resumed', unit: 'call', n: CALLS, run: (n) => oneByOne(n, later.ask) },
  ]
}

function loop(n: number, call: (i: number) => unknown): void {
  for (let i = 0; i < n; i++) if (call(i) !== i) throw new TypeError('expected its argument')
}

/** All begin, all block; then all their answers come, in one turn. */
async function concurrentRow(): Promise<Row> {
  const waiting: (() => void)[] = []
  const answer = (n: number): Promise<number> => new Promise((resolve) => waiting.push(() => resolve(n)))
  const { ask } = await instantiate(TASKS, { answer: { default: answer } })
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

async function streamRows(): Promise<Row[]> {
  const { relay } = await instantiate(RELAY)
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
  return [
    { name: 'floor: JavaScript streams and three copies', unit: 'byte', n, run: (n) => count(copied(n), n) },
    {
      name: 'stream<u8>, host → guest → host, 64 KiB chunks',
      unit: 'byte',
      n,
      run: async (n) => count(await relay(source(n)), n),
    },
  ]
}

async function parkedRows(): Promise<Row[]> {
  if (!('Suspending' in WebAssembly)) return []
  const { ask } = await instantiate(PARKED, { answer: { default: suspending(async (n: number) => n) } })
  const { ask: eager } = await instantiate(PARKED, { answer: { default: (n: number) => n } })
  return [
    { name: 'JSPI: a parked stack resumed', unit: 'call', n: CALLS, run: (n) => oneByOne(n, promising(ask)) },
    { name: 'the same, import answers at once', unit: 'call', n: CALLS, run: (n) => oneByOne(n, promising(eager)) },
  ]
}

async function measure({ name, unit, n, run }: Row): Promise<Result> {
  for (let i = 0; i < warmUps; i++) await run(n)
  const times: number[] = []
  for (let i = 0; i < batches; i++) {
    const from = performance.now()
    await run(n)
    times.push(((performance.now() - from) * 1e6) / n)
  }
  return { name, unit, ns: median(times) }
}

const results: Result[] = []
for (const row of [...(await callRows()), await concurrentRow(), ...(await streamRows()), ...(await parkedRows())]) {
  results.push(await measure(row))
}

const { node, v8 } = process.versions
const machine = { node, v8, cpu: cpus()[0]?.model, cpus: cpus().length }
if (options.json) console.log(JSON.stringify({ machine, rows: results }, null, 2))
else {
  console.log(`Node ${node}, V8 ${v8}; ${machine.cpus} × ${machine.cpu ?? 'unknown'}\n\n| | |\n|---|--:|`)
  for (const { name, unit, ns } of results) console.log(`| ${name} | ${unit === 'byte' ? throughput(ns) : time(ns)} |`)
}

function time(ns: number): string {
  return ns < 1e3 ? `${ns.toFixed(ns < 10 ? 1 : 0)} ns` : `${(ns / 1e3).toFixed(2)} µs`
}

function throughput(nsPerByte: number): string {
  return `${(1e9 / nsPerByte / 2 ** 20).toFixed(0)} MiB/s`
}

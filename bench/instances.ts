/**
 * What instances cost: `node scripts/run-ts.mjs bench/instances.ts [--json] [--heap]`.
 *
 * *Second instance*: instantiating a component that is compiled, and disposing of it, against instantiating its core
 * module; rounds take turns, medians. *Heap*: JavaScript heap of 10,000 live instances after garbage collection, less that
 * of as many bare core instances. Fails over the bounds below.
 */
import { readFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Component, Engine } from '../src/index.ts'
import { median } from './measure.ts'

const LIVE = 10_000
const BOUNDS = { ratio: 2, bytes: 12_000 }

const built = (file: string): Uint8Array => readFileSync(new URL(`../examples/small/built/${file}`, import.meta.url))
setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void

const engine = new Engine()
const module = new WebAssembly.Module(Uint8Array.from(built('values.core.wasm')))
const component = await Component.compile(built('values.component.wasm'), { engine })

const bare = (): object => new WebAssembly.Instance(module)
const ours = () => component.instantiateSync({}, { engine })

function micros(make: () => unknown): number {
  const from = performance.now()
  make()
  return (performance.now() - from) * 1000
}

function secondInstance(): { readonly core: number; readonly ours: number } {
  const times = { core: [] as number[], ours: [] as number[] }
  for (let i = 0; i < 6000; i++) {
    const core = micros(bare)
    const our = micros(() => ours()[Symbol.dispose]())
    if (i < 2000) continue
    times.core.push(core)
    times.ours.push(our)
  }
  return { core: median(times.core), ours: median(times.ours) }
}

/** Bytes of heap that each of so many live objects holds. */
function held(make: () => object): number {
  const live: object[] = []
  gc()
  const before = process.memoryUsage().heapUsed
  for (let i = 0; i < LIVE; i++) live.push(make())
  gc()
  const after = process.memoryUsage().heapUsed
  if (live.length !== LIVE) throw new TypeError('not all were made')
  return (after - before) / LIVE
}

const second = process.argv.includes('--heap') ? undefined : secondInstance()
const rest = held(bare)
const all = held(ours)
engine[Symbol.dispose]()
const result = {
  node: process.versions.node,
  second: second && { ...second, ratio: second.ours / second.core },
  heap: { core: rest, ours: all - rest },
}
if (process.argv.includes('--json')) console.log(JSON.stringify(result))
else {
  console.log(`Node ${result.node}`)
  if (result.second !== undefined) {
    const { core, ours, ratio } = result.second
    console.log(`second instance: core ${core.toFixed(1)} µs, ours ${ours.toFixed(1)} µs: ×${ratio.toFixed(2)}`)
  }
  console.log(
    `heap of one of ${LIVE} live instances: ${Math.round(all - rest)} bytes, beside ${Math.round(rest)} of a core instance`,
  )
}
if ((result.second?.ratio ?? 0) > BOUNDS.ratio || result.heap.ours > BOUNDS.bytes) process.exitCode = 1

/**
 * What a guest's call of another guest costs: within one component, between two plugins linked through a binding, with
 * fused calls generated or walked (`codegen: 'never'`) and without; against fused JavaScript written by hand for the same
 * core modules. The loops are in the guest.
 */
import { Binding, Component, Engine, ExactlyOne, Linker, Plugin } from '../src/index.ts'
import { type Def, index } from '../src/model/component.ts'
import { featureSet } from '../src/model/features.ts'
import { COMPILE_LIMITS } from '../src/model/limits.ts'
import { decode } from '../src/parser/decode.ts'
import { encode } from '../src/text/encode.ts'
import { parseText } from '../src/text.ts'
import { built, CONSUMER, COUNTERS, type Consumer, pairByHand, VALUES } from './fused-pair.ts'
import { type Batch, type Effort, measure, warmUp } from './measure.ts'
import { FUSED_TARGETS } from './targets.ts'

const PACKAGE = 'example:small@0.1.0'

/** Three plugins: the consumer, and one behind each of its sockets. */
export async function plugins(engine: Engine): Promise<Consumer> {
  const binding = async (name: string, file: string) =>
    new Binding(
      PACKAGE,
      ExactlyOne(name, await new Plugin(await Component.compile(built(file), { engine })).instantiate(engine)),
    )
  const sockets = [
    await binding('values', 'values.component.wasm'),
    await binding('counters', 'counter.component.wasm'),
  ]
  const component = await Component.compile(await parseText(CONSUMER), { engine })
  const { exports } = await new Plugin(component).link(engine, new Linker<undefined>(engine), sockets)
  return exports
}

/** The same three in one component. */
async function composed(): Promise<Uint8Array> {
  const defs: Def[] = []
  const component = (bytes: Uint8Array): number =>
    defs.push({
      kind: 'component',
      at: 0,
      component: decode(bytes, { features: featureSet(), limits: COMPILE_LIMITS }),
    }) - 1
  const parts = [built('values.component.wasm'), built('counter.component.wasm'), await parseText(CONSUMER)].map(
    component,
  )
  const instance = (
    part: number | undefined,
    args: readonly { name: string; sort: 'instance'; index: number }[],
  ): void => {
    defs.push({
      kind: 'instance',
      at: 0,
      instance: { kind: 'instantiate', component: index<'component'>(part ?? 0), args },
    })
  }
  const alias = (sort: 'instance' | 'func', from: number, name: string): void => {
    defs.push({ kind: 'alias', at: 0, alias: { kind: 'export', sort, instance: index<'instance'>(from), name } })
  }
  instance(parts[0], [])
  alias('instance', 0, VALUES)
  instance(parts[1], [])
  alias('instance', 2, COUNTERS)
  instance(parts[2], [
    { name: VALUES, sort: 'instance', index: 1 },
    { name: COUNTERS, sort: 'instance', index: 3 },
  ])
  let next = 0
  for (const name of ['fill', 'add', 'method', 'string', 'bytes', 'sample', 'samples', 'answer', 'echoed']) {
    alias('func', 4, name)
    defs.push({ kind: 'export', at: 0, name: { name }, item: { sort: 'func', index: next }, type: undefined })
    next += 2
  }
  return encode({ at: 0, end: 0, defs })
}

async function oneComponent(engine: Engine): Promise<Consumer> {
  return (await (await Component.compile(await composed(), { engine })).instantiate({}, { engine })).exports
}

function unfused(): Engine {
  const engine = new Engine()
  engine.store.loadFuse = undefined
  return engine
}

interface Row {
  readonly name: string
  readonly run: (consumer: Consumer, n: number) => unknown
}

export const FUSED_ROWS: readonly Row[] = [
  { name: 'add(u32, u32)', run: (c, n) => c.add(n) },
  { name: 'string, 10 ASCII', run: (c, n) => c.string(n, 10) },
  { name: 'string, 1000 ASCII', run: (c, n) => c.string(n, 1000) },
  { name: 'list<u8>, 64 KiB', run: (c, n) => c.bytes(n, 65_536) },
  { name: 'record of 5', run: (c, n) => c.sample(n, 0) },
  { name: 'list of 100 records', run: (c, n) => c.samples(n, 100) },
  { name: 'resource: method', run: (c, n) => c.method(n) },
]

const CONTENDERS: Readonly<Record<string, () => Promise<Consumer>>> = {
  'by hand': pairByHand,
  'plugins': () => plugins(new Engine()),
  'one component': () => oneComponent(new Engine()),
  'plugins, no codegen': () => plugins(new Engine({ codegen: 'never' })),
  'plugins, not fused': () => plugins(unfused()),
}

/** By hand first, then those that are compared with it. */
export const FUSED_CONTENDERS: readonly string[] = Object.keys(CONTENDERS)

export interface FusedResult {
  readonly name: string
  /** Nanoseconds for a call, by who does it. */
  readonly times: Readonly<Record<string, number>>
}

export async function measureFused(effort: Effort, wanted: (row: string) => boolean): Promise<FusedResult[]> {
  const contenders: { readonly name: string; readonly consumer: Consumer }[] = []
  for (const [name, make] of Object.entries(CONTENDERS)) {
    const consumer = await make()
    consumer.fill(1)
    consumer.string(1, 1000)
    const [length, first] = [consumer.answer(4), consumer.echoed(0)]
    if (length !== 1000 || first !== 32 + (1024 % 90)) throw new TypeError(`${name}: does not echo`)
    if (consumer.method(1) !== 1) throw new TypeError(`${name}: does not count`)
    contenders.push({ name, consumer })
  }
  // every function of every contender is in steady use before any is measured, as in real use
  const rows = FUSED_ROWS.filter(({ name }) => wanted(name)).map((row) => ({
    name: row.name,
    batches: contenders.map(({ consumer }) => {
      const batch: Batch = (n) => row.run(consumer, n)
      return { batch, n: 0 }
    }),
  }))
  for (let round = 0; round < 3; round++) {
    for (const { batches } of rows)
      for (const contender of batches)
        contender.n = warmUp(contender.batch, { ...effort, warmUpMs: effort.warmUpMs / 3 })
    // where parts load without waiting this is not needed
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return rows.map(({ name, batches }) => {
    const times = measure(batches, effort)
    return {
      name,
      times: Object.fromEntries(contenders.map((contender, i) => [contender.name, times[i] ?? Number.NaN])),
    }
  })
}

/** What is over its target, in words. */
export function fusedComplaints({ name, times }: FusedResult): string[] {
  const target = FUSED_TARGETS[name]
  const { 'by hand': hand = Number.NaN, plugins: ns = Number.NaN } = times
  if (target === undefined) return []
  const over: string[] = []
  if (ns / hand > target.fused) over.push(`${(ns / hand).toFixed(2)} × by hand, at most ${target.fused}`)
  if (target.below !== undefined && ns >= target.below) over.push(`${time(ns)}, below ${target.below} ns`)
  return over.map((what) => `plugin to plugin, ${name}: ${what}`)
}

export function fusedTable(results: readonly FusedResult[]): string {
  const [hand = '', ...others] = FUSED_CONTENDERS
  const lines = [
    `| plugin to plugin | ${hand} | ${others.map((name, i) => `${name} | ÷ hand${i === 0 ? ' | at most' : ''}`).join(' | ')} |`,
    `|---|--:|--:|${others.map(() => '--:|--:|').join('')}`,
    ...results.map(({ name, times }) => {
      const byHand = times[hand] ?? Number.NaN
      const cells = others.flatMap((who, i) => {
        const ns = times[who] ?? Number.NaN
        return [time(ns), (ns / byHand).toFixed(2), ...(i === 0 ? [FUSED_TARGETS[name]?.fused ?? '–'] : [])]
      })
      return `| ${[name, time(byHand), ...cells].join(' | ')} |`
    }),
  ]
  return lines.join('\n')
}

function time(ns: number): string {
  if (ns < 1e3) return `${ns.toFixed(ns < 100 ? 1 : 0)} ns`
  return `${(ns / 1e3).toFixed(ns < 1e4 ? 2 : 1)} µs`
}

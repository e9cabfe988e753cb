/**
 * `node scripts/run-ts.mjs bench/growth.ts`: what a call costs as calls, plugins and values become many. Writes the charts
 * beside this file and prints the figures. Needs `npm run build` first.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import type * as api from '../src/index.ts'
import { type Line, svg } from './chart.ts'
import { tierOf } from './libraries.ts'
import { median } from './measure.ts'

const VALUES = 'example:small/values@0.1.0'
const bytes = readFileSync(new URL('../examples/small/built/values.component.wasm', import.meta.url))
const library = await tierOf('compiled')
const { engine } = library
const component = await library.api.Component.compile(bytes, { engine })

interface Values {
  add(a: number, b: number): number
  echoString(text: string): string
  echoBytes(bytes: Uint8Array): Uint8Array
}
const values = (limits: api.Limits<undefined> = {}): Values =>
  component.instantiateSync({}, { engine, limits }).exports[VALUES]

/** Nanoseconds for one of `n` calls: of processor time, where they are enough for its clock. */
function time(n: number, call: () => unknown): number {
  if (n < 1000) {
    const from = performance.now()
    for (let i = 0; i < n; i++) call()
    return ((performance.now() - from) * 1e6) / n
  }
  const { user, system } = process.cpuUsage()
  for (let i = 0; i < n; i++) call()
  const after = process.cpuUsage()
  return ((after.user + after.system - user - system) * 1e3) / n
}

/** One instance, called ever more often: the cost of a call around the tenth, the hundredth and so on. */
function manyCalls(): Line[] {
  const { add, echoString } = values()
  const rows: readonly (readonly [string, () => unknown])[] = [
    ['add(u32, u32)', () => add(40, 2)],
    ['echo string, 10 ASCII', () => echoString('0123456789')],
  ]
  return rows.map(([name, call]) => {
    const points: [number, number][] = []
    let done = 0
    for (let count = 1; count <= 1_000_000; count *= 10) {
      // of the calls up to `count` the last tenth is measured
      const n = Math.max(1, Math.floor(count / 10))
      for (; done < count - n; done++) call()
      points.push([count, time(n, call)])
      done += n
    }
    return { name, points }
  })
}

/** One binding with ever more plugins, of which one is called. */
async function manyPlugins(): Promise<Line[]> {
  const { Any, Binding, Plugin } = library.api
  const direct: [number, number][] = []
  const dispatched: [number, number][] = []
  const plugins: [string, api.PluginInstance][] = []
  for (const count of [1, 10, 100, 1000]) {
    while (plugins.length < count) {
      plugins.push([`p${plugins.length}`, await new Plugin(component).instantiate(engine)])
    }
    const binding = new Binding('example:small@0.1.0', Any(plugins))
    const last = binding.only(`p${count - 1}`)
    const plugin = plugins.at(-1)?.[1]
    if (plugin === undefined) throw new TypeError('there are plugins')
    const { add }: Values = plugin.exports[VALUES]
    const dispatch = (): unknown => last.dispatch('values', 'add', [40, 2])
    for (const [points, call] of [
      [direct, () => add(40, 2)],
      [dispatched, dispatch],
    ] as const) {
      time(20_000, call)
      points.push([count, median(Array.from({ length: 9 }, () => time(20_000, call)))])
    }
  }
  return [
    { name: 'exports of one of them', points: direct },
    { name: 'dispatch to one of them', points: dispatched },
  ]
}

/** Values of ever more bytes. */
function largeValues(): Line[] {
  const { echoBytes, echoString } = values({ hostBytesPerCall: Number.POSITIVE_INFINITY })
  for (let i = 0; i < 5_000; i++) {
    echoBytes(new Uint8Array(8))
    echoString('12345678')
  }
  const lists: [number, number][] = []
  const strings: [number, number][] = []
  for (let size = 1; size <= 2 ** 26; size *= 4) {
    const list = new Uint8Array(size)
    const text = 'x'.repeat(size)
    const n = Math.max(1, Math.min(20_000, Math.floor(2 ** 24 / size)))
    // the guest's memory grows once
    echoBytes(list)
    echoString(text)
    lists.push([size, median(Array.from({ length: 7 }, () => time(n, () => echoBytes(list))))])
    strings.push([size, median(Array.from({ length: 7 }, () => time(n, () => echoString(text))))])
  }
  return [
    { name: 'list<u8>', points: lists },
    { name: 'string, ASCII', points: strings },
  ]
}

const charts = {
  'growth-calls': { title: 'Calls of one instance', x: 'calls made', y: 'ns per call', lines: manyCalls() },
  'growth-plugins': { title: 'Plugins in one binding', x: 'plugins', y: 'ns per call', lines: await manyPlugins() },
  'growth-values': { title: 'Echo of a value', x: 'bytes', y: 'ns per call', lines: largeValues() },
}
for (const [file, chart] of Object.entries(charts)) {
  writeFileSync(new URL(`./${file}.svg`, import.meta.url), svg(chart))
  console.log(`${chart.title}: ${chart.x} → ${chart.y}`)
  for (const { name, points } of chart.lines) {
    console.log(`  ${name}: ${points.map(([x, y]) => `${x} → ${y.toPrecision(3)}`).join(', ')}`)
  }
}

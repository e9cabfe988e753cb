/**
 * `node scripts/run-ts.mjs bench/graphs.ts`: what graphs of plugins cost. Loading from bytes (read, compiled, linked), checking
 * (the same without running), per plugin, for graphs that grow: linear is a column that stays. And a call down a chain.
 */
import { Engine, unwrap } from '../src/index.ts'
import { parseText } from '../src/text.ts'
import { PluginTree, type TreeData } from '../src/tree/index.ts'
import { constant, forwarding, summing } from '../test/plugins/fixtures.ts'

type Source = Uint8Array | (() => Promise<Uint8Array>)
type Shape = (n: number) => Promise<TreeData>

/** A component by text, encoded once. */
async function bytes(text: string): Promise<Source> {
  return await parseText(text)
}

function data(
  cardinality: 'exactly-one' | 'any',
  plugins: readonly (readonly [id: string, plug: string, component: Source])[],
): TreeData {
  const bindings = [...new Set(plugins.map(([, plug]) => plug))]
  return {
    root: 'b0',
    bindings: Object.fromEntries(bindings.map((id) => [id, { package: `test:${id}`, cardinality }])),
    plugins: Object.fromEntries(plugins.map(([id, plug, component]) => [id, { component, plug }])),
  }
}

/** The plugin of that number, in a binding of its own, which sums what those packages give. */
async function plugin(i: number, below: readonly string[]) {
  const code = below.length === 0 ? constant(`test:b${i}`, 1) : summing(`test:b${i}`, below)
  return [`p${i}`, `b${i}`, await bytes(code)] as const
}

const shapes: Readonly<Record<string, Shape>> = {
  'in one binding': async (n) => {
    const leaf = await bytes(constant('test:b0', 1))
    return data(
      'any',
      Array.from({ length: n }, (_, i) => [`p${i}`, 'b0', leaf] as const),
    )
  },
  'in a tree, each using three': async (n) => {
    const plugins = Array.from({ length: n }, async (_, i) => {
      const below = [3 * i + 1, 3 * i + 2, 3 * i + 3].filter((k) => k < n).map((k) => `test:b${k}`)
      return await plugin(i, below)
    })
    return data('exactly-one', await Promise.all(plugins))
  },
  'in layers of ten, each using all of the next': async (n) => {
    const layers = Math.ceil(n / 10)
    const plugins = Array.from({ length: n }, async (_, i) => {
      const layer = Math.floor(i / 10)
      const below = Array.from({ length: 10 }, (_, k) => 10 * (layer + 1) + k)
        .filter((k) => layer + 1 < layers && k < n)
        .map((k) => `test:b${k}`)
      return await plugin(i, below)
    })
    return data('exactly-one', await Promise.all(plugins))
  },
}

/** Processor time in milliseconds, helper threads included. */
function now(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e3
}

/** Once: what it makes is large, and the sizes tell the noise. */
async function cost(data: TreeData, what: 'load' | 'check'): Promise<number> {
  const engine = new Engine()
  const { tree } = PluginTree.from(data)
  const from = now()
  if (what === 'check') {
    const problems = await tree.check(engine)
    if (problems.length > 0) throw new TypeError(problems[0]?.message)
  } else {
    const loaded = await tree.load(engine)
    if (!loaded.ok) throw new TypeError(loaded.error.message)
  }
  const took = now() - from
  engine[Symbol.dispose]()
  return took
}

console.log(`Node ${process.versions.node}; ms of processor time per plugin`)
const sizes = [250, 500, 1000]
for (const [name, shape] of Object.entries(shapes)) {
  // what the two have in common is measured once
  for (const what of name.includes('tree') ? (['load', 'check'] as const) : (['load'] as const)) {
    const row: string[] = []
    // once before, for what is loaded and compiled only the first time
    await cost(await shape(60), what)
    for (const n of sizes) row.push(`${n}: ${((await cost(await shape(n), what)) / n).toFixed(2)}`)
    console.log(`${what}, plugins ${name}: ${row.join('  ')}`)
  }
}

const depth = 64
const chain = await Promise.all(
  Array.from({ length: depth }, async (_, i) => {
    const pkg = `test:b${i}`
    return [
      `p${i}`,
      `b${i}`,
      await bytes(i + 1 === depth ? constant(pkg, 1) : forwarding(pkg, `test:b${i + 1}`)),
    ] as const
  }),
)
const loaded = await PluginTree.from(data('exactly-one', chain)).tree.load(new Engine())
if (!loaded.ok) throw new TypeError(loaded.error.message)
const { root } = loaded.head
const call = (): unknown => unwrap([...root.dispatch('root', 'get-value')][0]?.[1] ?? { ok: false, error: never() })
function never(): never {
  throw new TypeError('the root has a plugin')
}
for (let i = 0; i < 2000; i++) call()
const begin = now()
for (let i = 0; i < 5000; i++) call()
const each = ((now() - begin) / 5000) * 1e3
console.log(
  `a call down a chain of ${depth}: ${each.toFixed(1)} µs, ${((each * 1000) / depth).toFixed(0)} ns for each plugin`,
)

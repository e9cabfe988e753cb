/**
 * The runtime in short, on whatever engine runs this: the small components, then the shop linked as plugins. Uses nothing
 * of the engine but `load`, and reaches the package by a relative path.
 */
import { Any, Binding, Component, Engine, ExactlyOne, hostPlugin, Linker, Plugin, unwrap } from '../../dist/index.js'

function expect(what, got, wanted) {
  const [a, b] = [got, wanted].map((value) => JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? `${v}n` : v)))
  if (a !== b) throw new Error(`${what}: expected ${b}, got ${a}`)
}

async function values(load) {
  const component = await Component.compile(await load('small/built/values.component.wasm'))
  const { exports } = await component.instantiate()
  expect('add', exports.values.add(40, 2), 42)
  expect('echo-string', exports.values.echoString('smoke 🎁'), 'smoke 🎁')
  expect('echo-bytes', [...exports.values.echoBytes(new Uint8Array([1, 2, 255]))], [1, 2, 255])
  const sample = { id: 7, level: -3, weight: 0.5, ready: true, grade: 9 }
  expect('echo-samples', exports.values.echoSamples([sample, sample]), [sample, sample])
  expect('echo-shape', exports.values.echoShape({ tag: 'label', val: 'x' }), { tag: 'label', val: 'x' })
  return 'values: numbers, strings, lists, records and variants come back as they went'
}

async function resources(load) {
  const component = await Component.compile(await load('small/built/counter.component.wasm'))
  const { exports } = await component.instantiate()
  const { Counter, alive } = exports.counters
  const sum = Counter.merge(new Counter(40), new Counter(1))
  expect('increment', sum.increment(1), 42)
  expect('alive', alive(), 1)
  sum[Symbol.dispose ?? Symbol.for('dispose')]()
  expect('alive after dispose', alive(), 0)
  return 'counter: a resource was made, merged, used and dropped'
}

async function imports(load) {
  const component = await Component.compile(await load('small/built/calls.component.wasm'))
  const logged = []
  const host = { tick: (n) => n + 1, log: (message) => logged.push(message) }
  const { exports } = await component.instantiate({ 'example:small/host': host })
  expect('run-tick', exports.calls.runTick(100), 100)
  exports.calls.runLog(2)
  expect('run-log', logged, ['hello, host', 'hello, host'])
  return 'calls: the host was called'
}

async function plugins(load) {
  const engine = new Engine()
  const component = await Component.compile(await load('small/built/calls.component.wasm'))
  const host = hostPlugin(engine, { 'example:small/host': { tick: (n) => n + 2, log: () => {} } })
  const socket = new Binding('example:small', ExactlyOne('js', host))
  const calls = await new Plugin(component).link(engine, new Linker(engine), [socket])
  const binding = new Binding('example:small', ExactlyOne('calls', calls))
  expect('linked run-tick', unwrap(binding.dispatch('calls', 'run-tick', [21]).value), 42)
  return 'plugins: a component was linked to a plugin in JavaScript'
}

async function shop(load) {
  const engine = new Engine()
  const linker = new Linker(engine)
  const plugin = async (name, sockets = []) => {
    const component = await Component.compile(await load(`shop/built/${name}.component.wasm`))
    return await new Plugin(component, { name }).link(engine, linker, sockets)
  }
  const orders = new Binding('shop:orders', ExactlyOne('orders', await plugin('orders')))
  const shipping = new Binding('shop:shipping', ExactlyOne('shipping', await plugin('shipping', [orders])))
  const billing = new Binding('shop:billing', ExactlyOne('invoices', await plugin('invoices', [orders])))
  const offers = []
  for (const name of ['bulk', 'flat', 'lucky']) offers.push([name, await plugin(name)])
  const app = await plugin('app', [orders, shipping, billing, new Binding('shop:offers', Any(offers))])
  const checkout = new Binding('shop:checkout', ExactlyOne('app', app))
  const lines = unwrap(checkout.dispatch('checkout', 'run', ['Ada']).value).val
  expect('lines', lines.length, 24)
  expect('a plugin that trapped', lines[13], 'offer of lucky: failed with runtime-exception')
  expect('what is to pay', lines[15], 'invoice 20260000001: 81.95 to pay')
  expect('baskets left', unwrap(orders.dispatch('baskets', 'open-baskets').value), 0)
  return `shop: seven plugins in four languages: ${lines[15]}`
}

/**
 * @param {(name: string) => Promise<Uint8Array>} load gives the bytes of a file below `examples/`
 * @returns {Promise<string[]>} what happened, a line each; a failure throws
 */
export async function smoke(load) {
  const lines = []
  for (const part of [values, resources, imports, plugins]) lines.push(await part(load))
  try {
    lines.push(await shop(load))
  } catch (error) {
    // an engine without extended constant expressions cannot compile what today's toolchains emit
    if (!/extended constant expressions/.test(String(error?.message))) throw error
    lines.push('shop: not run, this engine lacks extended constant expressions')
  }
  return lines
}

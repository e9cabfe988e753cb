// The shop of examples/shop, linked and run: seven WebAssembly components in four languages and, later, a plugin in
// JavaScript. `npm run demo`, or this file with Deno (`--allow-read --allow-env`) or Bun.
import { readFile } from 'node:fs/promises'
import process from 'node:process'

// On Node 20 what today's toolchains emit compiles only with this flag, set before the first compilation.
if (process.versions.node?.startsWith('20.') && !process.versions.bun && !globalThis.Deno) {
  const { setFlagsFromString } = await import('node:v8')
  setFlagsFromString('--experimental-wasm-extended-const')
}

const { Any, Binding, Component, Engine, ExactlyOne, Linker, Plugin, hostPlugin, unwrap } = await import(
  '../../dist/index.js'
)

const say = (...lines) => console.log(lines.join('\n'))
const indent = (lines) => lines.map((line) => `    ${line}`)

// An engine is what plugins share; a linker is what the host gives them. Here it gives them nothing at all.
const engine = new Engine({
  trace: {
    event(event) {
      if (event.kind === 'trapped') say(`    (plugin ${event.plugin} trapped: ${event.error.message})`)
    },
  },
})
const linker = new Linker(engine)

async function plugin(name, language, sockets = []) {
  const file = new URL(`../shop/built/${name}.component.wasm`, import.meta.url)
  const component = await Component.compile(await readFile(file))
  const instance = await new Plugin(component, { name }).link(engine, linker, sockets)
  const imports = [...component.imports.keys()].filter((path) => !/types@|^wasm-link:/.test(path)).join(', ')
  say(`  ${name.padEnd(9)} ${language.padEnd(16)} ${imports === '' ? 'needs nothing' : `needs ${imports}`}`)
  return instance
}

say('1. Linking. Plugins know each other only by interfaces; bindings say who stands behind them.', '')
const orders = new Binding('shop:orders', ExactlyOne('orders', await plugin('orders', 'C')))
const shipping = new Binding(
  'shop:shipping',
  ExactlyOne('shipping', await plugin('shipping', 'AssemblyScript', [orders])),
)
const billing = new Binding('shop:billing', ExactlyOne('invoices', await plugin('invoices', 'JavaScript', [orders])))
const offers = new Binding(
  'shop:offers',
  Any([
    ['bulk', await plugin('bulk', 'AssemblyScript')],
    ['flat', await plugin('flat', 'text format')],
    ['lucky', await plugin('lucky', 'text format')],
  ]),
)
const app = await plugin('app', 'JavaScript', [orders, shipping, billing, offers])
const checkout = new Binding('shop:checkout', ExactlyOne('app', app))

const { plugins, bindings, plugs, sockets } = engine.graph()
const named = (id) => plugins.find((entry) => entry.id === id)?.name
say('', '   What the host sees of it (engine.graph()):', '')
for (const { id, packageName, kind } of bindings) {
  const behind = plugs.filter((plug) => plug.binding === id).map((plug) => named(plug.plugin))
  const users = sockets.filter((socket) => socket.binding === id).map((socket) => named(socket.plugin))
  const from = users.length === 0 ? 'the host' : users.join(', ')
  say(`  ${from.padEnd(24)} -> ${packageName.padEnd(14)} ${kind.padEnd(11)} -> ${behind.join(', ')}`)
}

say(
  '',
  '2. Ada shops. Baskets are resources of the plugin in C; the application owns one, lends it to the plugin in',
  '   AssemblyScript and gives it away to the one in JavaScript. The plugin "lucky" divides by zero: that ends it, and',
  '   nobody else; where its offer would be the application finds an error. What went wrong inside is told to the host only.',
  '',
)
const shop = (customer) => unwrap(checkout.dispatch('checkout', 'run', [customer]).value)
say(...indent(shop('Ada').val))

say(
  '',
  "3. A call that fails by the rules of its interface is an answer like any other (WIT's `result`):",
  '',
  `    run("") -> ${JSON.stringify(shop(''))}`,
)

say(
  '',
  '4. "lucky" is dead, and says so. It is replaced while everything runs, by a plugin written in JavaScript here.',
  '',
)
const [answer] = [...offers.only('lucky').dispatch('discount', 'propose', [[], 0n])].map(([, result]) => result)
say(`    before: ${answer.ok ? 'it answers' : answer.error.kind}`)
const welcome = hostPlugin(
  engine,
  {
    'shop:offers/discount': { propose: (lines) => ({ title: 'welcome back', centsOff: BigInt(lines.length) * 100n }) },
  },
  { name: 'welcome' },
)
offers.replace('lucky', welcome)[Symbol.dispose]()
say('', ...indent(shop('Bob').val.filter((line) => /offer|to pay/.test(line))))

say('', '5. The host can ask the plugins itself, all of them at once, and gets one answer for each:', '')
const line = { sku: 'cup', name: 'Cup', quantity: 12, price: 750n, traits: {}, note: undefined }
for (const [id, result] of offers.dispatch('discount', 'propose', [[line], 9000n])) {
  const offer = unwrap(result)
  say(`    ${id}: ${offer === undefined ? 'no offer' : `${offer.title}, ${Number(offer.centsOff) / 100} off`}`)
}

const [open] = [...orders.dispatch('baskets', 'open-baskets')].map(([, result]) => unwrap(result))
say('', `Done. Baskets still open in the plugin in C: ${open}.`)
engine[Symbol.dispose]()

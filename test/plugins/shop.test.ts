/** The shop of the examples, end to end: seven real components in four languages. Its README says what must come out. */
import { readFile } from 'node:fs/promises'
import { setFlagsFromString } from 'node:v8'
import { beforeAll, expect, test } from 'vitest'
import {
  Any,
  Binding,
  type BindingAny,
  Component,
  Engine,
  ExactlyOne,
  Linker,
  Plugin,
  unwrap,
} from '../../src/index.ts'

beforeAll(() => {
  // what today's toolchains emit; newer engines have it without
  if (process.versions.node.startsWith('20.')) setFlagsFromString('--experimental-wasm-extended-const')
})

const example = (path: string): URL => new URL(`../../examples/${path}`, import.meta.url)

test('an application and six plugins', async () => {
  const engine = new Engine()
  const plugin = async (name: string, sockets: readonly BindingAny[] = []) => {
    const component = await Component.compile(
      new Uint8Array(await readFile(example(`shop/built/${name}.component.wasm`))),
    )
    return await new Plugin(component, { name }).link(engine, new Linker(engine), sockets)
  }
  const orders = new Binding('shop:orders', ExactlyOne('orders', await plugin('orders')))
  const shipping = new Binding('shop:shipping', ExactlyOne('shipping', await plugin('shipping', [orders])))
  const billing = new Binding('shop:billing', ExactlyOne('invoices', await plugin('invoices', [orders])))
  const offers = new Binding(
    'shop:offers',
    Any([
      ['bulk', await plugin('bulk')],
      ['flat', await plugin('flat')],
      ['lucky', await plugin('lucky')],
    ]),
  )
  const app = await plugin('app', [orders, shipping, billing, offers])
  const checkout = new Binding('shop:checkout@1.0.0', ExactlyOne('app', app))

  const [, , printed] = (await readFile(example('shop/README.md'), 'utf8')).split('```text\n')
  const expected = printed?.split('\n```')[0]?.split('\n')
  const ran = unwrap(checkout.dispatch('checkout', 'run', ['Ada']).value)
  expect(ran).toEqual({ tag: 'ok', val: expected })
  expect(unwrap(orders.dispatch('baskets', 'open-baskets').value)).toBe(0)
  expect([...offers.plugins].map(([id, { state }]) => [id, state])).toEqual([
    ['bulk', 'ready'],
    ['flat', 'ready'],
    ['lucky', 'trapped'],
  ])
  const refused = unwrap(checkout.dispatch('checkout', 'run', ['']).value)
  expect(refused).toEqual({ tag: 'err', val: 'a customer must have a name' })
  expect(app.state).toBe('ready')
})

/**
 * Plugins whose synchronous functions may wait for a promise: who knows it, who may call them, and that waiting in a circle
 * is answered. Needs an engine that parks stacks (JSPI); the refusals at the end are for those that cannot.
 */
import { describe, expect, test } from 'vitest'
import {
  Any,
  Binding,
  type BindingAny,
  Component,
  Engine,
  ExactlyOne,
  hostPlugin,
  Linker,
  Plugin,
  type PluginInstance,
  type PluginOptions,
  promising,
  suspending,
} from '../../src/index.ts'
import { constant, DISPATCH_ERROR, forwarding, plug, relay } from './fixtures.ts'

const parks = 'Suspending' in WebAssembly
const R = '(result u32 (error $e))'

const later = <T>(value: T, ms = 1): Promise<T> => new Promise((resolve) => setTimeout(resolve, ms, value))

/** Exports `get-value` of `pkg`, which asks the host. */
async function asking(
  engine: Engine,
  pkg: string,
  answer: () => PromiseLike<number>,
  options: PluginOptions<undefined> = {},
): Promise<PluginInstance> {
  const component = await Component.compile(forwarding(pkg, 'test:host'), { engine })
  const linker = new Linker(engine).define('test:host/root', { getValue: suspending(answer) })
  return await new Plugin(component, options).link(engine, linker, [])
}

// engines without JSPI refuse such plugins: see the last test
describe.skipIf(!parks)('a plugin that may suspend', () => {
  test('is called by promise, and says so before it is entered', async () => {
    const engine = new Engine()
    const slow = await asking(engine, 'test:leaf', () => later(7))
    expect([slow.maySuspend, (await plug(engine, constant('test:leaf', 1))).maySuspend]).toEqual([true, false])
    const binding = new Binding('test:leaf', ExactlyOne('slow', slow))
    expect(binding.dispatch('root', 'get-value').value).toMatchObject({ ok: false, error: { kind: 'needs-async' } })
    expect((await binding.dispatchAsync('root', 'get-value')).value).toEqual({ ok: true, value: 7 })
    expect(await promising(slow.exports.root.getValue)()).toBe(7)
    expect(slow.state).toBe('ready')
  })

  test('makes its consumers such plugins: plain and in shapes', async () => {
    const engine = new Engine()
    const leaf = new Binding('test:leaf', ExactlyOne('slow', await asking(engine, 'test:leaf', () => later(7))))
    const mid = await plug(engine, forwarding('test:mid', 'test:leaf'), [leaf])
    const plain = new Binding('test:mid', ExactlyOne('m', mid))
    const text = relay({ from: 'test:mid/root', result: `(tuple string ${R})`, error: DISPATCH_ERROR })
    const top = await plug(engine, text, [plain])
    expect([mid.maySuspend, top.maySuspend]).toEqual([true, true])
    expect(await top.func('relay').callAsync([])).toEqual(['m', { tag: 'ok', val: 7 }])
    expect(() => top.func('relay').call([])).toThrow(/call `promising` of it/)
    expect(top.state).toBe('ready')
  })

  test('several of them answer one consumer, failures beside the rest', async () => {
    const engine = new Engine()
    const leaves = new Binding(
      'test:leaf',
      Any([
        ['a', await asking(engine, 'test:leaf', () => later(1))],
        ['b', await asking(engine, 'test:leaf', async () => Promise.reject(new Error('no')))],
        ['c', await plug(engine, constant('test:leaf', 3))],
        ['d', await asking(engine, 'test:leaf', () => later(4))],
      ]),
    )
    const text = relay({ from: 'test:leaf/root', result: `(list (tuple string ${R}))`, error: DISPATCH_ERROR })
    const top = await plug(engine, text, [leaves])
    const expected = [
      ['a', { tag: 'ok', val: 1 }],
      ['b', { tag: 'err', val: { tag: 'runtime-exception', val: 'a host function threw' } }],
      ['c', { tag: 'ok', val: 3 }],
      ['d', { tag: 'ok', val: 4 }],
    ]
    expect(await top.func('relay').callAsync([])).toEqual(expected)
    expect([...leaves.plugins].map(([, { state }]) => state)).toEqual(['ready', 'trapped', 'ready', 'ready'])
  })

  test('written in JavaScript', async () => {
    const engine = new Engine()
    const js = hostPlugin(engine, { 'test:leaf/root': { getValue: suspending(() => later(9)) } })
    const both = new Binding(
      'test:leaf',
      Any([
        ['wasm', await plug(engine, constant('test:leaf', 1))],
        ['js', js],
      ]),
    )
    expect(js.maySuspend).toBe(true)
    const results = await both.dispatchAsync('root', 'get-value')
    expect([...results].map(([, r]) => r.ok && r.value)).toEqual([1, 9])
    const only = both.only('js') as BindingAny
    const top = await plug(engine, relay({ from: 'test:leaf/root', result: 'u32', flat: true }), [only])
    expect([top.maySuspend, await top.func('relay').callAsync([])]).toEqual([true, 9])
  })

  test('cannot come behind a consumer that could not wait for it', async () => {
    const engine = new Engine()
    const binding = new Binding('test:leaf', ExactlyOne('a', await plug(engine, constant('test:leaf', 1)))) as Binding
    const consumer = await plug(
      engine,
      relay({ from: 'test:leaf/root', result: 'u32', flat: true }),
      [binding as BindingAny],
      {
        name: 'hasty',
      },
    )
    const slow = await asking(engine, 'test:leaf', () => later(7), { name: 'slow' })
    expect(() => binding.replace('a' as never, slow)).toThrow(
      'test:leaf: plugin `slow` may suspend, and consumer `hasty` was linked when none did: it cannot wait',
    )
    expect(consumer.exports.relay()).toBe(1)
    consumer[Symbol.dispose]()
    binding.replace('a' as never, slow)
    expect([...(await binding.dispatchAsync('root', 'get-value'))]).toEqual([['a', { ok: true, value: 7 }]])
  })

  test('serves calls in turn', async () => {
    const engine = new Engine()
    const order: number[] = []
    let n = 0
    const answer = async (): Promise<number> => {
      const mine = ++n
      order.push(mine)
      await later(0, 5 - mine)
      order.push(-mine)
      return mine
    }
    const binding = new Binding('test:leaf', ExactlyOne('a', await asking(engine, 'test:leaf', answer)))
    const calls = [1, 2, 3].map(() => binding.dispatchAsync('root', 'get-value'))
    expect((await Promise.all(calls)).map(({ value }) => value.ok && value.value)).toEqual([1, 2, 3])
    expect(order).toEqual([1, -1, 2, -2, 3, -3])
  })

  test('an abort is answered at once, and the plugin serves when it has finished', async () => {
    const engine = new Engine()
    const binding = new Binding('test:leaf', ExactlyOne('a', await asking(engine, 'test:leaf', () => later(7, 20))))
    const controller = new AbortController()
    const call = binding.dispatchAsync('root', 'get-value', [], { signal: controller.signal })
    await later(0)
    controller.abort('enough')
    expect((await call).value).toMatchObject({ ok: false, error: { kind: 'cancelled', cause: 'enough' } })
    expect((await binding.dispatchAsync('root', 'get-value')).value).toEqual({ ok: true, value: 7 })
  })

  test('disposed while it waits for ever: its callers are told', async () => {
    const engine = new Engine()
    const slow = await asking(engine, 'test:leaf', () => new Promise<number>(() => {}))
    const leaf = new Binding('test:leaf', ExactlyOne('slow', slow))
    const text = relay({ from: 'test:leaf/root', result: `(tuple string ${R})`, error: DISPATCH_ERROR })
    const top = await plug(engine, text, [leaf])
    const call = top.func('relay').callAsync([])
    await later(0)
    slow[Symbol.dispose]()
    expect(await call).toEqual(['slow', { tag: 'err', val: { tag: 'runtime-exception', val: 'plugin unavailable' } }])
    expect(top.state).toBe('ready')
  })

  test('Y8 10.3.16: one that asks for itself is told at once', async () => {
    const engine = new Engine()
    const held: { binding?: Binding } = {}
    const seen: unknown[] = []
    const answer = async (): Promise<number> => {
      for (const [, result] of (await held.binding?.dispatchAsync('root', 'get-value')) ?? []) seen.push(result)
      return 5
    }
    const a = await asking(engine, 'test:leaf', answer)
    held.binding = new Binding('test:leaf', ExactlyOne('a', a)) as Binding
    expect([...(await held.binding.dispatchAsync('root', 'get-value'))]).toEqual([['a', { ok: true, value: 5 }]])
    expect(seen).toMatchObject([{ ok: false, error: { kind: 'lock-rejected', id: 'a' } }])
  })

  test('Y8: two that wait for each other: one is told, both live on', async () => {
    const engine = new Engine()
    const held: { a?: Binding; b?: Binding } = {}
    const ask = (which: 'a' | 'b') => async (): Promise<number> => {
      const results = await held[which]?.dispatchAsync('root', 'get-value')
      const [[, result] = []] = results ?? []
      return result?.ok === true ? Number(result.value) + 1 : result?.error.kind === 'lock-rejected' ? 100 : 0
    }
    const a = await asking(engine, 'test:a', ask('b'))
    const b = await asking(engine, 'test:b', ask('a'))
    held.a = new Binding('test:a', ExactlyOne('a', a)) as Binding
    held.b = new Binding('test:b', ExactlyOne('b', b)) as Binding
    const both = await Promise.all([
      held.a.dispatchAsync('root', 'get-value'),
      held.b.dispatchAsync('root', 'get-value'),
    ])
    const values = both.flatMap((results) => [...results].map(([, r]) => r.ok && r.value))
    expect(values.every((value) => typeof value === 'number' && value > 0)).toBe(true)
    expect(Math.max(...(values as number[]))).toBeGreaterThanOrEqual(100)
    expect([a.state, b.state]).toEqual(['ready', 'ready'])
  })
})

test.skipIf(parks)('where stacks cannot be parked, such a plugin is refused by name', async () => {
  const engine = new Engine()
  await expect(asking(engine, 'test:leaf', () => later(7))).rejects.toMatchObject({
    problems: [{ kind: 'needs-jspi', path: 'test:host/root#get-value' }],
  })
  const js = hostPlugin(engine, { 'test:leaf/root': { getValue: suspending(() => later(9)) } })
  const wasm = await plug(engine, constant('test:leaf', 1))
  const plugins = Any<[string, PluginInstance][]>([
    ['wasm', wasm],
    ['js', js],
  ])
  expect(() => new Binding('test:leaf', plugins)).toThrow(/a `suspending` function needs stack switching/)
})

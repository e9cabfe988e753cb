/** Restarts, disposal, events, traces and the graph. */
import { describe, expect, test } from 'vitest'
import {
  Any,
  Binding,
  type CallEnd,
  Engine,
  ExactlyOne,
  hostPlugin,
  type LifecycleEvent,
  type TracedCall,
  unwrap,
} from '../../src/index.ts'
import { constant, forwarding, onceOnly, plug, trapping } from './fixtures.ts'

const outcome = (binding: Binding): unknown => {
  const [[, result] = []] = binding.dispatch('root', 'get-value')
  return result?.ok === true ? result.value : result?.error.kind
}

describe('10.3.11: after a trap', () => {
  test('never is the default', async () => {
    const binding = new Binding(
      'test:leaf',
      ExactlyOne('a', await plug(new Engine(), onceOnly('test:leaf'))),
    ) as Binding
    expect([1, 2, 3, 4].map(() => outcome(binding))).toEqual([
      1,
      'runtime-exception',
      'plugin-unavailable',
      'plugin-unavailable',
    ])
  })

  test('on next call, with fresh memory', async () => {
    const plugin = await plug(new Engine(), onceOnly('test:leaf'), [], { restart: 'on-next-call' })
    const binding = new Binding('test:leaf', ExactlyOne('a', plugin)) as Binding
    expect([1, 2, 3, 4, 5].map(() => outcome(binding))).toEqual([1, 'runtime-exception', 1, 'runtime-exception', 1])
    expect(plugin.restarts).toBe(2)
  })

  test('with a backoff that doubles, and only so often', async () => {
    let now = 0
    const engine = new Engine({ now: () => now })
    const plugin = await plug(engine, trapping('test:leaf'), [], { restart: { backoffMs: 10, maxRestarts: 2 } })
    const binding = new Binding('test:leaf', ExactlyOne('a', plugin)) as Binding
    const at = (ms: number): unknown => {
      now = ms
      return outcome(binding)
    }
    expect([0, 9, 10, 29, 30, 1000].map(at)).toEqual([
      'runtime-exception',
      'plugin-unavailable',
      'runtime-exception',
      'plugin-unavailable',
      'runtime-exception',
      'plugin-unavailable',
    ])
    expect(plugin.restarts).toBe(2)
  })

  test('restart: same face, sockets and context', async () => {
    const engine = new Engine()
    const d = new Binding('d:pkg', ExactlyOne('d', await plug(engine, constant('d:pkg', 4))))
    const plugin = await plug(engine, forwarding('test:leaf', 'd:pkg'), [d], { context: { user: 'bob' } })
    const binding = new Binding('test:leaf', ExactlyOne('a', plugin)) as Binding
    const { exports } = plugin
    await plugin.restart()
    expect([outcome(binding), plugin.restarts, plugin.context.user, plugin.maySuspend]).toEqual([4, 1, 'bob', false])
    expect(plugin.exports).not.toBe(exports)
    expect(() => exports.root.getValue()).toThrow(/disposed/)
    plugin[Symbol.dispose]()
    await expect(plugin.restart()).rejects.toMatchObject({ kind: 'closed' })
  })

  test('a plug in JavaScript starts its factory anew', async () => {
    let made = 0
    const js = hostPlugin(new Engine(), () => ({ 'test:leaf/root': { getValue: () => made, n: made++ } }))
    expect(made).toBe(1)
    await js.restart()
    expect([made, js.restarts]).toEqual([2, 1])
  })
})

test('what is disposed while it is started anew stays so', async () => {
  const engine = new Engine()
  const plugin = await plug(engine, constant('test:leaf', 1))
  const restarting = plugin.restart()
  plugin[Symbol.dispose]()
  await expect(restarting).rejects.toMatchObject({ kind: 'closed' })
  expect(plugin.state).toBe('disposed')
  expect(engine.usage().instances.used).toBe(0)
})

test('disposal of the engine ends everything, consumers first', async () => {
  const ended: string[] = []
  const engine = new Engine({
    trace: { event: (event) => void (event.kind === 'disposed' && ended.push(event.plugin)) },
  })
  const d = new Binding('d:pkg', ExactlyOne('d', await plug(engine, constant('d:pkg', 4), [], { name: 'd' })))
  await plug(engine, forwarding('test:leaf', 'd:pkg'), [d], { name: 'top' })
  engine[Symbol.dispose]()
  expect(ended).toEqual(['top', 'd'])
  expect(outcome(d as Binding)).toBe('plugin-unavailable')
})

test('10.3.23: every call is traced, its end exactly once, and every event told', async () => {
  const calls: (TracedCall | Omit<CallEnd, 'ms'>)[] = []
  const events: LifecycleEvent[] = []
  const engine = new Engine({
    now: () => 5,
    trace: {
      call(call) {
        calls.push(call)
        return ({ ms, fuel, error }) => calls.push({ fuel, error, ...(ms === 0 && {}) })
      },
      event: (event) => void events.push(event),
    },
  })
  const d = new Binding('d:pkg', ExactlyOne('d', await plug(engine, onceOnly('d:pkg'), [], { name: 'd' })))
  const top = await plug(engine, forwarding('test:leaf', 'd:pkg'), [d], { name: 'top' })
  const binding = new Binding('test:leaf', Any([['t', top]])) as Binding
  outcome(binding)
  const first = { plugin: 'top', caller: undefined, path: 'test:leaf/root#get-value', async: false }
  const second = { plugin: 'd', caller: 'top', path: 'd:pkg/root#get-value', async: false }
  const fine = { fuel: undefined, error: undefined }
  expect(calls).toEqual([first, second, fine, fine])
  calls.length = 0
  outcome(binding)
  expect(calls).toMatchObject([
    first,
    second,
    { error: { code: 'unreachable' } },
    { error: { cause: { code: 'unreachable' } } },
  ])
  binding.replace('t' as never, await plug(engine, constant('test:leaf', 1), [], { name: 'new' }))
  expect(events.map(({ kind, plugin }) => `${kind} ${plugin}`)).toEqual([
    'instantiated d',
    'instantiated top',
    'trapped d',
    'trapped top',
    'instantiated new',
    'replaced new',
  ])
})

test('10.3.23: the graph is plain data', async () => {
  const engine = new Engine()
  const leaf = await plug(engine, constant('d:pkg', 4), [], { name: 'leaf' })
  const d = new Binding('d:pkg', Any([[1, leaf]]))
  const top = await plug(engine, forwarding('test:leaf', 'd:pkg'), [d.only(1)], { name: 'top' })
  const binding = new Binding('test:leaf', ExactlyOne('t', top))
  unwrap(binding.dispatch('root', 'get-value').value)
  expect(JSON.parse(JSON.stringify(engine.graph()))).toEqual({
    plugins: [
      { id: 0, name: 'leaf', state: 'ready' },
      { id: 1, name: 'top', state: 'ready' },
    ],
    bindings: [
      { id: 0, packageName: 'd:pkg', kind: 'any', interfaces: ['root'] },
      { id: 1, packageName: 'test:leaf', kind: 'exactly-one', interfaces: ['root'] },
    ],
    plugs: [
      { plugin: 0, binding: 0, as: 1 },
      { plugin: 1, binding: 1, as: 't' },
    ],
    sockets: [{ plugin: 1, binding: 0 }],
  })
})

/** Calls from the host, by the names of the original's tests where they have one. */
import { expect, test } from 'vitest'
import {
  Any,
  AtMostOne,
  Binding,
  type BindingAny,
  Engine,
  ExactlyOne,
  hostPlugin,
  isWasmLinkError,
  type Untyped,
  unwrap,
} from '../../src/index.ts'
import { adding, constant, forwarding, leaf, onceOnly, plug, summing, trapping, voidLeaf } from './fixtures.ts'

const caught = (run: () => unknown): unknown => {
  try {
    run()
  } catch (error) {
    return error
  }
  return undefined
}

test('single_plugin_expect_primitive', async () => {
  const engine = new Engine()
  const binding = new Binding('test:leaf', ExactlyOne('leaf', await plug(engine, constant('test:leaf', 42))))
  expect(binding.dispatch('root', 'get-value').id).toBe('leaf')
  expect(binding.dispatch('root', 'get-value').value).toEqual({ ok: true, value: 42 })
})

test('single_plugin_void: nothing, and no placeholder', async () => {
  const engine = new Engine()
  const binding = new Binding('test:leaf', ExactlyOne('leaf', await plug(engine, voidLeaf('test:leaf'))))
  expect(binding.dispatch('root', 'run').value).toEqual({ ok: true, value: undefined })
})

test('deep_nesting, shared_dependency, multiple_sockets', async () => {
  const engine = new Engine()
  const binding = async (pkg: string, text: string, sockets: readonly BindingAny[] = []) =>
    new Binding(pkg, ExactlyOne(pkg, await plug(engine, text, sockets)))
  const c = await binding('c:pkg', constant('c:pkg', 1))
  const b = await binding('b:pkg', summing('b:pkg', ['c:pkg']), [c])
  const b2 = await binding('b2:pkg', summing('b2:pkg', ['c:pkg']), [c])
  const a = await binding('a:pkg', summing('a:pkg', ['b:pkg', 'b2:pkg', 'c:pkg']), [b, b2, c])
  expect(unwrap(a.dispatch('root', 'get-value').value)).toBe(3)
})

test('wrong_argument_count: a TypeError as cause, and the plugin lives on', async () => {
  const engine = new Engine()
  const binding = new Binding('test:add', ExactlyOne('add', await plug(engine, adding('test:add'))))
  const { value } = binding.dispatch('root', 'add', [])
  expect(value).toMatchObject({ ok: false, error: { kind: 'runtime-exception', id: 'add', path: 'test:add/root#add' } })
  expect(value.ok ? '' : String(value.error.cause)).toBe('TypeError: test:add/root#add: expected 2 argument(s), got 0')
  const wrong = binding.dispatch('root', 'add', [1, 2 ** 32]).value
  expect(wrong.ok ? '' : String(wrong.error.cause)).toMatch(/^RangeError: test:add\/root#add: param `b`: expected u32/)
  expect(unwrap(binding.dispatch('root', 'add', [40, 2]).value)).toBe(42)
})

test('invalid_interface, invalid_function, async_invalid_interface, async_invalid_function throw; nothing else does', async () => {
  const engine = new Engine()
  const binding = new Binding('test:leaf@1.2.3', ExactlyOne('leaf', await plug(engine, constant('test:leaf@1.2.3', 1))))
  const noInterface = caught(() => binding.dispatch('nope', 'get-value'))
  expect(noInterface).toMatchObject({
    kind: 'invalid-interface-path',
    name: 'DispatchError',
    path: 'test:leaf/nope@1.2.3',
  })
  expect(isWasmLinkError(noInterface)).toBe(true)
  const noFunction = caught(() => binding.dispatch('root', 'nope'))
  expect(noFunction).toMatchObject({ kind: 'invalid-function', path: 'test:leaf/root@1.2.3#nope' })
  await expect(binding.dispatchAsync('nope', 'x')).rejects.toMatchObject({ kind: 'invalid-interface-path' })
})

test('also of a binding without plugins', () => {
  const binding = new Binding('test:leaf', AtMostOne(), { interfaces: { root: { functions: { 'get-value': {} } } } })
  expect([...binding.dispatch('root', 'get-value')]).toEqual([])
  expect(caught(() => binding.dispatch('root', 'nope'))).toMatchObject({ kind: 'invalid-function' })
})

test('runtime_exception: the trap is the cause; afterwards the plugin is unavailable', async () => {
  const engine = new Engine()
  const instance = await plug(engine, trapping('test:leaf'))
  const binding = new Binding('test:leaf', ExactlyOne('leaf', instance))
  const first = binding.dispatch('root', 'get-value').value
  expect(first).toMatchObject({
    ok: false,
    error: { kind: 'runtime-exception', cause: { kind: 'trap', code: 'unreachable' } },
  })
  expect(instance.state).toBe('trapped')
  const second = binding.dispatch('root', 'get-value').value
  expect(second).toMatchObject({ ok: false, error: { kind: 'plugin-unavailable', cause: { code: 'unreachable' } } })
  instance[Symbol.dispose]()
  const third = binding.dispatch('root', 'get-value').value
  expect(third).toMatchObject({ ok: false, error: { kind: 'plugin-unavailable', cause: { kind: 'closed' } } })
})

test('whatever a limiter throws is an answer', async () => {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  const refusing = new Proxy(new TypeError('no'), {
    get() {
      throw new RangeError('not this')
    },
  })
  for (const cause of [proxy, refusing, undefined, Symbol('s')]) {
    const perCall = (): never => {
      throw cause
    }
    const plugin = await plug(new Engine(), constant('my:pkg', 1), [], { limits: { fuel: { perCall } } })
    const { value } = new Binding('my:pkg', ExactlyOne('a', plugin)).dispatch('root', 'get-value') as Untyped
    expect(value).toMatchObject({ ok: false, error: { kind: 'runtime-exception' } })
  }
})

test('C6 A10 10.3.19: results keep the order, and one failure touches no other', async () => {
  const engine = new Engine()
  const binding = new Binding(
    'test:leaf',
    Any([
      ['z', await plug(engine, constant('test:leaf', 1))],
      [7n, await plug(engine, trapping('test:leaf'))],
      [true, await plug(engine, constant('test:leaf', 3))],
    ]),
  )
  const results = [...binding.dispatch('root', 'get-value')].map(([id, r]) => [id, r.ok ? r.value : r.error.kind])
  expect(results).toEqual([
    ['z', 1],
    [7n, 'runtime-exception'],
    [true, 3],
  ])
})

test('10.3.19: views are live: one plugin, or some', async () => {
  const engine = new Engine()
  const [one, two] = [await plug(engine, constant('test:leaf', 1)), await plug(engine, constant('test:leaf', 2))]
  const binding = new Binding('test:leaf', Any(new Map([['one', one]])))
  const odd = binding.filter((id) => id !== 'one')
  expect(odd.dispatch('root', 'get-value').size).toBe(0)
  binding.plug('two', two)
  expect([...odd.dispatch('root', 'get-value')]).toEqual([['two', { ok: true, value: 2 }]])
  const only = binding.only('two')
  expect(only.dispatch('root', 'get-value')).toMatchObject({
    kind: 'exactly-one',
    id: 'two',
    value: { ok: true, value: 2 },
  })
  expect(only.plugins.value).toBe(two)
  binding.unplug('two')
  expect(only.dispatch('root', 'get-value').value).toMatchObject({ ok: false, error: { kind: 'plugin-unavailable' } })
  expect(caught(() => binding.only('three'))).toMatchObject({ kind: 'link', problems: [{ kind: 'bad-id' }] })
})

test('a WIT result is data', async () => {
  const engine = new Engine()
  const text = leaf(
    'test:r/root',
    '(func (export "half") (param i32) (result i32) (i32.and (local.get 0) (i32.const 1)))',
    { half: '(param "n" u32) (result (result))' },
  )
  const binding = new Binding('test:r', ExactlyOne('r', await plug(engine, text)))
  expect(binding.dispatch('root', 'half', [1]).value).toEqual({ ok: true, value: { tag: 'err', val: undefined } })
  expect(binding.dispatch('root', 'half', [2]).value).toEqual({ ok: true, value: { tag: 'ok', val: undefined } })
})

test('10.3.16: a plugin that is busy with the call that leads here answers lock-rejected', async () => {
  const engine = new Engine()
  const seen: unknown[] = []
  const late: { binding?: Binding } = {}
  const host = hostPlugin(engine, {
    'test:host/root': {
      getValue: () => {
        for (const [, result] of late.binding?.dispatch('root', 'get-value') ?? []) seen.push(result)
        return 5
      },
    },
  })
  const callback = new Binding('test:host', ExactlyOne('host', host))
  const binding = new Binding(
    'test:a',
    ExactlyOne('a', await plug(engine, forwarding('test:a', 'test:host'), [callback])),
  )
  late.binding = binding as Binding
  expect(unwrap(binding.dispatch('root', 'get-value').value)).toBe(5)
  expect(seen).toMatchObject([{ ok: false, error: { kind: 'lock-rejected', id: 'a' } }])
  expect(unwrap(binding.dispatch('root', 'get-value').value)).toBe(5)
})

test('10.3.14: the call depth is limited by name', async () => {
  const engine = new Engine()
  let binding = new Binding('p0:pkg', ExactlyOne('p', await plug(engine, constant('p0:pkg', 7)))) as BindingAny
  const chain = [binding]
  for (let i = 1; i <= 64; i++) {
    const text = forwarding(`p${i}:pkg`, `p${i - 1}:pkg`)
    binding = new Binding(`p${i}:pkg`, ExactlyOne('p', await plug(engine, text, [binding]))) as BindingAny
    chain.push(binding)
  }
  const [sixtyFour, more] = [chain[63], chain[64]].map((b) => [...(b?.dispatch('root', 'get-value') ?? [])][0]?.[1])
  expect(sixtyFour).toEqual({ ok: true, value: 7 })
  expect(more).toMatchObject({ ok: false, error: { kind: 'runtime-exception', cause: {} } })
  let cause: unknown = more
  while (typeof cause === 'object' && cause !== null) {
    if ('limit' in cause) break
    cause = 'error' in cause ? cause.error : 'cause' in cause ? cause.cause : undefined
  }
  expect(cause).toMatchObject({ kind: 'limit', limit: 'callDepth', used: 65, cap: 64 })
})

test('dispatchAsync gives the same containers; an abort is an answer', async () => {
  const engine = new Engine()
  const binding = new Binding('test:leaf', ExactlyOne('leaf', await plug(engine, onceOnly('test:leaf'))))
  expect((await binding.dispatchAsync('root', 'get-value')).value).toEqual({ ok: true, value: 1 })
  const aborted = await binding.dispatchAsync('root', 'get-value', [], { signal: AbortSignal.abort('enough') })
  expect(aborted.value).toMatchObject({ ok: false, error: { kind: 'cancelled', cause: 'enough' } })
  expect((await binding.dispatchAsync('root', 'get-value')).value).toMatchObject({
    error: { kind: 'runtime-exception' },
  })
})

test('Y6 10.3.14: propagates_executor_rejection; calls queue in turn, and only so many', async () => {
  const engine = new Engine()
  const text = constant('test:leaf', 1)
  const refusing = new Binding('test:leaf', ExactlyOne('r', await plug(engine, text, [], { executor: () => false })))
  expect((await refusing.dispatchAsync('root', 'get-value')).value).toMatchObject({
    error: { kind: 'executor-unavailable' },
  })
  expect(refusing.dispatch('root', 'get-value').value.ok).toBe(true)

  const started: (() => void)[] = []
  const options = { executor: (run: () => void) => started.push(run) > 0, limits: { queuedCalls: 1 } }
  const slow = new Binding('test:leaf', ExactlyOne('s', await plug(engine, text, [], options)))
  const calls = [1, 2, 3].map(() => slow.dispatchAsync('root', 'get-value'))
  expect((await calls[2])?.value).toMatchObject({ error: { kind: 'executor-unavailable' } })
  expect(started.length).toBe(1)
  started[0]?.()
  expect((await calls[0])?.value).toEqual({ ok: true, value: 1 })
  await Promise.resolve()
  expect(started.length).toBe(2)
  started[1]?.()
  expect((await calls[1])?.value).toEqual({ ok: true, value: 1 })
})

test('Y8 10.3.16: a waiting cycle is told at once', async () => {
  const engine = new Engine()
  const late: { binding?: Binding; answer?: Promise<unknown> | undefined } = {}
  const host = hostPlugin(engine, {
    'test:host/root': {
      getValue: () => {
        late.answer = late.binding?.dispatchAsync('root', 'get-value')
        return 5
      },
    },
  })
  const callback = new Binding('test:host', ExactlyOne('host', host))
  const a = await plug(engine, forwarding('test:a', 'test:host'), [callback])
  late.binding = new Binding('test:a', ExactlyOne('a', a)) as Binding
  expect(a.exports.root.getValue()).toBe(5)
  const results = await late.answer
  expect([...(results as Iterable<unknown>)]).toMatchObject([['a', { ok: false, error: { kind: 'lock-rejected' } }]])
})

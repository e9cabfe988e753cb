/** Asynchronous functions of plugins, row by row: who waits, who runs beside whom, who is told what. */
import { describe, expect, test } from 'vitest'
import {
  Any,
  Binding,
  type BindingAny,
  Engine,
  ExactlyOne,
  hostPlugin,
  type PluginInstance,
  type PluginOptions,
} from '../../src/index.ts'
import { adding, constant, DISPATCH_ERROR, forwarding, plug, relay, trapping } from './fixtures.ts'

/** `get-value: async func() -> u32`, lifted synchronously. */
const LEAF = (body: string): string => `(component
  (core module $m (func (export "f") (result i32) ${body}))
  (core instance $i (instantiate $m))
  (func $f async (result u32) (canon lift (core func $i "f")))
  (instance $e (export "get-value" (func $f)))
  (export "test:leaf/root" (instance $e)))`

/** Imports `get-value` of `from`, asynchronously; exports its own, which asks, waits and answers what it was given plus 1. */
const WAITER = (pkg: string, from: string): string => `(component
  (import "${from}/root" (instance $d (export "get-value" (func async (result u32)))))
  (core module $Memory (memory (export "mem") 1))
  (core instance $memory (instantiate $Memory))
  (core module $M
    (import "" "mem" (memory 1))
    (import "" "get" (func $get (param i32) (result i32)))
    (import "" "return" (func $return (param i32)))
    (import "" "new" (func $new (result i32)))
    (import "" "join" (func $join (param i32 i32)))
    (import "" "drop" (func $drop (param i32)))
    ;; each call has a place for its answer, found again by its subtask
    (global $top (mut i32) (i32.const 1024))
    (func (export "run") (result i32) (local $status i32) (local $set i32) (local $at i32)
      (global.set $top (i32.add (global.get $top) (i32.const 4)))
      (local.set $at (global.get $top))
      (local.set $status (call $get (local.get $at)))
      (if (i32.eq (i32.and (local.get $status) (i32.const 15)) (i32.const 2))
        (then (call $return (i32.add (i32.load (local.get $at)) (i32.const 1))) (return (i32.const 0))))
      (i32.store (i32.and (i32.shr_u (local.get $status) (i32.const 2)) (i32.const -4)) (local.get $at))
      (local.set $set (call $new))
      (call $join (i32.shr_u (local.get $status) (i32.const 4)) (local.get $set))
      (i32.or (i32.const 2) (i32.shl (local.get $set) (i32.const 4))))
    (func (export "cb") (param i32 i32 i32) (result i32)
      (call $drop (local.get 1))
      (call $return (i32.add (i32.load (i32.load (i32.shl (local.get 1) (i32.const 2)))) (i32.const 1)))
      (i32.const 0)))
  (core func $get (canon lower (func $d "get-value") async (memory (core memory $memory "mem"))))
  (core func $return (canon task.return (result u32)))
  (core func $new (canon waitable-set.new)) (core func $join (canon waitable.join)) (core func $drop (canon subtask.drop))
  (core instance $m (instantiate $M (with "" (instance (export "mem" (memory $memory "mem")) (export "get" (func $get))
    (export "return" (func $return)) (export "new" (func $new)) (export "join" (func $join)) (export "drop" (func $drop))))))
  (func $run async (result u32) (canon lift (core func $m "run") async (callback (core func $m "cb"))))
  (instance $e (export "get-value" (func $run)))
  (export "${pkg}/root" (instance $e)))`

const later = <T>(value: T, ms = 1): Promise<T> => new Promise((resolve) => setTimeout(resolve, ms, value))

/** An asynchronous plug in JavaScript, and one in wasm that tells its type. */
async function slow(engine: Engine, getValue: () => Promise<number>, pkg = 'test:leaf'): Promise<BindingAny> {
  const type = { kind: 'func', async: true, params: [], result: { kind: 'u32' } } as const
  const interfaces = { root: { functions: { 'get-value': { type } } } }
  return new Binding(pkg, ExactlyOne('js', hostPlugin(engine, { [`${pkg}/root`]: { getValue } }, { name: 'js' })), {
    interfaces,
  })
}

const answerOf = async (binding: Binding): Promise<unknown> => {
  const [[, result] = []] = await binding.dispatchAsync('root', 'get-value')
  return result?.ok === true ? result.value : result?.error.kind
}

const only = (pkg: string, plugin: PluginInstance): Binding => new Binding(pkg, ExactlyOne('a', plugin)) as Binding

test('Y1 Y2: a busy plugin is waited for, in turn', async () => {
  const engine = new Engine()
  const started: (() => void)[] = []
  const options: PluginOptions<undefined> = { executor: (run) => started.push(run) > 0 }
  const binding = only('test:leaf', await plug(engine, constant('test:leaf', 5), [], options))
  const calls = [1, 2, 3].map(() => answerOf(binding))
  for (const n of [1, 2, 3]) {
    expect(started.length).toBe(n)
    started[n - 1]?.()
    expect(await calls[n - 1]).toBe(5)
    await later(0)
  }
})

test('Y3: asynchronous calls of one plugin run side by side', async () => {
  const engine = new Engine()
  const answers: ((value: number) => void)[] = []
  const leaf = await slow(engine, () => new Promise((resolve) => answers.push(resolve)))
  const waiter = only('test:mid', await plug(engine, WAITER('test:mid', 'test:leaf'), [leaf]))
  const calls = [answerOf(waiter), answerOf(waiter)]
  await later(0)
  expect(answers.length).toBe(2)
  answers[1]?.(20)
  answers[0]?.(10)
  expect((await Promise.all(calls)).sort()).toEqual([11, 21])
})

test('Y4: the plugins of a binding are asked together', async () => {
  const engine = new Engine()
  const answers: ((value: number) => void)[] = []
  const getValue = () => new Promise<number>((resolve) => answers.push(resolve))
  const js = () => hostPlugin(engine, { 'test:leaf/root': { getValue } })
  const binding = new Binding(
    'test:leaf',
    Any([
      ['wasm', await plug(engine, LEAF('(i32.const 1)'))],
      ['a', js()],
      ['b', js()],
    ]),
  ) as Binding
  const results = binding.dispatchAsync('root', 'get-value')
  await later(0)
  expect(answers.length).toBe(2)
  answers[1]?.(3)
  answers[0]?.(2)
  expect([...(await results)].map(([id, r]) => [id, r.ok && r.value])).toEqual([
    ['wasm', 1],
    ['a', 2],
    ['b', 3],
  ])
})

test('Y5 dependant_plugins_async links and answers on one thread: a call inside a call, twice at once', async () => {
  const engine = new Engine()
  const leaf = only('test:leaf', await plug(engine, LEAF('(i32.const 41)'))) as BindingAny
  const root = only('test:mid', await plug(engine, WAITER('test:mid', 'test:leaf'), [leaf]))
  expect(await Promise.all([answerOf(root), answerOf(root)])).toEqual([42, 42])
})

test('Y6 reports_when_executor_rejects: refusing is an answer, and so is never starting', async () => {
  const engine = new Engine()
  const refusing = await plug(engine, LEAF('(i32.const 1)'), [], { executor: () => false })
  expect(await answerOf(only('test:leaf', refusing))).toBe('executor-unavailable')
  const forgetful = await plug(engine, LEAF('(i32.const 1)'), [], { executor: () => true })
  const call = answerOf(only('test:leaf', forgetful))
  await later(0)
  forgetful[Symbol.dispose]()
  expect(await call).toBe('plugin-unavailable')
})

test('Y7: an abort ends the call in the plugin too', async () => {
  const engine = new Engine()
  const signals: AbortSignal[] = []
  const type = { kind: 'func', async: true, params: [], result: { kind: 'u32' } } as const
  const js = hostPlugin(engine, (caller) => ({
    'test:leaf/root': {
      getValue: () => {
        signals.push(caller.call.signal as AbortSignal)
        return new Promise<number>(() => {})
      },
    },
  }))
  const leaf = new Binding('test:leaf', ExactlyOne('js', js), {
    interfaces: { root: { functions: { 'get-value': { type } } } },
  })
  const root = only('test:mid', await plug(engine, WAITER('test:mid', 'test:leaf'), [leaf]))
  const controller = new AbortController()
  const call = root.dispatchAsync('root', 'get-value', [], { signal: controller.signal })
  await later(0)
  controller.abort('enough')
  expect([...(await call)]).toMatchObject([['a', { ok: false, error: { kind: 'cancelled', cause: 'enough' } }]])
  await later(0)
  // this waiter traps when it is told: that is its own end, and its call's to the host ends with it
  expect(signals.map(({ aborted }) => aborted)).toEqual([true])
})

test('Y9: names, arguments and results are checked as for synchronous calls', async () => {
  const binding = only('test:add', await plug(new Engine(), adding('test:add')))
  await expect(binding.dispatchAsync('nope', 'x')).rejects.toMatchObject({ kind: 'invalid-interface-path' })
  await expect(binding.dispatchAsync('root', 'nope')).rejects.toMatchObject({ kind: 'invalid-function' })
  const [[, wrong] = []] = await binding.dispatchAsync('root', 'add', [])
  expect(wrong).toMatchObject({ ok: false, error: { kind: 'runtime-exception' } })
  expect(wrong?.ok === false && String(wrong.error.cause)).toContain('expected 2 argument(s), got 0')
  const [[, right] = []] = await binding.dispatchAsync('root', 'add', [1, 2])
  expect(right).toEqual({ ok: true, value: 3 })
})

describe('10.3.17: synchronous and asynchronous plugins in one graph', () => {
  test('an asynchronous plugin that asks a synchronous one, in JavaScript and in wasm', async () => {
    const engine = new Engine()
    const js = await slow(engine, () => later(10))
    const mid = only('test:mid', await plug(engine, WAITER('test:mid', 'test:leaf'), [js]))
    const sync = only('test:sync', await plug(engine, constant('test:sync', 7)))
    const top = only('test:top', await plug(engine, forwarding('test:top', 'test:sync'), [sync as BindingAny]))
    expect(await Promise.all([answerOf(mid), answerOf(top), answerOf(sync)])).toEqual([11, 7, 7])
    expect([...sync.dispatch('root', 'get-value')]).toEqual([['a', { ok: true, value: 7 }]])
    expect([...mid.dispatch('root', 'get-value')]).toMatchObject([['a', { error: { kind: 'needs-async' } }]])
  })

  test('three in a row, each waiting for the next', async () => {
    const engine = new Engine()
    const js = await slow(engine, () => later(10))
    const a = only('test:a', await plug(engine, WAITER('test:a', 'test:leaf'), [js])) as BindingAny
    const b = only('test:b', await plug(engine, WAITER('test:b', 'test:a'), [a])) as BindingAny
    const c = only('test:c', await plug(engine, WAITER('test:c', 'test:b'), [b]))
    expect(await answerOf(c)).toBe(13)
  })

  test('X1: the last of them fails: a plain consumer ends with the cause, one with a place for it does not', async () => {
    const engine = new Engine()
    const js = await slow(engine, async () => Promise.reject(new Error('lost')))
    const a = await plug(engine, WAITER('test:a', 'test:leaf'), [js])
    const b = await plug(engine, WAITER('test:b', 'test:a'), [only('test:a', a) as BindingAny])
    expect(await answerOf(only('test:b', b))).toBe('runtime-exception')
    expect([a.state, b.state]).toEqual(['trapped', 'trapped'])
    expect(a.trap).toMatchObject({ code: 'host-threw', cause: { message: 'lost' } })
    expect(b.trap).toMatchObject({ code: 'host-threw', cause: a.trap })
  })
})

test('every call is traced to its end, also one that waits', async () => {
  const calls: string[] = []
  const engine = new Engine({
    trace: {
      call: ({ plugin, caller }) => {
        calls.push(`${caller ?? 'host'} → ${plugin}`)
        return ({ error }) => calls.push(`${plugin} ${error?.kind ?? 'answered'}`)
      },
    },
  })
  const answers: ((value: number) => void)[] = []
  const js = await slow(engine, () => new Promise((resolve) => answers.push(resolve)))
  const mid = await plug(engine, WAITER('test:mid', 'test:leaf'), [js], { name: 'mid' })
  const call = answerOf(only('test:mid', mid))
  await later(0)
  expect(calls).toEqual(['host → mid', 'mid → js'])
  answers[0]?.(1)
  expect(await call).toBe(2)
  expect(calls).toEqual(['host → mid', 'mid → js', 'js answered', 'mid answered'])
  calls.length = 0
  const lost = answerOf(only('test:mid', mid))
  await later(0)
  mid[Symbol.dispose]()
  expect(await lost).toBe('plugin-unavailable')
  await later(0)
  expect(calls.filter((line) => !line.includes('→')).sort()).toEqual(['js answered', 'mid closed'].sort())
})

test('method_argument_validation_async, dependant_error_encoding: a failure of an asynchronous plugin is an answer', async () => {
  const engine = new Engine()
  const leaves = only('test:leaf', await plug(engine, trapping('test:leaf')))
  const text = relay({
    from: 'test:leaf/root',
    result: '(tuple string (result u32 (error $e)))',
    error: DISPATCH_ERROR,
  })
  const top = await plug(engine, text, [leaves as BindingAny])
  expect(await top.func('relay').callAsync([])).toEqual([
    'a',
    { tag: 'err', val: { tag: 'runtime-exception', val: 'wasm `unreachable` instruction executed' } },
  ])
})

test('10.3.11: a plugin that is replaced finishes the calls it has, the new one has the others', async () => {
  const engine = new Engine()
  const answers: ((value: number) => void)[] = []
  const js = await slow(engine, () => new Promise((resolve) => answers.push(resolve)))
  const old = await plug(engine, WAITER('test:mid', 'test:leaf'), [js], { name: 'old' })
  const binding = only('test:mid', old)
  const before = answerOf(binding)
  await later(0)
  const next = await plug(engine, LEAF('(i32.const 7)').replace('test:leaf/root', 'test:mid/root'))
  expect(binding.replace('a' as never, next)).toBe(old)
  expect(await answerOf(binding)).toBe(7)
  const drained = old[Symbol.asyncDispose]()
  await later(0)
  expect(old.state).toBe('ready')
  answers[0]?.(40)
  expect(await before).toBe(41)
  await drained
  expect(old.state).toBe('disposed')
})

test('10.3.11: so does one that is unplugged in the middle of a call', async () => {
  const engine = new Engine()
  const held: { binding?: Binding } = {}
  const js = hostPlugin(engine, {
    'test:host/root': {
      getValue: () => {
        held.binding?.unplug('a' as never)
        return 5
      },
    },
  })
  const host = new Binding('test:host', ExactlyOne('js', js)) as BindingAny
  const plugin = await plug(engine, forwarding('test:a', 'test:host'), [host])
  held.binding = new Binding('test:a', Any([['a', plugin]])) as Binding
  expect([...held.binding.dispatch('root', 'get-value')]).toEqual([['a', { ok: true, value: 5 }]])
  expect([held.binding.plugins.size, plugin.state]).toEqual([0, 'ready'])
})

test('calls that wait their turn end with the plugin', async () => {
  const engine = new Engine()
  const started: (() => void)[] = []
  const plugin = await plug(engine, constant('test:leaf', 5), [], { executor: (run) => started.push(run) > 0 })
  const binding = only('test:leaf', plugin)
  const calls = [1, 2, 3].map(() => answerOf(binding))
  await later(0)
  plugin[Symbol.dispose]()
  expect(await Promise.all(calls)).toEqual(['plugin-unavailable', 'plugin-unavailable', 'plugin-unavailable'])
  started[0]?.()
})

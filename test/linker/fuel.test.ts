/** Fuel, row by row: F1–F11 of the original, what happens after exhaustion (§5.6), and pools. */
import { describe, expect, test } from 'vitest'
import {
  Binding,
  Component,
  Engine,
  ExactlyOne,
  FuelPool,
  LimitError,
  type LimitedCall,
  type Limits,
  Linker,
  Plugin,
  type PluginInstance,
} from '../../src/index.ts'
import { BURNER, begin, METERS, type MeterName, START_UPS, startUpComponent } from './budget-fixtures.ts'
import { rejected, thrown } from './help.ts'

const outOfFuel = { kind: 'limit', limit: 'fuel' }

/** A relay: calls `burn` of its import so often, and costs 4 for each turn itself. */
const RELAY = `(component
  (import "test:fuel/root" (instance $root (export "burn" (func (param "n" u32) (result u32)))))
  (core func $burn (canon lower (func $root "burn")))
  (core module $m
    (import "root" "burn" (func $burn (param i32) (result i32)))
    (func (export "run") (param $n i32) (result i32) (call $burn (local.get $n))))
  (core instance $i (instantiate $m (with "root" (instance (export "burn" (func $burn))))))
  (func $run (param "n" u32) (result u32) (canon lift (core func $i "run")))
  (instance $e (export "run" (func $run)))
  (export "test:relay/root" (instance $e)))`

interface Pair {
  readonly burner: PluginInstance
  readonly relay: PluginInstance
  run(n: number): unknown
}

async function pair(meter: MeterName, burns: Limits, relays: Limits): Promise<Pair> {
  const engine = new Engine({ meter })
  const [one, two] = await Promise.all([Component.compile(BURNER, { engine }), Component.compile(RELAY, { engine })])
  const burner = await new Plugin(one, { name: 'burner', limits: burns }).instantiate(engine)
  const binding = new Binding('test:fuel', ExactlyOne('burner', burner))
  const relay = await new Plugin(two, { name: 'relay', limits: relays }).link(engine, new Linker(engine), [binding])
  const front = new Binding('test:relay', ExactlyOne('relay', relay))
  return { burner, relay, run: (n) => front.dispatch('root', 'run', [n]).value }
}

describe.each(METERS)('%s', (meter) => {
  test('F1, F4: no engine option is needed for a limiter to hold', async () => {
    const { instance } = await begin(meter, BURNER, { fuel: { perCall: 100 } })
    expect(thrown(() => instance.exports.burn(1000))).toMatchObject({
      ...outOfFuel,
      cap: 100,
      option: 'limits.fuel.perCall',
    })
  })

  test('F2: the limiter’s value replaces what was left', async () => {
    const values = [50_000, 3, 50_000]
    const { instance } = await begin(meter, BURNER, { fuel: { perCall: () => values.shift() ?? 0 } })
    expect(instance.exports.root.burn(100)).toBe(42)
    expect(instance.exports.root.getValue()).toBe(42)
    expect(instance.usage().fuel).toMatchObject({ remaining: 1, limit: 3 })
    expect(instance.exports.root.burn(100)).toBe(42)
  })

  test('F3: the rest stays, and the next limiter can keep it', async () => {
    const seen: number[] = []
    const { instance } = await begin(meter, BURNER, {
      fuel: {
        initial: 7,
        perCall: ({ remaining }) => {
          seen.push(remaining)
          return seen.length === 1 ? 1000 : remaining
        },
      },
    })
    instance.exports.root.getValue()
    instance.exports.root.getValue()
    instance.exports.root.getValue()
    expect(seen).toEqual([7, 998, 996])
  })

  test('F5: without a limiter there is no limit, and nothing is counted', async () => {
    const engine = new Engine({ meter })
    const component = await Component.compile(BURNER, { engine })
    const instance = await component.instantiate({}, { engine })
    expect(instance.exports.burn(1_000_000)).toBe(42)
    expect(instance.usage().fuel).toEqual({
      used: undefined,
      peak: undefined,
      remaining: Number.POSITIVE_INFINITY,
      limit: Number.POSITIVE_INFINITY,
    })
  })

  test('F6: a budget without figures is a finite one, not an empty one', async () => {
    const { instance } = await begin(meter, BURNER, { fuel: {} })
    expect(instance.exports.burn(1000)).toBe(42)
    expect(instance.usage().fuel.limit).toBe(1e7)
    expect(thrown(() => instance.exports.root.spin())).toMatchObject({ ...outOfFuel, option: 'limits.fuel.initial' })
  })

  test.each([
    [100, false],
    [100_000, true],
  ])('F7: initial fuel of %i alone is a budget for life: %s', async (initial, enough) => {
    const { instance } = await begin(meter, BURNER, { fuel: { initial } })
    expect(instance.exports.root.getValue()).toBe(42)
    if (enough) expect(instance.exports.burn(1000)).toBe(42)
    else
      expect(thrown(() => instance.exports.burn(1000))).toMatchObject({
        ...outOfFuel,
        cap: 100,
        option: 'limits.fuel.initial',
      })
  })

  test('F7: calls draw on it one after the other', async () => {
    const { instance } = await begin(meter, BURNER, { fuel: { initial: 6 } })
    for (let i = 0; i < 3; i++) expect(instance.exports.root.getValue()).toBe(42)
    expect(thrown(() => instance.exports.root.getValue())).toMatchObject(outOfFuel)
  })

  test('F8: initial fuel covers start-up, and the first call replaces what is left', async () => {
    const { instance } = await begin(meter, BURNER, { fuel: { initial: 0, perCall: 2 } })
    expect(instance.exports.root.getValue()).toBe(42)
  })

  test.each(Object.entries(START_UPS))('F9: %s is paid for', async (_, module) => {
    const error = await rejected(begin(meter, startUpComponent(module), { fuel: { initial: 0 } }))
    expect(error).toBeInstanceOf(LimitError)
    expect(error).toMatchObject({ ...outOfFuel, cap: 0, option: 'limits.fuel.initial' })
    const { instance } = await begin(meter, startUpComponent(module), { fuel: { initial: 100_000 } })
    expect(instance.usage().fuel.used).toBeGreaterThan(0)
  })

  test('F9: a start function of one nop costs 3', async () => {
    const text = startUpComponent(START_UPS['a start function'] ?? '')
    const { instance } = await begin(meter, text, { fuel: { initial: 4 } })
    expect(instance.usage().fuel).toMatchObject({ used: 3, remaining: 1 })
    // as in wasmtime: who enters a function with nothing left stops there
    expect(await rejected(begin(meter, text, { fuel: { initial: 3 } }))).toMatchObject(outOfFuel)
  })

  test('a start function cannot hang as soon as any fuel is asked for', async () => {
    const endless = startUpComponent('(func $start (loop br 0)) (start $start)')
    expect(await rejected(begin(meter, endless, { fuel: { perCall: () => 1 } }))).toMatchObject({
      ...outOfFuel,
      cap: 1e7,
    })
  })

  test('F10: running out ends that plugin only', async () => {
    const { burner, relay, run } = await pair(meter, { fuel: { perCall: 100 } }, {})
    expect(run(1000)).toMatchObject({ ok: false, error: { kind: 'runtime-exception' } })
    expect(burner.state).toBe('trapped')
    expect(burner.trap).toMatchObject(outOfFuel)
    // a plain import has no place for the failure: the consumer ends as well, of another’s limit
    expect(relay.trap).toMatchObject({ kind: 'trap', cause: outOfFuel })
  })

  test('F11: the callee pays, by its own limiter, and the caller is not charged', async () => {
    const { burner, relay, run } = await pair(meter, { fuel: { perCall: 50_000 } }, { fuel: { perCall: 100 } })
    expect(run(1000)).toEqual({ ok: true, value: 42 })
    expect(burner.usage().fuel.used).toBeGreaterThan(1000)
    expect(relay.usage().fuel.used).toBeLessThan(20)
  })

  test('X6: or the caller pays, and cannot refill through the callee', async () => {
    const { burner, relay, run } = await pair(
      meter,
      { fuel: { charge: 'caller', perCall: 1e9 } },
      { fuel: { perCall: 50_000 } },
    )
    expect(run(1000)).toEqual({ ok: true, value: 42 })
    const { used = 0 } = burner.usage().fuel
    expect(used).toBeGreaterThan(1000)
    expect(relay.usage().fuel.used).toBeGreaterThan(used)
    expect(relay.usage().fuel.remaining).toBe(50_000 - (relay.usage().fuel.used ?? 0))
    expect(run(50_000)).toMatchObject({ ok: false })
    expect(burner.trap).toMatchObject({ ...outOfFuel, cap: 50_000 })
  })

  test('the caller pays nothing where it has no limit; the host’s calls are the callee’s', async () => {
    const { burner, run } = await pair(meter, { fuel: { charge: 'caller', perCall: 10 } }, {})
    expect(run(1000)).toEqual({ ok: true, value: 42 })
    expect(thrown(() => burner.exports.root.burn(1000))).toMatchObject({ ...outOfFuel, cap: 10 })
  })

  test('a limiter is asked once for each call, with its facts', async () => {
    const calls: LimitedCall<unknown>[] = []
    const engine = new Engine({ meter })
    const component = await Component.compile(BURNER, { engine })
    const limits: Limits<{ user: string }> = {
      fuel: {
        perCall: (call) => {
          calls.push(call)
          return 1e6
        },
      },
    }
    const plugin = await new Plugin(component, {
      context: { user: 'bob' },
      limits,
      remap: { exports: { root: { items: { 'requested': 'burn' } } } },
    }).instantiate(engine)
    const binding = new Binding('test:fuel', ExactlyOne('it', plugin), {
      interfaces: { root: { functions: { requested: {} } } },
    })
    expect(binding.dispatch('root', 'requested', [3]).value).toEqual({ ok: true, value: 42 })
    plugin.exports.burn(1)
    plugin.exports.root.getValue()
    expect(calls.map(({ interface: path, function: name }) => `${path} ${name}`)).toEqual([
      'test:fuel/root requested',
      ' burn',
      'test:fuel/root get-value',
    ])
    expect(calls[0]).toMatchObject({
      context: { user: 'bob' },
      caller: undefined,
      type: { kind: 'func', async: false },
    })
  })

  test('a limiter learns who calls', async () => {
    const callers: (string | undefined)[] = []
    const { run } = await pair(
      meter,
      {
        fuel: {
          perCall: ({ caller }) => {
            callers.push(caller)
            return 1e6
          },
        },
      },
      {},
    )
    run(1)
    expect(callers).toEqual(['relay'])
  })

  test('a limiter that fails, or answers no figure, fails the call before anything runs', async () => {
    const answers: (() => number)[] = [
      () => {
        throw new Error('not today')
      },
      () => -1,
      () => 100,
    ]
    const { instance } = await begin(meter, BURNER, { fuel: { perCall: () => (answers.shift() ?? (() => 0))() } })
    expect(thrown(() => instance.exports.root.getValue()).message).toBe('not today')
    expect(thrown(() => instance.exports.root.getValue())).toBeInstanceOf(RangeError)
    expect(instance.state).toBe('ready')
    expect(instance.exports.root.getValue()).toBe(42)
  })

  test('wrong arguments are found before the limiter is asked', async () => {
    let asked = 0
    const { instance } = await begin(meter, BURNER, {
      fuel: {
        perCall: () => {
          asked += 1
          return 100
        },
      },
    })
    expect(thrown(() => instance.exports.burn('x'))).toBeInstanceOf(TypeError)
    expect(asked).toBe(0)
  })

  describe('§5.6 after a trap', () => {
    test.each([
      ['fuel', (exports: { root: { spin(): void } }) => exports.root.spin()],
      ['unreachable', (exports: { root: { boom(): void } }) => exports.root.boom()],
    ])('by %s: no later call enters, and no limiter is asked', async (_, fail) => {
      let asked = 0
      const { instance } = await begin(meter, BURNER, {
        fuel: {
          perCall: () => {
            asked += 1
            return 1000
          },
        },
      })
      thrown(() => fail(instance.exports))
      expect(instance.state).toBe('trapped')
      expect(thrown(() => instance.exports.root.getValue())).toMatchObject({ kind: 'trap', code: 'cannot-enter' })
      expect(asked).toBe(1)
    })

    test('a restart has its budget anew', async () => {
      const engine = new Engine({ meter })
      const component = await Component.compile(BURNER, { engine })
      const plugin = await new Plugin(component, {
        limits: { fuel: { initial: 1000 } },
        restart: 'on-next-call',
      }).instantiate(engine)
      const binding = new Binding('test:fuel', ExactlyOne('it', plugin))
      expect(binding.dispatch('root', 'spin').value).toMatchObject({ ok: false, error: { cause: outOfFuel } })
      expect(binding.dispatch('root', 'get-value').value).toEqual({ ok: true, value: 42 })
      expect(plugin.restarts).toBe(1)
      expect(plugin.usage().fuel).toMatchObject({ used: 2, remaining: 998 })
    })
  })

  describe('a pool', () => {
    test('is one budget for several plugins, exact while they share it', async () => {
      const pool = new FuelPool(100_000)
      const { burner, relay, run } = await pair(meter, { fuel: { pool } }, { fuel: { pool } })
      expect(run(1000)).toEqual({ ok: true, value: 42 })
      const used = (burner.usage().fuel.used ?? 0) + (relay.usage().fuel.used ?? 0)
      expect(used).toBeGreaterThan(1000)
      expect(pool.remaining).toBe(100_000 - used)
    })

    test('runs dry for all of them, and can be filled again', async () => {
      const pool = new FuelPool(1000)
      const engine = new Engine({ meter })
      const component = await Component.compile(BURNER, { engine })
      const [one, two] = await Promise.all(
        [1, 2].map(() => component.instantiate({}, { engine, limits: { fuel: { pool } } })),
      )
      expect(thrown(() => one?.exports.root.spin())).toMatchObject({
        ...outOfFuel,
        cap: 1000,
        option: 'limits.fuel.pool',
      })
      pool.add(2)
      expect(two?.exports.root.getValue()).toBe(42)
      expect(pool.remaining).toBe(0)
      expect(thrown(() => two?.exports.root.getValue())).toMatchObject({ ...outOfFuel, cap: 1002 })
    })

    test('holds beside a limit of each call', async () => {
      const pool = new FuelPool(1e6)
      const { instance } = await begin(meter, BURNER, { fuel: { pool, perCall: 100 } })
      expect(thrown(() => instance.exports.burn(1000))).toMatchObject({
        ...outOfFuel,
        cap: 100,
        option: 'limits.fuel.perCall',
      })
    })
  })

  test('used so far: in all, most in one call, left, last set', async () => {
    const { instance } = await begin(meter, BURNER, { fuel: { initial: 10, perCall: 100 } })
    instance.exports.root.getValue()
    instance.exports.burn(3)
    instance.exports.root.getValue()
    const { used = 0, peak = 0, remaining, limit } = instance.usage().fuel
    expect([remaining, limit]).toEqual([98, 100])
    expect(peak).toBe(used - 4)
  })

  test('tracing tells the fuel of each call', async () => {
    const fuel: (number | undefined)[] = []
    const engine = new Engine({ meter, trace: { call: () => (end) => fuel.push(end.fuel) } })
    const component = await Component.compile(BURNER, { engine })
    const limited = await new Plugin(component, { limits: { fuel: { perCall: 100 } } }).instantiate(engine)
    const free = await new Plugin(component).instantiate(engine)
    for (const plugin of [limited, free])
      new Binding('test:fuel', ExactlyOne('it', plugin)).dispatch('root', 'get-value')
    expect(fuel).toEqual([2, undefined])
  })

  test.each([Number.POSITIVE_INFINITY, Number.MAX_SAFE_INTEGER])('%d is as good as endless', async (perCall) => {
    const { instance } = await begin(meter, BURNER, { fuel: { perCall } })
    expect(instance.exports.burn(1000)).toBe(42)
    expect(instance.usage().fuel.remaining).toBe(
      perCall - (perCall === Number.POSITIVE_INFINITY ? 0 : (instance.usage().fuel.used ?? 0)),
    )
  })
})

test.each<[unknown, RegExp]>([
  [{ fuel: 100 }, /limit `fuel`: say for what/],
  [{ fuel: { perCall: -1 } }, /limit `fuel.perCall`: expected a safe integer/],
  [{ fuel: { initial: 1.5 } }, /limit `fuel.initial`/],
  [{ fuel: { charge: 'nobody' } }, /limit `fuel.charge`/],
  [{ fuel: { pool: {} } }, /limit `fuel.pool`: expected a FuelPool/],
  [{ timeoutMs: 5 }, /limit `timeoutMs`: say for what/],
  [{ growth: true }, /limit `growth`/],
])('%j is refused', async (limits, message) => {
  const component = await Component.compile('(component)')
  expect((await rejected(component.instantiate({}, { limits: limits as Limits<undefined> }))).message).toMatch(message)
})

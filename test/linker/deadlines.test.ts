/** Epochs and deadlines: rows E1–E8 of the original, F9, and calls that wait. */
import { Worker } from 'node:worker_threads'
import { describe, expect, test } from 'vitest'
import { Component, Engine, type Instance, LimitError, type Limits, promising, type Untyped } from '../../src/index.ts'
import { BURNER, begin, METERS } from './budget-fixtures.ts'
import { rejected, thrown } from './help.ts'

const late = { kind: 'limit', limit: 'timeoutMs' }
const ticked = { kind: 'limit', limit: 'epochTicks' }

/** Ticks an engine's epoch from another thread until it is told to stop. */
async function ticker(engine: Engine): Promise<Worker> {
  const worker = new Worker(
    `const { workerData, parentPort } = require('node:worker_threads')
     parentPort.postMessage('ready')
     setInterval(() => Atomics.add(workerData, 0, 1), 5)`,
    { eval: true, workerData: engine.epochCell },
  )
  await new Promise((resolve) => worker.once('message', resolve))
  return worker
}

describe.each(METERS)('%s', (meter) => {
  test('E1, E3: a worker ticks, and a loop is interrupted while it holds the thread', async () => {
    const { engine, instance } = await begin(meter, BURNER, { epochTicks: { perCall: 2 } })
    const worker = await ticker(engine)
    try {
      expect(thrown(() => instance.exports.root.spin())).toMatchObject({
        ...ticked,
        cap: 2,
        option: 'limits.epochTicks.perCall',
      })
      expect(instance.state).toBe('trapped')
    } finally {
      await worker.terminate()
    }
  }, 60_000)

  test('E1: the host ticks, here from an import', async () => {
    const engine = new Engine({ meter })
    const text = `(component
      (import "tick" (func $tick))
      (core func $tick (canon lower (func $tick)))
      (core module $m (import "" "tick" (func $tick)) (func (export "run") (loop (call $tick) br 0)))
      (core instance $i (instantiate $m (with "" (instance (export "tick" (func $tick))))))
      (func (export "run") (canon lift (core func $i "run"))))`
    const component = await Component.compile(text, { engine })
    let turns = 0
    const tick = (): void => {
      turns += 1
      engine.incrementEpoch()
    }
    const limits: Limits<undefined> = { epochTicks: { perCall: 3 } }
    const { exports } = await component.instantiate({ tick: { default: tick } }, { engine, limits })
    expect(thrown(() => exports.run())).toMatchObject(ticked)
    // looked at on every border, not only when a slice of fuel is over
    expect(turns).toBe(3)
    expect(engine.epoch).toBe(3)
  })

  test('E2: ticks count from the call, and an earlier deadline is forgotten', async () => {
    const { engine, instance } = await begin(meter, BURNER, { epochTicks: { perCall: 1 } })
    for (let i = 0; i < 5; i++) {
      expect(instance.exports.root.getValue()).toBe(42)
      engine.incrementEpoch(10)
    }
    expect(instance.usage().epochTicks).toMatchObject({ used: 0, limit: 1 })
  })

  test('E3: without a ticker a call completes', async () => {
    const { instance } = await begin(meter, BURNER, { epochTicks: { perCall: 1_000_000 } })
    expect(instance.exports.burn(1_000_000)).toBe(42)
  })

  test('E4, E5: no engine option is needed, and without a limit nothing is interrupted', async () => {
    const engine = new Engine({ meter })
    const component = await Component.compile(BURNER, { engine })
    const instance = await component.instantiate({}, { engine })
    engine.incrementEpoch(1000)
    expect(instance.exports.burn(10)).toBe(42)
  })

  test('E6: start-up has a deadline of its own', async () => {
    const start = '(component (core module $m (func $start nop) (start $start)) (core instance (instantiate $m)))'
    await begin(meter, start, { epochTicks: { perCall: () => 5 } })
    const error = await rejected(begin(meter, start, { epochTicks: { initial: 0 } }))
    expect(error).toMatchObject({ ...ticked, cap: 0, option: 'limits.epochTicks.initial' })
  })

  test('E7: no ticks at all end the call at once, and so do no milliseconds', async () => {
    const { instance } = await begin(meter, BURNER, { epochTicks: { perCall: 0 } })
    expect(thrown(() => instance.exports.root.getValue())).toMatchObject(ticked)
    const other = await begin(meter, BURNER, { timeoutMs: { perCall: 0 } })
    expect(thrown(() => other.instance.exports.root.getValue())).toMatchObject(late)
  })

  test('E8, F9: the deadline runs on while the host works, which nothing interrupts', async () => {
    const engine = new Engine({ meter })
    const text = `(component
      (import "work" (func $work))
      (core func $work (canon lower (func $work)))
      (core module $m (import "" "work" (func $work)) (func (export "run") (call $work) (call $work)))
      (core instance $i (instantiate $m (with "" (instance (export "work" (func $work))))))
      (func (export "run") (canon lift (core func $i "run"))))`
    const component = await Component.compile(text, { engine })
    let calls = 0
    const work = (): void => {
      calls += 1
      for (const end = performance.now() + 300; performance.now() < end; );
    }
    const limits: Limits<undefined> = { timeoutMs: { perCall: 200 } }
    const { exports } = await component.instantiate({ work: { default: work } }, { engine, limits })
    expect(thrown(() => exports.run())).toMatchObject(late)
    expect(calls).toBe(1)
  })

  test('a running loop ends at its deadline', async () => {
    const { instance } = await begin(meter, BURNER, { timeoutMs: { perCall: 20 } })
    const error = thrown(() => instance.exports.root.spin())
    expect(error).toBeInstanceOf(LimitError)
    expect(error).toMatchObject({ ...late, cap: 20, option: 'limits.timeoutMs.perCall' })
    expect(error.used).toBeGreaterThanOrEqual(20)
  })

  test('initial milliseconds alone are a budget for life', async () => {
    const { instance } = await begin(meter, BURNER, { timeoutMs: { initial: 60_000 } })
    instance.exports.burn(100_000)
    const { used = 0, remaining, limit } = instance.usage().timeoutMs
    expect(used).toBeGreaterThan(0)
    expect(remaining).toBeCloseTo(60_000 - used, 6)
    expect(limit).toBe(60_000)
  })

  test('fuel and time are independent: whichever ends first', async () => {
    const limits = { fuel: { perCall: 1000 }, timeoutMs: { perCall: 60_000 }, epochTicks: { perCall: 1 } }
    const { instance } = await begin(meter, BURNER, limits)
    expect(thrown(() => instance.exports.root.spin())).toMatchObject({ limit: 'fuel' })
    const { instance: other } = await begin(meter, BURNER, {
      ...limits,
      fuel: { perCall: 1e12 },
      timeoutMs: { perCall: 5 },
    })
    expect(thrown(() => other.exports.root.spin())).toMatchObject(late)
  })
})

test('all destructors of a disposal have the time of one call', async () => {
  let now = 0
  const engine = new Engine({ now: () => now++ })
  // each takes some 20 looks at the clock
  const text = `(component
    (import "end" (func $end))
    (core func $end (canon lower (func $end)))
    (core module $d (import "" "end" (func $end))
      (func (export "dtor") (param i32) (local $i i32)
        (call $end)
        (local.set $i (i32.const 400000))
        (loop (br_if 0 (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))))
    (core instance $d (instantiate $d (with "" (instance (export "end" (func $end))))))
    (type $r (resource (rep i32) (dtor (core func $d "dtor"))))
    (core func $new (canon resource.new $r))
    (core module $m (import "" "new" (func $new (param i32) (result i32)))
      (func (export "make") (param i32)
        (loop (drop (call $new (i32.const 1))) (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))
    (core instance $i (instantiate $m (with "" (instance (export "new" (func $new))))))
    (func (export "make") (param "n" u32) (canon lift (core func $i "make"))))`
  let ended = 0
  const end = { default: () => void ended++ }
  const component = await Component.compile(text, { engine })
  const disposed = async (n: number): Promise<string | undefined> => {
    ended = 0
    const instance = await component.instantiate({ end }, { engine, limits: { timeoutMs: { perCall: 500 } } })
    instance.exports.make(n)
    instance[Symbol.dispose]()
    return instance.trap?.kind
  }
  expect(await disposed(3)).toBeUndefined()
  expect(ended).toBe(3)
  expect(await disposed(200)).toBe('limit')
  expect(ended).toBeGreaterThan(3)
  expect(ended).toBeLessThan(100)
  expect(engine.usage()).toMatchObject({ handles: { used: 0 }, instances: { used: 0 } })
})

test('a clock that disposes of who asks it ends the call, and nothing is ended twice', async () => {
  let end = (): void => {}
  const engine = new Engine({
    now: () => {
      end()
      return 0
    },
  })
  const text = `(component
    (import "r" (type $r (sub resource)))
    (import "make" (func $make (result (own $r))))
    (core func $make (canon lower (func $make)))
    (core func $drop (canon resource.drop $r))
    (core module $m
      (import "" "make" (func $make (result i32))) (import "" "drop" (func $drop (param i32)))
      (func (export "run") (call $drop (call $make))))
    (core instance $i (instantiate $m (with "" (instance (export "make" (func $make)) (export "drop" (func $drop))))))
    (func (export "run") (canon lift (core func $i "run"))))`
  const component = await Component.compile(text, { engine })
  let ended = 0
  class R {
    [Symbol.dispose](): void {
      ended += 1
    }
  }
  let calls = 0
  for (let looks = 1; looks < 8; looks++) {
    end = () => {}
    ended = 0
    const imports = { r: { default: R }, make: { default: () => new R() } }
    const instance = await component.instantiate(imports, { engine, limits: { timeoutMs: { perCall: 50 } } })
    let left = looks
    end = () => {
      if (--left === 0) instance[Symbol.dispose]()
    }
    try {
      instance.exports.run()
    } catch (error) {
      calls += 1
      const { kind, cause } = error as Untyped
      expect(kind === 'trap' ? cause : error).toMatchObject({ kind: 'closed' })
    }
    instance[Symbol.dispose]()
    expect(ended).toBeLessThan(2)
    expect(engine.usage()).toMatchObject({ handles: { used: 0 }, instances: { used: 0 } })
  }
  expect(calls).toBeGreaterThan(1)
})

test('the epoch wraps like the 32-bit number that it is', async () => {
  const { engine, instance } = await begin('exact', BURNER, { epochTicks: { perCall: 2 ** 31 } })
  Atomics.store(engine.epochCell, 0, 2 ** 31 - 1)
  expect(instance.exports.root.getValue()).toBe(42)
  engine.incrementEpoch(2)
  expect(engine.epoch).toBe(2 ** 31 + 1)
})

/** Waits for an import that answers later. */
const WAITING = `(component
  (import "sleep" (func $sleep async))
  (core module $libc (memory (export "memory") 1))
  (core instance $libc (instantiate $libc))
  (core func $sleep (canon lower (func $sleep) async))
  (core func $new (canon waitable-set.new))
  (core func $join (canon waitable.join))
  (core func $return (canon task.return))
  (core module $m
    (import "" "sleep" (func $sleep (result i32)))
    (import "" "new" (func $new (result i32)))
    (import "" "join" (func $join (param i32 i32)))
    (import "" "return" (func $return))
    (func (export "run") (result i32)
      (local $set i32)
      (local.set $set (call $new))
      (call $join (i32.shr_u (call $sleep) (i32.const 4)) (local.get $set))
      (i32.or (i32.const 2) (i32.shl (local.get $set) (i32.const 4))))
    (func (export "callback") (param i32 i32 i32) (result i32)
      (call $return)
      (i32.const 0))
    (func (export "spin") (param i32 i32 i32) (result i32) (loop br 0) i32.const 0))
  (core instance $i (instantiate $m (with "" (instance
    (export "sleep" (func $sleep)) (export "new" (func $new)) (export "join" (func $join)) (export "return" (func $return))))))
  (func (export "run") async (canon lift (core func $i "run") async (callback (core func $i "callback"))))
  (func (export "spin") async (canon lift (core func $i "run") async (callback (core func $i "spin")))))`

async function waiting(sleep: () => Promise<void>, limits: Limits): Promise<Instance> {
  const engine = new Engine({ meter: 'exact' })
  const component = await Component.compile(WAITING, { engine })
  return await component.instantiate({ sleep: { default: sleep } }, { engine, limits })
}

const pause = async (ms: number): Promise<void> => {
  await new Promise((resolve) => setTimeout(resolve, ms))
}

describe('calls that wait', () => {
  test('F9: one that waits for ever is ended at its deadline', async () => {
    const instance = await waiting(() => new Promise(() => {}), { timeoutMs: { perCall: 30 } })
    const began = performance.now()
    const error = await rejected(instance.exports.run())
    expect(error).toMatchObject({ ...late, cap: 30, option: 'limits.timeoutMs.perCall' })
    expect(performance.now() - began).toBeGreaterThan(25)
    expect(instance.state).toBe('trapped')
  })

  test('one that ends in time is not', async () => {
    const instance = await waiting(() => pause(5), { timeoutMs: { perCall: 60_000 } })
    await instance.exports.run()
    await instance.exports.run()
    expect(instance.state).toBe('ready')
    expect(instance.usage().timeoutMs.peak).toBeGreaterThan(3)
  })

  test('what goes on after it waited has the budget of its own call', async () => {
    const budgets = [1000, 5000, 1e6]
    const instance = await waiting(() => pause(5), { fuel: { perCall: () => budgets.shift() ?? 0 } })
    const calls: Promise<unknown>[] = [instance.exports.spin(), instance.exports.run()]
    const [first, second] = await Promise.allSettled(calls)
    // the second was given more, later; the first has its own
    expect(first).toMatchObject({ status: 'rejected', reason: { limit: 'fuel', cap: 1000 } })
    expect(second?.status).toBe('rejected')
  })

  test('an endless continuation is stopped at the deadline', async () => {
    const instance = await waiting(() => pause(1), { timeoutMs: { perCall: 50 } })
    expect(await rejected(instance.exports.spin())).toMatchObject({ ...late, cap: 50 })
  })

  test('`promising` of a synchronous function is limited like a call', async () => {
    const { instance } = await begin('exact', BURNER, { timeoutMs: { perCall: 10 } })
    const spin: () => Promise<Untyped> = promising(instance.exports.root.spin)
    expect(await rejected(spin())).toMatchObject(late)
  })
})

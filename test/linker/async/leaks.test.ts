/**
 * What asynchronous calls leave behind: nothing. The heap stays flat, tables are empty, nobody listens any more.
 * `LEAK_CALLS=100000` is what CI runs.
 */
import { getEventListeners } from 'node:events'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, describe, expect, test } from 'vitest'
import { PARKED, RELAY, TASKS } from '../../../bench/async-components.ts'
import { Component } from '../../../src/linker/component.ts'
import type { Instance } from '../../../src/linker/instance.ts'
import { promising, suspending } from '../../../src/linker/suspend.ts'
import { ECHO, PASS } from './components.ts'

const CALLS = Number(process.env['LEAK_CALLS'] ?? 10_000)
/** Flat: what a call may leave of itself is less than the smallest object. */
const BYTES_PER_CALL = 8
/** What the engine itself moves about between two measurements. */
const NOISE = 300_000
const patience = 20_000 + CALLS

setFlagsFromString('--expose-gc')
const gc: () => void = runInNewContext('gc')

const unhandled: unknown[] = []
process.on('unhandledRejection', (reason) => unhandled.push(reason))
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
afterEach(async () => {
  await turn()
  expect(unhandled.splice(0)).toEqual([])
})

async function start(text: string, imports: Record<string, object> = {}): Promise<Instance> {
  return await (await Component.compile(text)).instantiate(imports)
}

async function heapUsed(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    // finalizers run between turns
    gc()
    await turn()
  }
  return process.memoryUsage().heapUsed
}

/** As `expect`, which keeps something of every call. */
function same(got: unknown, wanted: unknown): void {
  if (got !== wanted) expect(got).toBe(wanted)
}

/** Runs it `n` times, and again; the second time may not leave anything. */
async function expectFlat(instance: Instance, n: number, run: (i: number) => Promise<unknown>): Promise<void> {
  // what is compiled late, and pools that fill once
  for (let i = 0; i < Math.min(n, 5000); i++) await run(i)
  const handles = instance.usage().handles.used
  const before = await heapUsed()
  for (let i = 0; i < n; i++) await run(i)
  const growth = (await heapUsed()) - before
  expect(instance.usage().handles.used).toBe(handles)
  expect(growth).toBeLessThan(BYTES_PER_CALL * n + NOISE)
}

describe('calls', () => {
  test.each([
    ['answered at once', (n: number) => n],
    ['that wait', async (n: number) => n],
  ])(
    '%s',
    async (_, answer) => {
      const instance = await start(TASKS, { answer: { default: answer } })
      await expectFlat(instance, CALLS, async (i) => same(await instance.exports.ask(i), i))
      expect(instance.usage().handles.used).toBe(0)
    },
    patience,
  )

  test(
    'with one signal for all',
    async () => {
      const instance = await start(TASKS, { answer: { default: async (n: number) => n } })
      const { signal } = new AbortController()
      const ask = promising(instance.exports.ask as (n: number) => Promise<number>, { signal })
      await expectFlat(instance, CALLS, async (i) => same(await ask(i), i))
      expect(getEventListeners(signal, 'abort')).toEqual([])
    },
    patience,
  )

  test.runIf('Suspending' in WebAssembly)(
    'that park their stack',
    async () => {
      const instance = await start(PARKED, { answer: { default: suspending(async (n: number) => n) } })
      const ask = promising(instance.exports.ask as (n: number) => number)
      await expectFlat(instance, CALLS, async (i) => same(await ask(i), i))
    },
    patience,
  )

  test(
    'that are aborted while they wait',
    async () => {
      const instance = await start(ECHO, { answer: { default: () => new Promise(() => {}) } })
      await expectFlat(instance, CALLS / 5, async () => {
        const controller = new AbortController()
        const ask = instance.exports.ask as (n: number) => Promise<number>
        const waiting = promising(ask, { signal: controller.signal })(1).catch((reason: unknown) => reason)
        controller.abort('enough')
        same(await waiting, 'enough')
        await instance.drain()
      })
      expect(instance.state).toBe('ready')
    },
    patience,
  )
})

describe('streams', () => {
  test(
    'opened, read to the end',
    async () => {
      const instance = await start(RELAY)
      await expectFlat(instance, CALLS / 5, async () => {
        const reader = await instance.exports.relay(Uint8Array.of(1, 2, 3))
        same((await reader.read()).length, 3)
        same(await reader.read(), undefined)
      })
      expect(instance.usage().handles.used).toBe(1) // the waitable set it keeps
    },
    patience,
  )

  test(
    'opened and dropped, at either end',
    async () => {
      const instance = await start(PASS)
      let closed = 0
      const source = async function* () {
        try {
          for (;;) yield Uint8Array.of(1)
        } finally {
          closed += 1
        }
      }
      let opened = 0
      await expectFlat(instance, CALLS / 5, async () => {
        opened += 1
        const reader = await instance.exports.bytes(source())
        if (opened % 2 === 0) same((await reader.read()).length, 1)
        await reader[Symbol.asyncDispose]()
        await turn()
      })
      expect(instance.usage().handles.used).toBe(0)
      // one that never began has nothing to close
      expect(closed).toBeGreaterThanOrEqual(Math.floor(opened / 2))
    },
    patience,
  )

  test(
    'opened and forgotten',
    async () => {
      const instance = await start(PASS)
      let closed = 0
      const source = () => ({
        [Symbol.asyncIterator]: () => ({
          next: async () => ({ done: false as const, value: Uint8Array.of(1) }),
          return: async () => {
            closed += 1
            return { done: true as const, value: undefined }
          },
        }),
      })
      const opened = 200
      for (let i = 0; i < opened; i++) await instance.exports.bytes(source())
      for (let i = 0; i < 50 && closed < opened - 1; i++) await heapUsed()
      // the last one may still be on somebody's stack
      expect(closed).toBeGreaterThanOrEqual(opened - 1)
    },
    patience,
  )
})

describe('the end of an instance settles everything once', () => {
  const never = (): Promise<never> => new Promise(() => {})

  test.each(['trap', 'dispose'] as const)('%s', async (how) => {
    const instance = await start(WAITS, { answer: { default: never } })
    const settled: number[] = []
    const watch = (promise: PromiseLike<unknown>): void => {
      const at = settled.push(0) - 1
      promise.then(
        () => {
          settled[at] = (settled[at] ?? 0) + 1
        },
        () => {
          settled[at] = (settled[at] ?? 0) + 1
        },
      )
    }
    const { ask, open, crash } = instance.exports
    for (let i = 0; i < 100; i++) watch(ask(i))
    for (let i = 0; i < 100; i++) watch((await open()).read())
    for (let i = 0; i < 100; i++) {
      const reader = await open()
      // those asked for one after the other
      for (let k = 0; k < 3; k++) watch(reader.read())
    }
    watch(instance.drain())
    await turn()
    expect(new Set(settled)).toEqual(new Set([0]))
    if (how === 'trap') await expect(crash()).rejects.toMatchObject({ code: 'unreachable' })
    else instance[Symbol.dispose]()
    for (let i = 0; i < 10; i++) await turn()
    expect(new Set(settled)).toEqual(new Set([1]))
    expect(settled).toHaveLength(501)
    // and nothing begins again
    await expect(ask(1)).rejects.toMatchObject({ kind: how === 'trap' ? 'trap' : 'closed' })
  })
})

/** `ask` waits for its import; `open` gives a stream that nobody writes to; `crash` traps. */
const WAITS = `(component
  (import "answer" (func $answer async (param "n" u32) (result u32)))
  (type $S (stream u8))
  (core module $Memory (memory (export "mem") 1))
  (core instance $memory (instantiate $Memory))
  (core module $M
    (import "" "answer" (func $answer (param i32 i32) (result i32)))
    (import "" "new" (func $new (result i32)))
    (import "" "join" (func $join (param i32 i32)))
    (import "" "open" (func $open (result i64)))
    (import "" "return" (func $return (param i32)))
    (func (export "ask") (param i32) (result i32) (local $set i32)
      (local.set $set (call $new))
      (call $join (i32.shr_u (call $answer (local.get 0) (i32.const 0)) (i32.const 4)) (local.get $set))
      (i32.or (i32.const 2) (i32.shl (local.get $set) (i32.const 4))))
    (func (export "open") (result i32)
      (call $return (i32.wrap_i64 (call $open))) (i32.const 0))
    (func (export "crash") (result i32) unreachable)
    (func (export "cb") (param i32 i32 i32) (result i32) unreachable))
  (core func $answer' (canon lower (func $answer) async (memory (core memory $memory "mem"))))
  (core func $new (canon waitable-set.new))
  (core func $join (canon waitable.join))
  (core func $open (canon stream.new $S))
  (core func $return (canon task.return (result $S)))
  (core instance $m (instantiate $M (with "" (instance
    (export "answer" (func $answer')) (export "new" (func $new)) (export "join" (func $join))
    (export "open" (func $open)) (export "return" (func $return))))))
  (func (export "ask") async (param "n" u32) (result u32)
    (canon lift (core func $m "ask") async (callback (core func $m "cb"))))
  (func (export "open") async (result $S)
    (canon lift (core func $m "open") async (callback (core func $m "cb"))))
  (func (export "crash") async (result u32)
    (canon lift (core func $m "crash") async (callback (core func $m "cb")))))`

/** Waiting holds the thread, but not longer than whoever waits may run. */
import { describe, expect, test } from 'vitest'
import { Component, Engine, type Limits, Linker, Plugin, type Untyped } from '../../src/index.ts'
import { wasi } from '../../src/wasi/index.ts'

/** `block` waits for a pollable, `poll` for a list of one, `drop` in a destructor; each for so many nanoseconds. */
const WAITER = `(component
  (import "wasi:io/poll@0.2.12" (instance $poll
    (export "pollable" (type $p (sub resource)))
    (export "[method]pollable.block" (func (param "self" (borrow $p))))
    (export "poll" (func (param "in" (list (borrow $p))) (result (list u32))))))
  (alias export $poll "pollable" (type $p))
  (import "wasi:clocks/monotonic-clock@0.2.12" (instance $clock
    (alias outer 1 $p (type $q)) (export "pollable" (type $p (eq $q)))
    (export "subscribe-duration" (func (param "when" u64) (result (own $p))))))
  (core module $libc (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024)))
  (core instance $libc (instantiate $libc))
  (core func $subscribe (canon lower (func $clock "subscribe-duration")))
  (core func $block (canon lower (func $poll "[method]pollable.block")))
  (core func $poll' (canon lower (func $poll "poll") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
  (core module $m
    (import "" "memory" (memory 1))
    (import "" "subscribe" (func $subscribe (param i64) (result i32)))
    (import "" "block" (func $block (param i32)))
    (import "" "poll" (func $poll (param i32 i32 i32)))
    (func (export "block") (param i64) (call $block (call $subscribe (local.get 0))))
    (func (export "poll") (param i64)
      (i32.store (i32.const 0) (call $subscribe (local.get 0)))
      (call $poll (i32.const 0) (i32.const 1) (i32.const 16)))
    (func (export "dtor") (param i32) (call $block (call $subscribe (i64.extend_i32_u (local.get 0))))))
  (core instance $i (instantiate $m (with "" (instance
    (export "memory" (memory $libc "memory")) (export "subscribe" (func $subscribe))
    (export "block" (func $block)) (export "poll" (func $poll'))))))
  (type $r (resource (rep i32) (dtor (core func $i "dtor"))))
  (core func $new (canon resource.new $r))
  (core func $end (canon resource.drop $r))
  (core module $n
    (import "" "new" (func $new (param i32) (result i32))) (import "" "end" (func $end (param i32)))
    (func (export "keep") (param i64) (drop (call $new (i32.wrap_i64 (local.get 0)))))
    (func (export "drop") (param i64) (call $end (call $new (i32.wrap_i64 (local.get 0))))))
  (core instance $j (instantiate $n (with "" (instance (export "new" (func $new)) (export "end" (func $end))))))
  (func (export "block") (param "ns" u64) (canon lift (core func $i "block")))
  (func (export "poll") (param "ns" u64) (canon lift (core func $i "poll")))
  (func (export "drop") (param "ns" u64) (canon lift (core func $j "drop")))
  (func (export "keep") (param "ns" u64) (canon lift (core func $j "keep"))))`

const LONG = 4_000_000_000n

async function plugin(limits: Limits<undefined>, engine = new Engine()): Promise<Untyped> {
  const linker = new Linker(engine).use(wasi())
  return await new Plugin(await Component.compile(WAITER), { limits }).instantiate(engine, linker)
}

describe.each(['block', 'poll', 'drop'])('%s', (how) => {
  test('ends when the time of the call is over', async () => {
    const instance = await plugin({ timeoutMs: { perCall: 30 } })
    const began = performance.now()
    expect(() => instance.exports[how](LONG)).toThrow(expect.objectContaining({ kind: 'limit', limit: 'timeoutMs' }))
    expect(performance.now() - began).toBeLessThan(2_000)
    expect(instance.state).toBe('trapped')
  })

  test('waits as long as it may', async () => {
    const instance = await plugin({ timeoutMs: { perCall: 4_000 } })
    const began = performance.now()
    instance.exports[how](30_000_000n)
    expect(performance.now() - began).toBeGreaterThanOrEqual(29)
    expect(instance.state).toBe('ready')
  })
})

test('ends with the epoch, which somebody else ticks', async () => {
  const engine = new Engine()
  const instance = await plugin({ epochTicks: { perCall: 1 } }, engine)
  const { Worker } = await import('node:worker_threads')
  const worker = new Worker(
    `const { workerData } = require('node:worker_threads'); setInterval(() => Atomics.add(workerData, 0, 1), 5)`,
    { eval: true, workerData: engine.epochCell },
  )
  try {
    expect(() => instance.exports.block(LONG)).toThrow(expect.objectContaining({ limit: 'epochTicks' }))
  } finally {
    await worker.terminate()
  }
})

/** Asynchronous functions through bindings. What parks a stack is for engines that can; nothing here does. */
import { expect, test } from 'vitest'
import { Any, Binding, Engine, ExactlyOne, hostPlugin } from '../../src/index.ts'
import { DISPATCH_ERROR, plug } from './fixtures.ts'

/** An asynchronous function, lifted synchronously. */
const LEAF = (body: string): string => `(component
  (core module $m (func (export "f") (result i32) ${body}))
  (core instance $i (instantiate $m))
  (func $f async (result u32) (canon lift (core func $i "f")))
  (instance $e (export "get-value" (func $f)))
  (export "test:leaf/root" (instance $e)))`

const R = '(result u32 (error $e))'

/** Calls it with an asynchronous lowering and answers 1000 × the status + what is in memory at \`at\`. */
const CONSUMER = (result: string, at: number): string => `(component
  (import "test:leaf/root" (instance $d
    (type $e0 ${DISPATCH_ERROR}) (export "dispatch-error" (type $e (eq $e0)))
    (export "get-value" (func async (result ${result})))))
  (core module $mem (memory (export "memory") 1) (global $top (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (global.set $top (i32.add (global.get $top) (i32.const 64))) (global.get $top)))
  (core instance $mi (instantiate $mem))
  (core func $get (canon lower (func $d "get-value") async (memory (core memory $mi "memory")) (realloc (core func $mi "realloc"))))
  (core module $M (import "d" "g" (func $g (param i32) (result i32))) (import "m" "memory" (memory 1))
    (func (export "start") (result i32) (i32.and (call $g (i32.const 16)) (i32.const 15)))
    (func (export "value") (result i32) (i32.load (i32.const ${at}))))
  (core instance $i (instantiate $M (with "m" (instance $mi)) (with "d" (instance (export "g" (func $get))))))
  (func $start (result u32) (canon lift (core func $i "start"))) (export "start" (func $start))
  (func $value (result u32) (canon lift (core func $i "value"))) (export "value" (func $value)))`

test('single_plugin_async: the host waits for it, and is told that it must', async () => {
  const engine = new Engine()
  const leaf = await plug(engine, LEAF('(i32.const 42)'))
  const binding = new Binding(
    'test:leaf',
    Any([
      ['a', leaf],
      ['b', await plug(engine, LEAF('unreachable'))],
    ]),
  )
  expect([...binding.dispatch('root', 'get-value' as never)].map(([, r]) => r.ok || r.error.kind)).toEqual([
    'needs-async',
    'needs-async',
  ])
  const results = await binding.dispatchAsync('root', 'get-value')
  expect([...results]).toMatchObject([
    ['a', { ok: true, value: 42 }],
    ['b', { ok: false, error: { kind: 'runtime-exception', cause: { code: 'unreachable' } } }],
  ])
  const cancelled = await binding.only('a').dispatchAsync('root', 'get-value', [], { signal: AbortSignal.abort(1) })
  expect(cancelled.value).toMatchObject({ ok: false, error: { kind: 'cancelled', cause: 1 } })
})

test('a plug in JavaScript may answer later', async () => {
  const engine = new Engine()
  const js = hostPlugin(engine, { 'test:leaf/root': { getValue: async () => 7 } })
  const binding = new Binding(
    'test:leaf',
    Any([
      ['wasm', await plug(engine, LEAF('(i32.const 42)'))],
      ['js', js],
    ]),
  )
  expect([...(await binding.dispatchAsync('root', 'get-value'))]).toEqual([
    ['wasm', { ok: true, value: 42 }],
    ['js', { ok: true, value: 7 }],
  ])
})

test('dependant_plugins_async: plain, answered at once', async () => {
  const engine = new Engine()
  const binding = new Binding('test:leaf', ExactlyOne('a', await plug(engine, LEAF('(i32.const 42)'))))
  const consumer = await plug(engine, CONSUMER('u32', 16), [binding])
  // 2: returned
  expect([consumer.exports.start(), consumer.exports.value()]).toEqual([2, 42])
})

test('dependant_plugins_async: in a shape, answered in time', async () => {
  const engine = new Engine()
  const binding = new Binding('test:leaf', ExactlyOne('a', await plug(engine, LEAF('(i32.const 42)'))))
  const consumer = await plug(engine, CONSUMER(`(tuple string ${R})`, 28), [binding])
  // 1: started
  expect(consumer.exports.start()).toBe(1)
  await consumer.drain()
  await new Promise((resolve) => setTimeout(resolve, 5))
  expect(consumer.exports.value()).toBe(42)
})

test('in a shape, a failure is an answer', async () => {
  const engine = new Engine()
  const binding = new Binding('test:leaf', ExactlyOne('a', await plug(engine, LEAF('unreachable'))))
  const consumer = await plug(engine, CONSUMER(`(tuple string ${R})`, 28), [binding])
  consumer.exports.start()
  await new Promise((resolve) => setTimeout(resolve, 5))
  // the case: runtime-exception
  expect([consumer.exports.value(), consumer.state]).toEqual([4, 'ready'])
})

/** Streams, futures and error contexts through plugins: whole between guests, read by JavaScript, element by element where handles change. */
import { describe, expect, test } from 'vitest'
import {
  Binding,
  type BindingAny,
  Engine,
  ErrorContext,
  ExactlyOne,
  hostPlugin,
  type PluginInstance,
  unwrap,
} from '../../src/index.ts'
import { DISPATCH_ERROR, plug } from './fixtures.ts'
import { OWNER } from './resource-fixtures.ts'

/** `pass: func(in: T) -> T` of `pkg`: what comes in goes out. */
const PASS = (pkg: string, type: string): string => `(component
  (core module $m (func (export "f") (param i32) (result i32) (local.get 0)))
  (core instance $i (instantiate $m))
  (func $f (param "in" ${type}) (result ${type}) (canon lift (core func $i "f")))
  (instance $e (export "pass" (func $f)))
  (export "${pkg}/root" (instance $e)))`

/** The same through a plugin behind it, plainly. */
const THROUGH = (pkg: string, from: string, type: string): string => `(component
  (import "${from}/root" (instance $d (export "pass" (func (param "in" ${type}) (result ${type})))))
  (core func $pass (canon lower (func $d "pass")))
  (core module $m (import "" "pass" (func $pass (param i32) (result i32)))
    (func (export "f") (param i32) (result i32) (call $pass (local.get 0))))
  (core instance $i (instantiate $m (with "" (instance (export "pass" (func $pass))))))
  (func $f (param "in" ${type}) (result ${type}) (canon lift (core func $i "f")))
  (instance $e (export "pass" (func $f)))
  (export "${pkg}/root" (instance $e)))`

/** The same in wasm-link's shape: a failure gives back a handle that is none. */
const SHAPED = (pkg: string, from: string, type: string): string => `(component
  (import "${from}/root" (instance $d
    (type $e0 ${DISPATCH_ERROR}) (export "dispatch-error" (type $e (eq $e0)))
    (export "pass" (func (param "in" ${type}) (result (tuple string (result ${type} (error $e))))))))
  (core module $mem (memory (export "memory") 1) (global $top (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (global.set $top (i32.add (global.get $top) (i32.const 64))) (global.get $top)))
  (core instance $mi (instantiate $mem))
  (core func $pass (canon lower (func $d "pass") (memory (core memory $mi "memory")) (realloc (core func $mi "realloc"))))
  (core module $m (import "" "pass" (func $pass (param i32 i32))) (import "m" "memory" (memory 1))
    (func (export "f") (param i32) (result i32) (call $pass (local.get 0) (i32.const 16)) (i32.load (i32.const 28))))
  (core instance $i (instantiate $m (with "m" (instance $mi)) (with "" (instance (export "pass" (func $pass))))))
  (func $f (param "in" ${type}) (result ${type}) (canon lift (core func $i "f")))
  (instance $e (export "pass" (func $f)))
  (export "${pkg}/root" (instance $e)))`

const only = (pkg: string, plugin: PluginInstance): BindingAny => new Binding(pkg, ExactlyOne('a', plugin))

async function* chunks(...given: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* given
}

async function all(stream: AsyncIterable<Uint8Array>): Promise<number[]> {
  const bytes: number[] = []
  for await (const chunk of stream) bytes.push(...chunk)
  return bytes
}

const pass = (binding: BindingAny, value: unknown): unknown => {
  const [[, result] = []] = binding.dispatch('root' as never, 'pass' as never, [value] as never) as Iterable<
    [string, { ok: true; value: unknown }]
  >
  return unwrap(result ?? expect.fail())
}

const bytes = (): AsyncGenerator<Uint8Array> => chunks(new Uint8Array([1, 2]), new Uint8Array([3]))

describe('10.3.21 future_and_stream_pass: streams', () => {
  test('from the host through one plugin, and through two', async () => {
    const engine = new Engine()
    const leaf = only('test:leaf', await plug(engine, PASS('test:leaf', '(stream u8)')))
    expect(await all(pass(leaf, bytes()) as AsyncIterable<Uint8Array>)).toEqual([1, 2, 3])
    for (const [name, text] of [
      ['test:plain', THROUGH('test:plain', 'test:leaf', '(stream u8)')],
      ['test:shaped', SHAPED('test:shaped', 'test:leaf', '(stream u8)')],
    ] as const) {
      const through = only(name, await plug(engine, text, [leaf]))
      expect(await all(pass(through, bytes()) as AsyncIterable<Uint8Array>)).toEqual([1, 2, 3])
    }
  })

  test('through a plugin in JavaScript, which reads and writes', async () => {
    const engine = new Engine()
    const members = {
      'test:leaf/root': {
        pass: async function* (stream: AsyncIterable<Uint8Array>) {
          for await (const chunk of stream) yield chunk.map((byte) => byte * 10)
        },
      },
    }
    const leaf = only('test:leaf', hostPlugin(engine, members))
    const through = only('test:mid', await plug(engine, THROUGH('test:mid', 'test:leaf', '(stream u8)'), [leaf]))
    expect(await all(pass(through, bytes()) as AsyncIterable<Uint8Array>)).toEqual([10, 20, 30])
  })

  test('whose reader ends: the source is told', async () => {
    const engine = new Engine()
    const leaf = only('test:leaf', await plug(engine, PASS('test:leaf', '(stream u8)')))
    const mid = await plug(engine, THROUGH('test:mid', 'test:leaf', '(stream u8)'), [leaf])
    let left = false
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield new Uint8Array([7])
      } finally {
        left = true
      }
    }
    for await (const chunk of pass(only('test:mid', mid), endless()) as AsyncIterable<Uint8Array>) {
      expect([...chunk]).toEqual([7])
      break
    }
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect([left, mid.usage().handles.used]).toEqual([true, 0])
  })

  test('given to a plugin that is not there: the source is told, and nothing is held', async () => {
    const engine = new Engine()
    const plugin = await plug(engine, PASS('test:leaf', '(stream u8)'))
    const mid = await plug(engine, SHAPED('test:mid', 'test:leaf', '(stream u8)'), [only('test:leaf', plugin)])
    plugin[Symbol.dispose]()
    let left = false
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield new Uint8Array([7])
      } finally {
        left = true
      }
    }
    const given = source()
    await given.next()
    const [[, result] = []] = only('test:mid', mid).dispatch(
      'root' as never,
      'pass' as never,
      [given] as never,
    ) as Iterable<[string, { ok: boolean }]>
    // the fixture answers with what is no handle
    expect(result?.ok).toBe(false)
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(left).toBe(true)
  })
})

test('10.3.21: futures', async () => {
  const engine = new Engine()
  const leaf = only('test:leaf', await plug(engine, PASS('test:leaf', '(future u32)')))
  const through = only('test:mid', await plug(engine, THROUGH('test:mid', 'test:leaf', '(future u32)'), [leaf]))
  expect(await (pass(through, Promise.resolve(42)) as PromiseLike<number>)).toBe(42)
  const js = { 'test:js/root': { pass: async (future: PromiseLike<number>) => (await future) + 1 } }
  const host = only('test:js', hostPlugin(engine, js))
  const last = only('test:last', await plug(engine, THROUGH('test:last', 'test:js', '(future u32)'), [host]))
  expect(await (pass(last, Promise.resolve(1)) as PromiseLike<number>)).toBe(2)
})

test('10.3.21 error_context_passes: error contexts', async () => {
  const engine = new Engine({ features: { 'error-context': true } })
  const leaf = only('test:leaf', await plug(engine, PASS('test:leaf', 'error-context')))
  const through = only('test:mid', await plug(engine, THROUGH('test:mid', 'test:leaf', 'error-context'), [leaf]))
  const back = pass(through, new ErrorContext('why'))
  expect(back instanceof ErrorContext && back.debugMessage).toBe('why')
})

/** Passes streams of counters, which it has from their owner. */
const COUNTERS = (pkg: string, from: string): string => `(component $C
  (import "test:counters/root" (instance $o (export "counter" (type (sub resource)))))
  (alias export $o "counter" (type $c))
  (type $s (stream (own $c)))
  (import "${from}/root" (instance $d (alias outer $C $c (type $c0)) (export "counter" (type $c1 (eq $c0)))
    (export "pass" (func (param "in" (stream (own $c1))) (result (stream (own $c1)))))))
  (core func $pass (canon lower (func $d "pass")))
  (core module $m (import "" "pass" (func $pass (param i32) (result i32)))
    (func (export "f") (param i32) (result i32) (call $pass (local.get 0))))
  (core instance $i (instantiate $m (with "" (instance (export "pass" (func $pass))))))
  (func $f (param "in" $s) (result $s) (canon lift (core func $i "f")))
  (component $Shim (import "counter" (type $r (sub resource)))
    (import "pass" (func $pass (param "in" (stream (own $r))) (result (stream (own $r)))))
    (export $c "counter" (type $r))
    (export "pass" (func $pass) (func (param "in" (stream (own $c))) (result (stream (own $c))))))
  (instance $e (instantiate $Shim (with "counter" (type $c)) (with "pass" (func $f))))
  (export "${pkg}/root" (instance $e)))`

test('10.3.21 S3: a stream of resources keeps whose they are', async () => {
  const engine = new Engine()
  const owner = await plug(engine, OWNER)
  const counters = new Binding('test:counters', ExactlyOne('o', owner))
  const js = hostPlugin(engine, { 'test:js/root': { pass: (stream: AsyncIterable<object>) => stream } })
  const last = only('test:js', js)
  const mid = await plug(engine, COUNTERS('test:mid', 'test:js'), [counters as BindingAny, last])
  const made = [1, 2].map((v) => unwrap(counters.dispatch('root', '[constructor]counter', [v]).value))
  const back: number[] = []
  for await (const counter of pass(only('test:mid', mid), made) as AsyncIterable<Disposable>) {
    back.push(unwrap(counters.dispatch('root', '[method]counter.get', [counter]).value))
    counter[Symbol.dispose]()
  }
  expect(back).toEqual([1, 2])
  expect(owner.func('test:counters/root#live').call([])).toBe(0)
})

/** Owns what it passes: `test:own/root`. */
const OWNING = `(component
  (type $r (resource (rep i32)))
  (type $s (stream (own $r)))
  (core func $new (canon resource.new $r))
  (core module $m (import "" "new" (func $new (param i32) (result i32)))
    (func (export "make") (param i32) (result i32) (call $new (local.get 0)))
    (func (export "same") (param i32) (result i32) (local.get 0)))
  (core instance $i (instantiate $m (with "" (instance (export "new" (func $new))))))
  (func $make (param "v" u32) (result (own $r)) (canon lift (core func $i "make")))
  (func $get (param "self" (borrow $r)) (result u32) (canon lift (core func $i "same")))
  (func $pass (param "in" $s) (result $s) (canon lift (core func $i "same")))
  (component $Shim (import "counter" (type $r (sub resource)))
    (import "make" (func $make (param "v" u32) (result (own $r))))
    (import "get" (func $get (param "self" (borrow $r)) (result u32)))
    (import "pass" (func $pass (param "in" (stream (own $r))) (result (stream (own $r)))))
    (export $c "counter" (type $r))
    (export "[constructor]counter" (func $make) (func (param "v" u32) (result (own $c))))
    (export "[method]counter.get" (func $get) (func (param "self" (borrow $c)) (result u32)))
    (export "pass" (func $pass) (func (param "in" (stream (own $c))) (result (stream (own $c))))))
  (instance $e (instantiate $Shim (with "counter" (type $r)) (with "make" (func $make)) (with "get" (func $get))
    (with "pass" (func $pass))))
  (export "test:own/root" (instance $e)))`

const USING = `(component
  (import "test:own/root" (instance $d (export "counter" (type $c (sub resource)))
    (export "pass" (func (param "in" (stream (own $c))) (result (stream (own $c)))))))
  (alias export $d "counter" (type $c))
  (type $s (stream (own $c)))
  (core func $pass (canon lower (func $d "pass")))
  (core module $m (import "" "pass" (func $pass (param i32) (result i32)))
    (func (export "f") (param i32) (result i32) (call $pass (local.get 0))))
  (core instance $i (instantiate $m (with "" (instance (export "pass" (func $pass))))))
  (func $f (param "in" $s) (result $s) (canon lift (core func $i "f")))
  (component $Shim (import "counter" (type $r (sub resource)))
    (import "pass" (func $pass (param "in" (stream (own $r))) (result (stream (own $r)))))
    (export $c "counter" (type $r))
    (export "pass" (func $pass) (func (param "in" (stream (own $c))) (result (stream (own $c))))))
  (instance $e (instantiate $Shim (with "counter" (type $c)) (with "pass" (func $f))))
  (export "test:use/root" (instance $e)))`

test('10.3.21 S3: also through the plugin that owns them, by one that knows them through its binding', async () => {
  const engine = new Engine()
  const owners = new Binding('test:own', ExactlyOne('o', await plug(engine, OWNING)))
  const user = await plug(engine, USING, [owners as BindingAny])
  const made = [1, 2, 3].map((v) => unwrap(owners.dispatch('root', '[constructor]counter', [v]).value))
  const back: number[] = []
  for await (const counter of pass(only('test:use', user), made) as AsyncIterable<object>)
    back.push(unwrap(owners.dispatch('root', '[method]counter.get', [counter]).value))
  expect(back).toEqual([1, 2, 3])
})

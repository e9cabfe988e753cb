/** Resources across plugins, row by row where `resources.test.ts` does not have it: every place, every end. */
import { describe, expect, test } from 'vitest'
import {
  Binding,
  type BindingAny,
  ComponentError,
  Engine,
  ExactlyOne,
  hostPlugin,
  type PluginInstance,
  unwrap,
} from '../../src/index.ts'
import { plug } from './fixtures.ts'
import { OWNER, PLAIN_USER } from './resource-fixtures.ts'

const live = (owner: PluginInstance): number => owner.func('test:counters/root#live').call([])

/** Types that hold counters and are two core values wide, how to make one of counters, and how to get them out. */
const PLACES: Readonly<Record<string, readonly [string, (a: object) => unknown, (value: never) => unknown]>> = {
  'list': ['(list (own $c))', (a) => [a], ([a]: unknown[]) => a],
  'record': ['(record (field "a" (own $c)) (field "b" u32))', (a) => ({ a, b: 7 }), ({ a }: { a: unknown }) => a],
  'tuple': ['(tuple (own $c) u32)', (a) => [a, 7], ([a]: unknown[]) => a],
  'variant': [
    '(variant (case "one" (own $c)) (case "none"))',
    (val) => ({ tag: 'one', val }),
    ({ val }: { val: unknown }) => val,
  ],
  'option': ['(option (own $c))', (a) => a, (a: unknown) => a],
  'result, ok': ['(result (own $c) (error u32))', (val) => ({ tag: 'ok', val }), ({ val }: { val: unknown }) => val],
  'result, err': ['(result u32 (error (own $c)))', (val) => ({ tag: 'err', val }), ({ val }: { val: unknown }) => val],
  'map, value': ['(map u32 (own $c))', (a) => new Map([[1, a]]), (map: Map<number, unknown>) => map.get(1)],
}

const MEMORY = `(core module $mem (memory (export "memory") 1) (global $top (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (local $at i32)
      (local.set $at (i32.and (i32.add (global.get $top) (i32.const 7)) (i32.const -8)))
      (global.set $top (i32.add (local.get $at) (local.get 3))) (local.get $at)))
  (core instance $mi (instantiate $mem))
  (alias core export $mi "memory" (core memory $memory))`
const OPTIONS = '(memory $memory) (realloc (core func $mi "realloc"))'

/** Owns counters; its `pass` gives back the aggregate it is given. */
const owning = (aggregate: string): string => {
  const of = (resource: string): string => aggregate.replaceAll('$c', resource)
  return `(component
  (type $r (resource (rep i32)))
  (type $t ${of('$r')})
  (core func $new (canon resource.new $r))
  ${MEMORY}
  (core module $m (import "" "new" (func $new (param i32) (result i32))) (import "m" "memory" (memory 1))
    (func (export "make") (param i32) (result i32) (call $new (local.get 0)))
    (func (export "get") (param i32) (result i32) (local.get 0))
    (func (export "pass") (param i32 i32) (result i32)
      (i32.store (i32.const 8) (local.get 0)) (i32.store (i32.const 12) (local.get 1)) (i32.const 8)))
  (core instance $i (instantiate $m (with "m" (instance $mi)) (with "" (instance (export "new" (func $new))))))
  (func $make (param "v" u32) (result (own $r)) (canon lift (core func $i "make")))
  (func $get (param "self" (borrow $r)) (result u32) (canon lift (core func $i "get")))
  (func $pass (param "in" $t) (result $t) (canon lift (core func $i "pass") ${OPTIONS}))
  (component $Shim (import "counter" (type $r (sub resource)))
    (type $t0 ${of('$r')}) (import "aggregate" (type $t (eq $t0)))
    (import "make" (func $make (param "v" u32) (result (own $r))))
    (import "get" (func $get (param "self" (borrow $r)) (result u32)))
    (import "pass" (func $pass (param "in" $t) (result $t)))
    (export $c "counter" (type $r))
    (type $u0 ${of('$c')}) (export $u "aggregate" (type $u0))
    (export "[constructor]counter" (func $make) (func (param "v" u32) (result (own $c))))
    (export "[method]counter.get" (func $get) (func (param "self" (borrow $c)) (result u32)))
    (export "pass" (func $pass) (func (param "in" $u) (result $u))))
  (instance $e (instantiate $Shim (with "counter" (type $r)) (with "aggregate" (type $t)) (with "make" (func $make))
    (with "get" (func $get)) (with "pass" (func $pass))))
  (export "test:own/root" (instance $e)))`
}

/** Passes its own aggregate through the owner's `pass`. */
const using = (aggregate: string): string => `(component
  (import "test:own/root" (instance $d (export "counter" (type $c (sub resource)))
    (type $t0 ${aggregate}) (export "aggregate" (type $t (eq $t0)))
    (export "pass" (func (param "in" $t) (result $t)))))
  (alias export $d "counter" (type $c0)) (export "counter" (type $c0))
  (alias export $d "aggregate" (type $t0)) (export $t "aggregate" (type $t0))
  ${MEMORY}
  (core func $pass (canon lower (func $d "pass") ${OPTIONS}))
  (core module $m (import "" "pass" (func $pass (param i32 i32 i32)))
    (func (export "f") (param i32 i32) (result i32)
      (call $pass (local.get 0) (local.get 1) (i32.const 16)) (i32.const 16)))
  (core instance $i (instantiate $m (with "" (instance (export "pass" (func $pass))))))
  (func $f (param "in" $t0) (result $t0) (canon lift (core func $i "f") ${OPTIONS}))
  (export "pass" (func $f) (func (param "in" $t) (result $t))))`

class Counter {
  readonly v: number
  constructor(v: number) {
    this.v = v
  }
  get(): number {
    return this.v
  }
  [Symbol.dispose](): void {
    ended += 1
  }
}
let ended = 0

describe('S3 S4 S6 10.3.1: handles in every place of arguments and results', () => {
  describe.each(Object.keys(PLACES))('%s', (place) => {
    const [type, pack, unpack] = PLACES[place] ?? expect.fail()
    test.each(['wasm', 'JavaScript'])('of an owner in %s', async (kind) => {
      const engine = new Engine()
      // a result is returned or thrown, as everywhere in JavaScript
      const pass = place.startsWith('result') ? returned : (value: unknown) => value
      const members = { 'test:own/root': { Counter, pass } }
      const owner = kind === 'wasm' ? await plug(engine, owning(type)) : hostPlugin(engine, members)
      const owners = new Binding('test:own', ExactlyOne('o', owner)) as Binding
      const user = await plug(engine, using(type), [owners as BindingAny])
      const made = kind === 'wasm' ? construct(owners, 5) : new Counter(5)
      const back = unpack(user.func('pass').call([pack(made)]) as never)
      if (kind === 'wasm') {
        const [[, got] = []] = owners.dispatch('root', '[method]counter.get', [back])
        expect(got).toEqual({ ok: true, value: 5 })
        // what was given away is gone
        expect(() => user.func('pass').call([pack(made)])).toThrow(/disposed or given away/)
      } else expect([back, ended]).toEqual([made, 0])
      expect(user.usage().handles.used).toBe(0)
    })
  })
})

function returned({ tag, val }: { readonly tag: string; readonly val: unknown }): unknown {
  if (tag === 'err') throw new ComponentError(val)
  return val
}

function construct(binding: Binding, v: number): Disposable {
  const [[, result] = []] = binding.dispatch('root', '[constructor]counter', [v])
  return unwrap(result ?? expect.fail()) as Disposable
}

async function joined(engine = new Engine()) {
  const owner = await plug(engine, OWNER, [], { name: 'owner' })
  const counters = new Binding('test:counters', ExactlyOne('owner', owner)) as Binding
  const consumer = await plug(engine, PLAIN_USER, [counters as BindingAny], { name: 'user' })
  return { engine, owner, counters, consumer, exports: consumer.exports }
}

test('S9 attach_lookup_drop: a handle is dropped once', async () => {
  const { owner, exports, consumer } = await joined()
  exports.make(1)
  exports.drop()
  expect(() => exports.drop()).toThrow(/unknown handle index/)
  expect([live(owner), consumer.state, owner.state]).toEqual([0, 'trapped', 'ready'])
})

test('S10: a borrow is lent for the call, and the owner keeps what it is of', async () => {
  const { owner, exports, counters } = await joined()
  exports.make(9)
  expect([exports.look(), exports.look(), exports.get()]).toEqual([9, 9, 9])
  const mine = construct(counters, 4)
  const [[, looked] = []] = counters.dispatch('root', 'look', [mine])
  expect([looked, live(owner)]).toEqual([{ ok: true, value: 4 }, 2])
})

test('S14: a resource that comes back is the same one', async () => {
  const engine = new Engine()
  const seen: unknown[] = []
  const members = {
    'test:own/root': {
      Counter,
      pass: (value: readonly unknown[]) => {
        seen.push(value[0])
        return value
      },
    },
  }
  const owners = new Binding('test:own', ExactlyOne('o', hostPlugin(engine, members))) as Binding
  const user = await plug(engine, using('(list (own $c))'), [owners as BindingAny])
  const counter = new Counter(1)
  const [back] = user.func('pass').call([[counter]])
  user.func('pass').call([[back]])
  expect(seen).toEqual([counter, counter])
  expect(seen[0]).toBe(seen[1])
})

test('10.3.2: who holds how much of whom is counted', async () => {
  const { owner, exports, consumer, engine } = await joined()
  exports.make(1)
  exports.make(2)
  expect([consumer.usage().handles.used, live(owner)]).toEqual([2, 2])
  expect(engine.usage().handles.used).toBe(2)
  consumer[Symbol.dispose]()
  expect([live(owner), engine.usage().handles.used]).toEqual([0, 0])
})

/** Resources across plugins: ownership moves, borrows are lent, destructors run in the owner, once; the dead are told of. */
import { describe, expect, test } from 'vitest'
import { Any, Binding, Engine, ExactlyOne, hostPlugin, type PluginInstance, unwrap } from '../../src/index.ts'
import { DISPATCH_ERROR, plug } from './fixtures.ts'
import { counterUser, OWNER, PLAIN_USER } from './resource-fixtures.ts'

const live = (owner: PluginInstance): number => owner.func('test:counters/root#live').call([])

async function joined(engine: Engine, user = PLAIN_USER) {
  const owner = await plug(engine, OWNER, [], { name: 'owner' })
  const counters = new Binding('test:counters', ExactlyOne('owner', owner))
  const consumer = await plug(engine, user, [counters], { name: 'user' })
  return { owner, counters, consumer, exports: consumer.exports }
}

test('S11 single_plugin: the host makes one, reads it, and drops it', async () => {
  const { owner, counters } = await joined(new Engine())
  const counter = unwrap(counters.dispatch('root', '[constructor]counter', [42]).value)
  expect(unwrap(counters.dispatch('root', '[method]counter.get', [counter]).value)).toBe(42)
  expect(live(owner)).toBe(1)
  counter[Symbol.dispose]()
  expect(live(owner)).toBe(0)
  const after = counters.dispatch('root', '[method]counter.get', [counter]).value
  expect(after).toMatchObject({ ok: false, error: { kind: 'invalid-argument-list' } })
})

test('S2 S8 10.3.2 dependant_plugins: a consumer makes and reads a foreign counter; its drop runs the destructor', async () => {
  const { owner, exports } = await joined(new Engine())
  exports.make(42)
  expect([exports.get(), exports.look(), live(owner)]).toEqual([42, 42, 1])
  exports.drop()
  expect(live(owner)).toBe(0)
})

test('S6 10.3.1: an own handle given back to its owner is the real one', async () => {
  const { owner, exports, consumer } = await joined(new Engine())
  exports.make(7)
  expect(exports.take()).toBe(7)
  expect(live(owner)).toBe(0)
  // the consumer has it no more
  expect(() => exports.get()).toThrow(/unknown handle index/)
  expect(consumer.state).toBe('trapped')
  expect(owner.state).toBe('ready')
})

test('10.3.2: a consumer that ends drops what it holds, in the owner', async () => {
  const { owner, exports, consumer } = await joined(new Engine())
  exports.make(1)
  exports.make(2)
  expect(live(owner)).toBe(2)
  consumer[Symbol.dispose]()
  expect(live(owner)).toBe(0)
})

test('a destructor that traps ends its owner, not who dropped', async () => {
  const { owner, exports, consumer } = await joined(new Engine())
  exports.make(13)
  exports.drop()
  expect([owner.state, consumer.state]).toEqual(['trapped', 'ready'])
})

test('the owner is gone: drops do nothing, uses end a plain consumer with the cause', async () => {
  const { owner, exports, consumer } = await joined(new Engine())
  exports.make(1)
  exports.make(2)
  owner[Symbol.dispose]()
  exports.drop()
  expect(consumer.state).toBe('ready')
  expect(() => exports.look()).toThrow()
})

test('S5: a call with a handle whose owner has ended', async () => {
  const { owner, exports, consumer } = await joined(new Engine())
  exports.make(1)
  owner[Symbol.dispose]()
  expect(() => exports.get()).toThrow(/invalid-resource-handle: the owner of this `counter` has ended/)
  expect(consumer.trap).toMatchObject({ kind: 'trap', code: 'host-threw' })
})

const R_OWN = '(result (own $c) (error $e))'
const ERROR = `(type $e0 ${DISPATCH_ERROR}) (export "dispatch-error" (type $e (eq $e0)))`
/** wasm-link's shapes over many owners. */
const SHAPED_USER = (kind: 'list' | 'tuple'): string =>
  counterUser({
    types: ERROR,
    items: {
      'make':
        kind === 'list'
          ? `(param "v" u32) (result (list (tuple string ${R_OWN})))`
          : `(param "v" u32) (result (tuple string ${R_OWN}))`,
      '[method]counter.get': '(param "self" (borrow $c)) (result (result u32 (error $e)))',
      ...(kind === 'tuple' && { '[constructor]counter': `(param "v" u32) (result ${R_OWN})` }),
    },
    core: {
      'make': '(param i32 i32)',
      '[method]counter.get': '(param i32 i32)',
      ...(kind === 'tuple' && { '[constructor]counter': '(param i32 i32)' }),
    },
    body: `
      (func (export "make") (param i32) (result i32) (call $make (local.get 0) (i32.const 0)) (i32.load (i32.const 4)))
      ;; the handle of entry i: elements are ptr, len, tag, payload (pointer and length for errors)
      (func $handle (param i32) (result i32)
        ${kind === 'list' ? '(i32.load offset=12 (i32.add (i32.load (i32.const 0)) (i32.mul (local.get 0) (i32.const 24))))' : '(i32.load (i32.const 12))'})
      ${kind === 'tuple' ? '(func (export "construct") (param i32) (result i32) (call $constructor-counter (local.get 0) (i32.const 512)) (i32.load8_u (i32.const 512)))' : ''}
      (func (export "handle") (param i32) (result i32) (call $handle (local.get 0)))
      (func (export "get") (param i32) (result i32)
        (call $method-counter-get (local.get 0) (i32.const 256))
        ;; ok: the value; err: 1000 and the case
        (if (result i32) (i32.load8_u (i32.const 256))
          (then (i32.add (i32.const 1000) (i32.load8_u (i32.const 260)))) (else (i32.load (i32.const 260)))))
      (func (export "drop") (param i32) (call $drop (local.get 0)))`,
    exports: {
      make: '(param "v" u32) (result u32)',
      handle: '(param "i" u32) (result u32)',
      get: '(param "h" u32) (result u32)',
      drop: '(param "h" u32)',
      ...(kind === 'tuple' && { construct: '(param "v" u32) (result u32)' }),
    },
  })

describe('S1 S5 R7 10.3.10: several owners behind one imported resource', () => {
  async function many() {
    const engine = new Engine()
    const owners = [await plug(engine, OWNER), await plug(engine, OWNER), await plug(engine, OWNER)] as const
    const counters = new Binding(
      'test:counters',
      Any(owners.map((owner, i): [string, PluginInstance] => [`o${i}`, owner])),
    )
    const consumer = await plug(engine, SHAPED_USER('list'), [counters])
    return { engine, owners, counters, consumer, exports: consumer.exports }
  }
  const CASES = { 'invalid-argument-list': 1005, 'invalid-resource-handle': 1010 }

  test('each answers with its own; methods go to the owner; drops too', async () => {
    const { owners, exports } = await many()
    expect(exports.make(5)).toBe(3)
    expect(owners.map(live)).toEqual([1, 1, 1])
    const handles: number[] = [0, 1, 2].map((i) => exports.handle(i))
    expect(handles.map((h) => exports.get(h))).toEqual([5, 5, 5])
    exports.drop(handles[1])
    expect(owners.map(live)).toEqual([1, 0, 1])
  })

  test('the owner of a handle has ended', async () => {
    const { owners, exports, consumer } = await many()
    exports.make(5)
    const [a, b] = [exports.handle(0), exports.handle(1)]
    expect(() => owners[0].func('test:counters/root#boom').call([])).toThrow(/unreachable/)
    expect(exports.get(a)).toBe(CASES['invalid-resource-handle'])
    expect(exports.get(b)).toBe(5)
    exports.drop(a)
    expect(consumer.state).toBe('ready')
  })

  test('a plugin that was replaced still serves the handles it gave', async () => {
    const { engine, owners, counters, exports } = await many()
    exports.make(5)
    const [a] = [exports.handle(0)]
    const old = counters.replace('o0', await plug(engine, OWNER))
    expect(old).toBe(owners[0])
    expect(exports.get(a)).toBe(5)
    exports.drop(a)
    expect(live(owners[0])).toBe(0)
    exports.make(6)
    expect(live(owners[0])).toBe(0)
    old[Symbol.dispose]()
  })

  test('outside the view that is the socket', async () => {
    const { engine, owners, counters } = await many()
    const some = counters.filter((id) => id !== 'o2')
    const consumer = await plug(engine, SHAPED_USER('list'), [some])
    expect(consumer.exports.make(5)).toBe(2)
    expect(owners.map(live)).toEqual([1, 1, 0])
  })

  test('R8 10.3.19 method_argument_validation: the host gets the owner too, and one entry', async () => {
    const { counters } = await many()
    const made = [...counters.dispatch('root', 'make', [9])].map(([, result]) => unwrap(result))
    const got = counters.dispatch('root', '[method]counter.get', [made[1]])
    expect([...got]).toEqual([['o1', { ok: true, value: 9 }]])
    const none = counters.dispatch('root', '[method]counter.get', [5])
    expect([...none].map(([id, r]) => [id, r.ok || r.error.kind])).toEqual([
      ['o0', 'invalid-argument-list'],
      ['o1', 'invalid-argument-list'],
      ['o2', 'invalid-argument-list'],
    ])
  })

  test('S7 10.3.1: a foreign resource is refused where it does not belong', async () => {
    const { counters } = await many()
    const made = [...counters.dispatch('root', 'make', [9])].map(([, result]) => unwrap(result))
    const looked = [...counters.dispatch('root', 'look', [made[0]])].map(([id, r]) => [
      id,
      r.ok ? r.value : r.error.kind,
    ])
    expect(looked).toEqual([
      ['o0', 9],
      ['o1', 'runtime-exception'],
      ['o2', 'runtime-exception'],
    ])
  })
})

test('A4 10.3.3: a constructor in wasm-link’s shape', async () => {
  const { owner, exports } = await joined(new Engine(), SHAPED_USER('tuple'))
  expect(exports.construct(3)).toBe(0)
  expect(live(owner)).toBe(1)
  owner[Symbol.dispose]()
  expect(exports.construct(3)).toBe(1)
})

test('S13: a full table: an answer for who has a place for it, and the resource is dropped', async () => {
  const engine = new Engine()
  const owner = await plug(engine, OWNER)
  const counters = new Binding('test:counters', ExactlyOne('owner', owner))
  const consumer = await plug(engine, SHAPED_USER('tuple'), [counters], { limits: { handles: 1 } })
  expect(consumer.exports.construct(1)).toBe(0)
  expect(consumer.exports.construct(2)).toBe(1)
  expect(live(owner)).toBe(1)
  expect(consumer.state).toBe('ready')
})

/** Uses counters through a middle plugin, which has them from the owner. */
const MIDDLE_USER = `(component $C
  (import "test:counters/root" (instance $d
    (export "counter" (type $c (sub resource)))
    (export "[constructor]counter" (func (param "v" u32) (result (own $c))))))
  (alias export $d "counter" (type $c))
  (import "test:middle/root" (instance $m
    (alias outer $C $c (type $c0)) (export "counter" (type $c (eq $c0)))
    (export "peek" (func (param "c" (borrow $c)) (result u32)))
    (export "eat" (func (param "c" (own $c)) (result u32)))))
  (core func $make (canon lower (func $d "[constructor]counter")))
  (core func $peek (canon lower (func $m "peek")))
  (core func $eat (canon lower (func $m "eat")))
  (core module $M (import "" "make" (func $make (param i32) (result i32)))
    (import "" "peek" (func $peek (param i32) (result i32))) (import "" "eat" (func $eat (param i32) (result i32)))
    (func (export "run") (param i32) (result i32) (local $h i32)
      (local.set $h (call $make (local.get 0)))
      (i32.add (i32.mul (i32.const 100) (call $peek (local.get $h))) (call $eat (local.get $h)))))
  (core instance $i (instantiate $M (with "" (instance
    (export "make" (func $make)) (export "peek" (func $peek)) (export "eat" (func $eat))))))
  (func $run (param "v" u32) (result u32) (canon lift (core func $i "run")))
  (export "run" (func $run)))`

const MIDDLE = `(component
  (import "test:counters/root" (instance $d
    (export "counter" (type $c (sub resource)))
    (export "look" (func (param "c" (borrow $c)) (result u32)))
    (export "take" (func (param "c" (own $c)) (result u32)))))
  (alias export $d "counter" (type $c))
  (core func $look (canon lower (func $d "look")))
  (core func $take (canon lower (func $d "take")))
  (core func $drop (canon resource.drop $c))
  (core module $M (import "" "look" (func $look (param i32) (result i32))) (import "" "drop" (func $drop (param i32)))
    (func (export "peek") (param i32) (result i32) (local $v i32)
      (local.set $v (call $look (local.get 0))) (call $drop (local.get 0)) (local.get $v)))
  (core instance $i (instantiate $M (with "" (instance (export "look" (func $look)) (export "drop" (func $drop))))))
  (func $peek (param "c" (borrow $c)) (result u32) (canon lift (core func $i "peek")))
  (func $eat (param "c" (own $c)) (result u32) (canon lift (core func $take)))
  (component $Shim (import "counter" (type $r (sub resource)))
    (import "peek" (func $peek (param "c" (borrow $r)) (result u32)))
    (import "eat" (func $eat (param "c" (own $r)) (result u32)))
    (export $c "counter" (type $r))
    (export "peek" (func $peek) (func (param "c" (borrow $c)) (result u32)))
    (export "eat" (func $eat) (func (param "c" (own $c)) (result u32))))
  (instance $e (instantiate $Shim (with "counter" (type $c)) (with "peek" (func $peek)) (with "eat" (func $eat))))
  (export "test:middle/root" (instance $e)))`

test('S12 10.3.10: two hops keep the identity: lent to and given to a plugin that has it from the same owner', async () => {
  const engine = new Engine()
  const owner = await plug(engine, OWNER)
  const counters = new Binding('test:counters', ExactlyOne('owner', owner))
  const middle = new Binding('test:middle', ExactlyOne('m', await plug(engine, MIDDLE, [counters])))
  const top = await plug(engine, MIDDLE_USER, [counters, middle])
  expect(top.exports.run(7)).toBe(707)
  expect(live(owner)).toBe(0)
  // the host may pass what it made itself
  const mine = unwrap(counters.dispatch('root', '[constructor]counter', [8]).value)
  expect(unwrap(middle.dispatch('root', 'peek', [mine]).value)).toBe(8)
  expect(unwrap(middle.dispatch('root', 'eat', [mine]).value)).toBe(8)
  expect(live(owner)).toBe(0)
})

test('S7: another owner’s counters do not fit a plugin that has them from elsewhere', async () => {
  const engine = new Engine()
  const [one, two] = [await plug(engine, OWNER), await plug(engine, OWNER)]
  const [first, second] = [
    new Binding('test:counters', ExactlyOne('1', one)),
    new Binding('test:counters', ExactlyOne('2', two)),
  ]
  const middle = new Binding('test:middle', ExactlyOne('m', await plug(engine, MIDDLE, [first])))
  await expect(plug(engine, MIDDLE_USER, [second, middle])).rejects.toMatchObject({
    kind: 'link',
    problems: [
      { kind: 'type-mismatch', path: 'test:middle/root#peek' },
      { kind: 'type-mismatch', path: 'test:middle/root#eat' },
    ],
  })
})

test('an owner written in JavaScript', async () => {
  const engine = new Engine()
  const ended: number[] = []
  class Counter {
    readonly v: number
    constructor(v: number) {
      this.v = v
    }
    get(): number {
      return this.v
    }
    [Symbol.dispose](): void {
      ended.push(this.v)
    }
  }
  const members = { Counter, look: (c: Counter) => c.v + 1, take: (c: Counter) => c.v + 2 }
  const counters = new Binding('test:counters', ExactlyOne('js', hostPlugin(engine, { 'test:counters/root': members })))
  const { exports } = await plug(engine, PLAIN_USER, [counters])
  exports.make(5)
  expect([exports.get(), exports.look()]).toEqual([5, 6])
  exports.drop()
  expect(ended).toEqual([5])
  exports.make(6)
  expect(exports.take()).toBe(8)
  // it is JavaScript's now, to be collected
  expect(ended).toEqual([5])
})

test('after a restart old handles are invalid and new ones serve', async () => {
  const engine = new Engine()
  const owner = await plug(engine, OWNER)
  const counters = new Binding('test:counters', ExactlyOne('owner', owner))
  const { exports } = await plug(engine, SHAPED_USER('tuple'), [counters])
  exports.make(5)
  const before = exports.handle(0)
  await owner.restart()
  expect(owner.restarts).toBe(1)
  expect(exports.get(before)).toBe(1010)
  exports.make(6)
  expect(exports.get(exports.handle(0))).toBe(6)
})

/** Plugins that export what they import: JavaScript and other plugins call through them as if they were not there. */
import { expect, test } from 'vitest'
import { Any, Binding, type BindingAny, Engine, ExactlyOne, hostPlugin, unwrap } from '../../src/index.ts'
import { plug, relay } from './fixtures.ts'
import { OWNER, PLAIN_USER } from './resource-fixtures.ts'

const SAYING = `(component
  (core module $m (memory (export "memory") 1)
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64))
    (func (export "say") (param i32 i32) (result i32)
      (i32.store (i32.const 8) (local.get 0)) (i32.store (i32.const 12) (local.get 1)) (i32.const 8)))
  (core instance $i (instantiate $m))
  (func $say (param "s" string) (result string)
    (canon lift (core func $i "say") (memory (core memory $i "memory")) (realloc (core func $i "realloc"))))
  (instance $e (export "say" (func $say)))
  (export "test:say/root" (instance $e)))`

const passing = (from: string, to: string, result = 'string'): string => `(component
  (import "${from}/root" (instance $i (export "say" (func (param "s" string) (result ${result})))))
  (export "${to}/root" (instance $i)))`

test('strings, once and twice, from wasm and from JavaScript', async () => {
  const engine = new Engine()
  const js = hostPlugin(engine, { 'test:say/root': { say: (s: string) => `${s}!` } })
  const both = new Binding(
    'test:say',
    Any([
      ['wasm', await plug(engine, SAYING)],
      ['js', js],
    ]),
  )
  for (const [id, said] of [
    ['wasm', 'Grüße'],
    ['js', 'Grüße!'],
  ] as const) {
    const on = new Binding(
      'test:on',
      ExactlyOne('on', await plug(engine, passing('test:say', 'test:on'), [both.only(id)])),
    )
    const more = await plug(engine, passing('test:on', 'test:more'), [on])
    expect(unwrap(on.dispatch('root', 'say', ['Grüße']).value)).toBe(said)
    expect(more.exports.root.say('Grüße')).toBe(said)
  }
})

test('in shapes, as JavaScript has them', async () => {
  const engine = new Engine()
  const both = new Binding('test:say', Any([['wasm', await plug(engine, SAYING)]]))
  const map = await plug(engine, passing('test:say', 'test:on', '(map string (result string))'), [both])
  expect(map.exports.root.say('x')).toEqual(new Map([['wasm', { tag: 'ok', val: 'x' }]]))
  const list = await plug(engine, passing('test:say', 'test:on', '(list (tuple string (result string)))'), [both])
  expect(list.exports.root.say('x')).toEqual([['wasm', { tag: 'ok', val: 'x' }]])
})

test('resources, with whose they are', async () => {
  const engine = new Engine()
  const owner = await plug(engine, OWNER)
  const counters = new Binding('test:counters', ExactlyOne('o', owner)) as BindingAny
  const text = `(component
    (import "test:counters/root" (instance $i (export "counter" (type $c (sub resource)))
      (export "[constructor]counter" (func (param "v" u32) (result (own $c))))
      (export "[method]counter.get" (func (param "self" (borrow $c)) (result u32)))
      (export "look" (func (param "c" (borrow $c)) (result u32)))
      (export "take" (func (param "c" (own $c)) (result u32)))))
    (export "test:on/root" (instance $i)))`
  const on = new Binding('test:on', ExactlyOne('on', await plug(engine, text, [counters])))
  const made = unwrap(on.dispatch('root', '[constructor]counter', [4]).value)
  expect(unwrap(on.dispatch('root', '[method]counter.get', [made]).value)).toBe(4)
  const user = await plug(engine, PLAIN_USER.replace('test:counters/root', 'test:on/root'), [on])
  user.exports.make(5)
  expect([user.exports.get(), user.exports.look(), user.exports.take()]).toEqual([5, 5, 5])
  expect(unwrap(on.dispatch('root', 'take', [made]).value)).toBe(4)
  expect(owner.func('test:counters/root#live').call([])).toBe(0)
})

test('and a consumer of the one that passes on', async () => {
  const engine = new Engine()
  const leaves = new Binding(
    'test:leaf',
    ExactlyOne('js', hostPlugin(engine, { 'test:leaf/root': { getValue: () => 9 } })),
  )
  const text = `(component
    (import "test:leaf/root" (instance $i (export "get-value" (func (result u32)))))
    (export "test:on/root" (instance $i)))`
  const on = new Binding('test:on', ExactlyOne('on', await plug(engine, text, [leaves as BindingAny])))
  const top = await plug(engine, relay({ from: 'test:on/root', result: 'u32', flat: true }), [on])
  expect(top.exports.relay()).toBe(9)
})

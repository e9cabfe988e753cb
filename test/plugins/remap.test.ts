/** A plugin's own names for what is asked of it, and adapters at the seam. */
import { describe, expect, test } from 'vitest'
import {
  Any,
  Binding,
  Component,
  Engine,
  ExactlyOne,
  Linker,
  Plugin,
  type PluginOptions,
  unwrap,
} from '../../src/index.ts'
import { adding, constant, leaf, plug, relay } from './fixtures.ts'

async function value(text: string, remap: PluginOptions<undefined>['remap'], name = 'get-value'): Promise<unknown> {
  const plugin = await plug(new Engine(), text, [], remap === undefined ? {} : { remap })
  return unwrap(new Binding('test:leaf', ExactlyOne('a', plugin)).dispatch('root', name).value)
}

describe('exports', () => {
  test('M1 remap_interface_name', async () => {
    const text = constant('test:leaf', 41, { interface: 'remapped' })
    expect(await value(text, { exports: { root: { foundAs: 'remapped' } } })).toBe(41)
    expect(await value(text, { exports: { 'test:leaf/root': { foundAs: 'test:leaf/remapped' } } })).toBe(41)
  })

  test('M2 remap_single_item_name', async () => {
    const text = constant('test:leaf', 42, { name: 'legacy-get-value' })
    expect(await value(text, { exports: { root: { items: { 'get-value': 'legacy-get-value' } } } })).toBe(42)
  })

  test('M5 remap_multiple_item_names; two names may mean one item', async () => {
    const text = leaf(
      'test:leaf/root',
      '(func (export "one") (result i32) (i32.const 1)) (func (export "two") (result i32) (i32.const 2))',
      { one: '(result u32)', two: '(result u32)' },
    )
    const remap = { exports: { root: { items: { a: 'one', b: 'two', c: 'two' } } } }
    expect(await Promise.all(['a', 'b', 'c'].map((name) => value(text, remap, name)))).toEqual([1, 2, 2])
  })

  test('M1 10.3.20 remap_interface_and_item_names, of another package and version', async () => {
    const text = constant('old:thing@0.9.0', 43, { interface: 'legacy', name: 'old' })
    const remap = { exports: { root: { foundAs: 'old:thing/legacy', items: { 'get-value': 'old' } } } }
    expect(await value(text, remap)).toBe(43)
  })

  test('M3 remap_mixed_plugin_export_names', async () => {
    const engine = new Engine()
    const renamed = constant('test:leaf', 43, { interface: 'remapped', name: 'old' })
    const remap = { exports: { root: { foundAs: 'remapped', items: { 'get-value': 'old' } } } }
    const binding = new Binding(
      'test:leaf',
      Any([
        ['canonical', await plug(engine, constant('test:leaf', 40))],
        ['remapped', await plug(engine, renamed, [], { remap })],
      ]),
    )
    expect([...binding.dispatch('root', 'get-value')]).toEqual([
      ['canonical', { ok: true, value: 40 }],
      ['remapped', { ok: true, value: 43 }],
    ])
  })

  test('M4: a target that is not there is refused when plugged', async () => {
    const engine = new Engine()
    const first = await plug(engine, constant('test:leaf', 1), [], {
      remap: { exports: { root: { foundAs: 'nope' } } },
    })
    expect(() => new Binding('test:leaf', ExactlyOne('a', first))).toThrow(
      'test:leaf/root: remapped to `nope`, which the plugin does not export',
    )
    const items = { 'get-value': 'nope' }
    const second = await plug(engine, constant('test:leaf', 1), [], { remap: { exports: { root: { items } } } })
    const interfaces = { root: { functions: { 'get-value': {} } } }
    expect(() => new Binding('test:leaf', ExactlyOne('a', second), { interfaces })).toThrow(
      'test:leaf/root#get-value: plugin `a` (instance): the plugin exports no `nope`',
    )
  })

  test('10.3.20: adapters stand between the contract’s types and the plugin’s', async () => {
    const engine = new Engine()
    const canonical = leaf('test:add/root', '(func (export "add") (param i32) (result i32) (i32.const 1))', {
      add: '(param "n" u32) (result u32)',
    })
    const adapt = { add: { args: ([n]: readonly number[]) => [n, 100], result: (sum: number) => sum * 2 } }
    const adapted = await plug(engine, adding('test:add'), [], { remap: { exports: { root: { adapt } } } })
    const binding = new Binding(
      'test:add',
      Any([
        ['canonical', await plug(engine, canonical)],
        ['adapted', adapted],
      ]),
    )
    expect([...binding.dispatch('root', 'add', [1])]).toEqual([
      ['canonical', { ok: true, value: 1 }],
      ['adapted', { ok: true, value: 202 }],
    ])
    const text = relay({
      from: 'test:add/root',
      func: 'add',
      params: ['(param "n" u32)'],
      result: '(list (tuple string (result u32)))',
    })
    const consumer = await plug(engine, text, [binding])
    expect(consumer.exports.relay(2)).toEqual([
      ['canonical', { tag: 'ok', val: 1 }],
      ['adapted', { tag: 'ok', val: 204 }],
    ])
  })
})

describe('10.3.20: imports', () => {
  const text = relay({ from: 'old:thing/legacy', func: 'fetch-it', result: 'u32', flat: true })
  const remap = { imports: { 'test:leaf/root': { foundAs: 'old:thing/legacy', items: { 'get-value': 'fetch-it' } } } }

  test('from a binding', async () => {
    const engine = new Engine()
    const binding = new Binding('test:leaf', ExactlyOne('a', await plug(engine, constant('test:leaf', 44))))
    expect((await plug(engine, text, [binding], { remap })).exports.relay()).toBe(44)
  })

  test('from the host, with an adapter', async () => {
    const engine = new Engine()
    const linker = new Linker(engine).define('test:leaf/root', { getValue: () => '45' })
    const adapt = { 'get-value': { result: (value: string) => Number(value) } }
    const imports = { 'test:leaf/root': { ...remap.imports['test:leaf/root'], adapt } }
    const plugin = new Plugin(await Component.compile(text), { remap: { imports } })
    expect((await plugin.instantiate(engine, linker)).exports.relay()).toBe(45)
  })
})

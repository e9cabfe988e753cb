/** What the host gives to plugins by name, and takes back while they run. */
import { describe, expect, test } from 'vitest'
import { Component, type DispatchResult, Engine, Linker, Plugin } from '../../src/index.ts'
import { PluginTree, type PluginTreeHead } from '../../src/tree/index.ts'
import { forwarding } from '../plugins/fixtures.ts'
import { counterUser } from '../plugins/resource-fixtures.ts'
import { type Entry, errorOf, headOf, told, treeData, valuesOf } from './help.ts'

/** A consumer of `test:host/root` that stands as a plugin. */
const app = forwarding('test:root', 'test:host')

function tree(entry: Partial<Entry>, component = app) {
  return PluginTree.from(treeData('root', { root: 'test:root' }, { p: { component, plug: 'root', ...entry } })).tree
}

function hosting(value: () => number): { engine: Engine; linker: Linker<undefined> } {
  const engine = new Engine()
  const linker = new Linker<undefined>(engine)
    .define('test:host/root', { getValue: value })
    .define('test:other/root', { getValue: value })
  return { engine, linker }
}

const get = ({ root }: PluginTreeHead): DispatchResult<unknown> | undefined =>
  [...root.dispatch('root', 'get-value')][0]?.[1]

describe('what is granted', () => {
  test('is what the linker has under these names', async () => {
    const { engine, linker } = hosting(() => 4)
    const head = headOf(await tree({ grants: { host: ['test:host/root'] } }).load(engine, linker))
    expect(get(head)).toEqual({ ok: true, value: 4 })
    expect([...head.grants].map(([id, names]) => [id, [...names]])).toEqual([['p', ['test:host/root']]])
  })

  test.each([[{}], [{ host: [] }], [{ host: ['test:other/root'] }], [{ wasi: {} }]])(
    '%j: nothing else reaches the plugin',
    async (grants) => {
      const { engine, linker } = hosting(() => 4)
      const loaded = await tree({ grants }).load(engine, linker)
      expect(errorOf(loaded)).toEqual(['failed-to-link', 'p'])
      expect(loaded).toMatchObject({ error: { cause: { kind: 'link', problems: [{ kind: 'missing-import' }] } } })
    },
  )

  test('without a linker there is nothing to grant, but a check takes it as given', async () => {
    const subject = tree({ grants: { host: ['test:host/root'] } })
    expect(errorOf(await subject.load(new Engine()))).toEqual(['failed-to-link', 'p'])
    expect(await subject.check(new Engine())).toEqual([])
    const engine = new Engine()
    expect((await subject.check(engine, new Linker<undefined>(engine))).map(told)).toEqual([['failed-to-link', 'p']])
  })

  test('classes and nested names are taken as given too', async () => {
    const user = counterUser(
      {
        items: {
          '[constructor]counter': '(param "v" u32) (result (own $c))',
          '[method]counter.get': '(param "self" (borrow $c)) (result u32)',
        },
        core: { '[constructor]counter': '(param i32) (result i32)', '[method]counter.get': '(param i32) (result i32)' },
        body: '(func (export "run") (result i32) i32.const 1)',
        exports: { run: '(result u32)' },
      },
      'test:host/root',
    ).replace(
      '(export "run" (func $x0))',
      '(instance $e (export "run" (func $x0))) (export "test:root/root" (instance $e))',
    )
    expect(await tree({ grants: { host: ['test:host/root'] } }, user).check(new Engine())).toEqual([])
  })
})

describe('what is revoked', () => {
  test('traps the plugin at its next call, with the reason, and nobody else', async () => {
    const { engine, linker } = hosting(() => 4)
    const data = treeData(
      'root',
      { root: 'test:root any' },
      {
        a: { component: app, plug: 'root', grants: { host: ['test:host/root'] } },
        b: { component: app, plug: 'root', grants: { host: ['test:host/root'] } },
      },
    )
    const head = headOf(await PluginTree.from(data).tree.load(engine, linker))
    head.revoke('a', 'test:host/root')
    head.revoke('a', 'test:host/root')
    expect([...(head.grants.get('a') ?? [])]).toEqual([])
    const [a, b] = [...head.root.dispatch('root', 'get-value')].map(([, result]) => result)
    expect(a).toMatchObject({
      ok: false,
      error: {
        kind: 'runtime-exception',
        cause: {
          kind: 'trap',
          code: 'host-threw',
          cause: { kind: 'closed', message: 'the grant `test:host/root` of plugin `a` was revoked' },
        },
      },
    })
    expect(b).toEqual({ ok: true, value: 4 })
    expect(head.plugins.get('a')?.state).toBe('trapped')
    expect(head.plugins.get('b')?.state).toBe('ready')
  })

  test('is not given back by a restart', async () => {
    const { engine, linker } = hosting(() => 4)
    const entry = { grants: { host: ['test:host/root'] }, restart: 'on-next-call' } as const
    const head = headOf(await tree(entry).load(engine, linker))
    head.revoke('p')
    for (let i = 0; i < 3; i++) expect(get(head)).toMatchObject({ ok: false, error: { kind: 'runtime-exception' } })
    expect(head.plugins.get('p')?.restarts).toBe(2)
  })

  test('does not end a call that is in the host already', async () => {
    const engine = new Engine()
    let head: PluginTreeHead | undefined
    const linker = new Linker<undefined>(engine).define('test:host/root', {
      getValue: () => {
        head?.revoke('p')
        return 8
      },
    })
    head = headOf(await tree({ grants: { host: ['test:host/root'] } }).load(engine, linker))
    expect(get(head)).toEqual({ ok: true, value: 8 })
    expect(get(head)).toMatchObject({ ok: false })
  })

  test('holds for a function of another instance, and for one reached by another name', async () => {
    const engine = new Engine()
    const other = await new Plugin(
      await Component.compile(
        '(component (core module $m (func (export "f") (result i32) (i32.const 6))) (core instance $i (instantiate $m)) (func (export "get-value") (result u32) (canon lift (core func $i "f"))))',
      ),
    ).instantiate(engine)
    const linker = new Linker<undefined>(engine).define('acme:six/here@1.0.0', { getValue: other.exports.getValue })
    const entry = {
      grants: { host: ['acme:six/here@1.0.0'] },
      remap: { imports: { 'acme:six/here@1.0.0': { foundAs: 'test:host/root' } } },
    }
    const head = headOf(await tree(entry).load(engine, linker))
    expect(get(head)).toEqual({ ok: true, value: 6 })
    head.revoke('p', 'acme:six/here@1.0.0')
    expect(get(head)).toMatchObject({ ok: false, error: { cause: { cause: { kind: 'closed' } } } })
    expect(other.state).toBe('ready')
  })

  test('holds for methods of a class, and still lets handles go', async () => {
    const engine = new Engine()
    const dropped: number[] = []
    class Counter {
      readonly value: number
      constructor(value: number) {
        this.value = value
      }
      get(): number {
        return this.value
      }
      [Symbol.dispose](): void {
        dropped.push(this.value)
      }
    }
    const user = counterUser(
      {
        items: {
          '[constructor]counter': '(param "v" u32) (result (own $c))',
          '[method]counter.get': '(param "self" (borrow $c)) (result u32)',
        },
        core: { '[constructor]counter': '(param i32) (result i32)', '[method]counter.get': '(param i32) (result i32)' },
        body: `(global $h (mut i32) (i32.const 0))
          (func (export "make") (global.set $h (call $constructor-counter (i32.const 3))))
          (func (export "read") (result i32) (call $method-counter-get (global.get $h)))`,
        exports: { make: '', read: '(result u32)' },
      },
      'test:host/root',
    ).replace(
      /\)$/,
      '(instance $e (export "make" (func $x0)) (export "read" (func $x1))) (export "test:root/root" (instance $e)))',
    )
    const linker = new Linker<undefined>(engine).define('test:host/root', { Counter })
    const head = headOf(await tree({ grants: { host: ['test:host/root'] } }, user).load(engine, linker))
    head.root.dispatch('root', 'make')
    expect(valuesOf(head.root.dispatch('root', 'read'))).toEqual([['p', 3]])
    head.revoke('p', 'test:host/root')
    expect(valuesOf(head.root.dispatch('root', 'read'))).toEqual([['p', 'runtime-exception']])
    await head[Symbol.asyncDispose]()
    expect(dropped).toEqual([3])
  })

  test('holds for WASI', async () => {
    const random = `(component (import "wasi:random/random@0.2.3" (instance $d (export "get-random-u64" (func (result u64)))))
      (core func $g (canon lower (func $d "get-random-u64")))
      (core module $m (import "d" "g" (func $g (result i64))) (func (export "run") (result i64) (call $g)))
      (core instance $i (instantiate $m (with "d" (instance (export "g" (func $g))))))
      (func $run (result u64) (canon lift (core func $i "run")))
      (instance $e (export "get-value" (func $run))) (export "test:root/root" (instance $e)))`
    const head = headOf(await tree({ grants: { wasi: {} } }, random).load(new Engine()))
    expect(get(head)).toMatchObject({ ok: true, value: expect.any(BigInt) })
    head.revoke('p', 'wasi')
    expect(get(head)).toMatchObject({
      ok: false,
      error: { cause: { cause: { kind: 'closed', message: 'the grant `wasi` of plugin `p` was revoked' } } },
    })
  })

  test('must have been granted', async () => {
    const { engine, linker } = hosting(() => 4)
    const head = headOf(await tree({ grants: { host: ['test:host/root'] } }).load(engine, linker))
    expect(() => head.revoke('q')).toThrow('no plugin `q` was loaded')
    expect(() => head.revoke('p', 'wasi')).toThrow('plugin `p` was granted only `test:host/root`')
    expect(get(head)).toEqual({ ok: true, value: 4 })
  })
})

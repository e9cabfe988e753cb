/** What is over is not held: neither by the engine, nor by the component, nor by anything that outlives them. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { type Component, Engine, hostPlugin } from '../../src/index.ts'
import { compile } from './help.ts'

setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void

const COUNTER = `(component
  (import "log" (func $log (param "n" u32)))
  (core func $log' (canon lower (func $log)))
  (type $r' (resource (rep i32)))
  (core func $new (canon resource.new $r'))
  (core module $m
    (import "" "log" (func $log (param i32)))
    (import "" "new" (func $new (param i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "make") (param i32) (result i32) (call $log (local.get 0)) (call $new (local.get 0))))
  (core instance $i (instantiate $m (with "" (instance (export "log" (func $log')) (export "new" (func $new))))))
  (export $r "r" (type $r'))
  (func $make (param "n" u32) (result (own $r)) (canon lift (core func $i "make")))
  (export "make" (func $make)))`

/** Whether all are collected soon; the collector may want more than one turn. */
async function gone(refs: readonly WeakRef<object>[]): Promise<boolean> {
  for (let turn = 0; turn < 20; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 5))
    gc()
    if (refs.every((ref) => ref.deref() === undefined)) return true
  }
  return false
}

/** An instance that was called, then disposed; what must not outlive it. */
function used(component: Component, engine: Engine): WeakRef<object>[] {
  const seen: number[] = []
  const log = (n: number): void => {
    seen.push(n)
  }
  const instance = component.instantiateSync({ log }, { engine })
  const made: object = instance.exports.make(7)
  expect(seen).toEqual([7])
  instance[Symbol.dispose]()
  return [instance, instance.live, instance.live.root, instance.exports, log, made].map((held) => new WeakRef(held))
}

test('a disposed instance is not held by its engine or its component', async () => {
  const engine = new Engine()
  const component = await compile(COUNTER, engine)
  expect(await gone(used(component, engine))).toBe(true)
  expect(component.instantiateSync({ log: () => {} }, { engine }).state).toBe('ready')
})

test('an instance that nobody disposed lives as long as its engine, and no longer', async () => {
  const refs = await (async () => {
    const engine = new Engine()
    const component = await compile(COUNTER, engine)
    const instance = component.instantiateSync({ log: () => {} }, { engine })
    return [engine, component, instance.live].map((held) => new WeakRef(held))
  })()
  expect(await gone(refs)).toBe(true)
})

test('a disposed engine is held by nothing, whatever it compiled and ran', async () => {
  const refs = await (async () => {
    const engine = new Engine()
    const component = await compile(COUNTER, engine)
    const refs = used(component, engine)
    const plugin = hostPlugin(engine, { 'acme:log/api': { log: () => {} } })
    engine[Symbol.dispose]()
    return [...refs, ...[engine, component, engine.store, plugin].map((held) => new WeakRef<object>(held))]
  })()
  expect(await gone(refs)).toBe(true)
})

test('a disposed plugin is not held by its engine', async () => {
  const engine = new Engine()
  const refs = (() => {
    const plugin = hostPlugin(engine, { 'acme:log/api': { log: () => {} } })
    plugin[Symbol.dispose]()
    return [plugin, plugin.live].map((held) => new WeakRef<object>(held))
  })()
  expect(await gone(refs)).toBe(true)
  expect(engine.graph().plugins).toEqual([])
})

test('the test can fail: what is held is not gone', async () => {
  const held = {}
  expect(await gone([new WeakRef(held)])).toBe(false)
  expect(held).toEqual({})
})

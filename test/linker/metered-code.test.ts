/** Where metered code comes from: at compile, at the first instance that asks, from caches; and what has none. */
import { describe, expect, test } from 'vitest'
import { Component, CoreModule, Engine, type EngineOptions, LinkError } from '../../src/index.ts'
import { assemble } from '../limits/harness.ts'
import { BURNER, METERS } from './budget-fixtures.ts'
import { rejected, thrown } from './help.ts'

const limits = { fuel: { perCall: 1000 } }

function cache(): NonNullable<EngineOptions['meterCache']> & {
  readonly kept: Map<string, Uint8Array>
  readonly log: string[]
} {
  const kept = new Map<string, Uint8Array>()
  const log: string[] = []
  return {
    kept,
    log,
    async get(key) {
      log.push('get')
      return kept.get(key)
    },
    async set(key, code) {
      log.push('set')
      kept.set(key, code)
    },
  }
}

describe.each(METERS)('%s', (meter) => {
  test('the host’s cache is asked once for each module, and filled', async () => {
    const meterCache = cache()
    for (const expected of [['get', 'set'], ['get']]) {
      meterCache.log.length = 0
      const engine = new Engine({ meter, meterCache })
      const component = await Component.compile(BURNER, { engine })
      for (let i = 0; i < 3; i++) {
        const { exports } = await component.instantiate({}, { engine, limits })
        expect(exports.root.getValue()).toBe(42)
        expect(thrown(() => exports.root.spin())).toMatchObject({ limit: 'fuel' })
      }
      expect(meterCache.log).toEqual(expected)
    }
  })

  test('the same content is metered once for an engine, whichever component has it', async () => {
    const meterCache = cache()
    const engine = new Engine({ meter, meterCache })
    const [one, two] = [await Component.compile(BURNER, { engine }), await Component.compile(BURNER, { engine })]
    const running = await one.instantiate({}, { engine, limits })
    await two.instantiate({}, { engine, limits })
    expect(meterCache.log).toEqual(['get', 'set'])
    expect(running.state).toBe('ready')
  })

  test('what is damaged in a cache counts as not there', async () => {
    const meterCache = cache()
    const run = async (): Promise<void> => {
      const engine = new Engine({ meter, meterCache })
      const component = await Component.compile(BURNER, { engine })
      const { exports } = await component.instantiate({}, { engine, limits })
      expect(exports.root.getValue()).toBe(42)
    }
    await run()
    for (const damage of [new Uint8Array(), new Uint8Array(20), new TextEncoder().encode('{}')]) {
      for (const key of meterCache.kept.keys()) meterCache.kept.set(key, damage)
      await run()
      expect(meterCache.log.slice(-2)).toEqual(['get', 'set'])
    }
  })

  test('N6: what does not show what the original shows is refused, wherever it comes from', async () => {
    const meterCache = cache()
    const prepare = async (text: string, engine: Engine): Promise<void> => {
      const component = await Component.compile(text, { engine })
      await component.instantiate({}, { engine, limits })
    }
    await prepare(BURNER, new Engine({ meter, meterCache }))
    const [other] = meterCache.kept.values()
    const empty = '(component (core module $m (func (export "f"))) (core instance (instantiate $m)))'
    meterCache.get = async () => other
    expect((await rejected(prepare(empty, new Engine({ meter, meterCache })))).message).toContain('cannot be metered')
  })

  test('compiled metered, an instance can be had at once', async () => {
    const engine = new Engine({ meter })
    const component = await Component.compile(BURNER, { engine, metered: true })
    // the part that limits is loaded with it
    const { exports } = component.instantiateSync({}, { engine, limits: { ...limits, memoryBytes: 65_536 } })
    expect(exports.root.getValue()).toBe(42)
    expect(thrown(() => exports.root.spin())).toMatchObject({ limit: 'fuel' })
  })

  test('else it takes a promise, and says what to do', async () => {
    const engine = new Engine({ meter })
    const component = await Component.compile(BURNER, { engine })
    await (await Component.compile('(component)', { engine })).instantiate({}, { engine, limits })
    const error = thrown(() => component.instantiateSync({}, { engine, limits }))
    expect(error).toBeInstanceOf(TypeError)
    expect(error.message).toContain('compile with `{ metered: true }`')
    await component.instantiate({}, { engine, limits })
    expect(component.instantiateSync({}, { engine, limits }).exports.root.getValue()).toBe(42)
  })

  test.each([
    [50, true],
    [49, false],
  ])('coreNesting: 50 blocks deep, %i allowed', async (coreNesting, fits) => {
    const engine = new Engine({ meter, compileLimits: { coreNesting } })
    const nested = `${'(block '.repeat(50)}${')'.repeat(50)}`
    const component = await Component.compile(
      `(component (core module $m (func ${nested})) (core instance (instantiate $m)))`,
      { engine },
    )
    // the engine may nest as deep as it likes, a meter may not
    await component.instantiate({}, { engine })
    const started = component.instantiate({}, { engine, limits })
    if (fits) await started
    else
      expect(await rejected(started)).toMatchObject({
        kind: 'limit',
        limit: 'coreNesting',
        cap: coreNesting,
        option: 'compileLimits.coreNesting',
      })
  })

  const importing = `(component
    (import "m" (core module $m (export "spin" (func))))
    (core instance $i (instantiate $m))
    (func (export "spin") (canon lift (core func $i "spin"))))`
  const spinning = '(module (func (export "spin") (loop br 0)))'

  test('a CoreModule of the host’s is metered too', async () => {
    const engine = new Engine({ meter })
    const component = await Component.compile(importing, { engine })
    const m = await CoreModule.compile(await assemble(spinning))
    const { exports } = await component.instantiate({ m }, { engine, limits })
    expect(thrown(() => exports.spin())).toMatchObject({ limit: 'fuel' })
  })

  test('a bare WebAssembly.Module is refused', async () => {
    const engine = new Engine({ meter })
    const component = await Component.compile(importing, { engine })
    const m = await WebAssembly.compile(await assemble(spinning))
    expect(await rejected(component.instantiate({ m }, { engine, limits }))).toBeInstanceOf(LinkError)
  })

  test('so is a component from elsewhere', async () => {
    const engine = new Engine({ meter })
    const inner = await Component.compile(
      `(component
        (core module $m ${spinning.slice('(module '.length, -1)})
        (core instance $i (instantiate $m))
        (func (export "spin") (canon lift (core func $i "spin"))))`,
      { engine },
    )
    const outer = await Component.compile(
      `(component
        (import "c" (component $c (export "spin" (func))))
        (instance $i (instantiate $c))
        (func (export "spin") (alias export $i "spin")))`,
      { engine },
    )
    const { exports } = await outer.instantiate({ c: inner }, { engine, limits })
    expect(thrown(() => exports.spin())).toMatchObject({ limit: 'fuel' })
  })

  test('N2: every instance of every module of a component counts', async () => {
    const engine = new Engine({ meter })
    const text = `(component
      (core module $m (func (export "f") (result i32) i32.const 1))
      (core instance $a (instantiate $m)) (core instance $b (instantiate $m))
      (core module $n
        (import "a" "f" (func $a (result i32))) (import "b" "f" (func $b (result i32)))
        (func (export "f") (result i32) (i32.add (call $a) (call $b))))
      (core instance $n (instantiate $n (with "a" (instance $a)) (with "b" (instance $b))))
      (func (export "f") (result u32) (canon lift (core func $n "f"))))`
    const component = await Component.compile(text, { engine })
    const run = async (perCall: number): Promise<unknown> => {
      const { exports } = await component.instantiate({}, { engine, limits: { fuel: { perCall } } })
      try {
        return exports.f()
      } catch (error) {
        return error
      }
    }
    // 4 of its own, and 2 of each
    expect(await run(8)).toBe(2)
    expect(await run(5)).toMatchObject({ limit: 'fuel' })
  })
})

test('nothing is loaded or changed where no limit asks', async () => {
  const meterCache = cache()
  const engine = new Engine({ meterCache })
  const component = await Component.compile(BURNER, { engine })
  const { exports } = await component.instantiate({}, { engine })
  expect(exports.root.getValue()).toBe(42)
  expect(meterCache.log).toEqual([])
})

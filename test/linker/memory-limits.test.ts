/** Memories and tables of instances: rows G1–G4 and F4, F5, and what the engine sums up. */
import { describe, expect, test } from 'vitest'
import { Component, CoreModule, Engine, type Instance, LimitError, type Limits, LinkError } from '../../src/index.ts'
import { rejected, thrown } from './help.ts'

const PAGE = 65_536

/** One-page memories that grow by request, each in a module of its own, and a table. */
function growing(memories: string, table = '1 funcref'): string {
  const modules = memories.split(' ').map((limits, i) => {
    const memory = limits.replace('..', ' ')
    return `(core module $m${i}
        (memory ${memory}) (table ${table})
        (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
        (func (export "widen") (param i32) (result i32) (table.grow (ref.null func) (local.get 0)))
        (export "memory" (memory 0)) (export "table" (table 0)))
      (core instance $i${i} (instantiate $m${i}))
      (func (export "grow${i === 0 ? '' : i}") (param "pages" u32) (result s32) (canon lift (core func $i${i} "grow")))
      (func (export "widen${i === 0 ? '' : i}") (param "by" u32) (result s32) (canon lift (core func $i${i} "widen")))`
  })
  return `(component ${modules.join('\n')})`
}

async function start(text: string, limits?: Limits, engine: Engine = new Engine()): Promise<Instance> {
  const component = await Component.compile(text, { engine })
  return await component.instantiate({}, { engine, ...(limits && { limits }) })
}

describe('numbers', () => {
  test('G2: growth over the cap is -1 for the guest, and the call goes on', async () => {
    const { exports } = await start(growing('1'), { memoryBytes: 2 * PAGE })
    expect([exports.grow(1), exports.grow(1), exports.grow(0)]).toEqual([1, -1, 2])
  })

  test('G2: at one page less it is refused at once', async () => {
    const { exports } = await start(growing('1'), { memoryBytes: PAGE })
    expect(exports.grow(1)).toBe(-1)
  })

  test('G4: without a limit the defaults hold', async () => {
    const instance = await start(growing('1'))
    expect(instance.usage().memoryBytes.limit).toBe(256 * 2 ** 20)
    expect([instance.exports.grow(4095), instance.exports.grow(1)]).toEqual([1, -1])
  })

  test('G4: or nothing but the maximum of the module', async () => {
    const { exports } = await start(growing('1..5000'), { memoryBytes: Number.POSITIVE_INFINITY })
    expect([exports.grow(4999), exports.grow(1)]).toEqual([1, -1])
  })

  test('G1: an initial memory over the cap is refused before anything is made', async () => {
    const error = await rejected(start(growing('3'), { memoryBytes: 3 * PAGE - 1 }))
    expect(error).toBeInstanceOf(LimitError)
    expect(error).toMatchObject({
      limit: 'memoryBytes',
      used: 3 * PAGE,
      cap: 3 * PAGE - 1,
      option: 'limits.memoryBytes',
      message: 'limit `memoryBytes` reached: 196608 of 196607; raise it with `limits.memoryBytes`',
    })
    await start(growing('3'), { memoryBytes: 3 * PAGE })
  })

  test('G1: so is an initial table', async () => {
    const error = await rejected(start(growing('1', '11 funcref'), { tableElements: 10 }))
    expect(error).toMatchObject({ kind: 'limit', limit: 'tableElements', used: 11, cap: 10 })
    const { exports } = await start(growing('1', '10 funcref'), { tableElements: 10 })
    expect(exports.widen(1)).toBe(-1)
  })

  test('F5: tables have a default', async () => {
    expect(await rejected(start(growing('1', '1000001 funcref')))).toMatchObject({ limit: 'tableElements' })
  })

  test.each([
    ['memories', 'memories', { memories: 1 }],
    ['tables', 'tables', { tables: 1 }],
  ] as const)('the number of %s', async (_, limit, limits) => {
    expect(await rejected(start(growing('1 1'), limits))).toMatchObject({
      limit,
      used: 2,
      cap: 1,
      option: `limits.${limit}`,
    })
    await start(growing('1 1'), { [limit]: 2 })
  })

  test('F4: sums over several memories', async () => {
    const { exports } = await start(growing('1 1'), { memoryBytes: 4 * PAGE })
    expect([exports.grow(1), exports.grow1(1), exports.grow(1), exports.grow1(1)]).toEqual([1, 1, -1, -1])
  })

  test('F4: sums over several initial memories', async () => {
    expect(await rejected(start(growing('2 2'), { memoryBytes: 4 * PAGE - 1 }))).toMatchObject({
      limit: 'memoryBytes',
      used: 4 * PAGE,
    })
  })

  test('what cannot grow leaves the rest to what can', async () => {
    const { exports } = await start(growing('1 2..2'), { memoryBytes: 4 * PAGE })
    expect([exports.grow(1), exports.grow(1), exports.grow1(1)]).toEqual([1, -1, -1])
  })

  test.each(['4294967295', '65535', '65536'])('F4: growing by %s pages', async (pages) => {
    const { exports } = await start(growing('1 1'), { memoryBytes: 4 * PAGE })
    expect(exports.grow(Number(pages))).toBe(-1)
    expect(exports.grow(1)).toBe(1)
  })

  test.each([{ memoryBytes: -1 }, { memoryBytes: 1.5 }, { handles: Number.NaN }])(
    '%o is a RangeError',
    async (limits) => {
      expect(await rejected(start(growing('1'), limits))).toBeInstanceOf(RangeError)
    },
  )
})

describe('a limiter', () => {
  const asked: unknown[][] = []
  const limiter = (answer: (...args: unknown[]) => boolean): Limits => ({
    growth: {
      memoryGrowing(...args) {
        asked.push(['memory', ...args])
        return answer(...args)
      },
      tableGrowing(...args) {
        asked.push(['table', ...args])
        return true
      },
    },
  })

  test("G1, G2: is asked with the original's arguments, for initial sizes too", async () => {
    asked.length = 0
    const { exports } = await start(
      growing('1..9'),
      limiter((current) => current !== 2 * PAGE),
    )
    expect([exports.grow(1), exports.grow(1), exports.grow(0), exports.widen(3)]).toEqual([1, -1, 2, 1])
    expect(asked).toEqual([
      ['memory', 0, PAGE, 9 * PAGE],
      ['table', 0, 1, undefined],
      ['memory', PAGE, 2 * PAGE, 9 * PAGE],
      ['memory', 2 * PAGE, 3 * PAGE, 9 * PAGE],
      ['table', 1, 4, undefined],
    ])
  })

  test('G1: a refused initial size is an error of the instantiation', async () => {
    const error = await rejected(
      start(
        growing('1'),
        limiter(() => false),
      ),
    )
    expect(error).toMatchObject({ kind: 'limit', limit: 'memoryBytes', option: 'limits.growth' })
  })

  test('G2: what it throws ends the guest', async () => {
    const instance = await start(
      growing('1'),
      limiter((current) => {
        if (current === 0) return true
        throw new Error('no more')
      }),
    )
    const error = thrown(() => instance.exports.grow(1))
    expect(error).toMatchObject({ kind: 'trap', code: 'host-threw', cause: { message: 'no more' } })
    expect(instance.state).toBe('trapped')
  })

  test('is asked after the sums, and not about what the maximum forbids', async () => {
    asked.length = 0
    const { exports } = await start(growing('1..2'), { memoryBytes: 2 * PAGE, ...limiter(() => true) })
    asked.length = 0
    expect([exports.grow(2), exports.grow(1), exports.grow(1)]).toEqual([-1, 1, -1])
    expect(asked).toHaveLength(1)
  })

  test('without one of its functions that kind is allowed', async () => {
    const { exports } = await start(growing('1'), { growth: {} })
    expect([exports.grow(1), exports.widen(1)]).toEqual([1, 1])
  })
})

describe('G3: used so far', () => {
  test.each([
    ['by the engine alone', {}],
    ['by asking', { growth: {} }],
  ])('%s', async (_, limits) => {
    const instance = await start(growing('1 2'), { memoryBytes: 10 * PAGE, ...limits })
    instance.exports.grow1(3)
    instance.exports.widen(7)
    const { memoryBytes, tableElements, memories, tables } = instance.usage()
    expect(memoryBytes).toEqual({ used: 6 * PAGE, peak: 6 * PAGE, remaining: 4 * PAGE, limit: 10 * PAGE })
    expect(tableElements).toMatchObject({ used: 9, limit: 1_000_000 })
    expect([memories.used, tables.used]).toEqual([2, 2])
  })

  test('without any limit', async () => {
    const engine = new Engine()
    const instance = await start(growing('1'), undefined, engine)
    instance.exports.grow(2)
    expect(instance.usage().memoryBytes).toMatchObject({ used: 3 * PAGE })
    expect(engine.usage().memoryBytes).toMatchObject({ used: 3 * PAGE, limit: Number.POSITIVE_INFINITY })
  })
})

describe('totals', () => {
  test('of memory, over the instances of an engine', async () => {
    const engine = new Engine({ totals: { memoryBytes: 4 * PAGE } })
    const one = await start(growing('1'), undefined, engine)
    const two = await start(growing('2'), undefined, engine)
    expect([two.exports.grow(1), one.exports.grow(1)]).toEqual([2, -1])
    expect(await rejected(start(growing('1'), undefined, engine))).toMatchObject({
      limit: 'memoryBytes',
      used: 5 * PAGE,
      option: 'totals.memoryBytes',
    })
    expect(engine.usage().memoryBytes).toMatchObject({ used: 4 * PAGE, remaining: 0 })
    two[Symbol.dispose]()
    expect(one.exports.grow(3)).toBe(1)
    expect(engine.usage().memoryBytes).toMatchObject({ used: 4 * PAGE })
  })

  test('of instances, failed ones not counted', async () => {
    const engine = new Engine({ totals: { instances: 1 } })
    expect(await rejected(start(growing('5000'), undefined, engine))).toMatchObject({ limit: 'memoryBytes' })
    const one = await start('(component)', undefined, engine)
    expect(await rejected(start('(component)', undefined, engine))).toMatchObject({
      limit: 'instances',
      used: 2,
      cap: 1,
      option: 'totals.instances',
    })
    one[Symbol.dispose]()
    await start('(component)', undefined, engine)
    expect(engine.usage().instances).toMatchObject({ used: 1, remaining: 0 })
  })
})

describe('modules from elsewhere', () => {
  const importing = `(component
    (import "m" (core module $m (export "grow" (func (param i32) (result i32)))))
    (core instance $i (instantiate $m))
    (func (export "grow") (param "pages" u32) (result s32) (canon lift (core func $i "grow"))))`
  const text = '(module (memory 1) (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))'

  test('a CoreModule is limited like the rest', async () => {
    const { assemble } = await import('../limits/harness.ts')
    const component = await Component.compile(importing)
    const m = await CoreModule.compile(await assemble(text))
    const { exports } = await component.instantiate({ m }, { limits: { memoryBytes: 2 * PAGE } })
    expect([exports.grow(1), exports.grow(1)]).toEqual([1, -1])
  })

  test('a bare WebAssembly.Module cannot be, and is refused', async () => {
    const { assemble } = await import('../limits/harness.ts')
    const component = await Component.compile(importing)
    const m = await WebAssembly.compile(await assemble(text))
    const error = await rejected(component.instantiate({ m }, { limits: { memoryBytes: 2 * PAGE } }))
    expect(error).toBeInstanceOf(LinkError)
    expect(error.message).toContain('a bare `WebAssembly.Module` cannot be limited')
    await component.instantiate({ m })
  })
})

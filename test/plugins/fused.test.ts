/**
 * Plugins whose calls are fused from the first one on answer as those whose calls take the general path: through
 * replacement, restarts, traps and disposal, with resources that change hands, and nobody is told of less.
 */
import { describe, expect, test } from 'vitest'
import { Fuse } from '../../src/abi/fuse/fuse.ts'
import type { Fusible } from '../../src/abi/fuse-abi.ts'
import type { Tier } from '../../src/abi/trampolines.ts'
import {
  Binding,
  type BindingAny,
  Component,
  Engine,
  type EngineOptions,
  ExactlyOne,
  hostPlugin,
  isWasmLinkError,
  Linker,
  Plugin,
} from '../../src/index.ts'
import { fromTheDeep } from '../deep.ts'
import { constant, forwarding, onceOnly, plug, relay, trapping } from './fixtures.ts'
import { OWNER, PLAIN_USER } from './resource-fixtures.ts'

/** Counts the functions that were fused. */
class Counting extends Fuse {
  fused = 0

  override fuse(fusible: Fusible, tier: Tier): void {
    super.fuse(fusible, tier)
    if (tier.call !== fusible.general) this.fused += 1
  }
}

function engineOf(fuse: Counting | undefined, options: EngineOptions = {}): Engine {
  const engine = new Engine(options)
  engine.store.loadFuse = undefined
  engine.store.fuse = fuse
  engine.store.fuseAfter = 1
  return engine
}

/** What a call answers or throws. */
function outcome(call: () => unknown): unknown {
  try {
    return call()
  } catch (error) {
    if (!isWasmLinkError(error)) throw error
    return error.kind === 'trap' ? [error.kind, error.code, error.message] : [error.kind, error.message]
  }
}

/** Notices when a call of it was left in the middle; takes some stack. */
const BUSY = `(component
  (core module $m
    (global $busy (mut i32) (i32.const 0))
    (func $deep (param i32) (result i32)
      (if (result i32) (local.get 0)
        (then (i32.sub (call $deep (i32.sub (local.get 0) (i32.const 1))) (i32.const 1)))
        (else (i32.const 9001))))
    (func (export "f") (result i32)
      (if (global.get $busy) (then (unreachable)))
      (global.set $busy (i32.const 1))
      (call $deep (i32.const 9000))
      (global.set $busy (i32.const 0))))
  (core instance $i (instantiate $m))
  (func $f (result u32) (canon lift (core func $i "f")))
  (instance $e (export "get-value" (func $f)))
  (export "test:leaf/root" (instance $e)))`

type Scenario = (engine: Engine) => Promise<readonly unknown[]>

/** Runs it both ways, and says what both ways answer. */
async function bothWays(scenario: Scenario, options: EngineOptions = {}): Promise<readonly unknown[]> {
  const fuse = new Counting({ allowed: true })
  const [general, fused] = [await scenario(engineOf(undefined, options)), await scenario(engineOf(fuse, options))]
  expect(fuse.fused).toBeGreaterThan(0)
  expect(fused).toEqual(general)
  // where source may not be generated some keep the general path
  expect(await scenario(engineOf(new Counting({ allowed: false }), { codegen: 'never', ...options }))).toEqual(general)
  return fused
}

const leaf = (value: number): string => constant('test:leaf', value)

async function consumerOf(engine: Engine, binding: BindingAny): Promise<() => unknown> {
  const consumer = await plug(engine, forwarding('test:user', 'test:leaf'), [binding])
  return () => outcome(() => consumer.exports['test:user/root'].getValue())
}

describe('what is plugged changes', () => {
  test('a plugin that is replaced answers no more', async () => {
    const answers = await bothWays(async (engine) => {
      const binding = new Binding('test:leaf', ExactlyOne('a', await plug(engine, leaf(1))))
      const call = await consumerOf(engine, binding)
      const before = [call(), call()]
      binding.replace('a', await plug(engine, leaf(2)))
      return [...before, call(), call()]
    })
    expect(answers).toEqual([1, 1, 2, 2])
  })

  test('JavaScript takes over, and gives back', async () => {
    const answers = await bothWays(async (engine) => {
      const binding = new Binding('test:leaf', ExactlyOne('a', await plug(engine, leaf(1))))
      const call = await consumerOf(engine, binding)
      const first = call()
      binding.replace('a', hostPlugin(engine, { 'test:leaf/root': { getValue: () => 7 } }))
      const second = [call(), call()]
      binding.replace('a', await plug(engine, leaf(3)))
      return [first, ...second, call()]
    })
    expect(answers).toEqual([1, 7, 7, 3])
  })

  test('a plugin that is started anew begins at the beginning', async () => {
    const answers = await bothWays(async (engine) => {
      const plugin = await plug(engine, onceOnly('test:leaf'))
      const call = await consumerOf(engine, new Binding('test:leaf', ExactlyOne('a', plugin)))
      const first = call()
      await plugin.restart()
      return [first, call(), plugin.state, call(), plugin.state]
    })
    expect(answers.slice(0, 3)).toEqual([1, 1, 'ready'])
    expect(answers.at(-1)).toBe('trapped')
  })

  test('one that is disposed is unavailable', async () => {
    const [first, second] = await bothWays(async (engine) => {
      const plugin = await plug(engine, leaf(1))
      const call = await consumerOf(engine, new Binding('test:leaf', ExactlyOne('a', plugin)))
      const before = call()
      plugin[Symbol.dispose]()
      return [before, call()]
    })
    expect([first, second]).toEqual([1, ['trap', 'host-threw', expect.stringContaining('is disposed')]])
  })
})

describe('what goes wrong', () => {
  test('a plugin that traps ends its consumer, and says why', async () => {
    const answers = await bothWays(async (engine) => {
      const plugin = await plug(engine, trapping('test:leaf'))
      const call = await consumerOf(engine, new Binding('test:leaf', ExactlyOne('a', plugin)))
      return [call(), plugin.state, call()]
    })
    expect(answers[0]).toEqual(['trap', 'unreachable', 'wasm trap: wasm `unreachable` instruction executed'])
    expect(answers[1]).toBe('trapped')
  })

  test('with hardly any stack left whoever ended says so', async () => {
    const engine = engineOf(new Counting({ allowed: true }))
    const pairs = await Promise.all(
      Array.from({ length: 40 }, async () => {
        const plugin = await plug(engine, BUSY)
        const consumer = await plug(engine, forwarding('test:user', 'test:leaf'), [
          new Binding('test:leaf', ExactlyOne('a', plugin)),
        ])
        const call = () => consumer.exports['test:user/root'].getValue()
        for (let i = 0; i < 3; i++) expect(call()).toBe(1)
        return { plugin, consumer, call }
      }),
    )
    let next = 0
    fromTheDeep(400, () => {
      const pair = pairs[next]
      if (pair === undefined) return
      try {
        pair.call()
      } catch {
        // the states tell
      }
      try {
        if (pair.plugin.state !== 'ready' || pair.consumer.state !== 'ready') next++
      } catch {
        next++
      }
    })
    for (const { plugin, consumer, call } of pairs) {
      // what was left in the middle of a call would trap
      if (plugin.state === 'ready') expect(plugin.exports['test:leaf/root'].getValue()).toBe(1)
      else expect(consumer.state).toBe('trapped')
      if (consumer.state === 'ready') expect(call()).toBe(1)
    }
    expect(pairs.some(({ plugin }) => plugin.state === 'trapped')).toBe(true)
  })

  test('chains of calls are as long as they may be and no longer', async () => {
    const answers = await bothWays(async (engine) => {
      let inner = await plug(engine, leaf(5))
      let dependency = 'test:leaf'
      const outcomes: unknown[] = []
      for (let i = 0; i < 5; i++) {
        const binding = new Binding(dependency, ExactlyOne('a', inner))
        inner = await plug(engine, forwarding(`test:f${i}`, dependency), [binding], { limits: { callDepth: 3 } })
        dependency = `test:f${i}`
        const face = inner.exports[`test:f${i}/root`]
        outcomes.push(outcome(() => face.getValue()))
      }
      return outcomes
    })
    expect(answers.slice(0, 3)).toEqual([5, 5, 5])
    expect(answers[4]).toEqual(['trap', 'host-threw', expect.stringContaining('`callDepth` reached: 4 of 3')])
  })
})

describe('who ends whom during a call', () => {
  /** Asks its host to do something, then answers with a string, for which its caller must find room. */
  const ASKING = `(component
    (import "ask" (func $ask))
    (core func $ask (canon lower (func $ask)))
    (core module $m (import "h" "ask" (func $ask)) (memory (export "memory") 1) (data (i32.const 0) "\\08\\00\\00\\00\\02\\00\\00\\00hi")
      (func (export "f") (result i32) (call $ask) (i32.const 0)))
    (core instance $i (instantiate $m (with "h" (instance (export "ask" (func $ask))))))
    (alias core export $i "memory" (core memory $memory))
    (func $f (result string) (canon lift (core func $i "f") (memory $memory)))
    (instance $e (export "get-value" (func $f)))
    (export "test:leaf/root" (instance $e)))`
  const user = (dependency: string): string => relay({ from: `${dependency}/root`, result: 'string' })
  const middle = user('test:leaf').replace(
    '(export "relay" (func $relay))',
    '(instance $out (export "get-value" (func $relay))) (export "test:middle/root" (instance $out))',
  )

  type Who = 'the caller' | 'the callee' | 'who called the caller'

  /** host → outer → middle → leaf → host, which disposes of one of them the second time. */
  async function answers(engine: Engine, who: Who): Promise<readonly unknown[]> {
    let calls = 0
    const ended: Partial<Record<Who, Disposable>> = {}
    const ask = (): void => {
      if (++calls === 2) ended[who]?.[Symbol.dispose]()
    }
    const component = await Component.compile(ASKING, { engine })
    const leafPlugin = await new Plugin(component).link(engine, new Linker(engine).use({ ask }), [])
    const between = await plug(engine, middle, [new Binding('test:leaf', ExactlyOne('a', leafPlugin))])
    const outer = await plug(engine, user('test:middle'), [new Binding('test:middle', ExactlyOne('a', between))])
    Object.assign(ended, { 'the caller': between, 'the callee': leafPlugin, 'who called the caller': outer })
    const call = (): unknown => outcome(() => outer.exports['relay']())
    return [call(), call(), call(), calls, leafPlugin.state, between.state, outer.state]
  }

  for (const who of ['the caller', 'the callee', 'who called the caller'] as const) {
    test(`${who} is disposed of`, async () => {
      const expected = await answers(engineOf(undefined), who)
      for (const allowed of [true, false]) {
        const fuse = new Counting({ allowed })
        expect(await answers(engineOf(fuse), who)).toEqual(expected)
        expect(fuse.fused).toBe(2)
      }
      expect(expected.slice(0, 2)).toEqual([
        'hi',
        [expect.any(String), expect.anything(), expect.stringContaining('disposed')],
      ])
    })
  }
})

test('every call is traced once', async () => {
  for (const fuse of [undefined, new Counting({ allowed: true })]) {
    const calls: string[] = []
    const trace = {
      call: ({ plugin, caller, path }: { plugin: string; caller: string | undefined; path: string }) => {
        calls.push(`${caller} → ${plugin} ${path}`)
        return () => {
          calls.push('end')
        }
      },
    }
    const engine = engineOf(fuse, { trace })
    const plugin = await plug(engine, leaf(1), [], { name: 'leaf' })
    const consumer = await plug(
      engine,
      forwarding('test:user', 'test:leaf'),
      [new Binding('test:leaf', ExactlyOne('a', plugin))],
      { name: 'user' },
    )
    calls.length = 0
    for (let i = 0; i < 3; i++) consumer.exports['test:user/root'].getValue()
    const told = calls.filter((call) => call.startsWith('user'))
    expect(told).toEqual(new Array(3).fill('user → leaf test:leaf/root#get-value'))
    expect(calls.filter((call) => call === 'end').length).toBe(calls.length / 2)
  }
})

describe('resources', () => {
  interface User {
    make(v: number): void
    get(): number
    look(): number
    take(): number
    drop(): void
  }

  async function ownerAndUser(engine: Engine) {
    const owner = await plug(engine, OWNER)
    const binding = new Binding('test:counters', ExactlyOne('owner', owner))
    const user: User = (await plug(engine, PLAIN_USER, [binding])).exports
    return { owner, binding, user, live: () => owner.exports['test:counters/root'].live() }
  }

  test('made, used, lent, given away and dropped', async () => {
    const answers = await bothWays(async (engine) => {
      const { user, live } = await ownerAndUser(engine)
      user.make(40)
      const used = [user.get(), user.look(), live()]
      const given = [user.take(), live(), outcome(() => user.get())]
      return [...used, ...given]
    })
    expect(answers.slice(0, 5)).toEqual([40, 40, 1, 40, 0])
    expect(answers[5]).toEqual(['trap', 'unknown-handle', expect.stringContaining('unknown handle index')])
  })

  test('a handle finds its owner after another took the place', async () => {
    const answers = await bothWays(async (engine) => {
      const { binding, user, live } = await ownerAndUser(engine)
      user.make(40)
      const before = [user.get(), live()]
      binding.replace('owner', await plug(engine, OWNER))
      const old = [user.get(), live()]
      user.drop()
      const dropped = live()
      user.make(41)
      return [...before, ...old, dropped, user.get(), live()]
    })
    expect(answers).toEqual([40, 1, 40, 1, 0, 41, 0])
  })

  test('one of an earlier life is invalid', async () => {
    const answers = await bothWays(async (engine) => {
      const { owner, user } = await ownerAndUser(engine)
      user.make(40)
      const before = user.get()
      await owner.restart()
      return [before, outcome(() => user.get())]
    })
    expect(answers).toEqual([40, ['trap', 'host-threw', expect.stringContaining('invalid-resource-handle')]])
  })
})

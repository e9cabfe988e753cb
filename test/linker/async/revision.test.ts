/** The switch for what was decided after the pinned specification, and the scheduler's options, from the outside. */
import { describe, expect, test } from 'vitest'
import { Component } from '../../../src/linker/component.ts'
import { Engine } from '../../../src/linker/engine.ts'
import { parseText } from '../../../src/text.ts'
import { ECHO } from './components.ts'

const CANCELLABLE = '(component\n  (core func (canon thread.yield cancellable)))'
const PLAIN = '(component (core func (canon thread.yield)))'
const newer = (): Engine => new Engine({ revision: 'newer' })

describe('revision', () => {
  test('pinned: `cancellable` is a keyword and a byte', async () => {
    await (await Component.compile(CANCELLABLE)).instantiate()
  })

  test('newer: the byte must be 0', async () => {
    const bytes = await parseText(CANCELLABLE)
    await expect(Component.compile(bytes, { engine: newer() })).rejects.toMatchObject({
      kind: 'malformed',
      offset: bytes.length - 1,
      message: expect.stringContaining('the immediate of `thread.yield` that once said `cancellable` must be 0'),
    })
    await (await Component.compile(PLAIN, { engine: newer() })).instantiate({}, { engine: newer() })
  })

  test('newer: there is no keyword', async () => {
    await expect(parseText(CANCELLABLE, { engine: newer() })).rejects.toMatchObject({ kind: 'malformed', line: 2 })
    await parseText(PLAIN, { engine: newer() })
  })

  test('newer refuses what another engine compiled', async () => {
    const component = await Component.compile(CANCELLABLE)
    await expect(component.instantiate({}, { engine: newer() })).rejects.toMatchObject({
      kind: 'link',
      problems: [{ kind: 'feature-off', message: expect.stringContaining('thread.yield cancellable') }],
    })
  })
})

describe('whenIdle', () => {
  test('trap: nothing that could go on is a deadlock', async () => {
    const { exports } = await (await Component.compile(ECHO)).instantiate({ answer: { default: () => 0 } })
    await expect(exports.stuck()).rejects.toMatchObject({ kind: 'trap', code: 'deadlock' })
  })

  test('wait: it waits, and the instance goes on', async () => {
    const engine = new Engine({ whenIdle: 'wait' })
    const component = await Component.compile(ECHO, { engine })
    const instance = await component.instantiate({ answer: { default: (n: number) => n } }, { engine })
    let settled = false
    const stuck = instance.exports.stuck().finally(() => {
      settled = true
    })
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(await instance.exports.ask(3)).toBe(3)
    expect([settled, instance.state]).toEqual([false, 'ready'])
    instance[Symbol.dispose]()
    await expect(stuck).rejects.toMatchObject({ kind: 'closed' })
  })
})

describe('scheduler.pick', () => {
  const TASKS = 8

  /** In which order tasks that all wait for the host at once go on. */
  async function order(pick?: (ready: number) => number): Promise<number[]> {
    const engine = pick === undefined ? new Engine() : new Engine({ scheduler: { pick } })
    const seen: number[] = []
    const waiting: (() => void)[] = []
    const component = await Component.compile(ECHO, { engine })
    const answer = (n: number): Promise<number> => new Promise((resolve) => waiting.push(() => resolve(n)))
    const { exports } = await component.instantiate({ answer: { default: answer } }, { engine })
    const calls = Array.from({ length: TASKS }, (_, i) => exports.ask(i).then(() => seen.push(i)))
    while (waiting.length < TASKS) await new Promise((resolve) => setImmediate(resolve))
    for (const resolve of waiting) resolve()
    await Promise.all(calls)
    return seen
  }

  test('first come, first served', async () => {
    expect(await order()).toEqual(Array.from({ length: TASKS }, (_, i) => i))
    expect(await order(() => 0)).toEqual(await order())
  })

  test('the host chooses', async () => {
    const counts: number[] = []
    const reversed = await order((ready) => {
      counts.push(ready)
      return ready - 1
    })
    expect(Math.max(...counts)).toBeGreaterThan(1)
    expect(reversed).not.toEqual(await order())
    expect(reversed.toSorted((a, b) => a - b)).toEqual(await order())
  })

  test.each([Number.NaN, -5, 1e9, 0.5, Number.POSITIVE_INFINITY])('%d is cut to what there is', async (wrong) => {
    expect((await order(() => wrong)).toSorted((a, b) => a - b)).toEqual(await order())
  })

  test('what it throws ends whom it had to choose from', async () => {
    const boom = new Error('no choice')
    await expect(
      order(() => {
        throw boom
      }),
    ).rejects.toMatchObject({ kind: 'trap', code: 'host-threw', cause: boom })
  })
})

// biome-ignore-all lint/correctness/useYield: core code need not wait
/** What the specification decided after the pinned revision, each beside what it was before. */
import { describe, expect, test } from 'vitest'
import { BLOCKED } from '../../../src/abi/async/builtins-task.ts'
import { SubtaskState } from '../../../src/abi/async/subtask.ts'
import { EventCode } from '../../../src/abi/async/waitable.ts'
import type { Revision } from '../../../src/model/features.ts'
import { call, func, unpack, World } from './harness.ts'

const { started, cancelledBeforeReturned } = SubtaskState
const CALLBACK_EXIT = 0
const CALLBACK_YIELD = 1
const callbackWait = (set: number): number => 2 | (set << 4)

function worldOf(revision: Revision): World {
  const world = new World()
  world.store.options = { revision }
  return world
}

describe('`subtask.cancel` of a subtask in a waitable set (component-model#715)', () => {
  const run = async (revision: Revision): Promise<World> => {
    const world = worldOf(revision)
    const callee = world.guest()
    const caller = world.guest()
    const waits = callee.lift(
      func([]),
      function* () {
        return callbackWait(yield* call(callee.builtin('waitable-set.new')))
      },
      {
        async: true,
        callback: function* () {
          yield* call(callee.builtin('task.cancel'))
          return CALLBACK_EXIT
        },
      },
    )
    const main = caller.lift(func([]), function* () {
      const [state, sub] = unpack(yield* call(caller.lower(waits, { async: true })))
      expect(state).toBe(started)
      const set = yield* call(caller.builtin('waitable-set.new'))
      yield* call(caller.builtin('waitable.join'), sub, set)
      expect(yield* call(caller.builtin('subtask.cancel'), sub)).toBe(cancelledBeforeReturned)
    })
    await world.run(main)
    return world
  }

  test('pinned: the asynchronous form may', () => run('pinned'))

  test('newer: neither form may', async () => {
    await expect(run('newer')).rejects.toThrow('cannot be used synchronously while added to a waitable set')
  })
})

describe.each(['suspend', 'yield'] as const)('`thread.%s-then-promote` of itself (component-model#687)', (how) => {
  const run = async (revision: Revision): Promise<unknown> => {
    const world = worldOf(revision)
    const guest = world.guest()
    const other = guest.start(function* (main = 0) {
      yield* call(guest.builtin('thread.resume-later'), main)
    })
    const main = guest.lift(func([]), function* () {
      const self = yield* call(guest.builtin('thread.index'))
      const thread = yield* call(guest.builtin('thread.new-indirect'), other, self)
      if (how === 'suspend') yield* call(guest.builtin('thread.resume-later'), thread)
      expect(yield* call(guest.builtin(`thread.${how}-then-promote`), self)).toBe(0)
    })
    return await world.run(main)
  }

  test('pinned: as if the other were not ready', () => run('pinned'))

  test('newer: a trap', async () => {
    await expect(run('newer')).rejects.toThrow('a thread cannot promote itself')
  })
})

test.each(['pinned', 'newer'] as const)(
  '%s: `subtask.cancel` runs the callback that waits in its event loop, and nothing else (component-model#726)',
  async (revision) => {
    const world = worldOf(revision)
    const callee = world.guest()
    const caller = world.guest()
    const order: string[] = []
    let set = 0
    const waits = callee.lift(
      func([]),
      function* () {
        set = yield* call(callee.builtin('waitable-set.new'))
        return callbackWait(set)
      },
      {
        async: true,
        callback: function* (event) {
          if (event === EventCode.taskCancelled) {
            order.push('cancelled')
            // it may switch threads meanwhile, and whoever asked goes on when it blocks
            const thread = yield* call(callee.builtin('thread.new-indirect'), starts)
            yield* call(callee.builtin('thread.yield-then-resume'), thread)
            order.push('blocks')
            return CALLBACK_YIELD
          }
          order.push('ends')
          yield* call(callee.builtin('task.cancel'))
          return CALLBACK_EXIT
        },
      },
    )
    const starts = callee.start(function* () {
      order.push('switched')
      yield* call(callee.builtin('thread.yield'))
      order.push('background')
    })
    const bystander = callee.lift(func([]), function* () {
      order.push('bystander')
    })
    const main = caller.lift(func([]), function* () {
      const [, sub] = unpack(yield* call(caller.lower(waits, { async: true })))
      expect(yield* call(caller.builtin('subtask.cancel'), sub)).toBe(BLOCKED)
      order.push('asked')
      yield* call(caller.lower(bystander, { async: true }))
      const mine = yield* call(caller.builtin('waitable-set.new'))
      yield* call(caller.builtin('waitable.join'), sub, mine)
      expect(yield* call(caller.builtin('waitable-set.wait'), mine, 0)).toBe(EventCode.subtask)
      expect(caller.event(0)).toEqual([sub, cancelledBeforeReturned])
    })
    await world.run(main)
    expect(order.indexOf('asked')).toBeLessThan(order.indexOf('background'))
    expect(order.slice(0, 3)).toEqual(['cancelled', 'switched', 'asked'])
    expect(order).toContain('ends')
  },
)

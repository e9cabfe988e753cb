// biome-ignore-all lint/correctness/useYield: core code need not wait
/** The specification's run_tests.py, by name: tasks, subtasks, backpressure, cancellation, threads. */
import { expect, test } from 'vitest'
import { BLOCKED } from '../../../src/abi/async/builtins-task.ts'
import { SubtaskState } from '../../../src/abi/async/subtask.ts'
import { EventCode } from '../../../src/abi/async/waitable.ts'
import { call, ends, func, future, Signal, u8, u32, unpack, World } from './harness.ts'

const { starting, started, returned, cancelledBeforeStarted, cancelledBeforeReturned } = SubtaskState

test('test_async_to_async', async () => {
  const world = new World()
  const producer = world.guest()
  const consumer = world.guest()
  const eager = producer.lift(
    func([], u8),
    function* () {
      yield* call(producer.builtin('task.return', { result: u8 }), 43)
    },
    { async: true },
  )
  const [toggle1, toggle2, go, on, done] = Array.from({ length: 5 }, () => new Signal()) as [
    Signal,
    Signal,
    Signal,
    Signal,
    Signal,
  ]
  const toggle = producer.lift(
    func([]),
    function* () {
      yield* call(producer.builtin('backpressure.inc'))
      yield* call(producer.waitFor(toggle1))
      yield* call(producer.builtin('task.return'))
      yield* call(producer.waitFor(toggle2))
      yield* call(producer.builtin('backpressure.dec'))
    },
    { async: true },
  )
  const blocking = producer.lift(
    func([u8], u8),
    function* (x) {
      expect(x).toBe(83)
      yield* call(producer.waitFor(go))
      yield* call(producer.builtin('task.return', { result: u8 }), 44)
      yield* call(producer.waitFor(on))
      done.set()
    },
    { async: true },
  )

  const main = consumer.lift(
    func([], u8),
    function* () {
      const set = yield* call(consumer.builtin('waitable-set.new'))
      const wait = consumer.builtin('waitable-set.wait')
      expect(yield* call(consumer.lower(eager, { async: true }), 0)).toBe(returned)
      expect(consumer.bytes[0]).toBe(43)
      const [state1, sub1] = unpack(yield* call(consumer.lower(toggle, { async: true })))
      expect([state1, sub1]).toEqual([started, 2])
      yield* call(consumer.builtin('waitable.join'), sub1, set)
      consumer.bytes[0] = 13
      const [state2, sub2] = unpack(yield* call(consumer.lower(blocking, { async: true }), 83, 0))
      expect([state2, sub2]).toEqual([starting, 3])
      yield* call(consumer.builtin('waitable.join'), sub2, set)
      toggle1.set()
      expect(yield* call(wait, set, 8)).toBe(EventCode.subtask)
      expect(consumer.event(8)).toEqual([sub1, returned])
      yield* call(consumer.builtin('subtask.drop'), sub1)
      toggle2.set()
      expect(yield* call(wait, set, 8)).toBe(EventCode.subtask)
      expect(consumer.event(8)).toEqual([sub2, started])
      expect(consumer.bytes[0]).toBe(13)
      go.set()
      expect(yield* call(wait, set, 8)).toBe(EventCode.subtask)
      expect(consumer.event(8)).toEqual([sub2, returned])
      expect(consumer.bytes[0]).toBe(44)
      yield* call(consumer.builtin('subtask.drop'), sub2)
      yield* call(consumer.builtin('waitable-set.drop'), set)
      on.set()
      yield* call(consumer.waitFor(done))
      yield* call(consumer.builtin('task.return', { result: u8 }), 42)
    },
    { async: true },
  )
  expect(await world.run(main)).toBe(42)
  consumer.expectEmpty()
})

test('test_async_callback', async () => {
  const world = new World()
  const producer = world.guest()
  const consumer = world.guest()
  const signals = [new Signal(), new Signal()] as const
  const [producer1, producer2] = signals.map((signal) =>
    producer.lift(
      func([]),
      function* () {
        yield* call(producer.waitFor(signal))
        yield* call(producer.builtin('task.return'))
      },
      { async: true },
    ),
  )
  const [get, put] = [consumer.builtin('context.get'), consumer.builtin('context.set')]
  let set = 0
  const main = consumer.lift(
    func([], u32),
    function* () {
      for (const [i, f] of [producer1, producer2].entries()) {
        if (f === undefined) throw new Error('two producers')
        expect(unpack(yield* call(consumer.lower(f, { async: true })))).toEqual([started, i + 1])
      }
      set = yield* call(consumer.builtin('waitable-set.new'))
      expect(set).toBe(3)
      for (const i of [1, 2]) yield* call(consumer.builtin('waitable.join'), i, set)
      signals[0].set()
      yield* call(put, 42)
      return 2 | (set << 4)
    },
    {
      async: true,
      callback: function* (...event) {
        switch (yield* call(get)) {
          case 42:
            expect(event).toEqual([EventCode.subtask, 1, returned])
            yield* call(consumer.builtin('subtask.drop'), 1)
            yield* call(put, 52)
            return 1
          case 52:
            expect(event).toEqual([EventCode.none, 0, 0])
            signals[1].set()
            yield* call(put, 62)
            return 2 | (set << 4)
          default:
            expect(event).toEqual([EventCode.subtask, 2, returned])
            yield* call(consumer.builtin('subtask.drop'), 2)
            yield* call(consumer.builtin('task.return', { result: u32 }), 83)
            return 0
        }
      },
    },
  )
  expect(await world.run(main)).toBe(83)
})

test('test_callback_interleaving', async () => {
  const world = new World()
  const producer = world.guest()
  const consumer = world.guest()
  const unit = { element: null }
  const read = producer.builtin('future.read', unit)
  const readSync = producer.builtin('future.read', { ...unit, sync: true })
  const [get, put] = [producer.builtin('context.get'), producer.builtin('context.set')]
  const thirds: number[] = []
  const type = func([u32, future(), future(), future()], u32)
  const callee = producer.lift(
    type,
    function* (i = 0, first = 0, second = 0, third = 0) {
      thirds[i] = third
      yield* call(put, i)
      expect(yield* call(readSync, first, 0xdead)).toBe(0)
      const set = yield* call(producer.builtin('waitable-set.new'))
      expect(yield* call(read, second, 0xdead)).toBe(BLOCKED)
      yield* call(producer.builtin('waitable.join'), second, set)
      return 2 | (set << 4)
    },
    {
      async: true,
      callback: function* (event, _second, result) {
        expect([event, result]).toEqual([EventCode.futureRead, 0])
        const i = yield* call(get)
        yield* call(producer.builtin('task.return', { result: u32 }), 42 + i)
        expect(yield* call(readSync, thirds[i] ?? 0, 0xdead)).toBe(0)
        return 0
      },
    },
  )
  const syncCallee = producer.lift(func([], u32), function* () {
    return 100
  })
  const main = consumer.lift(func([]), function* () {
    const begin = function* (...args: number[]) {
      return unpack(yield* call(consumer.lower(callee, { async: true }), ...args))
    }
    const stop = consumer.builtin('subtask.cancel', { sync: true })
    const drop = consumer.builtin('subtask.drop')
    const write = function* (end: number) {
      expect(yield* call(consumer.builtin('future.write', unit), end, 0xdead)).toBe(0)
    }
    const futures: (readonly [number, number])[] = []
    for (let i = 0; i < 6; i++) futures.push(ends(yield* call(consumer.builtin('future.new', unit))))
    const [[r11, w11], [r12, w12], [r13, w13], [r21, w21], [r22, w22], [r23, w23]] = futures as [
      readonly [number, number],
      readonly [number, number],
      readonly [number, number],
      readonly [number, number],
      readonly [number, number],
      readonly [number, number],
    ]
    // arguments of a call that is cancelled before it starts stay the caller's
    const stillborn = function* (...args: number[]) {
      const [state, sub] = yield* begin(...args)
      expect(state).toBe(starting)
      expect(yield* call(stop, sub)).toBe(cancelledBeforeStarted)
      yield* call(drop, sub)
    }
    producer.inst.backpressure = 1
    yield* stillborn(0, r11, r12, r13, 60)
    producer.inst.backpressure = 0
    const [state1, sub1] = yield* begin(0, r11, r12, r13, 12)
    expect(state1).toBe(started)
    yield* stillborn(1, r21, r22, r23, 60)
    const [state2, sub2] = yield* begin(1, r21, r22, r23, 16)
    expect(state2).toBe(starting)

    const set = yield* call(consumer.builtin('waitable-set.new'))
    const join = consumer.builtin('waitable.join')
    for (const sub of [sub1, sub2]) yield* call(join, sub, set)
    const arrives = function* (sub: number, state: number) {
      expect(yield* call(consumer.builtin('waitable-set.wait'), set, 0)).toBe(EventCode.subtask)
      expect(consumer.event(0)).toEqual([sub, state])
    }
    const nothingArrives = function* () {
      for (let i = 0; i < 10; i++) {
        expect(yield* call(consumer.builtin('thread.yield'))).toBe(0)
        expect(yield* call(consumer.builtin('waitable-set.poll'), set, 0)).toBe(EventCode.none)
      }
    }
    // the first call waits in its event loop now: the second has its turn
    yield* write(w11)
    yield* arrives(sub2, started)
    // the first could go on, and the second has the instance
    yield* write(w12)
    yield* nothingArrives()
    yield* write(w21)
    yield* arrives(sub1, returned)
    expect(consumer.bytes[12]).toBe(42)
    yield* call(drop, sub1)
    yield* write(w22)
    yield* nothingArrives()
    yield* write(w13)
    yield* arrives(sub2, returned)
    expect(consumer.bytes[16]).toBe(43)
    yield* call(drop, sub2)
    // it returned, and still has the instance
    const [state3, sub3] = unpack(yield* call(consumer.lower(syncCallee, { async: true }), 20))
    expect(state3).toBe(starting)
    yield* call(join, sub3, set)
    yield* write(w23)
    yield* arrives(sub3, returned)
    expect(consumer.bytes[20]).toBe(100)
    yield* call(drop, sub3)
    yield* call(consumer.builtin('waitable-set.drop'), set)
    for (const [, end] of futures) yield* call(consumer.builtin('future.drop-writable', unit), end)
  })
  await world.run(main)
  consumer.expectEmpty()
})

test('test_sync_ignores_backpressure', async () => {
  const world = new World()
  const callee = world.guest()
  const caller = world.guest()
  const slow = callee.lift(func([u32, future()], u32), function* (i = 0, fut = 0) {
    expect(yield* call(callee.builtin('future.read', { sync: true }), fut, 0xdead)).toBe(0)
    return 42 + i
  })
  const sync = callee.lift(func([u32], u32, false), function* (i = 0) {
    return 84 + i
  })
  const main = caller.lift(func([]), function* () {
    const [read, write] = ends(yield* call(caller.builtin('future.new')))
    const [state, sub] = unpack(yield* call(caller.lower(slow, { async: true }), 1, read, 4))
    expect(state).toBe(started)
    expect(yield* call(caller.lower(sync, { async: true }), 2, 8)).toBe(returned)
    expect(caller.bytes[8]).toBe(86)
    expect(yield* call(caller.builtin('future.write', { sync: true }), write, 0xdead)).toBe(0)
    const set = yield* call(caller.builtin('waitable-set.new'))
    yield* call(caller.builtin('waitable.join'), sub, set)
    expect(yield* call(caller.builtin('waitable-set.wait'), set, 12)).toBe(EventCode.subtask)
    expect(caller.event(12)).toEqual([sub, returned])
    expect(caller.bytes[4]).toBe(43)
    yield* call(caller.builtin('subtask.drop'), sub)
  })
  await world.run(main)
})

test.each([false, true])('test_async_to_sync, test_async_backpressure (async %s)', async (async) => {
  const world = new World()
  const producer = world.guest()
  const consumer = world.guest()
  const signal = new Signal()
  const order: number[] = []
  const finish = function* (n: number) {
    if (async) yield* call(producer.builtin('task.return'))
    order.push(n)
  }
  const producer1 = producer.lift(
    func([]),
    function* () {
      if (async) yield* call(producer.builtin('backpressure.inc'))
      yield* call(producer.waitFor(signal))
      if (async) yield* call(producer.builtin('backpressure.dec'))
      yield* finish(1)
    },
    { async },
  )
  const producer2 = producer.lift(
    func([]),
    function* () {
      expect(order).toEqual([1])
      yield* finish(2)
    },
    { async },
  )
  const main = consumer.lift(
    func([], u8),
    function* () {
      const [state1, sub1] = unpack(yield* call(consumer.lower(producer1, { async: true })))
      expect([state1, sub1]).toEqual([started, 1])
      const [state2, sub2] = unpack(yield* call(consumer.lower(producer2, { async: true })))
      expect([state2, sub2]).toEqual([starting, 2])
      const set = yield* call(consumer.builtin('waitable-set.new'))
      for (const sub of [sub1, sub2]) yield* call(consumer.builtin('waitable.join'), sub, set)
      signal.set()
      expect(order).toEqual([])
      let remain = 2
      while (remain > 0) {
        // the second may be told of as started, then as returned, or both at once
        expect(yield* call(consumer.builtin('waitable-set.wait'), set, 8)).toBe(EventCode.subtask)
        const [sub, state] = consumer.event(8)
        if (state !== returned) continue
        remain -= 1
        yield* call(consumer.builtin('subtask.drop'), sub)
      }
      expect(order).toEqual([1, 2])
      yield* call(consumer.builtin('waitable-set.drop'), set)
      yield* call(consumer.builtin('task.return', { result: u8 }), 83)
    },
    { async: true },
  )
  expect(await world.run(main)).toBe(83)
  consumer.expectEmpty()
})

test('test_sync_using_wait', async () => {
  const world = new World()
  const producer = world.guest()
  const consumer = world.guest()
  const signals = [new Signal(), new Signal()] as const
  const main = consumer.lift(func([]), function* () {
    const set = yield* call(consumer.builtin('waitable-set.new'))
    const subs: number[] = []
    for (const signal of signals) {
      const f = producer.lift(
        func([]),
        function* () {
          yield* call(producer.waitFor(signal))
          yield* call(producer.builtin('task.return'))
        },
        { async: true },
      )
      const [state, sub] = unpack(yield* call(consumer.lower(f, { async: true })))
      expect(state).toBe(started)
      yield* call(consumer.builtin('waitable.join'), sub, set)
      subs.push(sub)
    }
    for (const [i, signal] of signals.entries()) {
      signal.set()
      expect(yield* call(consumer.builtin('waitable-set.wait'), set, 8)).toBe(EventCode.subtask)
      expect(consumer.event(8)).toEqual([subs[i], returned])
    }
    for (const sub of subs) yield* call(consumer.builtin('subtask.drop'), sub)
    yield* call(consumer.builtin('waitable-set.drop'), set)
  })
  await world.run(main)
  consumer.expectEmpty()
})

test('test_cancel_subtask', async () => {
  const world = new World()
  const callee = world.guest()
  const caller = world.guest()
  const give = callee.builtin('task.return', { result: u8 })
  const cancel = callee.builtin('task.cancel')
  const wait = callee.builtin('waitable-set.wait')
  const type = func([u8], u8)
  const callee1 = callee.lift(
    type,
    function* () {
      expect.fail('never started')
    },
    { async: true },
  )
  const callee2 = callee.lift(
    type,
    function* (x) {
      const set = yield* call(callee.builtin('waitable-set.new'))
      expect(yield* call(wait, set, 0)).toBe(EventCode.taskCancelled)
      if (x === 3 || x === 4) yield* call(callee.builtin('thread.yield'))
      if (x === 1 || x === 3) yield* call(give, x === 1 ? 42 : 43)
      else yield* call(cancel)
    },
    { async: true },
  )
  const callee3 = callee.lift(
    type,
    function* () {
      if ((yield* call(callee.builtin('thread.yield'))) === 1) yield* call(cancel)
      else yield* call(give, 83)
    },
    { async: true },
  )
  const host4 = new Signal()
  const callee4 = callee.lift(
    type,
    function* () {
      yield* call(callee.waitFor(host4))
      const set = yield* call(callee.builtin('waitable-set.new'))
      expect(yield* call(wait, set, 0)).toBe(EventCode.taskCancelled)
      expect(yield* call(callee.builtin('waitable-set.poll'), set, 0)).toBe(EventCode.none)
      yield* call(cancel)
    },
    { async: true },
  )

  const main = caller.lift(
    type,
    function* () {
      const set = yield* call(caller.builtin('waitable-set.new'))
      const drop = caller.builtin('subtask.drop')
      const [stopSync, stop] = [caller.builtin('subtask.cancel', { sync: true }), caller.builtin('subtask.cancel')]
      const begin = function* (f: typeof callee1, x: number, expected: number) {
        const [state, sub] = unpack(yield* call(caller.lower(f, { async: true }), x, 0))
        expect(state).toBe(expected)
        return sub
      }
      const arrives = function* (sub: number, state: number) {
        yield* call(caller.builtin('waitable.join'), sub, set)
        expect(yield* call(caller.builtin('waitable-set.wait'), set, 8)).toBe(EventCode.subtask)
        expect(caller.event(8)).toEqual([sub, state])
      }
      callee.inst.backpressure = 1
      const a = yield* begin(callee1, 13, starting)
      const b = yield* begin(callee1, 13, starting)
      expect(yield* call(stopSync, b)).toBe(cancelledBeforeStarted)
      expect(yield* call(stop, a)).toBe(cancelledBeforeStarted)
      callee.inst.backpressure = 0
      for (const sub of [a, b]) yield* call(drop, sub)

      // [case, how, answer, what arrives later, what is in memory then]
      const rows = [
        [1, stopSync, returned, undefined, 42],
        [2, stop, cancelledBeforeReturned, undefined, 13],
        [3, stop, BLOCKED, returned, 43],
        [3, stopSync, returned, undefined, 43],
        [4, stop, BLOCKED, cancelledBeforeReturned, 13],
        [4, stopSync, cancelledBeforeReturned, undefined, 13],
      ] as const
      const subs: number[] = []
      for (const [x] of rows) subs.push(yield* begin(callee2, x, started))
      for (const [i, [, how, answer, later, value]] of rows.entries()) {
        const sub = subs[i] ?? 0
        caller.bytes[0] = 13
        expect(yield* call(how, sub)).toBe(answer)
        if (later !== undefined) yield* arrives(sub, later)
        expect(caller.bytes[0]).toBe(value)
        yield* call(drop, sub)
      }

      const late = yield* begin(callee3, 0, started)
      while (caller.bytes[0] !== 83) yield* call(caller.builtin('thread.yield'))
      expect(yield* call(stop, late)).toBe(returned)
      yield* call(drop, late)
      const early = yield* begin(callee3, 0, started)
      expect(yield* call(stop, early)).toBe(cancelledBeforeReturned)
      yield* call(drop, early)

      const held = yield* begin(callee4, 0, started)
      expect(yield* call(stop, held)).toBe(BLOCKED)
      host4.set()
      yield* arrives(held, cancelledBeforeReturned)
      yield* call(drop, held)
      yield* call(caller.builtin('waitable-set.drop'), set)
      yield* call(caller.builtin('task.return', { result: u8 }), 42)
    },
    { async: true },
  )
  expect(await world.run(main, 1)).toBe(42)
  caller.expectEmpty()
})

test('test_thread_cancel_callback', async () => {
  const world = new World()
  const producer = world.guest()
  const consumer = world.guest()
  const give = producer.builtin('task.return', { result: u32 })
  const producer1 = producer.lift(
    func([], u32),
    function* () {
      return 1
    },
    {
      async: true,
      callback: function* (...event) {
        expect(event).toEqual([EventCode.none, 0, 0])
        yield* call(give, 42)
        return 0
      },
    },
  )
  const producer2 = producer.lift(
    func([], u32),
    function* () {
      expect(yield* call(producer.builtin('thread.yield', { cancellable: false }))).toBe(0)
      yield* call(give, 43)
      return 0
    },
    {
      async: true,
      callback: function* () {
        expect.fail('never called')
      },
    },
  )
  const main = consumer.lift(func([]), function* () {
    const set = yield* call(consumer.builtin('waitable-set.new'))
    const [state1, sub1] = unpack(yield* call(consumer.lower(producer1, { async: true }), 8))
    const [, sub2] = unpack(yield* call(consumer.lower(producer2, { async: true }), 12))
    expect(state1).toBe(started)
    // the other call has the instance: this one cannot be told of its cancellation now
    const answer = yield* call(consumer.builtin('subtask.cancel'), sub1)
    expect(answer).toBe(BLOCKED)
    for (const [sub, at, value] of [
      [sub1, 8, 42],
      [sub2, 12, 43],
    ] as const) {
      yield* call(consumer.builtin('waitable.join'), sub, set)
      let state: number = started
      while (state !== returned) {
        expect(yield* call(consumer.builtin('waitable-set.wait'), set, 16)).toBe(EventCode.subtask)
        state = consumer.event(16)[1]
      }
      expect(consumer.bytes[at]).toBe(value)
    }
  })
  await world.run(main)
})

test('test_threads', async () => {
  const world = new World()
  const guest = world.guest()
  const later = guest.builtin('thread.resume-later')
  const yields = guest.builtin('thread.yield', { cancellable: false })
  const starts = [
    guest.start(function* (x) {
      expect(x).toBe(13)
    }),
    guest.start(function* (main = 0) {
      expect(yield* call(guest.builtin('thread.yield-then-resume'), main)).toBe(0)
    }),
    guest.start(function* (main = 0) {
      yield* call(later, main)
    }),
    guest.start(function* (ptr = 0) {
      for (let i = 0; i < 2; i++) {
        expect(yield* call(yields)).toBe(0)
        guest.bytes[ptr] = (guest.bytes[ptr] ?? 0) + 1
      }
    }),
  ] as const
  const main = guest.lift(func([], u8), function* () {
    const create = guest.builtin('thread.new-indirect')
    const self = yield* call(guest.builtin('thread.index'))
    expect(yield* call(guest.builtin('thread.yield-then-resume'), yield* call(create, starts[0], 13))).toBe(0)
    expect(yield* call(guest.builtin('thread.suspend-then-resume'), yield* call(create, starts[1], self))).toBe(0)
    yield* call(later, yield* call(create, starts[2], self))
    expect(yield* call(guest.builtin('thread.suspend'))).toBe(0)
    for (let i = 0; i < 5; i++) yield* call(later, yield* call(create, starts[3], 4))
    while (guest.bytes[4] !== 10) yield* call(yields)
    return 42
  })
  expect(await world.run(main)).toBe(42)
})

test('test_sync_threads', async () => {
  const world = new World()
  const guest = world.guest()
  const later = guest.builtin('thread.resume-later')
  const yields = guest.builtin('thread.yield', { cancellable: false })
  const suspend = guest.builtin('thread.suspend', { cancellable: false })
  const yieldThenPromote = guest.builtin('thread.yield-then-promote', { cancellable: false })
  const suspendThenPromote = guest.builtin('thread.suspend-then-promote', { cancellable: false })
  const give = guest.builtin('task.return', { result: u8 })
  const threads: number[] = []
  const at = (i: number): number => threads[i] ?? 0
  let set = 0
  let [ping1, pong1, ping5, pong5] = [0, 0, 0, 0]
  const starts = [
    guest.start(function* () {
      while (ping1 < 3 || pong1 < 3) {
        ping1 += 1
        yield* call(yields)
      }
      yield* call(later, at(2))
    }),
    guest.start(function* () {
      while (ping1 < 3 || pong1 < 3) {
        pong1 += 1
        yield* call(yields)
      }
    }),
    guest.start(function* () {
      yield* call(later, at(3))
    }),
    guest.start(function* () {
      yield* call(later, at(4))
      yield* call(suspend)
    }),
    guest.start(function* () {
      yield* call(later, at(3))
      yield* call(later, at(5))
      set = yield* call(guest.builtin('waitable-set.new'))
      expect(yield* call(guest.builtin('waitable-set.wait'), set, 0)).toBe(EventCode.futureRead)
      yield* call(later, at(6))
    }),
    guest.start(function* () {
      const [read, write] = ends(yield* call(guest.builtin('future.new')))
      expect(yield* call(guest.builtin('future.read'), read, 0xdead)).toBe(BLOCKED)
      yield* call(guest.builtin('waitable.join'), read, set)
      expect(yield* call(guest.builtin('future.write'), write, 0xdead)).toBe(0)
    }),
    guest.start(function* () {
      while (ping5 < 3) {
        expect(ping5).toBe(pong5)
        yield* call(yieldThenPromote, at(7))
        expect(ping5).toBe(pong5)
        yield* call(later, at(7))
        yield* call(yieldThenPromote, at(7))
        expect(ping5).toBe(pong5 - 1)
        ping5 += 1
      }
      yield* call(give, 42)
      yield* call(later, at(7))
    }),
    guest.start(function* () {
      while (pong5 < 3) {
        pong5 += 1
        yield* call(suspendThenPromote, at(6))
      }
    }),
  ]
  const main = guest.lift(
    func([], u8, false),
    function* () {
      const create = guest.builtin('thread.new-indirect')
      for (const [i, start] of starts.entries()) threads.push(yield* call(create, start, i))
      yield* call(later, at(0))
      yield* call(later, at(1))
    },
    { async: true },
  )
  const ready = new Signal()
  let allowed = false
  const other = guest.lift(func([], u32), function* () {
    yield* call(guest.waitFor(ready))
    expect(allowed).toBe(true)
    return 43
  })
  const waiting = world.run(other)
  ready.set()
  const result = world.run(main).then((value) => {
    allowed = true
    return value
  })
  expect(await result).toBe(42)
  expect(await waiting).toBe(43)
})

// biome-ignore-all lint/correctness/useYield: core code need not wait
/** Calls between trees: a trap ends one of them, and those that wait for it; never those that only served it. */
import { expect, test } from 'vitest'
import { call, func, Signal, u8, u32, unpack, World } from './harness.ts'

test('who waits for the dead dies of it, and says so', async () => {
  const world = new World()
  const [callee, caller, bystander] = [world.guest(), world.guest(), world.guest()]
  const go = new Signal()
  const slow = callee.lift(
    func([], u8),
    function* () {
      yield* call(callee.waitFor(go))
      throw new WebAssembly.RuntimeError('unreachable')
    },
    { async: true },
  )
  const main = caller.lift(func([], u8), function* () {
    const [, sub] = unpack(yield* call(caller.lower(slow, { async: true }), 0))
    const set = yield* call(caller.builtin('waitable-set.new'))
    yield* call(caller.builtin('waitable.join'), sub, set)
    yield* call(caller.builtin('waitable-set.wait'), set, 0)
    return 1
  })
  const fine = bystander.lift(func([], u8), function* () {
    return 7
  })
  const waiting = world.run(main)
  go.set()
  await expect(waiting).rejects.toMatchObject({ kind: 'trap', code: 'unreachable', cause: { code: 'unreachable' } })
  expect([callee, caller, bystander].map(({ inst }) => inst.root.dead)).toEqual([true, true, false])
  expect(await world.run(fine)).toBe(7)
})

test('a caller that cannot take the result does not end the callee', async () => {
  const world = new World()
  const [callee, caller] = [world.guest(), world.guest()]
  let ended = false
  const give = callee.lift(
    func([], u8),
    function* () {
      yield* call(callee.builtin('task.return', { result: u8 }), 5)
      ended = true
    },
    { async: true },
  )
  const big = caller.lift(func([], u8), function* () {
    // where the result would go is outside the memory
    yield* call(caller.lower(give, { async: true }), 1000)
    return 1
  })
  await expect(world.run(big)).rejects.toMatchObject({ kind: 'trap', code: 'bad-pointer' })
  expect([caller.inst.root.dead, callee.inst.root.dead, ended]).toEqual([true, false, true])
  const again = world.guest()
  const main = again.lift(func([], u8), function* () {
    yield* call(again.lower(give, { async: true }), 0)
    return again.bytes[0]
  })
  expect(await world.run(main)).toBe(5)
})

test('a caller that cannot give its arguments does not begin the call', async () => {
  const world = new World()
  const [callee, caller] = [world.guest(), world.guest()]
  let began = false
  const type = func([u32, u32, u32, u32, u32], u8)
  const take = callee.lift(type, function* () {
    began = true
    return 1
  })
  const main = caller.lift(func([], u8), function* () {
    yield* call(caller.lower(take, { async: true }), 1001, 0)
    return 1
  })
  await expect(world.run(main)).rejects.toMatchObject({ kind: 'trap', code: 'bad-pointer' })
  expect([caller.inst.root.dead, callee.inst.root.dead, began]).toEqual([true, false, false])
  expect(await world.run(take, 1, 2, 3, 4, 5)).toBe(1)
})

test('a stream whose writer died says why', async () => {
  const world = new World()
  const [writer, reader] = [world.guest(), world.guest()]
  const type = { kind: 'stream', element: u8 } as const
  const go = new Signal()
  const open = writer.lift(
    func([], type),
    function* () {
      const pair = BigInt(yield* call(writer.builtin('stream.new', { element: u8 })))
      yield* call(writer.builtin('task.return', { result: type }), Number(pair & 0xffff_ffffn))
      yield* call(writer.waitFor(go))
      throw new WebAssembly.RuntimeError('unreachable')
    },
    { async: true },
  )
  const main = reader.lift(func([], u32), function* () {
    yield* call(reader.lower(open, { async: true }), 16)
    go.set()
    const read = reader.builtin('stream.read', { element: u8, sync: true })
    return yield* call(read, reader.bytes[16] ?? 0, 0, 4)
  })
  // dropped, without a byte: that the writer is gone is all a guest can be told
  expect(await world.run(main)).toBe(1)
  expect([writer, reader].map(({ inst }) => inst.root.dead)).toEqual([true, false])
})

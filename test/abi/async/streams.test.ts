// biome-ignore-all lint/correctness/useYield: core code need not wait
/** The specification's run_tests.py, by name: streams and futures between guests. */
import { describe, expect, test } from 'vitest'
import { BLOCKED } from '../../../src/abi/async/builtins-task.ts'
import { CopyResult } from '../../../src/abi/async/copy-end.ts'
import { SubtaskState } from '../../../src/abi/async/subtask.ts'
import { EventCode } from '../../../src/abi/async/waitable.ts'
import type { ValType } from '../../../src/model/types.ts'
import { call, ends, func, future, type Guest, opsOf, Signal, stream, u8, u32, unpack, World } from './harness.ts'

const { completed, dropped, cancelled } = CopyResult

test.each([
  ['test_wasm_to_wasm_stream', u8],
  ['test_wasm_to_wasm_stream_empty', null],
] as const)('%s', async (_, element) => {
  const world = new World()
  const writer = world.guest()
  const reader = world.guest()
  const signals = Array.from({ length: 4 }, () => new Signal()) as [Signal, Signal, Signal, Signal]
  const type = stream(element ?? undefined)
  const f = writer.lift(
    func([], type),
    function* () {
      const ops = opsOf(writer, 'stream', element)
      const [rsi, wsi] = ends(yield* call(ops.create))
      yield* call(writer.builtin('task.return', { result: type }), rsi)
      yield* call(writer.waitFor(signals[0]))
      writer.bytes.set([1, 2, 3, 4])
      for (let i = 0; i < 2; i++) {
        expect(unpack(yield* call(ops.write, wsi, 0, 4))).toEqual([completed, 4])
      }
      expect(yield* call(ops.write, wsi, 0, 0)).toBe(BLOCKED)
      expect(unpack(yield* call(ops.cancelWrite, wsi))).toEqual([cancelled, 0])
      yield* call(writer.waitFor(signals[1]))
      writer.bytes.set([5, 6, 7, 8, 9, 10, 11, 12])
      expect(yield* call(ops.write, wsi, 0, 8)).toBe(BLOCKED)
      signals[2].set()
      const set = yield* call(writer.builtin('waitable-set.new'))
      yield* call(writer.builtin('waitable.join'), wsi, set)
      expect(yield* call(writer.builtin('waitable-set.wait'), set, 16)).toBe(EventCode.streamWrite)
      expect(writer.event(16)[0]).toBe(wsi)
      expect(unpack(writer.event(16)[1])).toEqual([completed, 4])
      expect(yield* call(ops.write, wsi, 12345, 0)).toBe(BLOCKED)
      signals[3].set()
      expect(yield* call(writer.builtin('waitable-set.wait'), set, 16)).toBe(EventCode.streamWrite)
      expect(writer.event(16)).toEqual([wsi, 0])
      expect(yield* call(ops.write, wsi, 12345, 0)).toBe(0)
      yield* call(ops.dropWritable, wsi)
      yield* call(writer.builtin('waitable-set.drop'), set)
    },
    { async: true },
  )
  const main = reader.lift(
    func([]),
    function* () {
      const ops = opsOf(reader, 'stream', element)
      const bytes = (n: number): number[] => [...reader.bytes.subarray(0, n)]
      const expectBytes = (...wanted: number[]): void => {
        if (element !== null) expect(bytes(wanted.length)).toEqual(wanted)
      }
      yield* call(reader.builtin('task.return'))
      expect(yield* call(reader.lower(f, { async: true }), 16)).toBe(SubtaskState.returned)
      const rsi = reader.bytes[16] ?? 0
      expect(rsi).toBe(1)
      expect(yield* call(ops.read, rsi, 0, 8)).toBe(BLOCKED)
      signals[0].set()
      const set = yield* call(reader.builtin('waitable-set.new'))
      yield* call(reader.builtin('waitable.join'), rsi, set)
      expect(yield* call(reader.builtin('waitable-set.wait'), set, 16)).toBe(EventCode.streamRead)
      expect(reader.event(16)[0]).toBe(rsi)
      expect(unpack(reader.event(16)[1])).toEqual([completed, 8])
      expectBytes(1, 2, 3, 4, 1, 2, 3, 4)
      signals[1].set()
      yield* call(reader.waitFor(signals[2]))
      expect(yield* call(ops.read, rsi, 12345, 0)).toBe(0)
      reader.bytes.fill(0, 0, 8)
      expect(unpack(yield* call(ops.read, rsi, 0, 2))).toEqual([completed, 2])
      expectBytes(5, 6, 0, 0, 0, 0)
      expect(unpack(yield* call(ops.read, rsi, 2, 2))).toEqual([completed, 2])
      expectBytes(5, 6, 7, 8, 0, 0)
      yield* call(reader.waitFor(signals[3]))
      expect(yield* call(ops.read, rsi, 12345, 0)).toBe(BLOCKED)
      expect(yield* call(reader.builtin('waitable-set.wait'), set, 16)).toBe(EventCode.streamRead)
      expect(reader.event(16)).toEqual([rsi, dropped])
      yield* call(ops.dropReadable, rsi)
      yield* call(reader.builtin('waitable-set.drop'), set)
      signals[0].set()
    },
    { async: true },
  )
  await world.run(main)
  await world.tasks.idle(reader.inst.root)
  await new Promise((resolve) => setTimeout(resolve, 1))
  expect(reader.inst.root.trap ?? writer.inst.root.trap).toBeUndefined()
  reader.expectEmpty()
  writer.expectEmpty()
})

test.each([null, u8, u32])('test_self_copy(%o)', async (element) => {
  const world = new World()
  const guest = world.guest()
  const main = guest.lift(func([]), function* () {
    const wait = guest.builtin('waitable-set.wait')
    const set = yield* call(guest.builtin('waitable-set.new'))
    const f = opsOf(guest, 'future', element)
    const [rfi, wfi] = ends(yield* call(f.create))
    expect(yield* call(f.write, wfi, 0)).toBe(BLOCKED)
    expect(yield* call(f.read, rfi, 0)).toBe(completed)
    yield* call(f.dropReadable, rfi)
    yield* call(guest.builtin('waitable.join'), wfi, set)
    expect(yield* call(wait, set, 0)).toBe(EventCode.futureWrite)
    expect(guest.event(0)).toEqual([wfi, completed])
    yield* call(f.dropWritable, wfi)

    const s = opsOf(guest, 'stream', element)
    const [rsi, wsi] = ends(yield* call(s.create))
    expect(yield* call(s.write, wsi, 0, 3)).toBe(BLOCKED)
    expect(unpack(yield* call(s.read, rsi, 0, 1))).toEqual([completed, 1])
    expect(unpack(yield* call(s.read, rsi, 0, 4))).toEqual([completed, 2])
    yield* call(s.dropReadable, rsi)
    yield* call(guest.builtin('waitable.join'), wsi, set)
    expect(yield* call(wait, set, 0)).toBe(EventCode.streamWrite)
    expect(guest.event(0)[0]).toBe(wsi)
    expect(unpack(guest.event(0)[1])).toEqual([dropped, 3])
    yield* call(s.dropWritable, wsi)
    yield* call(guest.builtin('waitable-set.drop'), set)
  })
  await world.run(main)
  guest.expectEmpty()
})

test('test_cancel_copy', async () => {
  const world = new World()
  const guest = world.guest()
  const main = guest.lift(func([]), function* () {
    const s = opsOf(guest, 'stream', u8)
    const [rsi, wsi] = ends(yield* call(s.create))
    expect(yield* call(s.read, rsi, 0, 4)).toBe(BLOCKED)
    expect(unpack(yield* call(s.cancelRead, rsi))).toEqual([cancelled, 0])
    expect(yield* call(s.write, wsi, 0, 4)).toBe(BLOCKED)
    expect(unpack(yield* call(s.read, rsi, 8, 2))).toEqual([completed, 2])
    // some passed and some could: what is cancelled says both
    expect(unpack(yield* call(s.cancelWrite, wsi))).toEqual([cancelled, 2])
    expect(yield* call(s.write, wsi, 0, 2)).toBe(BLOCKED)
    expect(unpack(yield* call(s.read, rsi, 8, 2))).toEqual([completed, 2])
    // all passed: there was nothing left to cancel
    expect(unpack(yield* call(s.cancelWrite, wsi))).toEqual([completed, 2])
    expect(yield* call(s.write, wsi, 0, 2)).toBe(BLOCKED)
    yield* call(s.dropReadable, rsi)
    expect(unpack(yield* call(s.cancelWrite, wsi))).toEqual([dropped, 0])
    yield* call(s.dropWritable, wsi)
  })
  await world.run(main)
  guest.expectEmpty()
})

test('test_futures', async () => {
  const world = new World()
  const guest = world.guest()
  const other = world.guest()
  // answers a future with another one, later
  const relay = other.lift(
    func([future(u8)], future(u8)),
    function* (incoming = 0) {
      const f = opsOf(other, 'future', u8)
      const [rfi, wfi] = ends(yield* call(f.create))
      yield* call(other.builtin('task.return', { result: future(u8) }), rfi)
      expect(yield* call(f.readSync, incoming, 0)).toBe(completed)
      expect(other.bytes[0]).toBe(42)
      other.bytes[1] = 43
      expect(yield* call(f.writeSync, wfi, 1)).toBe(completed)
      yield* call(f.dropReadable, incoming)
      yield* call(f.dropWritable, wfi)
    },
    { async: true },
  )
  const main = guest.lift(func([]), function* () {
    const f = opsOf(guest, 'future', u8)
    const set = yield* call(guest.builtin('waitable-set.new'))
    for (const poll of [false, true]) {
      const [rfi, wfi] = ends(yield* call(f.create))
      expect(yield* call(guest.lower(relay, { async: true }), rfi, 16)).toBe(SubtaskState.returned)
      const back = guest.bytes[16] ?? 0
      expect(yield* call(f.read, back, 0)).toBe(BLOCKED)
      guest.bytes[8] = 42
      expect(yield* call(f.write, wfi, 8)).toBe(completed)
      if (poll) {
        for (let i = 0; i < 3; i++) yield* call(guest.builtin('thread.yield'))
        expect(yield* call(f.cancelRead, back)).toBe(completed)
      } else {
        yield* call(guest.builtin('waitable.join'), back, set)
        expect(yield* call(guest.builtin('waitable-set.wait'), set, 16)).toBe(EventCode.futureRead)
        expect(guest.event(16)).toEqual([back, completed])
      }
      expect(guest.bytes[0]).toBe(43)
      yield* call(f.dropWritable, wfi)
      yield* call(f.dropReadable, back)
    }
    yield* call(guest.builtin('waitable-set.drop'), set)
  })
  await world.run(main)
  guest.expectEmpty()
})

test('test_async_flat_params', async () => {
  const world = new World()
  const guest = world.guest()
  const seen: unknown[][] = []
  const f32: ValType = { kind: 'f32' }
  const rows: readonly [ValType[], number[]][] = [
    [
      [f32, { kind: 'f64' }, u32, u8],
      [1.5, 2.25, 3, 4],
    ],
    [
      [u32, u8, u8, u8],
      [1, 2, 3, 4],
    ],
    [[u32, u8, u8, u8, u8], [12]],
  ]
  const main = guest.lift(func([]), function* () {
    guest.bytes.set([1, 0, 0, 0, 2, 3, 4, 5], 12)
    for (const [params, args] of rows) {
      const f = world.host(func(params), (...values) => void seen.push(values))
      expect(yield* call(guest.lower(f, { async: true }), ...args)).toBe(SubtaskState.returned)
    }
  })
  await world.run(main)
  expect(seen).toEqual([
    [1.5, 2.25, 3, 4],
    [1, 2, 3, 4],
    [1, 2, 3, 4, 5],
  ])
})

describe('what is refused', () => {
  type Step = (guest: Guest, rsi: number, wsi: number) => Generator<Promise<unknown>, unknown, unknown>
  const s = (guest: Guest) => opsOf(guest, 'stream', u8)
  const rows: readonly (readonly [what: string, message: RegExp, step: Step])[] = [
    [
      'two reads at once',
      /concurrent operations/,
      function* (guest, rsi) {
        yield* call(s(guest).read, rsi, 0, 1)
        yield* call(s(guest).read, rsi, 0, 1)
      },
    ],
    [
      'dropping a busy end',
      /cannot drop busy stream/,
      function* (guest, rsi) {
        yield* call(s(guest).read, rsi, 0, 1)
        yield* call(s(guest).dropReadable, rsi)
      },
    ],
    [
      'reading after the writer was seen to go',
      /cannot read from stream after being notified/,
      function* (guest, rsi, wsi) {
        yield* call(s(guest).dropWritable, wsi)
        expect(yield* call(s(guest).read, rsi, 0, 1)).toBe(dropped)
        yield* call(s(guest).read, rsi, 0, 1)
      },
    ],
    [
      'the wrong end',
      /expected writable stream end but found readable stream end/,
      function* (guest, rsi) {
        yield* call(s(guest).write, rsi, 0, 1)
      },
    ],
    [
      'another element type',
      /expected stream of another element type/,
      function* (guest, rsi) {
        yield* call(opsOf(guest, 'stream', u32).read, rsi, 0, 1)
      },
    ],
    [
      'too many elements',
      /count too large/,
      function* (guest, rsi) {
        yield* call(s(guest).read, rsi, 0, 2 ** 28)
      },
    ],
    [
      'a buffer out of bounds',
      /out of bounds/,
      function* (guest, rsi) {
        yield* call(s(guest).read, rsi, 60, 5)
      },
    ],
    [
      'cancelling nothing',
      /no read of this stream can be cancelled/,
      function* (guest, rsi) {
        yield* call(s(guest).cancelRead, rsi)
      },
    ],
    [
      'a synchronous operation on what is in a set',
      /while added to a waitable set/,
      function* (guest, rsi) {
        const set = yield* call(guest.builtin('waitable-set.new'))
        yield* call(guest.builtin('waitable.join'), rsi, set)
        yield* call(s(guest).readSync, rsi, 0, 1)
      },
    ],
    [
      'dropping a future nobody wrote',
      /cannot drop future write end without first writing a value/,
      function* (guest) {
        const f = opsOf(guest, 'future', u8)
        const [, wfi] = ends(yield* call(f.create))
        yield* call(f.dropWritable, wfi)
      },
    ],
  ]
  test.each(rows)('%s', async (_, message, step) => {
    const world = new World()
    const guest = world.guest()
    const main = guest.lift(func([]), function* () {
      const [rsi, wsi] = ends(yield* call(s(guest).create))
      yield* step(guest, rsi, wsi)
    })
    await expect(world.run(main)).rejects.toThrow(message)
    expect(guest.inst.root.dead).toBe(true)
  })
})

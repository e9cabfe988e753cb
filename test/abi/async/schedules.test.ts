// biome-ignore-all lint/correctness/useYield: core code need not wait
/** Random operations and schedules, against models that follow the specification's state machines. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BLOCKED } from '../../../src/abi/async/builtins-task.ts'
import { call, ends, func, Signal, u8, u32, unpack, World } from './harness.ts'

// — Streams

type Side = 'read' | 'write'
type Op =
  | { readonly kind: Side; readonly n: number }
  | { readonly kind: 'cancel' | 'poll' | 'drop'; readonly side: Side }

interface Copy {
  readonly side: Side
  readonly length: number
  progress: number
}

/** One stream between two ends of one instance: what each operation answers, `undefined` where it would trap. */
class StreamModel {
  dropped = false
  pending: Copy | undefined
  readonly state: Record<Side, 'idle' | 'copying' | 'done' | 'gone'> = { read: 'idle', write: 'idle' }
  readonly event: Partial<Record<Side, { result: 0 | 1 | 2; readonly copy: Copy; readonly reclaim: boolean }>> = {}

  #take(side: Side): number {
    const event = this.event[side]
    if (event === undefined) return BLOCKED
    delete this.event[side]
    if (event.reclaim && this.pending === event.copy) this.pending = undefined
    this.state[side] = event.result === 1 ? 'done' : 'idle'
    return event.result | (event.copy.progress << 4)
  }

  #notify(result: 0 | 1 | 2): void {
    const copy = this.pending
    if (copy === undefined) return
    this.pending = undefined
    this.event[copy.side] = { result, copy, reclaim: false }
  }

  copy(side: Side, n: number): number | undefined {
    if (this.state[side] !== 'idle') return undefined
    this.state[side] = 'copying'
    const copy: Copy = { side, length: n, progress: 0 }
    const done = (result: 0 | 1): void => {
      this.event[side] = { result, copy, reclaim: false }
    }
    const other = this.pending
    if (this.dropped) done(1)
    else if (other === undefined) this.pending = copy
    else if (other.length > other.progress) {
      if (n > 0) {
        const moved = Math.min(n, other.length - other.progress)
        copy.progress += moved
        other.progress += moved
        this.event[other.side] = { result: 0, copy: other, reclaim: true }
      }
      done(0)
    } else if (side === 'write' && n === 0 && other.length === 0) done(0)
    else {
      this.#notify(0)
      this.pending = copy
    }
    return this.#take(side)
  }

  cancel(side: Side): number | undefined {
    if (this.state[side] !== 'copying') return undefined
    const open = this.pending?.side === side && this.pending.progress < this.pending.length
    if (this.event[side] === undefined || open) this.#notify(2)
    return this.#take(side)
  }

  poll(side: Side): number {
    return this.#take(side)
  }

  drop(side: Side): 'dropped' | undefined {
    if (this.state[side] === 'copying' || this.state[side] === 'gone') return undefined
    this.state[side] = 'gone'
    if (!this.dropped) {
      this.dropped = true
      this.#notify(1)
    }
    return 'dropped'
  }
}

const side = fc.constantFrom<Side>('read', 'write')
const op: fc.Arbitrary<Op> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: side, n: fc.integer({ min: 0, max: 6 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('poll' as const), side }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel' as const), side }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('drop' as const), side }) },
)

test('a stream answers as the model does', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(op, { maxLength: 30 }), fc.constantFrom(u8, null), async (ops, element) => {
      const world = new World()
      const guest = world.guest()
      const model = new StreamModel()
      const make = (verb: string) => guest.builtin(`stream.${verb}` as 'stream.read', { element })
      const main = guest.lift(func([]), function* () {
        const [read, write] = ends(yield* call(make('new')))
        const sets = { read: 0, write: 0 }
        const index = { read, write }
        for (const s of ['read', 'write'] as const) {
          sets[s] = yield* call(guest.builtin('waitable-set.new'))
          yield* call(guest.builtin('waitable.join'), index[s], sets[s])
        }
        for (const o of ops) {
          if ('n' in o) {
            const expected = model.copy(o.kind, o.n)
            if (expected === undefined) continue
            expect(yield* call(make(o.kind), index[o.kind], 0, o.n)).toBe(expected)
          } else if (o.kind === 'cancel') {
            const expected = model.cancel(o.side)
            if (expected === undefined) continue
            expect(yield* call(make(`cancel-${o.side}`), index[o.side])).toBe(expected)
          } else if (o.kind === 'poll') {
            if (model.state[o.side] === 'gone') continue
            const expected = model.poll(o.side)
            const code = yield* call(guest.builtin('waitable-set.poll'), sets[o.side], 16)
            expect(code === 0 ? BLOCKED : guest.event(16)[1]).toBe(expected)
          } else if (model.drop(o.side) !== undefined) {
            yield* call(make(o.side === 'read' ? 'drop-readable' : 'drop-writable'), index[o.side])
          }
        }
      })
      await world.run(main)
    }),
    { numRuns: 300 },
  )
})

// — Tasks

interface Plan {
  /** What the callee does before it returns, and after. */
  readonly before: readonly ('yield' | 'host')[]
  readonly after: readonly ('yield' | 'host')[]
  readonly exclusive: boolean
  readonly sync: boolean
}

const steps = fc.array(fc.constantFrom('yield' as const, 'host' as const), { maxLength: 3 })
const plan: fc.Arbitrary<Plan> = fc.record({
  before: steps,
  after: steps,
  exclusive: fc.boolean(),
  sync: fc.boolean(),
})

test('every call ends once, with its own result, whatever the schedule', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(plan, { minLength: 1, maxLength: 4 }),
      fc.array(fc.nat(20), { minLength: 1, maxLength: 10 }),
      async (plans, choices) => {
        let turn = 0
        const world = new World((ready) => (choices[turn++ % choices.length] ?? 0) % ready)
        const callee = world.guest()
        const caller = world.guest(256)
        let inside = 0
        const finished: number[] = []
        const results: number[] = []
        const callees = plans.map((p, i) =>
          callee.lift(
            func([], u32),
            function* () {
              if (p.exclusive) expect(inside++).toBe(0)
              for (const step of p.before) {
                if (step === 'yield') yield* call(callee.builtin('thread.yield'))
                else {
                  const signal = new Signal()
                  queueMicrotask(signal.set)
                  yield* call(callee.waitFor(signal))
                }
              }
              if (!p.exclusive) yield* call(callee.builtin('task.return', { result: u32 }), 100 + i)
              for (let k = 0; k < p.after.length; k++) yield* call(callee.builtin('thread.yield'))
              if (p.exclusive) inside -= 1
              finished.push(i)
              return 100 + i
            },
            { async: !p.exclusive },
          ),
        )
        const main = caller.lift(func([], u32), function* () {
          const set = yield* call(caller.builtin('waitable-set.new'))
          let waiting = 0
          for (const [i, p] of plans.entries()) {
            const f = callees[i]
            if (f === undefined) continue
            if (p.sync) {
              results[i] = yield* call(caller.lower(f, { async: false }))
              continue
            }
            const [state, sub] = unpack(yield* call(caller.lower(f, { async: true }), 128 + 4 * i))
            if (state === 2) continue
            waiting += 1
            yield* call(caller.builtin('waitable.join'), sub, set)
          }
          while (waiting > 0) {
            yield* call(caller.builtin('waitable-set.wait'), set, 0)
            const [sub, state] = caller.event(0)
            if (state !== 2) continue
            waiting -= 1
            yield* call(caller.builtin('subtask.drop'), sub)
          }
          for (const [i, p] of plans.entries()) if (!p.sync) results[i] = caller.view.getUint32(128 + 4 * i, true)
          yield* call(caller.builtin('waitable-set.drop'), set)
          return 1
        })
        expect(await world.run(main)).toBe(1)
        expect(results).toEqual(plans.map((_, i) => 100 + i))
        caller.expectEmpty()
        for (let i = 0; finished.length < plans.length && i < 50; i++)
          await new Promise((resolve) => setImmediate(resolve))
        expect([...finished].sort()).toEqual(plans.map((_, i) => i))
        expect(inside).toBe(0)
      },
    ),
    { numRuns: 200 },
  )
})

/** Without a way to park stacks: what is waited for runs on top of who waits, as far as that is the same. */
import { expect, test } from 'vitest'
import { func, u32, unpack, World } from './harness.ts'

const world = (): World => new World(undefined, 'none')

/** Yields `turns` times before it returns 40 and its argument. */
function yielding(w: World, turns: number) {
  const guest = w.guest()
  const give = guest.builtin('task.return', { result: u32 })
  let left = turns
  let value = 0
  const f = guest.lift(
    func([u32], u32),
    (n = 0) => {
      value = n
      return 1
    },
    {
      callback: () => {
        left -= 1
        if (left > 0) return 1
        give(40 + value)
        return 0
      },
    },
  )
  return { guest, f }
}

test('a synchronous call waits for a callee that goes on by callbacks', async () => {
  const w = world()
  const { f } = yielding(w, 3)
  const caller = w.guest()
  const get = caller.lower(f, { async: false })
  const main = caller.lift(func([], u32), () => (get(2) as number) + 1)
  expect(await w.run(main)).toBe(43)
  expect(await w.run(main)).toBe(43)
})

test('so does a chain of them, and what else is ready runs meanwhile', async () => {
  const w = world()
  const { f } = yielding(w, 2)
  const other = yielding(w, 5)
  const [middle, outer] = [w.guest(), w.guest()]
  const get = middle.lower(f, { async: false })
  const relay = middle.lift(func([u32], u32), (n = 0) => get(n) as number)
  const ask = outer.lower(relay, { async: false })
  const main = outer.lift(func([], u32), () => (ask(1) as number) + (ask(2) as number))
  const both = [w.run(main), w.run(other.f, 7)]
  expect(await Promise.all(both)).toEqual([83, 47])
  expect([middle, outer].map(({ inst }) => inst.mayEnter)).toEqual([true, true])
})

test('a caller that does not wait would have to go on: that needs the engine', async () => {
  const w = world()
  const { f } = yielding(w, 2)
  const [middle, outer] = [w.guest(), w.guest()]
  const get = middle.lower(f, { async: false })
  const relay = middle.lift(func([u32], u32), (n = 0) => get(n) as number)
  const begin = outer.lower(relay, { async: true })
  const main = outer.lift(func([], u32), () => unpack(begin(1, 0) as number)[0])
  await expect(w.run(main)).rejects.toMatchObject({ code: 'needs-jspi' })
})

test('nobody waits on the stack for the host', async () => {
  const w = world()
  const guest = w.guest()
  const get = guest.lower(
    w.host(func([], u32), async () => 1),
    { async: false },
  )
  const main = guest.lift(func([], u32), () => get() as number)
  await expect(w.run(main)).rejects.toMatchObject({ code: 'needs-jspi' })
  const eager = w.guest()
  const now = eager.lower(
    w.host(func([], u32), () => 5),
    { async: false },
  )
  expect(await w.run(eager.lift(func([], u32), () => now() as number))).toBe(5)
})

test('a synchronous task cannot wait at all', async () => {
  const w = world()
  const { f } = yielding(w, 2)
  const caller = w.guest()
  const get = caller.lower(f, { async: false })
  const main = caller.lift(func([], u32, false), () => get(2) as number)
  expect(() => main.invoke([], { inst: undefined, host: undefined })).toThrow(/cannot block a synchronous task/)
})

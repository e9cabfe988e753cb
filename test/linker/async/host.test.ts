/** JavaScript's side of asynchronous components: promises in and out, streams, futures, signals, ends of life. */
import { afterEach, describe, expect, test } from 'vitest'
import { Component } from '../../../src/linker/component.ts'
import { Engine } from '../../../src/linker/engine.ts'
import { promising, suspending } from '../../../src/linker/suspend.ts'
import { ECHO, FUTURE, LOOP, PASS, RELAY, SYNC } from './components.ts'

const JSPI = 'Suspending' in WebAssembly
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const unhandled: unknown[] = []
process.on('unhandledRejection', (reason) => unhandled.push(reason))
afterEach(async () => {
  await turn()
  expect(unhandled.splice(0)).toEqual([])
})

async function start(text: string, imports: Record<string, object> = {}) {
  const component = await Component.compile(text)
  return await component.instantiate(imports)
}

const never = (): Promise<never> => new Promise(() => {})
const echo = (answer: (n: number, ...rest: unknown[]) => unknown = (n) => n) =>
  start(ECHO, { answer: { default: answer } })

describe('calls', () => {
  test('an asynchronous export answers with a promise, whether its import waits or not', async () => {
    expect(await (await echo()).exports.ask(7)).toBe(7)
    expect(await (await echo(async (n) => n + 1)).exports.ask(7)).toBe(8)
    const slow = await echo(async (n) => {
      await sleep(1)
      return n * 2
    })
    expect(await Promise.all([slow.exports.ask(1), slow.func('ask').callAsync([1])].slice(0, 1))).toEqual([2])
  })

  test('arguments that do not fit reject, and the instance lives', async () => {
    const { exports } = await echo()
    await expect(exports.ask('x')).rejects.toThrow(/param `n`: expected number/)
    expect(await exports.ask(3)).toBe(3)
  })

  test('what the import throws or promises wrongly is a trap with its cause', async () => {
    const boom = new Error('boom')
    for (const answer of [
      () => {
        throw boom
      },
      async () => {
        await turn()
        throw boom
      },
    ]) {
      const instance = await echo(answer)
      await expect(instance.exports.ask(1)).rejects.toMatchObject({ kind: 'trap', code: 'host-threw', cause: boom })
      expect(instance.state).toBe('trapped')
      await expect(instance.exports.ask(1)).rejects.toMatchObject({ kind: 'trap', code: 'cannot-enter' })
    }
    const odd = await echo(async () => 'no number')
    await expect(odd.exports.ask(1)).rejects.toMatchObject({ code: 'host-value' })
  })

  test("a trap settles every promise once, with the guest's own words", async () => {
    const instance = await echo(never)
    const waiting = instance.exports.ask(1)
    const crash = instance.exports.crash()
    await expect(crash).rejects.toMatchObject({ code: 'unreachable' })
    await expect(waiting).rejects.toMatchObject({ code: 'unreachable' })
  })

  test('nothing that could go on is a deadlock', async () => {
    const { exports } = await echo()
    await expect(exports.stuck()).rejects.toMatchObject({ kind: 'trap', code: 'deadlock' })
  })

  test('a guest that yields for ever leaves the event loop alive', async () => {
    const instance = await echo()
    const controller = new AbortController()
    const spinning = promising(instance.exports.spin as () => Promise<number>, { signal: controller.signal })()
    let ticks = 0
    for (let i = 0; i < 5; i++) {
      await sleep(1)
      ticks += 1
    }
    expect(ticks).toBe(5)
    controller.abort(new Error('enough'))
    await expect(spinning).rejects.toThrow('enough')
    await instance.drain()
    expect(instance.state).toBe('ready')
  })

  test('so does one whose host answers at once, for ever', async () => {
    const instance = await start(LOOP, { answer: { default: async () => {} } })
    const looping = instance.exports.loop()
    for (let i = 0; i < 5; i++) await sleep(1)
    instance[Symbol.dispose]()
    await expect(looping).rejects.toMatchObject({ kind: 'closed' })
  })

  test('abort rejects at once, cancels the task and what it waits for', async () => {
    const instance = await echo(never)
    const controller = new AbortController()
    const waiting = promising(instance.exports.ask as (n: number) => Promise<number>, { signal: controller.signal })(1)
    await turn()
    controller.abort('why')
    await expect(waiting).rejects.toBe('why')
    await instance.drain()
    expect(instance.state).toBe('ready')
    const aborted = instance.func('ask').callAsync([1], { signal: AbortSignal.abort('before') })
    await expect(aborted).rejects.toBe('before')
  })

  test('compiling and instantiating can be aborted, and leave nothing behind', async () => {
    const engine = new Engine()
    const aborts = async (work: (signal: AbortSignal) => Promise<unknown>): Promise<void> => {
      await expect(work(AbortSignal.abort('before'))).rejects.toBe('before')
      const controller = new AbortController()
      const working = work(controller.signal)
      await turn()
      controller.abort('meanwhile')
      await expect(working).rejects.toBe('meanwhile')
    }
    await aborts((signal) => Component.compile(never(), { engine, signal }))
    const component = await Component.compile(ECHO, { engine })
    let go = (): void => {}
    const later = new Promise<void>((resolve) => {
      go = resolve
    })
    const imports = async () => {
      await later
      return { answer: { default: () => 1 } }
    }
    await aborts((signal) => component.instantiate(imports, { engine, signal }))
    // what was on its way arrives, and goes at once
    go()
    await sleep(1)
    expect(engine.usage().instances.used).toBe(0)
    const { signal } = new AbortController()
    await component.instantiate(imports, { engine, signal })
    expect(engine.usage().instances.used).toBe(1)
  })

  test('a host function learns that its call was cancelled, or that nobody is left to take its answer', async () => {
    const component = await Component.compile(ECHO)
    for (const how of ['abort', 'dispose'] as const) {
      const signals: AbortSignal[] = []
      const instance = await component.instantiate((caller) => ({
        answer: {
          default: () => {
            signals.push(caller.call.signal as AbortSignal)
            return never()
          },
        },
      }))
      const controller = new AbortController()
      const ask = instance.exports.ask as (n: number) => Promise<number>
      const waiting = promising(ask, { signal: controller.signal })(1)
      expect(signals.map(({ aborted }) => aborted)).toEqual([false])
      if (how === 'abort') controller.abort('enough')
      else instance[Symbol.dispose]()
      await expect(waiting).rejects.toBeDefined()
      await turn()
      expect(signals.map(({ aborted }) => aborted)).toEqual([true])
    }
  })

  test('disposal ends calls in flight', async () => {
    const instance = await echo(never)
    const waiting = instance.exports.ask(1)
    instance[Symbol.dispose]()
    await expect(waiting).rejects.toMatchObject({ kind: 'closed' })
  })

  test('a hundred calls at once', async () => {
    const component = await Component.compile(ECHO)
    const engine = new Engine()
    const all = Array.from({ length: 100 }, async (_, i) => {
      const instance = await component.instantiate({ answer: { default: async () => i } }, { engine })
      return await instance.exports.ask(0)
    })
    expect(await Promise.all(all)).toEqual(Array.from({ length: 100 }, (_, i) => i))
  })

  test('what needs a promise to load says so', async () => {
    const component = await Component.compile(ECHO)
    expect(() => component.instantiateSync({ answer: { default: () => 1 } })).toThrow(/use `instantiate` once/)
    const engine = new Engine()
    await component.instantiate({ answer: { default: () => 1 } }, { engine })
    const instance = component.instantiateSync({ answer: { default: () => 5 } }, { engine })
    expect(await instance.exports.ask(0)).toBe(5)
  })
})

describe('streams', () => {
  const bytes = (n: number): Uint8Array => Uint8Array.from({ length: n }, (_, i) => (i * 7) & 0xff)

  async function collect(reader: AsyncIterable<Uint8Array>): Promise<number[]> {
    const all: number[] = []
    for await (const chunk of reader) all.push(...chunk)
    return all
  }

  test('bytes pass in chunks from any source, and come back', async () => {
    const { exports } = await start(PASS)
    const data = bytes(10_000)
    const sources = [
      () => data,
      () => [...data],
      () =>
        new ReadableStream({
          start(controller) {
            controller.enqueue(data.subarray(0, 1))
            controller.enqueue(data.subarray(1))
            controller.close()
          },
        }),
      async function* () {
        yield data.subarray(0, 5000)
        await turn()
        yield* data.subarray(5000)
      },
      () => new Set([1, 2, 3]).values(),
    ]
    for (const source of sources) {
      const expected = await collect(await exports.bytes(source()))
      expect(expected.length === 3 ? expected : expected.length).toEqual(
        expected.length === 3 ? [1, 2, 3] : data.length,
      )
    }
  })

  test('through a guest that reads and writes', async () => {
    const instance = await start(RELAY)
    const data = bytes(100_000)
    expect(await collect(await instance.exports.relay(data))).toEqual([...data])
    expect(instance.usage().handles.used).toBe(1) // the waitable set it keeps
  })

  test('values pass one by one', async () => {
    const { exports } = await start(PASS)
    const words = await exports.words(['a', 'β', 'c'])
    expect(await words.read(2)).toEqual(['a', 'β'])
    expect(await words.read()).toEqual(['c'])
    expect(await words.read()).toBeUndefined()
    expect(await words.read()).toBeUndefined()
  })

  test('leaving a loop tells the source', async () => {
    const { exports } = await start(PASS)
    let left = false
    async function* source() {
      try {
        for (;;) yield Uint8Array.of(1)
      } finally {
        left = true
      }
    }
    for await (const chunk of await exports.bytes(source())) {
      expect(chunk).toEqual(Uint8Array.of(1))
      break
    }
    await sleep(1)
    expect(left).toBe(true)
  })

  test("a ReadableStream of a guest's stream", async () => {
    const { exports } = await start(PASS)
    const stream = (await exports.bytes(bytes(3))).toReadableStream() as ReadableStream<Uint8Array>
    expect(await new Response(stream).arrayBuffer()).toEqual(bytes(3).buffer)
  })

  test('a reader passes on as it is', async () => {
    const { exports } = await start(PASS)
    const again = await exports.bytes(await exports.bytes(bytes(5)))
    expect(await collect(again)).toEqual([...bytes(5)])
  })

  test('what a source throws, or yields wrongly, ends the instance it was given to', async () => {
    const one = await start(RELAY)
    async function* broken() {
      yield Uint8Array.of(1)
      throw new Error('broken source')
    }
    const reader = await one.exports.relay(broken())
    expect(await reader.read()).toEqual(Uint8Array.of(1))
    await expect(reader.read()).rejects.toMatchObject({ code: 'host-threw' })
    const two = await start(RELAY)
    await expect((await two.exports.relay([1, 'x'])).read()).rejects.toThrow(/expected number/)
    const three = await start(RELAY)
    await expect(three.exports.relay(5)).rejects.toThrow(/expected an iterable/)
    expect(three.state).toBe('ready')
  })

  test('what was given away or dropped says so, and never looks like an end', async () => {
    const { exports } = await start(PASS)
    const reader = await exports.bytes(bytes(5))
    const again = await exports.bytes(reader)
    await expect(reader.read()).rejects.toMatchObject({ kind: 'closed', message: expect.stringMatching(/given away/) })
    await expect(exports.bytes(reader)).rejects.toThrow(/given away/)
    expect(await collect(again)).toEqual([...bytes(5)])
    // who closed it knows that it is over
    expect(await again.read()).toBeUndefined()
  })

  test('a future comes in a box, so that nobody awaits it by accident', async () => {
    const { exports } = await start(PASS)
    const { value } = await exports.number(Promise.resolve(4))
    expect(await value).toBe(4)
    expect(await value).toBe(4)
    const again = await exports.number((await exports.number(Promise.resolve(5))).value)
    expect(await again.value).toBe(5)
    // in a box on the way in as well
    expect(await (await exports.number({ value: Promise.resolve(6) })).value).toBe(6)
    await expect(exports.number({ value: 6 })).rejects.toThrow(/expected a promise/)
  })

  test('a future that was given away or dropped says so, and so does one that will not come', async () => {
    const instance = await start(PASS)
    const { number } = instance.exports
    const given = (await number(never())).value
    await number(given)
    await expect(given).rejects.toMatchObject({ kind: 'closed', message: expect.stringMatching(/given away/) })
    const dropped = (await number(never())).value
    const waiting = (async () => await dropped)()
    await turn()
    await dropped[Symbol.asyncDispose]()
    await expect(waiting).rejects.toMatchObject({ kind: 'closed', message: expect.stringMatching(/dropped/) })
    const broken = (await number(Promise.reject(new Error('no number')))).value
    await expect(broken).rejects.toMatchObject({ code: 'host-threw' })
  })

  test('an asynchronous import answers with a future in a box', async () => {
    const instance = await start(FUTURE, { get: { default: async () => ({ value: Promise.resolve(7) }) } })
    expect(await (await instance.exports.get()).value).toBe(7)
    const wrong = await start(FUTURE, { get: { default: async () => 7 } })
    await expect(wrong.exports.get()).rejects.toThrow(/expected a promise/)
  })
})

describe('suspending', () => {
  test.runIf(JSPI)('a synchronous import that answers with a promise', async () => {
    const get = suspending(async (n: number) => {
      await sleep(1)
      return n * 10
    })
    const instance = await start(SYNC, { get: { default: get } })
    expect(() => instance.exports.run(1)).toThrow(/`promising`/)
    expect(await promising(instance.exports.run as (n: number) => number)(1)).toBe(11)
    expect(await instance.func('run').callAsync([2])).toBe(21)
    expect(await Promise.all([1, 2, 3].map(promising(instance.exports.run as (n: number) => number)))).toEqual([
      11, 21, 31,
    ])
  })

  test.runIf(JSPI)('one that never answers holds its store until its instance is disposed', async () => {
    const engine = new Engine()
    const component = await Component.compile(SYNC)
    const stuck = await component.instantiate({ get: { default: suspending(never) } }, { engine })
    const other = await component.instantiate({ get: { default: suspending(async (n: number) => n) } }, { engine })
    const waiting = promising(stuck.exports.run as (n: number) => number)(1)
    const queued = promising(other.exports.run as (n: number) => number)(5)
    await sleep(1)
    stuck[Symbol.dispose]()
    await expect(waiting).rejects.toMatchObject({ kind: 'closed' })
    expect(await queued).toBe(6)
  })

  test.runIf(JSPI)('draining waits for what is parked, and lets the event loop go on', async () => {
    const get = suspending(async (n: number) => {
      await sleep(5)
      return n
    })
    const instance = await start(SYNC, { get: { default: get } })
    const running = promising(instance.exports.run as (n: number) => number)(1)
    expect(instance.state).toBe('busy')
    await instance.drain()
    expect(instance.state).toBe('ready')
    expect(await running).toBe(2)
  })

  test.runIf(!JSPI)('is refused where stacks cannot be switched', async () => {
    const get = suspending(async (n: number) => n)
    await expect(start(SYNC, { get: { default: get } })).rejects.toMatchObject({ problems: [{ kind: 'needs-jspi' }] })
  })

  test('without the mark a promise is refused', async () => {
    const instance = await start(SYNC, { get: { default: async () => 1 } })
    expect(() => instance.exports.run(1)).toThrow(/mark the function with `suspending`/)
  })
})

/** The component of examples/async, which an unmodified toolchain made, on the public API: asynchronous calls, streams, futures. */
import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { Component, ComponentError, type Imports, promising, type Untyped } from '../../src/index.ts'

const file = new URL('../../examples/async/built/office.component.wasm', import.meta.url)
const office = await Component.compile(await readFile(file))

const TITLES = new Map([
  ['ada', 'Countess'],
  ['alan', 'Dr'],
  ['grace', 'Admiral'],
])

function titleOf(name: string): { readonly tag: 'ok' | 'err'; readonly val: string } {
  const title = TITLES.get(name)
  return title === undefined ? { tag: 'err', val: `nobody is called ${name}` } : { tag: 'ok', val: title }
}

const answeringAtOnce = async (name: string) => titleOf(name)

async function deskWith(
  lookup: (name: string) => PromiseLike<unknown>,
): Promise<{ desk: Untyped; state: () => string }> {
  const imports: Imports = { 'example:office/directory': { lookup } }
  const instance = await office.instantiate(imports)
  return { desk: instance.exports.desk, state: () => instance.state }
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of chunks) text += decoder.decode(chunk, { stream: true })
  return text + decoder.decode()
}

describe('calls', () => {
  test('one that waits for nobody', async () => {
    const { desk } = await deskWith(answeringAtOnce)
    const called = desk.double(21)
    expect(called).toBeInstanceOf(Promise)
    expect(await called).toBe(42)
  })

  test('one that asks the host for three things at once, answered in another order', async () => {
    const asked: string[] = []
    const answers = new Map<string, () => void>()
    const { desk } = await deskWith((name) => {
      asked.push(name)
      return new Promise((resolve) => answers.set(name, () => resolve(titleOf(name))))
    })
    const greeted = desk.greetAll(['ada', 'alan', 'grace'])
    await expect.poll(() => asked).toEqual(['ada', 'alan', 'grace'])
    for (const name of ['grace', 'ada', 'alan']) answers.get(name)?.()
    expect(await greeted).toEqual(['Countess ada', 'Dr alan', 'Admiral grace'])
  })

  test('an `err` of the guest is thrown, and the instance goes on', async () => {
    const { desk, state } = await deskWith(answeringAtOnce)
    const error: unknown = await desk.greetAll(['ada', 'bob']).catch((error: unknown) => error)
    expect(error).toBeInstanceOf(ComponentError)
    expect(error).toMatchObject({ payload: 'nobody is called bob' })
    expect(state()).toBe('ready')
    expect(await desk.greetAll(['alan'])).toEqual(['Dr alan'])
  })

  test('100 at a time in one instance', async () => {
    const { desk } = await deskWith(async (name) => {
      await new Promise((resolve) => setTimeout(resolve, 1))
      return titleOf(name)
    })
    const calls = Array.from({ length: 100 }, () => desk.greetAll(['ada', 'alan']))
    expect(await Promise.all(calls)).toEqual(calls.map(() => ['Countess ada', 'Dr alan']))
  })

  test('a signal ends one that waits for ever', async () => {
    const { desk } = await deskWith(() => new Promise(() => {}))
    const reason = new RangeError('enough')
    const controller = new AbortController()
    const greeted = promising(desk.greetAll, { signal: controller.signal })(['ada'])
    setTimeout(() => controller.abort(reason), 5)
    await expect(greeted).rejects.toBe(reason)
  })
})

describe('streams', () => {
  test('bytes in and out, from a generator', async () => {
    const { desk } = await deskWith(answeringAtOnce)
    async function* source(): AsyncGenerator<Uint8Array> {
      yield utf8('every chunk ')
      yield utf8('as it comes')
    }
    const chunks: string[] = []
    for await (const chunk of await desk.upper(source()))
      chunks.push(
        await textOf(
          (async function* () {
            yield chunk
          })(),
        ),
      )
    expect(chunks).toEqual(['EVERY CHUNK ', 'AS IT COMES'])
  })

  test('bytes in and out, from and to web streams', async () => {
    const { desk } = await deskWith(answeringAtOnce)
    const upper = await desk.upper(new Blob(['web streams']).stream())
    expect(await new Response(upper.toReadableStream()).text()).toBe('WEB STREAMS')
  })

  test('a megabyte comes back as it went', async () => {
    const { desk } = await deskWith(answeringAtOnce)
    const bytes = Uint8Array.from({ length: 2 ** 20 }, (_, at) => (at * 31) % 251)
    const pieces: Uint8Array[] = []
    for await (const chunk of await desk.pass(bytes)) pieces.push(chunk)
    expect(Buffer.concat(pieces).equals(bytes)).toBe(true)
  })

  test('values are made as they are asked for: the reader may leave', async () => {
    const { desk, state } = await deskWith(answeringAtOnce)
    const seen: number[] = []
    for await (const n of await desk.countdown(1_000_000_000)) {
      seen.push(n)
      if (seen.length === 3) break
    }
    expect(seen).toEqual([1_000_000_000, 999_999_999, 999_999_998])
    expect(state()).toBe('ready')
    expect(await desk.double(1)).toBe(2)
  })

  test('a source is told when nobody reads it any more', async () => {
    const { desk } = await deskWith(answeringAtOnce)
    let told = false
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield utf8('again ')
      } finally {
        told = true
      }
    }
    for await (const chunk of await desk.upper(endless())) {
      expect(chunk).toEqual(utf8('AGAIN '))
      break
    }
    await expect.poll(() => told).toBe(true)
  })

  test('two streams of one instance run side by side', async () => {
    const { desk } = await deskWith(answeringAtOnce)
    const [one, two] = await Promise.all([desk.upper(utf8('one')), desk.upper(utf8('two'))])
    expect(await Promise.all([textOf(one), textOf(two)])).toEqual(['ONE', 'TWO'])
  })
})

describe('futures', () => {
  test('the call is over before its future is', async () => {
    const { desk } = await deskWith(answeringAtOnce)
    let finish = (): void => {}
    const finished = new Promise<void>((resolve) => {
      finish = resolve
    })
    async function* lines(): AsyncGenerator<string> {
      yield 'short'
      await finished
      yield 'the longest of them'
    }
    // the call is over; its future, in a box, is not
    const { value } = await desk.longest(lines())
    finish()
    expect(await value).toBe('the longest of them')
  })

  test('a host that fails to keep a promise ends the instance, with the reason', async () => {
    const { desk, state } = await deskWith(() => Promise.reject(new RangeError('the directory burnt down')))
    await expect(desk.greetAll(['ada'])).rejects.toMatchObject({ kind: 'trap' })
    expect(state()).toBe('trapped')
  })
})

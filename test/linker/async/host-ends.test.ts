/** Sources of streams and promises that misbehave: they end at most who reads them, and never get a value past its type. */
import { afterEach, describe, expect, test } from 'vitest'
import type { Untyped } from '../../../src/index.ts'
import { Component } from '../../../src/linker/component.ts'
import { ECHO, FUTURE, PASS, RELAY } from './components.ts'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const never = (): Promise<never> => new Promise(() => {})

const unhandled: unknown[] = []
process.on('unhandledRejection', (reason) => unhandled.push(reason))
afterEach(async () => {
  await turn()
  expect(unhandled.splice(0)).toEqual([])
})

async function start(text: string, imports: Untyped = {}) {
  return await (await Component.compile(text)).instantiate(imports)
}

const iterable = (iterator: unknown): unknown => ({ [Symbol.asyncIterator]: () => iterator })

async function* one(piece: unknown) {
  yield piece
}

describe('a source that fails when it is left', () => {
  const refuse = (): never => {
    throw new Error('not now')
  }
  test.each<[string, object]>([
    ['by throwing', { next: never, return: refuse }],
    [
      'in a getter',
      {
        next: never,
        get return() {
          return refuse()
        },
      },
    ],
    ['with a promise', { next: never, return: async () => refuse() }],
  ])('%s changes nothing', async (_, iterator) => {
    const instance = await start(RELAY)
    const reading = (await instance.exports.relay(iterable(iterator))).read()
    await turn()
    instance[Symbol.dispose]()
    await expect(reading).rejects.toMatchObject({ kind: 'closed' })
    const left = await start(RELAY)
    await (await left.exports.relay(iterable(iterator)))[Symbol.asyncDispose]()
    await turn()
    expect(left.state).toBe('ready')
  })
})

describe('a typed array that lies', () => {
  test('about its kind', async () => {
    class Disguised extends Float64Array {
      override get [Symbol.toStringTag](): never {
        return 'Uint8Array' as never
      }
    }
    const { exports } = await start(RELAY)
    const reader = await exports.relay(one(new Disguised(3)))
    await expect(reader.read()).rejects.toThrow(/expected a Uint8Array or a number, got a Float64Array/)
  })

  test('about its elements', async () => {
    class Odd extends Int32Array {
      override slice(): never {
        return [{}, 'x'] as never
      }
      static get [Symbol.species](): never {
        return Array as never
      }
    }
    const { exports } = await start(PASS.replace('(stream u8)', '(stream s32)'))
    expect(await (await exports.bytes(one(new Odd([1, 2])))).read()).toEqual(Int32Array.of(1, 2))
  })
})

test('an array is read by its indices, whatever its class iterates', async () => {
  class Endless extends Array<string> {
    override [Symbol.iterator](): never {
      throw new Error('endless')
    }
  }
  const { exports } = await start(PASS)
  expect(await (await exports.words(Endless.of('a', 'b'))).read()).toEqual(['a', 'b'])
})

test('a locked stream is refused before anything runs', async () => {
  const instance = await start(PASS)
  const stream = new ReadableStream()
  stream.getReader()
  await expect(instance.exports.bytes(stream)).rejects.toThrow(TypeError)
  await expect(instance.exports.bytes(stream)).rejects.toThrow(/param `in`: expected an iterable, .* \(not locked\)/)
  expect(instance.state).toBe('ready')
})

test('an iterator that is none ends who reads it', async () => {
  for (const iterator of [undefined, 5, { next: async () => undefined }]) {
    const instance = await start(RELAY)
    const reading = async () => await (await instance.exports.relay(iterable(iterator))).read()
    await expect(reading()).rejects.toMatchObject({ code: 'host-threw' })
    expect(instance.state).toBe('trapped')
  }
})

describe('a promise whose `then` was replaced', () => {
  const replaced = (then: unknown): Promise<unknown> => Object.assign(Promise.resolve(4), { then })
  const thens: [string, unknown][] = [
    ['answers nothing', () => undefined],
    ['fulfils twice', (fulfil: (value: unknown) => void) => void [fulfil('x'), fulfil('y')]],
    [
      'throws',
      () => {
        throw new Error('no')
      },
    ],
  ]

  test.each(thens)('as a future: it %s', async (_, then) => {
    const instance = await start(PASS)
    expect(await (await instance.exports.number(replaced(then))).value).toBe(4)
    expect(instance.state).toBe('ready')
  })

  test.each(thens)('as an answer: it %s', async (_, then) => {
    const instance = await start(ECHO, { answer: { default: () => replaced(then) } })
    expect(await instance.exports.ask(1)).toBe(4)
  })
})

test('a future that fails when nobody is left to read it is not unhandled', async () => {
  const late = (): Promise<never> => new Promise((_, reject) => setTimeout(() => reject(new Error('late')), 1))
  const instance = await start(FUTURE, { get: { default: async () => ({ value: late() }) } })
  const getting = instance.exports.get()
  instance[Symbol.dispose]()
  await expect(getting).rejects.toMatchObject({ kind: 'closed' })
  await new Promise((resolve) => setTimeout(resolve, 10))
})

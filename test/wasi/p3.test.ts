/** WASI 0.3 denies by default like 0.2: every interface links, and without a grant none of them gives anything of the host. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { Component, LimitError, Trap } from '../../src/index.ts'
import { Fields } from '../../src/wasi/http-fields.ts'
import { wasi } from '../../src/wasi/index.ts'
import { Request, RequestOptions, Response } from '../../src/wasi/p3/http.ts'
import { WASI3_VERSION } from '../../src/wasi/p3/interfaces.ts'
import { Lifetime } from '../../src/wasi/p3/lifetime.ts'
import { monotonicNow } from '../../src/wasi/wait.ts'
import { errOf, interfacesOf, method, served, textOf, utf8 } from './help.ts'
import { call3, chunks, err, OK, type Pair, readAll, textOfAll } from './p3-help.ts'

const granted = await interfacesOf()
const ends = (payload: unknown) => (error: unknown) => expect(error).toMatchObject({ kind: 'component', payload })

describe('the answers of a host that granted nothing', () => {
  const values: readonly (readonly [path: string, args: readonly unknown[], answer: unknown])[] = [
    ['wasi:cli/environment#getEnvironment', [], []],
    ['wasi:cli/environment#getArguments', [], []],
    ['wasi:cli/environment#getInitialCwd', [], undefined],
    ['wasi:cli/terminal-stdin#getTerminalStdin', [], undefined],
    ['wasi:cli/terminal-stdout#getTerminalStdout', [], undefined],
    ['wasi:cli/terminal-stderr#getTerminalStderr', [], undefined],
    ['wasi:filesystem/preopens#getDirectories', [], []],
    ['wasi:clocks/timezone#ianaId', [], 'UTC'],
    ['wasi:clocks/timezone#utcOffset', [{}], 0n],
  ]
  test.each(values)('%s', (path, args, answer) => {
    expect(call3(granted, path, ...args)).toEqual(answer)
  })

  test('sockets and name lookup', () => {
    expect(errOf(() => call3(granted, 'wasi:sockets/ip-name-lookup#resolveAddresses', 'localhost'))).toEqual({
      tag: 'access-denied',
    })
    for (const name of ['TcpSocket', 'UdpSocket']) {
      const found: unknown = Reflect.get(granted[`wasi:sockets/types@${WASI3_VERSION}`] ?? {}, name)
      expect(errOf(() => method(found, 'create', 'ipv4'))).toEqual({ tag: 'access-denied' })
      if (typeof found !== 'function') throw new TypeError('no class')
      expect(errOf(() => method(Reflect.construct(found, []), 'connect', {}))).toEqual({ tag: 'access-denied' })
    }
  })

  test('stdin is at its end; stdout and stderr swallow', async () => {
    expect(await readAll(call3(granted, 'wasi:cli/stdin#readViaStream') as Pair)).toEqual({ all: [], ended: OK })
    for (const path of ['wasi:cli/stdout#writeViaStream', 'wasi:cli/stderr#writeViaStream']) {
      expect(await call3(granted, path, chunks('into ', 'the void'))).toEqual(OK)
    }
  })
})

describe('standard streams', () => {
  test('output arrives in order, counted', async () => {
    let out = ''
    const interfaces = await interfacesOf({
      stdout: (chunk) => {
        out += textOf(chunk)
      },
    })
    expect(await call3(interfaces, 'wasi:cli/stdout#writeViaStream', chunks('one ', '', 'two'))).toEqual(OK)
    expect(out).toBe('one two')
  })

  test('output beyond the limit ends the instance, and the stream', async () => {
    let left = false
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield new Uint8Array(400)
      } finally {
        left = true
      }
    }
    const interfaces = await interfacesOf({ stdout: () => {} }, served)
    const written = call3(interfaces, 'wasi:cli/stdout#writeViaStream', endless()) as Promise<unknown>
    await expect(written).rejects.toBeInstanceOf(LimitError)
    expect(left).toBe(true)
  })

  test('input read beforehand is one for both versions', async () => {
    const interfaces = await interfacesOf({ stdin: chunks('a', 'b', 'c') })
    const older = interfaces['wasi:cli/stdin@0.2.12'] ?? {}
    expect(textOf(method(method(older, 'getStdin'), 'blockingRead', 10n) as Uint8Array)).toBe('a')
    expect(await textOfAll(call3(interfaces, 'wasi:cli/stdin#readViaStream') as Pair)).toBe('bc')
  })

  test('a stream that is left ends well, and the next one goes on', async () => {
    const interfaces = await interfacesOf({ stdin: chunks('a', 'b', 'c') })
    const [stream, ended] = call3(interfaces, 'wasi:cli/stdin#readViaStream') as Pair
    for await (const chunk of stream) {
      expect(chunk).toEqual(utf8('a'))
      break
    }
    expect(await ended).toEqual(OK)
    expect(await textOfAll(call3(interfaces, 'wasi:cli/stdin#readViaStream') as Pair)).toBe('bc')
  })
})

describe('clocks and randomness are on', () => {
  test('waiting takes as long as it should, and holds nobody up', async () => {
    const before = call3(granted, 'wasi:clocks/monotonic-clock#now') as bigint
    const waited = call3(granted, 'wasi:clocks/monotonic-clock#waitFor', 15_000_000n)
    expect(waited).toBeInstanceOf(Promise)
    await waited
    expect(monotonicNow() - before).toBeGreaterThanOrEqual(15_000_000n)
    expect(call3(granted, 'wasi:clocks/monotonic-clock#waitUntil', before)).toBeUndefined()
    expect(call3(granted, 'wasi:clocks/monotonic-clock#waitFor', 0n)).toBeUndefined()
  })

  test('a timer can be stopped, by its signal and with all others', async () => {
    const lifetime = new Lifetime()
    const controller = new AbortController()
    let woke = 0
    const wake = (): void => {
      woke += 1
    }
    const at = monotonicNow() + 10_000_000n
    lifetime.sleepUntil(at, controller.signal).then(wake)
    lifetime.sleepUntil(at, undefined).then(wake)
    const last = new Lifetime().sleepUntil(at, undefined)
    controller.abort()
    lifetime.stopTimers()
    await last
    expect(woke).toBe(0)
  })

  test('the time of day', () => {
    const { seconds, nanoseconds } = call3(granted, 'wasi:clocks/system-clock#now') as {
      readonly seconds: bigint
      readonly nanoseconds: number
    }
    expect(Math.abs(Number(seconds) * 1000 + nanoseconds / 1e6 - Date.now())).toBeLessThan(5000)
  })

  test('a guest that asks for many random bytes gets some', () => {
    expect(call3(granted, 'wasi:random/random#getRandomBytes', 2n ** 60n)).toHaveLength(65_536)
    expect(call3(granted, 'wasi:random/insecure#getInsecureRandomBytes', 0n)).toHaveLength(0)
    expect(call3(granted, 'wasi:random/random#getRandomU64')).not.toBe(
      call3(granted, 'wasi:random/random#getRandomU64'),
    )
    expect(call3(granted, 'wasi:random/insecure-seed#getInsecureSeed')).toHaveLength(2)
  })
})

describe('http', () => {
  const none = Promise.resolve({ tag: 'ok', val: undefined } as const)

  test('a request is built, sent, and denied; its body is let go and its sender told', async () => {
    let left = false
    async function* body(): AsyncGenerator<Uint8Array> {
      try {
        yield utf8('hello')
      } finally {
        left = true
      }
    }
    const source = body()
    await source.next()
    const headers = Fields.fromList([['accept', utf8('*/*')]])
    const [request, sent] = Request.new(headers, source, none, undefined)
    request.setMethod({ tag: 'post' })
    request.setAuthority('example.org')
    expect(errOf(() => request.setPathWithQuery('/a b'))).toBeUndefined()
    expect(errOf(() => request.getHeaders().append('a', utf8('b')))).toEqual({ tag: 'immutable' })
    await (call3(granted, 'wasi:http/client#send', request) as Promise<unknown>).then(
      () => expect.unreachable(),
      ends({ tag: 'HTTP-request-denied' }),
    )
    expect(await sent).toEqual(err('HTTP-request-denied'))
    expect(left).toBe(true)
  })

  test('a message the guest reads itself', async () => {
    const [response, sent] = Response.new(new Fields(), chunks('a', 'b'), none)
    response.setStatusCode(404)
    expect(errOf(() => response.setStatusCode(99))).toBeUndefined()
    expect(response.getStatusCode()).toBe(404)
    const [body, trailers] = Response.consumeBody(response, Promise.resolve(OK as { tag: 'ok'; val: undefined }))
    const { all } = await readAll([body, Promise.resolve()])
    expect(all).toEqual([utf8('a'), utf8('b')])
    expect(await trailers).toEqual(OK)
    expect(await sent).toEqual(OK)
  })

  test('a message that is dropped says so', async () => {
    const [request, sent] = Request.new(new Fields(), undefined, none, undefined)
    request[Symbol.dispose]()
    expect(await sent).toEqual(err('internal-error', 'the message was dropped'))
  })

  test('options can be read from a request, and changed in a copy', () => {
    const options = new RequestOptions()
    options.setConnectTimeout(5n)
    const [request] = Request.new(new Fields(), undefined, none, options)
    const shown = request.getOptions()
    expect(shown?.getConnectTimeout()).toBe(5n)
    expect(errOf(() => shown?.setConnectTimeout(7n))).toEqual({ tag: 'immutable' })
    const copy = shown?.clone()
    copy?.setFirstByteTimeout(7n)
    expect([copy?.getConnectTimeout(), copy?.getFirstByteTimeout()]).toEqual([5n, 7n])
    expect(request.getOptions()?.getFirstByteTimeout()).toBeUndefined()
  })
})

/** interface → its functions and, as `resource.member`, its resources' members; kebab-case, from the 0.3.0 packages. */
const members: Record<string, string[]> = JSON.parse(readFileSync(new URL('p3-members.json', import.meta.url), 'utf8'))

const camel = (kebab: string): string => kebab.replace(/-([a-z0-9])/g, (_, c: string) => c.toUpperCase())
const pascal = (kebab: string): string => camel(kebab).replace(/^./, (c) => c.toUpperCase())

describe('every member of every interface is there to link', () => {
  test('and no interface is left out, nor one too many', () => {
    const newer = Object.keys(granted).filter((name) => name.endsWith(WASI3_VERSION))
    expect(newer.sort()).toEqual(
      Object.keys(members)
        .map((name) => `${name}@${WASI3_VERSION}`)
        .sort(),
    )
  })

  test.each(Object.entries(members))('%s', (name, names) => {
    const found = granted[`${name}@${WASI3_VERSION}`] ?? {}
    for (const member of names) {
      const [resource = '', item] = member.split('.')
      const owner: unknown = Reflect.get(found, item === undefined ? camel(resource) : pascal(resource))
      expect(owner, member).toBeTypeOf('function')
      if (item === undefined || item === '' || typeof owner !== 'function') continue
      const onClass: unknown = Reflect.get(owner, camel(item))
      const onInstance: unknown = Reflect.get(owner.prototype, camel(item))
      expect(typeof onClass === 'function' || typeof onInstance === 'function', member).toBe(true)
    }
  })
})

/** Imports of a newer 0.3 than ours, and of 0.2 beside it. */
const BOTH = `(component
  (import "wasi:cli/exit@0.3.7" (instance $newer (export "exit-with-code" (func (param "status-code" u8)))))
  (import "wasi:cli/exit@0.2.1" (instance $older (export "exit" (func (param "status" (result))))))
  (core func $code (canon lower (func $newer "exit-with-code")))
  (core func $status (canon lower (func $older "exit")))
  (core module $m
    (import "host" "code" (func $code (param i32)))
    (import "host" "status" (func $status (param i32)))
    (func (export "newer") (call $code (i32.const 3)))
    (func (export "older") (call $status (i32.const 1))))
  (core instance $i (instantiate $m
    (with "host" (instance (export "code" (func $code)) (export "status" (func $status))))))
  (func (export "newer") (canon lift (core func $i "newer")))
  (func (export "older") (canon lift (core func $i "older"))))`

test.each([
  ['newer', 3],
  ['older', 1],
])('a component that imports both versions: %s', async (name, code) => {
  const instance = await (await Component.compile(BOTH)).instantiate(wasi())
  const error: unknown = await instance
    .func(name)
    .callAsync([])
    .catch((error: unknown) => error)
  expect(error).toBeInstanceOf(Trap)
  expect(error).toMatchObject({ cause: { code } })
})

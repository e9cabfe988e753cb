/** The network grant, against servers of this process's own: another thread serves, for a synchronous guest holds this one. */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ComponentError } from '../../src/model/errors.ts'
import { Fields } from '../../src/wasi/http-fields.ts'
import {
  type FutureIncomingResponse,
  type IncomingResponse,
  OutgoingBody,
  OutgoingRequest,
} from '../../src/wasi/http-types.ts'
import { InputStream, OutputStream, type Pollable, poll } from '../../src/wasi/io.ts'
import { call, errOf, interfacesOf, method, textOf, utf8 } from './help.ts'

const SERVER = `
  const { parentPort } = require('node:worker_threads')
  const http = require('node:http').createServer((request, response) => {
    const chunks = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('end', () => {
      response.writeHead(201, { 'x-echo': request.headers['x-test'] ?? 'none' })
      response.end(request.method + ' ' + request.url + ' ' + Buffer.concat(chunks).toString())
    })
  })
  const tcp = require('node:net').createServer((socket) => socket.on('data', (data) => socket.write('echo ' + data)))
  http.listen(0, '127.0.0.1', () => tcp.listen(0, '127.0.0.1', () =>
    parentPort.postMessage({ http: http.address().port, tcp: tcp.address().port })))
`
let worker: Worker
let ports: { readonly http: number; readonly tcp: number }
let interfaces: Awaited<ReturnType<typeof interfacesOf>>
beforeAll(async () => {
  worker = new Worker(SERVER, { eval: true })
  ;[ports] = await once(worker, 'message')
  interfaces = await interfacesOf({ network: true })
})
afterAll(() => worker.terminate())

function request(
  authority: string,
  path: string,
  headers: readonly (readonly [string, string])[] = [],
): OutgoingRequest {
  const fields = Fields.fromList(headers.map(([name, value]) => [name, utf8(value)]))
  const made = new OutgoingRequest(fields)
  made.setScheme({ tag: 'HTTP' })
  made.setAuthority(authority)
  made.setPathWithQuery(path)
  return made
}

const send = (made: OutgoingRequest): FutureIncomingResponse =>
  call(interfaces, 'wasi:http/outgoing-handler#handle', made, undefined) as FutureIncomingResponse

function answer(future: FutureIncomingResponse): IncomingResponse {
  using pollable = future.subscribe()
  pollable.block()
  const result = future.get()
  if (result?.tag !== 'ok' || result.val.tag !== 'ok') throw new TypeError(JSON.stringify(result))
  return result.val.val
}

function bodyOf(response: IncomingResponse): string {
  let text = ''
  using stream = response.consume().stream()
  try {
    for (;;) text += textOf(stream.blockingRead(1000n))
  } catch (error) {
    expect(error).toMatchObject({ payload: { tag: 'closed' } })
  }
  return text
}

describe('http', () => {
  test('a request without a body', () => {
    const response = answer(send(request(`127.0.0.1:${ports.http}`, '/a?b=c', [['x-test', 'here']])))
    expect(response.status()).toBe(201)
    expect(response.headers().get('X-Echo').map(textOf)).toEqual(['here'])
    expect(errOf(() => response.headers().append('a', utf8('b')))).toEqual({ tag: 'immutable' })
    expect(bodyOf(response)).toBe('GET /a?b=c ')
    expect(errOf(() => response.consume())).toBeUndefined()
  })

  test('a body, written before and after the request is sent, larger than what the worker buffers', () => {
    const made = request(`127.0.0.1:${ports.http}`, '/')
    made.setMethod({ tag: 'post' })
    const body = made.body()
    const stream = body.write()
    for (let i = 0; i < 20; i++) stream.blockingWriteAndFlush(utf8('x'.repeat(4000)))
    const future = send(made)
    for (let i = 0; i < 20; i++) stream.blockingWriteAndFlush(utf8('y'.repeat(4000)))
    stream[Symbol.dispose]()
    OutgoingBody.finish(body, undefined)
    expect(bodyOf(answer(future))).toBe(`POST / ${'x'.repeat(80_000)}${'y'.repeat(80_000)}`)
  })

  test('a refused connection is an error code', () => {
    const future = send(request('127.0.0.1:1', '/'))
    future.subscribe().block()
    expect(future.get()).toMatchObject({ tag: 'ok', val: { tag: 'err', val: { tag: 'connection-refused' } } })
    expect(future.get()).toEqual({ tag: 'err', val: undefined })
  })

  test('a body nobody sends has an end', () => {
    const stream = new OutgoingRequest(new Fields()).body().write()
    for (let i = 0; i < 256; i++) stream.blockingWriteAndFlush(new Uint8Array(4096))
    expect(errOf(() => stream.blockingWriteAndFlush(new Uint8Array(1)))).toMatchObject({ tag: 'last-operation-failed' })
  })
})

const address = (port: number) => ({ tag: 'ipv4', val: { port, address: [127, 0, 0, 1] } })

function until<T>(socket: unknown, step: () => T): T {
  for (;;) {
    try {
      return step()
    } catch (error) {
      if (!(error instanceof ComponentError && error.payload === 'would-block')) throw error
      const pollable = method(socket, 'subscribe') as Pollable
      pollable.block()
      pollable[Symbol.dispose]()
    }
  }
}

test('tcp: connect, write, read, and poll together with a timer', () => {
  const network = call(interfaces, 'wasi:sockets/instance-network#instanceNetwork')
  const socket = call(interfaces, 'wasi:sockets/tcp-create-socket#createTcpSocket', 'ipv4')
  expect(method(socket, 'addressFamily')).toBe('ipv4')
  method(socket, 'startConnect', network, address(ports.tcp))
  const [input, output] = until(socket, () => method(socket, 'finishConnect')) as [InputStream, OutputStream]
  expect(input).toBeInstanceOf(InputStream)
  expect(output).toBeInstanceOf(OutputStream)
  const late = call(interfaces, 'wasi:clocks/monotonic-clock#subscribeDuration', 60_000_000_000n) as Pollable
  const soon = call(interfaces, 'wasi:clocks/monotonic-clock#subscribeDuration', 5_000_000n) as Pollable
  const readable = input.subscribe()
  expect([...poll([readable, soon, late])]).toEqual([1])
  output.blockingWriteAndFlush(utf8('hello'))
  expect([...poll([late, readable])]).toEqual([1])
  expect(textOf(input.blockingRead(100n))).toBe('echo hello')
  expect(() => output.write(new Uint8Array(1 << 22))).toThrow('where check-write allowed')
  readable[Symbol.dispose]()
  input[Symbol.dispose]()
  output[Symbol.dispose]()
  method(socket, 'shutdown', 'both')
})

test('names and refusals', () => {
  const network = call(interfaces, 'wasi:sockets/instance-network#instanceNetwork')
  const addresses = call(interfaces, 'wasi:sockets/ip-name-lookup#resolveAddresses', network, '127.0.0.1')
  expect(until(addresses, () => method(addresses, 'resolveNextAddress'))).toEqual({ tag: 'ipv4', val: [127, 0, 0, 1] })
  const socket = call(interfaces, 'wasi:sockets/tcp-create-socket#createTcpSocket', 'ipv4')
  method(socket, 'startConnect', network, address(1))
  expect(errOf(() => until(socket, () => method(socket, 'finishConnect')))).toBe('connection-refused')
  const udp = call(interfaces, 'wasi:sockets/udp-create-socket#createUdpSocket', 'ipv4')
  method(udp, 'startBind', network, address(0))
  until(udp, () => method(udp, 'finishBind'))
  expect(method(udp, 'localAddress')).toMatchObject({ tag: 'ipv4', val: { address: [127, 0, 0, 1] } })
})

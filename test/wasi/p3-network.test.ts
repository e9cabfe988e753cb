/** The network grant of WASI 0.3, against servers of this process's own. */
import { once } from 'node:events'
import { createServer as createHttp, type Server } from 'node:http'
import { type AddressInfo, createServer as createTcp, type Server as TcpServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Fields } from '../../src/wasi/http-fields.ts'
import { Request, RequestOptions, Response } from '../../src/wasi/p3/http.ts'
import { WASI3_VERSION } from '../../src/wasi/p3/interfaces.ts'
import { errOf, interfacesOf, method, textOf, utf8 } from './help.ts'
import { call3, chunks, OK, type Pair, textOfAll } from './p3-help.ts'

let http: Server
let tcp: TcpServer
let granted: Awaited<ReturnType<typeof interfacesOf>>
const portOf = (server: Server | TcpServer): number => (server.address() as AddressInfo).port

beforeAll(async () => {
  http = createHttp((request, response) => {
    const got: Buffer[] = []
    request.on('data', (chunk: Buffer) => got.push(chunk))
    request.on('end', () => {
      response.writeHead(201, { 'x-echo': request.headers['x-test'] ?? 'none', 'trailer': 'x-end' })
      response.write(`${request.method} ${request.url} `)
      response.addTrailers({ 'x-end': 'yes' })
      response.end(Buffer.concat(got))
    })
  }).listen(0, '127.0.0.1')
  tcp = createTcp((socket) => {
    socket.on('data', (data) => socket.write(`echo ${data}`))
    socket.on('end', () => socket.end())
    socket.on('error', () => {})
  }).listen(0, '127.0.0.1')
  await Promise.all([once(http, 'listening'), once(tcp, 'listening')])
  granted = await interfacesOf({ network: true })
})
afterAll(() => {
  http.close()
  http.closeAllConnections()
  tcp.close()
})

const at = (port: number) => ({ tag: 'ipv4', val: { address: [127, 0, 0, 1], port } })
const none = Promise.resolve(OK as { readonly tag: 'ok'; readonly val: undefined })

function socket(kind: 'TcpSocket' | 'UdpSocket'): object {
  const types = granted[`wasi:sockets/types@${WASI3_VERSION}`]
  const made = method(Reflect.get(types ?? {}, kind), 'create', 'ipv4')
  if (typeof made !== 'object' || made === null) throw new TypeError('no socket')
  return made
}

/** The `err` that a host function's promise rejects with. */
async function errLater(promise: unknown): Promise<unknown> {
  return await (promise as Promise<unknown>).then(
    () => expect.unreachable(),
    (error: { readonly payload?: unknown }) => error.payload,
  )
}

describe('tcp', () => {
  test('connects, sends a stream, receives one', async () => {
    const client = socket('TcpSocket')
    expect(method(client, 'getAddressFamily')).toBe('ipv4')
    expect(errOf(() => method(client, 'getRemoteAddress'))).toEqual({ tag: 'invalid-state' })
    await method(client, 'connect', at(portOf(tcp)))
    expect(method(client, 'getRemoteAddress')).toEqual(at(portOf(tcp)))
    const [incoming, ended] = method(client, 'receive') as Pair
    const iterator = incoming[Symbol.asyncIterator]()
    expect(await method(client, 'send', chunks('one'))).toEqual(OK)
    expect(textOf((await iterator.next()).value)).toBe('echo one')
    expect((await iterator.next()).done).toBe(true)
    expect(await ended).toEqual(OK)
    method(client, Symbol.dispose as never)
  })

  test('listens, and hands out connections', async () => {
    const server = socket('TcpSocket')
    method(server, 'bind', at(0))
    const connections = method(server, 'listen') as AsyncIterable<object>
    const { val } = method(server, 'getLocalAddress') as { readonly val: { readonly port: number } }
    expect(method(server, 'getIsListening')).toBe(true)
    const client = socket('TcpSocket')
    const iterator = connections[Symbol.asyncIterator]()
    const [{ value: accepted }] = await Promise.all([iterator.next(), method(client, 'connect', at(val.port))])
    const text = textOfAll(method(accepted, 'receive') as Pair)
    expect(await method(client, 'send', chunks('hello ', 'there'))).toEqual(OK)
    expect(await text).toBe('hello there')
    await iterator.return?.()
    for (const end of [client, accepted, server]) method(end, Symbol.dispose as never)
  })

  test('failures are error codes', async () => {
    const client = socket('TcpSocket')
    const free = createTcp().listen(0, '127.0.0.1')
    await once(free, 'listening')
    const port = portOf(free)
    await new Promise((closed) => free.close(closed))
    expect(await errLater(method(client, 'connect', at(port)))).toEqual({ tag: 'connection-refused' })
    const other = socket('TcpSocket')
    expect(await method(other, 'send', chunks('nobody'))).toEqual({ tag: 'err', val: { tag: 'invalid-state' } })
    const [, ended] = method(other, 'receive') as Pair
    expect(await ended).toEqual({ tag: 'err', val: { tag: 'invalid-state' } })
  })
})

test('udp: datagrams to and fro', async () => {
  const [one, two] = [socket('UdpSocket'), socket('UdpSocket')]
  for (const end of [one, two]) method(end, 'bind', at(0))
  const { val } = method(two, 'getLocalAddress') as { readonly val: { readonly port: number } }
  const data = utf8('datagram')
  await method(one, 'send', data, at(val.port))
  expect(textOf(data)).toBe('datagram')
  const [got] = (await method(two, 'receive')) as [Uint8Array, unknown]
  expect(textOf(got)).toBe('datagram')
})

test('names are looked up', async () => {
  const addresses = await call3(granted, 'wasi:sockets/ip-name-lookup#resolveAddresses', '127.0.0.1')
  expect(addresses).toEqual([{ tag: 'ipv4', val: [127, 0, 0, 1] }])
  const bad = call3(granted, 'wasi:sockets/ip-name-lookup#resolveAddresses', ' no name ')
  expect(await errLater(bad)).toEqual({ tag: 'invalid-argument' })
})

describe('http', () => {
  const request = (path: string, body?: AsyncIterable<Uint8Array>, options?: RequestOptions) => {
    const [made, sent] = Request.new(Fields.fromList([['x-test', utf8('here')]]), body, none, options)
    made.setScheme({ tag: 'HTTP' })
    made.setAuthority(`127.0.0.1:${portOf(http)}`)
    made.setPathWithQuery(path)
    if (body !== undefined) made.setMethod({ tag: 'post' })
    return { made, sent }
  }
  const send = async (made: Request): Promise<Response> => {
    const response = await call3(granted, 'wasi:http/client#send', made)
    if (!(response instanceof Response)) throw new TypeError('no response')
    return response
  }

  test('a request without a body', async () => {
    const options = new RequestOptions()
    options.setConnectTimeout(5_000_000_000n)
    const { made, sent } = request('/a?b=c', undefined, options)
    const response = await send(made)
    expect(response.getStatusCode()).toBe(201)
    expect(response.getHeaders().get('X-Echo').map(textOf)).toEqual(['here'])
    const [body, trailers] = Response.consumeBody(response, none)
    expect(await textOfAll([body, trailers as Promise<unknown>])).toBe('GET /a?b=c ')
    const end = await trailers
    expect(end.tag === 'ok' && end.val?.get('x-end').map(textOf)).toEqual(['yes'])
    expect(await sent).toEqual(OK)
  })

  test('a body, as it comes', async () => {
    const { made, sent } = request('/post', chunks('one, ', 'two'))
    const [body] = Response.consumeBody(await send(made), none)
    expect(await textOfAll([body, none])).toBe('POST /post one, two')
    expect(await sent).toEqual(OK)
  })

  test('nobody there', async () => {
    const { made, sent } = request('/')
    made.setAuthority('127.0.0.1:1')
    const failed = await errLater(call3(granted, 'wasi:http/client#send', made))
    expect(failed).toMatchObject({ tag: expect.stringMatching(/^[A-Za-z-]+$/) })
    expect(await sent).toEqual({ tag: 'err', val: failed })
  })
})

test('nothing of it without the grant', async () => {
  const denied = await interfacesOf()
  expect(errOf(() => call3(denied, 'wasi:sockets/ip-name-lookup#resolveAddresses', 'localhost'))).toEqual({
    tag: 'access-denied',
  })
})

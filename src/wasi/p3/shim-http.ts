/**
 * Granted HTTP of 0.3: a request as `http.ts` holds it is given to the client of `@bytecodealliance/preview3-shim`, whose
 * worker sends it; the answer comes back as our response, its body and trailers as they arrive.
 */
import { Fields } from '../http-fields.ts'
import type { HttpErrorCode } from '../http-types.ts'
import { fail } from '../outcome.ts'
import { tagged } from '../shim-bridge.ts'
import { type Client, type Request, type RequestOptions, Response, type Trailers } from './http.ts'
import { elements, type ShimFuture, type ShimReader } from './shim-sockets.ts'
import { DONE, type Outcome } from './streams.ts'

type Entries = [string, Uint8Array][]

interface ShimFields {
  copyAll(): Entries
}
interface ShimOptions {
  setConnectTimeout(duration: bigint): void
  setFirstByteTimeout(duration: bigint): void
  setBetweenBytesTimeout(duration: bigint): void
}
interface ShimRequest {
  setMethod(method: object): void
  setPathWithQuery(path: string | undefined): void
  setScheme(scheme: object | undefined): void
  setAuthority(authority: string | undefined): void
}
interface ShimResponse {
  getStatusCode(): number
  getHeaders(): ShimFields
}

type NewRequest = (
  headers: ShimFields,
  body: AsyncIterable<Uint8Array> | undefined,
  trailers: Promise<unknown>,
  options: ShimOptions | undefined,
) => [ShimRequest, ShimFuture]

/** What we use of the shim's namespace. */
export interface ShimHttp3 {
  readonly Fields: { fromList(entries: Entries): ShimFields }
  readonly RequestOptions: new () => ShimOptions
  readonly Request: Readonly<Record<'new', NewRequest>>
  readonly Response: { consumeBody(response: ShimResponse, how: Promise<unknown>): [ShimReader | null, ShimFuture] }
  readonly client: { send(request: ShimRequest): Promise<ShimResponse> }
}

export function shimClient(shim: ShimHttp3): Client {
  return async (request) => {
    let settled = false
    const settle = (sent: Outcome<HttpErrorCode>): void => {
      if (!settled) request.message.settle(sent)
      settled = true
    }
    try {
      const [theirs, sent] = requestOf(shim, request)
      sent.read().then(
        (how) => settle(tagged(how).tag === 'err' ? { tag: 'err', val: errorCode(tagged(how).val) } : DONE),
        (error) => settle({ tag: 'err', val: errorCode(error) }),
      )
      return responseOf(shim, await shim.client.send(theirs))
    } catch (error) {
      const code = errorCode(error)
      settle({ tag: 'err', val: code })
      return fail(code)
    }
  }
}

function requestOf(shim: ShimHttp3, request: Request): [ShimRequest, ShimFuture] {
  const headers = shim.Fields.fromList(request.getHeaders().copyAll())
  const { body, trailers } = request.message.take()
  const options = optionsOf(shim, request.getOptions())
  // anything but an iterable would be asked in the shim's own way
  const contents = body && { [Symbol.asyncIterator]: () => body[Symbol.asyncIterator]() }
  const pair = shim.Request.new(headers, contents, outgoing(trailers), options)
  const [theirs] = pair
  theirs.setMethod(request.getMethod())
  theirs.setPathWithQuery(request.getPathWithQuery() ?? '/')
  theirs.setScheme(request.getScheme() ?? { tag: 'HTTPS' })
  theirs.setAuthority(request.getAuthority() ?? fail<HttpErrorCode>({ tag: 'HTTP-request-URI-invalid' }))
  return pair
}

function optionsOf(shim: ShimHttp3, options: RequestOptions | undefined): ShimOptions | undefined {
  if (options === undefined) return undefined
  const theirs = new shim.RequestOptions()
  const [connect, firstByte, betweenBytes] = [
    options.getConnectTimeout(),
    options.getFirstByteTimeout(),
    options.getBetweenBytesTimeout(),
  ]
  if (connect !== undefined) theirs.setConnectTimeout(connect)
  if (firstByte !== undefined) theirs.setFirstByteTimeout(firstByte)
  if (betweenBytes !== undefined) theirs.setBetweenBytesTimeout(betweenBytes)
  return theirs
}

async function outgoing(trailers: Trailers): Promise<unknown> {
  const given = await trailers
  return given.tag === 'ok' ? { tag: 'ok', val: given.val?.copyAll() } : given
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

function responseOf(shim: ShimHttp3, theirs: ShimResponse): Response {
  const [body, end] = shim.Response.consumeBody(theirs, Promise.resolve(DONE))
  const trailers: Trailers = end.read().then(
    (how) => {
      const { val } = tagged(how)
      const entries = typeof val === 'object' && val !== null && 'copyAll' in val ? (val as ShimFields).copyAll() : []
      return { tag: 'ok', val: entries.length === 0 ? undefined : Fields.received(entries) } as const
    },
    (error: unknown) => ({ tag: 'err', val: errorCode(error) }) as const,
  )
  const chunks = body === null ? nothing() : elements(body, (chunk) => chunk as Uint8Array) // what a byte stream gives
  const [response] = Response.new(Fields.received(theirs.getHeaders().copyAll()), chunks, trailers)
  response.setStatusCode(theirs.getStatusCode())
  return response
}

/** What the shim throws has an error code as its payload; where that is one of its setters', WASI has no word for it. */
function errorCode(error: unknown): HttpErrorCode {
  const payload = typeof error === 'object' && error !== null && 'payload' in error ? error.payload : error
  const { tag, val } = tagged(payload)
  if (typeof tag === 'string' && !/^(invalid-|immutable|forbidden)/.test(tag)) {
    return val === undefined ? { tag } : { tag, val }
  }
  return { tag: 'internal-error', val: error instanceof Error ? error.message : undefined }
}

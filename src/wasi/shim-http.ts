/**
 * Granted HTTP: a request as `http-types.ts` holds it is given to the shim's client, whose worker sends it; the answer
 * comes back as our response, its body as our stream.
 */
import { Fields } from './http-fields.ts'
import {
  type HttpBackend,
  type HttpErrorCode,
  IncomingResponse,
  type OutgoingRequest,
  type PendingResponse,
  type ReceivedBody,
  type RequestOptions,
} from './http-types.ts'
import { Pollable } from './io.ts'
import { fail } from './outcome.ts'
import { dispose, type ShimBridge, type ShimInput, type ShimOutput, type ShimPollable, tagged } from './shim-bridge.ts'
import { ALWAYS_READY } from './wait.ts'

interface ShimFields {
  entries(): [string, Uint8Array][]
}
interface ShimRequest {
  setMethod(method: object): void
  setPathWithQuery(path: string): void
  setScheme(scheme: object | undefined): void
  setAuthority(authority: string | undefined): void
  body(): ShimOutgoingBody
}
interface ShimOutgoingBody {
  write(): ShimOutput
}
interface ShimOptions {
  setConnectTimeout(duration: bigint): void
  setFirstByteTimeout(duration: bigint): void
  setBetweenBytesTimeout(duration: bigint): void
}
interface ShimFuture {
  subscribe(): ShimPollable
  get(): unknown
}
interface ShimResponse {
  status(): number
  headers(): ShimFields
  consume(): { stream(): ShimInput }
}

/** What we use of the shim's namespaces. */
export interface ShimHttp {
  readonly types: {
    readonly Fields: { fromList(entries: [string, Uint8Array][]): ShimFields }
    readonly OutgoingRequest: new (headers: never) => ShimRequest
    readonly OutgoingBody: { finish(body: never, trailers: undefined): void }
    readonly RequestOptions: new () => ShimOptions
    readonly IncomingResponse: abstract new (...args: never[]) => ShimResponse
  }
  readonly outgoingHandler: { handle(request: never, options: never): ShimFuture }
}

export function shimHttp(shim: ShimHttp, bridge: ShimBridge): HttpBackend {
  return {
    send: (request, options) => {
      const outgoing = requestOf(shim, request)
      const pending = attempt(() => shim.outgoingHandler.handle(outgoing as never, optionsOf(shim, options) as never))
      sendBody(shim, bridge, request, outgoing.body())
      return pendingResponse(shim, bridge, pending)
    },
  }
}

function requestOf(shim: ShimHttp, request: OutgoingRequest): ShimRequest {
  return attempt(() => {
    const headers = shim.types.Fields.fromList(request.headers().entries())
    const outgoing = new shim.types.OutgoingRequest(headers as never)
    outgoing.setMethod(request.method())
    outgoing.setPathWithQuery(request.pathWithQuery() ?? '/')
    outgoing.setScheme(request.scheme())
    outgoing.setAuthority(request.authority() ?? fail<HttpErrorCode>({ tag: 'HTTP-request-URI-invalid' }))
    return outgoing
  })
}

function optionsOf(shim: ShimHttp, options: RequestOptions | undefined): ShimOptions | undefined {
  if (options === undefined) return undefined
  const theirs = new shim.types.RequestOptions()
  const [connect, firstByte, betweenBytes] = [
    options.connectTimeout(),
    options.firstByteTimeout(),
    options.betweenBytesTimeout(),
  ]
  if (connect !== undefined) theirs.setConnectTimeout(connect)
  if (firstByte !== undefined) theirs.setFirstByteTimeout(firstByte)
  if (betweenBytes !== undefined) theirs.setBetweenBytesTimeout(betweenBytes)
  return theirs
}

function sendBody(shim: ShimHttp, bridge: ShimBridge, request: OutgoingRequest, body: ShimOutgoingBody): void {
  const finish = (): void => attempt(() => shim.types.OutgoingBody.finish(body as never, undefined))
  const wanted = request.wantedBody
  if (wanted === undefined) finish()
  else {
    wanted.sendTo(bridge.sink(body.write()), (trailers) => {
      if (trailers !== undefined) fail<HttpErrorCode>({ tag: 'internal-error', val: 'trailers cannot be sent' })
      finish()
    })
  }
}

function pendingResponse(shim: ShimHttp, bridge: ShimBridge, pending: ShimFuture): PendingResponse {
  return {
    pollable: () => bridge.pollable(pending.subscribe()),
    get: () => {
      const outer = tagged(pending.get())
      if (outer.tag === undefined) return undefined
      if (outer.tag !== 'ok') return { tag: 'err', val: undefined }
      const inner = tagged(outer.val)
      if (inner.tag === 'ok' && inner.val instanceof shim.types.IncomingResponse) {
        return { tag: 'ok', val: { tag: 'ok', val: responseOf(inner.val, bridge) } }
      }
      return { tag: 'ok', val: { tag: 'err', val: errorCode(inner.val) } }
    },
    dispose: () => dispose(pending),
  }
}

function responseOf(response: ShimResponse, bridge: ShimBridge): IncomingResponse {
  const body = (): ReceivedBody => {
    const theirs = response.consume()
    return {
      stream: () => bridge.input(theirs.stream()),
      // the shim has no trailers to give
      finish: () => ({
        pollable: () => new Pollable(ALWAYS_READY),
        get: () => ({ tag: 'ok', val: { tag: 'ok', val: undefined } }),
      }),
    }
  }
  return new IncomingResponse(response.status(), Fields.received(response.headers().entries()), body())
}

function errorCode(error: unknown): HttpErrorCode {
  const { tag, val } = tagged(error)
  if (typeof tag === 'string') return val === undefined ? { tag } : { tag, val }
  return { tag: 'internal-error', val: error instanceof Error ? error.message : undefined }
}

/** What the shim throws is an error code, or `undefined` where its setters found something ill-formed. */
function attempt<T>(operation: () => T): T {
  try {
    return operation()
  } catch (error) {
    if (error === undefined) return fail<HttpErrorCode>({ tag: 'HTTP-request-URI-invalid' })
    if (typeof error === 'object' && error !== null && 'payload' in error) throw error
    return fail(errorCode(error))
  }
}

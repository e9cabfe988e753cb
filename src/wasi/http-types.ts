/**
 * `wasi:http/types`: requests, responses and bodies as data. Building them takes no authority, so a guest may always do
 * it; only `outgoing-handler` reaches a network, through the `HttpBackend` of the host, or answers that it is denied.
 * There is no server here: an incoming request never exists.
 */
import { Fields } from './http-fields.ts'
import {
  type ByteSink,
  type InputStream,
  type IoError,
  IoFailure,
  OutputStream,
  type Pollable,
  writeAll,
} from './io.ts'
import { fail } from './outcome.ts'
import { ALWAYS_READY, type Waitable } from './wait.ts'

type Tagged = { readonly tag: string; readonly val?: unknown }
export type HttpErrorCode = Tagged
export type WitResult<T, E> = { readonly tag: 'ok'; readonly val: T } | { readonly tag: 'err'; readonly val: E }

/** What sends a request. @throws through `fail`, an error code */
export interface HttpBackend {
  readonly send: (request: OutgoingRequest, options: RequestOptions | undefined) => PendingResponse
}

export interface PendingResponse {
  readonly pollable: () => Pollable
  readonly get: () => WitResult<WitResult<IncomingResponse, HttpErrorCode>, undefined> | undefined
  readonly dispose?: () => void
}

export interface ReceivedBody {
  readonly stream: () => InputStream
  readonly finish: () => PendingTrailers
}

export interface PendingTrailers {
  readonly pollable: () => Pollable
  readonly get: () => WitResult<WitResult<Fields | undefined, HttpErrorCode>, undefined> | undefined
}

/** What of a body is kept until its request is sent. */
const MAX_WAITING = 1 << 20

const METHOD = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*$/
// what would end the request line, or is no part of a target
const TARGET = /^[\x21-\x7e\x80-\u{10ffff}]*$/u
const AUTHORITY = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(:([0-9]{1,5}))?$/

export class OutgoingRequest {
  readonly #headers: Fields
  #method: Tagged = { tag: 'get' }
  #path: string | undefined
  #scheme: Tagged | undefined
  #authority: string | undefined
  #body: OutgoingBody | undefined

  constructor(headers: Fields) {
    this.#headers = headers.frozen()
  }
  method(): Tagged {
    return this.#method
  }
  setMethod(method: Tagged): void {
    if (method.tag === 'other' && !METHOD.test(String(method.val))) fail(undefined)
    this.#method = method
  }
  pathWithQuery(): string | undefined {
    return this.#path
  }
  setPathWithQuery(path: string | undefined): void {
    if (path !== undefined && !TARGET.test(path)) fail(undefined)
    this.#path = path
  }
  scheme(): Tagged | undefined {
    return this.#scheme
  }
  setScheme(scheme: Tagged | undefined): void {
    if (scheme?.tag === 'other' && !SCHEME.test(String(scheme.val))) fail(undefined)
    this.#scheme = scheme
  }
  authority(): string | undefined {
    return this.#authority
  }
  setAuthority(authority: string | undefined): void {
    if (authority !== undefined) {
      const port = AUTHORITY.exec(authority)
      if (port === null || Number(port[3] ?? 0) > 65_535) fail(undefined)
    }
    this.#authority = authority
  }
  headers(): Fields {
    return this.#headers
  }
  body(): OutgoingBody {
    if (this.#body !== undefined) fail(undefined)
    this.#body = new OutgoingBody()
    return this.#body
  }
  /** For the backend: the body, if the guest asked for one. */
  get wantedBody(): OutgoingBody | undefined {
    return this.#body
  }
}

/** What the guest writes waits here until the request is sent; from then on it goes through. */
export class OutgoingBody {
  readonly #waiting: Uint8Array[] = []
  #waitingBytes = 0
  #taken = false
  #finished = false
  #target: { readonly sink: ByteSink; readonly end: (trailers: Fields | undefined) => void } | undefined

  write(): OutputStream {
    if (this.#taken) fail(undefined)
    this.#taken = true
    const room = (): number | undefined => {
      if (this.#target !== undefined) return this.#target.sink.room()
      if (this.#waitingBytes < MAX_WAITING) return MAX_WAITING - this.#waitingBytes
      throw new IoFailure(`more than ${MAX_WAITING} bytes of a body whose request was not sent`)
    }
    const write = (bytes: Uint8Array): void => {
      if (this.#target === undefined) {
        this.#waiting.push(bytes)
        this.#waitingBytes += bytes.length
      } else this.#target.sink.write(bytes)
    }
    // asked each time, for the target comes later
    const target = (): ByteSink | undefined => this.#target?.sink
    const waitable = (): Waitable => target()?.waitable ?? ALWAYS_READY
    return new OutputStream({
      room,
      write,
      flush: () => target()?.flush?.(),
      get waitable() {
        return waitable()
      },
    })
  }

  static finish(body: OutgoingBody, trailers: Fields | undefined): void {
    body.#finished = true
    body.#target?.end(trailers)
  }

  /** The request is on its way: what waited goes first. */
  sendTo(sink: ByteSink, end: (trailers: Fields | undefined) => void): void {
    for (const bytes of this.#waiting.splice(0)) writeAll(sink, bytes)
    this.#waitingBytes = 0
    this.#target = { sink, end }
    if (this.#finished) end(undefined)
  }
}

export class RequestOptions {
  #connect: bigint | undefined
  #firstByte: bigint | undefined
  #betweenBytes: bigint | undefined
  connectTimeout(): bigint | undefined {
    return this.#connect
  }
  setConnectTimeout(duration: bigint | undefined): void {
    this.#connect = duration
  }
  firstByteTimeout(): bigint | undefined {
    return this.#firstByte
  }
  setFirstByteTimeout(duration: bigint | undefined): void {
    this.#firstByte = duration
  }
  betweenBytesTimeout(): bigint | undefined {
    return this.#betweenBytes
  }
  setBetweenBytesTimeout(duration: bigint | undefined): void {
    this.#betweenBytes = duration
  }
}

export class OutgoingResponse {
  readonly #headers: Fields
  #status = 200
  #body: OutgoingBody | undefined
  constructor(headers: Fields) {
    this.#headers = headers.frozen()
  }
  statusCode(): number {
    return this.#status
  }
  setStatusCode(status: number): void {
    if (status < 100 || status > 999) fail(undefined)
    this.#status = status
  }
  headers(): Fields {
    return this.#headers
  }
  body(): OutgoingBody {
    if (this.#body !== undefined) fail(undefined)
    this.#body = new OutgoingBody()
    return this.#body
  }
}

export class IncomingResponse {
  readonly #status: number
  readonly #headers: Fields
  #body: ReceivedBody | undefined
  constructor(status: number, headers: Fields, body: ReceivedBody) {
    this.#status = status
    this.#headers = headers
    this.#body = body
  }
  status(): number {
    return this.#status
  }
  headers(): Fields {
    return this.#headers
  }
  consume(): IncomingBody {
    const body = this.#body ?? fail(undefined)
    this.#body = undefined
    return new IncomingBody(body)
  }
}

export class IncomingBody {
  readonly #body: ReceivedBody
  #taken = false
  constructor(body: ReceivedBody) {
    this.#body = body
  }
  stream(): InputStream {
    if (this.#taken) fail(undefined)
    this.#taken = true
    return this.#body.stream()
  }
  static finish(body: IncomingBody): FutureTrailers {
    return new FutureTrailers(body.#body.finish())
  }
}

export class FutureTrailers {
  readonly #pending: PendingTrailers
  constructor(pending: PendingTrailers) {
    this.#pending = pending
  }
  subscribe(): Pollable {
    return this.#pending.pollable()
  }
  get(): ReturnType<PendingTrailers['get']> {
    return this.#pending.get()
  }
}

export class FutureIncomingResponse implements Disposable {
  readonly #pending: PendingResponse
  constructor(pending: PendingResponse) {
    this.#pending = pending
  }
  subscribe(): Pollable {
    return this.#pending.pollable()
  }
  get(): ReturnType<PendingResponse['get']> {
    return this.#pending.get()
  }
  [Symbol.dispose](): void {
    this.#pending.dispose?.()
  }
}

/** Never made: there is no server. Its members are there so that a component that names them links. */
export class IncomingRequest {
  method(): Tagged {
    return { tag: 'get' }
  }
  pathWithQuery(): string | undefined {
    return undefined
  }
  scheme(): Tagged | undefined {
    return undefined
  }
  authority(): string | undefined {
    return undefined
  }
  headers(): Fields {
    return new Fields().frozen()
  }
  consume(): never {
    return fail(undefined)
  }
}

export class ResponseOutparam {
  static set(): void {}
  sendInformational(): never {
    return fail<HttpErrorCode>({ tag: 'HTTP-request-denied' })
  }
}

export const deniedHttp: HttpBackend = { send: () => fail<HttpErrorCode>({ tag: 'HTTP-request-denied' }) }

export function httpInterfaces(backend: HttpBackend) {
  return {
    'wasi:http/types': {
      Fields,
      FutureIncomingResponse,
      FutureTrailers,
      IncomingBody,
      IncomingRequest,
      IncomingResponse,
      OutgoingBody,
      OutgoingRequest,
      OutgoingResponse,
      RequestOptions,
      ResponseOutparam,
      httpErrorCode: (error: IoError): HttpErrorCode | undefined => httpCodeOf(error.code),
    },
    'wasi:http/outgoing-handler': {
      handle: (request: OutgoingRequest, options: RequestOptions | undefined) =>
        new FutureIncomingResponse(backend.send(request, options)),
    },
    'wasi:http/incoming-handler': { handle: (): void => {} },
  }
}

/** The backend puts the error code itself into the failures of bodies. */
function httpCodeOf(code: unknown): HttpErrorCode | undefined {
  if (typeof code !== 'object' || code === null || !('tag' in code) || typeof code.tag !== 'string') return undefined
  return 'val' in code ? { tag: code.tag, val: code.val } : { tag: code.tag }
}

/**
 * `wasi:http@0.3`: requests and responses as data, which any guest may build. Sending one is denied unless the network is
 * granted; then `shim-http.ts` sends it. There is no server.
 */
import { Fields } from '../http-fields.ts'
import { type HttpErrorCode, OutgoingRequest } from '../http-types.ts'
import { fail } from '../outcome.ts'
import { DONE, type Outcome } from './streams.ts'

export type Body = AsyncIterable<Uint8Array>
export type Trailers = PromiseLike<
  { readonly tag: 'ok'; readonly val: Fields | undefined } | { readonly tag: 'err'; readonly val: HttpErrorCode }
>
type Sent = Outcome<HttpErrorCode>
export type Client = (request: Request) => Promise<Response>

const DENIED: HttpErrorCode = { tag: 'HTTP-request-denied' }

/** A body with its trailers, taken once, and the news of how that went. */
class Message implements Disposable {
  readonly headers: Fields
  readonly #body: Body | undefined
  readonly #trailers: Trailers
  readonly #tell: (sent: Sent) => void
  #taken = false

  constructor(headers: Fields, body: Body | undefined, trailers: Trailers, tell: (sent: Sent) => void) {
    this.headers = headers.frozen()
    this.#body = body
    this.#trailers = trailers
    this.#tell = tell
  }

  take(): { readonly body: Body | undefined; readonly trailers: Trailers } {
    this.#taken = true
    return { body: this.#body, trailers: this.#trailers }
  }

  settle(sent: Sent): void {
    this.#tell(sent)
  }

  /** Nobody reads it any more: whoever writes it is told. */
  async refuse(val: HttpErrorCode): Promise<void> {
    this.settle({ tag: 'err', val })
    if (this.#taken) return
    this.#taken = true
    await this.#body?.[Symbol.asyncIterator]().return?.()
  }

  [Symbol.dispose](): void {
    if (!this.#taken) this.refuse({ tag: 'internal-error', val: 'the message was dropped' }).catch(() => {})
  }
}

function messageOf(headers: Fields, body: Body | undefined, trailers: Trailers): [Message, Promise<Sent>] {
  let tell: (sent: Sent) => void = () => {}
  const sent = new Promise<Sent>((resolve) => {
    tell = resolve
  })
  return [new Message(headers, body, trailers, tell), sent]
}

/** What the guest itself reads of a message, and how that went, in its own words. */
function consume(message: Message, how: PromiseLike<Sent>): [Body, Trailers] {
  const { body, trailers } = message.take()
  how.then(
    (sent) => message.settle(sent),
    () => message.settle(DONE),
  )
  return [body ?? none(), trailers]
}

async function* none(): AsyncGenerator<Uint8Array> {}

interface Timeouts {
  readonly connect?: bigint | undefined
  readonly firstByte?: bigint | undefined
  readonly betweenBytes?: bigint | undefined
}

export class RequestOptions {
  #timeouts: Timeouts = {}
  #mutable = true

  getConnectTimeout(): bigint | undefined {
    return this.#timeouts.connect
  }
  setConnectTimeout(connect: bigint | undefined): void {
    this.#set({ connect })
  }
  getFirstByteTimeout(): bigint | undefined {
    return this.#timeouts.firstByte
  }
  setFirstByteTimeout(firstByte: bigint | undefined): void {
    this.#set({ firstByte })
  }
  getBetweenBytesTimeout(): bigint | undefined {
    return this.#timeouts.betweenBytes
  }
  setBetweenBytesTimeout(betweenBytes: bigint | undefined): void {
    this.#set({ betweenBytes })
  }
  clone(): RequestOptions {
    const clone = new RequestOptions()
    clone.#timeouts = this.#timeouts
    return clone
  }
  /** The same options, which nobody can change any more. */
  frozen(): RequestOptions {
    const frozen = this.clone()
    frozen.#mutable = false
    return frozen
  }

  #set(timeouts: Timeouts): void {
    if (!this.#mutable) fail({ tag: 'immutable' })
    this.#timeouts = { ...this.#timeouts, ...timeouts }
  }
}

export class Request implements Disposable {
  readonly message: Message
  /** Method, target and authority: 0.2's, with its checks. */
  readonly #line: OutgoingRequest
  readonly #options: RequestOptions | undefined

  private constructor(message: Message, options: RequestOptions | undefined) {
    this.message = message
    this.#line = new OutgoingRequest(message.headers)
    this.#options = options
  }

  static new(
    headers: Fields,
    contents: Body | undefined,
    trailers: Trailers,
    options: RequestOptions | undefined,
  ): [Request, Promise<Sent>] {
    const [message, sent] = messageOf(headers, contents, trailers)
    return [new Request(message, options), sent]
  }

  static consumeBody(self: Request, how: PromiseLike<Sent>): [Body, Trailers] {
    return consume(self.message, how)
  }

  getMethod() {
    return this.#line.method()
  }
  setMethod(method: HttpErrorCode): void {
    this.#line.setMethod(method)
  }
  getPathWithQuery(): string | undefined {
    return this.#line.pathWithQuery()
  }
  setPathWithQuery(path: string | undefined): void {
    this.#line.setPathWithQuery(path)
  }
  getScheme() {
    return this.#line.scheme()
  }
  setScheme(scheme: HttpErrorCode | undefined): void {
    this.#line.setScheme(scheme)
  }
  getAuthority(): string | undefined {
    return this.#line.authority()
  }
  setAuthority(authority: string | undefined): void {
    this.#line.setAuthority(authority)
  }
  getOptions(): RequestOptions | undefined {
    return this.#options?.frozen()
  }
  getHeaders(): Fields {
    return this.message.headers.frozen()
  }
  [Symbol.dispose](): void {
    this.message[Symbol.dispose]()
  }
}

export class Response implements Disposable {
  readonly message: Message
  #status = 200

  private constructor(message: Message) {
    this.message = message
  }

  static new(headers: Fields, contents: Body | undefined, trailers: Trailers): [Response, Promise<Sent>] {
    const [message, sent] = messageOf(headers, contents, trailers)
    return [new Response(message), sent]
  }

  static consumeBody(self: Response, how: PromiseLike<Sent>): [Body, Trailers] {
    return consume(self.message, how)
  }

  getStatusCode(): number {
    return this.#status
  }
  setStatusCode(status: number): void {
    if (status < 100 || status > 999) fail(undefined)
    this.#status = status
  }
  getHeaders(): Fields {
    return this.message.headers.frozen()
  }
  [Symbol.dispose](): void {
    this.message[Symbol.dispose]()
  }
}

export const deniedClient: Client = async (request) => {
  await request.message.refuse(DENIED)
  return fail<HttpErrorCode>(DENIED)
}

export function httpInterfaces3(send: Client) {
  return {
    'wasi:http/types': { Fields, Request, RequestOptions, Response },
    'wasi:http/client': { send },
  }
}

/**
 * Granted sockets of 0.3: `sockets.ts`'s members with `@bytecodealliance/preview3-shim`'s classes behind them. The guest's
 * objects hold the shim's privately; its readers become plain streams and promises, and what it throws error codes.
 */
import { fail } from '../outcome.ts'
import { dispose } from '../shim-bridge.ts'
import { resourceClass } from '../sockets.ts'
import { SOCKET_METHODS3, type SocketClass3, type SocketParts3 } from './sockets.ts'
import { DONE, type Outcome, type Reading } from './streams.ts'

interface ErrorCode {
  readonly tag: string
  readonly val?: unknown
}

export interface ShimReader {
  /** `null` at the end. */
  read(): Promise<unknown>
  cancel(): Promise<void>
}
export interface ShimFuture {
  read(): Promise<unknown>
}

interface ShimTcp {
  send(data: AsyncIterable<Uint8Array>): Promise<void>
  receive(): [ShimReader, ShimFuture]
  listen(): ShimReader
}
interface ShimUdp {
  send(data: Uint8Array, to: unknown): Promise<void>
}

/** What we use of the shim's namespace. */
export interface ShimSockets3 {
  readonly TcpSocket: { create(family: string): ShimTcp }
  readonly UdpSocket: { create(family: string): ShimUdp }
  readonly ipNameLookup: { resolveAddresses(name: string): Promise<unknown> }
}

class Delegate<T extends object> implements Disposable {
  readonly #inner: T
  constructor(inner: T) {
    this.#inner = inner
  }
  /** Methods are called on objects of our own classes only: the border sees to it. */
  static innerOf<T extends object>(self: object): T {
    return (self as Delegate<T>).#inner
  }
  [Symbol.dispose](): void {
    dispose(this.#inner)
  }
}

export function shimSockets3(shim: ShimSockets3): SocketParts3 {
  const call = (self: object, method: string, args: readonly unknown[]): unknown => {
    const inner = Delegate.innerOf(self)
    const member: unknown = Reflect.get(inner, method)
    if (typeof member !== 'function') throw new TypeError(`the shim has no ${method}`)
    return attempt(() => Reflect.apply(member, inner, args))
  }
  const tcp = resourceClass(
    SOCKET_METHODS3.TcpSocket,
    (self, method, args) => {
      const inner = Delegate.innerOf<ShimTcp>(self)
      if (method === 'send') return sent(() => inner.send(onlyIterable(args[0] as AsyncIterable<Uint8Array>))) // its type says so
      if (method === 'receive') return received(...inner.receive())
      if (method === 'listen') {
        return elements(
          attempt(() => inner.listen()),
          (socket) => Reflect.construct(tcp, [socket]) as object,
        )
      }
      return call(self, method, args)
    },
    Delegate,
  )
  const udp = resourceClass(
    SOCKET_METHODS3.UdpSocket,
    (self, method, args) => {
      if (method !== 'send') return call(self, method, args)
      // the shim gives the buffer away
      const [data, to] = args
      return call(self, method, [Uint8Array.prototype.slice.call(data), to])
    },
    Delegate,
  )
  const creating = (made: typeof tcp, create: (family: string) => object): SocketClass3 =>
    Object.assign(made, {
      create: (family: string): object => Reflect.construct(made, [attempt(() => create(family))]),
    })
  return {
    TcpSocket: creating(tcp, (family) => shim.TcpSocket.create(family)),
    UdpSocket: creating(udp, (family) => shim.UdpSocket.create(family)),
    resolveAddresses: (name) => attempt(() => shim.ipNameLookup.resolveAddresses(name)),
  }
}

/** The shim prefers `read` of whatever has one, and asks in its own way. */
const onlyIterable = (data: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> => ({
  [Symbol.asyncIterator]: () => data[Symbol.asyncIterator](),
})

/** What a `result` in a future becomes. */
async function sent(send: () => Promise<unknown>): Promise<Outcome<ErrorCode>> {
  try {
    await send()
    return DONE
  } catch (error) {
    return { tag: 'err', val: codeOf(error) }
  }
}

function received(reader: ShimReader, end: ShimFuture): Reading<Uint8Array, ErrorCode> {
  return [elements(reader, (chunk) => chunk as Uint8Array), sent(() => end.read())] // what a byte stream gives
}

export function elements<T>(reader: ShimReader, of: (value: unknown) => T): AsyncIterable<T> {
  const END = { done: true, value: undefined } as const
  return {
    [Symbol.asyncIterator]: () => ({
      next: async () => {
        const value = await reader.read().catch(() => null) // its future says why
        return value === null ? END : { done: false, value: of(value) }
      },
      return: async () => {
        await reader.cancel()
        return END
      },
    }),
  }
}

function codeOf(error: unknown): ErrorCode {
  if (typeof error === 'object' && error !== null && 'payload' in error) return error.payload as ErrorCode // the shim's own
  throw error
}

/** What the shim throws, now or later, as error codes. */
function attempt<T>(operation: () => T): T {
  const failed = (error: unknown): never => fail(codeOf(error))
  try {
    const answer = operation()
    return answer instanceof Promise ? (answer.catch(failed) as T) : answer
  } catch (error) {
    return failed(error)
  }
}

/**
 * Granted sockets: `sockets.ts`'s members with the shim's behind them. The guest's objects hold the shim's privately;
 * arguments are unwrapped and results wrapped on the way, and what the shim throws becomes an error code.
 */
import type { IoError } from './io.ts'
import { fail } from './outcome.ts'
import type { ShimBridge, ShimInput, ShimOutput, ShimPollable } from './shim-bridge.ts'
import { dispose } from './shim-bridge.ts'
import { resourceClass, SOCKET_METHODS, type SocketParts, type SocketResource } from './sockets.ts'

type AnyClass = abstract new (...args: never[]) => object

/** What we use of the shim's namespaces. */
export interface ShimSockets {
  readonly instanceNetwork: { instanceNetwork(): object }
  readonly ipNameLookup: {
    readonly ResolveAddressStream: AnyClass
    resolveAddresses(network: object, name: string): object
  }
  readonly tcp: { readonly TcpSocket: AnyClass }
  readonly tcpCreateSocket: { createTcpSocket(family: string): object }
  readonly udp: Readonly<Record<'UdpSocket' | 'IncomingDatagramStream' | 'OutgoingDatagramStream', AnyClass>>
  readonly udpCreateSocket: { createUdpSocket(family: string): object }
  readonly streams: {
    readonly InputStream: abstract new (...args: never[]) => ShimInput
    readonly OutputStream: abstract new (...args: never[]) => ShimOutput
  }
  readonly Pollable: abstract new (...args: never[]) => ShimPollable
}

class Delegate implements Disposable {
  readonly #inner: object
  constructor(inner: object) {
    this.#inner = inner
  }
  static innerOf(value: unknown): object | undefined {
    return typeof value === 'object' && value !== null && #inner in value ? value.#inner : undefined
  }
  [Symbol.dispose](): void {
    dispose(this.#inner)
  }
}

class Network extends Delegate {}

export function shimSockets(shim: ShimSockets, bridge: ShimBridge): SocketParts {
  const unwrap = (value: unknown): unknown => Delegate.innerOf(value) ?? value

  const invoke = (self: object, method: string, args: readonly unknown[]): unknown => {
    const target = unwrap(self)
    return attempt(() => {
      const member: unknown = Reflect.get(Object(target), method)
      if (typeof member !== 'function') throw new TypeError(`the shim has no ${method}`)
      return wrap(Reflect.apply(member, target, args.map(unwrap)))
    })
  }
  const delegate = (resource: SocketResource) => resourceClass(SOCKET_METHODS[resource], invoke, Delegate)
  const classes = {
    ResolveAddressStream: delegate('ResolveAddressStream'),
    TcpSocket: delegate('TcpSocket'),
    UdpSocket: delegate('UdpSocket'),
    IncomingDatagramStream: delegate('IncomingDatagramStream'),
    OutgoingDatagramStream: delegate('OutgoingDatagramStream'),
  }
  const pairs: readonly (readonly [AnyClass, new (inner: never) => object])[] = [
    [shim.ipNameLookup.ResolveAddressStream, classes.ResolveAddressStream],
    [shim.tcp.TcpSocket, classes.TcpSocket],
    [shim.udp.UdpSocket, classes.UdpSocket],
    [shim.udp.IncomingDatagramStream, classes.IncomingDatagramStream],
    [shim.udp.OutgoingDatagramStream, classes.OutgoingDatagramStream],
  ]

  function wrap(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(wrap)
    if (value instanceof shim.Pollable) return bridge.pollable(value)
    if (value instanceof shim.streams.InputStream) return bridge.input(value)
    if (value instanceof shim.streams.OutputStream) return bridge.output(value)
    for (const [theirs, ours] of pairs) {
      if (value instanceof theirs) return Reflect.construct(ours, [value])
    }
    return value
  }

  return {
    Network,
    classes,
    instanceNetwork: () => new Network(shim.instanceNetwork.instanceNetwork()),
    networkErrorCode: (error) => networkCodeOf(error),
    resolveAddresses: (network, name) =>
      attempt(() => wrap(shim.ipNameLookup.resolveAddresses(Object(unwrap(network)), name))),
    createTcpSocket: (family) => attempt(() => wrap(shim.tcpCreateSocket.createTcpSocket(family))),
    createUdpSocket: (family) => attempt(() => wrap(shim.udpCreateSocket.createUdpSocket(family))),
  }
}

/** errno → `wasi:sockets/network.error-code`. */
const ERROR_CODES: Readonly<Record<string, string>> = {
  EACCES: 'access-denied',
  EADDRINUSE: 'address-in-use',
  EADDRNOTAVAIL: 'address-not-bindable',
  EAI_AGAIN: 'temporary-resolver-failure',
  ECONNABORTED: 'connection-aborted',
  ECONNREFUSED: 'connection-refused',
  ECONNRESET: 'connection-reset',
  EHOSTUNREACH: 'remote-unreachable',
  EINVAL: 'invalid-argument',
  EMFILE: 'new-socket-limit',
  EMSGSIZE: 'datagram-too-large',
  ENETUNREACH: 'remote-unreachable',
  ENOMEM: 'out-of-memory',
  ENOTFOUND: 'name-unresolvable',
  EPERM: 'access-denied',
  ETIMEDOUT: 'timeout',
}

const codeOf = (errno: unknown): string | undefined =>
  typeof errno === 'string' && Object.hasOwn(ERROR_CODES, errno) ? ERROR_CODES[errno] : undefined

function networkCodeOf(error: object): string | undefined {
  return codeOf('code' in error ? (error as IoError).code : undefined)
}

/** The shim throws error codes as strings, and now and then what Node threw. */
function attempt<T>(operation: () => T): T {
  try {
    return operation()
  } catch (error) {
    if (typeof error === 'string') return fail(error)
    if (error instanceof TypeError) throw error
    return fail(codeOf(error instanceof Error && 'code' in error ? error.code : undefined) ?? 'unknown')
  }
}

/**
 * `wasi:sockets`: who has which members, and the answer of a host that grants no network. A component that merely
 * imports sockets must still link, so every resource and function is there; each asks and is told `access-denied`.
 * With the grant, `shim-sockets.ts` stands behind the same members.
 */
import { fail } from './outcome.ts'

/** Resource → its methods, in JavaScript's names. */
export const SOCKET_METHODS = {
  ResolveAddressStream: ['resolveNextAddress', 'subscribe'],
  TcpSocket: [
    'startBind',
    'finishBind',
    'startConnect',
    'finishConnect',
    'startListen',
    'finishListen',
    'accept',
    'localAddress',
    'remoteAddress',
    'isListening',
    'addressFamily',
    'setListenBacklogSize',
    'keepAliveEnabled',
    'setKeepAliveEnabled',
    'keepAliveIdleTime',
    'setKeepAliveIdleTime',
    'keepAliveInterval',
    'setKeepAliveInterval',
    'keepAliveCount',
    'setKeepAliveCount',
    'hopLimit',
    'setHopLimit',
    'receiveBufferSize',
    'setReceiveBufferSize',
    'sendBufferSize',
    'setSendBufferSize',
    'subscribe',
    'shutdown',
  ],
  UdpSocket: [
    'startBind',
    'finishBind',
    'stream',
    'localAddress',
    'remoteAddress',
    'addressFamily',
    'unicastHopLimit',
    'setUnicastHopLimit',
    'receiveBufferSize',
    'setReceiveBufferSize',
    'sendBufferSize',
    'setSendBufferSize',
    'subscribe',
  ],
  IncomingDatagramStream: ['receive', 'subscribe'],
  OutgoingDatagramStream: ['checkSend', 'send', 'subscribe'],
} as const satisfies Record<string, readonly string[]>

export type SocketResource = keyof typeof SOCKET_METHODS
export type ResourceClass = abstract new (...args: never[]) => object

export interface SocketParts {
  readonly Network: ResourceClass
  readonly classes: Readonly<Record<SocketResource, ResourceClass>>
  readonly instanceNetwork: () => object
  readonly networkErrorCode: (error: object) => unknown
  readonly resolveAddresses: (network: object, name: string) => unknown
  readonly createTcpSocket: (family: string) => unknown
  readonly createUdpSocket: (family: string) => unknown
}

export function socketInterfaces({ Network, classes, ...functions }: SocketParts) {
  const { ResolveAddressStream, TcpSocket, UdpSocket, IncomingDatagramStream, OutgoingDatagramStream } = classes
  const { instanceNetwork, networkErrorCode, resolveAddresses, createTcpSocket, createUdpSocket } = functions
  return {
    'wasi:sockets/network': { Network, networkErrorCode },
    'wasi:sockets/instance-network': { instanceNetwork },
    'wasi:sockets/ip-name-lookup': { ResolveAddressStream, resolveAddresses },
    'wasi:sockets/tcp': { TcpSocket },
    'wasi:sockets/tcp-create-socket': { createTcpSocket },
    'wasi:sockets/udp': { UdpSocket, IncomingDatagramStream, OutgoingDatagramStream },
    'wasi:sockets/udp-create-socket': { createUdpSocket },
  }
}

/** A class with these methods, all answered by `call`. */
export function resourceClass(
  methods: readonly string[],
  call: (self: object, method: string, args: readonly unknown[]) => unknown,
  base: new (...args: never[]) => object = Object,
): new (
  ...args: never[]
) => object {
  const made = class extends base {}
  for (const method of methods) {
    const value = function (this: object, ...args: unknown[]): unknown {
      return call(this, method, args)
    }
    Object.defineProperty(made.prototype, method, { value })
  }
  return made
}

const deny = (): never => fail('access-denied')

class DeniedNetwork {}

export function deniedSockets(): SocketParts {
  return {
    Network: DeniedNetwork,
    classes: {
      ResolveAddressStream: resourceClass(SOCKET_METHODS.ResolveAddressStream, deny),
      TcpSocket: resourceClass(SOCKET_METHODS.TcpSocket, deny),
      UdpSocket: resourceClass(SOCKET_METHODS.UdpSocket, deny),
      IncomingDatagramStream: resourceClass(SOCKET_METHODS.IncomingDatagramStream, deny),
      OutgoingDatagramStream: resourceClass(SOCKET_METHODS.OutgoingDatagramStream, deny),
    },
    instanceNetwork: () => new DeniedNetwork(),
    networkErrorCode: () => undefined,
    resolveAddresses: deny,
    createTcpSocket: deny,
    createUdpSocket: deny,
  }
}

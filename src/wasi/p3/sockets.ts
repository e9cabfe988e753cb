/**
 * `wasi:sockets@0.3`: who has which members, and the answer of a host that grants no network. A component that merely
 * imports sockets must still link, so everything is there; each asks and is told `access-denied`. With the grant,
 * `shim-sockets.ts` stands behind the same members.
 */
import { fail } from '../outcome.ts'
import { resourceClass } from '../sockets.ts'

const SHARED = [
  'bind',
  'connect',
  'send',
  'receive',
  'getLocalAddress',
  'getRemoteAddress',
  'getAddressFamily',
  'getReceiveBufferSize',
  'setReceiveBufferSize',
  'getSendBufferSize',
  'setSendBufferSize',
] as const

/** Resource → its methods, in JavaScript's names. */
export const SOCKET_METHODS3 = {
  TcpSocket: [
    ...SHARED,
    'listen',
    'getIsListening',
    'setListenBacklogSize',
    'getKeepAliveEnabled',
    'setKeepAliveEnabled',
    'getKeepAliveIdleTime',
    'setKeepAliveIdleTime',
    'getKeepAliveInterval',
    'setKeepAliveInterval',
    'getKeepAliveCount',
    'setKeepAliveCount',
    'getHopLimit',
    'setHopLimit',
  ],
  UdpSocket: [...SHARED, 'disconnect', 'getUnicastHopLimit', 'setUnicastHopLimit'],
} as const

/** A class with a static `create`. */
export type SocketClass3 = object & { create(family: string): object }

export interface SocketParts3 {
  readonly TcpSocket: SocketClass3
  readonly UdpSocket: SocketClass3
  readonly resolveAddresses: (name: string) => Promise<unknown>
}

export function deniedSockets3(): SocketParts3 {
  const deny = (): never => fail({ tag: 'access-denied' })
  const denied = (methods: readonly string[]): SocketClass3 =>
    Object.assign(resourceClass(methods, deny), { create: deny })
  return {
    TcpSocket: denied(SOCKET_METHODS3.TcpSocket),
    UdpSocket: denied(SOCKET_METHODS3.UdpSocket),
    resolveAddresses: deny,
  }
}

export function socketInterfaces3({ TcpSocket, UdpSocket, resolveAddresses }: SocketParts3) {
  return {
    'wasi:sockets/types': { TcpSocket, UdpSocket },
    'wasi:sockets/ip-name-lookup': { resolveAddresses },
  }
}

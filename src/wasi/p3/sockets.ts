/**
 * `wasi:sockets@0.3`: there to be linked with, and refused. A host that grants no network answers `access-denied`; one
 * that does answers `not-supported`, since no sockets of 0.3 are implemented here, and says so with a value, not a trap.
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

const TCP = [
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
] as const

const UDP = [...SHARED, 'disconnect', 'getUnicastHopLimit', 'setUnicastHopLimit'] as const

export function socketInterfaces3(granted: boolean) {
  const tag = granted ? 'not-supported' : 'access-denied'
  const refuse = (): never => fail({ tag })
  const refused = (methods: readonly string[]): object =>
    Object.assign(resourceClass(methods, refuse), { create: refuse })
  const lookup = granted ? { tag: 'other', val: 'name lookup is not supported' } : { tag }
  return {
    'wasi:sockets/types': { TcpSocket: refused(TCP), UdpSocket: refused(UDP) },
    'wasi:sockets/ip-name-lookup': { resolveAddresses: (): never => fail(lookup) },
  }
}

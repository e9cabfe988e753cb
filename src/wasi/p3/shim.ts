/**
 * The network of 0.3, when it is granted: sockets and outgoing HTTP of `@bytecodealliance/preview3-shim`. Its workers
 * start with the first socket and the first request. The guest never holds an object of the shim's.
 */
import { nodeModule } from '../node.ts'
import type { Client } from './http.ts'
import { type ShimHttp3, shimClient } from './shim-http.ts'
import { type ShimSockets3, shimSockets3 } from './shim-sockets.ts'
import type { SocketParts3 } from './sockets.ts'

export interface Network3 {
  readonly sockets: SocketParts3
  readonly client: Client
}

export async function shimNetwork3(): Promise<Network3> {
  nodeModule('node:worker_threads', 'network')
  const [sockets, http]: readonly object[] = await Promise.all([
    import('@bytecodealliance/preview3-shim/sockets'),
    import('@bytecodealliance/preview3-shim/http'),
  ])
  // its declarations are those of its browser build
  return { sockets: shimSockets3(sockets as ShimSockets3), client: shimClient(http as ShimHttp3) }
}

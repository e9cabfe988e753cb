/**
 * The network, when it is granted: sockets and outgoing HTTP of `@bytecodealliance/preview2-shim`, whose worker thread
 * is what lets a synchronous guest wait for them. Loading it starts that thread, so it is loaded for this grant only.
 *
 * The guest never holds an object of the shim's. Each is behind one of ours, whose rules are kept before the shim is
 * asked (its answer to a broken rule of streams is to end the process), and the shim's failures become error codes.
 */
import type { HttpBackend } from './http-types.ts'
import { nodeModule } from './node.ts'
import { ShimBridge, type ShimPollable } from './shim-bridge.ts'
import { type ShimHttp, shimHttp } from './shim-http.ts'
import { type ShimSockets, shimSockets } from './shim-sockets.ts'
import type { SocketParts } from './sockets.ts'

/** The namespaces of the shim's Node build, as far as we use them; its declarations are the browser build's. */
interface Shim {
  readonly streams: ShimSockets['streams']
  readonly poll: { readonly Pollable: ShimSockets['Pollable']; poll(list: readonly ShimPollable[]): Uint32Array }
  readonly monotonicClock: { subscribeDuration(nanoseconds: bigint): ShimPollable }
  createSockets(config: { readonly enableNetwork: true }): Omit<ShimSockets, 'streams' | 'Pollable'>
  readonly http: ShimHttp
}

export async function shimNetwork(
  look?: () => void,
): Promise<{ readonly sockets: SocketParts; readonly http: HttpBackend }> {
  const { streams, poll, monotonicClock, createSockets, http } = await load()
  const bridge = new ShimBridge(
    {
      poll: (pollables) => poll.poll(pollables),
      subscribeDuration: (nanoseconds) => monotonicClock.subscribeDuration(nanoseconds),
    },
    look,
  )
  const sockets = { ...createSockets({ enableNetwork: true }), streams, Pollable: poll.Pollable }
  return { sockets: shimSockets(sockets, bridge), http: shimHttp(http, bridge) }
}

async function load(): Promise<Shim> {
  // in a page the shim would load too, but could wait for nothing
  nodeModule('node:worker_threads', 'network')
  const [io, clocks, sockets, http]: readonly object[] = await Promise.all([
    import('@bytecodealliance/preview2-shim/io'),
    import('@bytecodealliance/preview2-shim/clocks'),
    import('@bytecodealliance/preview2-shim/sockets'),
    import('@bytecodealliance/preview2-shim/http'),
  ])
  return { ...io, ...clocks, ...sockets, http } as Shim
}

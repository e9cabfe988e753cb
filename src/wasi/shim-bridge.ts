/**
 * The shim's streams and pollables in our terms. What we know of the shim is written down here as the few types we use:
 * its own declarations are those of its browser build.
 */
import { type ByteSink, type ByteSource, InputStream, IoFailure, OutputStream, Pollable } from './io.ts'
import { monotonicNow, type RemoteParty, type Waitable } from './wait.ts'

export interface ShimPollable {
  readonly ready: () => boolean
}
export interface ShimInput {
  read(length: bigint): Uint8Array
  blockingRead(length: bigint): Uint8Array
  subscribe(): ShimPollable
}
export interface ShimOutput {
  checkWrite(): bigint
  write(bytes: Uint8Array): void
  blockingFlush(): void
  subscribe(): ShimPollable
}
export interface ShimIo {
  /** Indices of what is ready. Its array of handles must not be empty. */
  readonly poll: (pollables: readonly ShimPollable[]) => Uint32Array
  readonly subscribeDuration: (nanoseconds: bigint) => ShimPollable
}

/** The shim's objects are dropped by `Symbol.dispose`, as ours are. */
export function dispose(object: object): void {
  const end: unknown = Reflect.get(object, Symbol.dispose)
  if (typeof end === 'function') Reflect.apply(end, object, [])
}

export class ShimBridge {
  readonly #party: RemoteParty
  readonly #look: (() => void) | undefined

  /** @param look for who holds the thread while it waits */
  constructor(io: ShimIo, look?: () => void) {
    this.#look = look
    this.#party = {
      waitFor: (handles, deadline) => {
        const pollables = handles.filter(isPollable)
        if (deadline === undefined) return [...io.poll(pollables)]
        const left = deadline - monotonicNow()
        const alarm = io.subscribeDuration(left > 0n ? left : 0n)
        try {
          return [...io.poll([...pollables, alarm])].filter((index) => index < pollables.length)
        } finally {
          dispose(alarm)
        }
      },
    }
  }

  /** A pollable the guest owns: dropping it drops the shim's. */
  pollable(pollable: ShimPollable): Pollable {
    return new Pollable(
      this.#waitable(() => pollable),
      () => dispose(pollable),
    )
  }

  input(stream: ShimInput): InputStream {
    return new InputStream(this.source(stream))
  }

  output(stream: ShimOutput): OutputStream {
    return new OutputStream(this.sink(stream))
  }

  source(stream: ShimInput): ByteSource {
    const { waitable, drop } = this.#own(stream)
    return {
      read: (max) => shimStream(() => stream.read(BigInt(max))),
      // where somebody is to be asked meanwhile, whoever reads waits by itself
      ...(this.#look === undefined && { readBlocking: (max) => shimStream(() => stream.blockingRead(BigInt(max))) }),
      waitable,
      dispose: drop,
    }
  }

  sink(stream: ShimOutput): ByteSink {
    const { waitable, drop } = this.#own(stream)
    return {
      room: () => shimStream(() => Number(stream.checkWrite())),
      write: (bytes) => void shimStream(() => stream.write(bytes)),
      flush: () => void shimStream(() => stream.blockingFlush()),
      waitable,
      dispose: drop,
    }
  }

  /** A stream's own pollable, made when first waited for and dropped before the stream, as the shim wants it. */
  #own(stream: ShimInput | ShimOutput): { readonly waitable: Waitable; readonly drop: () => void } {
    let pollable: ShimPollable | undefined
    let dropped = false
    const drop = (): void => {
      if (dropped) return
      dropped = true
      if (pollable !== undefined) dispose(pollable)
      dispose(stream)
    }
    const waitable = this.#waitable(() => {
      pollable ??= stream.subscribe()
      return pollable
    })
    return { waitable, drop }
  }

  #waitable(pollable: () => ShimPollable): Waitable {
    const party = this.#party
    return {
      look: this.#look,
      ready: () => party.waitFor([pollable()], 0n).length > 0,
      get remote() {
        return { party, handle: pollable() }
      },
    }
  }
}

const isPollable = (handle: unknown): handle is ShimPollable =>
  typeof handle === 'object' && handle !== null && 'ready' in handle

/** `undefined` when the stream is closed. @throws IoFailure with the errno as its code */
function shimStream<T>(operation: () => T): T | undefined {
  try {
    return operation()
  } catch (error) {
    const { tag, val } = tagged(error)
    if (tag === 'closed') return undefined
    if (tag !== 'last-operation-failed') throw error
    const { payload } = typeof val === 'object' && val !== null && 'payload' in val ? val : { payload: undefined }
    const code: unknown =
      typeof payload === 'object' && payload !== null && 'code' in payload ? payload.code : undefined
    throw new IoFailure(val instanceof Error ? val.message : 'the stream failed', code, { cause: val })
  }
}

export function tagged(value: unknown): { readonly tag: unknown; readonly val: unknown } {
  if (typeof value !== 'object' || value === null || !('tag' in value)) return { tag: undefined, val: undefined }
  return { tag: value.tag, val: 'val' in value ? value.val : undefined }
}

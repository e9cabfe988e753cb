/**
 * `wasi:io`: error, poll and streams. The guest's resources are the classes; what stands behind a stream is a
 * `ByteSource` or `ByteSink`, a few synchronous functions, so that standard streams, files, sockets and HTTP bodies are
 * one stream to the guest. The rules of WASI (how much may be written, what is a trap) are kept here, once: sources and
 * sinks may rely on them. Lengths are the guest's choice, so nothing is allocated by them alone.
 */
import { fail, WasiFault } from './outcome.ts'
import { ALWAYS_READY, type Waitable, waitAny } from './wait.ts'

/** At most this much passes in one read. */
export const MAX_READ = 1 << 20
/** What one `write` may carry, if the sink has room. */
const MAX_WRITE = 1 << 20
/** WASI's figure for the blocking forms of write. */
const MAX_BLOCKING_WRITE = 4096
const MAX_POLL_LIST = 10_000

export interface ByteSource {
  /** At most `max` bytes (`max` is at least 1), none if none are there now; `undefined` at the end. @throws IoFailure */
  readonly read: (max: number) => Uint8Array | undefined
  /** As `read`, but waits for a byte; for a source that knows better than to be asked again and again. */
  readonly readBlocking?: (max: number) => Uint8Array | undefined
  readonly waitable?: Waitable
  readonly dispose?: () => void
}

export interface ByteSink {
  /** How many bytes may be written now; `undefined` when nobody reads them any more. @throws IoFailure */
  readonly room: () => number | undefined
  readonly write: (bytes: Uint8Array) => void
  /** Returns when all is written. */
  readonly flush?: () => void
  readonly waitable?: Waitable
  readonly dispose?: () => void
}

/** What a source or a sink throws when the operation failed. The guest sees the text; `code` is for whoever made it. */
export class IoFailure extends Error {
  override readonly name = 'IoFailure'
  readonly code: unknown
  constructor(message: string, code?: unknown, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** `wasi:io/error`'s resource. */
export class IoError {
  readonly #text: string
  /** What `filesystem-error-code` and its like translate. */
  readonly code: unknown
  constructor(text: string, code?: unknown) {
    this.#text = text
    this.code = code
  }
  toDebugString(): string {
    return this.#text
  }
}

type StreamError = { readonly tag: 'closed' } | { readonly tag: 'last-operation-failed'; readonly val: IoError }

const closed = (): never => fail<StreamError>({ tag: 'closed' })

/** Runs an operation of a source or sink: its failure is the guest's `last-operation-failed`. */
function attempt<T>(operation: () => T): T {
  try {
    return operation()
  } catch (error) {
    if (!(error instanceof IoFailure)) throw error
    return fail<StreamError>({ tag: 'last-operation-failed', val: new IoError(error.message, error.code) })
  }
}

/** `wasi:io/poll`'s resource. */
export class Pollable implements Disposable {
  readonly waitable: Waitable
  readonly #dispose: (() => void) | undefined
  constructor(waitable: Waitable, dispose?: () => void) {
    this.waitable = waitable
    this.#dispose = dispose
  }
  ready(): boolean {
    return this.waitable.ready()
  }
  block(): void {
    waitAny([this.waitable])
  }
  [Symbol.dispose](): void {
    this.#dispose?.()
  }
}

export function poll(list: readonly Pollable[]): Uint32Array {
  if (list.length === 0) throw new WasiFault('poll: the list is empty')
  if (list.length > MAX_POLL_LIST) throw new WasiFault(`poll: ${list.length} pollables, at most ${MAX_POLL_LIST}`)
  return Uint32Array.from(waitAny(list.map((pollable) => pollable.waitable)))
}

/** `wasi:io/streams`'s `input-stream`. */
export class InputStream implements Disposable {
  readonly #source: ByteSource
  constructor(source: ByteSource) {
    this.#source = source
  }

  read(length: bigint): Uint8Array {
    if (length === 0n) return new Uint8Array()
    return attempt(() => this.#source.read(clamp(length, MAX_READ))) ?? closed()
  }

  blockingRead(length: bigint): Uint8Array {
    if (length === 0n) return new Uint8Array()
    const { readBlocking } = this.#source
    if (readBlocking !== undefined) return attempt(() => readBlocking(clamp(length, MAX_READ))) ?? closed()
    for (;;) {
      const bytes = this.read(length)
      if (bytes.length > 0) return bytes
      waitAny([this.#source.waitable ?? ALWAYS_READY])
    }
  }

  skip(length: bigint): bigint {
    return BigInt(this.read(length).length)
  }

  blockingSkip(length: bigint): bigint {
    return BigInt(this.blockingRead(length).length)
  }

  subscribe(): Pollable {
    return new Pollable(this.#source.waitable ?? ALWAYS_READY)
  }

  [Symbol.dispose](): void {
    this.#source.dispose?.()
  }
}

/** `wasi:io/streams`'s `output-stream`. */
export class OutputStream implements Disposable {
  readonly #sink: ByteSink
  /** What the last `check-write` allowed; writing more is a trap. */
  #permit = 0

  constructor(sink: ByteSink) {
    this.#sink = sink
  }

  checkWrite(): bigint {
    const room = attempt(() => this.#sink.room()) ?? closed()
    this.#permit = Math.min(room, MAX_WRITE)
    return BigInt(this.#permit)
  }

  write(bytes: Uint8Array): void {
    if (bytes.length > this.#permit) {
      throw new WasiFault(`write: ${bytes.length} bytes where check-write allowed ${this.#permit}`)
    }
    this.#permit -= bytes.length
    attempt(() => this.#sink.write(bytes))
  }

  writeZeroes(length: bigint): void {
    if (length > BigInt(this.#permit)) {
      throw new WasiFault(`write-zeroes: ${length} bytes where check-write allowed ${this.#permit}`)
    }
    this.write(new Uint8Array(Number(length)))
  }

  blockingWriteAndFlush(bytes: Uint8Array): void {
    if (bytes.length > MAX_BLOCKING_WRITE) {
      throw new WasiFault(`blocking-write-and-flush: ${bytes.length} bytes, at most ${MAX_BLOCKING_WRITE}`)
    }
    let rest = bytes
    while (rest.length > 0) {
      const room = this.#awaitRoom()
      this.write(rest.subarray(0, room))
      rest = rest.subarray(room)
    }
    this.blockingFlush()
  }

  blockingWriteZeroesAndFlush(length: bigint): void {
    if (length > BigInt(MAX_BLOCKING_WRITE)) {
      throw new WasiFault(`blocking-write-zeroes-and-flush: ${length} bytes, at most ${MAX_BLOCKING_WRITE}`)
    }
    this.blockingWriteAndFlush(new Uint8Array(Number(length)))
  }

  /** WASI lets a flush go on in the background; here it is over when the call returns. */
  flush(): void {
    this.blockingFlush()
  }

  blockingFlush(): void {
    attempt(() => this.#sink.flush?.())
  }

  subscribe(): Pollable {
    return new Pollable(this.#sink.waitable ?? ALWAYS_READY)
  }

  splice(source: InputStream, length: bigint): bigint {
    const room = this.checkWrite()
    const wanted = length < room ? length : room
    if (wanted === 0n) return 0n
    return this.#pass(source.read(wanted))
  }

  blockingSplice(source: InputStream, length: bigint): bigint {
    if (length === 0n) return 0n
    const room = BigInt(this.#awaitRoom())
    return this.#pass(source.blockingRead(length < room ? length : room))
  }

  #pass(bytes: Uint8Array): bigint {
    this.write(bytes)
    return BigInt(bytes.length)
  }

  #awaitRoom(): number {
    for (;;) {
      const room = Number(this.checkWrite())
      if (room > 0) return room
      waitAny([this.#sink.waitable ?? ALWAYS_READY])
    }
  }

  [Symbol.dispose](): void {
    this.#sink.dispose?.()
  }
}

/** All of `bytes`, as room comes; for the host's own writing. */
export function writeAll(sink: ByteSink, bytes: Uint8Array): void {
  let rest = bytes
  while (rest.length > 0) {
    const room = sink.room()
    if (room === undefined) return
    if (room === 0) waitAny([sink.waitable ?? ALWAYS_READY])
    else sink.write(rest.subarray(0, room))
    rest = rest.subarray(room)
  }
}

const clamp = (length: bigint, most: number): number => (length > BigInt(most) ? most : Number(length))

/** The interfaces as import objects. */
export const ioInterfaces = {
  'wasi:io/error': { Error: IoError },
  'wasi:io/poll': { Pollable, poll },
  'wasi:io/streams': { InputStream, OutputStream },
} as const

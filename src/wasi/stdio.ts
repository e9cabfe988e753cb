/**
 * Standard input and output behind `wasi:cli`: nowhere, a function of the host, bytes that were read beforehand, or the
 * host process's own streams. The last are Node's (Deno's, Bun's), loaded only when granted, and used synchronously, so
 * that what a guest wrote is out when its call returns, in order.
 */
import type { ByteSink, ByteSource } from './io.ts'
import { IoFailure } from './io.ts'
import { nodeModule } from './node.ts'
import type { OutputOption } from './options.ts'
import { sleep } from './wait.ts'

type Fs = typeof import('node:fs')

/** What the guest may write at once; a write is over when it returns, so there is always room. */
const ROOM = 1 << 16
/** Input read beforehand, for a guest that cannot wait for more. */
const MAX_STDIN = 64 * 2 ** 20

export const discard: ByteSink = { room: () => ROOM, write: () => {} }

export const empty: ByteSource = { read: () => undefined }

/** An output, and whether it is a terminal. */
export interface Output {
  readonly sink: ByteSink
  readonly terminal: boolean
}

export function outputFrom(option: OutputOption | undefined, fd: 1 | 2, charge: (bytes: number) => void): Output {
  if (option === undefined) return { sink: discard, terminal: false }
  if (option === 'inherit') return inherited(fd)
  const write = (bytes: Uint8Array): void => {
    if (bytes.length === 0) return
    charge(bytes.length)
    // the guest's memory was copied to lift the list; `writeZeroes` and `splice` make arrays of their own
    option(bytes)
  }
  return { sink: { room: () => ROOM, write }, terminal: false }
}

function processStreams(grant: string): { readonly fs: Fs; readonly isatty: (fd: number) => boolean } {
  return { fs: nodeModule('node:fs', grant), isatty: nodeModule('node:tty', grant).isatty }
}

function inherited(fd: 1 | 2): Output {
  const { fs, isatty } = processStreams(fd === 1 ? 'stdout' : 'stderr')
  return { sink: { room: () => ROOM, write: (bytes) => writeFully(fs, fd, bytes) }, terminal: isatty(fd) }
}

/** All of it, on a descriptor of the process, before it returns. @throws IoFailure with the errno */
export function writeFully(fs: Fs, fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += fs.writeSync(fd, bytes, at, bytes.length - at)
    } catch (error) {
      const code = errorCode(error)
      // a full pipe that somebody else set to non-blocking
      if (code === 'EAGAIN') sleep(1)
      else throw new IoFailure(`the output cannot be written: ${code}`, code, { cause: error })
    }
  }
}

/** Everything `stdin` yields, before the guest starts. */
export async function collected(stdin: AsyncIterable<Uint8Array>): Promise<ByteSource> {
  const chunks: Uint8Array[] = []
  let total = 0
  for await (const chunk of stdin) {
    if (!(chunk instanceof Uint8Array)) throw new TypeError('wasi: stdin: expected chunks of Uint8Array')
    total += chunk.length
    if (total > MAX_STDIN) throw new RangeError(`wasi: stdin: more than ${MAX_STDIN} bytes`)
    if (chunk.length > 0) chunks.push(chunk)
  }
  return sourceOf(chunks)
}

export function sourceOf(chunks: readonly Uint8Array[]): ByteSource {
  let index = 0
  let at = 0
  const read = (max: number): Uint8Array | undefined => {
    const chunk = chunks[index]
    if (chunk === undefined) return undefined
    const bytes = chunk.subarray(at, at + max)
    at += bytes.length
    if (at >= chunk.length) {
      index += 1
      at = 0
    }
    return bytes
  }
  return { read }
}

/** The host process's standard input. Reading holds the thread until there is something, which is what a command does. */
export function inheritedStdin(): { readonly source: ByteSource; readonly terminal: boolean } {
  const { fs, isatty } = processStreams('stdin')
  let ended = false
  const read = (max: number): Uint8Array | undefined => {
    const buffer = new Uint8Array(Math.min(max, ROOM))
    while (!ended) {
      try {
        const length = fs.readSync(0, buffer, 0, buffer.length, null)
        if (length > 0) return buffer.subarray(0, length)
        ended = true
      } catch (error) {
        const code = errorCode(error)
        if (code === 'EAGAIN') sleep(10)
        else if (code === 'EOF') ended = true
        else throw new IoFailure(`the input cannot be read: ${code}`, code, { cause: error })
      }
    }
    return undefined
  }
  return { source: { read }, terminal: isatty(0) }
}

function errorCode(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code
  return error instanceof Error ? error.name : typeof error
}

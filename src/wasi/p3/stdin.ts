/**
 * Standard input as it comes, for guests that can wait for it: the host process's own, or what the host gives. Several
 * streams of one instance share it; each takes what is next. The process is kept alive by a guest that waits for input,
 * not by one that could.
 */
import { type ByteSource, IoFailure } from '../io.ts'
import { nodeModule } from '../node.ts'
import type { Elements } from './streams.ts'

export interface Input {
  /** A stream's view of it. */
  readonly open: () => Elements<Uint8Array>
}

/** What is there already. */
export function inputOf(source: ByteSource): Input {
  return { open: () => ({ next: () => source.read(1 << 16) }) }
}

/** What the host yields, when a guest asks for it. */
export function inputFrom(stdin: AsyncIterable<Uint8Array>): Input {
  let iterator: AsyncIterator<Uint8Array> | undefined
  const next = async (): Promise<Uint8Array | undefined> => {
    iterator ??= stdin[Symbol.asyncIterator]()
    const { done, value } = await iterator.next()
    if (done === true) return undefined
    if (!(value instanceof Uint8Array)) throw new TypeError('wasi: stdin: expected chunks of Uint8Array')
    return value
  }
  return { open: () => ({ next }) }
}

export function processInput(): Input {
  const process = nodeModule('node:process', 'stdin')
  return { open: () => new ProcessInput(process) }
}

class ProcessInput implements Elements<Uint8Array> {
  readonly #process: NodeJS.Process
  #stopWaiting: (() => void) | undefined

  constructor(process: NodeJS.Process) {
    this.#process = process
  }

  readonly next = async (): Promise<Uint8Array | undefined> => {
    // only here: asking the process for the stream opens it
    const { stdin } = this.#process
    for (;;) {
      const chunk: unknown = stdin.read()
      if (chunk instanceof Uint8Array) return chunk
      if (stdin.readableEnded || stdin.destroyed) return undefined
      if ((await this.#wait(stdin)) === 'stopped') return undefined
    }
  }

  readonly stop = (): void => this.#stopWaiting?.()

  #wait(stdin: NodeJS.ReadStream): Promise<'changed' | 'stopped'> {
    return new Promise((resolve, reject) => {
      const changed = (): void => leave(() => resolve('changed'))
      const failed = (cause: Error): void =>
        leave(() => reject(new IoFailure(`the input cannot be read: ${cause.message}`, cause.name, { cause })))
      const leave = (settle: () => void): void => {
        this.#stopWaiting = undefined
        for (const event of ['readable', 'end', 'close']) stdin.off(event, changed)
        stdin.off('error', failed)
        // a file has no such method, and keeps nobody alive
        stdin.unref?.()
        settle()
      }
      this.#stopWaiting = () => leave(() => resolve('stopped'))
      stdin.ref?.()
      for (const event of ['readable', 'end', 'close']) stdin.on(event, changed)
      stdin.on('error', failed)
    })
  }
}

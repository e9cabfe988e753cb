/**
 * What a guest's streams and futures are in JavaScript. A reader takes what it asks for and no more: the writer waits
 * for it. Leaving a `for await` or a scope drops the end, and so does forgetting it.
 */
import type { HostReadEnd } from '../../abi/async/host-end.ts'
import { hold } from '../../abi/held.ts'
import { ClosedError } from '../../model/errors.ts'

/** Elements of one read where nothing else is said. */
const CHUNK = 64 * 1024
const CHUNK_OF_VALUES = 1024

const END: unique symbol = Symbol('wasm-link.end')

/** The end behind a reader, to pass it on whole; `undefined`: not ours, or gone. */
export function takeEnd(value: unknown): HostReadEnd | undefined {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, END)) return undefined
  return Reflect.get(value, END) as HostReadEnd
}

function own(reader: object, end: HostReadEnd): void {
  Object.defineProperty(reader, END, { value: end })
}

export class StreamReader<T, Chunk = readonly T[]> implements AsyncIterable<T>, AsyncDisposable {
  readonly #end: HostReadEnd
  readonly #bytes: boolean
  /** One read after the other, in the order they were asked for. */
  #last: Promise<unknown> = Promise.resolve()
  #over = false

  private constructor(end: HostReadEnd, bytes: boolean) {
    this.#end = end
    this.#bytes = bytes
    own(this, end)
  }

  /** @internal */
  static of(end: HostReadEnd, bytes: boolean): StreamReader<unknown, unknown> {
    return new StreamReader(end, bytes)
  }

  /**
   * `undefined`: the writer is gone, or this reader was closed before.
   * @throws Trap if it did not go in peace; ClosedError if the stream was given away; RangeError
   */
  read(max?: number): Promise<Chunk | undefined> {
    const most = max ?? (this.#bytes ? CHUNK : CHUNK_OF_VALUES)
    if (!Number.isSafeInteger(most) || most < 1) {
      return Promise.reject(new RangeError(`expected a number of elements to read, at least 1, got ${most}`))
    }
    const next = this.#last.then(() => this.#read(most))
    this.#last = next.catch(() => {})
    return next
  }

  async #read(most: number): Promise<Chunk | undefined> {
    if (this.#over) return undefined
    try {
      const chunk = await this.#end.read(most)
      if (chunk === undefined) this.#close()
      return chunk as Chunk | undefined
    } catch (error) {
      this.#close()
      throw error
    }
  }

  #close(): void {
    this.#over = true
    this.#end.drop()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, undefined> {
    try {
      for (;;) {
        const chunk = await this.read()
        if (chunk === undefined) return undefined
        const items: unknown = chunk
        // of bytes, a chunk is the element
        if (this.#bytes) yield items as T
        else yield* Array.from(items as ArrayLike<T>)
      }
    } finally {
      this.#close()
    }
  }

  toReadableStream(): ReadableStream<Chunk> {
    const { read, close } = { read: () => this.read(), close: () => this.#close() }
    return new ReadableStream<Chunk>(
      {
        async pull(controller) {
          const chunk = await read()
          if (chunk === undefined) controller.close()
          else controller.enqueue(chunk)
        },
        cancel: close,
      },
      { highWaterMark: 0 },
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#close()
  }
}

export class FutureReader<T> implements PromiseLike<T>, AsyncDisposable {
  readonly #end: HostReadEnd
  #value: Promise<T> | undefined

  private constructor(end: HostReadEnd) {
    this.#end = end
    own(this, end)
  }

  /** @internal */
  static of(end: HostReadEnd): FutureReader<unknown> {
    return new FutureReader(end)
  }

  async #read(): Promise<T> {
    const elements = await this.#end.read(1)
    this.#end.drop()
    // its writer may not leave without a value: this end was dropped meanwhile
    if (elements === undefined) throw new ClosedError('this future was dropped')
    return hold(elements[0]) as T
  }

  /** A future is awaited like a promise. Rejects with the Trap that ended its writer, with a ClosedError if it was dropped or given away. */
  then<A = T, B = never>(
    fulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    rejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#value ??= this.#read()
    return this.#value.then(fulfilled, rejected)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.drop()
  }
}

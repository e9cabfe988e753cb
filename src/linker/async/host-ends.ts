/**
 * Streams and futures across the border. A guest's become readers; JavaScript's are read here, one piece at a time, as
 * the guest takes them. What a source throws, and what does not fit the element type, ends the instance that reads it: a
 * stream has no other way to say that it is not complete. If JavaScript reads it, its promises reject.
 */
import type { Elements } from '../../abi/async/buffer.ts'
import type { SharedCopy, SharedFuture, SharedStream } from '../../abi/async/copy-end.ts'
import type { EndBridge } from '../../abi/async/ends.ts'
import { HostReadEnd, HostWriteEnd } from '../../abi/async/host-end.ts'
import type { Scheduler } from '../../abi/async/scheduler.ts'
import type { ComponentInstance } from '../../abi/instance.ts'
import { arrayOf, type Layout, type NumericArray } from '../../abi/layout.ts'
import { numbersFrom } from '../../abi/load.ts'
import { hostThrew } from '../../abi/trap.ts'
import { copyBytesOf, typedArrayLength, typedArrayName } from '../../abi/typed-array.ts'
import { Trap } from '../../model/errors.ts'
import { type Bridge, Handles } from '../host/host-resources.ts'
import { fromJs } from '../host/host-values.ts'
import { FutureReader, StreamReader, takeEnd } from './readers.ts'

const isByte = (layout: Layout | undefined): boolean => layout?.kind === 'u8'

export class HostEnds implements EndBridge {
  readonly #scheduler: Scheduler
  readonly #bridge: Bridge
  /** Readers nobody has any more drop their end. */
  readonly #forgotten = new FinalizationRegistry<HostReadEnd>((end) => end.drop())

  constructor(scheduler: Scheduler, bridge: Bridge) {
    this.#scheduler = scheduler
    this.#bridge = bridge
  }

  liftStream(shared: SharedStream): object {
    const end = this.#readEnd(shared)
    return this.#remember(StreamReader.of(end, isByte(shared.element.layout)), end)
  }

  liftFuture(shared: SharedFuture): object {
    const end = this.#readEnd(shared)
    return this.#remember(FutureReader.of(end), end)
  }

  #readEnd(shared: SharedCopy): HostReadEnd {
    return new HostReadEnd(shared, this.#scheduler, this.#bridge)
  }

  #remember<R extends object>(reader: R, end: HostReadEnd): R {
    this.#forgotten.register(reader, end)
    return reader
  }

  lowerStream(shared: SharedStream, value: unknown, to: ComponentInstance): SharedStream {
    const own = this.#passOn(value, 'stream')
    if (own !== undefined) return own as SharedStream
    const end = new HostWriteEnd(shared, this.#scheduler, this.#bridge)
    const iterator = piecesOf(value)
    shared.onDrop = () => {
      end.release()
      void leave(iterator)
    }
    this.#pump(end, iterator, this.#checker(shared, to), to)
    return shared
  }

  lowerFuture(shared: SharedFuture, value: unknown, to: ComponentInstance): SharedFuture {
    const own = this.#passOn(value, 'future')
    if (own !== undefined) return own as SharedFuture
    const end = new HostWriteEnd(shared, this.#scheduler, this.#bridge)
    shared.onDrop = () => end.release()
    this.#deliver(end, value, this.#checker(shared, to), to)
    return shared
  }

  /** `await` asks a promise itself, whatever was put in the place of its `then`. */
  async #deliver(
    end: HostWriteEnd,
    promised: unknown,
    check: (piece: unknown) => Elements,
    to: ComponentInstance,
  ): Promise<void> {
    try {
      await end.write(check([await promised]))
      end.release()
    } catch (error) {
      this.#fail(end, error, to)
    }
  }

  /** A reader of ours goes back as what it is. */
  #passOn(value: unknown, kind: SharedCopy['kind']): SharedCopy | undefined {
    const end = takeEnd(value)
    if (end === undefined || end.shared.kind !== kind) return undefined
    if (end.closed) throw new Trap('host-value', `this ${kind} was read to its end, dropped, or given away`)
    end.release()
    return end.shared
  }

  async #pump(
    end: HostWriteEnd,
    iterator: AsyncIterator<unknown>,
    check: (piece: unknown) => Elements,
    to: ComponentInstance,
  ): Promise<void> {
    try {
      while (!end.closed) {
        const { done, value } = await iterator.next()
        if (done === true) break
        const elements = check(value)
        if (elements.length > 0 && !(await end.write(elements))) break
      }
      end.drop()
    } catch (error) {
      this.#fail(end, error, to)
    }
  }

  #fail(end: HostWriteEnd, error: unknown, to: ComponentInstance): void {
    end.release()
    const why = error instanceof Trap ? error : hostThrew(error)
    this.#scheduler.post(
      () => end.shared.breakOff(why, to),
      () => end.shared.peer?.root ?? to.root,
    )
  }

  /** One piece of a source as checked elements: an array of numbers as it is, else one element or several. */
  #checker(shared: SharedCopy, to: ComponentInstance): (piece: unknown) => Elements {
    const { layout, resources } = shared.element
    const array = layout && arrayOf(layout.type)
    const handles = new Handles(this.#bridge, resources)
    const place = `${to.root.name}: ${shared.kind} element`
    const misfit = (error: unknown): never => {
      if (!(error instanceof TypeError || error instanceof RangeError)) throw error
      throw new Trap('host-value', error.message, { cause: error })
    }
    return (piece) => {
      if (shared.kind === 'stream' && array !== undefined && ArrayBuffer.isView(piece)) {
        const found = typedArrayName(piece)
        if (found === array) return snapshot(piece, array, layout?.size ?? 1)
        throw new Trap('host-value', `${place}: expected a ${array} or a number, got a ${found ?? 'DataView'}`)
      }
      const values =
        piece instanceof Piece || shared.kind === 'future'
          ? piece instanceof Piece
            ? piece.values
            : (piece as unknown[])
          : [piece]
      if (layout === undefined) return { length: values.length }
      const outer = handles.begin()
      try {
        return values.map((value) => fromJs(layout, value, handles, place))
      } catch (error) {
        return misfit(error)
      } finally {
        handles.end(outer)
      }
    }
  }
}

/** Several elements at once, where the source had them at once. */
class Piece {
  readonly values: readonly unknown[]
  constructor(values: readonly unknown[]) {
    this.values = values
  }
}

/** What is given is given: the caller may reuse its array. */
function snapshot(view: ArrayBufferView, array: NumericArray, size: number): Elements {
  const bytes = new Uint8Array(typedArrayLength(view) * size)
  copyBytesOf(view, bytes, 0)
  return numbersFrom(bytes.buffer, array)
}

function piecesOf(value: unknown): AsyncIterator<unknown> {
  const source = value as Partial<AsyncIterable<unknown> & Iterable<unknown>> & { getReader?(): StreamSource }
  if (ArrayBuffer.isView(value)) return once(value)
  // by index: the iterator of a class of arrays is its own affair, and may have no end
  if (Array.isArray(value)) return once(new Piece(Array.from({ length: value.length }, (_, i) => value[i] as unknown)))
  if (typeof source[Symbol.asyncIterator] === 'function')
    return iteratorOf((source as AsyncIterable<unknown>)[Symbol.asyncIterator]())
  if (typeof source.getReader === 'function') return readerOf(source.getReader())
  const iterator = iteratorOf((source as Iterable<unknown>)[Symbol.iterator]())
  return {
    next: async () => iterator.next(),
    return: async () => iterator.return?.() ?? { done: true, value: undefined },
  }
}

function iteratorOf<I>(iterator: I): I {
  if (typeof iterator !== 'object' || iterator === null) throw new TypeError('an iterator is an object')
  return iterator
}

/** The source is told as a `for await` would that is left. What it throws then concerns nobody. */
async function leave(iterator: AsyncIterator<unknown>): Promise<void> {
  try {
    await iterator.return?.()
  } catch {
    // as said above
  }
}

async function* once(piece: unknown): AsyncGenerator<unknown> {
  yield piece
}

interface StreamSource {
  read(): Promise<{ readonly done: boolean; readonly value?: unknown }>
  cancel?(): Promise<unknown>
}

function readerOf(reader: StreamSource): AsyncIterator<unknown> {
  return {
    next: async () => {
      const { done, value } = await reader.read()
      return done ? { done: true, value: undefined } : { done: false, value }
    },
    return: async () => {
      await reader.cancel?.()
      return { done: true, value: undefined }
    },
  }
}

/**
 * WASI 0.3's pair of a stream and a future: the bytes, and how they ended. Here they are made of the sources and sinks
 * that 0.2's streams stand on, one chunk at a time as the other side takes it. A failure that a source or sink foresees
 * (`IoFailure`) is the future's error value; anything else ends the instance, as everywhere.
 */
import { type ByteSink, type ByteSource, IoFailure } from '../io.ts'

export type Outcome<E> = { readonly tag: 'ok'; readonly val: undefined } | { readonly tag: 'err'; readonly val: E }
export type Reading<T, E> = [AsyncIterable<T>, Promise<Outcome<E>>]

export const DONE = { tag: 'ok', val: undefined } as const

/** What is asked of a source at once. */
const CHUNK = 1 << 16

/** What yields a stream's elements. `undefined` is the end; `stop` is called once, whoever ends it. @throws IoFailure */
export interface Elements<T> {
  readonly next: () => T | undefined | Promise<T | undefined>
  readonly stop?: () => void
}

export function reading<T, E>({ next, stop }: Elements<T>, errorOf: (failure: IoFailure) => E): Reading<T, E> {
  let settle: (outcome: Outcome<E>) => void = () => {}
  const outcome = new Promise<Outcome<E>>((resolve) => {
    settle = resolve
  })
  let over = false
  const end = (how: Outcome<E>): IteratorReturnResult<undefined> => {
    if (!over) {
      over = true
      stop?.()
      settle(how)
    }
    return { done: true, value: undefined }
  }
  // by hand, since a generator that waits cannot be told to stop
  const iterator: AsyncIterator<T, undefined> = {
    async next() {
      if (over) return end(DONE)
      try {
        const value = await next()
        return value === undefined ? end(DONE) : { done: false, value }
      } catch (error) {
        if (error instanceof IoFailure) return end({ tag: 'err', val: errorOf(error) })
        end(DONE)
        throw error
      }
    },
    return: async () => end(DONE),
  }
  return [{ [Symbol.asyncIterator]: () => iterator }, outcome]
}

export function readingFrom<E>(source: ByteSource, errorOf: (failure: IoFailure) => E): Reading<Uint8Array, E> {
  const { dispose } = source
  return reading({ next: () => source.read(CHUNK), ...(dispose === undefined ? {} : { stop: dispose }) }, errorOf)
}

/** Writes all that comes. Leaving early drops the reader, and so tells the guest. */
export async function writing<E>(
  data: AsyncIterable<Uint8Array>,
  sink: ByteSink,
  errorOf: (failure: IoFailure) => E,
): Promise<Outcome<E>> {
  try {
    for await (const chunk of data) sink.write(chunk)
    return DONE
  } catch (error) {
    if (!(error instanceof IoFailure)) throw error
    return { tag: 'err', val: errorOf(error) }
  } finally {
    sink.dispose?.()
  }
}

/** A pair that is over before it began. */
export function failedReading<T, E>(val: E): Reading<T, E> {
  const failed = new IoFailure('refused')
  return reading<T, E>(
    {
      next() {
        throw failed
      },
    },
    () => val,
  )
}

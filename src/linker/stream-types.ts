/** Streams and futures as JavaScript sees them: what a guest hands out, and what leaving them means. */

type Global<K extends string, Else> = typeof globalThis extends { readonly [P in K]: { prototype: infer T } } ? T : Else

/**
 * No promise of this runtime resolves to a value with a callable `then` (a future, a resource with a method `then`): it
 * resolves to this box. A host function that answers with a promise of a future gives it in one too: `{ value: future }`.
 */
export interface Held<T> {
  readonly value: T
}

/**
 * A guest's stream. Leaving a `for await`, or a scope, drops the end. `stream<u8>` reads in chunks:
 * `StreamReader<Uint8Array, Uint8Array>`.
 */
export interface StreamReader<T, Chunk = readonly T[]> extends AsyncIterable<T>, AsyncDisposable {
  /** `undefined`: the writer is gone. */
  read(max?: number): Promise<Chunk | undefined>
  toReadableStream(): Global<'ReadableStream', object>
}

/** A guest's future, awaited like a promise. */
export interface FutureReader<T> extends PromiseLike<T extends PromiseLike<unknown> ? Held<T> : T>, AsyncDisposable {}

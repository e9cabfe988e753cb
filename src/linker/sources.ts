/**
 * Where a component's bytes come from: anything that can become bytes, read under the size limit, always copied.
 *
 * The copy matters: decoding, validation and compilation must all see the same bytes, whatever the caller does to his.
 */
import { MalformedError } from '../model/errors.ts'
import { checkSize, copyBytes, isBytes } from './bytes.ts'
import { builtin } from './part.ts'
import type { Signal } from './world.ts'

/** Bytes; anything with `arrayBuffer()` (Response, Blob); a byte stream; a URL (`file:` too); or, as a string, component **text**. A path is `new URL(…)`. */
export type ComponentSource =
  | Uint8Array
  | ArrayBuffer
  | { arrayBuffer(): Promise<ArrayBuffer> }
  | AsyncIterable<Uint8Array>
  | { getReader(): { read(): Promise<{ done: boolean; value?: Uint8Array | undefined }> } }
  | { readonly href: string }
  | string

/** @throws TypeError for what is no source; what reading it throws passes */
export async function readSource(source: ComponentSource, limit: number, signal?: Signal): Promise<Uint8Array> {
  if (typeof source === 'string') return await textBytes(source, limit)
  if (isBytes(source)) return copyBytes(source, limit)
  if (typeof source !== 'object' || source === null) throw notASource(source)
  if ('href' in source && typeof source.href === 'string') return await readUrl(source.href, limit, signal)
  if ('arrayBuffer' in source && typeof source.arrayBuffer === 'function') {
    if ('ok' in source && source.ok === false)
      throw new TypeError(
        `the response for the component has status ${'status' in source ? String(source.status) : 'unknown'}`,
      )
    return copyBytes(await source.arrayBuffer(), limit)
  }
  if ('getReader' in source && typeof source.getReader === 'function')
    return await collect(fromReader(source.getReader()), limit)
  if (Symbol.asyncIterator in source) return await collect(source, limit)
  throw notASource(source)
}

function notASource(source: unknown): TypeError {
  return new TypeError(
    `a component source is bytes, a Response, a Blob, a stream, a URL or text, got ${source === null ? 'null' : typeof source}`,
  )
}

async function* fromReader(reader: {
  read(): Promise<{ done: boolean; value?: Uint8Array | undefined }>
}): AsyncGenerator<Uint8Array> {
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    if (value !== undefined) yield value
  }
}

async function collect(chunks: AsyncIterable<Uint8Array>, limit: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const chunk of chunks) {
    if (!isBytes(chunk)) throw new TypeError(`a component stream yields Uint8Array chunks, got ${typeof chunk}`)
    size += chunk.byteLength
    checkSize(size, limit)
    parts.push(copyBytes(chunk, limit))
  }
  const bytes = new Uint8Array(size)
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

interface FileReader {
  readFile(url: URL): Promise<Uint8Array>
}

async function readUrl(href: string, limit: number, signal: Signal | undefined): Promise<Uint8Array> {
  if (href.startsWith('file:')) {
    const files = builtin<FileReader>('node:fs/promises')
    if (files === undefined)
      throw new TypeError(`this platform reads no files: give the component as bytes or by \`fetch\`, not as ${href}`)
    return copyBytes(await files.readFile(new URL(href)), limit)
  }
  const response = await (signal === undefined ? fetch(href) : fetch(href, { signal }))
  return await readSource(response, limit)
}

/** @throws MalformedError if the digest differs; TypeError for a form it does not know */
export async function checkIntegrity(bytes: Uint8Array, integrity: string): Promise<void> {
  const wanted = integrity
    .trim()
    .split(/\s+/)
    .map((entry) => /^sha(256|384|512)-([A-Za-z0-9+/]+={0,2})$/.exec(entry))
  const known = wanted.filter((match) => match !== null)
  if (known.length === 0)
    throw new TypeError(
      `integrity: expected sha256-…, sha384-… or sha512-… in base64, got ${JSON.stringify(integrity)}`,
    )
  for (const [, size, expected] of known) {
    const digest = new Uint8Array(await crypto.subtle.digest(`SHA-${size}`, bytes as BufferSource))
    if (btoa(String.fromCharCode(...digest)) === expected) return
  }
  throw new MalformedError('the bytes do not match the given integrity', 0)
}

async function textBytes(text: string, limit: number): Promise<Uint8Array> {
  if (!/^\s*(\(|;;|\(;)/.test(text)) {
    throw new TypeError(
      'a string is component text and begins with `(`; give a path as `new URL(path, import.meta.url)` and bytes as a Uint8Array',
    )
  }
  checkSize(text.length, limit)
  const { parseText } = await import('../text/parse.ts')
  return copyBytes(await parseText(text), limit)
}

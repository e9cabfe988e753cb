/**
 * Files and servers as a manifest reaches them: under a cap, and by default never out of the manifest's own folder, not
 * by `..`, not by a symbolic link, not by a redirect.
 */
import type { ComponentSource } from '../index.ts'
import { builtin } from '../linker/part.ts'
import { LimitError, MalformedError } from '../model/errors.ts'

interface Modules {
  readonly 'node:fs/promises': typeof import('node:fs/promises')
  readonly 'node:url': typeof import('node:url')
  readonly 'node:path': typeof import('node:path')
}

function node<K extends keyof Modules>(name: K): Modules[K] {
  const module = builtin<Modules[K]>(name)
  if (module === undefined) throw new TypeError('this platform has no files to read a manifest or folder from')
  return module
}

/** `/srv/tree.json`, `./tree.json`, `https://…/tree.json` or a URL → a URL. @throws TypeError for what is neither */
export async function locate(location: string | { readonly href: string }): Promise<URL> {
  if (typeof location !== 'string') return new URL(location.href)
  if (/^[A-Za-z][A-Za-z0-9+.-]+:/.test(location)) return new URL(location)
  // a page has no paths, only addresses
  if ('document' in globalThis) return new URL(location, globalThis.document.baseURI)
  const { pathToFileURL } = node('node:url')
  return pathToFileURL(node('node:path').resolve(location))
}

export interface Place {
  /** Ends with `/`: what is inside begins with it. */
  readonly folder: URL
  readonly outside: boolean
}

export const folderOf = (file: URL): URL => new URL('.', file)

/** @throws TypeError for an address that is none, or leads outside where that is not allowed */
export function resolveInside(text: string, { folder, outside }: Place): URL {
  if (!URL.canParse(text, folder)) throw new TypeError('is no path and no URL')
  const url = new URL(text, folder)
  if (!['file:', 'http:', 'https:', 'data:', 'blob:'].includes(url.protocol))
    throw new TypeError(`cannot be read: ${url.protocol} is no address of a file`)
  if (!outside && !url.href.startsWith(folder.href)) throw new TypeError(OUTSIDE)
  return url
}

const OUTSIDE = 'leads out of the folder of the manifest, which is allowed only with `outside`'

/** @returns whether the address is a folder. @throws what the file system says */
export async function isFolder(url: URL): Promise<boolean> {
  return url.protocol === 'file:' && (await node('node:fs/promises').stat(url)).isDirectory()
}

/** The components in a folder, by name: no links into other places are followed, no folders entered. */
export async function componentsIn(folder: URL, most: number): Promise<readonly string[]> {
  const { opendir } = node('node:fs/promises')
  const found: string[] = []
  for await (const entry of await opendir(folder)) {
    if (!/\.(wasm|wat)$/.test(entry.name) || entry.isDirectory()) continue
    found.push(entry.name)
    if (found.length > most) throw new RangeError(`more than ${most} components`)
  }
  return found.sort()
}

/** @throws TypeError outside; LimitError over the cap; what the file system or the network says */
export async function readBytes(url: URL, place: Place, limit: number, option: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  let size = 0
  const chunks = url.protocol === 'file:' ? fileChunks(url, place) : fetchedChunks(url, place)
  for await (const chunk of chunks) {
    size += chunk.length
    if (size > limit) throw new LimitError('componentBytes', size, limit, option, 'at least')
    parts.push(chunk)
  }
  const bytes = new Uint8Array(size)
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

async function* fileChunks(url: URL, { folder, outside }: Place): AsyncGenerator<Uint8Array> {
  const { open, realpath, stat } = node('node:fs/promises')
  const real = await realpath(url)
  if (!outside) {
    const { sep } = node('node:path')
    const home = await realpath(folder)
    if (!real.startsWith(home.endsWith(sep) ? home : home + sep)) throw new TypeError(OUTSIDE)
  }
  // a pipe or a device would never end, or never begin
  if (!(await stat(real)).isFile()) throw new TypeError('is no file')
  const file = await open(real, 'r')
  try {
    for (;;) {
      const { bytesRead, buffer } = await file.read(new Uint8Array(65_536), 0, 65_536, null)
      if (bytesRead === 0) return
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
}

async function* fetchedChunks(url: URL, { outside }: Place): AsyncGenerator<Uint8Array> {
  const response = await fetch(url, { redirect: outside ? 'follow' : 'error' })
  if (!response.ok) throw new TypeError(`status ${response.status}`)
  const reader = response.body?.getReader()
  for (;;) {
    const { done = true, value } = (await reader?.read()) ?? {}
    if (done || value === undefined) return
    yield value
  }
}

/** Bytes that begin like component text are text. */
export function asSource(bytes: Uint8Array): ComponentSource {
  const start = new TextDecoder().decode(bytes.subarray(0, 4096))
  if (!/^(\s|\ufeff)*(\(|;;)/.test(start)) return bytes
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new MalformedError('malformed UTF-8 encoding', 0)
  }
}

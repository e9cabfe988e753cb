/** What the tests of WASI 0.3 share: its functions by name, and streams read to their end. */

import { WASI3_VERSION } from '../../src/wasi/p3/interfaces.ts'
import type { interfacesFor } from '../../src/wasi/wasi.ts'

type Interfaces = Awaited<ReturnType<typeof interfacesFor>>

export function call3(interfaces: Interfaces, path: string, ...args: unknown[]): unknown {
  const [name = '', member = ''] = path.split('#')
  const found: unknown = Reflect.get(interfaces[`${name}@${WASI3_VERSION}`] ?? {}, member)
  if (typeof found !== 'function') throw new TypeError(`there is no ${path}`)
  return found(...args)
}

export type Pair<T = Uint8Array> = [AsyncIterable<T>, Promise<unknown>]

/** All elements, and how it ended. */
export async function readAll<T>([stream, ended]: Pair<T>): Promise<{ readonly all: T[]; readonly ended: unknown }> {
  const all: T[] = []
  for await (const element of stream) all.push(element)
  return { all, ended: await ended }
}

export async function textOfAll(pair: Pair): Promise<string> {
  const { all } = await readAll(pair)
  return Buffer.concat(all).toString('utf8')
}

export async function* chunks(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield new TextEncoder().encode(text)
}

export const OK = { tag: 'ok', val: undefined }
export const err = (tag: string, val?: unknown) => ({ tag: 'err', val: val === undefined ? { tag } : { tag, val } })

/**
 * FILE on the command line: a path, a URL or `-`, read to bytes. Component text is known by its content, not by its
 * name, and becomes bytes here, so that every verb works on the binary form alone.
 */
import { readFile } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { Component, Engine } from '../index.ts'
import { MalformedError } from '../model/errors.ts'
import { type CommonValues, engineSettings } from './options.ts'
import type { CliIo } from './verb.ts'

export interface Input {
  /** As the user wrote it, for messages. */
  readonly file: string
  /** The last part of it, as a program's name. */
  readonly name: string
  readonly bytes: Uint8Array
}

/** What could not be read: the file and why. */
export class InputError extends Error {
  override readonly name = 'InputError'
}

export async function readInput(file: string, io: CliIo): Promise<Input> {
  const bytes = await read(file, io)
  const name = file === '-' ? 'stdin' : basename(isUrl(file) ? new URL(file).pathname : file) || file
  return { file, name, bytes: isText(bytes) ? await textBytes(bytes, file) : bytes }
}

export async function compile(
  input: Input,
  values: CommonValues,
  metered = false,
): Promise<{ component: Component; engine: Engine }> {
  const engine = new Engine(engineSettings(values))
  return { component: await Component.compile(input.bytes, { engine, name: input.name, metered }), engine }
}

const isUrl = (file: string): boolean => /^[A-Za-z][A-Za-z0-9+.-]+:/.test(file) && URL.canParse(file)

async function read(file: string, io: CliIo): Promise<Uint8Array> {
  try {
    if (file === '-') return await collect(io.stdin())
    if (!isUrl(file)) return await readFile(resolve(io.cwd, file))
    if (file.startsWith('file:')) return await readFile(new URL(file))
    const response = await fetch(file)
    if (!response.ok) throw new InputError(`status ${response.status}`)
    return new Uint8Array(await response.arrayBuffer())
  } catch (cause) {
    throw new InputError(`cannot read ${file}: ${reason(cause)}`, { cause })
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'no permission',
  EISDIR: 'it is a folder',
  ENOENT: 'there is no such file',
}

function reason(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : ''
  // fetch says "fetch failed" and keeps the reason to itself
  return REASONS[code] ?? (cause.cause instanceof Error ? cause.cause.message : cause.message)
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const chunk of chunks) parts.push(chunk)
  return Buffer.concat(parts)
}

/** Text begins with space, a comment or `(`; a binary with `\0asm`. All else is for the decoder to refuse. */
function isText(bytes: Uint8Array): boolean {
  const start = new TextDecoder().decode(bytes.subarray(0, 4096))
  return /^(\s|\ufeff)*(\(|;;)/.test(start)
}

async function textBytes(bytes: Uint8Array, file: string): Promise<Uint8Array> {
  const { parseText } = await import('../text.ts')
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new MalformedError('malformed UTF-8 encoding', 0)
  }
  return await parseText(text, { file })
}

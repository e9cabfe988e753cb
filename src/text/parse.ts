/**
 * The front door: component text → component bytes, in four steps with a file or several each: lex, parse, resolve
 * (which expands sugar as it goes) and encode. It only ever produces bytes; nothing is validated here.
 */
import type { Revision } from '../model/features.ts'
import { Cursor, STRICT } from './cursor.ts'
import { encode } from './encode.ts'
import { lex } from './lexer.ts'
import { parseFile } from './parse-component.ts'
import { resolveComponent } from './resolve.ts'
import { Toolkit } from './toolkit.ts'

export interface TextOptions {
  /** For messages. */
  readonly file?: string
  /** The assemblers of core modules, shared by whoever parses many texts. */
  readonly toolkit?: Toolkit
  readonly revision?: Revision | undefined
}

/** @throws MalformedError with line, column and an excerpt */
export async function parseText(text: string, options: TextOptions = {}): Promise<Uint8Array> {
  const tokens = lex({ text, file: options.file ?? '<text>' })
  const component = parseFile(new Cursor(tokens, { ...STRICT, revision: options.revision }))
  if (component.kind === 'binary') return component.bytes
  const toolkit = options.toolkit ?? new Toolkit()
  const modules = await toolkit.assembleAll(tokens, component.fields)
  return encode(resolveComponent(tokens.source, component, modules))
}

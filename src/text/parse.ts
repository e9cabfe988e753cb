/**
 * The front door: component text → component bytes, in four steps with a file or several each: lex, parse, resolve
 * (which expands sugar as it goes) and encode. It only ever produces bytes; nothing is validated here.
 */
import type { ComponentNode, CoreModuleText, FieldNode } from './ast.ts'
import { Cursor, type ParseOptions } from './cursor.ts'
import { encode } from './encode.ts'
import { lex, type Tokens } from './lexer.ts'
import { parseFile } from './parse-component.ts'
import { resolveComponent } from './resolve.ts'
import { Toolkit } from './toolkit.ts'

export interface TextOptions extends Partial<ParseOptions> {
  /** For messages. */
  readonly file?: string
  /** The assemblers of core modules, shared by whoever parses many texts. */
  readonly toolkit?: Toolkit
}

/** @throws MalformedError with line, column and an excerpt */
export async function parseText(text: string, options: TextOptions = {}): Promise<Uint8Array> {
  const tokens = lex({ text, file: options.file ?? '<text>' })
  const component = parseFile(new Cursor(tokens, { legacy: options.legacy ?? false }))
  return nodeToBytes(tokens, component, options.toolkit ?? new Toolkit())
}

/** The last two steps, for whoever parsed a part of a text. @throws MalformedError */
export async function nodeToBytes(tokens: Tokens, node: ComponentNode, toolkit: Toolkit): Promise<Uint8Array> {
  if (node.kind === 'binary') return node.bytes
  const modules = await toolkit.assemble(tokens, coreModules(node.fields))
  return encode(resolveComponent(tokens.source, node, modules))
}

function coreModules(fields: readonly FieldNode[]): CoreModuleText[] {
  return fields.flatMap((field) => {
    if (field.kind === 'core-module') return [field.module]
    return field.kind === 'component' ? coreModules(field.fields) : []
  })
}

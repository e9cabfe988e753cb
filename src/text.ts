/**
 * `wasm-link/text`: component text to bytes and back, and the scripts of the reference tests.
 */
import type { Engine } from './linker/engine.ts'
import type { ComponentDef } from './model/component.ts'
import { LimitError } from './model/errors.ts'
import { FEATURES, type Feature } from './model/features.ts'
import { COMPILE_LIMITS } from './model/limits.ts'
import { decode } from './parser/decode.ts'
import { parseText as parse } from './text/parse.ts'
import { printComponent } from './text/print.ts'
import { Toolkit } from './text/toolkit.ts'

export { runWast, type WastReport } from './wast/wast.ts'

/**
 * @example
 * const bytes = await parseText('(component (import "log" (func (param "line" string))))')
 * @param options.engine whose limit on a component's size holds for its text too, and whose revision of the grammar
 * @throws MalformedError with line, column and an excerpt; LimitError
 */
export async function parseText(
  text: string,
  options: { readonly file?: string; readonly engine?: Engine } = {},
): Promise<Uint8Array> {
  const cap = (options.engine?.compileLimits ?? COMPILE_LIMITS).componentBytes
  if (text.length > cap) {
    throw new LimitError('componentBytes', text.length, cap, 'compileLimits.componentBytes', 'of text')
  }
  const { file, engine } = options
  return await parse(text, { ...(file === undefined ? {} : { file }), revision: engine?.options.revision })
}

/**
 * Text that parses back to the same component, byte for byte in its core modules: those as text where `wabt` can write
 * them so, else as bytes. It need not be valid to be printed, only well-formed.
 * @throws MalformedError, LimitError; InvalidError for what has no place in the text format
 */
export async function printText(bytes: Uint8Array): Promise<string> {
  const def = decode(bytes, { features: EVERYTHING, limits: COMPILE_LIMITS })
  const toolkit = new Toolkit()
  const texts = new Map<Uint8Array, string | undefined>()
  for (const module of coreModules(def)) texts.set(module, await toolkit.print(module))
  return printComponent(def, (module) => texts.get(module))
}

/** What is printed may need gates that nobody has opened: reading is not running. */
const EVERYTHING: ReadonlySet<Feature> = new Set(Object.keys(FEATURES) as Feature[])

function coreModules(component: ComponentDef): Uint8Array[] {
  return component.defs.flatMap((def) => {
    if (def.kind === 'core-module') return [def.bytes]
    return def.kind === 'component' ? coreModules(def.component) : []
  })
}

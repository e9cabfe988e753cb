/**
 * What a script says about itself in its first comments, in the two dialects in use: `;;! name = true` (wasmtime) and
 * `;; RUN: wast … -f a,-b` (wasm-tools, over continued lines). Names of others' gates go in, ours come out; a name that
 * is no gate here is reported, because a script that depends on it cannot be judged.
 */
import type { Feature } from '../model/features.ts'
import type { ParseOptions } from '../text/cursor.ts'

export interface Directives {
  readonly features: Readonly<Partial<Record<Feature, boolean>>>
  /** Names that are no gate of ours, `-` in front when switched off. */
  readonly unknown: readonly string[]
  /** wasm-tools runs nothing. */
  readonly validateOnly: boolean
  readonly syntax: ParseOptions
}

const WASM_TOOLS: Readonly<Record<string, Feature>> = {
  'cm-async': 'async',
  'cm-more-async-builtins': 'more-async-builtins',
  'cm-async-stackful': 'async-stackful',
  'cm-threading': 'threading',
  'cm64': 'memory64',
  'cm-map': 'map',
  'cm-fixed-length-lists': 'fixed-length-lists',
  'cm-implements': 'implements',
  'cm-canon-names': 'canonical-names',
  'cm-nested-names': 'nested-names',
  'cm-values': 'values',
  'cm-error-context': 'error-context',
  'gc': 'core-gc',
  'exceptions': 'core-exceptions',
  'shared-everything-threads': 'core-shared-memory',
  'custom-page-sizes': 'core-custom-page-sizes',
}

const WASMTIME: Readonly<Record<string, Feature>> = {
  component_model_async: 'async',
  component_model_more_async_builtins: 'more-async-builtins',
  component_model_async_builtins: 'more-async-builtins',
  component_model_async_stackful: 'async-stackful',
  component_model_threading: 'threading',
  component_model_memory64: 'memory64',
  component_model_map: 'map',
  component_model_fixed_length_lists: 'fixed-length-lists',
  component_model_implements: 'implements',
  component_model_error_context: 'error-context',
  component_model_values: 'values',
  gc: 'core-gc',
  gc_types: 'core-gc',
  function_references: 'core-gc',
  exceptions: 'core-exceptions',
  custom_page_sizes: 'core-custom-page-sizes',
}

/** What is on in wasm-tools unless a script says otherwise: all of WebAssembly 3.0, of the component model only `async`. */
const WASM_TOOLS_DEFAULTS: Readonly<Partial<Record<Feature, boolean>>> = {
  'map': false,
  'implements': false,
  'core-gc': true,
  'core-exceptions': true,
}

export function readDirectives(text: string): Directives {
  const features: Partial<Record<Feature, boolean>> = {}
  const unknown: string[] = []
  let validateOnly = false
  let legacy = false
  const set = (table: Readonly<Record<string, Feature>>, name: string, on: boolean): void => {
    const feature = Object.hasOwn(table, name) ? table[name] : undefined
    if (feature !== undefined) features[feature] = on
    else unknown.push(on ? name : `-${name}`)
  }
  for (const line of commentLines(text)) {
    const setting = /^!\s*([\w-]+)\s*=\s*(true|false)\s*$/.exec(line)
    if (setting !== null) set(WASMTIME, setting[1] ?? '', setting[2] === 'true')
    // A second run under a bracketed name repeats the script in another configuration; the first one counts.
    if (!/^\s*RUN:/.test(line)) continue
    validateOnly = true
    if (/\bWAST_STRICT_COMPONENT_INDICES=0\b/.test(line)) legacy = true
    Object.assign(features, WASM_TOOLS_DEFAULTS)
    for (const [, list = ''] of line.matchAll(/(?:\s-f|\s--features)[\s=]*(\S+)/g)) {
      for (const word of list.split(',').filter((word) => word !== '')) {
        const name = word.startsWith('-') ? word.slice(1) : word
        set(WASM_TOOLS, name, name === word)
      }
    }
  }
  // Whatever is switched on, wasm-tools takes names in their old form.
  return { features, unknown, validateOnly, syntax: { legacy, interfaceNames: validateOnly } }
}

/** The comment lines before the first form, without their semicolons; a backslash at the end joins the next one. */
function commentLines(text: string): string[] {
  const lines: string[] = []
  let open = false
  for (const raw of text.split('\n')) {
    const line = raw.trim()
    if (line !== '' && !line.startsWith(';;')) break
    const body = line.slice(2)
    const continues = body.endsWith('\\')
    const content = continues ? body.slice(0, -1) : body
    if (open) lines.push(`${lines.pop() ?? ''} ${content}`)
    else lines.push(content)
    open = continues
  }
  return lines
}

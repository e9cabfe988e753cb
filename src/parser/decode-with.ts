/**
 * Component bytes → `ComponentDef`: preamble, sections in file order, nested components, core modules cut out.
 *
 * Nothing is copied: core modules and custom sections are views of the input. Nested components live on a list, not on
 * the JavaScript stack, and have the host's limit. What comes out is well-formed; whether it is valid is the validator's
 * question, and most gates are too.
 *
 * @spec Component Definitions
 */
import type { ComponentDef, Def } from '../model/component.ts'
import { LimitError } from '../model/errors.ts'
import type { FeatureSet, Revision } from '../model/features.ts'
import {
  type CompileLimits,
  MAX_WASM_ALIASES,
  MAX_WASM_CANONICALS,
  MAX_WASM_EXPORTS,
  MAX_WASM_IMPORTS,
  MAX_WASM_INSTANCES,
  MAX_WASM_MODULE_SIZE,
  MAX_WASM_TYPES,
  MAX_WASM_VALUES,
} from '../model/limits.ts'
import { ComponentReader, type RareRules } from './component-reader.ts'
import { decodeCoreModule } from './core-module.ts'
import {
  decodeCanon,
  decodeCoreInstance,
  decodeExport,
  decodeImport,
  decodeInstance,
  decodeStart,
  decodeValue,
} from './decode-defs.ts'
import { decodeAlias } from './decode-externs.ts'
import { decodeCoreType, decodeType } from './decode-types.ts'
import { decodePreamble, decodeSectionHead } from './preamble.ts'

export interface DecodeOptions {
  readonly features: FeatureSet
  readonly limits: CompileLimits
  /** Default `pinned`. */
  readonly revision?: Revision | undefined
}

/** A component whose sections are being read. */
interface OpenComponent {
  readonly at: number
  /** Place in the array, not offset; the same here, since the outermost file starts at 0. */
  readonly end: number
  readonly defs: Def[]
  started: boolean
}

/**
 * @param rare asked for the first thing whose rules are among the rare ones
 * @param bytes kept: the result holds views of them
 * @throws MalformedError where the bytes are against the grammar
 * @throws LimitError for `componentBytes`, `nesting`, `nameBytes`, `coreFunctions`
 * @throws InvalidError for what is well-formed, yet has no place in `ComponentDef`: a type or an index of an embedded
 *   core module that nothing there answers to, a resource or context slot that is neither `i32` nor `i64`
 */
export function decodeWith(rare: () => RareRules, bytes: Uint8Array, options: DecodeOptions): ComponentDef {
  const { limits } = options
  if (bytes.length > limits.componentBytes) {
    throw new LimitError('componentBytes', bytes.length, limits.componentBytes, 'compileLimits.componentBytes')
  }
  const r = new ComponentReader(bytes, options.features, limits, options.revision ?? 'pinned', rare)
  const open: OpenComponent[] = []
  let component = enter(r, bytes.length)
  for (;;) {
    if (r.done) {
      const def: ComponentDef = { at: component.at, end: component.end, defs: component.defs }
      const parent = open.pop()
      if (parent === undefined) return def
      parent.defs.push({ kind: 'component', at: def.at, component: def })
      component = parent
      r.end = parent.end
      continue
    }
    r.charge(1)
    const { id, at, length } = decodeSectionHead(r, open.length > 0)
    if (id === 4) {
      if (length > MAX_WASM_MODULE_SIZE) r.fail('component section is too large', at)
      open.push(component)
      r.checkNesting(open.length)
      component = enter(r, r.pos + length)
      continue
    }
    r.end = r.pos + length
    decodeSection(r, component, id, at, limits)
    r.end = component.end
  }
}

function enter(r: ComponentReader, end: number): OpenComponent {
  const at = r.offset
  r.end = end
  decodePreamble(r, 'component')
  return { at, end, defs: [], started: false }
}

/** Reads one section whole: `r.end` is its end. */
function decodeSection(
  r: ComponentReader,
  component: OpenComponent,
  id: number,
  at: number,
  limits: CompileLimits,
): void {
  const { defs } = component
  switch (id) {
    case 0:
      defs.push({ kind: 'custom', at, name: r.name(), bytes: r.take(r.end - r.pos) })
      return
    case 1: {
      if (r.end - r.pos > MAX_WASM_MODULE_SIZE) r.fail('module section is too large', at)
      const bytes = r.take(r.end - r.pos)
      defs.push({ kind: 'core-module', at, bytes, type: decodeCoreModule(bytes, at, limits, r.allowance) })
      return
    }
    case 9:
      if (component.started) r.fail('component cannot have more than one start function')
      component.started = true
      defs.push(decodeStart(r, at))
      if (!r.done) r.fail('unexpected content in the component start section')
      return
    default: {
      const section = ITEMS[id]
      if (section === undefined) r.fail(`malformed section id: ${id}`, at)
      const [item, maximum, what] = section
      r.items((_, itemAt) => defs.push(item(r, itemAt)), maximum, what)
    }
  }
}

type Item = (r: ComponentReader, at: number) => Def

/** The sections that are lists of definitions: how to read one, how many there may be, and what a message calls them. */
const ITEMS: { readonly [id: number]: readonly [Item, number, string] } = {
  2: [(r, at) => ({ kind: 'core-instance', at, instance: decodeCoreInstance(r) }), MAX_WASM_INSTANCES, 'instances'],
  3: [(r, at) => ({ kind: 'core-type', at, type: decodeCoreType(r) }), MAX_WASM_TYPES, 'types'],
  5: [(r, at) => ({ kind: 'instance', at, instance: decodeInstance(r) }), MAX_WASM_INSTANCES, 'instances'],
  6: [(r, at) => ({ kind: 'alias', at, alias: decodeAlias(r) }), MAX_WASM_ALIASES, 'aliases'],
  7: [(r, at) => ({ kind: 'type', at, type: decodeType(r) }), MAX_WASM_TYPES, 'types'],
  8: [(r, at) => ({ kind: 'canon', at, canon: decodeCanon(r) }), MAX_WASM_CANONICALS, 'functions'],
  10: [decodeImport, MAX_WASM_IMPORTS, 'imports'],
  11: [decodeExport, MAX_WASM_EXPORTS, 'exports'],
  12: [decodeValue, MAX_WASM_VALUES, 'values'],
}

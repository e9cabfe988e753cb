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
import type { FeatureSet } from '../model/features.ts'
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
import { ComponentReader } from './component-reader.ts'
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

export { decodeNames } from './component-names.ts'

export interface DecodeOptions {
  readonly features: FeatureSet
  readonly limits: CompileLimits
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
 * @param bytes kept: the result holds views of them
 * @throws MalformedError where the bytes are against the grammar
 * @throws LimitError for `componentBytes`, `nesting`, `nameBytes`, `coreFunctions`
 * @throws InvalidError for what is well-formed, yet has no place in `ComponentDef`: a type or an index of an embedded
 *   core module that nothing there answers to, a resource or context slot that is neither `i32` nor `i64`
 */
export function decode(bytes: Uint8Array, options: DecodeOptions): ComponentDef {
  const { limits } = options
  if (bytes.length > limits.componentBytes) {
    throw new LimitError('componentBytes', bytes.length, limits.componentBytes, 'compileLimits.componentBytes')
  }
  const r = new ComponentReader(bytes, options.features, limits)
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
    case 2:
      items(r, defs, coreInstanceItem, MAX_WASM_INSTANCES, 'instances')
      return
    case 3:
      items(r, defs, coreTypeItem, MAX_WASM_TYPES, 'types')
      return
    case 5:
      items(r, defs, instanceItem, MAX_WASM_INSTANCES, 'instances')
      return
    case 6:
      items(r, defs, aliasItem, MAX_WASM_ALIASES, 'aliases')
      return
    case 7:
      items(r, defs, typeItem, MAX_WASM_TYPES, 'types')
      return
    case 8:
      items(r, defs, canonItem, MAX_WASM_CANONICALS, 'functions')
      return
    case 9:
      if (component.started) r.fail('component cannot have more than one start function')
      component.started = true
      defs.push(decodeStart(r, at))
      if (!r.done) r.fail('unexpected content in the component start section')
      return
    case 10:
      items(r, defs, decodeImport, MAX_WASM_IMPORTS, 'imports')
      return
    case 11:
      items(r, defs, decodeExport, MAX_WASM_EXPORTS, 'exports')
      return
    case 12:
      items(r, defs, decodeValue, MAX_WASM_VALUES, 'values')
      return
    default:
      r.fail(`malformed section id: ${id}`, at)
  }
}

type Item = (r: ComponentReader, at: number) => Def

/** The items of a section, which must use it up. */
function items(r: ComponentReader, defs: Def[], item: Item, maximum: number, what: string): void {
  const at = r.offset
  const count = r.u32()
  if (count > maximum) r.fail(`${what} count exceeds limit of ${maximum}`, at)
  r.charge(count)
  for (let left = count; left > 0; left--) defs.push(item(r, r.offset))
  if (!r.done) r.fail('section size mismatch: unexpected data at the end of the section')
}

const coreInstanceItem: Item = (r, at) => ({ kind: 'core-instance', at, instance: decodeCoreInstance(r) })
const coreTypeItem: Item = (r, at) => ({ kind: 'core-type', at, type: decodeCoreType(r) })
const instanceItem: Item = (r, at) => ({ kind: 'instance', at, instance: decodeInstance(r) })
const aliasItem: Item = (r, at) => ({ kind: 'alias', at, alias: decodeAlias(r) })
const typeItem: Item = (r, at) => ({ kind: 'type', at, type: decodeType(r) })
const canonItem: Item = (r, at) => ({ kind: 'canon', at, canon: decodeCanon(r) })

/**
 * `ComponentDef` → bytes, definitions in order, every number as short as can be: decode(encode(x)) equals x up to the
 * offsets (`at`, `end`).
 *
 * Neighbours of one kind share a section, as toolchains write them; `x` cannot tell. Core modules and custom sections
 * are copied as they are. Nothing is validated: any `ComponentDef` has bytes, and only impossible numbers are a bug.
 *
 * @spec Component Definitions
 * @throws BugError for a number that no u32 can hold
 */
import { BUILTINS, type CanonOptDef, type Immediate } from '../model/builtins.ts'
import type {
  BuiltinDef,
  CanonDef,
  ComponentDef,
  CoreInlineExport,
  CoreInstanceDef,
  CoreInstantiateArg,
  Def,
  InlineExport,
  InstanceDef,
  InstantiateArg,
} from '../model/component.ts'
import { assert, unreachable } from '../model/errors.ts'
import { ByteWriter } from './byte-writer.ts'
import {
  encodeAlias,
  encodeCoreSort,
  encodeCoreType,
  encodeExternName,
  encodeExternType,
  encodeResultList,
  encodeSort,
  encodeType,
  encodeValType,
} from './encode-types.ts'

const PREAMBLE = [0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00] as const

const SECTIONS: Readonly<Record<Def['kind'], number>> = {
  'custom': 0,
  'core-module': 1,
  'core-instance': 2,
  'core-type': 3,
  'component': 4,
  'instance': 5,
  'alias': 6,
  'type': 7,
  'canon': 8,
  'start': 9,
  'import': 10,
  'export': 11,
  'value': 12,
}

/** A component being written; nested ones live on a list, not on the JavaScript stack. */
interface OpenComponent {
  readonly defs: readonly Def[]
  readonly out: ByteWriter
  next: number
}

export function encode(component: ComponentDef): Uint8Array {
  const open = [enter(component)]
  for (;;) {
    const current = open.at(-1)
    assert(current !== undefined, 'the outermost component returns')
    const def = current.defs[current.next]
    if (def === undefined) {
      open.pop()
      const parent = open.at(-1)
      if (parent === undefined) return current.out.bytes()
      parent.out.u8(SECTIONS.component)
      parent.out.sized(current.out)
    } else if (def.kind === 'component') {
      current.next++
      open.push(enter(def.component))
    } else encodeSection(current, def)
  }
}

function enter({ defs }: ComponentDef): OpenComponent {
  const out = new ByteWriter()
  for (const byte of PREAMBLE) out.u8(byte)
  return { defs, out, next: 0 }
}

type SectionDef = Exclude<Def, { kind: 'component' }>

/** Writes the section that begins with `first`. */
function encodeSection(current: OpenComponent, first: SectionDef): void {
  const contents = new ByteWriter()
  if (first.kind === 'custom' || first.kind === 'core-module' || first.kind === 'start') {
    current.next++
    encodeDef(contents, first)
  } else {
    const from = current.next
    while (current.defs[current.next]?.kind === first.kind) current.next++
    contents.u32(current.next - from)
    for (let i = from; i < current.next; i++) {
      const def = current.defs[i]
      assert(def !== undefined && def.kind !== 'component', 'of the kind of the first')
      encodeDef(contents, def)
    }
  }
  current.out.u8(SECTIONS[first.kind])
  current.out.sized(contents)
}

function encodeDef(w: ByteWriter, def: SectionDef): void {
  switch (def.kind) {
    case 'custom':
      w.name(def.name)
      w.raw(def.bytes)
      break
    case 'core-module':
      w.raw(def.bytes)
      break
    case 'core-instance':
      encodeCoreInstance(w, def.instance)
      break
    case 'core-type':
      encodeCoreType(w, def.type)
      break
    case 'instance':
      encodeInstance(w, def.instance)
      break
    case 'alias':
      encodeAlias(w, def.alias)
      break
    case 'type':
      encodeType(w, def.type)
      break
    case 'canon':
      encodeCanon(w, def.canon)
      break
    case 'start':
      w.u32(def.func)
      w.vec(def.args, (_, arg) => w.u32(arg))
      w.u32(def.results)
      break
    case 'import':
      encodeExternName(w, def.name)
      encodeExternType(w, def.type)
      break
    case 'export':
      encodeExternName(w, def.name)
      encodeSort(w, def.item.sort)
      w.u32(def.item.index)
      w.u8(def.type === undefined ? 0x00 : 0x01)
      if (def.type !== undefined) encodeExternType(w, def.type)
      break
    case 'value':
      encodeValType(w, def.type)
      w.u32(def.bytes.length)
      w.raw(def.bytes)
      break
    default:
      unreachable(def)
  }
}

function encodeCoreInstance(w: ByteWriter, instance: CoreInstanceDef): void {
  if (instance.kind === 'instantiate') {
    w.u8(0x00)
    w.u32(instance.module)
    w.vec(instance.args, coreArg)
  } else {
    w.u8(0x01)
    w.vec(instance.exports, coreInlineExport)
  }
}

function coreArg(w: ByteWriter, { name, instance }: CoreInstantiateArg): void {
  w.name(name)
  encodeCoreSort(w, 'core-instance')
  w.u32(instance)
}

function coreInlineExport(w: ByteWriter, { name, sort, index }: CoreInlineExport): void {
  w.name(name)
  encodeCoreSort(w, sort)
  w.u32(index)
}

function encodeInstance(w: ByteWriter, instance: InstanceDef): void {
  if (instance.kind === 'instantiate') {
    w.u8(0x00)
    w.u32(instance.component)
    w.vec(instance.args, instantiateArg)
  } else {
    w.u8(0x01)
    w.vec(instance.exports, inlineExport)
  }
}

function instantiateArg(w: ByteWriter, { name, sort, index }: InstantiateArg): void {
  w.name(name)
  encodeSort(w, sort)
  w.u32(index)
}

function inlineExport(w: ByteWriter, { name, sort, index }: InlineExport): void {
  encodeExternName(w, name)
  encodeSort(w, sort)
  w.u32(index)
}

function encodeCanon(w: ByteWriter, canon: CanonDef): void {
  switch (canon.kind) {
    case 'lift':
      w.u8(0x00)
      w.u8(0x00)
      w.u32(canon.core)
      w.vec(canon.opts, canonOpt)
      w.u32(canon.type)
      break
    case 'lower':
      w.u8(0x01)
      w.u8(0x00)
      w.u32(canon.func)
      w.vec(canon.opts, canonOpt)
      break
    case 'builtin': {
      const { opcode, immediates } = BUILTINS[canon.name]
      w.u8(opcode)
      for (const immediate of immediates) encodeImmediate(w, canon, immediate)
      break
    }
    default:
      unreachable(canon)
  }
}

function given<T>(value: T | undefined, { name }: BuiltinDef): T {
  assert(value !== undefined, `\`${name}\` lacks an immediate`)
  return value
}

function encodeImmediate(w: ByteWriter, def: BuiltinDef, immediate: Immediate): void {
  switch (immediate) {
    case 'type':
    case 'memory':
    case 'coreType':
    case 'table':
      w.u32(given(def[immediate], def))
      break
    case 'async':
    case 'cancellable':
    case 'shared':
      w.u8(given(def[immediate], def) ? 1 : 0)
      break
    case 'result':
      encodeResultList(w, given(def.result, def) ?? undefined)
      break
    case 'opts':
      w.vec(given(def.opts, def), canonOpt)
      break
    case 'slot': {
      const slot = given(def.slot, def)
      w.u8(slot.type === 'i32' ? 0x7f : 0x7e)
      w.u32(slot.index)
      break
    }
    default:
      unreachable(immediate)
  }
}

function canonOpt(w: ByteWriter, opt: CanonOptDef): void {
  switch (opt.kind) {
    case 'utf8':
      w.u8(0x00)
      break
    case 'utf16':
      w.u8(0x01)
      break
    case 'latin1+utf16':
      w.u8(0x02)
      break
    case 'memory':
      w.u8(0x03)
      w.u32(opt.memory)
      break
    case 'realloc':
      w.u8(0x04)
      w.u32(opt.func)
      break
    case 'post-return':
      w.u8(0x05)
      w.u32(opt.func)
      break
    case 'async':
      w.u8(0x06)
      break
    case 'callback':
      w.u8(0x07)
      w.u32(opt.func)
      break
    case 'core-type':
      w.u8(0x08)
      w.u32(opt.type)
      break
    case 'gc':
      w.u8(0x09)
      break
    default:
      unreachable(opt)
  }
}

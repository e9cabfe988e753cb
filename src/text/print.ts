/**
 * A decoded component → text that reads back as an equal one: no sugar, every index by number, every definition where
 * it stood. Core modules are printed by `coreText` where it can, else byte by byte.
 */
import { BUILTINS, type CanonOptDef, type Immediate } from '../model/builtins.ts'
import type { BuiltinDef, CanonDef, ComponentDef, CoreInstanceDef, Def, InstanceDef } from '../model/component.ts'
import { unreachable } from '../model/errors.ts'
import { Indices, Printer } from './print-layout.ts'
import { printBytes, printExternName, printRef, printSort, printString } from './print-names.ts'
import { printAlias, printAscription, printCoreType, printExtern, printType, printVal } from './print-types.ts'

/** The fields of a core module, without the parentheses around them; `undefined` if text cannot say what the bytes say. */
export type CoreText = (bytes: Uint8Array) => string | undefined

export function printComponent(component: ComponentDef, coreText: CoreText): string {
  const p = new Printer()
  p.block('(component', ')', () => printDefs(p, component, coreText))
  return p.text
}

function printDefs(p: Printer, component: ComponentDef, coreText: CoreText): void {
  const indices = new Indices()
  for (const def of component.defs) printDef(p, indices, def, coreText)
}

function printDef(p: Printer, indices: Indices, def: Def, coreText: CoreText): void {
  switch (def.kind) {
    case 'core-module':
      printCoreModule(p, indices, def, coreText)
      return
    case 'core-instance':
      printCoreInstance(p, indices, def.instance)
      return
    case 'core-type':
      printCoreType(p, indices, def.type)
      return
    case 'component':
      p.block(`(component ${indices.next('component')}`, ')', () => printDefs(p, def.component, coreText))
      return
    case 'instance':
      printInstance(p, indices, def.instance)
      return
    case 'alias':
      p.line(printAlias(indices, def.alias))
      return
    case 'type':
      printType(p, indices, def.type)
      return
    case 'canon':
      p.line(printCanon(indices, def.canon))
      return
    case 'start': {
      const args = def.args.map((arg) => ` (value ${arg})`)
      const results = Array.from({ length: def.results }, () => ` (result (value ${indices.next('value')}))`)
      p.line(`(start ${def.func}${args.join('')}${results.join('')})`)
      return
    }
    case 'import':
      p.line(`(import ${printExternName(def.name)} ${printExtern(indices, def.type)})`)
      return
    case 'export': {
      const { sort, index } = def.item
      const type = def.type === undefined ? '' : ` ${printAscription(def.type)}`
      p.line(`(export ${indices.next(sort)} ${printExternName(def.name)} ${printRef(sort, index)}${type})`)
      return
    }
    case 'value':
      p.line(`(value ${indices.next('value')} ${printVal(def.type)} (binary ${printBytes(def.bytes)}))`)
      return
    case 'custom':
      p.line(`(@custom ${printString(def.name)} ${printBytes(def.bytes)})`)
      return
    default:
      unreachable(def)
  }
}

const BYTES_PER_LINE = 64

type CoreModuleDef = Extract<Def, { readonly kind: 'core-module' }>

function printCoreModule(p: Printer, indices: Indices, { bytes, type }: CoreModuleDef, coreText: CoreText): void {
  const head = `(core module ${indices.next('core-module')}`
  const text = coreText(bytes)
  if (text !== undefined) {
    p.block(head, ')', () => {
      if (text !== '') p.paragraph(text)
    })
    return
  }
  p.block(`${head} binary`, ')', () => {
    p.line(`;; ${bytes.length} bytes`)
    summary(p, 'imports', [...new Set(type.imports.map(({ module }) => printString(module)))])
    summary(
      p,
      'exports',
      type.exports.map(({ name }) => printString(name)),
    )
    for (let at = 0; at < bytes.length; at += BYTES_PER_LINE) {
      p.line(printBytes(bytes.subarray(at, at + BYTES_PER_LINE)))
    }
  })
}

const NAMES_SHOWN = 12

/** What bytes do not tell a reader. */
function summary(p: Printer, what: string, names: readonly string[]): void {
  if (names.length === 0) return
  const more = names.length > NAMES_SHOWN ? ` and ${names.length - NAMES_SHOWN} more` : ''
  p.line(`;; ${what} ${names.slice(0, NAMES_SHOWN).join(' ')}${more}`)
}

function printCoreInstance(p: Printer, indices: Indices, instance: CoreInstanceDef): void {
  const head = `(core instance ${indices.next('core-instance')}`
  if (instance.kind === 'exports') {
    p.block(head, ')', () => {
      for (const { name, sort, index } of instance.exports) {
        p.line(`(export ${printString(name)} (${sort.slice('core-'.length)} ${index}))`)
      }
    })
    return
  }
  p.block(`${head} (instantiate ${instance.module}`, '))', () => {
    for (const { name, instance: arg } of instance.args) p.line(`(with ${printString(name)} (instance ${arg}))`)
  })
}

function printInstance(p: Printer, indices: Indices, instance: InstanceDef): void {
  const head = `(instance ${indices.next('instance')}`
  if (instance.kind === 'exports') {
    p.block(head, ')', () => {
      for (const { name, sort, index } of instance.exports) {
        p.line(`(export ${printExternName(name)} ${printRef(sort, index)})`)
      }
    })
    return
  }
  p.block(`${head} (instantiate ${instance.component}`, '))', () => {
    for (const { name, sort, index } of instance.args) p.line(`(with ${printString(name)} ${printRef(sort, index)})`)
  })
}

// — Canonical definitions

function printCanon(indices: Indices, canon: CanonDef): string {
  switch (canon.kind) {
    case 'lift': {
      const opts = canon.opts.map(printOpt).join('')
      return `(canon lift (core func ${canon.core})${opts} (func ${indices.next('func')} (type ${canon.type})))`
    }
    case 'lower':
      return `(canon lower (func ${canon.func})${canon.opts.map(printOpt).join('')} ${coreFunc(indices)})`
    case 'builtin':
      return `(canon ${canon.name}${printImmediates(canon)} ${coreFunc(indices)})`
    default:
      return unreachable(canon)
  }
}

const coreFunc = (indices: Indices): string => `(${printSort('core-func')} ${indices.next('core-func')})`

function printOpt(opt: CanonOptDef): string {
  switch (opt.kind) {
    case 'utf8':
    case 'utf16':
    case 'latin1+utf16':
      return ` string-encoding=${opt.kind}`
    case 'async':
    case 'gc':
      return ` ${opt.kind}`
    case 'memory':
      return ` (memory ${opt.memory})`
    case 'core-type':
      return ` (core-type ${opt.type})`
    case 'realloc':
    case 'post-return':
    case 'callback':
      return ` (${opt.kind} (core func ${opt.func}))`
    default:
      return unreachable(opt)
  }
}

function printImmediates(def: BuiltinDef): string {
  const immediates: readonly Immediate[] = BUILTINS[def.name].immediates
  return immediates.map((immediate) => printImmediate(def, immediate)).join('')
}

function printImmediate(def: BuiltinDef, immediate: Immediate): string {
  switch (immediate) {
    case 'type':
      return ` ${def.type}`
    case 'result':
      return def.result === undefined || def.result === null ? '' : ` (result ${printVal(def.result)})`
    case 'opts':
      return (def.opts ?? []).map(printOpt).join('')
    case 'async':
    case 'cancellable':
    case 'shared':
      return def[immediate] === true ? ` ${immediate}` : ''
    case 'memory':
      return ` (memory ${def.memory})`
    case 'coreType':
      return ` ${def.coreType}`
    case 'table':
      return ` ${def.table}`
    case 'slot':
      return ` ${def.slot?.type} ${def.slot?.index}`
    default:
      return unreachable(immediate)
  }
}

/**
 * Component-level types → text. Every type is a definition of its own and every use an index, as in the binary, so that
 * reading the text back gives the same indices.
 */
import type {
  Alias,
  ComponentDecl,
  CoreDefType,
  CoreModuleDecl,
  DefType,
  DefValType,
  ExternTypeDef,
  FuncTypeDef,
  NamedRef,
  ValTypeRef,
} from '../model/component.ts'
import { unreachable } from '../model/errors.ts'
import { printCoreExtern, printSubType } from './print-core-types.ts'
import type { Indices, Printer } from './print-layout.ts'
import { printExternName, printSort, printString } from './print-names.ts'

export const printVal = (type: ValTypeRef): string => String(type)

const optional = (type: ValTypeRef | undefined): string => (type === undefined ? '' : ` ${printVal(type)}`)

const named = (keyword: string, { name, type }: NamedRef<ValTypeRef | undefined>): string =>
  ` (${keyword} ${printString(name)}${optional(type)})`

function printDefVal(type: DefValType): string {
  switch (type.kind) {
    case 'primitive':
      return type.type
    case 'record':
      return `(record${type.fields.map((f) => named('field', f)).join('')})`
    case 'variant':
      return `(variant${type.cases.map((c) => named('case', c)).join('')})`
    case 'list':
      return `(list ${printVal(type.element)}${type.length === undefined ? '' : ` ${type.length}`})`
    case 'map':
      return `(map ${printVal(type.key)} ${printVal(type.value)})`
    case 'tuple':
      return `(tuple${type.elements.map((t) => ` ${printVal(t)}`).join('')})`
    case 'flags':
    case 'enum':
      return `(${type.kind}${type.labels.map((l) => ` ${printString(l)}`).join('')})`
    case 'option':
      return `(option ${printVal(type.some)})`
    case 'result':
      return `(result${optional(type.ok)}${type.err === undefined ? '' : ` (error ${printVal(type.err)})`})`
    case 'own':
    case 'borrow':
      return `(${type.kind} ${type.resource})`
    case 'stream':
    case 'future':
      return `(${type.kind}${optional(type.element)})`
    default:
      return unreachable(type)
  }
}

function printFunc(type: FuncTypeDef): string {
  const params = type.params.map((p) => named('param', p)).join('')
  const result = type.result === undefined ? '' : ` (result ${printVal(type.result)})`
  return `(func${type.async ? ' async' : ''}${params}${result})`
}

/** `(type (;0;) …)`. */
export function printType(p: Printer, indices: Indices, type: DefType): void {
  const head = `(type ${indices.next('type')}`
  switch (type.kind) {
    case 'func':
      p.line(`${head} ${printFunc(type)})`)
      return
    case 'resource': {
      const dtor = type.dtor === undefined ? '' : ` (dtor (core func ${type.dtor}))`
      p.line(`${head} (resource (rep ${type.rep})${dtor}))`)
      return
    }
    case 'component':
    case 'instance':
      p.block(`${head} (${type.kind}`, '))', () => printDecls(p, indices.inner(), type.decls))
      return
    default:
      p.line(`${head} ${printDefVal(type)})`)
  }
}

export function printCoreType(p: Printer, indices: Indices, type: CoreDefType): void {
  if (type.kind === 'module') {
    const head = `(core type ${indices.next('core-type')} (module`
    p.block(head, '))', () => printModuleDecls(p, indices.inner(), type.decls))
    return
  }
  const { explicit, types } = type.group
  const lines = types.map((t) => `type ${indices.next('core-type')} ${printSubType(t)})`)
  if (explicit)
    p.block('(core rec', ')', () => {
      for (const line of lines) p.line(`(${line}`)
    })
  else for (const line of lines) p.line(`(core ${line}`)
}

function printModuleDecls(p: Printer, indices: Indices, decls: readonly CoreModuleDecl[]): void {
  for (const decl of decls) {
    switch (decl.kind) {
      case 'import':
        p.line(`(import ${printString(decl.module)} ${printString(decl.name)} ${printCoreExtern(decl.type)})`)
        break
      case 'export':
        p.line(`(export ${printString(decl.name)} ${printCoreExtern(decl.type)})`)
        break
      case 'outer-type':
        p.line(`(alias outer ${decl.count} ${decl.index} (type ${indices.next('core-type')}))`)
        break
      case 'type': {
        const { explicit, types } = decl.group
        const lines = types.map((t) => `(type ${indices.next('core-type')} ${printSubType(t)})`)
        if (explicit)
          p.block('(rec', ')', () => {
            for (const line of lines) p.line(line)
          })
        else for (const line of lines) p.line(line)
        break
      }
      default:
        unreachable(decl)
    }
  }
}

function printDecls(p: Printer, indices: Indices, decls: readonly ComponentDecl[]): void {
  for (const decl of decls) {
    switch (decl.kind) {
      case 'core-type':
        printCoreType(p, indices, decl.type)
        break
      case 'type':
        printType(p, indices, decl.type)
        break
      case 'alias':
        p.line(printAlias(indices, decl.alias))
        break
      case 'import':
      case 'export':
        p.line(`(${decl.kind} ${printExternName(decl.name)} ${printExtern(indices, decl.type)})`)
        break
      default:
        unreachable(decl)
    }
  }
}

export function printAlias(indices: Indices, alias: Alias): string {
  const item = `(${printSort(alias.sort)} ${indices.next(alias.sort)})`
  switch (alias.kind) {
    case 'export':
      return `(alias export ${alias.instance} ${printString(alias.name)} ${item})`
    case 'core-export':
      return `(alias core export ${alias.instance} ${printString(alias.name)} ${item})`
    case 'outer':
      return `(alias outer ${alias.count} ${alias.index} ${item})`
    default:
      return unreachable(alias)
  }
}

/** The type of an import or declaration; it allots the index. */
export function printExtern(indices: Indices, type: ExternTypeDef): string {
  const sort = type.kind === 'module' ? 'core-module' : type.kind
  return `(${printSort(sort)} ${indices.next(sort)} ${externBody(type)})`
}

/** The ascription of an export; the export itself allots the index. */
export function printAscription(type: ExternTypeDef): string {
  return `(${printSort(type.kind === 'module' ? 'core-module' : type.kind)} ${externBody(type)})`
}

function externBody(type: ExternTypeDef): string {
  switch (type.kind) {
    case 'module':
    case 'func':
    case 'component':
    case 'instance':
      return `(type ${type.type})`
    case 'value':
      return type.bound.kind === 'eq' ? `(eq ${type.bound.index})` : printVal(type.bound.type)
    case 'type':
      return type.bound.kind === 'eq' ? `(eq ${type.bound.type})` : '(sub resource)'
    default:
      return unreachable(type)
  }
}

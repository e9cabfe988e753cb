/** A second opinion on core modules: `@webassemblyjs/wasm-parser`, in the part of its output that concerns types. */
import { createRequire } from 'node:module'

interface Signature {
  readonly params: readonly { readonly valtype: string }[]
  readonly results: readonly string[]
}
interface Limits {
  readonly min: number
  readonly max?: number
  readonly shared?: boolean
}
type Described =
  | { readonly type: 'Func' | 'FuncImportDescr'; readonly signature: Signature }
  | { readonly type: 'Table'; readonly elementType: string; readonly limits: Limits }
  | { readonly type: 'Memory'; readonly limits: Limits }
  | { readonly type: 'GlobalType'; readonly valtype: string; readonly mutability: 'const' | 'var' }
type Field =
  | { readonly type: 'ModuleImport'; readonly module: string; readonly name: string; readonly descr: Described }
  | { readonly type: 'Global'; readonly globalType: Described }
  | {
      readonly type: 'ModuleExport'
      readonly name: string
      readonly descr: { readonly exportType: string; readonly id: { readonly value: number } }
    }
  | { readonly type: 'TypeInstruction' | 'Start' | 'Elem' }
  | Described

type Parser = {
  decode(
    bytes: ArrayBuffer,
    options: Record<'ignoreCodeSection' | 'ignoreDataSection' | 'ignoreCustomNameSection', boolean>,
  ): { readonly body: readonly [{ readonly fields: readonly Field[] }] }
}

/** One line for each import and export: kind, name, type. */
export function opinion(bytes: Uint8Array): string[] {
  const { decode } = createRequire(import.meta.url)('@webassemblyjs/wasm-parser') as Parser
  const ignore = { ignoreCodeSection: true, ignoreDataSection: true, ignoreCustomNameSection: true }
  const lines: string[] = []
  const spaces: Record<string, string[]> = { Func: [], Table: [], Memory: [], Global: [] }
  const define = (item: Described): string => {
    const [space, text] = describe(item)
    spaces[space]?.push(text)
    return text
  }
  for (const field of decode(Uint8Array.from(bytes).buffer, ignore).body[0].fields) {
    switch (field.type) {
      case 'ModuleImport':
        lines.push(`import ${field.module} ${field.name} ${define(field.descr)}`)
        break
      case 'ModuleExport':
        lines.push(`export ${field.name} ${spaces[field.descr.exportType]?.[field.descr.id.value]}`)
        break
      case 'Global':
        define(field.globalType)
        break
      case 'Func':
      case 'Table':
      case 'Memory':
        define(field)
    }
  }
  return lines
}

function describe(item: Described): [string, string] {
  switch (item.type) {
    case 'Func':
    case 'FuncImportDescr': {
      const params = item.signature.params.map(({ valtype }) => valtype)
      return ['Func', `func (${params}) -> (${item.signature.results})`]
    }
    case 'Table':
      return ['Table', `table ${item.elementType === 'anyfunc' ? 'func' : 'extern'} ${range(item.limits)}`]
    case 'Memory':
      return ['Memory', `memory ${range(item.limits)}`]
    case 'GlobalType':
      return ['Global', `global ${item.mutability} ${item.valtype}`]
  }
}

function range({ min, max, shared }: Limits): string {
  return `${min}..${max ?? ''}${shared ? ' shared' : ''}`
}

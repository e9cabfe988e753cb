/** Core item types as WebAssembly text, the way messages and `Extern` show them. */
import type { CoreExternType, CoreLimits, CoreRefType, CoreStorageType, CoreSubType } from '../../model/core-types.ts'

export function coreExternText(type: CoreExternType, types: readonly CoreSubType[]): string {
  switch (type.kind) {
    case 'func':
      return `(func${signature(type.type, types)})`
    case 'tag':
      return `(tag${signature(type.type, types)})`
    case 'table':
      return `(table${address(type.index)} ${limits(type.limits)}${type.shared ? ' shared' : ''} ${coreTypeText(type.element)})`
    case 'memory': {
      const page = type.pageSizeLog2 === undefined ? '' : ` (pagesize ${2 ** type.pageSizeLog2})`
      return `(memory${address(type.index)} ${limits(type.limits)}${type.shared ? ' shared' : ''}${page})`
    }
    case 'global':
      return type.mutable ? `(global (mut ${coreTypeText(type.type)}))` : `(global ${coreTypeText(type.type)})`
  }
}

const address = (index: 'i32' | 'i64'): string => (index === 'i64' ? ' i64' : '')
const limits = ({ min, max }: CoreLimits): string => (max === undefined ? `${min}` : `${min} ${max}`)

export function coreTypeText(type: CoreStorageType): string {
  return typeof type === 'string' ? type : refText(type)
}

function refText({ nullable, heap, shared, exact }: CoreRefType): string {
  if (nullable && !shared && !exact && typeof heap === 'string') return `${heap}ref`
  const name = shared ? `(shared ${heap})` : exact ? `(exact ${heap})` : heap
  return `(ref ${nullable ? 'null ' : ''}${name})`
}

function signature(index: number, types: readonly CoreSubType[]): string {
  const type = types[index]?.type
  if (type?.kind !== 'func') return ` (type ${index})`
  const params = type.params.length === 0 ? '' : ` (param ${type.params.map(coreTypeText).join(' ')})`
  const results = type.results.length === 0 ? '' : ` (result ${type.results.map(coreTypeText).join(' ')})`
  return params + results
}

/**
 * Core types → text. Every piece is one line; the printer of components lays them out.
 */
import type {
  CoreExternType,
  CoreFieldType,
  CoreFuncType,
  CoreLimits,
  CoreRefType,
  CoreStorageType,
  CoreSubType,
} from '../model/core-types.ts'
import { unreachable } from '../model/errors.ts'

function refType(type: CoreRefType): string {
  const plain = String(type.heap)
  const heap = type.exact ? `(exact ${plain})` : type.shared ? `(shared ${plain})` : plain
  return `(ref ${type.nullable ? 'null ' : ''}${heap})`
}

const storage = (type: CoreStorageType): string => (typeof type === 'string' ? type : refType(type))

const field = ({ type, mutable }: CoreFieldType): string => (mutable ? `(mut ${storage(type)})` : storage(type))

const group = (keyword: string, types: readonly CoreStorageType[]): string =>
  types.length === 0 ? '' : ` (${keyword} ${types.map(storage).join(' ')})`

const func = (type: CoreFuncType): string => `(func${group('param', type.params)}${group('result', type.results)})`

function composite({ type }: CoreSubType): string {
  switch (type.kind) {
    case 'func':
      return func(type)
    case 'struct':
      return `(struct${type.fields.map((f) => ` (field ${field(f)})`).join('')})`
    case 'array':
      return `(array ${field(type.element)})`
    case 'cont':
      return `(cont ${type.type})`
    default:
      return unreachable(type)
  }
}

/** What stands between the parentheses after `type`. */
export function printSubType(type: CoreSubType): string {
  const describes = type.describes === undefined ? '' : `(describes ${type.describes}) `
  const descriptor = type.descriptor === undefined ? '' : `(descriptor ${type.descriptor}) `
  const described = describes + descriptor + composite(type)
  const body = type.shared ? `(shared ${described})` : described
  if (type.final && type.supertypes.length === 0) return body
  const words = ['sub', ...(type.final ? ['final'] : []), ...type.supertypes.map(String), body]
  return `(${words.join(' ')})`
}

function limits(index: 'i32' | 'i64', { min, max }: CoreLimits): string {
  return `${index === 'i64' ? 'i64 ' : ''}${min}${max === undefined ? '' : ` ${max}`}`
}

export function printCoreExtern(type: CoreExternType): string {
  switch (type.kind) {
    case 'func':
      return type.exact ? `(func (exact (type ${type.type})))` : `(func (type ${type.type}))`
    case 'tag':
      return `(tag (type ${type.type}))`
    case 'global': {
      const words = [...(type.shared === true ? ['shared'] : []), ...(type.mutable ? ['mut'] : []), storage(type.type)]
      return `(global ${words.length > 1 ? `(${words.join(' ')})` : words.join()})`
    }
    case 'table':
      return `(table ${type.shared ? 'shared ' : ''}${limits(type.index, type.limits)} ${refType(type.element)})`
    case 'memory': {
      const page = type.pageSizeLog2 === undefined ? '' : ` (pagesize ${2n ** BigInt(type.pageSizeLog2)})`
      return `(memory ${limits(type.index, type.limits)}${type.shared ? ' shared' : ''}${page})`
    }
    default:
      return unreachable(type)
  }
}

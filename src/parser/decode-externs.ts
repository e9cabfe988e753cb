/**
 * What imports, exports and aliases say: names with attributes, sorts, types of external items, alias targets.
 *
 * @spec Import and Export Definitions
 * @spec Alias Definitions
 * @throws MalformedError, LimitError
 * @throws InvalidError for an attribute said twice
 */
import { type Alias, type CoreSort, type ExternName, type ExternTypeDef, index, type Sort } from '../model/component.ts'
import { InvalidError } from '../model/errors.ts'
import type { ComponentReader } from './component-reader.ts'
import { decodeTypeIndex, decodeValType } from './decode-valtypes.ts'
import type { ByteReader } from './reader.ts'

/** `nameattributes` */
export function decodeExternName(r: ComponentReader): ExternName {
  const form = r.u8()
  if (form > 0x02) r.badByte(form, 'component name')
  // 0x00 and 0x01 mean the same, for history's sake
  if (form !== 0x02) return { name: r.name() }
  if (!r.attributes) r.fail('the `cm-implements` feature is not active', r.offset - 1)
  const name: { -readonly [K in keyof ExternName]: ExternName[K] } = { name: r.name() }
  for (let left = r.u32(); left > 0; left--) {
    const at = r.offset
    const kind = r.u8()
    const attribute = ATTRIBUTES[kind]
    if (attribute === undefined) return r.badByte(kind, 'name option')
    const [key, keyword] = attribute
    const value = r.name()
    if (name[key] !== undefined) throw new InvalidError(`duplicate '${keyword}' option in name`, at)
    name[key] = value
  }
  return name
}

const ATTRIBUTES = [
  ['implements', 'implements'],
  ['versionSuffix', 'versionsuffix'],
  ['externalId', 'external-id'],
] as const

type ComponentSort = Exclude<Sort, CoreSort>

const SORTS: readonly (ComponentSort | undefined)[] = [undefined, 'func', 'value', 'type', 'component', 'instance']
/** What a core module can export. */
const CORE_SORTS: readonly CoreSort[] = ['core-func', 'core-table', 'core-memory', 'core-global', 'core-tag']
/** The opcodes from 0x10 up. */
const MORE_CORE_SORTS: readonly CoreSort[] = ['core-type', 'core-module', 'core-instance']

/** The bytes of a sort, kept because which sorts may stand here is not known yet. */
interface SortBytes {
  readonly at: number
  readonly first: number
  /** Absent where the first is not the core prefix. */
  readonly second: number | undefined
}

function sortBytes(r: ByteReader): SortBytes {
  const at = r.offset
  const first = r.u8()
  return { at, first, second: first === 0x00 ? r.u8() : undefined }
}

/** Any sort; `undefined` for bytes that are none. */
export function decodeSort(r: ByteReader): Sort | undefined {
  const { first, second } = sortBytes(r)
  return second === undefined ? SORTS[first] : (CORE_SORTS[second] ?? MORE_CORE_SORTS[second - 0x10])
}

type ExternalSort = ComponentSort | 'core-module'

/** A sort that a component can import and export. */
export function decodeExternalSort(r: ByteReader): ExternalSort {
  return externalSort(r, sortBytes(r))
}

function externalSort(r: ByteReader, { at, first, second }: SortBytes): ExternalSort {
  if (second === 0x11) return 'core-module'
  if (second !== undefined) return r.badByte(second, 'component external kind', at + 1)
  return SORTS[first] ?? r.badByte(first, 'component external kind', at)
}

/** A sort that a core module can export. */
export function decodeCoreSort(r: ByteReader): CoreSort {
  const byte = r.u8()
  if (byte === 0x20) r.fail('Exact type is not allowed in the exports')
  return coreExportSort(r, byte, r.offset - 1)
}

function coreExportSort(r: ByteReader, byte: number, at: number): CoreSort {
  return CORE_SORTS[byte] ?? r.badByte(byte, 'external kind', at)
}

export function decodeExternType(r: ByteReader): ExternTypeDef {
  const sort = decodeExternalSort(r)
  switch (sort) {
    case 'core-module':
      return { kind: 'module', type: index(r.u32()) }
    case 'value':
      return { kind: 'value', bound: valueBound(r) }
    case 'type':
      return { kind: 'type', bound: typeBound(r) }
    default:
      return { kind: sort, type: decodeTypeIndex(r) }
  }
}

function valueBound(r: ByteReader): Extract<ExternTypeDef, { kind: 'value' }>['bound'] {
  const byte = r.u8()
  if (byte === 0x00) return { kind: 'eq', index: index(r.u32()) }
  if (byte === 0x01) return { kind: 'type', type: decodeValType(r) }
  return r.badByte(byte, 'value bound')
}

function typeBound(r: ByteReader): Extract<ExternTypeDef, { kind: 'type' }>['bound'] {
  const byte = r.u8()
  if (byte === 0x00) return { kind: 'eq', type: decodeTypeIndex(r) }
  if (byte === 0x01) return { kind: 'sub-resource' }
  return r.badByte(byte, 'type bound')
}

export function decodeAlias(r: ByteReader): Alias {
  const bytes = sortBytes(r)
  const target = r.u8()
  switch (target) {
    case 0x00:
      return { kind: 'export', sort: externalSort(r, bytes), instance: index(r.u32()), name: r.name() }
    case 0x01: {
      if (bytes.second === undefined) return r.badByte(bytes.first, 'core instance export kind', bytes.at)
      const sort = coreExportSort(r, bytes.second, bytes.at)
      return { kind: 'core-export', sort, instance: index(r.u32()), name: r.name() }
    }
    case 0x02:
      return { kind: 'outer', sort: outerSort(r, bytes), count: r.u32(), index: r.u32() }
    default:
      return r.badByte(target, 'alias')
  }
}

function outerSort(r: ByteReader, { at, first, second }: SortBytes): Sort {
  if (second === 0x10) return 'core-type'
  if (second === 0x11) return 'core-module'
  if (second !== undefined) return r.badByte(second, 'component outer alias kind', at + 1)
  if (first === 0x03) return 'type'
  if (first === 0x04) return 'component'
  return r.badByte(first, 'component outer alias kind', at)
}

/**
 * Core types made comparable: types are interned, and a type is then a number (its canonical id), equal if the types
 * are. References inside a canonical type are canonical ids too.
 *
 * In: types as decoded, with a way to follow their indices. Out: ids, their subtype relation and their text.
 * @throws InvalidError for an index out of bounds, a wrong supertype, a gate that is off
 */
import type {
  CoreAbstractHeapType,
  CoreCompositeType,
  CoreFieldType,
  CoreFuncType,
  CoreRefType,
  CoreStorageType,
  CoreSubType,
  CoreValType,
} from '../model/core-types.ts'
import { assert } from '../model/errors.ts'
import type { Validation } from './validation.ts'

/** An index into the interner; equal ids are equal types. */
export type CoreTypeId = number

/** Follows an index of the enclosing module or component: to a canonical id. */
export type Follow = (index: number) => CoreTypeId

/** How long a chain of supertypes may be. */
export const MAX_DEPTH = 63

export class CoreTypes {
  readonly #cx: Validation
  readonly #types: CoreSubType[] = []
  readonly #pieces = new Map<string, CoreTypeId>()

  constructor(cx: Validation) {
    this.#cx = cx
  }

  at(id: CoreTypeId): CoreSubType {
    const type = this.#types[id]
    assert(type !== undefined, `core type ${id} was interned`)
    return type
  }

  func(id: CoreTypeId): CoreFuncType | undefined {
    const { type } = this.at(id)
    return type.kind === 'func' ? type : undefined
  }

  /** The id of a function type made here; what its types refer to, if anything, is canonical already. */
  ofFunc(params: readonly CoreValType[], results: readonly CoreValType[], shared = false): CoreTypeId {
    const type: CoreFuncType = { kind: 'func', params, results }
    return this.#internPiece([{ final: true, shared, supertypes: [], type }], Number.POSITIVE_INFINITY, (id) => id)
  }

  /**
   * Interns types of which the first has index `start`; returns the id of each. Recursion groups are not looked at:
   * types are interned in the smallest runs that no reference leaves forwards. That takes some types for equal that
   * stand in groups of different extent, which the engine then finds out, and needs nobody to know the groups.
   * `checked`: the rules of definition apply (the engine applies them to the types of a module's own).
   */
  intern(types: readonly CoreSubType[], start: number, follow: Follow, checked = false): CoreTypeId[] {
    const ids: CoreTypeId[] = []
    const earlier: Follow = (index) => ids[index - start] ?? follow(index)
    let [from, end] = [0, 0]
    for (const [i, type] of types.entries()) {
      end = Math.max(
        end,
        i,
        ...refsOf(type)
          .map((index) => index - start)
          .filter((place) => place < types.length),
      )
      if (end > i) continue
      const first = this.#internPiece(types.slice(from, i + 1), start + from, earlier, checked)
      for (let id = first; from <= i; from++) ids.push(id++)
    }
    return ids
  }

  #internPiece(piece: readonly CoreSubType[], start: number, follow: Follow, checked = false): CoreTypeId {
    // in the key, a reference within is negative: its place, so that the key does not depend on ids
    const place = (index: number): number | undefined =>
      index >= start && index < start + piece.length ? index - start : undefined
    const local: Follow = (index) => -1 - (place(index) ?? -1 - follow(index))
    const key = piece.map((type) => subText(mapRefs(type, local))).join()
    const known = this.#pieces.get(key)
    if (known !== undefined) return known
    const base = this.#types.length
    this.#pieces.set(key, base)
    const final: Follow = (index) => {
      const inner = place(index)
      return inner === undefined ? follow(index) : base + inner
    }
    for (const type of piece) this.#types.push(mapRefs(type, final))
    if (checked)
      for (const [i, type] of piece.entries())
        if (type.shared || !type.final || !isPlain(type)) this.#cx.rare().checkCoreDefinition(this.#cx, base + i)
    return base
  }

  /** Whether `a` is `b` or was declared, step by step, to be its subtype. */
  isSubtype(a: CoreTypeId, b: CoreTypeId): boolean {
    let id: number | undefined = a
    // bounded, because the engine has not yet said that a module's own types make no endless chain
    for (let depth = 0; depth <= MAX_DEPTH && id !== undefined; depth++, id = this.at(id).supertypes[0]) {
      if (id === b) return true
    }
    return false
  }

  text(id: CoreTypeId): string {
    return compositeText(this.at(id).type)
  }

  /** Effective size, as wasmparser counts. */
  size(id: CoreTypeId): number {
    const { type } = this.at(id)
    switch (type.kind) {
      case 'func':
        return 2 + type.params.length + type.results.length
      case 'struct':
        return 2 + 2 * type.fields.length
      default:
        return 3
    }
  }

  matchesValue(a: CoreStorageType, b: CoreStorageType): boolean {
    if (typeof a === 'string' || typeof b === 'string') return a === b
    return (
      (b.nullable || !a.nullable) && a.shared === b.shared && (!b.exact || a.exact) && this.#matchesHeap(a.heap, b.heap)
    )
  }

  #matchesHeap(a: CoreRefType['heap'], b: CoreRefType['heap']): boolean {
    if (a === b) return true
    if (typeof a === 'number') {
      if (typeof b === 'number') return this.isSubtype(a, b)
      return this.#matchesHeap(this.at(a).type.kind, b)
    }
    if (typeof b === 'number') return BOTTOM[this.at(b).type.kind] === a
    return SUPER[a]?.includes(b) ?? false
  }
}

const BOTTOM = { func: 'nofunc', struct: 'none', array: 'none', cont: 'nocont' } as const

/** Everything above an abstract heap type. */
const SUPER: { readonly [H in CoreAbstractHeapType]?: readonly CoreAbstractHeapType[] } = {
  eq: ['any'],
  i31: ['eq', 'any'],
  struct: ['eq', 'any'],
  array: ['eq', 'any'],
  none: ['i31', 'struct', 'array', 'eq', 'any'],
  nofunc: ['func'],
  noextern: ['extern'],
  noexn: ['exn'],
  nocont: ['cont'],
}

// — References rewritten

export function mapRef(type: CoreValType, follow: Follow): CoreValType
export function mapRef(type: CoreStorageType, follow: Follow): CoreStorageType
export function mapRef(type: CoreStorageType, follow: Follow): CoreStorageType {
  if (typeof type === 'string' || typeof type.heap !== 'number') return type
  return { ...type, heap: follow(type.heap) }
}

function mapRefs(type: CoreSubType, follow: Follow): CoreSubType {
  if (isPlain(type)) return type
  const field = (f: CoreFieldType): CoreFieldType => ({ type: mapRef(f.type, follow), mutable: f.mutable })
  const supertypes = type.supertypes.map(follow)
  const map = (inner: CoreCompositeType): CoreCompositeType => {
    switch (inner.kind) {
      case 'func': {
        const value = (t: CoreValType): CoreValType => mapRef(t, follow)
        return { kind: 'func', params: inner.params.map(value), results: inner.results.map(value) }
      }
      case 'struct':
        return { kind: 'struct', fields: inner.fields.map(field) }
      case 'array':
        return { kind: 'array', element: field(inner.element) }
      case 'cont':
        return { kind: 'cont', type: follow(inner.type) }
    }
  }
  return { final: type.final, shared: type.shared, supertypes, type: map(type.type) }
}

/** Whether it is a function of numbers, as nearly all are, and so mentions no type. */
function isPlain({ supertypes, type }: CoreSubType): boolean {
  if (type.kind !== 'func' || supertypes.length > 0) return false
  for (const param of type.params) if (typeof param === 'object') return false
  for (const result of type.results) if (typeof result === 'object') return false
  return true
}

/** The indices a type mentions. */
export function refsOf(type: CoreSubType): readonly number[] {
  const found: number[] = []
  if (isPlain(type)) return found
  mapRefs(type, (index) => {
    found.push(index)
    return index
  })
  return found
}

// — Text: for messages, and as keys

const SHORT: { readonly [H in CoreAbstractHeapType]?: string } = {
  none: 'nullref',
  nofunc: 'nullfuncref',
  noextern: 'nullexternref',
  noexn: 'nullexnref',
  nocont: 'nullcontref',
}

export function coreText(type: CoreStorageType): string {
  if (typeof type === 'string') return type
  const { heap, nullable, shared, exact } = type
  if (nullable && !shared && typeof heap === 'string') return SHORT[heap] ?? `${heap}ref`
  const inner = exact ? `(exact ${heap})` : `${heap}`
  return `(ref ${nullable ? 'null ' : ''}${shared ? `(shared ${inner})` : inner})`
}

const group = (keyword: string, types: readonly CoreValType[]): string =>
  types.length === 0 ? '' : ` (${keyword} ${types.map(coreText).join(' ')})`

const fieldText = ({ type, mutable }: CoreFieldType): string => (mutable ? `(mut ${coreText(type)})` : coreText(type))

function compositeText(type: CoreCompositeType): string {
  switch (type.kind) {
    case 'func':
      return `(func${group('param', type.params)}${group('result', type.results)})`
    case 'struct':
      return `(struct${type.fields.map((field) => ` (field ${fieldText(field)})`).join('')})`
    case 'array':
      return `(array ${fieldText(type.element)})`
    case 'cont':
      return `(cont ${type.type})`
  }
}

const subText = ({ final, shared, supertypes, type }: CoreSubType): string =>
  `${final ? '' : 'open '}${shared ? 'shared ' : ''}${supertypes.join(' ')}${compositeText(type)}`

/**
 * Lays types out. Types come in validated; layouts are made once and shared by all instances of a component. Huge
 * fixed-length lists are never expanded.
 *
 * @spec Despecialization
 * @spec Type Predicates
 * @spec Alignment
 * @spec Element Size
 * @spec Flattening
 */
import { assert, unreachable } from '../model/errors.ts'
import { MAX_FLAT_ASYNC_PARAMS, MAX_FLAT_PARAMS, MAX_FLAT_RESULTS } from '../model/limits.ts'
import type { PlanResource, PointerType } from '../model/plan.ts'
import type { FuncType, Named, ResourceType, ValType } from '../model/types.ts'
import {
  arrayOf,
  type DiscriminantSize,
  type FlatType,
  isNumber,
  type Layout,
  type LayoutBase,
  SCALARS,
  type Signature,
  type SignatureOptions,
  type TupleLayout,
} from './layout.ts'
import { propertyKeys } from './property-keys.ts'
import { recordMaker } from './record.ts'

/** Measured on V8: what one value takes on the heap, slot in its container included; rounded up. */
const COST = { slot: 16, number: 24, bigint: 48, object: 64, collection: 256 } as const

/** Objects with many properties become hash tables. */
function costOfObject(properties: number): number {
  return COST.object + (properties > 16 ? 64 * properties : 0)
}

export function alignTo(ptr: number, alignment: number): number {
  return Math.ceil(ptr / alignment) * alignment
}

function join(a: FlatType, b: FlatType): FlatType {
  if (a === b) return a
  if ((a === 'i32' && b === 'f32') || (a === 'f32' && b === 'i32')) return 'i32'
  return 'i64'
}

function concatFlat(parts: readonly Layout[]): readonly FlatType[] | undefined {
  const flat: FlatType[] = []
  for (const { flat: part } of parts) {
    if (part === undefined || flat.length + part.length > MAX_FLAT_PARAMS) return undefined
    flat.push(...part)
  }
  return flat
}

function flattenVariant(cases: readonly (Layout | undefined)[]): readonly FlatType[] | undefined {
  const flat: FlatType[] = ['i32']
  for (const c of cases) {
    if (c === undefined) continue
    if (c.flat === undefined) return undefined
    c.flat.forEach((t, i) => {
      const joined = flat[i + 1]
      flat[i + 1] = joined === undefined ? t : join(joined, t)
    })
  }
  return flat.length > MAX_FLAT_PARAMS ? undefined : flat
}

function discriminantSize(cases: number): DiscriminantSize {
  return cases <= 1 << 8 ? 1 : cases <= 1 << 16 ? 2 : 4
}

function isPlanResource(resource: ResourceType): resource is PlanResource {
  return 'slot' in resource
}

const sum = (parts: readonly Layout[]): number => parts.reduce((total, p) => total + p.cost, 0)
const any = (parts: readonly (Layout | undefined)[], flag: 'hasBorrow' | 'hasAsyncValue'): boolean =>
  parts.some((p) => p?.[flag] === true)

/** Memo of layouts; one per compiled component. */
export class Layouts {
  /** By type; primitive types, which have nothing but their kind, by that. */
  readonly #layouts = { i32: new Map<ValType | string, Layout>(), i64: new Map<ValType | string, Layout>() }
  readonly #signatures = new Map<FuncType, Map<string, Signature>>()

  of(type: ValType, ptr: PointerType): Layout {
    const key = type.kind in SCALARS || type.kind === 'string' ? type.kind : type
    const known = this.#layouts[ptr].get(key)
    if (known !== undefined) return known
    const layout = this.#lay(type, ptr)
    this.#layouts[ptr].set(key, layout)
    return layout
  }

  signature(type: FuncType, opts: SignatureOptions, context: 'lift' | 'lower'): Signature {
    const known = this.#signatures.get(type) ?? new Map<string, Signature>()
    this.#signatures.set(type, known)
    const key = `${context} ${opts.ptr} ${opts.async} ${opts.callback !== undefined}`
    const signature = known.get(key) ?? this.#flatten(type, opts, context)
    known.set(key, signature)
    return signature
  }

  #lay(type: ValType, ptr: PointerType): Layout {
    const word = ptr === 'i32' ? 4 : 8
    switch (type.kind) {
      case 'bool':
      case 's8':
      case 'u8':
      case 's16':
      case 'u16':
      case 's32':
      case 'u32':
      case 's64':
      case 'u64':
      case 'f32':
      case 'f64':
      case 'char': {
        const { size, flat } = SCALARS[type.kind]
        const cost =
          flat === 'i64' ? COST.bigint : type.kind === 'char' ? COST.object : size < 4 ? COST.slot : COST.number
        return { ...plain(type, size, [flat], cost), kind: type.kind }
      }
      case 'string':
        return { ...plain(type, word, [ptr, ptr], COST.object), size: 2 * word, kind: 'string' }
      case 'error-context':
        return { ...plain(type, 4, ['i32'], COST.slot), kind: 'error-context' }
      case 'list':
        return this.#layList(type, ptr, word)
      case 'map': {
        const key = this.of(type.key, ptr)
        const value = this.of(type.value, ptr)
        const element = this.of({ kind: 'tuple', elements: [type.key, type.value] }, ptr)
        return {
          ...plain(type, word, [ptr, ptr], COST.collection),
          size: 2 * word,
          ...flags([element]),
          kind: 'map',
          key,
          value,
          element,
        }
      }
      case 'record': {
        const keys = propertyKeys(type.fields.map((f) => f.name))
        const parts = type.fields.map((f) => this.of(f.type, ptr))
        const { base, offsets } = sequence(type, parts)
        const fields = type.fields.map((f, i) => ({
          name: f.name,
          key: at(keys, i),
          inherited: at(keys, i) in Object.prototype,
          layout: at(parts, i),
          offset: at(offsets, i),
        }))
        return { ...base, kind: 'record', fields, make: recordMaker(keys) }
      }
      case 'tuple': {
        const parts = type.elements.map((t) => this.of(t, ptr))
        const { base, offsets } = sequence(type, parts)
        return { ...base, kind: 'tuple', elements: parts.map((layout, i) => ({ layout, offset: at(offsets, i) })) }
      }
      case 'variant': {
        const cases = type.cases.map((c) => ({
          name: c.name,
          layout: c.type === undefined ? undefined : this.of(c.type, ptr),
        }))
        const { base, discriminant, payloadOffset } = choice(
          type,
          cases.map((c) => c.layout),
        )
        return { ...base, kind: 'variant', cases, index: indexOf(type.cases), discriminant, payloadOffset }
      }
      case 'enum': {
        const { base, discriminant } = choice(
          type,
          type.labels.map(() => undefined),
        )
        const index = new Map(type.labels.map((label, i) => [label, i]))
        return { ...base, cost: COST.slot, kind: 'enum', labels: type.labels, index, discriminant }
      }
      case 'flags': {
        const n = type.labels.length
        const keys = propertyKeys(type.labels)
        const cost = costOfObject(n) + COST.slot * n
        return {
          ...plain(type, n <= 8 ? 1 : n <= 16 ? 2 : 4, ['i32'], cost),
          kind: 'flags',
          labels: type.labels,
          keys,
          make: recordMaker(keys),
        }
      }
      case 'option': {
        const some = this.of(type.some, ptr)
        const { base, payloadOffset } = choice(type, [undefined, some])
        const boxed = some.kind === 'option' && !some.boxed
        return { ...base, kind: 'option', some, boxed, payloadOffset }
      }
      case 'result': {
        const ok = type.ok === undefined ? undefined : this.of(type.ok, ptr)
        const err = type.err === undefined ? undefined : this.of(type.err, ptr)
        const { base, payloadOffset } = choice(type, [ok, err])
        return { ...base, kind: 'result', ok, err, payloadOffset }
      }
      case 'own':
      case 'borrow': {
        assert(isPlanResource(type.resource), 'a resource in a planned type has a slot')
        return {
          ...plain(type, 4, ['i32'], COST.object),
          hasBorrow: type.kind === 'borrow',
          kind: type.kind,
          resource: type.resource,
        }
      }
      case 'stream':
      case 'future': {
        const element = type.element === undefined ? undefined : this.of(type.element, ptr)
        return { ...plain(type, 4, ['i32'], COST.object), hasAsyncValue: true, kind: type.kind, element }
      }
      default:
        return unreachable(type)
    }
  }

  #layList(type: ValType & { readonly kind: 'list' }, ptr: PointerType, word: number): Layout {
    const element = this.of(type.element, ptr)
    const { length } = type
    if (length === undefined) {
      const array = arrayOf(type.element)
      return {
        ...plain(type, word, [ptr, ptr], array === undefined ? COST.object : COST.collection),
        size: 2 * word,
        ...flags([element]),
        kind: 'list',
        element,
        length,
        array,
      }
    }
    const few = element.flat !== undefined && element.flat.length * length <= MAX_FLAT_PARAMS
    const flat = few ? concatFlat(new Array<Layout>(length).fill(element)) : undefined
    return {
      type,
      size: length * element.size,
      align: element.align,
      flat,
      cost: COST.object,
      ...flags([element]),
      kind: 'list',
      element,
      length,
      array: undefined,
    }
  }

  #flatten(type: FuncType, opts: SignatureOptions, context: 'lift' | 'lower'): Signature {
    const params = type.params.map((p) => this.of(p.type, opts.ptr))
    const result = type.result === undefined ? undefined : this.of(type.result, opts.ptr)
    const maxParams = opts.async && context === 'lower' ? MAX_FLAT_ASYNC_PARAMS : MAX_FLAT_PARAMS
    const maxResults = opts.async && context === 'lower' ? 0 : MAX_FLAT_RESULTS

    const flatParams = concatFlat(params)
    const spillParams = flatParams === undefined || flatParams.length > maxParams
    const core: FlatType[] = spillParams ? [opts.ptr] : [...flatParams]
    const flatResult = result === undefined ? [] : result.flat
    const spillResult = flatResult === undefined || flatResult.length > maxResults
    let results: readonly FlatType[]
    if (context === 'lower') {
      if (spillResult) core.push(opts.ptr)
      results = opts.async ? ['i32'] : spillResult ? [] : flatResult
    } else {
      results = opts.async ? (opts.callback !== undefined ? ['i32'] : []) : spillResult ? [opts.ptr] : flatResult
    }

    const tuple = (parts: readonly ValType[]): TupleLayout => {
      const layout = this.#lay({ kind: 'tuple', elements: parts }, opts.ptr)
      assert(layout.kind === 'tuple', 'a tuple type has a tuple layout')
      return layout
    }
    return {
      type,
      params,
      result,
      spilledParams: spillParams ? tuple(type.params.map((p) => p.type)) : undefined,
      spilledResult: spillResult && type.result !== undefined ? tuple([type.result]) : undefined,
      core: { params: core, results },
      scalar: !opts.async && !spillParams && [...params, ...(result ? [result] : [])].every(isNumber),
      hasBorrow: any(params, 'hasBorrow'),
      hasAsyncValue: any([...params, result], 'hasAsyncValue'),
    }
  }
}

/** For parallel arrays of one length. */
function at<T>(items: readonly T[], i: number): T {
  const item = items[i]
  assert(item !== undefined, 'parallel arrays have one length')
  return item
}

function indexOf(cases: readonly Named<unknown>[]): ReadonlyMap<string, number> {
  return new Map(cases.map((c, i) => [c.name, i]))
}

function flags(parts: readonly (Layout | undefined)[]): Pick<LayoutBase, 'hasBorrow' | 'hasAsyncValue'> {
  return { hasBorrow: any(parts, 'hasBorrow'), hasAsyncValue: any(parts, 'hasAsyncValue') }
}

function plain(type: ValType, size: number, flat: readonly FlatType[], cost: number): LayoutBase {
  return { type, size, align: size, flat, cost, hasBorrow: false, hasAsyncValue: false }
}

function sequence(type: ValType, parts: readonly Layout[]): { base: LayoutBase; offsets: number[] } {
  let size = 0
  let align = 1
  const offsets = parts.map((part) => {
    const offset = alignTo(size, part.align)
    size = offset + part.size
    align = Math.max(align, part.align)
    return offset
  })
  const base = {
    type,
    size: alignTo(size, align),
    align,
    flat: concatFlat(parts),
    cost: costOfObject(parts.length) + sum(parts),
    ...flags(parts),
  }
  return { base, offsets }
}

function choice(
  type: ValType,
  cases: readonly (Layout | undefined)[],
): { base: LayoutBase; discriminant: DiscriminantSize; payloadOffset: number } {
  const discriminant = discriminantSize(cases.length)
  let payloadAlign = 1
  let payloadSize = 0
  let cost = 0
  for (const c of cases) {
    if (c === undefined) continue
    payloadAlign = Math.max(payloadAlign, c.align)
    payloadSize = Math.max(payloadSize, c.size)
    cost = Math.max(cost, c.cost)
  }
  const align = Math.max(discriminant, payloadAlign)
  const payloadOffset = alignTo(discriminant, payloadAlign)
  const base = {
    type,
    size: alignTo(payloadOffset + payloadSize, align),
    align,
    flat: flattenVariant(cases),
    cost: COST.object + cost,
    ...flags(cases),
  }
  return { base, discriminant, payloadOffset }
}

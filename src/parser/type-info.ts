/**
 * What a value type amounts to: effective size and depth (bounded), whether it holds borrows or pointers, its size in
 * memory by 64-bit layout, which no type may take past 2^28, and its flat form.
 *
 * Computed once per type object from its parts, so linear however often a type is used. The effective size counts a
 * part as often as it is mentioned: it bounds what any later walk without a memo could cost.
 *
 * @spec Element Size
 * @spec Flattening
 */
import { MAX_FLAT_PARAMS, MAX_VALUE_BYTE_SIZE } from '../model/limits.ts'
import type { FuncType, ValType } from '../model/types.ts'
import { partsOf } from '../model/val-types.ts'
import type { AnyType, Entity, Extent, ModuleType } from './static-types.ts'
import { eachFuncPart } from './type-parts.ts'
import type { Validation } from './validation.ts'

/**
 * A letter per core type: `i` i32, `l` i64, `f` f32, `d` f64, `p` whichever a pointer is; `undefined`: more than are
 * ever passed flat.
 */
export type Flat = string | undefined

export interface TypeInfo {
  readonly size: number
  readonly depth: number
  readonly borrow: boolean
  /** Whether lowering it may need `memory`, lifting it `realloc`. */
  readonly pointers: boolean
  readonly bytes: number
  readonly align: number
  readonly flat: Flat
}

/** @throws InvalidError when a bound is passed; only where the type is first defined, since parts are known good */
export function infoOf(cx: Validation, type: ValType | FuncType): TypeInfo {
  // of these there are as many as there are mentions, and nothing about them is worth remembering
  if (type.kind === 'own' || type.kind === 'borrow') {
    cx.checkDepth(1)
    return HANDLES[type.kind]
  }
  let info = cx.infos.get(type)
  if (info === undefined) {
    info = type.kind === 'func' ? funcInfo(cx, type) : valInfo(cx, type)
    cx.infos.set(type, info)
  }
  return info
}

const OWN: TypeInfo = { size: 1, depth: 1, borrow: false, pointers: false, bytes: 4, align: 4, flat: 'i' }
const HANDLES = { own: OWN, borrow: { ...OWN, borrow: true } }

function funcInfo(cx: Validation, type: FuncType): TypeInfo {
  let size = 1
  eachFuncPart(type, (part) => {
    size = cx.addSizes(size, infoOf(cx, part).size)
  })
  return { size, depth: 1, borrow: false, pointers: false, bytes: 0, align: 1, flat: '' }
}

function valInfo(cx: Validation, type: ValType): TypeInfo {
  let [size, depth, borrow, pointers] = [1, 1, type.kind === 'borrow', false]
  // of the parts: one after the other, and one over the other
  let [end, widest, align] = [0, 0, 1]
  let [row, stack]: [Flat, Flat] = ['', '']
  const cases = caseCount(type)
  for (const part of partsOf(type)) {
    if (part === undefined) continue
    const info = infoOf(cx, part)
    size = cx.addSizes(size, info.size)
    depth = Math.max(depth, info.depth + 1)
    borrow ||= info.borrow
    pointers ||= info.pointers
    end = alignTo(end, info.align) + info.bytes
    widest = Math.max(widest, info.bytes)
    align = Math.max(align, info.align)
    if (cases > 0) stack = overlay(stack, info.flat)
    else row = concat(row, info.flat)
  }
  cx.checkDepth(depth)
  const { kind } = type
  let [bytes, flat] = [alignTo(end, align), row]
  if (kind === 'list' && type.length !== undefined) {
    bytes *= type.length
    flat = row === undefined || row.length * type.length > MAX_FLAT_PARAMS ? undefined : row.repeat(type.length)
  } else if (cases > 0) {
    const tag = cases <= 0x100 ? 1 : cases <= 0x1_0000 ? 2 : 4
    bytes = alignTo(tag, align) + widest
    align = Math.max(align, tag)
    bytes = alignTo(bytes, align)
    flat = concat('i', stack)
  } else if (kind === 'flags') {
    const { length } = type.labels
    bytes = align = length <= 8 ? 1 : length <= 16 ? 2 : 4
    flat = 'i'
  } else if (kind !== 'record' && kind !== 'tuple') {
    // of these, parts are elsewhere: behind a pointer or a handle
    flat = FLAT[kind] ?? 'i'
    pointers = flat === 'pp'
    align = flat === 'i' ? (NARROW[kind] ?? 4) : flat === 'f' ? 4 : 8
    bytes = pointers ? 16 : align
  }
  if (bytes >= MAX_VALUE_BYTE_SIZE) cx.fail(`value type exceeds maximum byte size of ${MAX_VALUE_BYTE_SIZE - 1}`)
  return { size, depth, borrow, pointers, bytes, align, flat }
}

const alignTo = (n: number, align: number): number => Math.ceil(n / align) * align

/** What is not here is one `i32`. */
const FLAT: { readonly [K in ValType['kind']]?: string } = {
  s64: 'l',
  u64: 'l',
  f32: 'f',
  f64: 'd',
  string: 'pp',
  list: 'pp',
  map: 'pp',
}

/** Bytes, where they are not the four of an `i32`. */
const NARROW: { readonly [K in ValType['kind']]?: number } = { bool: 1, s8: 1, u8: 1, s16: 2, u16: 2 }

/** Of a type that is one of several; else none. */
function caseCount(type: ValType): number {
  switch (type.kind) {
    case 'variant':
      return type.cases.length
    case 'enum':
      return type.labels.length
    case 'option':
    case 'result':
      return 2
    default:
      return 0
  }
}

export const concat = (a: Flat, b: Flat, max = MAX_FLAT_PARAMS): Flat =>
  a === undefined || b === undefined || a.length + b.length > max ? undefined : a + b

/** Core types that can hold either, place by place. */
function overlay(a: Flat, b: Flat): Flat {
  if (a === undefined || b === undefined) return undefined
  const [long, short] = a.length > b.length ? [a, b] : [b, a]
  let joined = ''
  for (let i = 0; i < short.length; i++) joined += join(long.charAt(i), short.charAt(i))
  return joined + long.slice(short.length)
}

/** A pointer takes what 32 bits hold, whichever size it has. */
function join(a: string, b: string): string {
  if (a === b) return a
  const narrow = a !== 'd' && a !== 'l' && b !== 'd' && b !== 'l'
  return !narrow ? 'l' : a === 'p' || b === 'p' ? 'p' : 'i'
}

/** The extent of an instance or component type, grown item by item. */
export class Tally implements Extent {
  readonly #cx: Validation
  size = 1
  levels = 1

  constructor(cx: Validation) {
    this.#cx = cx
  }

  add(entity: Entity): void {
    const { size, levels } = this.#extentOf(entity.kind === 'type' ? entity.of : entity.type)
    this.size = this.#cx.addSizes(this.size, size)
    this.levels = Math.max(this.levels, levels + 1)
    this.#cx.checkDepth(this.levels)
  }

  done(): Extent {
    return { size: this.size, levels: this.levels }
  }

  #extentOf(type: AnyType | ModuleType): Extent {
    switch (type.kind) {
      case 'resource':
        return { size: 1, levels: 0 }
      case 'module':
        return { size: type.size, levels: 0 }
      case 'instance':
      case 'component':
        return type.extent
      default:
        return { size: infoOf(this.#cx, type).size, levels: 0 }
    }
  }
}

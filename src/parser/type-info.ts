/**
 * What a value type amounts to: effective size and depth (bounded), whether it holds borrows or pointers, and its
 * size in memory by 64-bit layout, which no type may take past 2^28.
 *
 * Computed once per type object from its parts, so linear however often a type is used. The effective size counts a
 * part as often as it is mentioned: it bounds what any later walk without a memo could cost.
 *
 * @spec Element Size
 */
import { unreachable } from '../model/errors.ts'
import { MAX_VALUE_BYTE_SIZE } from '../model/limits.ts'
import type { FuncType, ValType } from '../model/types.ts'
import type { AnyType, Entity, Extent, ModuleType } from './static-types.ts'
import { eachFuncPart, eachPart } from './type-parts.ts'
import type { Validation } from './validation.ts'

export interface TypeInfo {
  readonly size: number
  readonly depth: number
  readonly borrow: boolean
  /** Whether lowering it may need `memory`, lifting it `realloc`. */
  readonly pointers: boolean
  readonly bytes: number
  readonly align: number
}

/** @throws InvalidError when a bound is passed; only where the type is first defined, since parts are known good */
export function infoOf(cx: Validation, type: ValType | FuncType): TypeInfo {
  let info = cx.infos.get(type)
  if (info === undefined) {
    info = type.kind === 'func' ? funcInfo(cx, type) : valInfo(cx, type)
    cx.infos.set(type, info)
  }
  return info
}

function funcInfo(cx: Validation, type: FuncType): TypeInfo {
  let size = 1
  eachFuncPart(type, (part) => {
    size = cx.addSizes(size, infoOf(cx, part).size)
  })
  return { size, depth: 1, borrow: false, pointers: false, bytes: 0, align: 1 }
}

function valInfo(cx: Validation, type: ValType): TypeInfo {
  let [size, depth, borrow, pointers] = [1, 1, type.kind === 'borrow', false]
  eachPart(
    type,
    (part) => {
      const info = infoOf(cx, part)
      size = cx.addSizes(size, info.size)
      depth = Math.max(depth, info.depth + 1)
      borrow ||= info.borrow
      pointers ||= info.pointers
    },
    () => {},
  )
  if (type.kind === 'stream' || type.kind === 'future') pointers = false
  if (type.kind === 'string' || type.kind === 'map') pointers = true
  if (type.kind === 'list' && type.length === undefined) pointers = true
  cx.checkDepth(depth)
  const [bytes, align] = layout(cx, type)
  if (bytes >= MAX_VALUE_BYTE_SIZE) cx.fail(`value type exceeds maximum byte size of ${MAX_VALUE_BYTE_SIZE - 1}`)
  return { size, depth, borrow, pointers, bytes, align }
}

type Layout = readonly [bytes: number, align: number]

const alignTo = (n: number, align: number): number => Math.ceil(n / align) * align

/** Bytes of the number that tells `n` cases apart. */
const discriminant = (n: number): number => (n <= 0x100 ? 1 : n <= 0x1_0000 ? 2 : 4)

function layout(cx: Validation, type: ValType): Layout {
  const of = (part: ValType): Layout => {
    const { bytes, align } = infoOf(cx, part)
    return [bytes, align]
  }
  const product = (parts: readonly ValType[]): Layout => {
    let [end, max] = [0, 1]
    for (const part of parts) {
      const [bytes, align] = of(part)
      end = alignTo(end, align) + bytes
      max = Math.max(max, align)
    }
    return [alignTo(end, max), max]
  }
  const sum = (cases: readonly (ValType | undefined)[]): Layout => {
    const tag = discriminant(cases.length)
    let [payload, max] = [0, 1]
    for (const part of cases) {
      if (part === undefined) continue
      const [bytes, align] = of(part)
      payload = Math.max(payload, bytes)
      max = Math.max(max, align)
    }
    const align = Math.max(tag, max)
    return [alignTo(alignTo(tag, max) + payload, align), align]
  }
  switch (type.kind) {
    case 'bool':
    case 's8':
    case 'u8':
      return [1, 1]
    case 's16':
    case 'u16':
      return [2, 2]
    case 's64':
    case 'u64':
    case 'f64':
      return [8, 8]
    case 's32':
    case 'u32':
    case 'f32':
    case 'char':
    case 'error-context':
    case 'own':
    case 'borrow':
    case 'stream':
    case 'future':
      return [4, 4]
    case 'string':
    case 'map':
      return [16, 8]
    case 'list': {
      if (type.length === undefined) return [16, 8]
      const [bytes, align] = of(type.element)
      return [bytes * type.length, align]
    }
    case 'record':
      return product(type.fields.map((field) => field.type))
    case 'tuple':
      return product(type.elements)
    case 'variant':
      return sum(type.cases.map((one) => one.type))
    case 'option':
      return sum([undefined, type.some])
    case 'result':
      return sum([type.ok, type.err])
    case 'enum': {
      const bytes = discriminant(type.labels.length)
      return [bytes, bytes]
    }
    case 'flags': {
      const n = type.labels.length
      const bytes = n <= 8 ? 1 : n <= 16 ? 2 : 4
      return [bytes, bytes]
    }
    default:
      return unreachable(type)
  }
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

/**
 * Core signatures of component functions, as validation needs them: flat types up to the number that is passed flat.
 *
 * Flattening a type gives its core types, or `undefined` beyond 16; each type object is flattened once per pointer
 * type, and a fixed-length list is never expanded past that bound.
 *
 * @spec Flattening
 */
import type { CoreNumType } from '../model/core-types.ts'
import { MAX_FLAT_PARAMS } from '../model/limits.ts'
import type { PointerType } from '../model/plan.ts'
import type { ValType } from '../model/types.ts'

type Flat = readonly CoreNumType[] | undefined

export class Flattener {
  readonly ptr: PointerType
  readonly #known = new Map<ValType, Flat>()

  constructor(ptr: PointerType) {
    this.ptr = ptr
  }

  /** All of them, unless there are more than `max`. */
  all(types: readonly ValType[], max: number): Flat {
    const result: CoreNumType[] = []
    for (const type of types) {
      const flat = this.#flat(type)
      if (flat === undefined || result.length + flat.length > max) return undefined
      result.push(...flat)
    }
    return result
  }

  #flat(type: ValType): Flat {
    if (this.#known.has(type)) return this.#known.get(type)
    const flat = this.#flatten(type)
    this.#known.set(type, flat)
    return flat
  }

  #flatten(type: ValType): Flat {
    switch (type.kind) {
      case 's64':
      case 'u64':
        return ['i64']
      case 'f32':
      case 'f64':
        return [type.kind]
      case 'string':
      case 'map':
        return [this.ptr, this.ptr]
      case 'list': {
        if (type.length === undefined) return [this.ptr, this.ptr]
        const one = this.#flat(type.element)
        if (one === undefined || one.length * type.length > MAX_FLAT_PARAMS) return undefined
        return Array.from({ length: type.length }, () => one).flat()
      }
      case 'record':
        return this.all(
          type.fields.map((field) => field.type),
          MAX_FLAT_PARAMS,
        )
      case 'tuple':
        return this.all(type.elements, MAX_FLAT_PARAMS)
      case 'variant':
        return this.#variant(type.cases.map((one) => one.type))
      case 'option':
        return this.#variant([type.some])
      case 'result':
        return this.#variant([type.ok, type.err])
      default:
        return ['i32']
    }
  }

  #variant(cases: readonly (ValType | undefined)[]): Flat {
    const result: CoreNumType[] = ['i32']
    for (const one of cases) {
      if (one === undefined) continue
      const flat = this.#flat(one)
      if (flat === undefined || flat.length >= MAX_FLAT_PARAMS) return undefined
      for (const [i, type] of flat.entries()) {
        const held = result[i + 1]
        result[i + 1] = held === undefined ? type : join(held, type)
      }
    }
    return result
  }
}

/** One core type that can hold either. */
function join(a: CoreNumType, b: CoreNumType): CoreNumType {
  if (a === b) return a
  return (a === 'i32' && b === 'f32') || (a === 'f32' && b === 'i32') ? 'i32' : 'i64'
}

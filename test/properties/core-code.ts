/**
 * Core modules of echoing guests, byte by byte: `libc` owns memory and the allocator, an echo gives back what it got, a
 * relay asks an imported function. Their memory is filled with garbage wherever it is handed out, so that whatever the
 * runtime forgets to write shows.
 */
import type { ValType } from '../../src/model/types.ts'
import { bytes, coreModule, leb, type Part, section } from '../parser/bytes.ts'
import {
  alignOf,
  casesOf,
  discriminantBytes,
  type Flat,
  flagBytes,
  flatten,
  isPointerPair,
  numberOf,
  offsetsOf,
  partsOf,
  payloadOffset,
  sizeOf,
} from './layout.ts'

const TYPES: Readonly<Record<Flat, number>> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c }
const EXPORT = { func: 0, memory: 2 } as const
const HEAP = 64

const vec = (items: readonly Part[]): Part => [leb(items.length), ...items]
const funcType = (params: readonly Flat[], results: readonly Flat[]): Part => [
  0x60,
  vec(params.map((t) => TYPES[t])),
  vec(results.map((t) => TYPES[t])),
]
const body = (locals: Part, ...code: readonly Part[]): Part => {
  const all = bytes(locals, ...code, 0x0b)
  return [leb(all.length), all]
}
const NO_LOCALS = 0

function sleb(value: number): number[] {
  const out: number[] = []
  for (let rest = value | 0; ; rest >>= 7) {
    const byte = rest & 0x7f
    if ((rest >> 7 === 0 && (byte & 0x40) === 0) || (rest >> 7 === -1 && (byte & 0x40) !== 0)) return [...out, byte]
    out.push(byte | 0x80)
  }
}

const i32 = (n: number): Part => [0x41, sleb(n)]
const get = (local: number): Part => [0x20, leb(local)]
const set = (local: number): Part => [0x21, leb(local)]
const call = (func: number): Part => [0x10, leb(func)]
const load = (offset: number): Part => [0x28, 0, leb(offset)]
const store = (offset: number): Part => [0x36, 0, leb(offset)]
const ADD = 0x6a
const SUB = 0x6b
const AND = 0x71
const FILL = [0xfc, 11, 0]
const COPY = [0xfc, 10, 0, 0]

// At address 0 the top of the heap, at 4 how often it was asked; so a digest of memory is a digest of all there is.
const TOP = 0
const ASKED = 4

/** `memory`, `realloc`, `reset` (for post-return) and `digest`, an i64 over all of memory. */
export function libc(): Uint8Array {
  const [old, oldSize, align, size, ptr] = [0, 1, 2, 3, 4]
  const realloc = body(
    [1, 1, TYPES.i32],
    [i32(0), i32(0), load(ASKED), i32(1), ADD, store(ASKED)],
    // ptr = align up(top)
    [i32(0), load(TOP), get(align), ADD, i32(1), SUB, i32(0), get(align), SUB, AND, set(ptr)],
    [i32(0), get(ptr), get(size), ADD, store(TOP)],
    // memory.size × 64 KiB < top: one page more than the block needs
    [0x3f, 0, i32(16), 0x74, i32(0), load(TOP), 0x49],
    [0x04, 0x40, get(size), i32(16), 0x76, i32(1), ADD, 0x40, 0, i32(-1), 0x46, 0x04, 0x40, 0x00, 0x0b, 0x0b],
    [get(ptr), i32(0xaa), get(size), FILL],
    // the smaller of the two sizes
    [get(ptr), get(old), get(oldSize), get(size), get(oldSize), get(size), 0x49, 0x1b, COPY],
    // what was given back is nobody's
    [get(old), i32(0xbb), get(oldSize), FILL],
    get(ptr),
  )
  const reset = body(NO_LOCALS, i32(0), i32(HEAP), store(TOP))
  const [at, hash] = [0, 1]
  const digest = body(
    [2, [1, TYPES.i32], [1, TYPES.i64]],
    [0x03, 0x40],
    // hash = (hash ^ word) × a large odd number
    [get(hash), get(at), 0x29, 0, 0, 0x85, 0x42, [0xb5, 0xe6, 0x8c, 0x99, 0xcb, 0x13], 0x7e, set(hash)],
    [get(at), i32(8), ADD, set(at), get(at), 0x3f, 0, i32(16), 0x74, 0x49, 0x0d, 0, 0x0b],
    get(hash),
  )
  return coreModule(
    section(1, vec([funcType(['i32', 'i32', 'i32', 'i32'], ['i32']), funcType(['i32'], []), funcType([], ['i64'])])),
    section(3, vec([0, 1, 2])),
    section(5, vec([[0, 1]])),
    section(
      7,
      vec([
        ['memory', EXPORT.memory, 0],
        ['realloc', EXPORT.func, 0],
        ['reset', EXPORT.func, 1],
        ['digest', EXPORT.func, 2],
      ]),
    ),
    section(10, vec([realloc, reset, digest])),
    section(11, vec([[0, i32(TOP), 0x0b, leb(4), [HEAP, 0, 0, 0]]])),
  )
}

/** How the parameters and the result of an echo travel on the core side. */
export interface CoreShape {
  readonly params: readonly Flat[]
  readonly spilled: boolean
  /** The result comes through memory. */
  readonly area: boolean
  readonly result: Flat
}

export function coreShape(params: readonly ValType[], result: ValType): CoreShape {
  const flat = params.flatMap(flatten)
  const spilled = flat.length > 16
  const results = flatten(result)
  const area = results.length > 1
  return { params: spilled ? ['i32'] : flat, spilled, area, result: area ? 'i32' : (results[0] ?? 'i32') }
}

/** Imports `libc`'s memory and realloc; exports `run`. */
function guestModule(shape: CoreShape, imported: Part, run: Part): Uint8Array {
  return coreModule(
    section(
      1,
      vec([funcType(['i32', 'i32', 'i32', 'i32'], ['i32']), funcType(shape.params, [shape.result]), ...lowered(shape)]),
    ),
    section(2, vec([['libc', 'memory', 2, 0, 1], ['libc', 'realloc', 0, 0], ...(imported === 0 ? [] : [imported])])),
    section(3, vec([1])),
    section(7, vec([['run', EXPORT.func, imported === 0 ? 1 : 2]])),
    section(10, vec([run])),
  )
}

function lowered(shape: CoreShape): Part[] {
  return shape.area ? [funcType([...shape.params, 'i32'], [])] : [funcType(shape.params, [shape.result])]
}

const REALLOC = 0
const newArea = (type: ValType, area: number): Part => [
  [i32(0), i32(0), i32(alignOf(type)), i32(sizeOf(type)), call(REALLOC), set(area)],
]

/**
 * Gives back its parameters. In memory they lie as the result does; flat ones are stored one by one, by the type.
 * @param result the only parameter's type, or the tuple of them all, or of the first few if they come through memory
 */
export function echoModule(shape: CoreShape, params: readonly ValType[], result: ValType): Uint8Array {
  if (shape.spilled || !shape.area) return guestModule(shape, 0, body(NO_LOCALS, get(0)))
  const area = shape.params.length
  const values = shape.params.map((type, i): FlatValue => ({ type, code: get(i) }))
  const parts = params.length === 1 ? [result] : params
  const stores: Part[] = []
  let used = 0
  for (const [i, offset] of offsetsOf(parts).entries()) {
    const part = parts[i] as ValType // as many as offsets
    const count = flatten(part).length
    stores.push(storeFlat(area, offset, part, values.slice(used, used + count)))
    used += count
  }
  return guestModule(shape, 0, body([1, 1, TYPES.i32], newArea(result, area), stores, get(area)))
}

/** Answers with the address of the list that it is given, as if a result lay there; with zero where no memory is needed. */
export function garbleModule(shape: CoreShape): Uint8Array {
  const zero: Readonly<Record<Flat, Part>> = {
    i32: i32(0),
    i64: [0x42, 0],
    f32: [0x43, 0, 0, 0, 0],
    f64: [0x44, 0, 0, 0, 0, 0, 0, 0, 0],
  }
  return guestModule(shape, 0, body(NO_LOCALS, shape.area ? get(0) : zero[shape.result]))
}

/** Asks the imported function `echo` for the result. */
export function relayModule(shape: CoreShape, result: ValType): Uint8Array {
  const imported: Part = ['host', 'echo', 0, 2]
  const args = shape.params.map((_, i) => get(i))
  if (!shape.area) return guestModule(shape, imported, body(NO_LOCALS, args, call(1)))
  const area = shape.params.length
  return guestModule(
    shape,
    imported,
    body([1, 1, TYPES.i32], newArea(result, area), args, get(area), call(1), get(area)),
  )
}

/** A core value, and the code that pushes it. */
interface FlatValue {
  readonly type: Flat
  readonly code: Part
}

function storeFlat(area: number, offset: number, type: ValType, values: readonly FlatValue[]): Part {
  const parts = partsOf(type)
  if (parts !== undefined) {
    let used = 0
    return offsetsOf(parts).map((at, i) => {
      const part = parts[i] as ValType // as many as offsets
      const count = flatten(part).length
      used += count
      return storeFlat(area, offset + at, part, values.slice(used - count, used))
    })
  }
  const cases = casesOf(type)
  const [first, second] = values
  if (first === undefined) throw new TypeError('every type has a flat value')
  if (cases !== undefined) return storeCases(area, offset, cases, first, values.slice(1))
  if (isPointerPair(type) && second !== undefined) {
    return [storeNumber(area, offset, 4, first), storeNumber(area, offset + 4, 4, second)]
  }
  return storeNumber(area, offset, type.kind === 'flags' ? flagBytes(type.labels) : numberOf(type)[0], first)
}

function storeNumber(area: number, offset: number, size: number, value: FlatValue): Part {
  const op = { i32: size === 1 ? 0x3a : size === 2 ? 0x3b : 0x36, i64: 0x37, f32: 0x38, f64: 0x39 }[value.type]
  return [get(area), value.code, op, 0, leb(offset)]
}

function storeCases(
  area: number,
  offset: number,
  cases: readonly (ValType | undefined)[],
  discriminant: FlatValue,
  payload: readonly FlatValue[],
): Part {
  const at = offset + payloadOffset(cases)
  const stores = cases.map((type, i): Part => {
    if (type === undefined) return []
    const values = flatten(type).map((want, k) => unjoin(payload[k] as FlatValue, want)) // no case has more than the join
    // (block (br_if 0 (i32.ne discriminant i)) …)
    return [0x02, 0x40, discriminant.code, i32(i), 0x47, 0x0d, 0, storeFlat(area, at, type, values), 0x0b]
  })
  return [storeNumber(area, offset, discriminantBytes(cases.length), discriminant), stores]
}

/** Back from the core type that all cases share. */
function unjoin({ type, code }: FlatValue, want: Flat): FlatValue {
  if (type === want) return { type, code }
  const wrap = 0xa7
  if (want === 'f64') return { type: want, code: [code, 0xbf] }
  const word: Part = type === 'i64' ? [code, wrap] : code
  return { type: want, code: want === 'i32' ? word : [word, 0xbe] }
}

/**
 * JavaScript value → component value: the check that everything the host hands over passes, before any guest code runs.
 *
 * jco's conventions hold for every value that fits its type; what does not fit is a TypeError (wrong kind) or RangeError
 * (wrong value) that names the place, `param `opts`.tags[2]: expected string, got number`. Each property is read once
 * and the result is a snapshot, so that a getter cannot change what was checked. Handles are checked here and taken by
 * the bridge when they are lowered, so that a refused call has taken nothing.
 */
import { ErrorContext } from '../../abi/error-context.ts'
import type { Layout, NumericArray } from '../../abi/layout.ts'
import { typedArrayLength, typedArrayName } from '../../abi/typed-array.ts'
import { unreachable } from '../../model/errors.ts'
import type { PlanResource } from '../../model/plan.ts'

/** Says whether a JavaScript value is a handle of this resource that may be passed on now; the complaint, or `undefined`. */
export interface HandleCheck {
  own(resource: PlanResource, value: unknown): string | undefined
  borrow(resource: PlanResource, value: unknown): string | undefined
}

/** A complaint on its way out; each level it passes adds where it was. */
class Misfit {
  readonly range: boolean
  readonly message: string
  place = ''
  constructor(message: string, range: boolean) {
    this.message = message
    this.range = range
  }
}

const misfit = (expected: string, value: unknown): Misfit =>
  new Misfit(`expected ${expected}, got ${describe(value)}`, false)
const outOfRange = (expected: string, value: unknown): Misfit =>
  new Misfit(`expected ${expected}, got ${String(value)}`, true)

/** What a wrong value is, in few words; never runs its code. */
export function describe(value: unknown): string {
  if (value === null) return 'null'
  if (typeof value === 'object') {
    if (Array.isArray(value)) return 'an array'
    const tag = kindOf(value)
    return tag === 'Object' ? 'an object' : `a ${tag}`
  }
  if (typeof value === 'string') return value.length > 40 ? 'string' : `string ${JSON.stringify(value)}`
  if (typeof value === 'number' || typeof value === 'boolean') return `${typeof value} ${value}`
  if (typeof value === 'bigint') return `bigint ${value}n`
  return value === undefined ? 'undefined' : typeof value
}

function kindOf(value: object): string {
  try {
    return Object.prototype.toString.call(value).slice(8, -1)
  } catch {
    return 'Object' // a proxy or getter that throws: its name does not matter
  }
}

/** @throws TypeError, RangeError naming `place` and the way into the value */
export function fromJs(layout: Layout, value: unknown, handles: HandleCheck, place: string): unknown {
  try {
    return take(layout, value, handles)
  } catch (error) {
    if (!(error instanceof Misfit)) throw error
    const message = `${place}${error.place}: ${error.message}`
    throw error.range ? new RangeError(message) : new TypeError(message)
  }
}

function inside(error: unknown, step: string): unknown {
  if (error instanceof Misfit) error.place = step + error.place
  return error
}

const INTEGERS = {
  s8: [-128, 127],
  u8: [0, 255],
  s16: [-32768, 32767],
  u16: [0, 65535],
  s32: [-(2 ** 31), 2 ** 31 - 1],
  u32: [0, 2 ** 32 - 1],
} as const

const BIG_INTEGERS = { s64: [-(2n ** 63n), 2n ** 63n - 1n], u64: [0n, 2n ** 64n - 1n] } as const

function take(layout: Layout, value: unknown, handles: HandleCheck): unknown {
  switch (layout.kind) {
    case 'bool':
      if (typeof value !== 'boolean') throw misfit('boolean', value)
      return value
    // what fits is recognised by what the engine's own conversion leaves as it is
    case 's8':
      return typeof value === 'number' && (value << 24) >> 24 === value ? value : refuseInteger('s8', value)
    case 'u8':
      return typeof value === 'number' && (value & 0xff) === value ? value : refuseInteger('u8', value)
    case 's16':
      return typeof value === 'number' && (value << 16) >> 16 === value ? value : refuseInteger('s16', value)
    case 'u16':
      return typeof value === 'number' && (value & 0xffff) === value ? value : refuseInteger('u16', value)
    case 's32':
      return typeof value === 'number' && (value | 0) === value ? value : refuseInteger('s32', value)
    case 'u32':
      return typeof value === 'number' && value >>> 0 === value ? value : refuseInteger('u32', value)
    case 's64':
    case 'u64':
      return takeBigInteger(layout.kind, value)
    case 'f32':
    case 'f64':
      if (typeof value !== 'number') throw misfit('number', value)
      return value
    case 'char':
      return takeChar(value)
    case 'string':
      if (typeof value !== 'string') throw misfit('string', value)
      // lone surrogates become U+FFFD when it is encoded
      return value
    case 'list':
      return takeList(layout, value, handles)
    case 'map':
      return takeMap(layout, value, handles)
    case 'record':
      return takeRecord(layout, value, handles)
    case 'tuple':
      return takeTuple(layout, value, handles)
    case 'variant':
      return takeVariant(layout, value, handles)
    case 'enum':
      if (typeof value !== 'string') throw misfit('string', value)
      if (!layout.index.has(value)) throw misfit(`one of ${some(layout.labels)}`, value)
      return value
    case 'flags':
      return takeFlags(layout, value)
    case 'option':
      return takeOption(layout, value, handles)
    case 'result':
      return takeResult(layout, value, handles)
    case 'own':
    case 'borrow': {
      const complaint = handles[layout.kind](layout.resource, value)
      if (complaint !== undefined) throw new Misfit(complaint, false)
      return value
    }
    case 'stream':
      if (!isIterable(value)) throw misfit('an iterable, an async iterable or a ReadableStream (not locked)', value)
      return value
    case 'future':
      return takeFuture(value)
    case 'error-context':
      if (!(value instanceof ErrorContext)) throw misfit('an ErrorContext', value)
      return value
    default:
      return unreachable(layout)
  }
}

/** A promise, or one in a box: an asynchronous function cannot answer with a bare one. */
function takeFuture(value: unknown): unknown {
  if (isThenable(value)) return value
  const held: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, 'value') : undefined
  if (!isThenable(held)) throw misfit('a promise', value)
  return held
}

/** What can be read element by element; strings are not meant. */
function isIterable(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Reflect.get(value, 'locked') === true) return false
  return [Symbol.asyncIterator, Symbol.iterator, 'getReader'].some(
    (key) => typeof Reflect.get(value, key) === 'function',
  )
}

export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    value instanceof Promise ||
    (typeof value === 'object' && value !== null && typeof Reflect.get(value, 'then') === 'function')
  )
}

function refuseInteger(kind: keyof typeof INTEGERS, value: unknown): never {
  if (typeof value !== 'number') throw misfit('number', value)
  const [min, max] = INTEGERS[kind]
  throw outOfRange(`${kind} (an integer from ${min} to ${max})`, value)
}

/** A BigInt, or a number that is exactly an integer: nothing is lost by taking it. */
function takeBigInteger(kind: keyof typeof BIG_INTEGERS, value: unknown): bigint {
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw outOfRange(`${kind} (a bigint)`, value)
    return takeBigInteger(kind, BigInt(value))
  }
  if (typeof value !== 'bigint') throw misfit('bigint', value)
  const [min, max] = BIG_INTEGERS[kind]
  if (value < min || value > max) throw outOfRange(`${kind} (from ${min}n to ${max}n)`, `${value}n`)
  return value
}

function takeChar(value: unknown): string {
  if (typeof value !== 'string') throw misfit('a string of one character', value)
  const code = value.codePointAt(0)
  if (code === undefined || value.length !== (code > 0xffff ? 2 : 1)) throw misfit('a string of one character', value)
  if (code >= 0xd800 && code <= 0xdfff) throw new Misfit('expected a Unicode scalar value, got a lone surrogate', true)
  return value
}

type LayoutOf<K extends Layout['kind']> = Extract<Layout, { readonly kind: K }>

function takeList(layout: LayoutOf<'list'>, value: unknown, handles: HandleCheck): unknown {
  if (layout.array !== undefined) return takeNumbers(layout, layout.array, value, handles)
  return takeElements(layout.element, value, lengthOf(value, layout.length), handles)
}

function takeElements(element: Layout, value: unknown, length: number, handles: HandleCheck): unknown[] {
  // not preallocated: the length is the caller's word
  const taken: unknown[] = []
  const from = value as ArrayLike<unknown>
  let i = 0
  try {
    for (; i < length; i++) taken.push(take(element, from[i], handles))
  } catch (error) {
    throw inside(error, `[${i}]`)
  }
  return taken
}

const ARRAYS: {
  readonly [K in NumericArray]: { new (length: number): { [index: number]: unknown }; readonly name: string }
} = {
  Int8Array,
  Uint8Array,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  BigInt64Array,
  BigUint64Array,
  Float32Array,
  Float64Array,
}

function takeNumbers(layout: LayoutOf<'list'>, kind: NumericArray, value: unknown, handles: HandleCheck): unknown {
  if (ArrayBuffer.isView(value)) {
    if (typedArrayName(value) !== kind) throw misfit(`a ${kind} or an array`, value)
    if (typedArrayLength(value) === 0 && isDetached(value.buffer)) {
      throw new Misfit(`expected a ${kind} or an array, got one whose buffer was transferred`, false)
    }
    return value
  }
  if (kind === 'Uint8Array' && value instanceof ArrayBuffer) return new Uint8Array(value)
  const length = lengthOf(value, undefined)
  const taken = takeElements(layout.element, value, length, handles)
  const array = new ARRAYS[kind](length)
  for (let j = 0; j < length; j++) array[j] = taken[j]
  return array
}

/** Engines know the property `detached` since 2023 only. */
function isDetached(buffer: ArrayBufferLike): boolean {
  try {
    return new Uint8Array(buffer).length < 0
  } catch {
    return true
  }
}

export const MAX_LENGTH = 2 ** 28 - 1

/** Of an array or of an object with a length and indices. */
function lengthOf(value: unknown, fixed: number | undefined): number {
  if (typeof value !== 'object' || value === null) throw misfit('an array', value)
  const length: unknown = Reflect.get(value, 'length')
  if (typeof length !== 'number' || !Number.isInteger(length) || length < 0) throw misfit('an array', value)
  if (length > MAX_LENGTH) throw outOfRange(`at most ${MAX_LENGTH} elements`, length)
  if (fixed !== undefined && length !== fixed) throw outOfRange(`${fixed} elements`, length)
  return length
}

function takeMap(layout: LayoutOf<'map'>, value: unknown, handles: HandleCheck): unknown {
  if (typeof value !== 'object' || value === null || kindOf(value) !== 'Map') throw misfit('a Map', value)
  const pairs: [unknown, unknown][] = []
  let entries: readonly [unknown, unknown][]
  try {
    // those of now: reading one may run code that adds another
    entries = [...Map.prototype.entries.call(value)]
  } catch {
    throw misfit('a Map', value) // it only says it is one
  }
  for (const [key, item] of entries) {
    const at = `[key ${pairs.length}]`
    try {
      pairs.push([take(layout.key, key, handles), take(layout.value, item, handles)])
    } catch (error) {
      throw inside(error, at)
    }
  }
  return pairs
}

/** A property of the value or of its class, but never what every object inherits: `{}.constructor` is no field. */
function property(value: object, key: string, inherited: boolean): unknown {
  if (inherited && !Object.hasOwn(value, key)) return undefined
  // not Reflect.get, which no engine makes as fast
  return (value as Readonly<Record<string, unknown>>)[key]
}

function takeRecord(layout: LayoutOf<'record'>, value: unknown, handles: HandleCheck): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Promise) throw misfit('an object', value)
  const { fields } = layout
  const taken = new Array<unknown>(fields.length)
  let key = ''
  try {
    for (let i = 0; i < taken.length; i++) {
      const field = fields[i] as (typeof fields)[number] // i < length
      key = field.key
      taken[i] = take(field.layout, property(value, key, field.inherited), handles)
    }
  } catch (error) {
    throw inside(error, `.${key}`)
  }
  return layout.make(taken)
}

function takeTuple(layout: LayoutOf<'tuple'>, value: unknown, handles: HandleCheck): unknown {
  lengthOf(value, layout.elements.length)
  const from = value as ArrayLike<unknown>
  const taken: unknown[] = []
  let i = 0
  try {
    for (const element of layout.elements) {
      taken.push(take(element.layout, from[i], handles))
      i++
    }
  } catch (error) {
    throw inside(error, `[${i}]`)
  }
  return taken
}

/** `{ tag, val }` with both read once. */
function tagged(value: unknown, expected: string): { readonly tag: unknown; readonly val: unknown } {
  if (typeof value !== 'object' || value === null) throw misfit(expected, value)
  const { tag, val } = value as { readonly tag?: unknown; readonly val?: unknown }
  return { tag, val }
}

function takeVariant(layout: LayoutOf<'variant'>, value: unknown, handles: HandleCheck): unknown {
  const { tag, val } = tagged(value, 'an object { tag, val }')
  const index = typeof tag === 'string' ? layout.index.get(tag) : undefined
  const found = index === undefined ? undefined : layout.cases[index]
  if (found === undefined) {
    throw inside(misfit(`one of ${some(layout.cases.map((c) => c.name))}`, tag), '.tag')
  }
  return found.layout === undefined ? { tag } : { tag, val: payload(found.layout, val, handles) }
}

function payload(layout: Layout, val: unknown, handles: HandleCheck): unknown {
  try {
    return take(layout, val, handles)
  } catch (error) {
    throw inside(error, '.val')
  }
}

function takeOption(layout: LayoutOf<'option'>, value: unknown, handles: HandleCheck): unknown {
  if (!layout.boxed) return value === undefined || value === null ? undefined : take(layout.some, value, handles)
  const { tag, val } = tagged(value, "an object { tag: 'none' } or { tag: 'some', val }")
  if (tag === 'none') return { tag: 'none' }
  if (tag === 'some') return { tag: 'some', val: payload(layout.some, val, handles) }
  throw inside(misfit("'none' or 'some'", tag), '.tag')
}

function takeResult(layout: LayoutOf<'result'>, value: unknown, handles: HandleCheck): unknown {
  const { tag, val } = tagged(value, "an object { tag: 'ok' | 'err', val }")
  if (tag !== 'ok' && tag !== 'err') throw inside(misfit("'ok' or 'err'", tag), '.tag')
  const arm = layout[tag]
  return { tag, val: arm === undefined ? undefined : payload(arm, val, handles) }
}

function takeFlags(layout: LayoutOf<'flags'>, value: unknown): unknown {
  const taken: Record<string, boolean> = {}
  if (value !== undefined && value !== null) {
    if (typeof value !== 'object' || Array.isArray(value) || value instanceof Promise)
      throw misfit('an object of booleans', value)
    for (const key of Object.keys(value)) {
      if (!layout.keys.includes(key))
        throw inside(new Misfit(`no such flag; there are ${some(layout.keys)}`, false), `.${key}`)
    }
    for (const key of layout.keys) {
      const flag = property(value, key, key in Object.prototype)
      if (flag !== undefined && typeof flag !== 'boolean') throw inside(misfit('boolean', flag), `.${key}`)
      taken[key] = flag === true
    }
    return taken
  }
  for (const key of layout.keys) taken[key] = false
  return taken
}

function some(names: readonly string[]): string {
  const shown = names.slice(0, 8).map((name) => `'${name}'`)
  return shown.join(', ') + (names.length > 8 ? `, … (${names.length} in all)` : '')
}

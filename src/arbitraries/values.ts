/**
 * Values of a component type, as JavaScript gives them. Handles cannot be made from a type alone: whoever needs them says
 * where they come from; streams and futures are made of what they carry.
 */
import {
  type Arbitrary,
  array,
  bigInt,
  boolean,
  constant,
  constantFrom,
  double,
  integer,
  oneof,
  record,
  string,
  tuple,
} from 'fast-check'
import { propertyKeys } from '../abi/property-keys.ts'
import { ErrorContext, type ValType } from '../index.ts'
import { isBoxedOption } from '../model/val-types.ts'

/** What stands for a handle. Called for each handle that a value has. */
export type Handles = (type: ValType & { readonly kind: 'own' | 'borrow' }) => Arbitrary<unknown>

const ARRAYS = {
  s8: Int8Array,
  u8: Uint8Array,
  s16: Int16Array,
  u16: Uint16Array,
  s32: Int32Array,
  u32: Uint32Array,
  s64: BigInt64Array,
  u64: BigUint64Array,
  f32: Float32Array,
  f64: Float64Array,
} as const

const RANGES = {
  s8: [-128, 127],
  u8: [0, 255],
  s16: [-32_768, 32_767],
  u16: [0, 65_535],
  s32: [-(2 ** 31), 2 ** 31 - 1],
  u32: [0, 2 ** 32 - 1],
} as const

const MOST_ITEMS = 8

/** Parts of a value that are there whatever is drawn. */
const LARGEST = 100_000

/** Beyond this depth lists are empty. */
const DEEPEST = 8

export class ValueMaker {
  readonly #handles: Handles
  readonly #known = new Map<ValType, Arbitrary<unknown>>()
  readonly #sizes = new Map<ValType, number>()

  constructor(handles: Handles) {
    this.#handles = handles
  }

  /** One arbitrary for each type object: types are shared, and may be huge when unfolded. */
  of(type: ValType, depth = 0): Arbitrary<unknown> {
    const known = this.#known.get(type)
    if (known !== undefined) return known
    const made = this.#make(type, depth)
    this.#known.set(type, made)
    return made
  }

  #make(type: ValType, depth: number): Arbitrary<unknown> {
    if (this.#size(type) > LARGEST) throw new TypeError(`a ${type.kind} of this type has more than ${LARGEST} parts`)
    const inner = (part: ValType): Arbitrary<unknown> => this.of(part, depth + 1)
    switch (type.kind) {
      case 'bool':
        return boolean()
      case 's8':
      case 'u8':
      case 's16':
      case 'u16':
      case 's32':
      case 'u32': {
        const [min, max] = RANGES[type.kind]
        return oneof(
          { weight: 4, arbitrary: integer({ min, max }) },
          { weight: 1, arbitrary: constantFrom(min, 0, max) },
        )
      }
      case 's64':
        return bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
      case 'u64':
        return bigInt({ min: 0n, max: 2n ** 64n - 1n })
      case 'f32':
        return double().map(Math.fround)
      case 'f64':
        return double()
      case 'char':
        return char()
      case 'string':
        return text()
      case 'error-context':
        return string({ maxLength: 20 }).map((message) => new ErrorContext(message))
      case 'list':
        return this.#list(type, depth)
      case 'map':
        return array(tuple(inner(type.key), inner(type.value)), { maxLength: most(depth) }).map(
          (entries) => new Map(entries),
        )
      case 'record': {
        const keys = propertyKeys(type.fields.map(({ name }) => name))
        // parts without a prototype, so that a field called `__proto__` is a field
        return tuple(...type.fields.map((field) => inner(field.type))).map((parts) => objectOf(keys, parts))
      }
      case 'tuple':
        return tuple(...type.elements.map(inner))
      case 'variant':
        return oneof(...type.cases.map(({ name, type }) => this.#tagged(name, type, depth)))
      case 'enum':
        return constantFrom(...type.labels)
      case 'flags':
        return record(Object.fromEntries(propertyKeys(type.labels).map((key) => [key, boolean()])))
      case 'option': {
        if (isBoxedOption(type.some))
          return oneof(this.#tagged('none', undefined, depth), this.#tagged('some', type.some, depth))
        return oneof({ weight: 1, arbitrary: constant(undefined) }, { weight: 3, arbitrary: inner(type.some) })
      }
      case 'result':
        return oneof(this.#tagged('ok', type.ok, depth), this.#tagged('err', type.err, depth))
      case 'own':
      case 'borrow':
        return this.#handles(type)
      case 'stream': {
        const items = array(type.element === undefined ? constant(undefined) : inner(type.element), {
          maxLength: most(depth),
        })
        return items.map((all) => streamOf(all))
      }
      case 'future':
        return (type.element === undefined ? constant(undefined) : inner(type.element)).map(
          (value) => new Settled(value),
        )
    }
  }

  /** How many parts every value has at least: a small type can unfold to millions. */
  #size(type: ValType): number {
    let size = this.#sizes.get(type)
    if (size === undefined) {
      const sum = (parts: readonly ValType[]): number => parts.reduce((total, part) => total + this.#size(part), 1)
      switch (type.kind) {
        case 'record':
          size = sum(type.fields.map((field) => field.type))
          break
        case 'tuple':
          size = sum(type.elements)
          break
        case 'list':
          size = 1 + (type.length ?? 0) * this.#size(type.element)
          break
        case 'variant':
          size = 1 + Math.max(...type.cases.map((c) => (c.type === undefined ? 0 : this.#size(c.type))))
          break
        default:
          size = 1
      }
      this.#sizes.set(type, size)
    }
    return size
  }

  #tagged(tag: string, type: ValType | undefined, depth: number): Arbitrary<unknown> {
    return type === undefined ? constant({ tag }) : this.of(type, depth + 1).map((val) => ({ tag, val }))
  }

  #list(type: ValType & { readonly kind: 'list' }, depth: number): Arbitrary<unknown> {
    const { element, length } = type
    const items = array(this.of(element, depth + 1), { minLength: length ?? 0, maxLength: length ?? most(depth) })
    if (length !== undefined || !isNumeric(element.kind)) return items
    const kind = element.kind
    return items.map((all) => typedArray(kind, all))
  }
}

const most = (depth: number): number => (depth >= DEEPEST ? 0 : MOST_ITEMS)

function char(): Arbitrary<string> {
  return oneof(
    integer({ min: 0, max: 0xd7ff }),
    integer({ min: 0xe000, max: 0x10_ffff }),
    constantFrom(0, 0x7f, 0x80, 0x7ff, 0x800, 0xffff, 0x1_0000, 0x10_ffff),
  ).map((code) => String.fromCodePoint(code))
}

/** ASCII, all of Unicode, and the lengths where encoders change their ways. */
function text(): Arbitrary<string> {
  return oneof(
    { weight: 4, arbitrary: string({ maxLength: 30 }) },
    { weight: 3, arbitrary: string({ unit: char(), maxLength: 20 }) },
    {
      weight: 1,
      arbitrary: tuple(integer({ min: 0, max: 300 }), constantFrom('', 'é', 'Ω', '😀')).map(
        ([n, end]) => 'x'.repeat(n) + end,
      ),
    },
  )
}

const isNumeric = (kind: string): kind is keyof typeof ARRAYS => Object.hasOwn(ARRAYS, kind)

function typedArray(kind: keyof typeof ARRAYS, items: readonly unknown[]): ArrayLike<number | bigint> {
  const made: ArrayLike<number | bigint> = new ARRAYS[kind](items.length)
  for (let i = 0; i < items.length; i++) Reflect.set(made, i, items[i])
  return made
}

function objectOf(keys: readonly string[], parts: readonly unknown[]): object {
  const object: object = {}
  for (const [i, key] of keys.entries()) {
    const descriptor = { value: parts[i], enumerable: true, configurable: true, writable: true }
    Object.defineProperty(object, key, descriptor)
  }
  return object
}

/** Something to iterate asynchronously, again whenever it is asked. */
function streamOf(items: readonly unknown[]): AsyncIterable<unknown> {
  return {
    async *[Symbol.asyncIterator]() {
      yield* items
    },
  }
}

/** A promise that is made when somebody waits: one that nobody waits for is no unhandled anything. */
class Settled implements PromiseLike<unknown> {
  readonly #value: unknown
  constructor(value: unknown) {
    this.#value = value
  }
  then<A = unknown, B = never>(
    onValue?: ((value: unknown) => A | PromiseLike<A>) | null,
    onError?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return Promise.resolve(this.#value).then(onValue, onError)
  }
}

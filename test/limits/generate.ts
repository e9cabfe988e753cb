/**
 * Core modules made up from a seed: valid, ending by themselves, and using whatever the given features allow.
 *
 * Loops count down locals of their own, and a global bounds the calls of an instance, so everything ends, the original without a
 * meter too. Floats are only computed and compared, never stored or reinterpreted, so that no bits of a NaN are ever seen.
 */

export interface GenerateOptions {
  /** `try … catch`, which wasmtime does not know. */
  readonly legacyExceptions?: boolean
  /** `try_table`, `throw_ref`. */
  readonly exceptions?: boolean
  readonly gc?: boolean
  readonly multiMemory?: boolean
  /** Without table.fill, table.copy and table.init, into which Binaryen does not see. */
  readonly plainTables?: boolean
  /** Only the first two functions are exported, or referred to: all others are called by name and from within only. */
  readonly closed?: boolean
}

export interface GeneratedFunc {
  readonly name: string
  readonly params: readonly NumType[]
}
export interface Generated {
  readonly code: Uint8Array<ArrayBuffer>
  readonly funcs: readonly GeneratedFunc[]
}

export type NumType = 'i32' | 'i64' | 'f32' | 'f64'
const CODE: Readonly<Record<NumType, number>> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c }
const NUMBERS: readonly NumType[] = ['i32', 'i64', 'f32', 'f64']

interface FuncType {
  readonly params: readonly NumType[]
  readonly results: readonly NumType[]
}

/** mulberry32 */
export function randomOf(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) % below
  }
}

function u32(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  while (rest >= 0x80) {
    bytes.push((rest & 0x7f) | 0x80)
    rest = Math.floor(rest / 0x80)
  }
  return [...bytes, rest]
}

function s64(value: bigint): number[] {
  const bytes: number[] = []
  for (let rest = value; ; rest >>= 7n) {
    const low = Number(rest & 0x7fn)
    if (rest >= -64n && rest < 64n) return [...bytes, low]
    bytes.push(low | 0x80)
  }
}

const name = (text: string): number[] => [...u32(text.length), ...new TextEncoder().encode(text)]
const vec = (items: readonly (readonly number[])[]): number[] => [...u32(items.length), ...items.flat()]
const section = (id: number, body: readonly number[]): number[] => [id, ...u32(body.length), ...body]

// Indices of what every module has.
const HOST = 0
const OPEN = 2
const CALLS_LEFT = 0
const GLOBALS: readonly NumType[] = ['i32', 'i32', 'i64', 'f64']
const TABLE_SIZE = 6

class Writer {
  readonly #pick: (below: number) => number
  readonly #options: GenerateOptions
  readonly #types: readonly FuncType[]
  readonly #funcs: readonly number[]
  readonly #gcTypes: { readonly struct: number; readonly array: number }
  code: number[] = []
  /** Nobody but its loop touches a counter. */
  locals: (NumType | 'counter')[] = []
  /** What a branch to each label carries, innermost last; `undefined` for a loop, to which only its own end branches. */
  labels: (readonly NumType[] | undefined)[] = []
  results: readonly NumType[] = []
  #budget = 0

  constructor(
    pick: (below: number) => number,
    options: GenerateOptions,
    types: readonly FuncType[],
    funcs: readonly number[],
    gcTypes: { readonly struct: number; readonly array: number },
  ) {
    this.#pick = pick
    this.#options = options
    this.#types = types
    this.#funcs = funcs
    this.#gcTypes = gcTypes
  }

  /** A whole body, with its locals. */
  body(type: FuncType): number[] {
    this.code = []
    this.locals = [...type.params]
    this.results = type.results
    this.labels = [type.results]
    this.#budget = 40 + this.#pick(80)
    const declared = [...NUMBERS, ...NUMBERS]
    this.locals.push(...declared)
    // every call of an instance counts
    this.#emit(0x23, CALLS_LEFT, 0x45, 0x04, 0x40)
    for (const result of type.results) this.constant(result)
    this.#emit(0x0f, 0x0b, 0x23, CALLS_LEFT, 0x41, 1, 0x6b, 0x24, CALLS_LEFT)
    for (let left = 1 + this.#pick(5); left > 0; left--) this.statement(4)
    if (this.#pick(12) === 0) this.#tailCall(type.results)
    else for (const result of type.results) this.expression(result, 3)
    // loops declare locals on their way
    const extra = this.locals.slice(type.params.length)
    return [...vec(extra.map((local) => [1, CODE[local === 'counter' ? 'i32' : local]])), ...this.code, 0x0b]
  }

  #emit(...bytes: readonly number[]): void {
    for (const byte of bytes) this.code.push(byte)
  }

  #one<T>(items: readonly T[]): T {
    const item = items[this.#pick(items.length)]
    if (item === undefined) throw new RangeError('nothing to pick from')
    return item
  }

  constant(type: NumType): void {
    switch (type) {
      case 'i32':
        this.#emit(0x41, ...s64(BigInt(this.#one([0, 1, 2, 7, 100, 65535, -1, -2147483648, 2147483647]))))
        return
      case 'i64':
        this.#emit(0x42, ...s64(this.#one([0n, 1n, 3n, 1n << 33n, -1n, -(1n << 63n), (1n << 63n) - 1n])))
        return
      case 'f32':
        this.#emit(0x43, ...new Uint8Array(new Float32Array([this.#one([0, 1.5, -3, 1e30, Number.NaN])]).buffer))
        return
      case 'f64':
        this.#emit(0x44, ...new Uint8Array(new Float64Array([this.#one([0, 0.25, -7, 1e300, Number.NaN])]).buffer))
    }
  }

  #localOf(type: NumType): number {
    const fitting = this.locals.flatMap((local, index) => (local === type ? [index] : []))
    return this.#one(fitting)
  }

  #address(): void {
    // mostly inside the memory
    this.expression('i32', 1)
    if (this.#pick(30) > 0) this.#emit(0x41, ...s64(0xfff0n), 0x71)
  }

  #length(): void {
    if (this.#pick(3) === 0) this.#emit(0x41, ...s64(BigInt(this.#one([0, 1, 16, 100, 128, 129, 1000]))))
    else {
      this.expression('i32', 1)
      this.#emit(0x41, ...s64(255n), 0x71)
    }
  }

  /** One value of the type. */
  expression(type: NumType, depth: number): void {
    if (depth <= 0 || this.#budget-- <= 0) {
      if (this.#pick(2) === 0) this.constant(type)
      else this.#emit(0x20, ...u32(this.#localOf(type)))
      return
    }
    switch (this.#pick(type === 'i32' ? 17 : 12)) {
      case 0:
        this.constant(type)
        return
      case 1:
      case 2:
        this.#emit(0x20, ...u32(this.#localOf(type)))
        return
      case 3:
      case 4:
        this.#binary(type, depth)
        return
      case 5:
        this.expression(type, depth - 1)
        this.#emit(0x22, ...u32(this.#localOf(type)))
        return
      case 6:
        this.expression(type, depth - 1)
        this.expression(type, depth - 1)
        this.expression('i32', depth - 1)
        this.#emit(0x1b)
        return
      case 7:
        this.expression('i32', depth - 1)
        this.#emit(0x04, CODE[type])
        this.#nested([type], () => this.expression(type, depth - 1))
        this.#emit(0x05)
        this.#nested([type], () => this.expression(type, depth - 1))
        this.#emit(0x0b)
        return
      case 8:
        this.#emit(0x02, CODE[type])
        this.#nested([type], () => {
          if (this.#pick(2) === 0) this.statement(depth - 1)
          this.expression(type, depth - 1)
          if (this.#pick(2) === 0) {
            this.expression('i32', depth - 1)
            this.#emit(0x0d, 0)
          }
        })
        this.#emit(0x0b)
        return
      case 9:
        this.#convert(type, depth)
        return
      case 10:
        this.#call(depth, type)
        return
      case 11:
        if (type === 'i32' || type === 'i64') {
          this.#address()
          this.#emit(type === 'i32' ? 0x28 : 0x29, 0, ...u32(this.#pick(8)))
        } else this.#emit(0x20, ...u32(this.#localOf(type)))
        return
      case 12:
        this.expression('i64', depth - 1)
        this.#emit(0x50)
        return
      case 13:
        this.#emit(0x3f, 0)
        return
      case 14:
        this.#emit(
          ...this.#one([
            [0x41, 0, 0x25, 0, 0xd1],
            [0xfc, 0x10, 0],
          ] as const),
        )
        return
      case 15:
        this.#vector(depth)
        return
      case 16:
        if (this.#options.gc) this.#gcExpression(depth)
        else this.#emit(0x23, 1)
    }
  }

  #binary(type: NumType, depth: number): void {
    const ops: Readonly<Record<NumType, readonly number[]>> = {
      i32: [0x6a, 0x6b, 0x6c, 0x6d, 0x70, 0x71, 0x72, 0x73, 0x74, 0x76, 0x48, 0x4e],
      i64: [0x7c, 0x7d, 0x7e, 0x80, 0x82, 0x83, 0x85, 0x86],
      f32: [0x92, 0x93, 0x94, 0x95, 0x96],
      f64: [0xa0, 0xa1, 0xa2, 0xa3, 0xa4],
    }
    this.expression(type, depth - 1)
    this.expression(type, depth - 1)
    this.#emit(this.#one(ops[type]))
  }

  #convert(type: NumType, depth: number): void {
    const ways: Readonly<Record<NumType, readonly (readonly [from: NumType, ...op: number[]])[]>> = {
      i32: [
        ['i64', 0xa7],
        ['f32', 0xfc, 0],
        ['f64', 0xfc, 2],
        ['f64', 0xaa],
        ['i32', 0xc0],
        ['i32', 0x67],
        ['i32', 0x45],
      ],
      i64: [
        ['i32', 0xac],
        ['i32', 0xad],
        ['f64', 0xfc, 6],
        ['i64', 0xc4],
        ['i64', 0x7b],
      ],
      f32: [
        ['i32', 0xb2],
        ['f64', 0xb6],
        ['f32', 0x91],
      ],
      f64: [
        ['i64', 0xb9],
        ['f32', 0xbb],
        ['f64', 0x9f],
      ],
    }
    const [from, ...op] = this.#one(ways[type])
    this.expression(from, depth - 1)
    this.#emit(...op)
  }

  /** A lane of a sum of vectors. */
  #vector(depth: number): void {
    this.expression('i32', depth - 1)
    this.#emit(0xfd, 0x11)
    this.#emit(0xfd, 0x0c, ...Array.from({ length: 16 }, () => this.#pick(256)))
    this.#emit(0xfd, ...u32(0xae), 0xfd, 0x1b, this.#pick(4))
  }

  #gcExpression(depth: number): void {
    const { struct, array } = this.#gcTypes
    switch (this.#pick(4)) {
      case 0:
        this.expression('i32', depth - 1)
        this.#emit(0xfb, 0, struct, 0xfb, 2, struct, 0)
        return
      case 1:
        this.expression('i32', depth - 1)
        this.#length()
        this.#emit(0xfb, 6, array, 0xfb, 0x0f)
        return
      case 2:
        // br_on_cast: of any, which it is not
        this.#emit(0x02, 0x7f, 0x02, 0x6e)
        this.expression('i32', depth - 1)
        this.#emit(0xfb, 0x1c, 0xfb, 0x18, 3, 0, 0x6e, 0x6b, 0x1a, 0x41, 3, 0x0c, 1, 0x0b, 0x1a, 0x41, 4, 0x0b)
        return
      default:
        this.#length()
        this.#emit(0xfb, 7, array, 0xd1)
    }
  }

  /** Code within one more label. */
  #nested(label: readonly NumType[] | undefined, write: () => void): void {
    this.labels.push(label)
    write()
    this.labels.pop()
  }

  #call(depth: number, wanted?: NumType): void {
    const fits = ({ results }: FuncType): boolean =>
      wanted === undefined || (results.length === 1 && results[0] === wanted)
    const found = this.#funcs.flatMap((type, index) => {
      const signature = this.#types[type]
      return signature !== undefined && fits(signature) ? [{ type, index, signature }] : []
    })
    if (found.length === 0) {
      if (wanted !== undefined) this.constant(wanted)
      return
    }
    const { type, index, signature } = this.#one(found)
    for (const param of signature.params) this.expression(param, depth - 2)
    switch (this.#pick(4)) {
      case 0:
        this.expression('i32', 0)
        if (this.#pick(6) > 0) this.#emit(0x41, TABLE_SIZE - 1, 0x71)
        this.#emit(0x11, ...u32(type), 0)
        break
      default:
        this.#emit(0x10, ...u32(index))
    }
    if (wanted === undefined) for (const _ of signature.results) this.#emit(0x1a)
  }

  #tailCall(results: readonly NumType[]): void {
    const found = this.#funcs.flatMap((type, index) => {
      const signature = this.#types[type]
      const same = signature?.results.join() === results.join()
      return signature !== undefined && same ? [{ index, signature }] : []
    })
    if (found.length === 0) for (const result of results) this.constant(result)
    else {
      const { index, signature } = this.#one(found)
      for (const param of signature.params) this.expression(param, 1)
      this.#emit(0x12, ...u32(index))
    }
  }

  /** Code that leaves nothing. */
  statement(depth: number): void {
    if (depth <= 0 || this.#budget-- <= 0) {
      this.#emit(0x01)
      return
    }
    switch (this.#pick(20)) {
      case 0:
      case 1: {
        const type = this.#one(NUMBERS)
        this.expression(type, depth)
        this.#emit(0x21, ...u32(this.#localOf(type)))
        return
      }
      case 2: {
        const index = 1 + this.#pick(GLOBALS.length - 1)
        const type = GLOBALS[index]
        if (type === undefined) return
        this.expression(type, depth)
        this.#emit(0x24, index)
        return
      }
      case 3:
      case 4:
        this.#address()
        this.expression('i32', depth - 1)
        this.#emit(this.#one([0x36, 0x3a, 0x3b]), 0, ...u32(this.#pick(8)))
        return
      case 5:
      case 6:
        this.expression('i32', depth - 1)
        this.#emit(0x04, 0x40)
        this.#nested([], () => this.#statements(depth - 1))
        if (this.#pick(2) === 0) {
          this.#emit(0x05)
          this.#nested([], () => this.#statements(depth - 1))
        }
        this.#emit(0x0b)
        return
      case 7:
      case 8:
        this.#emit(0x02, 0x40)
        this.#nested([], () => {
          this.#statements(depth - 1)
          this.#branch()
          this.#statements(depth - 1)
        })
        this.#emit(0x0b)
        return
      case 9:
      case 10:
        this.#loop(depth)
        return
      case 11:
        this.#switch(depth)
        return
      case 12:
      case 13:
        this.#call(depth)
        return
      case 14:
        this.#bulk()
        return
      case 15:
        this.#table()
        return
      case 16:
        this.expression('i32', 1)
        this.#emit(0x41, 1, 0x71, 0x40, 0, 0x1a)
        return
      case 17:
        this.#exceptions(depth)
        return
      case 18:
        if (this.#pick(3) === 0) this.#leave(depth)
        else {
          this.expression(this.#one(NUMBERS), 2)
          this.#emit(0x1a)
        }
        return
      case 19:
        this.#emit(0x41, ...s64(BigInt(this.#pick(100))), 0x10, HOST, 0x1a)
    }
  }

  #statements(depth: number): void {
    for (let left = this.#pick(3); left > 0; left--) this.statement(depth)
  }

  /** A branch out of something that takes nothing, if there is one. */
  #branch(): void {
    const targets = this.labels.flatMap((label, index) =>
      label?.length === 0 && index > 0 ? [this.labels.length - 1 - index] : [],
    )
    if (targets.length === 0) return
    this.expression('i32', 1)
    this.#emit(0x0d, ...u32(this.#one(targets)))
  }

  #loop(depth: number): void {
    const counter = this.locals.length
    this.locals.push('counter')
    const times = 1 + this.#pick(4)
    this.#emit(0x41, times, 0x21, ...u32(counter), 0x03, 0x40)
    this.#nested(undefined, () => {
      this.#statements(depth - 1)
      this.#emit(0x20, ...u32(counter), 0x41, 1, 0x6b, 0x22, ...u32(counter), 0x0d, 0)
    })
    this.#emit(0x0b)
  }

  #switch(depth: number): void {
    const cases = 1 + this.#pick(4)
    for (let i = 0; i < cases; i++) {
      this.#emit(0x02, 0x40)
      this.labels.push([])
    }
    this.expression('i32', depth - 1)
    this.#emit(0x0e, ...u32(cases - 1), ...Array.from({ length: cases }, () => this.#pick(cases)))
    for (let i = cases - 1; i >= 0; i--) {
      this.#emit(0x0b)
      this.labels.pop()
      this.#statements(depth - 2)
    }
  }

  /** Leaves the function, in a branch that is rarely taken. */
  #leave(depth: number): void {
    this.expression('i32', 1)
    this.#emit(0x45, 0x04, 0x40)
    this.#nested([], () => {
      if (this.#pick(3) === 0) this.#emit(0x00)
      else {
        for (const result of this.results) this.expression(result, depth - 2)
        this.#emit(0x0f)
        // nobody gets here
        if (this.#pick(2) === 0) this.#emit(0x41, 1, 0x1a)
      }
    })
    this.#emit(0x0b)
  }

  #bulk(): void {
    const memories = this.#options.multiMemory ? 2 : 1
    const memory = (): number => this.#pick(memories)
    switch (this.#pick(4)) {
      case 0:
        this.#address()
        this.expression('i32', 1)
        this.#length()
        this.#emit(0xfc, 0x0b, memory())
        return
      case 1:
        this.#address()
        this.#address()
        this.#length()
        this.#emit(0xfc, 0x0a, memory(), memory())
        return
      case 2:
        this.#address()
        this.#emit(0x41, this.#pick(4), 0x41, this.#pick(5), 0xfc, 0x08, 1, memory())
        return
      default:
        if (this.#pick(4) === 0) this.#emit(0xfc, 0x09, 1)
        else this.#emit(0x01)
    }
  }

  #table(): void {
    const small = (): void => this.#emit(0x41, this.#pick(4))
    const which = this.#pick(5)
    switch (this.#options.plainTables && which !== 2 ? 4 : which) {
      case 0:
        small()
        this.#emit(0xd2, ...u32(1 + this.#pick(this.#options.closed ? OPEN : this.#funcs.length - 1)))
        small()
        this.#emit(0xfc, 0x11, 0)
        return
      case 1:
        small()
        small()
        small()
        this.#emit(0xfc, 0x0e, 0, 0)
        return
      case 2:
        this.#emit(0xd0, 0x70)
        small()
        this.#emit(0xfc, 0x0f, 0, 0x1a)
        return
      case 3:
        small()
        this.#emit(0x41, 0, 0x41, this.#pick(3), 0xfc, 0x0c, 1, 0)
        return
      default:
        small()
        this.#emit(0xd2, ...u32(1 + this.#pick(this.#options.closed ? OPEN : this.#funcs.length - 1)), 0x26, 0)
    }
  }

  #exceptions(depth: number): void {
    const { legacyExceptions, exceptions } = this.#options
    const body = (): void => {
      this.#statements(depth - 1)
      if (this.#pick(2) === 0) {
        this.expression('i32', 1)
        this.#emit(0x04, 0x40)
        this.expression('i32', 1)
        this.#emit(0x08, 0, 0x0b)
      }
    }
    if (legacyExceptions) {
      this.#emit(0x06, 0x40)
      this.#nested([], body)
      this.#emit(0x07, 0, 0x24, 1)
      this.#nested([], () => this.#statements(depth - 1))
      if (this.#pick(2) === 0) {
        this.#emit(0x19)
        this.#nested([], () => this.#statements(depth - 1))
      }
      this.#emit(0x0b)
    } else if (exceptions) {
      // block $caught (result i32): try_table catches into it
      this.#emit(0x02, 0x7f, 0x1f, 0x40, 1, 0, 0, 0)
      this.labels.push(['i32'], [])
      body()
      this.labels.pop()
      this.labels.pop()
      this.#emit(0x0b, 0x41, 5, 0x0b, 0x24, 1)
    } else this.#emit(0x01)
  }
}

/** The same seed and options make the same module. */
export function generate(seed: number, options: GenerateOptions = {}): Generated {
  const pick = randomOf(seed)
  const types: FuncType[] = [
    { params: ['i32'], results: ['i32'] },
    { params: [], results: [] },
  ]
  for (let i = 2 + pick(4); i > 0; i--) {
    types.push({
      params: Array.from({ length: pick(4) }, () => NUMBERS[pick(4)] ?? 'i32'),
      results: Array.from({ length: pick(3) }, () => NUMBERS[pick(4)] ?? 'i32'),
    })
  }
  const defined = 3 + pick(5)
  const open = options.closed ? OPEN : defined
  // the host's function, one of no parameters that may be the start, and others
  const funcs = [0, 1, ...Array.from({ length: defined - 1 }, () => pick(types.length))]
  const usesTag = options.legacyExceptions === true || options.exceptions === true
  const tagType = types.length
  const gcTypes = { struct: tagType + 1, array: tagType + 2 }
  const writer = new Writer(pick, options, types, funcs, gcTypes)
  const bodies = funcs.slice(1).map((type) => writer.body(types[type] ?? { params: [], results: [] }))

  const funcType = ({ params, results }: FuncType): number[] => [
    0x60,
    ...vec(params.map((type) => [CODE[type]])),
    ...vec(results.map((type) => [CODE[type]])),
  ]
  const typeItems = [...types.map(funcType), [0x60, 1, 0x7f, 0]]
  if (options.gc) typeItems.push([0x5f, 1, 0x7f, 1], [0x5e, 0x7f, 1])
  const memories = options.multiMemory
    ? [
        [1, 1, 3],
        [1, 1, 2],
      ]
    : [[1, 1, 3]]
  const globals = [
    [0x7f, 1, 0x41, ...s64(150n), 0x0b],
    [0x7f, 1, 0x41, 5, 0x0b],
    [0x7e, 1, 0x42, 7, 0x0b],
    [0x7c, 1, 0x44, 0, 0, 0, 0, 0, 0, 0, 0, 0x0b],
  ]
  const exports = [
    [...name('memory'), 2, 0],
    [...name('table'), 1, 0],
    ...GLOBALS.map((_, index) => [...name(`g${index}`), 3, index]),
    ...bodies.slice(0, open).map((_, index) => [...name(`f${index + 1}`), 0, ...u32(index + 1)]),
  ]
  const elements = Array.from({ length: TABLE_SIZE - 1 }, () => u32(1 + pick(open)))
  const everyFunc = bodies.slice(0, open).map((_, index) => u32(index + 1))
  const bytes = [
    0,
    97,
    115,
    109,
    1,
    0,
    0,
    0,
    ...section(1, vec(typeItems)),
    ...section(2, vec([[...name('h'), ...name('f'), 0, 0]])),
    ...section(3, vec(funcs.slice(1).map(u32))),
    ...section(4, vec([[0x70, 1, TABLE_SIZE, 20]])),
    ...section(5, vec(memories)),
    ...(usesTag ? section(13, vec([[0, ...u32(tagType)]])) : []),
    ...section(6, vec(globals)),
    ...section(7, vec(exports)),
    ...(pick(3) === 0 ? section(8, [1]) : []),
    ...section(
      9,
      vec([
        [0, 0x41, 0, 0x0b, ...vec(elements)],
        [1, 0, ...vec(elements.slice(0, 2))],
        [3, 0, ...vec(everyFunc)],
      ]),
    ),
    ...section(12, [2]),
    ...section(10, vec(bodies.map((body) => [...u32(body.length), ...body]))),
    ...section(
      11,
      vec([
        [0, 0x41, 16, 0x0b, 4, 1, 2, 3, 4],
        [1, 5, 9, 8, 7, 6, 5],
      ]),
    ),
  ]
  return {
    code: Uint8Array.from(bytes),
    funcs: bodies
      .slice(0, open)
      .map((_, index) => ({ name: `f${index + 1}`, params: types[funcs[index + 1] ?? 0]?.params ?? [] })),
  }
}

/** Arguments for a signature, odd ones among them. */
export function argumentsFor(pick: (below: number) => number, params: readonly NumType[]): (number | bigint)[] {
  return params.map((type) => {
    const n = [0, 1, 2, 5, 100, 65_536, -1, -2_147_483_648, 2_147_483_647][pick(9)] ?? 0
    if (type === 'i32') return n
    const odd = pick(4) === 0
    if (type === 'i64') return odd ? BigInt(n) << 31n : BigInt(n)
    return odd ? Number.NaN : n / 4
  })
}

/**
 * The code that metering adds to a module, byte by byte: what is put in front of a segment, and the functions behind it.
 *
 * A charge takes units off the counter before they are used (`settle` says which, and where). A check asks whether anything is left,
 * as wasmtime would: so it compares with what was charged ahead, and the host is shown the counter without that.
 */
import { ByteSink } from './byte-sink.ts'
import type { StartUp } from './start-up.ts'

const I32 = 0x7f
const I64 = 0x7e
const F64 = 0x7c
const END = 0x0b

/** Function types, by what they are for. */
export const TYPE = {
  /** Of the hook that is called when the counter is used up, and of what starts the module. */
  nullary: [0x60, 0, 0],
  /** Of the call to that hook: the units charged ahead. */
  refill: [0x60, 1, I64, 0],
  /** Of what charges by length, which it returns; of growth guards of memories too. */
  length32: [0x60, 1, I32, 1, I32],
  length64: [0x60, 1, I64, 1, I64],
  /** Of the growth hook: which kind, which index, current size, delta, maximum. */
  grow: [0x60, 5, I32, I32, F64, F64, F64, 1, I32],
} as const

/** A growth guard of a table: the value of new elements, and how many. */
export function tableGrowType(element: Uint8Array, wide: boolean): readonly number[] {
  const size = wide ? I64 : I32
  return [0x60, 2, ...element, size, 1, size]
}

export interface Check {
  readonly bytes: Uint8Array
  /** Where among them it branches. */
  readonly branch: number
}

export interface Indices {
  readonly counter: number
  readonly hooks: number
  readonly nullaryType: number
  readonly growType: number
  readonly refill: number
  readonly length32: number
  readonly length64: number
}

/** Writes what depends on indices; what is used over and over is made once. */
export class Injected {
  readonly #at: Indices
  readonly #charges: Uint8Array[] = []

  constructor(indices: Indices) {
    this.#at = indices
  }

  charge(units: number): Uint8Array {
    return cached(this.#charges, units, (out) => this.#writeCharge(out, units))
  }

  /** @param refill a function that knows what is ahead */
  check(ahead: number, refill?: number): Check {
    const out = new ByteSink(16)
    const branch = this.#writeCheck(out, ahead, refill)
    return { bytes: out.toBytes(), branch }
  }

  /** Charges the length on top of the stack, and leaves it there. */
  length(wide: boolean): Uint8Array {
    return call(wide ? this.#at.length64 : this.#at.length32)
  }

  #writeCharge(out: ByteSink, units: number): void {
    this.#get(out)
    out.u8(0x42) // i64.const
    out.signed(units)
    out.u8(0x7d) // i64.sub
    this.#set(out)
  }

  /** Returns where it branches. */
  #writeCheck(out: ByteSink, ahead: number, refill?: number): number {
    this.#get(out)
    out.u8(0x42) // i64.const
    out.signed(-ahead)
    out.u8(0x57) // i64.le_s
    const branch = out.size
    out.bytes([0x04, 0x40]) // if
    if (refill === undefined) this.#writeRefill(out, ahead)
    else out.bytes(call(refill))
    out.u8(END)
    return branch
  }

  #writeRefill(out: ByteSink, ahead: number): void {
    out.u8(0x42) // i64.const
    out.signed(ahead)
    out.bytes(call(this.#at.refill))
  }

  #get(out: ByteSink): void {
    out.u8(0x23)
    out.u32(this.#at.counter)
  }

  #set(out: ByteSink): void {
    out.u8(0x24)
    out.u32(this.#at.counter)
  }

  // — Bodies, with their declarations of locals

  /** Shows the host the counter without what was charged ahead (the parameter). */
  refillBody(): Uint8Array {
    return written((out) => {
      out.u8(0)
      for (const op of [0x7c, 0x7d]) {
        this.#get(out)
        out.bytes([0x20, 0, op]) // local.get, i64.add or sub
        this.#set(out)
        if (op === 0x7c) {
          out.bytes([0x41, 0, 0x11]) // i32.const, call_indirect
          out.u32(this.#at.nullaryType)
          out.u32(this.#at.hooks)
        }
      }
      out.u8(END)
    })
  }

  /** The same for a certain number of units. */
  refillAheadBody(ahead: number): Uint8Array {
    return written((out) => {
      out.u8(0)
      this.#writeRefill(out, ahead)
      out.u8(END)
    })
  }

  lengthBody(wide: boolean): Uint8Array {
    return written((out) => {
      out.u8(0)
      this.#get(out)
      out.bytes([0x20, 0])
      // no length of 2^62 or more can be served, so that much is charged at most: then nothing wraps around
      if (wide)
        out.bytes([...MANY, 0x20, 0, ...MANY, 0x54, 0x1b]) // local.get, i64.lt_u, select
      else out.u8(0xad) // i64.extend_i32_u
      out.u8(0x7d)
      this.#set(out)
      this.#writeCheck(out, 0)
      out.bytes([0x20, 0, END])
    })
  }

  /** Pays for start-up, and does what the start function does. */
  startBody({ units, lengths, checked }: StartUp, start: number | undefined): Uint8Array {
    return written((out) => {
      out.u8(0)
      out.bytes(this.charge(units))
      this.#writeCheck(out, units - 1)
      for (const length of lengths) {
        out.bytes(length)
        out.bytes(this.length(false))
        out.u8(0x1a) // drop
      }
      if (checked) this.#writeCheck(out, 0)
      if (start !== undefined) out.bytes(call(start))
      out.u8(END)
    })
  }

  /** Stands in for `memory.grow`, or `table.grow`: asks the host, grows, and pays for what has grown. */
  growBody({ kind, index, wide, maximum, fuel, asks }: Growth): Uint8Array {
    const delta = kind === 'memory' ? 0 : 1
    const result = delta + 1
    const size = wide ? I64 : I32
    const toF64 = wide ? 0xba : 0xb8 // f64.convert_i64_u, f64.convert_i32_u
    return written((out) => {
      out.bytes([1, 1, size]) // a local for the result
      if (asks) {
        out.bytes([0x41, kind === 'memory' ? 0 : 1, 0x41])
        out.signed(index)
        out.bytes(kind === 'memory' ? [0x3f] : [0xfc, 0x10]) // memory.size, table.size
        out.u32(index)
        out.bytes([toF64, 0x20, delta, toF64, 0x44])
        out.f64(maximum === undefined ? -1 : Number(maximum))
        out.bytes([0x41, 1, 0x11]) // i32.const: the second hook; call_indirect
        out.u32(this.#at.growType)
        out.u32(this.#at.hooks)
        out.bytes([0x45, 0x04, 0x40, wide ? 0x42 : 0x41, 0x7f, 0x0f, END]) // i32.eqz, if, -1, return
      }
      out.bytes(kind === 'memory' ? [0x20, 0, 0x40] : [0x20, 0, 0x20, 1, 0xfc, 0x0f]) // memory.grow, table.grow
      out.u32(index)
      if (fuel) {
        // local.tee, -1, ne, if
        out.bytes([0x22, result, wide ? 0x42 : 0x41, 0x7f, wide ? 0x52 : 0x47, 0x04, 0x40, 0x20, delta])
        out.bytes(this.length(wide))
        out.bytes([0x1a, END, 0x20, result]) // drop, end, local.get
      }
      out.u8(END)
    })
  }
}

/** A growth that goes through a function of ours. */
export interface Growth {
  readonly kind: 'memory' | 'table'
  readonly index: number
  readonly wide: boolean
  readonly maximum: bigint | undefined
  /** Whether what has grown is charged. */
  readonly fuel: boolean
  /** Whether the host is asked. */
  readonly asks: boolean
}

/** i64.const 2^62 */
const MANY = [0x42, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0xc0, 0x00]

export function call(index: number): Uint8Array {
  return written((out) => {
    out.u8(0x10)
    out.u32(index)
  })
}

function written(write: (out: ByteSink) => void): Uint8Array {
  const out = new ByteSink(64)
  write(out)
  return out.toBytes()
}

/** Segments are short, so nearly all are among the first few hundred. */
function cached(made: Uint8Array[], units: number, write: (out: ByteSink) => void): Uint8Array {
  if (units < 0 || units > 1000) return written(write)
  const found = made[units]
  if (found !== undefined) return found
  const bytes = written(write)
  made[units] = bytes
  return bytes
}

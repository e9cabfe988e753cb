/**
 * What a constant expression costs at start-up: its operators, and the lengths of the arrays it makes.
 *
 * @throws MalformedError
 * @throws InvalidError for an operator that no constant expression of today holds
 */
import type { CoreSubType } from '../model/core-types.ts'
import { assert, InvalidError } from '../model/errors.ts'
import { decodeHeapType } from '../parser/decode-core-types.ts'
import type { ByteReader } from '../parser/reader.ts'
import { nameOperator } from './operators.ts'

export interface ConstExpr {
  /** How many, without the end. */
  readonly operators: number
  /** What the only operator is: a number of any type, a function. */
  readonly single: 'number' | 'func' | undefined
  /** The value of an only operator that is an integer, unsigned. */
  readonly value: bigint | undefined
  /** Code that leaves the length of an array, for each that is made with one, and how many operators there are up to that. */
  readonly lengths: readonly { readonly code: Uint8Array; readonly after: number }[]
}

/** Reads from the first operator to past the end. */
export function readConstExpr(r: ByteReader, types: readonly CoreSubType[]): ConstExpr {
  const lengths: { readonly code: Uint8Array; readonly after: number }[] = []
  /** Where the code of each value on the stack begins. */
  const stack: number[] = []
  let operators = 0
  let single: ConstExpr['single']
  let value: bigint | undefined
  const start = r.pos
  for (;;) {
    const at = r.pos
    const op = r.u8()
    let takes = 0
    if (op === 0x0b) break
    switch (op) {
      case 0x23: // global.get
        r.u32()
        break
      case 0xd2: // ref.func
        r.u32()
        single = 'func'
        break
      case 0x41: // i32.const
        value = BigInt.asUintN(32, signed(r))
        single = 'number'
        break
      case 0x42: // i64.const
        value = BigInt.asUintN(64, signed(r))
        single = 'number'
        break
      case 0x43: // f32.const
        r.skip(4)
        single = 'number'
        break
      case 0x44: // f64.const
        r.skip(8)
        single = 'number'
        break
      case 0x6a: // i32.add, sub, mul
      case 0x6b:
      case 0x6c:
      case 0x7c: // i64.add, sub, mul
      case 0x7d:
      case 0x7e:
        takes = 2
        break
      case 0xd0: // ref.null
        decodeHeapType(r, true)
        break
      case 0xfd: {
        // v128.const
        const vector = r.u32()
        if (vector !== 0x0c) refuse(op, vector, at)
        r.skip(16)
        single = 'number'
        break
      }
      case 0xfb: {
        const gc = r.u32()
        const made = takesOfGc(r, gc, types)
        if (made === undefined) refuse(op, gc, at)
        takes = made.takes
        const from = stack.at(-1)
        if (made.length && from !== undefined) lengths.push({ code: r.bytes.subarray(from, at), after: operators + 1 })
        break
      }
      default:
        refuse(undefined, op, at)
    }
    operators++
    const first = takes === 0 ? at : stack[stack.length - takes]
    assert(first !== undefined, 'a constant expression of a valid module has its operands')
    stack.length -= takes
    stack.push(first)
  }
  if (operators !== 1) [single, value] = [undefined, undefined]
  assert(r.pos > start, 'a constant expression has an end')
  return { operators, single, value, lengths }
}

/** How many operands, and whether the last one is the length of an array. */
function takesOfGc(
  r: ByteReader,
  op: number,
  types: readonly CoreSubType[],
): { readonly takes: number; readonly length: boolean } | undefined {
  switch (op) {
    case 0x00: {
      // struct.new
      const type = types[r.u32()]?.type
      return { takes: type?.kind === 'struct' ? type.fields.length : 0, length: false }
    }
    case 0x01: // struct.new_default
      r.u32()
      return { takes: 0, length: false }
    case 0x06: // array.new
      r.u32()
      return { takes: 2, length: true }
    case 0x07: // array.new_default
      r.u32()
      return { takes: 1, length: true }
    case 0x08: // array.new_fixed
      r.u32()
      return { takes: r.u32(), length: false }
    case 0x1a: // any.convert_extern, extern.convert_any, ref.i31
    case 0x1b:
    case 0x1c:
      return { takes: 1, length: false }
    default:
      return undefined
  }
}

function signed(r: ByteReader): bigint {
  let value = 0n
  for (let shift = 0n; ; shift += 7n) {
    const byte = r.u8()
    value |= BigInt(byte & 0x7f) << shift
    if (byte < 0x80) return byte & 0x40 ? value - (1n << (shift + 7n)) : value
  }
}

function refuse(prefix: number | undefined, op: number, at: number): never {
  throw new InvalidError(`${nameOperator(prefix, op)} in a constant expression cannot be metered`, at)
}

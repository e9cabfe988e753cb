/**
 * Steps over a constant expression of a core module: its value is the engine's business, its end is ours.
 *
 * Knows every operator that a constant expression may hold, extended and GC ones included; any other ends the decoding,
 * since an expression with an unknown immediate has no known end. Needs no stack: constant expressions do not nest.
 *
 * @throws MalformedError
 * @throws InvalidError for an operator that is not constant
 */
import { InvalidError } from '../model/errors.ts'
import { decodeHeapType } from './decode-core-types.ts'
import type { ByteReader } from './reader.ts'

/** @param func told of each function that is referred to */
export function skipConstExpr(r: ByteReader, func?: (index: number) => void): void {
  for (;;) {
    const at = r.offset
    const opcode = r.u8()
    switch (opcode) {
      case 0x0b: // end
        return
      case 0x23: // global.get
        r.u32()
        break
      case 0xd2: {
        // ref.func
        const index = r.u32()
        func?.(index)
        break
      }
      case 0x41: // i32.const
        r.skipSigned(32)
        break
      case 0x42: // i64.const
        r.skipSigned(64)
        break
      case 0x43: // f32.const
        r.skip(4)
        break
      case 0x44: // f64.const
        r.skip(8)
        break
      case 0x6a: // i32.add, sub, mul
      case 0x6b:
      case 0x6c:
      case 0x7c: // i64.add, sub, mul
      case 0x7d:
      case 0x7e:
        break
      case 0xd0: // ref.null
        decodeHeapType(r, true)
        break
      case 0xfb:
        skipGcOperator(r, at)
        break
      case 0xfd: // v128.const is the only constant one of its page
        if (r.u32() !== 0x0c) notConstant('a vector operator', at)
        r.skip(16)
        break
      default:
        notConstant(`opcode 0x${opcode.toString(16)}`, at)
    }
  }
}

function skipGcOperator(r: ByteReader, at: number): void {
  const opcode = r.u32()
  switch (opcode) {
    case 0x00: // struct.new, struct.new_default, array.new, array.new_default
    case 0x01:
    case 0x06:
    case 0x07:
    case 0x20: // struct.new_desc, struct.new_default_desc
    case 0x21:
      r.u32()
      break
    case 0x08: // array.new_fixed
      r.u32()
      r.u32()
      break
    case 0x1a: // any.convert_extern, extern.convert_any, ref.i31
    case 0x1b:
    case 0x1c:
      break
    default:
      notConstant(`opcode 0xfb 0x${opcode.toString(16)}`, at)
  }
}

function notConstant(what: string, at: number): never {
  throw new InvalidError(`constant expression required: non-constant operator: ${what}`, at)
}

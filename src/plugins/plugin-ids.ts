/** Plugin ids as component values: whether an id fits the type a consumer declares for ids, and its value of that type. */
import type { Value } from '../abi/embedding.ts'
import type { PluginId } from '../model/errors.ts'
import type { ValType } from '../model/types.ts'

const BITS: Readonly<Record<string, readonly [signed: boolean, bits: number]>> = {
  s8: [true, 8],
  u8: [false, 8],
  s16: [true, 16],
  u16: [false, 16],
  s32: [true, 32],
  u32: [false, 32],
  s64: [true, 64],
  u64: [false, 64],
}

export function isIdType({ kind }: ValType): boolean {
  return kind === 'string' || kind === 'char' || kind === 'bool' || Object.hasOwn(BITS, kind)
}

/** `undefined`: the id does not fit. */
export function encodeId(id: PluginId, { kind }: ValType): Value {
  switch (kind) {
    case 'string':
      return typeof id === 'string' ? id : undefined
    case 'char':
      return typeof id === 'string' && [...id].length === 1 && id.isWellFormed() ? id : undefined
    case 'bool':
      return typeof id === 'boolean' ? id : undefined
    default:
      return typeof id === 'number' || typeof id === 'bigint' ? encodeInteger(id, kind) : undefined
  }
}

function encodeInteger(id: number | bigint, kind: string): number | bigint | undefined {
  if (typeof id === 'number' && !Number.isSafeInteger(id)) return undefined
  const [signed, bits] = BITS[kind] ?? [false, 0]
  const value = BigInt(id)
  if ((signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value)) !== value) return undefined
  return bits === 64 ? value : Number(value)
}

/**
 * Canon built-ins in binary. They and their immediates come from the table in the model, so that a new one needs no code here.
 *
 * @spec Canonical Definitions
 * @throws MalformedError
 * @throws InvalidError for a core type of a context slot that the model has no word for
 */
import { BUILTINS, type BuiltinName, type BuiltinRow, type Immediate } from '../model/builtins.ts'
import { type BuiltinDef, index } from '../model/component.ts'
import { InvalidError, MalformedError, unreachable } from '../model/errors.ts'
import type { ComponentReader } from './component-reader.ts'
import { decodeCoreValType } from './decode-core-types.ts'
import { canonOpts } from './decode-defs.ts'
import { decodeResultList, decodeTypeIndex } from './decode-valtypes.ts'
import type { ByteReader } from './reader.ts'

const BY_OPCODE: ReadonlyMap<number, BuiltinName> = /* @__PURE__ */ new Map(
  (Object.entries(BUILTINS) as [BuiltinName, BuiltinRow][]).map(([name, { opcode }]) => [opcode, name]),
)

/** What follows an opcode that is neither `lift` nor `lower`. */
export function decodeBuiltin(r: ComponentReader, opcode: number): BuiltinDef {
  const name = BY_OPCODE.get(opcode)
  if (name === undefined) return r.badByte(opcode, 'canonical function')
  const def: { -readonly [K in keyof BuiltinDef]: BuiltinDef[K] } = { kind: 'builtin', name }
  for (const immediate of BUILTINS[name].immediates) decodeImmediate(r, def, immediate)
  return def
}

function decodeImmediate(
  r: ComponentReader,
  def: { -readonly [K in keyof BuiltinDef]: BuiltinDef[K] },
  immediate: Immediate,
): void {
  switch (immediate) {
    case 'type':
      def.type = decodeTypeIndex(r)
      break
    case 'result':
      def.result = decodeResultList(r) ?? null
      break
    case 'opts':
      def.opts = canonOpts(r)
      break
    case 'async':
    case 'shared':
      def[immediate] = r.bool()
      break
    case 'cancellable':
      def.cancellable = cancellable(r, def.name)
      break
    case 'memory':
      def.memory = index(r.u32())
      break
    case 'coreType':
      def.coreType = index(r.u32())
      break
    case 'table':
      def.table = index(r.u32())
      break
    case 'slot':
      def.slot = contextSlot(r, def.name)
      break
    default:
      unreachable(immediate)
  }
}

/** Later revisions keep the byte and no meaning for it. */
function cancellable(r: ComponentReader, builtin: BuiltinName): boolean {
  const at = r.offset
  const said = r.bool()
  if (said && r.revision === 'newer') {
    throw new MalformedError(`the immediate of \`${builtin}\` that once said \`cancellable\` must be 0`, at)
  }
  return said
}

function contextSlot(r: ByteReader, builtin: BuiltinName): { type: 'i32' | 'i64'; index: number } {
  const at = r.offset
  const type = decodeCoreValType(r)
  if (type !== 'i32' && type !== 'i64') throw new InvalidError(`\`${builtin}\` only supports \`i32\` or \`i64\``, at)
  return { type, index: r.u32() }
}

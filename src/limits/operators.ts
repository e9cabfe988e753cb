/**
 * What follows an opcode: enough to step from one operator to the next, for every operator that an engine runs today.
 *
 * What is not listed here has no known end, so code that holds it cannot be rewritten; the proposals that such opcodes
 * belong to are listed by name, for the refusal.
 */

/** The classes of one-byte opcodes by what follows and what it takes to step over it. */
export const STEP = {
  unknown: 0,
  /** Nothing follows; costs one unit. */
  plain: 1,
  /** nop, drop. */
  free: 2,
  /** A number follows. */
  index: 3,
  memarg: 4,
  /** i32.const and i64.const: a number that may be the length of a bulk operation. */
  const: 5,
  /** Control, calls, prefixes, and whatever has immediates of its own. */
  special: 6,
} as const

export const OP = {
  unreachable: 0x00,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  try: 0x06,
  catch: 0x07,
  throw: 0x08,
  rethrow: 0x09,
  throwRef: 0x0a,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  brTable: 0x0e,
  return: 0x0f,
  call: 0x10,
  callIndirect: 0x11,
  returnCall: 0x12,
  returnCallIndirect: 0x13,
  callRef: 0x14,
  returnCallRef: 0x15,
  delegate: 0x18,
  catchAll: 0x19,
  selectTyped: 0x1c,
  tryTable: 0x1f,
  memoryGrow: 0x40,
  i32Const: 0x41,
  i64Const: 0x42,
  f32Const: 0x43,
  f64Const: 0x44,
  refNull: 0xd0,
  brOnNull: 0xd5,
  brOnNonNull: 0xd6,
  gc: 0xfb,
  misc: 0xfc,
  simd: 0xfd,
  atomic: 0xfe,
} as const

function makeSteps(): Uint8Array {
  const steps = new Uint8Array(256)
  const fill = (step: number, ...ranges: readonly (readonly [number, number])[]): void => {
    for (const [first, last] of ranges) steps.fill(step, first, last + 1)
  }
  fill(STEP.free, [0x01, 0x01], [0x1a, 0x1a])
  fill(STEP.plain, [0x1b, 0x1b], [0x45, 0xc4], [0xd1, 0xd1], [0xd3, 0xd4])
  fill(STEP.index, [0x20, 0x26], [0x3f, 0x3f], [0xd2, 0xd2])
  fill(STEP.memarg, [0x28, 0x3e])
  fill(STEP.const, [0x41, 0x42])
  fill(
    STEP.special,
    ...Object.values(OP)
      .map((op) => [op, op] as const)
      .filter(([op]) => op !== 0x41 && op !== 0x42),
  )
  return steps
}

/** By one-byte opcode: a class of `STEP`. */
export const STEPS: Uint8Array = makeSteps()

/**
 * What follows an opcode behind a prefix, and whether the operator is a bulk operation: one that takes as long as the number on
 * top of its stack says. Memory and table lengths have the type of the index: of the memory or table that the operator names
 * (`length` says which of its immediates, counted from 0; the smaller type where it names two), else i32.
 */
export interface Prefixed {
  readonly indices: number
  readonly memarg?: true
  /** Bytes after the rest. */
  readonly bytes?: number
  /** Heap types, or a flags byte, an index and two heap types. */
  readonly heap?: 1 | 'cast'
  readonly bulk?: Bulk
}

export type Bulk = 'i32' | 'memory' | 'memories' | 'table' | 'tables'

const plain: Prefixed = { indices: 0 }
const one: Prefixed = { indices: 1 }
const two: Prefixed = { indices: 2 }
const memarg: Prefixed = { indices: 0, memarg: true }
const lane: Prefixed = { indices: 0, bytes: 1 }
const memargLane: Prefixed = { indices: 0, memarg: true, bytes: 1 }
const sixteen: Prefixed = { indices: 0, bytes: 16 }
const heap: Prefixed = { indices: 0, heap: 1 }

type Ranges = readonly (readonly [first: number, last: number, what: Prefixed])[]

function table(ranges: Ranges): readonly (Prefixed | undefined)[] {
  const rows: (Prefixed | undefined)[] = []
  for (const [first, last, what] of ranges) for (let op = first; op <= last; op++) rows[op] = what
  return rows
}

const gc = table([
  [0x00, 0x01, one], // struct.new, struct.new_default
  [0x02, 0x05, two], // struct.get, get_s, get_u, set
  [0x06, 0x07, { indices: 1, bulk: 'i32' }], // array.new, array.new_default
  [0x08, 0x08, two], // array.new_fixed
  [0x09, 0x0a, { indices: 2, bulk: 'i32' }], // array.new_data, array.new_elem
  [0x0b, 0x0e, one], // array.get, get_s, get_u, set
  [0x0f, 0x0f, plain], // array.len
  [0x10, 0x10, { indices: 1, bulk: 'i32' }], // array.fill
  [0x11, 0x13, { indices: 2, bulk: 'i32' }], // array.copy, array.init_data, array.init_elem
  [0x14, 0x17, heap], // ref.test, ref.cast
  [0x18, 0x19, { indices: 0, heap: 'cast' }], // br_on_cast, br_on_cast_fail
  [0x1a, 0x1e, plain], // any.convert_extern, extern.convert_any, ref.i31, i31.get_s, i31.get_u
])

const misc = table([
  [0x00, 0x07, plain], // saturating truncations
  [0x08, 0x08, { indices: 2, bulk: 'i32' }], // memory.init
  [0x09, 0x09, one], // data.drop
  [0x0a, 0x0a, { indices: 2, bulk: 'memories' }], // memory.copy
  [0x0b, 0x0b, { indices: 1, bulk: 'memory' }], // memory.fill
  [0x0c, 0x0c, { indices: 2, bulk: 'i32' }], // table.init
  [0x0d, 0x0d, one], // elem.drop
  [0x0e, 0x0e, { indices: 2, bulk: 'tables' }], // table.copy
  [0x0f, 0x0f, { indices: 1, bulk: 'table' }], // table.grow
  [0x10, 0x10, one], // table.size
  [0x11, 0x11, { indices: 1, bulk: 'table' }], // table.fill
  [0x13, 0x16, plain], // i64.add128, sub128, mul_wide_s, mul_wide_u
])

const simd = table([
  [0x00, 0x0b, memarg],
  [0x0c, 0x0d, sixteen], // v128.const, i8x16.shuffle
  [0x0e, 0x14, plain],
  [0x15, 0x22, lane], // extract_lane, replace_lane
  [0x23, 0x53, plain],
  [0x54, 0x5b, memargLane], // load_lane, store_lane
  [0x5c, 0x5d, memarg], // load_zero
  [0x5e, 0xff, plain],
  [0x100, 0x113, plain], // relaxed SIMD
])

const atomic = table([
  [0x00, 0x02, memarg], // notify, wait32, wait64
  [0x03, 0x03, { indices: 0, bytes: 1 }], // fence
  [0x10, 0x4e, memarg],
])

/** By prefix. */
export const PREFIXED: Readonly<Record<number, readonly (Prefixed | undefined)[]>> = {
  [OP.gc]: gc,
  [OP.misc]: misc,
  [OP.simd]: simd,
  [OP.atomic]: atomic,
}

/** A constant length up to this is charged like an operator; wasmtime does not look at the counter for so little. */
export const SMALL_BULK = 128

export const TABLE_GROW = 0x0f
export const isBranchOnCast = (prefix: number, op: number): boolean => prefix === OP.gc && (op === 0x18 || op === 0x19)

/** What an opcode not listed above belongs to, as far as anybody has said. */
const PROPOSALS: readonly (readonly [prefix: number | undefined, first: number, last: number, name: string])[] = [
  [undefined, 0xe0, 0xe6, 'stack switching'],
  [OP.gc, 0x20, 0x27, 'custom descriptors'],
  [OP.gc, 0x1f, 0x1f, 'reference-typed strings'],
  [OP.gc, 0x80, 0xff, 'reference-typed strings'],
  [OP.gc, 0x28, 0x7f, 'shared-everything threads'],
  [OP.misc, 0x12, 0x12, 'memory control'],
  [OP.simd, 0x120, 0x16f, 'half-precision'],
  [OP.atomic, 0x04, 0x0f, 'shared-everything threads'],
  [OP.atomic, 0x4f, 0xff, 'shared-everything threads'],
]

export function nameOperator(prefix: number | undefined, op: number): string {
  const hex = (n: number): string => `0x${n.toString(16).padStart(2, '0')}`
  const code = prefix === undefined ? hex(op) : `${hex(prefix)} ${hex(op)}`
  const known = PROPOSALS.find(([p, first, last]) => p === prefix && op >= first && op <= last)
  return known === undefined ? `operator ${code}` : `operator ${code} (${known[3]})`
}

/**
 * Binaryen's expressions through its C interface, which is what its JavaScript objects call too: an expression is a number
 * (an address), and so is a name, which is interned, so that equal numbers are equal names.
 *
 * Only what is listed here is seen; the walker refuses the rest.
 */

/** The part of Binaryen used here; its own declarations lag behind what it has. */
export interface Binaryen {
  readonly Features: Readonly<Record<string, number>>
  readBinary(code: Uint8Array, features: number): BinaryenModule
  readonly [raw: `_Binaryen${string}`]: (...args: readonly number[]) => number
}
export interface BinaryenModule {
  /** The address of the module. */
  readonly ptr: number
  setFeatures(features: number): void
  emitBinary(): Uint8Array
  dispose(): void
  block(name: null, children: readonly number[], type: number): number
  if(condition: number, then: number): number
  readonly i32: { const(value: number): number }
  readonly i64: {
    const(value: bigint): number
    sub(left: number, right: number): number
    le_s(left: number, right: number): number
  }
}

/** Child → how to read and to write it. `at`: one of several. */
export interface Slot {
  get(of: number, at: number): number
  set(of: number, at: number, child: number): void
}

export interface Kind {
  readonly name: string
  readonly slots: readonly Slot[]
  /** How many children of a list there are, besides. */
  readonly list: { count(of: number): number; readonly slot: Slot } | undefined
}

/** Kinds whose children are all named, by their names. */
const CHILDREN: Readonly<Record<string, readonly string[]>> = {
  Nop: [],
  Unreachable: [],
  Const: [],
  LocalGet: [],
  LocalSet: ['Value'],
  GlobalGet: [],
  GlobalSet: ['Value'],
  Load: ['Ptr'],
  Store: ['Ptr', 'Value'],
  Unary: ['Value'],
  Binary: ['Left', 'Right'],
  Select: ['IfTrue', 'IfFalse', 'Condition'],
  Drop: ['Value'],
  Return: ['Value'],
  Break: ['Value', 'Condition'],
  Switch: ['Value', 'Condition'],
  If: ['Condition', 'IfTrue', 'IfFalse'],
  Loop: ['Body'],
  MemorySize: [],
  MemoryGrow: ['Delta'],
  MemoryInit: ['Dest', 'Offset', 'Size'],
  MemoryCopy: ['Dest', 'Source', 'Size'],
  MemoryFill: ['Dest', 'Value', 'Size'],
  DataDrop: [],
  ElemDrop: [],
  RefNull: [],
  RefFunc: [],
  RefIsNull: ['Value'],
  TableGet: ['Index'],
  TableSet: ['Index', 'Value'],
  TableSize: [],
  TableGrow: ['Value', 'Delta'],
  TupleExtract: ['Tuple'],
  AtomicRMW: ['Ptr', 'Value'],
  AtomicCmpxchg: ['Ptr', 'Expected', 'Replacement'],
  AtomicWait: ['Ptr', 'Expected', 'Timeout'],
  AtomicNotify: ['Ptr', 'NotifyCount'],
  AtomicFence: [],
  SIMDExtract: ['Vec'],
  SIMDReplace: ['Vec', 'Value'],
  SIMDShuffle: ['Left', 'Right'],
  SIMDTernary: ['A', 'B', 'C'],
  SIMDShift: ['Vec', 'Shift'],
  SIMDLoad: ['Ptr'],
  SIMDLoadStoreLane: ['Ptr', 'Vec'],
  Call: [],
  CallIndirect: ['Target'],
  Throw: [],
  TupleMake: [],
  Block: [],
}

/** Kinds with a list of children, and what the list is called. */
const LISTS: Readonly<Record<string, readonly [count: string, at: string]>> = {
  Call: ['NumOperands', 'OperandAt'],
  CallIndirect: ['NumOperands', 'OperandAt'],
  Throw: ['NumOperands', 'OperandAt'],
  TupleMake: ['NumOperands', 'OperandAt'],
  Block: ['NumChildren', 'ChildAt'],
}

/** By id of expressions. */
export function kindsOf(b: Binaryen): ReadonlyMap<number, Kind> {
  const kinds = new Map<number, Kind>()
  for (const [name, children] of Object.entries(CHILDREN)) {
    const list = LISTS[name]
    kinds.set(b[`_Binaryen${name}Id`]?.() ?? -1, {
      name,
      slots: children.map((child) => named(b, name, child)),
      list: list && {
        count: raw(b, `_Binaryen${name}Get${list[0]}`),
        slot: { get: raw(b, `_Binaryen${name}Get${list[1]}`), set: raw(b, `_Binaryen${name}Set${list[1]}`) },
      },
    })
  }
  return kinds
}

function named(b: Binaryen, kind: string, child: string): Slot {
  const get = raw(b, `_Binaryen${kind}Get${child}`)
  const set = raw(b, `_Binaryen${kind}Set${child}`)
  return { get: (of) => get(of), set: (of, _, value) => set(of, value) }
}

/** @throws TypeError where this version of Binaryen has no such function; whoever asks leaves the module to the other meter then */
export function raw(b: Binaryen, name: `_Binaryen${string}`): (...args: readonly number[]) => number {
  const found = b[name]
  if (found === undefined) throw new TypeError(`binaryen has no ${name}`)
  return found
}

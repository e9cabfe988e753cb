/**
 * What instantiation costs, in wasmtime's terms: there a module with a start function, or with initial values that are more than
 * constants, has a function that makes them. An engine for JavaScript makes them by itself, so their price is worked out here, and
 * charged by the function that the host calls in place of the start function. wasmtime brings its counter up to date only before what
 * has a length that it does not know or that is large, and before the start function; what comes after the last of these is free.
 *
 * Lengths of arrays that are not constants are expressions; what they are is left to the code that charges.
 */
import { decodeGlobalType } from '../parser/decode-core-types.ts'
import type { ByteReader } from '../parser/reader.ts'
import { type ConstExpr, readConstExpr } from './const-expr.ts'
import { type ElementHead, readElementHead } from './element-head.ts'
import { type ModuleShape, readerOf, SECTION, sectionOf } from './module-shape.ts'
import { SMALL_BULK } from './operators.ts'

export interface StartUp {
  /** Units, that of entering start-up and that of calling the start function included; 0 where there is none. */
  readonly units: number
  /** Whether something as large is among them that the counter is looked at. */
  readonly checked: boolean
  /** Code that leaves the length of an array on the stack. */
  readonly lengths: readonly Uint8Array[]
}

/** Up to here wasmtime makes tables, and memories with holes, ahead of time. */
const MAX_FUNC_TABLE_SIZE = 2n ** 20n
const DENSE_IMAGE_BYTES = 2n ** 24n
const PAGE_LOG2 = 16

interface Account {
  readonly shape: ModuleShape
  /** Values of globals that are constants. */
  readonly constants: Map<number, bigint>
  readonly lengths: Uint8Array[]
  units: number
  /** Units that are free unless something comes that needs the counter. */
  pending: number
  checked: boolean
  /** Whether anything is left for start-up. */
  needed: boolean
}

export function startUpOf(shape: ModuleShape): StartUp {
  const needed = shape.start !== undefined
  const account: Account = { shape, constants: new Map(), lengths: [], units: 1, pending: 0, checked: false, needed }
  countGlobals(sectionOf(shape, SECTION.global), account)
  const elements = readElements(sectionOf(shape, SECTION.element), shape)
  for (const { mode, items } of elements) if (mode === 'passive') charge(account, ...items)
  countSegments(elements, countTables(account), account)
  countData(sectionOf(shape, SECTION.data), account)
  if (!account.needed) return { units: 0, checked: false, lengths: [] }
  if (shape.start !== undefined) {
    account.pending++
    flush(account)
  }
  return account
}

function flush(account: Account): void {
  account.units += account.pending
  account.pending = 0
}

function charge(account: Account, ...values: readonly ConstExpr[]): void {
  account.needed = true
  for (const { operators, lengths } of values) {
    let counted = 0
    for (const { code, after } of lengths) {
      account.pending += after - counted
      counted = after
      const known = knownLength(code, account)
      if (known !== undefined) chargeLength(account, known)
      else {
        flush(account)
        account.lengths.push(code)
      }
    }
    account.pending += operators - counted
  }
}

function chargeLength(account: Account, length: number): void {
  account.pending += length
  if (length <= SMALL_BULK) return
  flush(account)
  account.checked = true
}

/** A length that is a constant, or the value of a global that is one. */
function knownLength(code: Uint8Array, { constants, shape }: Account): number | undefined {
  const r = readerOf(Uint8Array.of(...code, 0x0b))
  const { single, value } = readConstExpr(r, shape.types)
  if (single === 'number' && value !== undefined) return Number(value)
  r.pos = 1
  if (code[0] !== 0x23) return undefined
  const global = constants.get(r.u32())
  return global === undefined || r.pos < code.length ? undefined : Number(global)
}

function countGlobals(r: ByteReader | undefined, account: Account): void {
  if (r === undefined) return
  const { types, globals, definedGlobals } = account.shape
  r.u32()
  for (let index = globals - definedGlobals; index < globals; index++) {
    const { mutable } = decodeGlobalType(r)
    const value = readConstExpr(r, types)
    if (value.single !== 'number') charge(account, value)
    else if (!mutable && value.value !== undefined) account.constants.set(index, value.value)
  }
}

/** Returns the tables that are filled at start-up, which element segments then cannot be ahead of. */
function countTables(account: Account): ReadonlySet<number> {
  const filled = new Set<number>()
  for (const [index, { initialAt, limits }] of account.shape.tables.entries()) {
    if (initialAt === undefined) continue
    const r = readerOf(account.shape.code)
    r.pos = initialAt
    const value = readConstExpr(r, account.shape.types)
    if (value.single === 'func' && limits.min <= MAX_FUNC_TABLE_SIZE) continue
    charge(account, value)
    chargeLength(account, Number(limits.min))
    filled.add(index)
  }
  return filled
}

interface Elements extends ElementHead<ConstExpr> {
  readonly length: number
  /** Where they are expressions. */
  readonly items: readonly ConstExpr[]
}

function readElements(r: ByteReader | undefined, { types }: ModuleShape): Elements[] {
  const segments: Elements[] = []
  const constExpr = (from: ByteReader): ConstExpr => readConstExpr(from, types)
  for (let left = r?.u32() ?? 0; r !== undefined && left > 0; left--) {
    const head = readElementHead(r, constExpr)
    const length = r.u32()
    const items: ConstExpr[] = []
    for (let item = 0; item < length; item++) {
      if (head.expressions) items.push(constExpr(r))
      else r.u32()
    }
    segments.push({ ...head, length, items })
  }
  return segments
}

/** Active segments are filled in ahead of time, until the first that does not surely fit. */
function countSegments(segments: readonly Elements[], filled: ReadonlySet<number>, account: Account): void {
  const { tables } = account.shape
  let ahead = true
  for (const { offset, table, length, items, expressions } of segments) {
    if (offset === undefined) continue
    const into = tables[table]
    ahead &&=
      !expressions &&
      into !== undefined &&
      !into.imported &&
      !filled.has(table) &&
      holdsFuncs(account.shape, table) &&
      offset.value !== undefined &&
      offset.value + BigInt(length) <= into.limits.min &&
      offset.value + BigInt(length) <= MAX_FUNC_TABLE_SIZE
    if (ahead) continue
    charge(account, offset)
    chargeLength(account, length)
    charge(account, ...items)
  }
}

function holdsFuncs({ tables, types }: ModuleShape, table: number): boolean {
  const heap = tables[table]?.element.heap
  return typeof heap === 'number' ? types[heap]?.type.kind === 'func' : heap === 'func' || heap === 'nofunc'
}

/** All active segments, or none, are laid out ahead of time. */
function countData(r: ByteReader | undefined, account: Account): void {
  if (r === undefined) return
  const { memories, types } = account.shape
  const segments: { readonly memory: number; readonly offset: ConstExpr; readonly length: number }[] = []
  for (let left = r.u32(); left > 0; left--) {
    const flags = r.u32()
    const memory = flags === 2 ? r.u32() : 0
    const offset = flags === 1 ? undefined : readConstExpr(r, types)
    const length = r.u32()
    r.skip(length)
    if (offset !== undefined) segments.push({ memory, offset, length })
  }
  const images = memories.map(() => ({ bytes: 0n, from: 1n << 64n, to: 0n }))
  const ahead =
    segments.every(({ memory, offset, length }) => {
      const [into, image] = [memories[memory], images[memory]]
      if (into === undefined || image === undefined || into.imported || offset.value === undefined) return false
      const to = offset.value + BigInt(length)
      if (to > into.limits.min << BigInt(into.pageSizeLog2 ?? PAGE_LOG2)) return false
      if (length === 0) return true
      image.bytes += BigInt(length)
      if (offset.value < image.from) image.from = offset.value
      if (to > image.to) image.to = to
      return true
    }) && images.every(({ bytes, from, to }) => bytes === 0n || to - from < 2n * bytes || to - from < DENSE_IMAGE_BYTES)
  if (ahead) return
  for (const { offset, length } of segments) {
    charge(account, offset)
    account.pending += length
    flush(account)
  }
}

/**
 * What instantiation costs, in wasmtime's terms: there a module with a start function, or with initial values that are more than
 * constants, has a function that makes them. An engine for JavaScript makes them by itself, so their price is worked out here, and
 * charged by the function that the host calls in place of the start function.
 *
 * Lengths of arrays that are not constants are expressions; what they are is left to the code that charges.
 */
import { decodeGlobalType, decodeRefType } from '../parser/decode-core-types.ts'
import type { ByteReader } from '../parser/reader.ts'
import { type ConstExpr, readConstExpr } from './const-expr.ts'
import { type ModuleShape, readerOf, SECTION } from './module-shape.ts'

export interface StartUp {
  /** Units, that of entering start-up included; 0 where there is none. */
  readonly units: number
  /** Code that leaves the length of an array on the stack. */
  readonly lengths: readonly Uint8Array[]
}

/** Up to here wasmtime makes tables, and memories with holes, ahead of time. */
const MAX_FUNC_TABLE_SIZE = 2n ** 20n
const DENSE_IMAGE_BYTES = 2n ** 24n
const PAGE_LOG2 = 16

interface Account {
  readonly shape: ModuleShape
  readonly lengths: Uint8Array[]
  units: number
  /** Whether anything is left for start-up. */
  needed: boolean
}

export function startUpOf(shape: ModuleShape): StartUp {
  const account: Account = { shape, lengths: [], units: 0, needed: shape.start !== undefined }
  const filled = countTables(account)
  for (const { id, start, end } of shape.sections) {
    const r = readerOf(shape.code)
    r.pos = start
    r.end = end
    if (id === SECTION.global) countGlobals(r, account)
    else if (id === SECTION.element) countElements(r, account, filled)
    else if (id === SECTION.data) countData(r, account)
  }
  if (!account.needed) return { units: 0, lengths: [] }
  const call = shape.start === undefined ? 0 : 1
  return { units: account.units + 1 + call, lengths: account.lengths }
}

function charge(account: Account, ...values: readonly ConstExpr[]): void {
  account.needed = true
  for (const { operators, lengths } of values) {
    account.units += operators
    account.lengths.push(...lengths)
  }
}

function countGlobals(r: ByteReader, account: Account): void {
  for (let left = r.u32(); left > 0; left--) {
    decodeGlobalType(r)
    const value = readConstExpr(r, account.shape.types)
    if (value.single !== 'number') charge(account, value)
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
    account.units += Number(limits.min)
    filled.add(index)
  }
  return filled
}

/** Passive segments are always made at start-up; active ones from the first on that does not surely fit. */
function countElements(r: ByteReader, account: Account, filled: ReadonlySet<number>): void {
  const { tables, types } = account.shape
  let ahead = true
  for (let left = r.u32(); left > 0; left--) {
    const flags = r.u32()
    const active = (flags & 1) === 0
    const table = active && flags & 2 ? r.u32() : 0
    const offset = active ? readConstExpr(r, types) : undefined
    const expressions = (flags & 4) !== 0
    if (flags & 3) {
      if (expressions) decodeRefType(r)
      else r.u8()
    }
    const length = r.u32()
    const elements: ConstExpr[] = []
    for (let item = 0; item < length; item++) {
      if (!expressions) r.u32()
      else if (flags === 7) readConstExpr(r, types)
      else elements.push(readConstExpr(r, types))
    }
    if (offset === undefined) {
      if ((flags & 2) === 0) charge(account, ...elements)
      continue
    }
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
    charge(account, offset, ...elements)
    account.units += length
  }
}

function holdsFuncs({ tables, types }: ModuleShape, table: number): boolean {
  const heap = tables[table]?.element.heap
  return typeof heap === 'number' ? types[heap]?.type.kind === 'func' : heap === 'func' || heap === 'nofunc'
}

/** All active segments, or none, are laid out ahead of time. */
function countData(r: ByteReader, account: Account): void {
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
    account.units += length
  }
}

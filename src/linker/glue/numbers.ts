/**
 * Records of numbers and booleans without generated source. Keys that a function learns at run time are slow in every
 * engine, and so are calls of functions that differ; so a record is walked in one place, unrolled, and what a field is
 * stands in a number. (A literal with computed keys would be slower by ten times.)
 */
import type { CoreValue } from '../../abi/context.ts'
import type { Numeric } from '../../abi/emit/numbers.ts'
import type { Layout } from '../../abi/layout.ts'

const CODES: { readonly [K in Numeric]: number } = {
  u32: 0,
  s32: 1,
  f64: 2,
  bool: 3,
  u8: 4,
  s8: 5,
  u16: 6,
  s16: 7,
  f32: 8,
  u64: 9,
  s64: 10,
}

/** What the kind is to the functions below; `undefined` if it is no number. */
export function codeOf(t: Layout): number | undefined {
  return Object.hasOwn(CODES, t.kind) ? CODES[t.kind as Numeric] : undefined
}

export function fits(code: number, x: unknown): boolean {
  switch (code) {
    case 0:
      return typeof x === 'number' && x >>> 0 === x
    case 1:
      return typeof x === 'number' && (x | 0) === x
    case 2:
    case 8:
      return typeof x === 'number'
    case 3:
      return typeof x === 'boolean'
    case 4:
      return typeof x === 'number' && (x & 0xff) === x
    case 5:
      return typeof x === 'number' && (x << 24) >> 24 === x
    case 6:
      return typeof x === 'number' && (x & 0xffff) === x
    case 7:
      return typeof x === 'number' && (x << 16) >> 16 === x
    case 9:
      return typeof x === 'bigint' && BigInt.asUintN(64, x) === x
    default:
      return typeof x === 'bigint' && BigInt.asIntN(64, x) === x
  }
}

function get(view: DataView, p: number, code: number): unknown {
  switch (code) {
    case 0:
      return view.getUint32(p, true)
    case 1:
      return view.getInt32(p, true)
    case 2:
      return view.getFloat64(p, true)
    case 3:
      return view.getUint8(p) !== 0
    case 4:
      return view.getUint8(p)
    case 5:
      return view.getInt8(p)
    case 6:
      return view.getUint16(p, true)
    case 7:
      return view.getInt16(p, true)
    case 8:
      return view.getFloat32(p, true)
    case 9:
      return view.getBigUint64(p, true)
    default:
      return view.getBigInt64(p, true)
  }
}

function put(view: DataView, p: number, code: number, x: unknown): void {
  switch (code) {
    case 0:
    case 1:
      view.setUint32(p, x as number, true)
      return
    case 2:
      view.setFloat64(p, x as number, true)
      return
    case 3:
      view.setUint8(p, x === true ? 1 : 0)
      return
    case 4:
    case 5:
      view.setUint8(p, x as number)
      return
    case 6:
    case 7:
      view.setUint16(p, x as number, true)
      return
    case 8:
      view.setFloat32(p, x as number, true)
      return
    default:
      view.setBigUint64(p, x as bigint, true)
  }
}

/** From the core value as the engine hands it over; -1: no result. */
export function liftCode(core: CoreValue, code: number): unknown {
  switch (code) {
    case 0:
      return (core as number) >>> 0
    case 3:
      return core !== 0
    case 4:
      return (core as number) & 0xff
    case 5:
      return ((core as number) << 24) >> 24
    case 6:
      return (core as number) & 0xffff
    case 7:
      return ((core as number) << 16) >> 16
    case 9:
      return BigInt.asUintN(64, core as bigint)
    default:
      return core
  }
}

type RecordLayout = Extract<Layout, { readonly kind: 'record' }>

/** Asks the interpreter about a value that does not fit as it is. `index`: of the record, in a list of them. */
export type AskField = (value: unknown, field: number, index: number) => unknown

export interface NumberRecord {
  load(view: DataView, p: number): object
  /** Checks and stores; each field is read once. */
  take(record: Readonly<Record<string, unknown>>, view: DataView, p: number, ask: AskField, index: number): void
  /** Checks and lowers. */
  lower(record: Readonly<Record<string, unknown>>, out: CoreValue[], ask: AskField): void
}

/** `undefined` for a record with any other field, or with one that every object inherits. */
export function numberRecord({ fields }: RecordLayout): NumberRecord | undefined {
  const codes: number[] = []
  for (const { key, inherited, layout } of fields) {
    const code = codeOf(layout)
    if (code === undefined || inherited || key === '__proto__') return undefined
    codes.push(code)
  }
  const keys = fields.map((f) => f.key)
  const offsets = fields.map((f) => f.offset)
  const n = fields.length
  // beyond the last field these are not reached
  const [k0 = '', k1 = '', k2 = '', k3 = '', k4 = '', k5 = '', k6 = '', k7 = ''] = keys
  const [c0 = 0, c1 = 0, c2 = 0, c3 = 0, c4 = 0, c5 = 0, c6 = 0, c7 = 0] = codes
  const [o0 = 0, o1 = 0, o2 = 0, o3 = 0, o4 = 0, o5 = 0, o6 = 0, o7 = 0] = offsets
  const one = (x: unknown, code: number, i: number, ask: AskField, index: number): unknown =>
    fits(code, x) ? x : ask(x, i, index)
  const core = (x: unknown, code: number): CoreValue => (code === 3 ? (x === true ? 1 : 0) : (x as CoreValue))
  return {
    load(view, p) {
      const r: Record<string, unknown> = {}
      r[k0] = get(view, p + o0, c0)
      if (n === 1) return r
      r[k1] = get(view, p + o1, c1)
      if (n === 2) return r
      r[k2] = get(view, p + o2, c2)
      if (n === 3) return r
      r[k3] = get(view, p + o3, c3)
      if (n === 4) return r
      r[k4] = get(view, p + o4, c4)
      if (n === 5) return r
      r[k5] = get(view, p + o5, c5)
      if (n === 6) return r
      r[k6] = get(view, p + o6, c6)
      if (n === 7) return r
      r[k7] = get(view, p + o7, c7)
      for (let i = 8; i < n; i++) r[keys[i] as string] = get(view, p + (offsets[i] as number), codes[i] as number) // i < n
      return r
    },
    take(r, view, p, ask, index) {
      put(view, p + o0, c0, one(r[k0], c0, 0, ask, index))
      if (n === 1) return
      put(view, p + o1, c1, one(r[k1], c1, 1, ask, index))
      if (n === 2) return
      put(view, p + o2, c2, one(r[k2], c2, 2, ask, index))
      if (n === 3) return
      put(view, p + o3, c3, one(r[k3], c3, 3, ask, index))
      if (n === 4) return
      put(view, p + o4, c4, one(r[k4], c4, 4, ask, index))
      if (n === 5) return
      put(view, p + o5, c5, one(r[k5], c5, 5, ask, index))
      if (n === 6) return
      put(view, p + o6, c6, one(r[k6], c6, 6, ask, index))
      if (n === 7) return
      put(view, p + o7, c7, one(r[k7], c7, 7, ask, index))
      for (let i = 8; i < n; i++) {
        const code = codes[i] as number // i < n, here and below
        put(view, p + (offsets[i] as number), code, one(r[keys[i] as string], code, i, ask, index))
      }
    },
    lower(r, out, ask) {
      for (let i = 0; i < n; i++) {
        const code = codes[i] as number // i < n, here and below
        out.push(core(one(r[keys[i] as string], code, i, ask, 0), code))
      }
    },
  }
}

/**
 * Records of numbers and booleans without generated source. Keys that a function learns at run time are slow in every
 * engine once it has met several sets of them, and so are calls of functions that differ. So a record is walked in one
 * place, unrolled, and what is done with a field is a small function of its kind: where an engine has met one type of
 * record only it looks into all of them, and is nearly as fast as with generated code. (A literal with computed keys would
 * be slower by ten times.)
 */
import type { CoreValue } from '../../abi/context.ts'
import type { Numeric } from '../../abi/emit/numbers.ts'
import type { Layout } from '../../abi/layout.ts'
import { codeOf } from './numbers.ts'

/** Of one kind of number. Each function is written out, because an engine learns by function. */
interface Field {
  readonly fits: (x: unknown) => boolean
  readonly get: (view: DataView, p: number) => unknown
  /** Stores what fits; answers whether it does. */
  readonly put: (view: DataView, p: number, x: unknown) => boolean
  /** Of a value that fits. */
  readonly core: (x: unknown) => CoreValue
}

const same = (x: unknown): CoreValue => x as CoreValue // a number, checked

export const FIELDS: { readonly [K in Numeric]: Field } = {
  bool: {
    fits: (x) => typeof x === 'boolean',
    get: (view, p) => view.getUint8(p) !== 0,
    put: (view, p, x) => {
      if (typeof x !== 'boolean') return false
      view.setUint8(p, x ? 1 : 0)
      return true
    },
    core: (x) => (x === true ? 1 : 0),
  },
  u8: {
    fits: (x) => typeof x === 'number' && (x & 0xff) === x,
    get: (view, p) => view.getUint8(p),
    put: (view, p, x) => {
      if (typeof x !== 'number' || (x & 0xff) !== x) return false
      view.setUint8(p, x)
      return true
    },
    core: same,
  },
  s8: {
    fits: (x) => typeof x === 'number' && (x << 24) >> 24 === x,
    get: (view, p) => view.getInt8(p),
    put: (view, p, x) => {
      if (typeof x !== 'number' || (x << 24) >> 24 !== x) return false
      view.setInt8(p, x)
      return true
    },
    core: same,
  },
  u16: {
    fits: (x) => typeof x === 'number' && (x & 0xffff) === x,
    get: (view, p) => view.getUint16(p, true),
    put: (view, p, x) => {
      if (typeof x !== 'number' || (x & 0xffff) !== x) return false
      view.setUint16(p, x, true)
      return true
    },
    core: same,
  },
  s16: {
    fits: (x) => typeof x === 'number' && (x << 16) >> 16 === x,
    get: (view, p) => view.getInt16(p, true),
    put: (view, p, x) => {
      if (typeof x !== 'number' || (x << 16) >> 16 !== x) return false
      view.setInt16(p, x, true)
      return true
    },
    core: same,
  },
  u32: {
    fits: (x) => typeof x === 'number' && x >>> 0 === x,
    get: (view, p) => view.getUint32(p, true),
    put: (view, p, x) => {
      if (typeof x !== 'number' || x >>> 0 !== x) return false
      view.setUint32(p, x, true)
      return true
    },
    core: same,
  },
  s32: {
    fits: (x) => typeof x === 'number' && (x | 0) === x,
    get: (view, p) => view.getInt32(p, true),
    put: (view, p, x) => {
      if (typeof x !== 'number' || (x | 0) !== x) return false
      view.setInt32(p, x, true)
      return true
    },
    core: same,
  },
  u64: {
    fits: (x) => typeof x === 'bigint' && BigInt.asUintN(64, x) === x,
    get: (view, p) => view.getBigUint64(p, true),
    put: (view, p, x) => {
      if (typeof x !== 'bigint' || BigInt.asUintN(64, x) !== x) return false
      view.setBigUint64(p, x, true)
      return true
    },
    core: same,
  },
  s64: {
    fits: (x) => typeof x === 'bigint' && BigInt.asIntN(64, x) === x,
    get: (view, p) => view.getBigInt64(p, true),
    put: (view, p, x) => {
      if (typeof x !== 'bigint' || BigInt.asIntN(64, x) !== x) return false
      view.setBigInt64(p, x, true)
      return true
    },
    core: same,
  },
  f32: {
    fits: (x) => typeof x === 'number',
    get: (view, p) => view.getFloat32(p, true),
    put: (view, p, x) => {
      if (typeof x !== 'number') return false
      view.setFloat32(p, x, true)
      return true
    },
    core: same,
  },
  f64: {
    fits: (x) => typeof x === 'number',
    get: (view, p) => view.getFloat64(p, true),
    put: (view, p, x) => {
      if (typeof x !== 'number') return false
      view.setFloat64(p, x, true)
      return true
    },
    core: same,
  },
}

type RecordLayout = Extract<Layout, { readonly kind: 'record' }>

/** Asks the interpreter about a value that does not fit as it is. `index`: of the record, in a list of them. */
export type AskField = (value: unknown, field: number, index: number) => unknown

export interface NumberRecord {
  load(view: DataView, p: number): object
  /** Checks and stores; each field is read once. */
  take(record: Readonly<Record<string, unknown>>, view: DataView, p: number, ask: AskField, index: number): void
  /** Checks and lowers, to where its first core value stands. */
  lower(record: Readonly<Record<string, unknown>>, flat: unknown[], at: number, ask: AskField): void
}

/** So many fields are written out. */
const UNROLLED = 8

/** `undefined` for a record with any other field, with one that every object inherits, or with many. */
export function numberRecord({ fields }: RecordLayout): NumberRecord | undefined {
  if (fields.length > UNROLLED) return undefined
  for (const { key, inherited, layout } of fields) {
    if (codeOf(layout) === undefined || inherited || key === '__proto__') return undefined
  }
  const n = fields.length
  // beyond the last field these are not reached
  const [k0 = '', k1 = '', k2 = '', k3 = '', k4 = '', k5 = '', k6 = '', k7 = ''] = fields.map((f) => f.key)
  const [o0 = 0, o1 = 0, o2 = 0, o3 = 0, o4 = 0, o5 = 0, o6 = 0, o7 = 0] = fields.map((f) => f.offset)
  const [
    f0 = FIELDS.u32,
    f1 = FIELDS.u32,
    f2 = FIELDS.u32,
    f3 = FIELDS.u32,
    f4 = FIELDS.u32,
    f5 = FIELDS.u32,
    f6 = FIELDS.u32,
    f7 = FIELDS.u32,
  ] = fields.map(
    (f) => FIELDS[f.layout.kind as Numeric], // all are
  )
  return {
    load(view, p) {
      const r: Record<string, unknown> = {}
      r[k0] = f0.get(view, p + o0)
      if (n === 1) return r
      r[k1] = f1.get(view, p + o1)
      if (n === 2) return r
      r[k2] = f2.get(view, p + o2)
      if (n === 3) return r
      r[k3] = f3.get(view, p + o3)
      if (n === 4) return r
      r[k4] = f4.get(view, p + o4)
      if (n === 5) return r
      r[k5] = f5.get(view, p + o5)
      if (n === 6) return r
      r[k6] = f6.get(view, p + o6)
      if (n === 7) return r
      r[k7] = f7.get(view, p + o7)
      return r
    },
    take(r, view, p, ask, index) {
      const x0 = r[k0]
      if (!f0.put(view, p + o0, x0)) f0.put(view, p + o0, ask(x0, 0, index))
      if (n === 1) return
      const x1 = r[k1]
      if (!f1.put(view, p + o1, x1)) f1.put(view, p + o1, ask(x1, 1, index))
      if (n === 2) return
      const x2 = r[k2]
      if (!f2.put(view, p + o2, x2)) f2.put(view, p + o2, ask(x2, 2, index))
      if (n === 3) return
      const x3 = r[k3]
      if (!f3.put(view, p + o3, x3)) f3.put(view, p + o3, ask(x3, 3, index))
      if (n === 4) return
      const x4 = r[k4]
      if (!f4.put(view, p + o4, x4)) f4.put(view, p + o4, ask(x4, 4, index))
      if (n === 5) return
      const x5 = r[k5]
      if (!f5.put(view, p + o5, x5)) f5.put(view, p + o5, ask(x5, 5, index))
      if (n === 6) return
      const x6 = r[k6]
      if (!f6.put(view, p + o6, x6)) f6.put(view, p + o6, ask(x6, 6, index))
      if (n === 7) return
      const x7 = r[k7]
      if (!f7.put(view, p + o7, x7)) f7.put(view, p + o7, ask(x7, 7, index))
    },
    lower(r, flat, at, ask) {
      const x0 = r[k0]
      flat[at] = f0.core(f0.fits(x0) ? x0 : ask(x0, 0, 0))
      if (n === 1) return
      const x1 = r[k1]
      flat[at + 1] = f1.core(f1.fits(x1) ? x1 : ask(x1, 1, 0))
      if (n === 2) return
      const x2 = r[k2]
      flat[at + 2] = f2.core(f2.fits(x2) ? x2 : ask(x2, 2, 0))
      if (n === 3) return
      const x3 = r[k3]
      flat[at + 3] = f3.core(f3.fits(x3) ? x3 : ask(x3, 3, 0))
      if (n === 4) return
      const x4 = r[k4]
      flat[at + 4] = f4.core(f4.fits(x4) ? x4 : ask(x4, 4, 0))
      if (n === 5) return
      const x5 = r[k5]
      flat[at + 5] = f5.core(f5.fits(x5) ? x5 : ask(x5, 5, 0))
      if (n === 6) return
      const x6 = r[k6]
      flat[at + 6] = f6.core(f6.fits(x6) ? x6 : ask(x6, 6, 0))
      if (n === 7) return
      const x7 = r[k7]
      flat[at + 7] = f7.core(f7.fits(x7) ? x7 : ask(x7, 7, 0))
    },
  }
}

/**
 * Layout, lowering and lifting against the specification's definitions.py (revision 6d28164, deterministic profile):
 * `values.json` holds random types and values with what it computed for them: alignment, size, flat types, core values,
 * realloc calls and memory. Strings count as utf16 there, as those of JavaScript do here.
 */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Value } from '../../src/abi/embedding.ts'
import type { FlatType, Layout } from '../../src/abi/layout.ts'
import { Layouts } from '../../src/abi/layouts.ts'
import { CoreValueIter, liftFlatValues } from '../../src/abi/lift.ts'
import { lowerFlatValues } from '../../src/abi/lower.ts'
import type { StringEncoding } from '../../src/model/builtins.ts'
import type { PointerType } from '../../src/model/plan.ts'
import type { ValType } from '../../src/model/types.ts'
import { context, func, Heap, unsigned } from './harness.ts'

type Json = null | boolean | number | string | Json[] | { readonly [key: string]: Json }

interface Row {
  readonly type: ValType
  readonly value: Json
  readonly encoding: StringEncoding
  readonly ptr: PointerType
  readonly layout: Record<PointerType, [align: number, size: number, flat: FlatType[] | null]>
  readonly core: Json[]
  readonly calls: number[][]
  readonly memory: string
}

const rows = JSON.parse(readFileSync(new URL('values.json', import.meta.url), 'utf8')) as Row[]

const ARRAYS = {
  s8: Int8Array,
  u8: Uint8Array,
  s16: Int16Array,
  u16: Uint16Array,
  s32: Int32Array,
  u32: Uint32Array,
  s64: BigInt64Array,
  u64: BigUint64Array,
  f32: Float32Array,
  f64: Float64Array,
}

/** The file's notation → JavaScript's value, by the layout. */
function value(json: Json, t: Layout): Value {
  const object = json as { readonly [key: string]: Json }
  switch (t.kind) {
    case 'u64':
    case 's64':
      return BigInt(object['$big'] as string)
    case 'list': {
      const items = (Array.isArray(json) ? json : (object['of'] as Json[])).map((e) => value(e, t.element))
      if (t.array === undefined) return items
      const kind = t.element.kind as keyof typeof ARRAYS
      const array = new ARRAYS[kind](items.length)
      items.forEach((item, i) => {
        array[i] = item as never
      })
      return array
    }
    case 'map':
      return new Map((object['$map'] as [Json, Json][]).map(([k, v]) => [value(k, t.key), value(v, t.value)]))
    case 'record':
      return Object.fromEntries(
        t.fields.map((f, i) => [f.key, value((object['$record'] as Json[])[i] as Json, f.layout)]),
      )
    case 'tuple':
      return t.elements.map((e, i) => value((json as Json[])[i] as Json, e.layout))
    case 'variant': {
      const tag = object['$tag'] as string
      const payload = t.cases[t.index.get(tag) ?? -1]?.layout
      return payload === undefined ? { tag } : { tag, val: value(object['val'] as Json, payload) }
    }
    case 'flags':
      return Object.fromEntries(t.keys.map((key, i) => [key, (object['$flags'] as Json[])[i]]))
    case 'option': {
      if ('$none' in object) return t.boxed ? { tag: 'none' } : undefined
      const val = value(object['$some'] as Json, t.some)
      return t.boxed ? { tag: 'some', val } : val
    }
    case 'result': {
      const tag = '$ok' in object ? 'ok' : 'err'
      const payload = tag === 'ok' ? t.ok : t.err
      return { tag, val: payload && value(object[`$${tag}`] as Json, payload) }
    }
    default:
      return json
  }
}

describe.each(rows.map((row, i) => [i, row.type.kind, row] as const))('%i: %s', (_i, _kind, row) => {
  test('layout', () => {
    const layouts = new Layouts()
    for (const ptr of ['i32', 'i64'] as const) {
      const { align, size, flat } = layouts.of(row.type, ptr)
      expect([align, size, flat ?? null]).toEqual(row.layout[ptr])
    }
  })

  test('lower, then lift', () => {
    const signature = new Layouts().signature(func([row.type]), { ptr: row.ptr, async: false }, 'lift')
    const [layout] = signature.params as [Layout]
    const expected = value(row.value, layout)
    const heap = new Heap(1 << 15, 8)
    const cx = context(heap, { encoding: row.encoding, ptr: row.ptr, host: true })

    const core = lowerFlatValues(cx, [expected], signature.params, signature.spilledParams)
    const types = signature.core.params
    expect(core.map((v, i) => unsigned(v, types[i] as string))).toEqual(
      row.core.map((v) => (typeof v === 'object' ? BigInt((v as { $big: string }).$big) : v)),
    )
    expect(heap.calls).toEqual(row.calls)
    expect(Buffer.from(heap.bytes.subarray(0, heap.last)).toString('hex')).toBe(row.memory)

    // the engine hands integers to JavaScript signed
    const signed = core.map((v, i) =>
      types[i] === 'i64' ? BigInt.asIntN(64, BigInt(v)) : types[i] === 'i32' ? Number(v) | 0 : v,
    )
    expect(liftFlatValues(cx, new CoreValueIter(signed), signature.params, signature.spilledParams)).toEqual([expected])
  })
})

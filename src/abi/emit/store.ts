/**
 * Generates what `store` does: component value → memory, for one type. The value was taken apart before (`Taken`): its
 * numbers lie in local names, so that nothing is put together only to be stored.
 *
 * @spec Storing
 */
import { BugError } from '../../model/errors.ts'
import type { Layout } from '../layout.ts'
import { lengthOfList, storeListIntoRange, store as storeSlowly } from '../store.ts'
import { storeStringIntoRange } from '../strings.ts'
import { casesOf } from './load.ts'
import { recipeOf, storeUint } from './numbers.ts'
import { at, type Side, type Source } from './source.ts'

/** A value of a known type, checked, in names of the generated code. */
export type Taken =
  /**
   * One name. A number, a boolean, a string as they are; a char as its code, an enum and flags as their number; anything
   * else as the interpreter takes it.
   */
  | { readonly kind: 'value'; readonly name: string }
  /** A record or tuple, part by part. */
  | { readonly kind: 'parts'; readonly parts: readonly Taken[] }
  /** A variant, option or result: the name of the discriminant, and the payload of each case that has one. */
  | { readonly kind: 'cases'; readonly index: string; readonly cases: readonly (Taken | undefined)[] }
  /** A list that lies ready as it will lie in memory: the name of its length and of a `Uint8Array` that begins with it. */
  | { readonly kind: 'image'; readonly length: string; readonly bytes: string }

/** Writes statements that store. Where guest code may have run the side's view is taken anew. */
export function store(s: Source, side: Side, base: string, offset: number, t: Layout, taken: Taken): void {
  switch (taken.kind) {
    case 'parts': {
      const parts = t.kind === 'record' ? t.fields : t.kind === 'tuple' ? t.elements : []
      parts.forEach((part, i) => {
        store(s, side, base, offset + part.offset, part.layout, given(taken.parts[i]))
      })
      return
    }
    case 'cases':
      storeCases(s, side, base, offset, t, taken)
      return
    case 'image': {
      const ptr = storeImage(s, side, t, taken)
      refresh(s, side)
      s.line(storeUint(side, base, offset, 4, ptr))
      s.line(storeUint(side, base, offset + 4, 4, taken.length))
      return
    }
    case 'value':
      storeValue(s, side, base, offset, t, taken.name)
  }
}

function storeValue(s: Source, side: Side, base: string, offset: number, t: Layout, name: string): void {
  const recipe = recipeOf(t)
  if (recipe !== undefined) {
    s.line(`${recipe.store(side.view, at(base, offset), name)};`)
    return
  }
  switch (t.kind) {
    case 'char':
      s.line(storeUint(side, base, offset, 4, name))
      return
    case 'enum':
      s.line(storeUint(side, base, offset, t.discriminant, name))
      return
    case 'flags':
      s.line(storeUint(side, base, offset, t.size, name))
      return
    case 'string': {
      const ptr = storeString(s, side, name)
      refresh(s, side)
      s.line(storeUint(side, base, offset, 4, ptr))
      s.line(storeUint(side, base, offset + 4, 4, `${side.cx}.units`))
      return
    }
    default:
      s.line(`${s.constant(storeSlowly)}(${side.cx},${name},${side.layout(t)},${at(base, offset)});`)
      refresh(s, side)
  }
}

function storeCases(
  s: Source,
  side: Side,
  base: string,
  offset: number,
  t: Layout,
  taken: Extract<Taken, { kind: 'cases' }>,
): void {
  if (t.kind !== 'variant' && t.kind !== 'option' && t.kind !== 'result') throw new BugError('only choices have cases')
  s.line(storeUint(side, base, offset, t.kind === 'variant' ? t.discriminant : 1, taken.index))
  eachCase(s, t, taken, (layout, payload) => {
    store(s, side, base, offset + t.payloadOffset, layout, payload)
  })
}

type Choice = Extract<Layout, { readonly kind: 'variant' | 'option' | 'result' }>

/** A branch for each case with a payload. The last of all is what is left: the index is one of them. */
export function eachCase(
  s: Source,
  t: Choice,
  taken: Extract<Taken, { kind: 'cases' }>,
  write: (layout: Layout, payload: Taken) => void,
): void {
  const cases = casesOf(t)
  const loaded = cases.flatMap(({ layout }, k) => (layout === undefined ? [] : [{ layout, k }]))
  loaded.forEach(({ layout, k }, n) => {
    const test = loaded.length === cases.length && n === loaded.length - 1 && n > 0 ? '' : `if(${taken.index}===${k})`
    s.block(n === 0 ? test : `else ${test}`, () => {
      write(layout, given(taken.cases[k]))
    })
  })
}

/** Allocates and writes; the length in code units is left in `cx.units`. Whoever stores afterwards takes the view anew. */
export function storeString(s: Source, side: Side, name: string): string {
  return s.value(`${s.constant(storeStringIntoRange)}(${side.cx},${name})`, 'p')
}

/** A list that the interpreter took. */
export function storeList(s: Source, side: Side, t: Layout, name: string): { ptr: string; length: string } {
  const array = t.kind === 'list' && t.array !== undefined
  const length = s.value(array ? `${s.constant(lengthOfList)}(${name},${side.layout(t)})` : `${name}.length`)
  const ptr = s.value(`${s.constant(storeListIntoRange)}(${side.cx},${name},${length},${side.layout(t)})`, 'p')
  return { ptr, length }
}

export function storeImage(s: Source, side: Side, t: Layout, taken: Extract<Taken, { kind: 'image' }>): string {
  if (t.kind !== 'list') throw new BugError('only lists have images')
  return s.value(`${s.constant(storeBytes)}(${side.cx},${taken.bytes},${taken.length},${side.layout(t)})`, 'p')
}

/** The list is the beginning of `bytes`. */
function storeBytes(
  cx: Parameters<typeof storeListIntoRange>[0],
  bytes: Uint8Array,
  length: number,
  t: Parameters<typeof storeListIntoRange>[3],
): number {
  const byteLength = length * t.element.size
  const ptr = cx.reallocateChecked(0, 0, t.element.align, byteLength, 'list')
  cx.memory.bytes.set(bytes.length === byteLength ? bytes : bytes.subarray(0, byteLength), ptr)
  return ptr
}

/** An allocator has run, which may have grown the memory. */
function refresh(s: Source, side: Side): void {
  s.line(`${side.view}=${side.memory}.view;`)
}

function given<T>(value: T | undefined): T {
  if (value === undefined) throw new BugError('what was taken has the shape of its type')
  return value
}

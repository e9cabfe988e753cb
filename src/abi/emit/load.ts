/**
 * Generates what `load` does: memory → component value, for one type, with its keys and offsets written in. Same order,
 * same charges, same traps; the rarer parts are calls of the interpreter's own functions.
 *
 * @spec Loading
 */
import { unreachable } from '../../model/errors.ts'
import type { LiftLowerContext } from '../context.ts'
import { liftBorrow, liftOwn } from '../handles.ts'
import type { Layout, ListLayout, MapLayout } from '../layout.ts'
import { badDiscriminant, charFromI32, checkList, loadListFromRange, load as loadSlowly } from '../load.ts'
import { loadStringFromRange } from '../strings.ts'
import { loadUint, recipeOf } from './numbers.ts'
import { at, literal, type Side, type Source, text } from './source.ts'

/** From many cases on a table is asked, not a chain of tests. */
const MANY = 24
/** Up to here a chain of tests is shorter than a switch. */
const FEW = 4

/**
 * Writes statements that load; answers an expression of the value, which reads memory at most, and that only where
 * nothing can trap. What guest code could change is read before any runs: none does while values are lifted.
 */
export function load(s: Source, side: Side, base: string, offset: number, t: Layout): string {
  const recipe = recipeOf(t)
  if (recipe !== undefined) return recipe.load(side.view, at(base, offset))
  const word = (k: number): string => `${side.view}.getUint32(${at(base, offset + 4 * k)},true)`
  switch (t.kind) {
    case 'char':
      return s.value(`${s.constant(charFromI32)}(${word(0)})`)
    case 'string':
      return s.value(`${s.constant(loadString)}(${side.cx},${at(base, offset)})`)
    case 'list':
      return t.length === undefined
        ? loadList(s, side, word(0), word(1), t)
        : loadElements(s, side, s.value(at(base, offset)), String(t.length), t)
    case 'map':
      return loadMap(s, side, word(0), word(1), t)
    case 'record':
      return literal(
        t.fields.map((f) => f.key),
        t.fields.map((f) => load(s, side, base, offset + f.offset, f.layout)),
      )
    case 'tuple':
      return `[${t.elements.map((e) => load(s, side, base, offset + e.offset, e.layout)).join(',')}]`
    case 'variant':
    case 'option':
    case 'result':
      return choose(s, t, loadUint(side, base, offset, t.kind === 'variant' ? t.discriminant : 1), (payload) =>
        load(s, side, base, offset + t.payloadOffset, payload),
      )
    case 'enum':
      return enumOf(s, t, loadUint(side, base, offset, t.discriminant))
    case 'flags':
      return flagsOf(s, t, loadUint(side, base, offset, t.size))
    case 'own':
    case 'borrow':
      return handleOf(s, side, t, word(0))
    case 'error-context':
    case 'stream':
    case 'future':
      return s.value(`${s.constant(loadSlowly)}(${side.cx},${at(base, offset)},${side.layout(t)})`)
    case 'bool':
    case 's8':
    case 'u8':
    case 's16':
    case 'u16':
    case 's32':
    case 'u32':
    case 's64':
    case 'u64':
    case 'f32':
    case 'f64':
      return unreachable(t as never)
    default:
      return unreachable(t)
  }
}

/** A function of its own: engines look into code that is short. */
function loadString(cx: LiftLowerContext, p: number): unknown {
  const { view } = cx.memory
  return loadStringFromRange(cx, view.getUint32(p, true), view.getUint32(p + 4, true))
}

export function loadList(s: Source, side: Side, ptr: string, length: string, t: ListLayout): string {
  if (t.array !== undefined) {
    return s.value(`${s.constant(loadListFromRange)}(${side.cx},${ptr},${length},${s.constant(t)})`)
  }
  const from = s.value(ptr)
  const n = s.value(length)
  s.line(`${s.constant(checkList)}(${side.cx},${from},${n},${s.constant(t.element)});`)
  return loadElements(s, side, from, n, t)
}

function loadElements(s: Source, side: Side, from: string, length: string, t: ListLayout): string {
  s.line(`${side.cx}.charge(${length}*${t.element.cost});`)
  const list = s.value(`new Array(${length})`)
  const i = s.fresh('i')
  const p = s.fresh('p')
  // an address that is added up from one to the next costs V8 a tenth more
  s.block(`for(let ${i}=0;${i}<${length};${i}++)`, () => {
    s.line(`const ${p}=${from}+${i}*${t.element.size};`)
    s.line(`${list}[${i}]=${load(s, side, p, 0, t.element)};`)
  })
  return list
}

/** For JavaScript: a Map, in which the last of equal keys wins. */
export function loadMap(s: Source, side: Side, ptr: string, length: string, t: MapLayout): string {
  const from = s.value(ptr)
  const n = s.value(length)
  s.line(`${s.constant(checkList)}(${side.cx},${from},${n},${s.constant(t.element)});`)
  s.line(`${side.cx}.charge(${n}*${t.element.cost});`)
  const pairs = s.value('new Map()')
  const i = s.fresh('i')
  const p = s.fresh('p')
  if (t.element.kind !== 'tuple') throw new TypeError('an entry of a map is a tuple')
  const [key, value] = t.element.elements
  if (key === undefined || value === undefined) throw new TypeError('an entry of a map has two parts')
  s.block(`for(let ${i}=0,${p}=${from};${i}<${n};${i}++,${p}+=${t.element.size})`, () => {
    const k = s.value(load(s, side, p, key.offset, key.layout))
    s.line(`${pairs}.set(${k},${load(s, side, p, value.offset, value.layout)});`)
  })
  return pairs
}

type Choice = Extract<Layout, { readonly kind: 'variant' | 'option' | 'result' }>

/** One JavaScript value per case. `payload` writes what loads a case's payload, in a block of its own. */
export function choose(s: Source, t: Choice, discriminant: string, payload: (t: Layout) => string): string {
  const i = s.value(discriminant)
  const chosen = s.variable()
  const cases = casesOf(t)
  const bad = `${s.constant(badDiscriminant)}(${i},${cases.length})`
  const choose = ({ tag, layout }: (typeof cases)[number]): string =>
    `${chosen}=${shape(t, tag, layout === undefined ? undefined : payload(layout))};`
  if (cases.length > FEW) {
    s.block(`switch(${i})`, () => {
      cases.forEach((one, k) => {
        s.block(`case ${k}:`, () => s.line(`${choose(one)}break;`))
      })
      s.line(`default:${bad}`)
    })
  } else {
    cases.forEach((one, k) => {
      s.block(`${k === 0 ? '' : 'else '}if(${i}===${k})`, () => s.line(choose(one)))
    })
    s.line(`else ${bad};`)
  }
  return chosen
}

export function casesOf(t: Choice): readonly { readonly tag: string; readonly layout: Layout | undefined }[] {
  switch (t.kind) {
    case 'variant':
      return t.cases.map(({ name, layout }) => ({ tag: name, layout }))
    case 'option':
      return [
        { tag: 'none', layout: undefined },
        { tag: 'some', layout: t.some },
      ]
    case 'result':
      return [
        { tag: 'ok', layout: t.ok },
        { tag: 'err', layout: t.err },
      ]
  }
}

function shape(t: Choice, tag: string, val: string | undefined): string {
  if (t.kind === 'option' && !t.boxed) return val ?? 'undefined'
  if (val !== undefined) return `{tag:${text(tag)},val:${val}}`
  return t.kind === 'result' ? `{tag:${text(tag)},val:undefined}` : `{tag:${text(tag)}}`
}

export function enumOf(s: Source, t: Extract<Layout, { readonly kind: 'enum' }>, discriminant: string): string {
  const i = s.value(discriminant)
  const bad = `${s.constant(badDiscriminant)}(${i},${t.labels.length})`
  if (t.labels.length > MANY) return s.value(`${s.constant(t.labels)}[${i}]??${bad}`)
  return s.value(`${t.labels.map((label, k) => `${i}===${k}?${text(label)}:`).join('')}${bad}`)
}

export function flagsOf(s: Source, t: Extract<Layout, { readonly kind: 'flags' }>, bits: string): string {
  const set = s.value(bits)
  return literal(
    t.keys,
    t.keys.map((_, i) => `(${set}>>>${i}&1)===1`),
  )
}

export function handleOf(
  s: Source,
  side: Side,
  t: Extract<Layout, { readonly kind: 'own' | 'borrow' }>,
  index: string,
): string {
  return s.value(`${s.constant(t.kind === 'own' ? liftOwn : liftBorrow)}(${side.cx},${index},${side.layout(t)})`)
}

/**
 * Generates what `fromJs` does: JavaScript value → component value, checked, for one type. Each property is read once, in
 * the interpreter's order, into a local name. What does not obviously fit goes, as it was read, to the interpreter: it
 * widens what may be widened, and says what is wrong with the rest.
 */

import { casesOf } from '../../abi/emit/load.ts'
import { isInterpreted, isPlain } from '../../abi/emit/nodes.ts'
import { recipeOf } from '../../abi/emit/numbers.ts'
import { type Source, text } from '../../abi/emit/source.ts'
import { store, type Taken } from '../../abi/emit/store.ts'
import type { Layout } from '../../abi/layout.ts'
import { packFlags } from '../../abi/store.ts'
import { BugError } from '../../model/errors.ts'
import { MAX_LENGTH } from '../host/host-values.ts'

/** What a check needs besides the value. */
export interface Checks {
  /** An expression: the interpreter's answer on a value of type `t`, or its complaint about `place`. */
  ask(t: Layout, value: string, place: string): string
  /** The same of a value with a case and what it carries. */
  askCase(t: Layout, tag: string, val: string, place: string): string
  /** The same of the first field of a record, whose value is no number perhaps because the record is a promise. */
  askField(t: Layout, object: string, place: string, field: Layout, value: string, there: string): string
  /** The name of an `Image` for a list. */
  image(): string
  /** What must be given back when a check fails. */
  readonly images: string[]
}

const MANY = 24

/** @param place an expression: where the value stands, for messages */
export function take(s: Source, checks: Checks, name: string, t: Layout, place: string): Taken {
  const ask = (value = name): string => checks.ask(t, value, place)
  if (isInterpreted(t)) return { kind: 'value', name: s.value(ask()) }
  const recipe = recipeOf(t)
  if (recipe !== undefined) return { kind: 'value', name: s.value(recipe.fitting(name, ask())) }
  switch (t.kind) {
    case 'string':
      s.line(`if(typeof ${name}!=="string")${ask()};`)
      return { kind: 'value', name }
    case 'char': {
      const code = s.value(`${s.constant(codeOf)}(${name})`)
      s.line(`if(${code}<0)${ask()};`)
      return { kind: 'value', name: code }
    }
    case 'enum':
      return { kind: 'value', name: indexOf(s, t.labels, t.index, name, ask()) }
    case 'flags':
      return { kind: 'value', name: s.value(`${s.constant(packFlags)}(${ask()},${s.constant(t)})`) }
    case 'record': {
      s.line(`if(typeof ${name}!=="object"||${name}===null)${ask()};`)
      // a promise is refused for what it is: at once, or where the first thing asked of it is a number that it does not have
      const [first] = t.fields
      const number = first !== undefined && recipeOf(first.layout) !== undefined ? 0 : -1
      if (number === -1) s.line(`if(${name} instanceof Promise)${ask()};`)
      return {
        kind: 'parts',
        parts: t.fields.map(({ key, inherited, layout }, i) => {
          const read = `${name}[${text(key)}]`
          const field = s.value(inherited ? `Object.hasOwn(${name},${text(key)})?${read}:undefined` : read)
          const there = `${place}+${text(`.${key}`)}`
          const inner = recipeOf(layout)
          if (inner === undefined) return take(s, checks, field, layout, there)
          const asked =
            i === number ? checks.askField(t, name, place, layout, field, there) : checks.ask(layout, field, there)
          return { kind: 'value', name: s.value(inner.fitting(field, asked)) }
        }),
      }
    }
    case 'tuple': {
      const fits = `Array.isArray(${name})&&${name}.length===${t.elements.length}`
      const tuple = s.value(`${fits}?${name}:${ask()}`)
      return {
        kind: 'parts',
        parts: t.elements.map(({ layout }, i) =>
          take(s, checks, s.value(`${tuple}[${i}]`), layout, `${place}+${text(`[${i}]`)}`),
        ),
      }
    }
    case 'variant':
    case 'option':
    case 'result':
      return takeChoice(s, checks, name, t, place)
    case 'list':
      if (t.length === undefined && t.array === undefined && isPlain(t.element))
        return takeImage(s, checks, name, t, place)
      return { kind: 'value', name: s.value(ask()) }
    case 'map':
      return { kind: 'value', name: s.value(ask()) }
    default:
      throw new BugError(`no check is generated for ${t.kind}`)
  }
}

type Choice = Extract<Layout, { readonly kind: 'variant' | 'option' | 'result' }>

function takeChoice(s: Source, checks: Checks, name: string, t: Choice, place: string): Taken {
  const cases = casesOf(t)
  if (t.kind === 'option' && !t.boxed) {
    const index = s.variable('0')
    let some: Taken | undefined
    s.block(`if(${name}!==undefined&&${name}!==null)`, () => {
      s.line(`${index}=1;`)
      some = take(s, checks, name, t.some, place)
    })
    return { kind: 'cases', index, cases: [undefined, some] }
  }
  s.line(`if(typeof ${name}!=="object"||${name}===null)${checks.ask(t, name, place)};`)
  const tag = s.value(`${name}.tag`)
  const val = s.value(`${name}.val`)
  const ask = checks.askCase(t, tag, val, place)
  const taken: (Taken | undefined)[] = []
  const payload = (layout: Layout | undefined, k: number): void => {
    if (layout !== undefined) taken[k] = take(s, checks, val, layout, `${place}+".val"`)
  }
  if (t.kind === 'variant' && cases.length > MANY) {
    const labels = cases.map((c) => c.tag)
    const index = indexOf(s, labels, t.index, tag, ask)
    cases.forEach(({ layout }, k) => {
      if (layout !== undefined) s.block(`if(${index}===${k})`, () => payload(layout, k))
    })
    return { kind: 'cases', index, cases: taken }
  }
  const index = s.variable('0')
  cases.forEach(({ tag: label, layout }, k) => {
    s.block(`${k === 0 ? '' : 'else '}if(${tag}===${text(label)})`, () => {
      if (k > 0) s.line(`${index}=${k};`)
      payload(layout, k)
    })
  })
  s.line(`else ${ask};`)
  return { kind: 'cases', index, cases: taken }
}

/** The number of a label; labels are strings, and engines compare those they know by address. */
function indexOf(
  s: Source,
  labels: readonly string[],
  index: ReadonlyMap<string, number>,
  name: string,
  ask: string,
): string {
  const found =
    labels.length > MANY
      ? `${s.constant(index)}.get(${name})??-1`
      : `${labels.map((label, i) => `${name}===${text(label)}?${i}:`).join('')}-1`
  const i = s.value(found)
  s.line(`if(${i}<0)${ask};`)
  return i
}

function takeImage(
  s: Source,
  checks: Checks,
  name: string,
  t: Extract<Layout, { readonly kind: 'list' }>,
  place: string,
): Taken {
  const ask = checks.ask(t, name, place)
  const list = s.value(`Array.isArray(${name})?${name}:${ask}`)
  const length = s.value(`${list}.length`)
  s.line(`if(${length}>${MAX_LENGTH})${ask};`)
  const image = s.value(`${checks.image()}.begin(${length}*${t.element.size})`)
  checks.images.push(image)
  const view = s.value(`${image}.view`)
  const i = s.fresh('i')
  const p = s.fresh('p')
  s.block(`for(var ${i}=0,${p}=0;${i}<${length};${i}++,${p}+=${t.element.size})`, () => {
    const element = s.value(`${list}[${i}]`)
    const taken = take(s, checks, element, t.element, `${place}+"["+${i}+"]"`)
    store(s, { cx: '', view, memory: '', layout: (inner) => s.constant(inner) }, p, 0, t.element, taken)
  })
  return { kind: 'image', length, bytes: `${image}.bytes` }
}

/** The code of a string of one character; -1 for whatever is not one. */
function codeOf(value: unknown): number {
  if (typeof value !== 'string') return -1
  const code = value.codePointAt(0)
  if (code === undefined || value.length !== (code > 0xffff ? 2 : 1)) return -1
  return code >= 0xd800 && code <= 0xdfff ? -1 : code
}

/**
 * Generates what `lowerFlat` does: a value that was taken apart → core values.
 *
 * @spec Flat Lowering
 */
import { BugError } from '../../model/errors.ts'
import type { FlatType, Layout } from '../layout.ts'
import { flatOf } from '../lift.ts'
import { lowerFlat } from '../lower.ts'
import { recipeOf, toJoined } from './numbers.ts'
import type { Side, Source } from './source.ts'
import { eachCase, storeImage, storeList, storeString, type Taken } from './store.ts'

/** Appends expressions of core values to `out`: names, or what reads names. */
export function lower(s: Source, side: Side, t: Layout, taken: Taken, out: string[]): void {
  switch (taken.kind) {
    case 'parts': {
      const parts = t.kind === 'record' ? t.fields : t.kind === 'tuple' ? t.elements : []
      parts.forEach((part, i) => {
        const inner = taken.parts[i]
        if (inner === undefined) throw new BugError('what was taken has the shape of its type')
        lower(s, side, part.layout, inner, out)
      })
      return
    }
    case 'cases':
      lowerCases(s, side, t, taken, out)
      return
    case 'image':
      out.push(storeImage(s, side, t, taken), taken.length)
      return
    case 'value':
      lowerValue(s, side, t, taken.name, out)
  }
}

function lowerValue(s: Source, side: Side, t: Layout, name: string, out: string[]): void {
  const recipe = recipeOf(t)
  if (recipe !== undefined) {
    out.push(recipe.lower(name))
    return
  }
  switch (t.kind) {
    case 'char':
    case 'enum':
    case 'flags':
      out.push(name)
      return
    case 'string':
      out.push(storeString(s, side, name), s.value(`${side.cx}.units`))
      return
    case 'list':
      if (t.length === undefined) {
        const { ptr, length } = storeList(s, side, t, name)
        out.push(ptr, length)
        return
      }
      break
    default:
  }
  const flat = s.value('[]')
  s.line(`${s.constant(lowerFlat)}(${side.cx},${name},${side.layout(t)},${flat});`)
  flatOf(t).forEach((_, i) => {
    out.push(`${flat}[${i}]`)
  })
}

/** Discriminant, then the slots that all cases share: zero where a case leaves them. */
function lowerCases(s: Source, side: Side, t: Layout, taken: Extract<Taken, { kind: 'cases' }>, out: string[]): void {
  if (t.kind !== 'variant' && t.kind !== 'option' && t.kind !== 'result') throw new BugError('only choices have cases')
  const joined = flatOf(t).slice(1)
  const slots = joined.map((type) => s.variable(type === 'i64' ? '0n' : '0', 'j'))
  eachCase(s, t, taken, (layout, payload) => {
    const values: string[] = []
    lower(s, side, layout, payload, values)
    const have = flatOf(layout)
    values.forEach((value, k) => {
      // no case has more than all joined
      s.line(`${slots[k]}=${toJoined(value, have[k] as FlatType, joined[k] as FlatType)};`)
    })
  })
  out.push(taken.index, ...slots)
}

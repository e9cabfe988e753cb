/**
 * Generates what `liftFlat` does: core values → component value, for one type.
 *
 * @spec Flat Lifting
 */
import { BugError, unreachable } from '../../model/errors.ts'
import type { LiftLowerContext } from '../context.ts'
import { liftErrorContext } from '../handles.ts'
import type { FlatType, Layout } from '../layout.ts'
import { checkSpilled, flatOf } from '../lift.ts'
import { charFromI32 } from '../load.ts'
import { loadStringFromRange } from '../strings.ts'
import { choose, enumOf, flagsOf, handleOf, load, loadList, loadMap } from './load.ts'
import { fromJoined, recipeOf } from './numbers.ts'
import { literal, type Side, type Source } from './source.ts'

/** Expressions of core values, being taken one after the other. */
export class CoreNames {
  readonly names: readonly string[]
  i = 0

  constructor(names: readonly string[]) {
    this.names = names
  }

  next(): string {
    const name = this.names[this.i++]
    if (name === undefined) throw new BugError('a signature has as many core values as its types need')
    return name
  }
}

/** As `load`: statements now, an expression that cannot trap as the answer. */
export function lift(s: Source, side: Side, core: CoreNames, t: Layout): string {
  const recipe = recipeOf(t)
  if (recipe !== undefined) return recipe.lift(core.next())
  switch (t.kind) {
    case 'char':
      return s.value(`${s.constant(charFromI32)}(${core.next()}>>>0)`)
    case 'string':
      return s.value(`${s.constant(loadStringFromRange)}(${side.cx},${core.next()}>>>0,${core.next()}>>>0)`)
    case 'list': {
      const { length } = t
      if (length === undefined) return loadList(s, side, `${core.next()}>>>0`, `${core.next()}>>>0`, t)
      return `[${Array.from({ length }, () => lift(s, side, core, t.element)).join(',')}]`
    }
    case 'map':
      return loadMap(s, side, `${core.next()}>>>0`, `${core.next()}>>>0`, t)
    case 'record':
      return literal(
        t.fields.map((f) => f.key),
        t.fields.map((f) => lift(s, side, core, f.layout)),
      )
    case 'tuple':
      return `[${t.elements.map((e) => lift(s, side, core, e.layout)).join(',')}]`
    case 'variant':
    case 'option':
    case 'result': {
      const discriminant = `${core.next()}>>>0`
      const joined = flatOf(t).slice(1)
      const slots = joined.map(() => core.next())
      return choose(s, t, discriminant, (payload) => {
        const names = flatOf(payload).map(
          (want, k) => fromJoined(slots[k] as string, joined[k] as FlatType, want), // no case has more than all joined
        )
        return lift(s, side, new CoreNames(names), payload)
      })
    }
    case 'enum':
      return enumOf(s, t, `${core.next()}>>>0`)
    case 'flags':
      return flagsOf(s, t, core.next())
    case 'own':
    case 'borrow':
      return handleOf(s, side, t, `${core.next()}>>>0`)
    case 'error-context':
      return s.value(`${s.constant(liftErrorContext)}(${side.cx},${core.next()}>>>0)`)
    case 'stream':
    case 'future':
      throw new BugError('values of tasks are lifted by the general path')
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

/** The values at a pointer from a guest. */
export function loadSpilled(
  s: Source,
  side: Side,
  ptr: string,
  tuple: Extract<Layout, { readonly kind: 'tuple' }>,
): string[] {
  const p = s.value(`${ptr}>>>0`, 'p')
  checkPlace(s, side, p, tuple)
  return tuple.elements.map((e) => load(s, side, p, e.offset, e.layout))
}

/** `checkSpilled`. Also of a memory that has grown since it was looked at: then it seems to be empty. */
export function checkPlace(s: Source, side: Side, p: string, tuple: Extract<Layout, { readonly kind: 'tuple' }>): void {
  const aligned = tuple.align === 1 ? '' : `(${p}&${tuple.align - 1})!==0||`
  const doubt = `${s.constant(checkAgain)}(${side.cx},${p},${s.constant(tuple)})`
  s.line(`if(${aligned}${p}+${tuple.size}>${side.memory}.bytes.length)${doubt};`)
}

function checkAgain(cx: LiftLowerContext, p: number, tuple: Parameters<typeof checkSpilled>[2]): void {
  cx.memory.refresh()
  checkSpilled(cx, p, tuple)
}

/** Questions about value types that every phase asks. */
import type { ValType } from './types.ts'

/** The value types that a type is made of; a gap is a case without a payload. */
export function partsOf(type: ValType): readonly (ValType | undefined)[] {
  switch (type.kind) {
    case 'record':
      return type.fields.map((field) => field.type)
    case 'variant':
      return type.cases.map((one) => one.type)
    case 'tuple':
      return type.elements
    case 'list':
    case 'stream':
    case 'future':
      return [type.element]
    case 'map':
      return [type.key, type.value]
    case 'option':
      return [type.some]
    case 'result':
      return [type.ok, type.err]
    default:
      return []
  }
}

/**
 * Whether an option of this is `{ tag, val }` in JavaScript, by jco's rule: of options in each other the innermost is bare,
 * the one around it is not, and so on alternately.
 */
export function isBoxedOption(some: ValType): boolean {
  let boxed = false
  for (let t = some; t.kind === 'option'; t = t.some) boxed = !boxed
  return boxed
}

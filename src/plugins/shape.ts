/**
 * How a consumer wants the answers of a binding, read off the result type of its import: plainly, where exactly one plugin
 * answers, or in wasm-link's shapes. With `R = result<T, dispatch-error>`: exactly one plugin gives `tuple<id, R>`, at most
 * one `option<tuple<id, R>>`, more `map<id, R>` or `list<tuple<id, R>>`; methods and constructors, which go to one plugin
 * whatever there are, give `R`. The parameters are the plugin's own.
 */

import type { Value } from '../abi/embedding.ts'
import type { Layout } from '../abi/layout.ts'
import type { Layouts } from '../abi/layouts.ts'
import { type Mismatch, matchFunc, matchValType, type SameResource } from '../linker/match/match-types.ts'
import { funcText } from '../linker/match/type-text.ts'
import type { CardinalityKind } from '../model/errors.ts'
import type { FuncType, ValType } from '../model/types.ts'
import { isErrorType } from './error-abi.ts'
import { isIdType } from './plugin-ids.ts'

/** Who answers: every plugin, or one that the arguments or the host tell. */
export type Audience = 'all' | 'one'

export type Shape =
  | { readonly kind: 'plain' }
  | {
      readonly kind: 'bare' | 'tuple' | 'option' | 'map' | 'list'
      /** `undefined`: bare. */
      readonly id: ValType | undefined
      readonly err: ValType | undefined
      /** What stands for the answer of a function without result. */
      readonly placeholder: Placeholder
    }

type Placeholder = { readonly val: Value } | undefined

const SHAPE_OF: Readonly<Record<CardinalityKind, string>> = {
  'exactly-one': 'tuple<id, R>',
  'at-most-one': 'option<tuple<id, R>>',
  'at-least-one': 'map<id, R> or list<tuple<id, R>>',
  'any': 'map<id, R> or list<tuple<id, R>>',
}

interface Wrapped {
  readonly kind: 'bare' | 'tuple' | 'option' | 'map' | 'list'
  readonly id: ValType | undefined
  readonly result: ValType & { readonly kind: 'result' }
}

/** The shape of `type` for this kind of binding, if it has one; what it holds is not looked at yet. */
export function unwrapType(type: ValType | undefined, kind: CardinalityKind, audience: Audience): Wrapped | undefined {
  const pair = (inner: ValType, as: Wrapped['kind']): Wrapped | undefined => {
    if (inner.kind !== 'tuple' || inner.elements.length !== 2) return undefined
    return keyed(inner.elements[0], inner.elements[1], as)
  }
  const keyed = (id: ValType | undefined, result: ValType | undefined, as: Wrapped['kind']): Wrapped | undefined =>
    id !== undefined && isIdType(id) && result?.kind === 'result' && isErrorType(result.err)
      ? { kind: as, id, result }
      : undefined
  if (type === undefined) return undefined
  if (audience === 'one') {
    return type.kind === 'result' && isErrorType(type.err) ? { kind: 'bare', id: undefined, result: type } : undefined
  }
  switch (kind) {
    case 'exactly-one':
      return pair(type, 'tuple')
    case 'at-most-one':
      return type.kind === 'option' ? pair(type.some, 'option') : undefined
    default:
      if (type.kind === 'map') return keyed(type.key, type.value, 'map')
      return type.kind === 'list' && type.length === undefined ? pair(type.element, 'list') : undefined
  }
}

/** @param expected the import; `contract`: what the plugins export */
export function shapeOf(
  expected: FuncType,
  contract: FuncType,
  kind: CardinalityKind,
  audience: Audience,
  same: SameResource,
  layouts: Layouts,
): Shape | Mismatch {
  const plain = matchFunc(expected, contract, same)
  if (plain === undefined) return { kind: 'plain' }
  const wrapped = unwrapType(expected.result, kind, audience)
  if (wrapped === undefined) {
    if (plain.at[0]?.startsWith('param') === true) return plain
    const shape = `${audience === 'one' ? 'R' : SHAPE_OF[kind]} with R = result<T, dispatch-error>`
    const alone = kind === 'exactly-one' ? 'alone or ' : ''
    return { ...plain, expected: funcText(expected), found: `${funcText(contract)}, ${alone}in the shape ${shape}` }
  }
  const { id, result } = wrapped
  // parameters and async-ness: as the plugins have them
  const params = matchFunc({ ...expected, result: undefined }, { ...contract, result: undefined }, same)
  if (params !== undefined) return params
  const shape = { kind: wrapped.kind, id, err: result.err }
  if (contract.result === undefined) {
    if (result.ok === undefined) return { ...shape, placeholder: undefined }
    if (result.ok.kind === 'option') return { ...shape, placeholder: { val: noneOf(layouts.of(result.ok, 'i32')) } }
  } else if (result.ok !== undefined) {
    const mismatch = matchValType(result.ok, contract.result, same)
    if (mismatch === undefined) return { ...shape, placeholder: undefined }
    return { ...mismatch, at: ['result', 'ok', ...mismatch.at] }
  }
  return { at: ['result', 'ok'], expected: funcText(expected), found: funcText(contract) }
}

function noneOf(layout: Layout): Value {
  return layout.kind === 'option' && layout.boxed ? { tag: 'none' } : undefined
}

/** What the plugins' own type must be, for a binding that has no types but this consumer's. */
export function contractTypeFrom(expected: FuncType, kind: CardinalityKind, audience: Audience): FuncType {
  const wrapped = unwrapType(expected.result, kind, audience)
  // a `result` without dispatch errors is more likely the function's own
  const own = wrapped === undefined || (wrapped.kind === 'bare' && wrapped.result.err === undefined)
  return own ? expected : { ...expected, result: wrapped.result.ok }
}

/**
 * Start definitions: a function of the component that is run when it is instantiated, with values.
 *
 * @throws InvalidError
 */
import type { Def } from '../model/component.ts'
import { checkType } from './subtype.ts'
import { requireValues } from './validate-extern.ts'
import type { Scope } from './validate-scope.ts'
import type { Validation } from './validation.ts'

/** @spec Start Definitions */
export function defineStart(scope: Scope, def: Extract<Def, { readonly kind: 'start' }>): void {
  const cx: Validation = scope.cx
  requireValues(cx)
  if (scope.started) cx.fail('component cannot have more than one start function')
  const { params, result } = scope.at('func', def.func)
  if (params.length !== def.args.length) {
    const given = `but was given ${def.args.length}`
    cx.fail(`component start function requires ${params.length} arguments ${given}`)
  }
  const results = result === undefined ? 0 : 1
  if (results !== def.results) {
    const has = `but the function type has a result count of ${results}`
    cx.fail(`component start function has a result count of ${def.results} ${has}`)
  }
  for (const [i, param] of params.entries()) {
    const arg = def.args[i]
    if (arg === undefined) continue
    const given = scope.useValue(arg)
    const crumb = `value type mismatch for component start function argument ${i}`
    cx.within(crumb, () => checkType(cx, given, param.type))
  }
  if (result !== undefined) scope.add('value', { type: result, used: false })
  scope.started = true
}

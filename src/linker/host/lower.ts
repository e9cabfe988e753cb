/** The core function given to a guest for a component function: what JavaScript implements is called by its signature's code once it is in steady use. */
import { canonLower } from '../../abi/canon-lower.ts'
import type { CanonEnv, CoreFunction, CoreValue, Options } from '../../abi/context.ts'
import type { FuncInst } from '../../abi/embedding.ts'
import { targetOf } from '../../abi/host-func.ts'
import type { FuncType } from '../../model/types.ts'
import { type Fast, type Steady, slowly } from '../tiers.ts'
import { Bridge } from './host-resources.ts'

export function lowerFunction(env: CanonEnv, func: FuncInst, type: FuncType, opts: Options): CoreFunction {
  const slow = canonLower(env, func, type, opts)
  const target = targetOf(func)
  if (target === undefined || !(func.host instanceof Bridge)) return slow
  const signature = env.layouts.signature(type, opts, 'lower')
  const steady = func.host.tiers.steady(
    () => (args) => slow(...(args as readonly CoreValue[])), // the engine passes core values
    // the engine passes core values
    (glue, codes) => glue.imported({ cenv: env, opts, func, target, signature }, codes) as Fast | undefined,
  )
  return fixed(steady, signature.core.params.length)
}

/** As `settled`, but not the same code: engines learn by place what is called there, and an export is not an import. */
function fixed(steady: Steady, arity: number): CoreFunction {
  switch (arity) {
    case 0:
      return () => {
        const { fast } = steady
        return fast === undefined ? slowly(steady, []) : fast()
      }
    case 1:
      return (a) => {
        const { fast } = steady
        return fast === undefined ? slowly(steady, [a]) : fast(a)
      }
    case 2:
      return (a, b) => {
        const { fast } = steady
        return fast === undefined ? slowly(steady, [a, b]) : fast(a, b)
      }
    case 3:
      return (a, b, c) => {
        const { fast } = steady
        return fast === undefined ? slowly(steady, [a, b, c]) : fast(a, b, c)
      }
    case 4:
      return (a, b, c, d) => {
        const { fast } = steady
        return fast === undefined ? slowly(steady, [a, b, c, d]) : fast(a, b, c, d)
      }
    case 5:
      return (a, b, c, d, e) => {
        const { fast } = steady
        return fast === undefined ? slowly(steady, [a, b, c, d, e]) : fast(a, b, c, d, e)
      }
    case 6:
      return (a, b, c, d, e, f) => {
        const { fast } = steady
        return fast === undefined ? slowly(steady, [a, b, c, d, e, f]) : fast(a, b, c, d, e, f)
      }
    default:
      return (...args) => {
        const { fast } = steady
        return fast === undefined ? slowly(steady, args) : fast(...args)
      }
  }
}

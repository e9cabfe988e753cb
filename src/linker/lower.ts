/** The core function given to a guest for a component function: what JavaScript implements is called by its signature's code once it is in steady use. */
import { canonLower } from '../abi/canon-lower.ts'
import type { CanonEnv, CoreFunction, CoreValue, Options } from '../abi/context.ts'
import type { FuncInst } from '../abi/embedding.ts'
import { fixedArity } from '../abi/fuse-abi.ts'
import { targetOf } from '../abi/host-func.ts'
import type { FuncType } from '../model/types.ts'
import { Bridge } from './host-resources.ts'
import type { Fast } from './tiers.ts'

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
  return fixedArity(signature.core.params.length, steady)
}

/** @spec canon lift */
import type { FuncType } from '../model/types.ts'
import type { CanonEnv, CoreFunction, Options } from './context.ts'
import type { Caller, FuncInst, Value } from './embedding.ts'
import type { ComponentInstance } from './instance.ts'
import type { Signature } from './layout.ts'

export interface Lifted {
  readonly core: CoreFunction
  readonly signature: Signature
  readonly opts: Options
  readonly inst: ComponentInstance
}

export declare function canonLift(env: CanonEnv, core: CoreFunction, type: FuncType, opts: Options): FuncInst

/** For `signature.scalar` functions of up to 4 parameters: a direct `(a, b) => r`, checks and poisoning included; else `undefined`. */
export declare function scalarCall(lifted: Lifted, caller: Caller): ((...args: Value[]) => Value) | undefined

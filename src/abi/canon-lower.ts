/** @spec canon lower */
import type { FuncType } from '../model/types.ts'
import type { CanonEnv, CoreFunction, Options } from './context.ts'
import type { FuncInst } from './embedding.ts'

/** The function given to core modules. */
export declare function canonLower(env: CanonEnv, func: FuncInst, type: FuncType, opts: Options): CoreFunction

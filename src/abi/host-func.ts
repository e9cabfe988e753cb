/** A FuncInst that JavaScript implements. */
import type { FuncType } from '../model/types.ts'
import type { Caller, FuncInst, HostBridge, Value } from './embedding.ts'

export type HostFunction = (args: readonly Value[], caller: Caller) => Value
export declare function hostFunc(type: FuncType, path: string, host: HostBridge, fn: HostFunction): FuncInst

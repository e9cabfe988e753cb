/** Behaviour of the canon built-ins. */
import type { BuiltinName } from '../model/builtins.ts'
import type { ValType } from '../model/types.ts'
import type { CanonEnv, CoreFunction, Options } from './context.ts'
import type { GuestMemory } from './memory.ts'
import type { RuntimeResourceType } from './resource.ts'

/** A built-in with its immediates at run time; fields are present as `BUILTINS` says. */
export interface ResolvedBuiltin {
  readonly name: BuiltinName
  readonly resource?: RuntimeResourceType
  readonly element?: ValType | null
  readonly result?: ValType | null
  readonly opts?: Options
  readonly async?: boolean
  readonly cancellable?: boolean
  readonly memory?: GuestMemory
  readonly slot?: { readonly type: 'i32' | 'i64'; readonly index: number }
}

export type Builtin = (env: CanonEnv, b: ResolvedBuiltin) => CoreFunction
export declare function isImplemented(name: BuiltinName): boolean
export declare const BUILTIN_BEHAVIOUR: Partial<Record<BuiltinName, Builtin>>

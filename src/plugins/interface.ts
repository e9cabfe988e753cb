/** What the host may declare of a contract. Plain data: each word that is there is checked, and nothing more. */
import type { FuncType } from '../model/types.ts'

/** The crate's Interface: what the host declares, and we check. */
export interface Interface {
  readonly functions: Readonly<Record<string, Func>>
  readonly resources?: readonly string[]
}
/** The crate's Function; each word given is checked. */
export interface Func {
  readonly kind?: FunctionKind
  readonly returns?: ReturnKind
  readonly async?: boolean
  readonly type?: FuncType
}
export type FunctionKind = 'freestanding' | 'method'
export type ReturnKind = 'void' | 'may-contain-resources' | 'assume-no-resources'

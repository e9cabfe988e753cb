/** Run-time canonopts and where a canon definition lives. */
import type { StringEncoding } from '../model/builtins.ts'
import type { PointerType } from '../model/plan.ts'
import type { ComponentInstance } from './instance.ts'
import type { Layouts } from './layout.ts'
import type { GuestMemory } from './memory.ts'
import type { RuntimeResourceType } from './resource.ts'

export type CoreValue = number | bigint
/** A function of a core instance, or one given to it. */
export type CoreFunction = (...args: CoreValue[]) => unknown

/** @spec Canonical ABI Options */
export interface Options {
  readonly encoding: StringEncoding
  readonly ptr: PointerType
  readonly memory: GuestMemory | undefined
  readonly realloc: CoreFunction | undefined
  readonly postReturn: CoreFunction | undefined
  readonly callback: CoreFunction | undefined
  readonly async: boolean
}

/** Where a canon definition stands. `resources` is live: indexed by `PlanResource.slot` when a handle passes. */
export interface CanonEnv {
  readonly inst: ComponentInstance
  readonly layouts: Layouts
  readonly resources: readonly RuntimeResourceType[]
  readonly path: string
}

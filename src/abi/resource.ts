/** @spec Resource State */
import type { ComponentInstance } from './instance.ts'

export type Destructor = (rep: number) => void

/** A resource type at run time, compared by identity. `impl` is `undefined` for the host's. */
export declare class RuntimeResourceType {
  readonly name: string
  readonly impl: ComponentInstance | undefined
  readonly dtor: Destructor | undefined
  constructor(name: string, impl: ComponentInstance | undefined, dtor: Destructor | undefined)
}

/** Ends an own handle's resource on the host's behalf: the destructor as a call from `caller`. */
export declare function dropRep(rt: RuntimeResourceType, rep: number, caller: ComponentInstance | undefined): void

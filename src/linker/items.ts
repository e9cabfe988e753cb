/** What imports are satisfied with and exports consist of at run time: the live counterparts of the planner's items. */
import type { FuncInst } from '../abi/embedding.ts'
import type { RuntimeResourceType } from '../abi/resource.ts'
import type { CoreModuleType } from '../model/core-types.ts'
import type { Artifact } from './artifact.ts'
import type { Running } from './run.ts'

/** A core module as a value. `type` is missing where the host gave a bare `WebAssembly.Module`. */
export interface LiveModule {
  readonly module: WebAssembly.Module
  readonly type: CoreModuleType | undefined
  /** In bytes, where known. */
  readonly size: number | undefined
}

/** A component as a value; `outer` is the running instance it was handed out of, if what it closes over lives there. */
export interface LiveComponent {
  readonly artifact: Artifact
  readonly outer: Running | undefined
}

export type LiveItem =
  | { readonly kind: 'func'; readonly func: FuncInst }
  | { readonly kind: 'instance'; readonly exports: LiveItems }
  | { readonly kind: 'module'; readonly module: LiveModule }
  | { readonly kind: 'component'; readonly component: LiveComponent }
  | { readonly kind: 'resource'; readonly type: RuntimeResourceType }
  /** A type without run-time identity. */
  | { readonly kind: 'type' }

export type LiveItems = ReadonlyMap<string, LiveItem>

/** What imports are satisfied with and exports consist of at run time: the live counterparts of the planner's items. */
import type { FuncInst } from '../abi/embedding.ts'
import type { RuntimeResourceType } from '../abi/resource.ts'
import type { CoreModuleType } from '../model/core-types.ts'
import type { Artifact } from './artifact.ts'
import type { Running } from './run.ts'

/** A core module as a value. */
export interface LiveModule {
  readonly kind: 'module'
  readonly module: WebAssembly.Module
  /** Missing where the host gave a bare `WebAssembly.Module`. */
  readonly type: CoreModuleType | undefined
  /** In bytes, where known. */
  readonly size: number | undefined
  /** Where it can be had for another profile; missing where the host gave a bare `WebAssembly.Module`. */
  readonly origin: { readonly artifact: Artifact; readonly index: number } | undefined
}

/** A component as a value; `outer` is the running instance it was handed out of, if what it closes over lives there. */
export interface LiveComponent {
  readonly kind: 'component'
  readonly artifact: Artifact
  readonly outer: Running | undefined
}

export type LiveItem =
  | { readonly kind: 'func'; readonly func: FuncInst }
  | { readonly kind: 'instance'; readonly exports: LiveItems }
  | LiveModule
  | LiveComponent
  | { readonly kind: 'resource'; readonly type: RuntimeResourceType }
  /** A type without run-time identity. */
  | { readonly kind: 'type' }

export type LiveItems = ReadonlyMap<string, LiveItem>

const LIVE: unique symbol = Symbol('wasm-link.live')

/** Makes a public object stand for a live item, out of reach of everybody else. */
export function standFor(object: object, item: LiveModule | LiveComponent): void {
  Object.defineProperty(object, LIVE, { value: item })
}

/** The module or component that a public object stands for. */
export function liveOf(value: unknown): LiveModule | LiveComponent | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  if (value instanceof WebAssembly.Module)
    return { kind: 'module', module: value, type: undefined, size: undefined, origin: undefined }
  return Object.hasOwn(value, LIVE) ? (Reflect.get(value, LIVE) as LiveModule | LiveComponent) : undefined
}

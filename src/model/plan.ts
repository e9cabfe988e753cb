/**
 * A plan: what instantiating a component does, as a flat, ordered, inert list of steps. Nesting, aliases and index spaces
 * are gone (the planner interpreted them); names stand only at the edge. Each step fills one numbered slot and reads
 * slots filled before it. Running a plan can trap, never fail to link.
 *
 * Resources are static here: one `PlanResource` per resource and instantiation path; `slot` finds its run-time identity.
 */
import type { BuiltinName, StringEncoding } from './builtins.ts'
import type { ComponentDef } from './component.ts'
import type { CoreModuleType } from './core-types.ts'
import type { Feature } from './features.ts'
import type { Externs, FuncType, ResourceType, ValType } from './types.ts'

declare const checked: unique symbol
/** A component whose every rule was checked, with the gates it really uses. Only the validator mints it. */
export interface ValidComponent {
  readonly def: ComponentDef
  readonly features: ReadonlySet<Feature>
  readonly [checked]: true
}
export function validated(def: ComponentDef, features: ReadonlySet<Feature>): ValidComponent {
  return { def, features } as ValidComponent
}

/** A static resource of a plan. `slot` indexes the run-time resource types of the running instance. */
export interface PlanResource extends ResourceType {
  readonly slot: number
}

/** How generated code addresses memory: the address type of the memory an option names. */
export type PointerType = 'i32' | 'i64'

// — What steps refer to

/** A component-level item. */
export type ItemRef =
  /** Inside the root's imports: `path` leads through instances. */
  | { readonly kind: 'import'; readonly name: string; readonly path: readonly string[] }
  /** A lifted function, by slot. */
  | { readonly kind: 'func'; readonly slot: number }
  /** A core module of this file, by index into `Plan.modules`. */
  | { readonly kind: 'module'; readonly module: number }
  /** A component of this file with what it closes over; planned when it is handed out. */
  | { readonly kind: 'component'; readonly component: ComponentClosure }
  | { readonly kind: 'instance'; readonly exports: ReadonlyMap<string, ItemRef> }
  | { readonly kind: 'resource'; readonly resource: PlanResource }
  /** `undefined`: the type of an instance or a component, which nothing at run time asks for. */
  | { readonly kind: 'type'; readonly type: ValType | FuncType | undefined }
  /** An item of the plan around, met by a component that was handed out of it as a value. */
  | { readonly kind: 'captured'; readonly ref: ItemRef }
  /** An instance born from an imported component, by slot; `path` leads into it. */
  | { readonly kind: 'foreign'; readonly slot: number; readonly path: readonly string[] }

/** A nested component as a value: its definition and the planner's environment, opaque to everyone else. */
export interface ComponentClosure {
  readonly def: ComponentDef
  readonly env: object
}

/** A core-level item. */
export type CoreRef =
  /** A function made by `canon lower` or a built-in. */
  | { readonly kind: 'made'; readonly slot: number }
  /** An export of a core instance. */
  | { readonly kind: 'export'; readonly instance: number; readonly name: string }

export type CoreInstanceRef =
  | { readonly kind: 'instance'; readonly slot: number }
  | { readonly kind: 'bundle'; readonly exports: ReadonlyMap<string, CoreRef> }

/** Resolved canonopts. */
export interface CanonOpts {
  readonly encoding: StringEncoding
  readonly memory: CoreRef | undefined
  readonly ptr: PointerType
  readonly realloc: CoreRef | undefined
  readonly postReturn: CoreRef | undefined
  readonly callback: CoreRef | undefined
  readonly async: boolean
}

/** A built-in with its immediates resolved; fields are present as `BUILTINS` says. */
export interface PlannedBuiltin {
  readonly name: BuiltinName
  /** resource.*: the resource · stream.*, future.*: the element type, `null` for none */
  readonly resource?: PlanResource
  readonly element?: ValType | null
  /** task.return: the result type, `null` for none */
  readonly result?: ValType | null
  readonly opts?: CanonOpts
  readonly async?: boolean
  readonly cancellable?: boolean
  readonly memory?: CoreRef
  /** Address type of `memory`. */
  readonly ptr?: PointerType
  readonly table?: CoreRef
  /** thread.new-indirect: what the start function takes */
  readonly start?: 'i32' | 'i64'
  readonly slot?: { readonly type: 'i32' | 'i64'; readonly index: number }
}

// — Steps

export type PlanStep =
  /** A component instance: handle table, flags, parent. Slot 0 is the root. */
  | {
      readonly kind: 'component-instance'
      readonly slot: number
      readonly parent: number | undefined
      readonly name: string
    }
  | {
      readonly kind: 'resource'
      readonly resource: PlanResource
      readonly instance: number
      readonly dtor: CoreRef | undefined
    }
  | {
      readonly kind: 'lower'
      readonly slot: number
      readonly instance: number
      readonly func: ItemRef
      readonly type: FuncType
      readonly opts: CanonOpts
      readonly path: string
    }
  | { readonly kind: 'builtin'; readonly slot: number; readonly instance: number; readonly builtin: PlannedBuiltin }
  | {
      readonly kind: 'lift'
      readonly slot: number
      readonly instance: number
      readonly core: CoreRef
      readonly type: FuncType
      readonly opts: CanonOpts
      readonly path: string
    }
  | {
      readonly kind: 'core-instance'
      readonly slot: number
      readonly instance: number
      readonly module: ItemRef
      readonly args: ReadonlyMap<string, CoreInstanceRef>
    }
  | {
      readonly kind: 'foreign-instance'
      readonly slot: number
      readonly instance: number
      readonly component: ItemRef
      readonly args: ReadonlyMap<string, ItemRef>
      readonly resources: readonly ImportedResource[]
    }

export interface PlanModule {
  readonly bytes: Uint8Array
  readonly type: CoreModuleType
  /** Offset in the outermost file, for errors of the engine's compilation. */
  readonly at: number
}

/** A resource whose identity comes from outside: from the root's imports, or from a foreign instance. */
export interface ImportedResource {
  readonly resource: PlanResource
  readonly from: ItemRef
}

export interface Plan {
  readonly imports: Externs
  readonly exports: Externs
  readonly exportItems: ReadonlyMap<string, ItemRef>
  readonly modules: readonly PlanModule[]
  readonly resources: readonly PlanResource[]
  readonly importedResources: readonly ImportedResource[]
  readonly steps: readonly PlanStep[]
  /** How many slots of each kind the steps fill. */
  readonly slots: {
    readonly instances: number
    readonly coreInstances: number
    readonly made: number
    readonly funcs: number
    readonly foreign: number
  }
}

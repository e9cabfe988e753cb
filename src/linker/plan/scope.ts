/**
 * The planner's environment: index spaces filled with what each item statically *is*.
 *
 * A scope belongs to one component instantiation or to one component or instance type being read. Type definitions are
 * evaluated here, per instantiation, so that a resource in a type is already the one this instantiation means; nothing
 * is substituted later. Relies on validation: every lookup succeeds, every kind is right, else it is our bug.
 */
import type {
  ComponentDecl,
  ComponentDef,
  CoreModuleDecl,
  CoreTypeIndex,
  Def,
  ExternTypeDef,
  InstanceDecl,
  TypeIndex,
  ValTypeRef,
} from '../../model/component.ts'
import type { CoreSubType } from '../../model/core-types.ts'
import { assert } from '../../model/errors.ts'
import type {
  ComponentClosure,
  CoreInstanceRef,
  CoreRef,
  ItemRef,
  PlanResource,
  PointerType,
} from '../../model/plan.ts'
import type { FuncType, ResourceType, ValType } from '../../model/types.ts'
import { resolveValType } from '../../parser/resolve-types.ts'

/** A component or instance type, kept as written with the scope it closes over: read anew wherever it is used. */
export interface TypeClosure {
  readonly kind: 'closure'
  readonly of: 'component' | 'instance'
  readonly decls: readonly (ComponentDecl | InstanceDecl)[]
  readonly scope: Scope
}

export type TypeItem = ValType | FuncType | PlanResource | TypeClosure

export type CoreTypeItem =
  | { readonly kind: 'sub'; readonly type: CoreSubType }
  | { readonly kind: 'module-type'; readonly decls: readonly CoreModuleDecl[]; readonly scope: Scope }

export interface FuncItem {
  readonly kind: 'func'
  readonly ref: ItemRef
  readonly type: FuncType
}
export interface ModuleItem {
  readonly kind: 'module'
  readonly source: ModuleSource
  /** The address type of an exported memory: it decides how pointers to it look. */
  readonly pointer: (memory: string) => PointerType
}
/** In the file, whole; or from outside, by its type. A plan numbers the former when it meets them. */
export type ModuleSource =
  | { readonly kind: 'file'; readonly def: Extract<Def, { kind: 'core-module' }> }
  | { readonly kind: 'outside'; readonly ref: ItemRef; readonly type: CoreTypeItem }
export interface ComponentItem {
  readonly kind: 'component'
  readonly ref: ItemRef
  /** Known here (a closure) or only by its type. */
  readonly shape: ComponentClosure | TypeClosure
}
export interface InstanceItem {
  readonly kind: 'instance'
  readonly ref: ItemRef
  readonly exports: ReadonlyMap<string, Item>
}
export interface TypeNamed {
  readonly kind: 'type'
  readonly type: TypeItem
}
export type Item = (FuncItem | ModuleItem | ComponentItem | InstanceItem | TypeNamed) & { readonly at?: number }

export interface CoreItem {
  readonly ref: CoreRef
  /** For memories: the address type. */
  readonly pointer: PointerType
}
export interface CoreInstanceItem {
  readonly ref: CoreInstanceRef
  readonly get: (name: string) => CoreItem
}

export class Scope {
  readonly parent: Scope | undefined
  /** Slot of the component instance this scope runs in; `undefined` in type scopes. */
  readonly instance: number | undefined
  readonly coreFuncs: CoreItem[] = []
  readonly coreTables: CoreItem[] = []
  readonly coreMemories: CoreItem[] = []
  readonly coreGlobals: CoreItem[] = []
  readonly coreTags: CoreItem[] = []
  readonly coreTypes: CoreTypeItem[] = []
  readonly coreInstances: CoreInstanceItem[] = []
  readonly modules: ModuleItem[] = []
  readonly funcs: FuncItem[] = []
  readonly types: TypeItem[] = []
  readonly components: ComponentItem[] = []
  readonly instances: InstanceItem[] = []

  /** Whose slots the references of this scope's items mean. */
  readonly owner: object

  constructor(owner: object, parent: Scope | undefined, instance: number | undefined) {
    this.owner = owner
    this.parent = parent
    this.instance = instance
  }

  /** The scope `count` levels out. */
  outer(count: number): Scope {
    let scope: Scope = this
    for (let i = 0; i < count; i++) {
      assert(scope.parent !== undefined, 'validated: outer alias count')
      scope = scope.parent
    }
    return scope
  }

  /** A new item takes the next index of its sort. */
  add(item: Item): void {
    switch (item.kind) {
      case 'func':
        this.funcs.push(item)
        break
      case 'module':
        this.modules.push(item)
        break
      case 'component':
        this.components.push(item)
        break
      case 'instance':
        this.instances.push(item)
        break
      case 'type':
        this.types.push(item.type)
        break
    }
  }

  readonly valTypeAt = (index: TypeIndex): ValType | ResourceType => {
    const type = at(this.types, index)
    assert(type.kind !== 'func' && type.kind !== 'closure', 'validated: a value type')
    return type
  }

  valType(ref: ValTypeRef): ValType {
    return resolveValType(ref, this.valTypeAt)
  }

  funcType(index: TypeIndex): FuncType {
    const type = at(this.types, index)
    assert(type.kind === 'func', 'validated: a function type')
    return type
  }

  resource(index: TypeIndex): PlanResource {
    const type = at(this.types, index)
    assert(type.kind === 'resource', 'validated: a resource type')
    return type
  }

  closure(type: Extract<ExternTypeDef, { kind: 'instance' | 'component' }>): TypeClosure {
    const found = at(this.types, type.type)
    assert(found.kind === 'closure' && found.of === type.kind, `validated: the type of a ${type.kind}`)
    return found
  }

  coreType(index: CoreTypeIndex): CoreTypeItem {
    return at(this.coreTypes, index)
  }
}

/** An index space lookup that validation promised. */
export function at<T>(items: readonly T[], index: number): T {
  const item = items[index]
  assert(item !== undefined, `validated: index ${index} of ${items.length}`)
  return item
}

export function closureOf(def: ComponentDef, scope: Scope): ComponentClosure {
  return { def, env: scope }
}

/**
 * A scope of validation: a component, a component type or an instance type, with its thirteen index spaces, what it
 * imports and exports so far, and which resources it brought about. `at` is the only way into an index space.
 */
import type { Sort } from '../model/component.ts'
import type { CoreExternType } from '../model/core-types.ts'
import {
  MAX_WASM_ALIASES,
  MAX_WASM_COMPONENTS,
  MAX_WASM_FUNCTIONS,
  MAX_WASM_INSTANCES,
  MAX_WASM_MODULES,
  MAX_WASM_TYPES,
  MAX_WASM_VALUES,
} from '../model/limits.ts'
import type { ValType } from '../model/types.ts'
import type { CoreTypeId } from './core-types.ts'
import type {
  AnyType,
  ComponentType,
  Entity,
  Identity,
  InstanceType,
  ModuleType,
  Path,
  Resource,
} from './static-types.ts'
import { isValType } from './static-types.ts'
import type { Validation } from './validation.ts'

type CoreExtern<K extends CoreExternType['kind']> = Extract<CoreExternType, { readonly kind: K }>

/** What each index space holds. */
export interface Spaces {
  'core-func': CoreTypeId
  'core-table': CoreExtern<'table'>
  'core-memory': CoreExtern<'memory'>
  'core-global': CoreExtern<'global'>
  'core-tag': CoreTypeId
  'core-type': CoreTypeId | ModuleType
  'core-module': ModuleType
  'core-instance': ReadonlyMap<string, CoreExternType>
  'func': Extract<AnyType, { readonly kind: 'func' }>
  'value': { readonly type: ValType; used: boolean }
  'type': AnyType
  'component': ComponentType
  'instance': InstanceType
}

const NOUNS: { readonly [S in Sort]: readonly [what: string, index: string] } = {
  'core-func': ['core function', 'function'],
  'core-table': ['table', 'table'],
  'core-memory': ['memory', 'memory'],
  'core-global': ['global', 'global'],
  'core-tag': ['tag', 'tag'],
  'core-type': ['type', 'type'],
  'core-module': ['module', 'module'],
  'core-instance': ['core instance', 'instance'],
  'func': ['function', 'function'],
  'value': ['value', 'value'],
  'type': ['type', 'type'],
  'component': ['component', 'component'],
  'instance': ['instance', 'instance'],
}

/** How many items the space may hold, what a message calls them, and which other space counts with it. */
const MAXIMA: { readonly [S in Sort]: readonly [max: number, what: string, other?: Sort] } = {
  'core-func': [MAX_WASM_FUNCTIONS, 'functions', 'func'],
  'core-table': [MAX_WASM_ALIASES, 'tables'],
  'core-memory': [MAX_WASM_ALIASES, 'memories'],
  'core-global': [MAX_WASM_ALIASES, 'globals'],
  'core-tag': [MAX_WASM_ALIASES, 'tags'],
  'core-type': [MAX_WASM_TYPES, 'types', 'type'],
  'core-module': [MAX_WASM_MODULES, 'modules'],
  'core-instance': [MAX_WASM_INSTANCES, 'instances', 'instance'],
  'func': [MAX_WASM_FUNCTIONS, 'functions', 'core-func'],
  'value': [MAX_WASM_VALUES, 'values'],
  'type': [MAX_WASM_TYPES, 'types', 'core-type'],
  'component': [MAX_WASM_COMPONENTS, 'components'],
  'instance': [MAX_WASM_INSTANCES, 'instances', 'core-instance'],
}

export type Direction = 'import' | 'export'

/** One side of a scope: its imports or its exports. */
export class Side {
  readonly items = new Map<string, Entity>()
  /** Strong uniqueness: canonical name → the name that has it. */
  readonly keys = new Map<string, string>()
  /** The resources named at this level, for `[method]` and its like. */
  readonly resources = new Map<Resource, string>()
  readonly resourceNames = new Set<string>()
  /** Types with an externally visible name, and types found to be made of such only. */
  readonly named = new Set<AnyType>()
  readonly visible = new Set<AnyType>()
}

export class Scope {
  readonly cx: Validation
  readonly kind: 'component' | 'component-type' | 'instance-type'
  readonly parent: Scope | undefined
  readonly spaces: { readonly [S in Sort]: Spaces[S][] } = {
    'core-func': [],
    'core-table': [],
    'core-memory': [],
    'core-global': [],
    'core-tag': [],
    'core-type': [],
    'core-module': [],
    'core-instance': [],
    'func': [],
    'value': [],
    'type': [],
    'component': [],
    'instance': [],
  }
  readonly imports = new Side()
  readonly exports = new Side()
  /** Type variables: resources that came in. */
  readonly imported = new Map<Identity, Path>()
  /** Resources born here, here or by instantiating; the representation is known of those defined here only. */
  readonly defined = new Map<Identity, 'i32' | 'i64' | undefined>()
  readonly explicit = new Map<Identity, Path>()
  /** Effective size of what is imported and exported. */
  size = 1
  started = false
  /** The one type of `context.get` and `context.set`. */
  contextType: 'i32' | 'i64' | undefined

  constructor(cx: Validation, kind: Scope['kind'], parent: Scope | undefined) {
    this.cx = cx
    this.kind = kind
    this.parent = parent
  }

  at<S extends Sort>(sort: S, index: number): Spaces[S] {
    const item = this.spaces[sort][index]
    if (item !== undefined) return item
    const [what, noun] = NOUNS[sort]
    return this.cx.fail(`unknown ${what} ${index}: ${noun} index out of bounds`)
  }

  add<S extends Sort>(sort: S, item: Spaces[S]): void {
    this.spaces[sort].push(item)
    const [max, what, other] = MAXIMA[sort]
    this.cx.checkMax(this.spaces[sort].length + (other === undefined ? 0 : this.spaces[other].length), max, what)
  }

  side(direction: Direction): Side {
    return direction === 'import' ? this.imports : this.exports
  }

  /** The scope `count` levels out. */
  outer(count: number): Scope {
    let scope: Scope | undefined = this
    for (let i = 0; i < count && scope !== undefined; i++) scope = scope.parent
    return scope ?? this.cx.fail(`invalid outer alias count of ${count}`)
  }

  valTypeAt(index: number): ValType {
    const type = this.at('type', index)
    return isValType(type) ? type : this.cx.fail(`type index ${index} is not a defined type`)
  }

  funcTypeAt(index: number): Spaces['func'] {
    const type = this.at('type', index)
    return type.kind === 'func' ? type : this.cx.fail(`type index ${index} is not a function type`)
  }

  resourceAt(index: number): Resource {
    const type = this.at('type', index)
    return type.kind === 'resource' ? type : this.cx.fail(`type index ${index} is not a resource type`)
  }

  /** Takes a value: each is used exactly once. */
  useValue(index: number): ValType {
    const value = this.at('value', index)
    if (value.used) this.cx.fail(`value ${index} cannot be used more than once`)
    value.used = true
    return value.type
  }
}

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
import { Tally } from './type-info.ts'
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

interface SpaceRow {
  /** What messages call an item, and its index. */
  readonly what: string
  readonly noun: string
  readonly max: number
  /** Which other space counts against the same maximum. */
  readonly other?: Sort
}

const row = (noun: string, max: number, other?: Sort, what = noun): SpaceRow =>
  other === undefined ? { what, noun, max } : { what, noun, max, other }

const ROWS: { readonly [S in Sort]: SpaceRow } = {
  'core-func': row('function', MAX_WASM_FUNCTIONS, 'func', 'core function'),
  'core-table': row('table', MAX_WASM_ALIASES),
  'core-memory': row('memory', MAX_WASM_ALIASES),
  'core-global': row('global', MAX_WASM_ALIASES),
  'core-tag': row('tag', MAX_WASM_ALIASES),
  'core-type': row('type', MAX_WASM_TYPES, 'type'),
  'core-module': row('module', MAX_WASM_MODULES),
  'core-instance': row('instance', MAX_WASM_INSTANCES, 'instance', 'core instance'),
  'func': row('function', MAX_WASM_FUNCTIONS, 'core-func'),
  'value': row('value', MAX_WASM_VALUES),
  'type': row('type', MAX_WASM_TYPES, 'core-type'),
  'component': row('component', MAX_WASM_COMPONENTS),
  'instance': row('instance', MAX_WASM_INSTANCES, 'core-instance'),
}

/** `memories`, and else an s. */
export const plural = (noun: string): string => `${noun}s`.replace('ys', 'ies')

export type Direction = 'import' | 'export'

/** One side of a scope: its imports or its exports. */
export class Side {
  readonly items = new Map<string, Entity>()
  /** Strong uniqueness: canonical name → the name that has it, where it is another. */
  readonly keys = new Map<string, string>()
  /** The resources named at this level, for `[method]` and its like. */
  readonly resources = new Map<Resource, string>()
  /** Types with an externally visible name, and types found to be made of such only. */
  readonly named = new Set<AnyType>()
  readonly visible = new Set<AnyType>()
  readonly instances = new Set<InstanceType>()
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
  /** Of what is imported and exported. */
  readonly tally: Tally
  started = false
  /** The one type of `context.get` and `context.set`. */
  contextType: 'i32' | 'i64' | undefined

  constructor(cx: Validation, kind: Scope['kind'], parent: Scope | undefined) {
    this.cx = cx
    this.kind = kind
    this.parent = parent
    this.tally = new Tally(cx)
  }

  at<S extends Sort>(sort: S, index: number): Spaces[S] {
    const item = this.spaces[sort][index]
    if (item !== undefined) return item
    const { what, noun } = ROWS[sort]
    return this.cx.fail(`unknown ${what} ${index}: ${noun} index out of bounds`)
  }

  add<S extends Sort>(sort: S, item: Spaces[S]): void {
    this.spaces[sort].push(item)
    const { noun, max, other } = ROWS[sort]
    const count = this.spaces[sort].length + (other === undefined ? 0 : this.spaces[other].length)
    // put into words only when it fails
    if (count > max) this.cx.checkMax(count, max, plural(noun))
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

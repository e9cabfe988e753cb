/**
 * Live items → the JavaScript view of an instance: frozen objects without a prototype, functions in camelCase, resources
 * as classes, each interface under its full name and its alias.
 *
 * Everything made here remembers what it really is (`originOf`), so that handing one instance's exports to another links
 * the components directly, resources included.
 */
import type { FuncInst } from '../../abi/embedding.ts'
import type { RuntimeResourceType } from '../../abi/resource.ts'
import { assert, unreachable } from '../../model/errors.ts'
import type { Externs, FuncType } from '../../model/types.ts'
import type { LiveItem, LiveItems } from '../items.ts'
import { aliasOf, camelCase, joinPath, pascalCase, resourceFunc, uniqueKeys } from '../js-names.ts'
import { RARE } from '../part.ts'
import { exportedFunction, type TypeEnv } from './host-func.ts'
import type { Bridge } from './host-resources.ts'

/** An exported function with the view of its type that its exporter has. */
export interface TypedFunc {
  readonly func: FuncInst
  readonly type: FuncType
  readonly env: TypeEnv
  readonly bridge: Bridge
}

export type Origin =
  | ({ readonly kind: 'func' } & TypedFunc)
  | {
      readonly kind: 'resource'
      readonly type: RuntimeResourceType
      readonly bridge: Bridge
      readonly funcs: ReadonlyMap<string, TypedFunc>
    }

const ORIGIN: unique symbol = Symbol('wasm-link.origin')

/** What a function or class really is, if an instance of ours exported it. */
export function originOf(value: unknown): Origin | undefined {
  if (typeof value !== 'function' || !Object.hasOwn(value, ORIGIN)) return undefined
  return Reflect.get(value, ORIGIN) as Origin
}

export function remember(value: object, origin: Origin): void {
  Object.defineProperty(value, ORIGIN, { value: origin })
}

/** How modules and components among the exports become public objects: known above, not here. */
export interface ExportWraps {
  module(item: Extract<LiveItem, { kind: 'module' }>): object
  component(item: Extract<LiveItem, { kind: 'component' }>): object
}

type Namespace = Record<string, unknown>

/** How the exports of a component look from JavaScript, which is the same for all its instances: one key after the other. */
export interface ExportShape {
  readonly members: readonly Member[]
  /** More keys for what has one, which come last. */
  readonly aliases: readonly (readonly [alias: string, key: string])[]
}
type Member = { readonly name: string; readonly key: string; readonly path: string } & (
  | { readonly kind: 'func'; readonly type: FuncType }
  | { readonly kind: 'instance'; readonly shape: ExportShape }
  /** Beside it stand its functions. */
  | { readonly kind: 'resource'; readonly types: Externs }
  | { readonly kind: 'module' | 'component' }
)

/** @param items of any instance: what they are is the same in all */
export function exportShape(items: LiveItems, types: Externs): ExportShape {
  // instances come after the rest, each under its full name and its alias
  const instances = [...items].filter(([, item]) => item.kind === 'instance').map(([name]) => name)
  const members = [
    ...membersOf(new Map([...items].filter(([, item]) => item.kind !== 'instance')), types, ''),
    ...membersOf(new Map([...items].filter(([, item]) => item.kind === 'instance')), types, '').map((member) =>
      member.name.includes(':') ? { ...member, key: member.name } : member,
    ),
  ]
  const taken = new Set(members.map(({ key }) => key))
  const aliases: [string, string][] = []
  // on a clash the alphabetically first full name gets the alias
  for (const name of instances.filter((n) => n.includes(':')).sort()) {
    const alias = aliasOf(name)
    if (!taken.has(alias)) aliases.push([alias, name])
    taken.add(alias)
  }
  return { members, aliases }
}

function membersOf(items: LiveItems, types: Externs, path: string): Member[] {
  const free = [...items]
    .filter(([name, item]) => item.kind === 'func' && resourceFunc(name) === undefined)
    .map(([name]) => name)
  const keys = uniqueKeys(free, camelCase)
  return [...items].flatMap(([name, item]): Member | [] => {
    const type = types.get(name)?.type
    const at = joinPath(path, name)
    switch (item.kind) {
      case 'func':
        if (resourceFunc(name) !== undefined) return []
        assert(type?.kind === 'func', 'a function has a function type')
        return { kind: 'func', name, key: keys.get(name) ?? name, path: at, type }
      case 'resource':
        return { kind: 'resource', name, key: pascalCase(name), path, types }
      case 'instance': {
        assert(type?.kind === 'instance', 'an instance has an instance type')
        const shape = { members: membersOf(item.exports, type.exports, at), aliases: [] }
        return { kind: 'instance', name, key: camelCase(name), path: at, shape }
      }
      case 'module':
      case 'component':
        return { kind: item.kind, name, key: camelCase(name), path: at }
      case 'type':
        return []
      default:
        return unreachable(item)
    }
  })
}

export function exportsObject(
  items: LiveItems,
  shape: ExportShape,
  env: TypeEnv,
  bridge: Bridge,
  wraps: ExportWraps,
): object {
  return new ExportBuilder(env, bridge, wraps).namespace(items, shape)
}

class ExportBuilder {
  private readonly env: TypeEnv
  private readonly bridge: Bridge
  private readonly wraps: ExportWraps

  constructor(env: TypeEnv, bridge: Bridge, wraps: ExportWraps) {
    this.env = env
    this.bridge = bridge
    this.wraps = wraps
  }

  namespace(items: LiveItems, { members, aliases }: ExportShape): object {
    const object: Namespace = Object.create(null)
    for (const member of members) object[member.key] = this.member(items, member)
    for (const [alias, key] of aliases) object[alias] = object[key]
    return Object.freeze(object)
  }

  private member(items: LiveItems, member: Member): unknown {
    const item = items.get(member.name)
    switch (member.kind) {
      case 'func':
        assert(item?.kind === 'func', 'as in the shape')
        return this.func(item.func, member.type, member.path)
      case 'resource':
        assert(item?.kind === 'resource', 'as in the shape')
        return RARE.get().resourceClass(this.env, this.bridge, member.name, item.type, items, member.types, member.path)
      case 'instance':
        assert(item?.kind === 'instance', 'as in the shape')
        return this.namespace(item.exports, member.shape)
      case 'module':
        assert(item?.kind === 'module', 'as in the shape')
        return this.wraps.module(item)
      case 'component':
        assert(item?.kind === 'component', 'as in the shape')
        return this.wraps.component(item)
    }
  }

  private func(func: FuncInst, type: FuncType, path: string): object {
    const made = exportedFunction(func, type, path, this.env, this.bridge, 'function')
    remember(made, { kind: 'func', func, type, env: this.env, bridge: this.bridge })
    return Object.freeze(made)
  }
}

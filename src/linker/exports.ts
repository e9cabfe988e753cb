/**
 * Live items → the JavaScript view of an instance: frozen objects without a prototype, functions in camelCase, resources
 * as classes, each interface under its full name and its alias.
 *
 * Everything made here remembers what it really is (`originOf`), so that handing one instance's exports to another links
 * the components directly, resources included.
 */
import type { FuncInst, Value } from '../abi/embedding.ts'
import type { RuntimeResourceType } from '../abi/resource.ts'
import { assert } from '../model/errors.ts'
import type { Externs, FuncType } from '../model/types.ts'
import { constructorCall, exportedFunction, type TypeEnv } from './host-func.ts'
import { type Bridge, HostResourceType, type ResourceClass, type ResourceObject } from './host-resources.ts'
import type { LiveItem, LiveItems } from './items.ts'
import { aliasOf, camelCase, pascalCase, type ResourceFunc, resourceFunc, uniqueKeys } from './js-names.ts'

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

function remember(value: object, origin: Origin): void {
  Object.defineProperty(value, ORIGIN, { value: origin })
}

/** How modules and components among the exports become public objects: known above, not here. */
export interface ExportWraps {
  module(item: Extract<LiveItem, { kind: 'module' }>): object
  component(item: Extract<LiveItem, { kind: 'component' }>): object
}

type Namespace = Record<string, unknown>

export function exportsObject(
  items: LiveItems,
  types: Externs,
  env: TypeEnv,
  bridge: Bridge,
  wraps: ExportWraps,
): object {
  const builder = new ExportBuilder(env, bridge, wraps)
  return builder.root(items, types)
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

  root(items: LiveItems, types: Externs): object {
    const object: Namespace = Object.create(null)
    const instances = [...items].filter(([, item]) => item.kind === 'instance').map(([name]) => name)
    const plain = new Map([...items].filter(([, item]) => item.kind !== 'instance'))
    this.fill(object, plain, types, '')
    for (const name of instances) {
      const item = items.get(name)
      const type = types.get(name)?.type
      assert(item?.kind === 'instance' && type?.kind === 'instance', 'an instance has an instance type')
      const namespace = this.namespace(item.exports, type.exports, name)
      object[name.includes(':') ? name : camelCase(name)] = namespace
    }
    // on a clash the alphabetically first full name gets the alias
    for (const name of instances.filter((n) => n.includes(':')).sort()) {
      const alias = aliasOf(name)
      if (!Object.hasOwn(object, alias)) object[alias] = object[name]
    }
    return Object.freeze(object)
  }

  private namespace(items: LiveItems, types: Externs, path: string): object {
    const object: Namespace = Object.create(null)
    this.fill(object, items, types, path)
    return Object.freeze(object)
  }

  private fill(object: Namespace, items: LiveItems, types: Externs, path: string): void {
    const free = [...items]
      .filter(([name, item]) => item.kind === 'func' && resourceFunc(name) === undefined)
      .map(([name]) => name)
    const keys = uniqueKeys(free, camelCase)
    for (const [name, item] of items) {
      const type = types.get(name)?.type
      switch (item.kind) {
        case 'func':
          if (resourceFunc(name) === undefined) {
            assert(type?.kind === 'func', 'a function has a function type')
            object[keys.get(name) ?? name] = this.func(item.func, type, join(path, name))
          }
          break
        case 'resource':
          object[pascalCase(name)] = this.resourceClass(name, item.type, items, types, path)
          break
        case 'instance':
          assert(type?.kind === 'instance', 'an instance has an instance type')
          object[camelCase(name)] = this.namespace(item.exports, type.exports, join(path, name))
          break
        case 'module':
          object[camelCase(name)] = this.wraps.module(item)
          break
        case 'component':
          object[camelCase(name)] = this.wraps.component(item)
          break
        case 'type':
          break
      }
    }
  }

  private typed(func: FuncInst, type: FuncType): TypedFunc {
    return { func, type, env: this.env, bridge: this.bridge }
  }

  private func(func: FuncInst, type: FuncType, path: string): object {
    const made = exportedFunction(func, type, path, this.env, this.bridge, 'function')
    remember(made, { kind: 'func', ...this.typed(func, type) })
    return Object.freeze(made)
  }

  private resourceClass(name: string, rt: RuntimeResourceType, items: LiveItems, types: Externs, path: string): object {
    if (rt instanceof HostResourceType) return rt.cls
    const members: [ResourceFunc, string, FuncInst, FuncType][] = []
    const funcs = new Map<string, TypedFunc>()
    for (const [funcName, item] of items) {
      const parsed = item.kind === 'func' ? resourceFunc(funcName) : undefined
      const type = types.get(funcName)?.type
      if (item.kind !== 'func' || parsed?.resource !== name || type?.kind !== 'func') continue
      members.push([parsed, funcName, item.func, type])
      funcs.set(funcName, this.typed(item.func, type))
    }
    const maker = members.find(([parsed]) => parsed.kind === 'constructor')
    const cls = this.defineClass(rt, pascalCase(name), maker && [maker[2], maker[3], join(path, maker[1])])
    for (const kind of ['method', 'static'] as const) {
      const own = members.filter(([parsed]) => parsed.kind === kind)
      const keys = uniqueKeys(
        own.map(([parsed]) => memberName(parsed)),
        camelCase,
      )
      for (const [parsed, funcName, func, type] of own) {
        const style = kind === 'method' ? 'method' : 'function'
        const value = exportedFunction(func, type, join(path, funcName), this.env, this.bridge, style)
        remember(value, { kind: 'func', ...this.typed(func, type) })
        const key = keys.get(memberName(parsed)) ?? memberName(parsed)
        Object.defineProperty(kind === 'method' ? cls.prototype : cls, key, {
          value,
          writable: true,
          configurable: true,
        })
      }
    }
    remember(cls, { kind: 'resource', type: rt, bridge: this.bridge, funcs })
    return cls
  }

  /** A guest constructor gives an own handle, which `new` makes its own object of. */
  private defineClass(
    rt: RuntimeResourceType,
    name: string,
    maker: readonly [func: FuncInst, type: FuncType, path: string] | undefined,
  ): ResourceClass {
    const { env, bridge } = this
    if (maker === undefined) return bridge.defineClass(rt, name, undefined)
    const [func, type, path] = maker
    if (
      rt.impl !== undefined &&
      func.lifted?.inst === rt.impl &&
      type.result?.kind === 'own' &&
      type.params.length <= 4
    )
      return bridge.defineOwnClass(rt, name, constructorCall(func, type, path, env, bridge))
    const call = exportedFunction(func, type, path, env, bridge, 'function')
    return bridge.defineClass(rt, name, (args) => Reflect.apply(call, undefined, args) as Value as ResourceObject)
  }
}

const memberName = (parsed: ResourceFunc): string => (parsed.kind === 'constructor' ? '' : parsed.name)
const join = (path: string, name: string): string => (path === '' ? name : `${path}#${name}`)

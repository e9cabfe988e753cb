/** The class that stands for a resource among the exports: its constructor, its methods, its static functions. */
import type { FuncInst, HostBridge, Value } from '../../abi/embedding.ts'
import type { RuntimeResourceType } from '../../abi/resource.ts'
import type { Externs, FuncType } from '../../model/types.ts'
import type { LiveItems } from '../items.ts'
import { camelCase, joinPath, pascalCase, type ResourceFunc, resourceFunc, uniqueKeys } from '../js-names.ts'
import { settled } from '../tiers.ts'
import { remember, type TypedFunc } from './exports.ts'
import { exportedFunction, steadyCall, type TypeEnv } from './host-func.ts'
import {
  type Bridge,
  type ConstructState,
  HostResourceType,
  type ResourceClass,
  type ResourceObject,
} from './host-resources.ts'

const memberName = (parsed: ResourceFunc): string => (parsed.kind === 'constructor' ? '' : parsed.name)

/** @param items what is exported beside it, its functions too */
export function resourceClass(
  env: TypeEnv,
  bridge: Bridge,
  name: string,
  rt: RuntimeResourceType,
  items: LiveItems,
  types: Externs,
  path: string,
): object {
  if (rt instanceof HostResourceType) return rt.cls
  const members: [ResourceFunc, string, TypedFunc][] = []
  const funcs = new Map<string, TypedFunc>()
  for (const [funcName, item] of items) {
    const parsed = item.kind === 'func' ? resourceFunc(funcName) : undefined
    const type = types.get(funcName)?.type
    if (item.kind !== 'func' || parsed?.resource !== name || type?.kind !== 'func') continue
    const typed = { func: item.func, type, env, bridge }
    members.push([parsed, funcName, typed])
    funcs.set(funcName, typed)
  }
  const maker = members.find(([parsed]) => parsed.kind === 'constructor')
  const cls = defineClass(env, bridge, rt, pascalCase(name), maker && [maker[2], joinPath(path, maker[1])])
  for (const kind of ['method', 'static'] as const) {
    const own = members.filter(([parsed]) => parsed.kind === kind)
    const keys = uniqueKeys(
      own.map(([parsed]) => memberName(parsed)),
      camelCase,
    )
    for (const [parsed, funcName, typed] of own) {
      const style = kind === 'method' ? 'method' : 'function'
      const value = exportedFunction(typed.func, typed.type, joinPath(path, funcName), env, bridge, style)
      remember(value, { kind: 'func', ...typed })
      const key = keys.get(memberName(parsed)) ?? memberName(parsed)
      Object.defineProperty(kind === 'method' ? cls.prototype : cls, key, { value, writable: true, configurable: true })
    }
  }
  remember(cls, { kind: 'resource', type: rt, bridge, funcs })
  return cls
}

/** A guest constructor gives an own handle, which `new` makes its own object of. */
function defineClass(
  env: TypeEnv,
  bridge: Bridge,
  rt: RuntimeResourceType,
  name: string,
  maker: readonly [typed: TypedFunc, path: string] | undefined,
): ResourceClass {
  if (maker === undefined) return bridge.defineClass(rt, name, undefined)
  const [{ func, type }, path] = maker
  if (rt.impl !== undefined && func.lifted?.inst === rt.impl && type.result?.kind === 'own' && type.params.length <= 4)
    return bridge.defineOwnClass(rt, name, constructorCall(rt, func, type, path, env, bridge))
  const call = exportedFunction(func, type, path, env, bridge, 'function')
  return bridge.defineClass(rt, name, (args) => Reflect.apply(call, undefined, args) as Value as ResourceObject)
}

/** A guest's constructor whose own handle the object that is being made will hold. */
function constructorCall(
  rt: RuntimeResourceType,
  func: FuncInst,
  type: FuncType,
  path: string,
  env: TypeEnv,
  bridge: Bridge,
): ConstructState {
  const stateOf = bridge.statesOf(rt)
  const host: HostBridge = {
    liftOwn: (_, rep) => stateOf(rep),
    liftBorrow: (of, rep, scope) => bridge.liftBorrow(of, rep, scope),
    lowerOwn: (of, value) => bridge.lowerOwn(of, value),
    lowerBorrow: (of, value, scope) => bridge.lowerBorrow(of, value, scope),
  }
  const steady = steadyCall(func, type, path, env, bridge, host)
  return settled(steady, 4) as ConstructState // its own handle is lifted to its state
}

/** Interfaces of a package → the contract a `Binding` takes: names, kinds and types of functions, names of resources. */
import type { FuncType } from '../model/types.ts'
import { returnKind } from '../plugins/contract.ts'
import type { Interface } from '../plugins/interface.ts'
import type { WitInterface, WitPackage } from './packages.ts'

export function contractsOf(found: WitPackage): Record<string, Interface> {
  return Object.fromEntries([...found.interfaces.values()].map((made) => [made.name, contractOf(made)]))
}

function contractOf({ items }: WitInterface): Interface {
  const functions: Record<string, Interface['functions'][string]> = {}
  const resources: string[] = []
  for (const item of items.values()) {
    if (item.kind === 'func') functions[item.name] = declared(item.name, item.type)
    else if (item.type.kind === 'resource' && item.kind === 'type') resources.push(item.name)
  }
  return { functions, resources }
}

function declared(name: string, type: FuncType): Interface['functions'][string] {
  const kind = name.startsWith('[method]') ? 'method' : 'freestanding'
  return { kind, returns: returnKind(type), async: type.async, type }
}

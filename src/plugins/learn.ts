/**
 * What a binding learns from a consumer: the interface itself where nothing else told it, and types that were declared
 * without. What the consumer imports in one of wasm-link's shapes is taken out of it.
 */
import type { TypeEnv } from '../linker/host/host-func.ts'
import type { Externs } from '../model/types.ts'
import { audienceOf, ContractInterface } from './contract.ts'
import { interfacePath, parseInterfaceName } from './package-name.ts'
import { contractTypeFrom } from './shape.ts'
import type { View } from './view.ts'

/**
 * @param kind of the socket: a view may be narrower than its binding
 * @param isKnown resources that the consumer has from elsewhere; all others are the plugins' own
 * @param undo gets what takes it all back, should the consumer not be linked after all
 */
export function learn(
  { core, kind }: View,
  importName: string,
  imported: Externs,
  env: TypeEnv,
  isKnown: (resource: object) => boolean,
  undo: (() => void)[],
): ContractInterface | undefined {
  const name = parseInterfaceName(importName)
  if (name === undefined) return undefined
  const { base, version = name.version } = core.wanted
  const { interfaces, open } = core.contract
  let contract = interfaces.get(name.short)
  if (contract === undefined) {
    contract = new ContractInterface(name.short, interfacePath({ base, version }, name.short), version)
    interfaces.set(name.short, contract)
    undo.push(() => interfaces.delete(name.short))
  }
  const { functions, resources, parts } = contract
  const forget = (item: string): void => {
    functions.delete(item)
    resources.delete(item)
    parts.get(env)?.delete(item)
  }
  for (const [item, { type }] of open ? imported : []) {
    if (type.kind === 'type' && type.type.kind === 'resource' && !isKnown(type.type) && !resources.has(item)) {
      contract.addResource(item, core.routed(name.short, item), type.type, env)
      undo.push(() => forget(item))
    }
  }
  for (const [item, { type }] of imported) {
    const known = functions.get(item)
    if (type.kind !== 'func' || known?.typed !== undefined || (known === undefined && !open)) continue
    contract.add(item, { type: contractTypeFrom(type, kind, audienceOf(item)), env }, known?.declared)
    undo.push(() => {
      forget(item)
      if (known !== undefined) functions.set(item, known)
    })
  }
  return contract
}

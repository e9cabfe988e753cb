/**
 * What a binding learns from a consumer: the interface itself where nothing else told it, and types that were declared
 * without. What the consumer imports in one of wasm-link's shapes is taken out of it.
 */
import type { TypeEnv } from '../linker/host-func.ts'
import type { Externs } from '../model/types.ts'
import type { BindingCore } from './binding-core.ts'
import { audienceOf, ContractInterface } from './contract.ts'
import { interfacePath, parseInterfaceName } from './package-name.ts'
import { contractTypeFrom } from './shape.ts'

/** @param isKnown resources that the consumer has from elsewhere; all others are the plugins' own */
export function learn(
  core: BindingCore,
  importName: string,
  imported: Externs,
  env: TypeEnv,
  isKnown: (resource: object) => boolean,
): ContractInterface | undefined {
  const name = parseInterfaceName(importName)
  if (name === undefined) return undefined
  const { base, version = name.version } = core.wanted
  const { interfaces, open } = core.contract
  let contract = interfaces.get(name.short)
  if (contract === undefined) {
    contract = new ContractInterface(name.short, interfacePath({ base, version }, name.short), version)
    interfaces.set(name.short, contract)
  }
  for (const [item, { type }] of open ? imported : []) {
    if (type.kind === 'type' && type.type.kind === 'resource' && !isKnown(type.type) && !contract.resources.has(item))
      contract.addResource(item, core.routed(name.short, item), type.type, env)
  }
  for (const [item, { type }] of imported) {
    const known = contract.functions.get(item)
    if (type.kind !== 'func' || known?.typed !== undefined || (known === undefined && !open)) continue
    contract.add(item, { type: contractTypeFrom(type, core.kind, audienceOf(item)), env }, known?.declared)
  }
  return contract
}

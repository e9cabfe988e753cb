/**
 * The two stages of a walk. Loading starts plugins on the host's engine. Checking rehearses them on an engine of its own
 * with the same settings: the same linking, no instruction of any guest, and nothing for the host's tracer to see.
 */
import { type Component, Engine, Linker } from '../index.ts'
import { camelCase, pascalCase, resourceFunc } from '../linker/js-names.ts'
import { ClosedError } from '../model/errors.ts'
import type { Externs } from '../model/types.ts'
import { onEngine, type PluginGrants } from './grants.ts'
import type { PluginPart } from './model.ts'
import { rehearsal } from './rehearse.ts'
import type { Stage } from './walk.ts'

export function loading<Ctx>(engine: Engine, linker: Linker<Ctx> = new Linker<Ctx>(engine)): Stage<Ctx> {
  return {
    engine,
    linkerFor: (_part, _component, grants) => grants.narrow(linker),
    start: (plugin, linker, sockets, { guard }) => plugin.linkWith({ guard }, engine, linker, sockets),
  }
}

/** Without a linker, what the host's grants name is taken as given. */
export function checking<Ctx>(host: Engine, linker?: Linker<Ctx>): Stage<Ctx> {
  const { trace: _, ...options } = host.options
  const engine = new Engine(options)
  const offered = linker === undefined ? undefined : onEngine(linker, engine)
  return {
    engine,
    async linkerFor(part: PluginPart<Ctx>, component: Component, grants: PluginGrants) {
      const narrow = await grants.narrow(offered ?? new Linker<Ctx>(engine))
      return offered === undefined ? narrow.use(assumed(part, component, grants)) : narrow
    },
    start: (plugin, linker, sockets) => plugin.linkWith({ rehearsal }, engine, linker, sockets),
  }
}

/** Stands for what the host will give: everything the component imports through a grant of a name. */
function assumed<Ctx>({ host }: PluginPart<Ctx>, component: Component, grants: PluginGrants): object {
  const members: Record<string, object> = Object.create(null)
  for (const [name, { type }] of component.imports) {
    const origin = grants.originOf(name)
    if (origin === undefined || !host.includes(origin)) continue
    members[name] = type.kind === 'instance' ? standIns(type.exports) : { default: nobody }
  }
  return members
}

function nobody(): never {
  throw new ClosedError('nothing runs while a tree is checked')
}

function standIns(externs: Externs): object {
  const members: Record<string, object> = Object.create(null)
  for (const [name, { type }] of externs) {
    if (type.kind === 'type' && type.type.kind === 'resource') members[pascalCase(name)] = class {}
    if (type.kind === 'instance') members[camelCase(name)] = standIns(type.exports)
  }
  for (const [name, { type }] of externs) {
    if (type.kind !== 'func') continue
    const part = resourceFunc(name)
    if (part === undefined) {
      members[camelCase(name)] = nobody
      // names that collide in JavaScript keep their own
      members[name] = nobody
      continue
    }
    const owner = members[pascalCase(part.resource)]
    if (owner === undefined || part.kind === 'constructor') continue
    const holder: unknown = part.kind === 'static' ? owner : Reflect.get(owner, 'prototype')
    Object.defineProperty(holder, camelCase(part.name), { value: nobody, configurable: true })
  }
  return members
}

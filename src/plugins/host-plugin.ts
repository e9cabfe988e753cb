/**
 * A plug written in JavaScript: an instance like any other, of a component without content, beside which its members stand.
 * Its types are the contract's of the binding it is plugged into; it is checked, limited and traced like any other.
 */
import { Component } from '../linker/component.ts'
import type { Engine } from '../linker/engine.ts'
import { RUNTIME } from '../linker/part.ts'
import type { ImportSource } from '../linker/world.ts'
import { PluginInstance } from './instance.ts'
import type { PluginOptions } from './plugin.ts'

/**
 * @example
 * const calc = hostPlugin(engine, { 'acme:calc/ops': { add: (a: number, b: number) => a + b } })
 * const binding = new Binding('acme:calc', Any([['wasm', calcPlugin], ['js', calc]]))
 */
export function hostPlugin<Ctx = undefined>(
  engine: Engine,
  exports: ImportSource<Ctx>,
  options: PluginOptions<Ctx> = {},
): PluginInstance<Ctx> {
  const { context, name = 'host plugin', limits, remap, restart, executor } = options
  if (remap !== undefined)
    throw new TypeError('hostPlugin: `remap` is for components; name the members as the contract does')
  const component = Component.empty(engine)
  const parts = component.parts<Ctx>([], { engine, name, ...(limits !== undefined && { limits }) })
  const state = RUNTIME.get().InstanceState.createSync({ ...parts, context })
  return PluginInstance.make<Ctx, never>(state, undefined, context as Ctx, {
    sockets: [],
    remap: undefined,
    restart,
    executor,
    members: ({ caller }) => membersOf(exports, caller),
  })
}

function membersOf(source: unknown, caller: unknown): object {
  const members: unknown = typeof source === 'function' ? source(caller) : source
  if (typeof members !== 'object' || members === null || members instanceof Promise)
    throw new TypeError('a plug in JavaScript is an object of interfaces, or a function that returns one')
  return members
}

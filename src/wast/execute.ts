/**
 * The engine of execution: the public runtime, a store of its own for every instance, host definitions for everybody.
 */
import { Component } from '../linker/component.ts'
import { CoreModule } from '../linker/core-module.ts'
import { Engine, type EngineOptions } from '../linker/engine.ts'
import type { ExportedFunc, Instance } from '../linker/instance.ts'
import { InvalidError } from '../model/errors.ts'
import type { Feature, FeatureSet } from '../model/features.ts'
import { FEATURES } from '../model/features.ts'
import { compare, toJs } from './bridge.ts'
import { instantiateCore } from './core.ts'
import { hostDefinitions } from './host.ts'
import type { WastDefinition, WastEngine, WastInstance } from './run.ts'
import type { WastValue } from './values.ts'

export function executingEngine(features: FeatureSet): WastEngine {
  const gates = Object.keys(FEATURES) as Feature[]
  const engines: Engine[] = []
  const options = { features: Object.fromEntries(gates.map((gate) => [gate, features.has(gate)])) }
  return {
    executes: true,
    compile: async (bytes) => {
      const component = await Component.compile(bytes, { engine: new Engine(options) })
      return executable(component, () => {
        const engine = engineFor(options)
        engines.push(engine)
        return engine
      })
    },
    compileCore: async (bytes) => {
      await CoreModule.compile(bytes)
      const module = await compileCode(bytes)
      return { instantiate: (registered) => instantiateCore(module, registered) }
    },
    end: () => {
      for (const engine of engines) engine[Symbol.dispose]()
    },
  }
}

/** As wasmtime, whose tests these are: no calls between an instance and those around it. */
function engineFor(options: EngineOptions): Engine {
  const engine = new Engine(options)
  engine.store.options = { ...engine.store.options, refuseRelatedCalls: true }
  return engine
}

async function compileCode(bytes: Uint8Array): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(new Uint8Array(bytes))
  } catch (error) {
    if (error instanceof WebAssembly.CompileError) throw new InvalidError(error.message, 0)
    throw error
  }
}

function executable(component: Component, fresh: () => Engine): WastDefinition {
  return {
    instantiate: async (registered) => {
      const named = Object.fromEntries([...registered].map(([name, { exports }]) => [name, exports]))
      const imports = { ...(await hostDefinitions()), ...named }
      return componentInstance(await component.instantiate(imports, { engine: fresh() }))
    },
  }
}

function componentInstance(instance: Instance): WastInstance {
  return {
    exports: instance.exports,
    invoke: async (name, args, expected) => {
      const func = instance.func(name)
      const result: unknown = await func.callAsync(argumentsOf(func, args))
      return expected === undefined ? undefined : differences(func, result, expected)
    },
    get: async () => 'a component exports no globals',
  }
}

function argumentsOf({ type }: ExportedFunc, args: readonly WastValue[]): unknown[] {
  if (args.length !== type.params.length) {
    throw new TypeError(`${args.length} arguments are given, ${type.params.length} wanted`)
  }
  return type.params.map((param, i) => {
    const value = args[i]
    return value === undefined ? undefined : toJs(param.type, value)
  })
}

function differences({ type }: ExportedFunc, result: unknown, expected: readonly WastValue[]): string | undefined {
  const [first, ...others] = expected
  if (first === undefined || type.result === undefined) {
    const wanted = `${expected.length} results wanted`
    return first === undefined && type.result === undefined ? undefined : `the type does not fit: ${wanted}`
  }
  return others.length > 0 ? 'a function has one result at most' : compare(type.result, result, first)
}

/**
 * Core modules in scripts: instantiated on the host's engine, linked to what earlier commands registered.
 */
import { difference, show } from './bridge.ts'
import type { WastInstance } from './run.ts'
import type { WastValue } from './values.ts'

export async function instantiateCore(
  module: WebAssembly.Module,
  registered: ReadonlyMap<string, WastInstance>,
): Promise<WastInstance> {
  const imports = Object.fromEntries([...registered].map(([name, instance]) => [name, instance.exports]))
  // Registered instances hand out what WebAssembly accepts or refuses by itself.
  const instance = await WebAssembly.instantiate(module, imports as WebAssembly.Imports)
  const { exports } = instance
  return {
    exports,
    invoke: async (name, args, expected) => {
      const func = exports[name]
      if (typeof func !== 'function') return `no function is exported as ${JSON.stringify(name)}`
      const result: unknown = func(...args.map(coreValue))
      return expected === undefined ? undefined : differences(expected, result)
    },
    get: async (name, expected) => {
      const global = exports[name]
      if (!(global instanceof WebAssembly.Global)) return `no global is exported as ${JSON.stringify(name)}`
      return expected === undefined ? undefined : differences(expected, global.value)
    },
  }
}

function coreValue(value: WastValue): unknown {
  switch (value.kind) {
    case 'i32':
      return Number(value.value)
    case 'i64':
    case 'f32':
    case 'f64':
      return value.value
    case 'ref':
      return null
    default:
      throw new TypeError(`a core function takes no ${value.kind}`)
  }
}

function differences(expected: readonly WastValue[], result: unknown): string | undefined {
  const results: unknown[] =
    expected.length === 0 && result === undefined ? [] : Array.isArray(result) ? result : [result]
  if (results.length !== expected.length) return `${show(results)} instead of ${expected.length} results`
  return difference(expected.map(coreValue), results, '')
}

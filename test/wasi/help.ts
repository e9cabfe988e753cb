/** What the WASI tests share: an instance's interfaces without an instance, and the ways a call can end. */
import { ComponentError } from '../../src/model/errors.ts'
import { type Gauge, RUN_LIMITS, type Usage } from '../../src/model/limits.ts'
import { grantsFrom, type WasiOptions } from '../../src/wasi/options.ts'
import { interfacesFor, type Served, WASI_VERSION } from '../../src/wasi/wasi.ts'

type Interfaces = Awaited<ReturnType<typeof interfacesFor>>

const gauge: Gauge = { used: 0, peak: 0, remaining: 1000, limit: 1000 }
const names = [...Object.keys(RUN_LIMITS), 'fuel', 'epochTicks', 'timeoutMs']
export const served: Served = {
  name: 'guest',
  usage: () => Object.fromEntries(names.map((name) => [name, gauge])) as Usage,
}

export function interfacesOf(options?: WasiOptions, caller: Served = served): Promise<Interfaces> {
  return interfacesFor(grantsFrom(options), caller)
}

/** Calls a function of an interface as a component would, by name. */
export function call(interfaces: Interfaces, path: string, ...args: unknown[]): unknown {
  const [name = '', member = ''] = path.split('#')
  const found: unknown = Reflect.get(interfaces[`${name}@${WASI_VERSION}`] ?? {}, member)
  if (typeof found !== 'function') throw new TypeError(`there is no ${path}`)
  return found(...args)
}

export function method(self: unknown, name: string, ...args: unknown[]): unknown {
  if ((typeof self !== 'object' && typeof self !== 'function') || self === null)
    throw new TypeError(`no object for ${name}`)
  const found: unknown = Reflect.get(self, name)
  if (typeof found !== 'function') throw new TypeError(`there is no method ${name}`)
  return Reflect.apply(found, self, args)
}

/** The `err` payload a host function throws; anything else it throws is a failure of the test. */
export function errOf(run: () => unknown): unknown {
  try {
    run()
  } catch (error) {
    if (error instanceof ComponentError) return error.payload
    throw error
  }
  throw new TypeError('it returned')
}

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
export const textOf = (bytes: unknown): string => {
  if (!(bytes instanceof Uint8Array)) throw new TypeError('not bytes')
  return new TextDecoder().decode(bytes)
}

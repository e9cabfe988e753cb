/**
 * jsco as a peer. It is not on npm: build it from its sources (github.com/pavelsavara/jsco) and name the main file of what
 * was built in the environment variable `JSCO`.
 *
 * Its exports keep their names from WIT, a list of bytes is an array of numbers, and a resource is the guest's bare
 * number, which nothing checks and nothing can drop: here in a class, so that the same rows run.
 */
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { camelCase } from '../src/linker/js-names.ts'
import type { Instantiate, Peer } from './peers.ts'

type Func = (...args: unknown[]) => unknown
type Exports = Readonly<Record<string, Func | Readonly<Record<string, Func>>>>

interface Jsco {
  createComponent(
    bytes: readonly number[],
    options: { readonly noJspi: true },
  ): Promise<{ instantiate(imports: object): Promise<{ readonly exports: Exports }> }>
}

export async function jsco(main: string): Promise<Peer> {
  const { createComponent }: Jsco = await import(pathToFileURL(resolve(main)).href)
  return {
    name: 'jsco',
    version: 'from source',
    async prepare(_, bytes): Promise<Instantiate> {
      const component = await createComponent([...bytes], { noJspi: true })
      return async (imports) => named((await component.instantiate(imports)).exports)
    },
    taken: (value) => (ArrayBuffer.isView(value) ? [...(value as Uint8Array)] : value),
  }
}

function named(exports: Exports): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(exports).map(([name, item]) =>
      typeof item === 'function' ? [camelCase(name), item] : [name, { ...named(item), ...classes(item) }],
    ),
  )
}

function classes(functions: Readonly<Record<string, Func>>): Record<string, unknown> {
  const found: Record<string, unknown> = {}
  for (const [name, construct] of Object.entries(functions)) {
    const resource = /^\[constructor\](.*)/.exec(name)?.[1]
    if (resource === undefined) continue
    const made = class {
      readonly rep: unknown
      constructor(...args: unknown[]) {
        this.rep = construct(...args)
      }
      [Symbol.dispose ?? Symbol.for('dispose')](): void {}
    }
    for (const [method, call] of Object.entries(functions)) {
      const [, owner, its] = /^\[method\](.*)\.(.*)/.exec(method) ?? []
      if (owner !== resource || its === undefined) continue
      Object.defineProperty(made.prototype, camelCase(its), {
        value(this: { readonly rep: unknown }, arg: unknown) {
          return call(this.rep, arg)
        },
      })
    }
    found[resource.slice(0, 1).toUpperCase() + camelCase(resource).slice(1)] = made
  }
  return found
}

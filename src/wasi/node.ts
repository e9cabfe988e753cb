/** Node's modules (Deno and Bun have them too), asked for when a grant needs one. */
import { builtin } from '../linker/part.ts'

interface Modules {
  readonly 'node:fs': typeof import('node:fs')
  readonly 'node:process': typeof import('node:process')
  readonly 'node:path': typeof import('node:path')
  readonly 'node:tty': typeof import('node:tty')
  readonly 'node:worker_threads': typeof import('node:worker_threads')
}

/** @throws TypeError saying what was to be granted, where there is no such module */
export function nodeModule<K extends keyof Modules>(name: K, grant: string): Modules[K] {
  const module = builtin<Modules[K]>(name)
  if (module === undefined)
    throw new TypeError(`wasi: ${grant}: this JavaScript engine has no \`${name}\` to grant it with`)
  return module
}

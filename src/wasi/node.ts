/**
 * Node's modules (Deno and Bun have them too), loaded when a grant needs one. By a name in a variable: a bundler that
 * makes a program for browsers must not follow it.
 */
interface Modules {
  readonly 'node:fs': typeof import('node:fs')
  readonly 'node:process': typeof import('node:process')
  readonly 'node:path': typeof import('node:path')
  readonly 'node:tty': typeof import('node:tty')
  readonly 'node:worker_threads': typeof import('node:worker_threads')
}

/** @throws TypeError saying what was to be granted, where there is no such module */
export async function nodeModule<K extends keyof Modules>(name: K, grant: string): Promise<Modules[K]> {
  const specifier: string = name
  try {
    return await import(specifier)
  } catch (cause) {
    throw new TypeError(`wasi: ${grant}: this JavaScript engine has no \`${name}\` to grant it with`, { cause })
  }
}

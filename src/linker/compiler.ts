/** Gets hold of the compiler chunk: with a promise, or at once where that is possible. */

export type Compiler = typeof import('./compile.ts')

export async function loadCompiler(): Promise<Compiler> {
  return await import('./compile.ts')
}

interface Builtins {
  getBuiltinModule?(name: string): { createRequire(from: string): (path: string) => unknown } | undefined
}

/** @throws TypeError saying what to do instead */
export function requireCompiler(): Compiler {
  return requireChunk('./compile.js', HOW) as Compiler
}

/**
 * Node, Deno and Bun can load a module of ours without waiting; browsers cannot.
 * @param file beside this module when it is built
 * @param how what to do where it cannot be
 * @throws TypeError
 */
export function requireChunk(file: string, how: string): unknown {
  const platform: Builtins | undefined = Reflect.get(globalThis, 'process')
  try {
    const node = platform?.getBuiltinModule?.('node:module')
    if (node !== undefined) return node.createRequire(import.meta.url)(file)
  } catch (cause) {
    throw new TypeError(how, { cause })
  }
  throw new TypeError(how)
}

const HOW =
  'compileSync: the compiler is not loaded yet, and this platform cannot load it without waiting: compile something with `await Component.compile(…, { engine })` first, and give the same engine here'

import process from 'node:process'

/** Which engine this is: Node, Deno or Bun, with its version. */
export const engine = globalThis.Deno?.version
  ? `Deno ${globalThis.Deno.version.deno}`
  : process.versions.bun
    ? `Bun ${process.versions.bun}`
    : `Node ${process.versions.node}`

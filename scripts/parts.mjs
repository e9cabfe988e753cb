// What is built: the public entries, and the parts of the library that come when they are needed.
import { existsSync } from 'node:fs'

const sourceOf = (name) =>
  [`src/${name}.ts`, `src/${name}/index.ts`].find((path) => existsSync(new URL(`../${path}`, import.meta.url)))

/** Every public subpath and the command line, with their sources. An entry joins the build as soon as its source exists. */
export const entries = Object.fromEntries(
  ['index', 'tree', 'text', 'wit', 'wasi', 'arbitraries', 'cli/main'].flatMap((name) => {
    const source = sourceOf(name)
    return source === undefined ? [] : [[name, source]]
  }),
)

/** In the order in which they are loaded at the earliest. Not public, but synchronous functions must know their files. */
export const parts = {
  runtime: 'src/linker/runtime.ts',
  rare: 'src/linker/rare.ts',
  links: 'src/linker/links.ts',
  machinery: 'src/plugins/machinery.ts',
  sockets: 'src/plugins/sockets.ts',
  glue: 'src/linker/glue/index.ts',
  fuse: 'src/abi/fuse/fuse.ts',
  limit: 'src/linker/limited/limit.ts',
}

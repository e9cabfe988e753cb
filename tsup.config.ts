import { existsSync } from 'node:fs'
import { defineConfig } from 'tsup'

/** Every public subpath and the command line. An entry joins the build as soon as its source exists. */
const entries = ['index', 'tree', 'text', 'wit', 'wasi', 'arbitraries', 'cli/main']

function sourceOf(name: string): string | undefined {
  return [`src/${name}.ts`, `src/${name}/index.ts`].find((path) => existsSync(path))
}

export default defineConfig({
  entry: {
    ...Object.fromEntries(
      entries.flatMap((name) => {
        const source = sourceOf(name)
        return source === undefined ? [] : [[name, source]]
      }),
    ),
    // not public entries: chunks whose names `compileSync` and `linkSync` must know
    compile: 'src/linker/compile.ts',
    sockets: 'src/plugins/sockets.ts',
  },
  format: 'esm',
  target: 'es2022',
  platform: 'neutral',
  splitting: true,
  treeshake: false,
  sourcemap: true,
  clean: false,
  dts: false,
  silent: true,
  external: [/^node:/],
})

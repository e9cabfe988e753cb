// Bundles `src` into the folder given: every public subpath, the command line, and the parts that come when they are needed.
//
// What a process loads when it starts counts by files and by bytes. So each part is one minified file: what the main entry
// reaches statically, what the first compilation adds to it, and so on; what several parts share is in the first of them.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { breakLines } from './lines.mjs'
import { entries, parts } from './parts.mjs'

/** Characters: what a terminal shows of an error's line without burying the error. */
const WIDTH = 500

const root = fileURLToPath(new URL('..', import.meta.url))

/** The static imports between the sources, filled as they are loaded. */
const imports = new Map()

function reached(id, seen = new Set()) {
  if (!seen.has(id)) {
    seen.add(id)
    for (const next of imports.get(id) ?? []) reached(next, seen)
  }
  return seen
}

const graph = {
  name: 'graph',
  buildStart() {
    // the main entry exports what is public and nothing else, whatever the other files share with it
    this.emitFile({
      type: 'chunk',
      id: resolve(root, entries.index),
      fileName: 'index.js',
      preserveSignature: 'strict',
    })
  },
  moduleParsed({ id, importedIds }) {
    imports.set(id, importedIds)
  },
}

const { index: _, ...others } = entries
const bundle = await rolldown({
  input: { ...others, ...parts },
  cwd: root,
  platform: 'neutral',
  external: (id) => /^[^./]/.test(id) && !existsSync(id),
  preserveEntrySignatures: 'allow-extension',
  treeshake: { moduleSideEffects: false },
  plugins: [graph],
})
const groups = Object.entries({ core: entries.index, ...parts }).map(([name, source], i, all) => ({
  name,
  priority: all.length - i,
  test: (id) => reached(resolve(root, source)).has(id),
}))
const { output } = await bundle.generate({
  format: 'es',
  sourcemap: true,
  // names of classes are seen in consoles and debuggers
  minify: { mangle: { keepNames: { class: true, function: false } } },
  entryFileNames: '[name].js',
  chunkFileNames: '[name]-[hash].js',
  codeSplitting: { includeDependenciesRecursively: false, groups },
})
const dir = resolve(root, process.argv[2] ?? 'dist')
for (const file of output) {
  // a chunk without sources, which only joins others, has no map
  if (file.type !== 'chunk') continue
  const path = join(dir, file.fileName)
  mkdirSync(dirname(path), { recursive: true })
  if (file.map === null) {
    writeFileSync(path, file.code)
    continue
  }
  const { code, mappings } = breakLines(file.code, file.map.mappings, WIDTH)
  writeFileSync(path, code)
  writeFileSync(`${path}.map`, JSON.stringify({ ...file.map, mappings }))
}

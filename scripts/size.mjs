// What the main entry costs a web page: the built entry with everything it imports statically, minified, `gzip -9`.
// What is loaded by `import()` is not counted. Fails over the limit; `--json` prints the figures for a machine.
import { existsSync } from 'node:fs'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

/** Bytes after gzip. The one place that says so. */
const limit = 45_000

const root = fileURLToPath(new URL('..', import.meta.url))
const lazyImports = {
  name: 'lazy-imports',
  setup({ onResolve }) {
    onResolve({ filter: /.*/ }, ({ kind, path }) => (kind === 'dynamic-import' ? { path, external: true } : undefined))
  },
}

async function bundle(entry) {
  const { outputFiles, metafile } = await build({
    entryPoints: [root + entry],
    absWorkingDir: root,
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    platform: 'neutral',
    legalComments: 'none',
    write: false,
    metafile: true,
    logLevel: 'error',
    plugins: [lazyImports],
  })
  const [file] = outputFiles
  const [output] = Object.values(metafile.outputs)
  return { bytes: file.contents.length, gzip: gzipSync(file.contents, { level: 9 }).length, inputs: output.inputs }
}

if (!existsSync(`${root}dist/index.js`)) {
  console.error('size: dist/index.js does not exist; run `npm run build` first')
  process.exit(2)
}

const built = await bundle('dist/index.js')
const { inputs } = await bundle('src/index.ts') // the same code, still cut into files
const files = Object.entries(inputs)
  .map(([path, { bytesInOutput }]) => ({ path: relative(root, root + path), bytes: bytesInOutput }))
  .filter(({ bytes }) => bytes > 0)
  .sort((a, b) => b.bytes - a.bytes)
const folders = new Map()
for (const { path, bytes } of files) {
  const folder = path.replace(/\/[^/]*$/, '')
  folders.set(folder, (folders.get(folder) ?? 0) + bytes)
}

if (process.argv.includes('--json')) {
  console.log(JSON.stringify({ limit, gzip: built.gzip, minified: built.bytes, files }, null, 2))
} else {
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0) || 1
  const row = (name, bytes) =>
    `${String(bytes).padStart(8)} ${((bytes / total) * 100).toFixed(1).padStart(5)} %  ${name}`
  console.log('minified, by folder')
  for (const [folder, bytes] of [...folders].sort(([, a], [, b]) => b - a)) console.log(row(folder, bytes))
  console.log('minified, by file')
  for (const { path, bytes } of files) console.log(row(path, bytes))
  console.log(`main entry: ${built.bytes} bytes minified, ${built.gzip} bytes gzip -9, limit ${limit}`)
}
if (built.gzip > limit) {
  console.error(`size: ${built.gzip - limit} bytes over the limit`)
  process.exit(1)
}

// What the library costs whoever loads it: minified, `gzip -9`, as bytes over the wire. `--json` for a machine.
//
// *Entry*: the main entry with everything it imports statically. *Cold path*: the entry and what a component without imports
// loads besides, from its bytes to its first answer: found by doing it, in a process that tells which files it read.
// Both are guarded.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { basename, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

/** Bytes after gzip. The one place that says so. */
const LIMITS = { entry: 12_000, cold: 60_000 }

const root = fileURLToPath(new URL('..', import.meta.url))
const lazyImports = {
  name: 'lazy-imports',
  setup({ onResolve }) {
    onResolve({ filter: /.*/ }, ({ kind, path }) => (kind === 'dynamic-import' ? { path, external: true } : undefined))
  },
}

/** Files of `dist` in one, minified; what they import dynamically is left out. */
async function bundle(contents) {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: root },
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

/** Which files of `dist` a process has read that starts the component. */
function filesRead() {
  const script = fileURLToPath(new URL('cold-path.mjs', import.meta.url))
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--no-warnings', script], { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout)
}

if (!existsSync(`${root}dist/index.js`)) {
  console.error('size: dist/index.js does not exist; run `npm run build` first')
  process.exit(2)
}

const read = filesRead()
const everything = read.map((file) => `export * as ${basename(file).replace(/\W/g, '_')} from ${JSON.stringify(file)}`)
const found = {
  entry: await bundle(`export * from './dist/index.js'`),
  cold: await bundle(everything.join('\n')),
}
// the same code, still cut into the files it was written in
const { inputs } = await bundle(`export * from './src/index.ts'; export * as runtime from './src/linker/runtime.ts'`)
const files = Object.entries(inputs)
  .map(([path, { bytesInOutput }]) => ({ path: relative(root, root + path), bytes: bytesInOutput }))
  .filter(({ bytes }) => bytes > 0)
  .sort((a, b) => b.bytes - a.bytes)
const folders = new Map()
for (const { path, bytes } of files) {
  const folder = path.replace(/\/[^/]*$/, '')
  folders.set(folder, (folders.get(folder) ?? 0) + bytes)
}
const chunks = read.map((file) => ({ file: basename(file), bytes: readFileSync(file).length }))

if (process.argv.includes('--json')) {
  const sizes = Object.entries(found).map(([what, { bytes, gzip }]) => [
    what,
    { minified: bytes, gzip, limit: LIMITS[what] },
  ])
  console.log(JSON.stringify({ ...Object.fromEntries(sizes), chunks, files }, null, 2))
} else {
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0) || 1
  const row = (name, bytes) =>
    `${String(bytes).padStart(8)} ${((bytes / total) * 100).toFixed(1).padStart(5)} %  ${name}`
  console.log('minified, by folder')
  for (const [folder, bytes] of [...folders].sort(([, a], [, b]) => b - a)) console.log(row(folder, bytes))
  console.log('minified, by file')
  for (const { path, bytes } of files) console.log(row(path, bytes))
  console.log('files of the cold path')
  for (const { file, bytes } of chunks) console.log(`${String(bytes).padStart(8)}  ${file}`)
  for (const [what, { bytes, gzip }] of Object.entries(found))
    console.log(`${what.padEnd(6)} ${bytes} bytes minified, ${gzip} bytes gzip -9, limit ${LIMITS[what]}`)
}
for (const [what, { gzip }] of Object.entries(found)) {
  if (gzip <= LIMITS[what]) continue
  console.error(`size: ${what}: ${gzip - LIMITS[what]} bytes over the limit`)
  process.exitCode = 1
}

// Runs a TypeScript program of this repository (bench, fuzz) on any Node: `node scripts/run-ts.mjs FILE [ARG…]`.
// esbuild bundles our own sources, packages stay where they are; `import.meta.url` keeps naming the source file.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))
const [file, ...args] = process.argv.slice(2)
if (file === undefined || !existsSync(resolve(file))) {
  console.error(file === undefined ? 'usage: run-ts.mjs FILE [ARG…]' : `run-ts: no such file: ${file}`)
  process.exit(2)
}

const sourceUrl = {
  name: 'source-url',
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8')
      const url = JSON.stringify(pathToFileURL(path).href)
      return { contents: text.replaceAll('import.meta.url', url), loader: 'ts' }
    })
  },
}

// Below the project, so that packages resolve from the bundle as they do from the sources.
const cache = join(root, 'node_modules', '.cache', 'wasm-link')
mkdirSync(cache, { recursive: true })
const folder = mkdtempSync(join(cache, 'run-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

await build({
  entryPoints: [resolve(file)],
  outdir: folder,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  packages: 'external',
  sourcemap: 'inline',
  logLevel: 'warning',
  plugins: [sourceUrl],
})

const name = resolve(file).replace(/^.*\/|\.ts$/g, '')
const flags = ['--enable-source-maps']
// What today's toolchains emit compiles on Node 20 only with this flag.
if (process.versions.node.startsWith('20.')) flags.push('--experimental-wasm-extended-const')
const running = spawn(process.execPath, [...flags, ...process.execArgv, join(folder, `${name}.mjs`), ...args], {
  stdio: 'inherit',
})
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => running.kill(signal))
running.on('exit', (code, signal) => process.exit(signal === null ? (code ?? 1) : 1))

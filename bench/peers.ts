/**
 * The peers: what else runs the same components. jco lives in `bench/peers`, a package of its own; who wants to be compared
 * with it says `npm ci --prefix bench/peers --ignore-scripts` once. jsco: see `jsco.ts`. One that is not there is reported.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { jsco } from './jsco.ts'

const JCO = { 'jco 1.12': 'jco-1-12', 'jco 1.35': 'jco-1-35' } as const

export type PeerName = keyof typeof JCO | 'jsco'

type Exports = Readonly<Record<string, unknown>>

/** Instantiates the component; a fresh instance each time. */
export type Instantiate = (imports: object) => Exports | Promise<Exports>

export interface Peer {
  readonly name: PeerName
  readonly version: string
  prepare(name: string, component: Uint8Array): Promise<Instantiate>
  /** A value as the peer takes it, and gives it back. */
  taken(value: unknown): unknown
}

interface Jco {
  transpile(
    component: Uint8Array,
    options: object,
  ): Promise<{ readonly files: readonly (readonly [string, Uint8Array])[] | Readonly<Record<string, Uint8Array>> }>
}

const root = fileURLToPath(new URL('peers/node_modules/', import.meta.url))

/** Those that are installed. */
export async function peers(): Promise<{ readonly found: readonly Peer[]; readonly missing: readonly string[] }> {
  const found: Peer[] = []
  const missing: string[] = []
  for (const [name, folder] of Object.entries(JCO) as [PeerName, string][]) {
    if (!existsSync(join(root, folder, 'package.json'))) {
      missing.push(`${name} (npm ci --prefix bench/peers --ignore-scripts)`)
      continue
    }
    const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
    const entry: unknown = manifest.exports?.['.']?.default ?? manifest.exports?.['.'] ?? manifest.main
    const jco: Jco = await import(pathToFileURL(join(root, folder, String(entry))).href)
    const prepare: Peer['prepare'] = (what, component) => transpile(jco, what, component)
    found.push({ name, version: manifest.version, prepare, taken: (value) => value })
  }
  if (process.env.JSCO === undefined) missing.push('jsco (not on npm; JSCO=<its main file, built>)')
  else found.push(await jsco(process.env.JSCO))
  return { found, missing }
}

const folders: string[] = []
process.on('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

async function transpile(jco: Jco, name: string, component: Uint8Array): Promise<Instantiate> {
  const options = { name, noTypescript: true, noNodejsCompat: true, validLiftingOptimization: false }
  // 1.12 says it in another way than its declarations
  const { files } = await jco
    .transpile(component, { ...options, instantiation: 'sync' })
    .catch(() => jco.transpile(component, { ...options, instantiation: { tag: 'sync' } }))
  const folder = mkdtempSync(join(tmpdir(), 'wasm-link-peer-'))
  folders.push(folder)
  const list = Array.isArray(files) ? files : Object.entries(files)
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  const cores = new Map<string, WebAssembly.Module>()
  for (const [file, bytes] of list as readonly (readonly [string, Uint8Array])[]) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), bytes)
    if (file.endsWith('.wasm')) cores.set(file, new WebAssembly.Module(Uint8Array.from(bytes)))
  }
  const { instantiate } = await import(pathToFileURL(join(folder, `${name}.js`)).href)
  return (imports) => instantiate((file: string) => cores.get(file), imports)
}

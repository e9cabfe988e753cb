// Runs the smoke module on an engine with a file system: Node, Deno (`deno run --allow-read --allow-env`), Bun.
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { engine } from './name.mjs'

const root = new URL('../../', import.meta.url)
const examples = new URL('examples/', root)

// What today's toolchains emit compiles on Node 20 only with this flag, set before the first compilation.
if (engine.startsWith('Node 20.')) {
  const { setFlagsFromString } = await import('node:v8')
  setFlagsFromString('--experimental-wasm-extended-const')
}

async function load(name) {
  return new Uint8Array(await readFile(new URL(name, examples)))
}

const real = new URL('smoke/smoke.js', examples)
const { smoke } = await import(existsSync(real) ? real.href : new URL('./smoke.js', import.meta.url).href)
for (const line of await smoke(load)) console.log(`${engine}: ${line}`)
console.log(`${engine}: ok`)

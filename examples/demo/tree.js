// The shop from a manifest: `npm run demo` runs this after run.js. Also with Deno (`--allow-read --allow-env`) or Bun.
import process from 'node:process'

// On Node 20 what today's toolchains emit compiles only with this flag, set before the first compilation.
if (process.versions.node?.startsWith('20.') && !process.versions.bun && !globalThis.Deno) {
  const { setFlagsFromString } = await import('node:v8')
  setFlagsFromString('--experimental-wasm-extended-const')
}

const [wasmLink, tree, { tour }] = await Promise.all([
  import('../../dist/index.js'),
  import('../../dist/tree.js'),
  import('../shop/tour.js'),
])
await tour({ ...wasmLink, ...tree }, console.log)

/**
 * Serves the smoke page, or the reference suite as one, under the strictest policy that still allows WebAssembly, and
 * waits for the outcome that the page posts back. For drivers of browsers.
 */
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { basename, extname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { readLists, readScripts } from '../conformance/read-suite.js'

const POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'"
const TYPES = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
}
const PATIENCE = 150_000
const root = fileURLToPath(new URL('../../', import.meta.url))
const SERVED = ['dist', 'examples', join('test', 'engines')].map((folder) => join(root, folder) + sep)

/**
 * @param {string | undefined} suite a folder of scripts; without it, the smoke module is what runs
 * @param {readonly string[]} lists what may fail
 * @returns url to open; `outcome`: what the page said, `{ ok, lines }`, or a rejection after a while; `close`
 */
export async function pageServer(suite, lists) {
  const made = suite === undefined ? new Map() : await suiteFiles(suite, lists)
  const { promise: outcome, resolve, reject } = withResolvers()
  const late = setTimeout(reject, PATIENCE, new Error(`no outcome after ${PATIENCE / 1000} s`))
  const server = createServer(async (request, response) => {
    response.setHeader('content-security-policy', POLICY)
    response.setHeader('cache-control', 'no-store')
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    try {
      if (request.method === 'POST' && pathname === '/outcome') {
        const chunks = []
        for await (const chunk of request) chunks.push(chunk)
        response.writeHead(204).end()
        resolve(JSON.parse(Buffer.concat(chunks).toString()))
        return
      }
      const content = made.get(pathname) ?? (await served(join(root, decodeURIComponent(pathname))))
      response.writeHead(200, { 'content-type': TYPES[extname(pathname)] ?? 'application/octet-stream' }).end(content)
    } catch {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('not found')
    }
  })
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening))
  const smoke = suite === undefined ? '/examples/smoke/smoke.js' : '/made/wast-page.js'
  return {
    url: `http://127.0.0.1:${server.address().port}/test/engines/page.html?smoke=${encodeURIComponent(smoke)}`,
    outcome,
    close: () => {
      clearTimeout(late)
      server.close()
      server.closeAllConnections()
    },
  }
}

async function served(path) {
  if (!SERVED.some((folder) => path.startsWith(folder))) throw new Error('not served')
  return await readFile(path)
}

/** A browser cannot look packages up: the suite's page is bundled with the assemblers it needs. */
async function suiteFiles(suite, lists) {
  const { outputFiles } = await build({
    entryPoints: [join(root, 'test/engines/wast-page.js')],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'esnext',
    // what the packages import only where there is Node
    external: ['node:*', 'module', 'fs', 'path', 'url', 'crypto', 'worker_threads'],
    outdir: '/',
    splitting: true,
    write: false,
    logLevel: 'error',
  })
  return new Map([
    ...outputFiles.map(({ path, contents }) => [`/made/${basename(path)}`, contents]),
    ['/suite.json', JSON.stringify({ scripts: await readScripts(suite), lists: await readLists(lists) })],
  ])
}

function withResolvers() {
  let resolve
  let reject
  const promise = new Promise((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}

/** Prints what a page said, and sets the exit code. */
export function report(name, { ok, lines }) {
  for (const line of lines) console.log(`${name}: ${line}`)
  console.log(`${name}: ${ok ? 'ok' : 'failed'}`)
  process.exitCode = ok ? 0 : 1
}

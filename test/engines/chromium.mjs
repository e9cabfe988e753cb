// Runs the smoke module in headless Chromium, in a page under the strictest policy that still allows WebAssembly.
// CHROMIUM names the browser, default /usr/bin/chromium.
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { extname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'"
const types = { '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript', '.wasm': 'application/wasm' }
const root = fileURLToPath(new URL('../../', import.meta.url))
const served = ['dist', 'examples', join('test', 'engines')].map((folder) => join(root, folder) + sep)

const server = createServer(async (request, response) => {
  response.setHeader('content-security-policy', policy)
  response.setHeader('cache-control', 'no-store')
  const { pathname } = new URL(request.url ?? '/', 'http://localhost')
  const path = join(root, decodeURIComponent(pathname))
  try {
    if (!served.some((folder) => path.startsWith(folder))) throw new Error('not served')
    const bytes = await readFile(path)
    response.writeHead(200, { 'content-type': types[extname(path)] ?? 'application/octet-stream' }).end(bytes)
  } catch {
    response.writeHead(404, { 'content-type': 'text/plain' }).end('not found')
  }
})
await new Promise((listening) => server.listen(0, '127.0.0.1', listening))
const origin = `http://127.0.0.1:${server.address().port}`

const profile = mkdtempSync(join(tmpdir(), 'wasm-link-chromium-'))
const quiet = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking']
const context = await chromium.launchPersistentContext(profile, {
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  headless: true,
  args: ['--no-sandbox', ...quiet, '--disable-component-update', '--disable-sync'],
})
let ok = false
try {
  const name = `Chromium ${context.browser()?.version() ?? ''}`.trim()
  const page = await context.newPage()
  page.on('pageerror', (error) => console.error(`${name}: ${error.stack ?? error}`))
  const smoke = existsSync(join(root, 'examples/smoke/smoke.js'))
    ? '/examples/smoke/smoke.js'
    : '/test/engines/smoke.js'
  await page.goto(`${origin}/test/engines/page.html?smoke=${encodeURIComponent(smoke)}`)
  // The load event comes after the module script; waiting by a polled function would need eval.
  const late = new Promise((_, reject) => setTimeout(reject, 60_000, new Error('no outcome after 60 s')).unref())
  const outcome = await Promise.race([page.evaluate('globalThis.outcome'), late])
  if (outcome === undefined) throw new Error('the page did not run')
  for (const line of outcome.lines) console.log(`${name}: ${line}`)
  ok = outcome.ok
  console.log(`${name}: ${ok ? 'ok' : 'failed'}`)
} finally {
  await context.close()
  rmSync(profile, { recursive: true, force: true })
  server.close()
}
process.exit(ok ? 0 : 1)

// Runs the smoke module in headless Chromium, in a page under the strictest policy that still allows WebAssembly; or, by
// `chromium.mjs DIR [LIST]…`, the reference suite in DIR, with lists of what may fail.
// CHROMIUM names the browser, default /usr/bin/chromium.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { chromium } from 'playwright-core'
import { pageServer, report } from './page-server.mjs'

const [suite, ...lists] = process.argv.slice(2)
const server = await pageServer(suite, lists)
const profile = mkdtempSync(join(tmpdir(), 'wasm-link-chromium-'))
const quiet = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking']
const context = await chromium.launchPersistentContext(profile, {
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  headless: true,
  args: ['--no-sandbox', ...quiet, '--disable-component-update', '--disable-sync'],
})
try {
  const name = `Chromium ${context.browser()?.version() ?? ''}`.trim()
  const page = await context.newPage()
  page.on('pageerror', (error) => console.error(`${name}: ${error.stack ?? error}`))
  await page.goto(server.url)
  report(name, await server.outcome)
} finally {
  await context.close()
  rmSync(profile, { recursive: true, force: true })
  server.close()
}

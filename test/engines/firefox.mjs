// Runs the smoke module in headless Firefox, in a page under the strictest policy that still allows WebAssembly; or, by
// `firefox.mjs DIR [LIST]…`, the reference suite in DIR, with lists of what may fail.
// FIREFOX names the browser, default firefox-esr. It needs no driver: the page posts what happened.
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { pageServer, report } from './page-server.mjs'

const firefox = process.env.FIREFOX ?? 'firefox-esr'
const [suite, ...lists] = process.argv.slice(2)
const { stdout, error } = spawnSync(firefox, ['--version'], { encoding: 'utf8' })
if (error !== undefined) throw error
const name = stdout.trim().replace(/^Mozilla /, '')

const server = await pageServer(suite, lists)
const profile = mkdtempSync(join(tmpdir(), 'wasm-link-firefox-'))
// no pages of its own, no questions, no network
const preferences = {
  'browser.shell.checkDefaultBrowser': false,
  'browser.startup.homepage_override.mstone': 'ignore',
  'datareporting.policy.dataSubmissionEnabled': false,
  'toolkit.telemetry.enabled': false,
  'app.update.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
}
const lines = Object.entries(preferences).map(
  ([key, value]) => `user_pref(${JSON.stringify(key)}, ${JSON.stringify(value)})`,
)
writeFileSync(join(profile, 'user.js'), `${lines.join(';\n')};\n`)
const browser = spawn(firefox, ['--headless', '--no-remote', '--profile', profile, server.url], {
  stdio: 'ignore',
  env: { ...process.env, HOME: profile },
})
const ended = new Promise((_, reject) => {
  browser.on('exit', (code) => reject(new Error(`${name} ended by itself (${code})`)))
  browser.on('error', reject)
})
try {
  report(name, await Promise.race([server.outcome, ended]))
} finally {
  browser.removeAllListeners('exit')
  const gone = new Promise((resolve) => browser.on('exit', resolve))
  if (browser.kill()) await gone
  rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
  server.close()
}

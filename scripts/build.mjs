// Builds `dist`: JavaScript by `bundle.mjs`, declarations by tsc.
// Types are checked by `npm run check`, not here, so that an installation does not pay for it.
// The new tree replaces the old one in a single step: a program reading `dist` never sees half of it.
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, renameSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const next = `dist.next-${process.pid}`

/** Runs a tool by its own entry file, so that neither a shell nor PATH is involved. */
function run(script, ...args) {
  const { status } = spawnSync(process.execPath, [root + script, ...args], {
    cwd: root,
    stdio: 'inherit',
  })
  if (status !== 0) {
    rmSync(root + next, { recursive: true, force: true })
    process.exit(status ?? 1)
  }
}

run('scripts/bundle.mjs', next)
run('node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--outDir', next)
const cli = `${root}${next}/cli/main.js`
if (existsSync(cli)) chmodSync(cli, 0o755)
rmSync(`${root}dist`, { recursive: true, force: true })
renameSync(root + next, `${root}dist`)

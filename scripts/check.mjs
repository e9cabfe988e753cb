// Everything that can be known without running the program: types of every part, the declarations, format and lint.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const steps = [
  ['types of src', 'node_modules/typescript/bin/tsc', '-p', 'tsconfig.json'],
  ['types of cli, tests and tools', 'node_modules/typescript/bin/tsc', '-p', 'tsconfig.node.json'],
  ['declarations', 'scripts/declarations.mjs'],
  ['format and lint', 'node_modules/@biomejs/biome/bin/biome', 'check', '.'],
]
let failed = 0
for (const [name, script, ...args] of steps) {
  const { status } = spawnSync(process.execPath, [root + script, ...args], { cwd: root, stdio: 'inherit' })
  console.log(`check: ${name}: ${status === 0 ? 'ok' : 'failed'}`)
  if (status !== 0) failed++
}
process.exit(failed === 0 ? 0 : 1)

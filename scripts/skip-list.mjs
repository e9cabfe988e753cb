// `node scripts/skip-list.mjs SUITES`: writes what the reference suites ask and this engine cannot do, on top of
// the lists that hold everywhere, to test/conformance/node-MAJOR.skip. Only failures that name a missing feature of the
// engine get in, and what needs something that failed so; any other failure ends this script and changes nothing.
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const [conformance] = process.argv.slice(2)
if (conformance === undefined) throw new Error('expected the folder that holds the reference suites')
const lists = join(root, 'test/conformance')
const major = process.versions.node.split('.')[0]

const SUITES = [
  {
    name: 'component-model',
    args: ['--features', 'more-async-builtins,async-stackful,threading,fixed-length-lists,core-exceptions,core-gc'],
  },
  { name: 'wasm-tools', args: [] },
]

/** What an engine says of what it lacks. */
const REASONS = [
  [/it has no JSPI/, 'stack switching (JSPI)'],
  [/[Aa]t most one memory|memory count of \d+ exceeds internal limit of 1/, 'multiple memories'],
  [/Invalid opcode 0x1f/, 'exception references'],
  [/invalid (memory|table elements) limits flags/, '64-bit memories and tables'],
]
/** And what follows from it. */
const CONSEQUENCES = [
  [/cannot enter component instance/, 'needs the call above'],
  [/^no instance$/, 'needs the component above'],
]

const lines = []
const unexplained = []
for (const { name, args } of SUITES) {
  const common = ['--skip', join(lists, `${name}.skip`), '--json']
  const cli = [join(root, 'dist/cli/main.js'), 'wast', join(conformance, name), ...args, ...common]
  const { stdout, stderr, error } = spawnSync(process.execPath, cli, { encoding: 'utf8', maxBuffer: 2 ** 28 })
  if (error !== undefined || stdout === '') throw error ?? new Error(stderr)
  let explained
  for (const { at, got } of JSON.parse(stdout).failures) {
    const place = `${name}/${at.slice(at.lastIndexOf(`${name}/`) + name.length + 1)}`
    const file = place.replace(/:\d+$/, '')
    const find = (table) => table.find(([pattern]) => pattern.test(got))?.[1]
    const reason = find(REASONS) ?? (explained === file ? find(CONSEQUENCES) : undefined)
    if (reason === undefined) unexplained.push(`${place}: ${got}`)
    else {
      explained = file
      lines.push(`${place} ${reason}`)
    }
  }
}

if (unexplained.length > 0) {
  console.error(`not for want of a feature, so nothing is written:\n${unexplained.join('\n')}`)
  process.exit(1)
}
const list = join(lists, `node-${major}.skip`)
const head = [
  `# What Node ${major} cannot compile or run, on top of the other lists. Written by scripts/skip-list.mjs, run on that Node.`,
  '',
]
writeFileSync(list, `${[...head, ...lines].join('\n')}\n`)
console.log(`${list}: ${lines.length} entries`)

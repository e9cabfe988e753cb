// The emitted declarations as a user's compiler sees them, libraries checked too: without DOM and without Node's types,
// with DOM, and with Node's types. `--api-tests DIR` also compiles type tests of the API that lie outside the project.
import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const tsc = `${root}node_modules/typescript/bin/tsc`
const cache = join(root, 'node_modules', '.cache', 'wasm-link')
mkdirSync(cache, { recursive: true })
const folder = mkdtempSync(join(cache, 'declarations-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

function compile(what, args, cwd) {
  const { status, stdout } = spawnSync(process.execPath, [tsc, ...args], { cwd, encoding: 'utf8' })
  if (status === 0) {
    console.log(`declarations: ${what}: ok`)
    return true
  }
  console.error(`declarations: ${what}: failed\n${stdout}`)
  return false
}

// A user's project: the package installed, and one program that imports every entry.
const installed = join(folder, 'node_modules', 'wasm-link')
mkdirSync(installed, { recursive: true })
cpSync(join(root, 'package.json'), join(installed, 'package.json'))
if (!compile('emit', ['-p', 'tsconfig.build.json', '--outDir', join(installed, 'dist')], root)) process.exit(1)
for (const name of ['fast-check', 'pure-rand', '@types', 'undici-types']) {
  symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name))
}
const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const entries = Object.keys(exports).filter((path) => path !== './package.json')
const uses = entries.map((path, index) => {
  const from = path.replace(/^\./, 'wasm-link')
  return `import * as entry${index} from '${from}'\nexport type Entry${index} = typeof entry${index}\n`
})
writeFileSync(join(folder, 'uses.ts'), uses.join(''))
writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')

function project(name, { files, options }) {
  const compilerOptions = {
    target: 'es2022',
    module: 'nodenext',
    strict: true,
    noEmit: true,
    skipLibCheck: false,
    types: [],
    ...options,
  }
  writeFileSync(join(folder, `${name}.json`), JSON.stringify({ compilerOptions, files }))
  return ['-p', `${name}.json`]
}

const worlds = {
  'es2022 alone': { lib: ['es2022'] },
  'es2022 alone, bundler': { lib: ['es2022'], module: 'esnext', moduleResolution: 'bundler' },
  'es2022 and DOM': { lib: ['es2022', 'dom', 'dom.iterable'] },
  'es2022 and Node': { lib: ['es2022'], types: ['node'] },
  'strictest options': { lib: ['es2022'], exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true },
}
let good = true
for (const [what, options] of Object.entries(worlds)) {
  const args = project(what.replace(/\W+/g, '-'), { files: ['uses.ts'], options })
  good = compile(what, args, folder) && good
}

const at = process.argv.indexOf('--api-tests')
if (at !== -1) {
  const from = resolve(process.argv[at + 1] ?? '')
  if (!existsSync(from)) {
    console.error(`declarations: no such folder: ${from}`)
    process.exit(2)
  }
  cpSync(from, join(folder, 'api'), { recursive: true })
  cpSync(join(root, 'test/declarations/ambient.d.ts'), join(folder, 'api', 'ambient.d.ts'))
  const options = { lib: ['es2023', 'dom', 'dom.iterable', 'esnext.disposable'], exactOptionalPropertyTypes: true }
  for (const name of readdirSync(from).filter((file) => file.endsWith('.ts'))) {
    const files = [`api/${name}`, 'api/ambient.d.ts']
    good = compile(`api test ${name}`, project(`api-${name}`, { files, options }), folder) && good
  }
}
process.exit(good ? 0 : 1)

// Rebuilds the examples' components from their sources: `node examples/build.mjs [small] [hello-cli] [async] [shop]`.
// The built files are committed, so neither the tests nor the demo need this script or its tools. It installs the
// tools by exact version into a directory of the system's temporary folder and reads nothing from this package's
// dependencies: what turns modules into components here has no part in running them.
// Needs npm's registry the first time, and for the plugin in C a `clang` with `wasm-ld` (Debian: clang and lld).
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))
const versions = {
  '@bytecodealliance/jco': '1.35.0',
  'assemblyscript': '0.28.20',
  'binaryen': '132.0.0',
  'componentize-qjs': '0.4.5',
  'wabt': '1.0.39',
}
const tools = installTools()
const scratch = join(tools, 'scratch')
const jco = import(pathToFileURL(join(tools, 'node_modules/@bytecodealliance/jco/dist/api.js')).href)

/** What each example is made of; every entry leaves its files in the example's `built` folder. */
const examples = {
  async small() {
    for (const name of ['values', 'counter', 'calls']) {
      const core = wat(`small/src/${name}.wat`, `small/built/${name}.core.wasm`)
      const out = `small/built/${name}.component.wasm`
      await component(core, { wit: ['small/wit/small.wit'], world: `${name}-component`, out })
    }
  },

  async 'hello-cli'() {
    const out = 'hello-cli/built/hello-cli.component.wasm'
    await javascript('hello-cli/src/hello.js', { wit: ['hello-cli/wit/hello-cli.wit'], world: 'hello-cli', out })
  },

  async async() {
    const wit = ['async/wit/office.wit']
    const out = (name) => `async/built/${name}.component.wasm`
    await javascript('async/src/office.js', { wit, world: 'office', sync: false, stubWasi: true, out: out('office') })
    await javascript('async/src/hello.js', { wit, world: 'hello', sync: false, out: out('hello') })
  },

  async shop() {
    const shared = [
      'shop/wit/worlds.wit',
      'shop/wit/checkout.wit',
      'shop/wit/orders.wit',
      'shop/wit/billing.wit',
      'shop/wit/shipping.wit',
    ]
    const wit = (...names) => [...shared, ...names.map((name) => `shop/wit/${name}.wit`)]
    const plugin = wit('offers', 'carriers', 'insurance')
    // whoever is linked to any number of plugins, or perhaps to none, sees their packages as answers of all of them
    const app = wit('offers-from-all', 'carriers', 'insurance', 'runtime')
    const freight = wit('offers', 'carriers-from-all', 'insurance-if-any', 'runtime')
    const built = (name) => `shop/built/${name}.component.wasm`

    await javascript('shop/src/app.js', { wit: app, world: 'app', stubWasi: true, out: built('app') })
    await javascript('shop/src/invoices.js', { wit: plugin, world: 'invoices', stubWasi: true, out: built('invoices') })
    const orders = c(['shop/src/orders.c', 'shop/src/heap.c'], join(scratch, 'orders.wasm'))
    await component(orders, { wit: plugin, world: 'orders', out: built('orders') })
    for (const name of ['shipping', 'freight']) {
      const rates = await assemblyScript(`shop/assembly/${name}.ts`, join(scratch, `${name}.wasm`), {
        cost: 'shop:shipping/rates@1.0.0#cost',
        reallocate: 'cabi_realloc',
      })
      const from = name === 'freight' ? freight : plugin
      await component(rates, { wit: from, world: name, encoding: 'utf16', out: built(name) })
    }
    const propose = 'shop:offers/discount@1.0.0#propose'
    const bulk = await assemblyScript('shop/assembly/bulk.ts', join(scratch, 'bulk.wasm'), {
      propose,
      afterPropose: `cabi_post_${propose}`,
      reallocate: 'cabi_realloc',
    })
    await component(bulk, { wit: plugin, world: 'discount', encoding: 'utf16', out: built('bulk') })
    const texts = { flat: 'discount', lucky: 'discount', post: 'carrier', bike: 'carrier', insurer: 'insurer' }
    for (const [name, world] of Object.entries(texts)) {
      const core = wat(`shop/src/${name}.wat`, join(scratch, `${name}.wasm`))
      await component(core, { wit: plugin, world, out: built(name) })
    }
  },
}

mkdirSync(scratch, { recursive: true })
const wanted = process.argv.slice(2)
for (const name of wanted.length > 0 ? wanted : Object.keys(examples)) {
  if (!Object.hasOwn(examples, name)) fail(`unknown example '${name}': one of ${Object.keys(examples).join(', ')}`)
  mkdirSync(join(here, name, 'built'), { recursive: true })
  await examples[name]()
}

/** WebAssembly text to a core module. */
function wat(source, out) {
  run('wabt/bin/wat2wasm', source, '-o', out)
  return out
}

/** C to a core module, without a C library. */
function c(sources, out) {
  const flags = ['--target=wasm32', '-std=c17', '-O2', '-Wall', '-Wextra', '-Werror', '-mbulk-memory', '-ffreestanding']
  const link = ['-nostdlib', '-Wl,--no-entry', '-Wl,--stack-first', '-Wl,--strip-debug']
  const { status } = spawnSync('clang', [...flags, ...link, ...sources, '-o', out], { cwd: here, stdio: 'inherit' })
  if (status !== 0) fail(`clang failed on ${sources.join(', ')}`)
  return out
}

/** AssemblyScript to a core module whose exports are renamed, because theirs can only be identifiers. */
async function assemblyScript(source, out, exportNames) {
  const options = ['--runtime', 'stub', '-O', '--noAssert', '--use', 'abort=']
  run('assemblyscript/bin/asc.js', source, '--outFile', out, ...options)
  const { default: binaryen } = await import(pathToFileURL(join(tools, 'node_modules/binaryen/index.js')).href)
  const module = binaryen.readBinary(readFileSync(out))
  for (const [from, to] of Object.entries(exportNames)) {
    const { value } = binaryen.getExportInfo(module.getExport(from))
    module.removeExport(from)
    module.addFunctionExport(value, to)
  }
  writeFileSync(out, module.emitBinary())
  module.dispose()
  return out
}

/**
 * A core module that exports what the canonical ABI asks for, and the WIT of its world, to a component.
 * The WIT goes in as one text, not as a folder: jco 1.35.0 does not find a folder on Node 20.
 */
async function component(core, { wit, world, out, encoding = 'utf8' }) {
  const { componentEmbed, componentNew } = await jco
  const binary = readFileSync(resolve(here, core))
  const typed = await componentEmbed({ binary, witSource: witText(wit), world, stringEncoding: encoding })
  writeFileSync(join(here, out), await componentNew(typed, []))
  report(out)
}

/**
 * JavaScript to a component with a JavaScript engine inside: the smaller one of those that need no async (`sync`), or of
 * those that do. WASI's packages lie beside the WIT: 0.2's for the one, 0.3's for the other.
 */
async function javascript(source, { wit, world, out, stubWasi = false, sync = true }) {
  const { componentize } = createRequire(join(tools, 'package.json'))('componentize-qjs')
  const witPath = join(scratch, 'wit')
  rmSync(witPath, { recursive: true, force: true })
  mkdirSync(witPath, { recursive: true })
  writeFileSync(join(witPath, 'world.wit'), witText(wit))
  const packages = join(tools, 'node_modules/@bytecodealliance/jco/lib/wit/builtin', sync ? '0.2.12' : '0.3.0')
  cpSync(packages, join(witPath, 'deps'), { recursive: true })
  const jsSource = readFileSync(join(here, source), 'utf8')
  const { component } = await componentize({ witPath, world, jsSource, stubWasi, sync, optSize: true })
  writeFileSync(join(here, out), component)
  report(out)
}

/** Several files of WIT as one; all but the first must name their package as a block. */
function witText(files) {
  return files.map((file) => readFileSync(join(here, file), 'utf8')).join('\n')
}

/** Runs a tool by its entry file, so that neither a shell nor PATH decides which version it is. */
function run(entry, ...args) {
  const { status } = spawnSync(process.execPath, [join(tools, 'node_modules', entry), ...args], {
    cwd: here,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  if (status !== 0) fail(`failed: ${entry} ${args.join(' ')}`)
}

/** Installs the tools once for each set of versions; an interrupted installation is begun again. */
function installTools() {
  const wantedTools = Object.entries(versions).map(([name, version]) => `${name}@${version}`)
  const key = createHash('sha256').update(wantedTools.join(' ')).digest('hex').slice(0, 12)
  const folder = join(tmpdir(), `wasm-link-example-tools-${key}`)
  const done = join(folder, 'done')
  if (existsSync(done)) return folder
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
  console.log(`installing ${wantedTools.join(', ')}\n      into ${folder}`)
  const npm = spawnSync('npm', ['install', '--no-audit', '--no-fund', '--save-exact', ...wantedTools], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  })
  if (npm.status !== 0) fail('the tools could not be installed')
  writeFileSync(done, '')
  return folder
}

function report(file) {
  console.log(`${file}: ${statSync(join(here, file)).size} bytes`)
}

function fail(message) {
  console.error(message)
  process.exit(1)
}

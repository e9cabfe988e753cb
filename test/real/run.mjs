// Runs the components of a real toolchain with the built package: `node test/real/run.mjs FOLDER`.
// FOLDER holds calc-plugin-qjs, calc-app-qjs and hello-cli-qjs (`.component.wasm`). Prints a line per check.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { Binding, Component, Engine, ExactlyOne, Linker, Plugin } from '../../dist/index.js'
import { wasi } from '../../dist/wasi.js'

if (process.versions.node.startsWith('20.')) setFlagsFromString('--experimental-wasm-extended-const')

const folder = resolve(process.argv[2] ?? '.')
const cli = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
const line = 'hello bob add=42 div=3 err=div-by-zero ops=add/2/1;div/2/2 sum=4 merged=115'

const file = (name) => join(folder, `${name}.component.wasm`)
const compile = async (name) => Component.compile(await readFile(file(name)))
const command = (...args) =>
  spawnSync(process.execPath, [cli, 'run', file('hello-cli-qjs'), ...args], { encoding: 'utf8' })

const checks = {
  async 'the plugin computes, and fails with a payload'() {
    const { exports } = await (await compile('calc-plugin-qjs')).instantiate(wasi())
    assert.equal(exports.ops.add(40, 2), 42)
    assert.throws(() => exports.ops.div(1, 0), { payload: { tag: 'div-by-zero' } })
  },

  async 'the pair, linked as plugins'() {
    const engine = new Engine()
    const linker = new Linker(engine).use(wasi())
    const calc = await new Plugin(await compile('calc-plugin-qjs')).instantiate(engine, linker)
    const socket = new Binding('acme:calc@0.3.1', ExactlyOne('calc', calc))
    const app = await new Plugin(await compile('calc-app-qjs')).link(engine, linker, [socket])
    assert.equal(app.exports.app.run('bob'), line)
    assert.throws(() => app.exports.app.run('fail'), /asked to fail/)
  },

  async "the pair, one instance's exports as the other's imports"() {
    const engine = new Engine()
    const calc = await (await compile('calc-plugin-qjs')).instantiate(wasi(), { engine })
    const app = await (await compile('calc-app-qjs')).instantiate([wasi(), calc.exports], { engine })
    assert.equal(app.exports.app.run('bob'), line)
  },

  'the command prints its arguments and the granted variable'() {
    const { status, stdout } = command('--env', 'GREETING=hi', '--', 'a', 'b')
    assert.match(stdout, /^args: \[.*"a","b"\]$/m)
    assert.match(stdout, /^GREETING: hi$/m)
    assert.match(stdout, /^wall-clock ok: true$/m)
    assert.equal(status, 0)
  },

  'the command sees no variable that was not granted'() {
    const { stdout } = command()
    assert.match(stdout, /^GREETING: \(unset\)$/m)
  },

  'the command fails with exit code 1'() {
    assert.equal(command('--', '--fail').status, 1)
  },
}

let failed = 0
for (const [name, check] of Object.entries(checks)) {
  try {
    await check()
    console.log(`ok: ${name}`)
  } catch (error) {
    failed++
    console.log(`FAILED: ${name}: ${error?.stack ?? error}`)
  }
}
console.log(`Node ${process.versions.node}: ${Object.keys(checks).length - failed} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)

// `wast.mjs DIR [LIST]…`: the reference suite by `runWast` on an engine with a file system: Node, Deno (`--allow-read
// --allow-env`), Bun. LIST names what this engine may fail, each with its reason.
import process from 'node:process'
import { Engine } from '../../dist/index.js'
import { runWast } from '../../dist/text.js'
import { readLists, readScripts } from '../conformance/read-suite.js'
import { linesOf, runSuite } from '../conformance/run-suite.js'
import { engine } from './name.mjs'

const [folder, ...lists] = process.argv.slice(2)
if (folder === undefined) throw new Error('expected the folder of the suite')
const scripts = await readScripts(folder)
const result = await runSuite({ Engine, runWast }, scripts, await readLists(lists))
for (const line of linesOf(result, scripts.length)) console.log(`${engine}: ${line}`)
process.exitCode = result.failed === 0 ? 0 : 1

// Prints, as JSON, the files of `dist` that a process reads which compiles, instantiates and calls a component without imports.
import { readFileSync } from 'node:fs'
import { Session } from 'node:inspector'

const scripts = []
const session = new Session()
session.connect()
session.on('Debugger.scriptParsed', ({ params: { url } }) => {
  if (url.startsWith(new URL('../dist/', import.meta.url).href)) scripts.push(url)
})
session.post('Debugger.enable')
const { Component } = await import('../dist/index.js')
const bytes = readFileSync(new URL('../examples/small/built/values.component.wasm', import.meta.url))
const { exports } = await (await Component.compile(bytes)).instantiate()
if (exports.values.echoString('0123456789') !== '0123456789') throw new Error('does not echo')
session.disconnect()
console.log(JSON.stringify(scripts.map((url) => decodeURIComponent(new URL(url).pathname))))

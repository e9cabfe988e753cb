// As `ours.mjs` and `core.mjs`, step by step: milliseconds as JSON. `phases.mjs core`: the bare core module.
const begin = performance.now()
const { readFileSync } = await import('node:fs')
const built = (file) => readFileSync(new URL(`../../examples/small/built/${file}`, import.meta.url))
const core = process.argv[2] === 'core'
const loading = performance.now()
const { Component } = core ? {} : await import('../../dist/index.js')
const loaded = performance.now()
const bytes = built(core ? 'values.core.wasm' : 'values.component.wasm')
const compiled = core ? await WebAssembly.compile(bytes) : await Component.compile(bytes)
const ready = performance.now()
const { exports } = core ? await WebAssembly.instantiate(compiled) : await compiled.instantiate()
const made = performance.now()
const sum = core ? exports['example:small/values@0.1.0#add'](40, 2) : exports.values.add(40, 2)
const end = performance.now()
if (sum !== 42) throw new TypeError('cannot add')
const { user, system } = process.cpuUsage()
console.log(
  JSON.stringify({
    import: loaded - loading,
    compile: ready - loaded,
    instantiate: made - ready,
    call: end - made,
    all: end - begin,
    processor: (user + system) / 1000,
  }),
)

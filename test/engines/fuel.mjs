// Fuel is the same everywhere: the same calls use the same units on every engine, in ten runs, under both meters.
import process from 'node:process'
import { Component, Engine } from '../../dist/index.js'

/** What each call uses, as wasmtime 49 charges it. */
const EXPECTED = { loop: 8003, fib: 19_729, fill: 60_007 }

const text = `(component
  (core module $m
    (memory 1)
    (func (export "loop") (local i32) i32.const 1000 local.set 0
      block loop local.get 0 i32.const 1 i32.sub local.set 0 local.get 0 i32.eqz br_if 1 br 0 end end i32.const 7 drop)
    (func $fib (param i32) (result i32) local.get 0 i32.const 2 i32.lt_s if (result i32) local.get 0
      else local.get 0 i32.const 1 i32.sub call $fib local.get 0 i32.const 2 i32.sub call $fib i32.add end)
    (func (export "fib") i32.const 15 call $fib drop)
    (func (export "fill") (memory.fill (i32.const 0) (i32.const 1) (i32.add (i32.const 60000) (i32.const 0)))))
  (core instance $i (instantiate $m))
  ${['loop', 'fib', 'fill'].map((name) => `(func (export "${name}") (canon lift (core func $i "${name}")))`).join('\n')})`

const engineName = globalThis.Deno ? 'Deno' : process.versions.bun ? 'Bun' : `Node ${process.versions.node}`
const component = await Component.compile(text)
for (const meter of ['exact', 'binaryen']) {
  const engine = new Engine({ meter })
  for (let run = 0; run < 10; run++) {
    const instance = await component.instantiate({}, { engine, limits: { fuel: { initial: 1e9 } } })
    for (const [name, units] of Object.entries(EXPECTED)) {
      const before = instance.usage().fuel.used
      instance.exports[name]()
      const used = instance.usage().fuel.used - before
      if (used !== units) throw new Error(`${engineName}, ${meter}: ${name} used ${used} units, not ${units}`)
    }
  }
}
console.log(`${engineName}: the same fuel in 10 runs under both meters`)

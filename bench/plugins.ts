/**
 * What the plugin layer costs as graphs grow: `node scripts/run-ts.mjs bench/plugins.ts`. Linking must grow with the number of
 * plugins and no faster; a chain must answer as deep as the default call depth allows, and be refused by name beyond.
 */
import { Any, Binding, type BindingAny, Component, Engine, ExactlyOne, Linker, Plugin } from '../src/index.ts'

const LEAF = `(component
  (core module $m (func (export "f") (result i32) (i32.const 1)))
  (core instance $i (instantiate $m))
  (func $f (result u32) (canon lift (core func $i "f")))
  (instance $e (export "get-value" (func $f)))
  (export "test:node/root" (instance $e)))`

const NEXT = `(component
  (import "test:node/root" (instance $d (export "get-value" (func (result u32)))))
  (core func $g (canon lower (func $d "get-value")))
  (core module $m (import "" "g" (func $g (result i32))) (func (export "f") (result i32) (i32.add (call $g) (i32.const 1))))
  (core instance $i (instantiate $m (with "" (instance (export "g" (func $g))))))
  (func $f (result u32) (canon lift (core func $i "f")))
  (instance $e (export "get-value" (func $f)))
  (export "test:node/root" (instance $e)))`

const leaf = await Component.compile(LEAF)
const next = await Component.compile(NEXT)

/** `count` plugins in bindings of which each consumes the one before, in rows of `depth`, and one binding of all. */
async function build(count: number, depth: number): Promise<{ readonly engine: Engine; readonly last: Binding }> {
  const engine = new Engine()
  const linker = new Linker(engine)
  let all: Binding | undefined
  let below: BindingAny | undefined
  let last: Binding | undefined
  for (let i = 0; i < count; i++) {
    const bottom: boolean = i % depth === 0
    const plugin: Awaited<ReturnType<Plugin['link']>> =
      bottom || below === undefined
        ? await new Plugin(leaf).instantiate(engine, linker)
        : await new Plugin(next).link(engine, linker, [below])
    const binding = new Binding('test:node', ExactlyOne('n', plugin))
    below = binding as BindingAny
    last = binding as Binding
    if (all === undefined) all = new Binding('test:node', Any([[i, plugin]])) as Binding
    else all.plug(i as never, plugin)
  }
  if (last === undefined) throw new Error('at least one plugin')
  return { engine, last }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN
}

console.log('| plugins | link all, ms | µs each | against half as many |')
console.log('|---|---|---|---|')
let before: number | undefined
await build(250, 10)
for (const count of [250, 500, 1000, 2000, 4000]) {
  const times: number[] = []
  for (let round = 0; round < 5; round++) {
    const start = process.cpuUsage()
    const { engine } = await build(count, 10)
    const { user, system } = process.cpuUsage(start)
    times.push((user + system) / 1000)
    engine[Symbol.dispose]()
  }
  const ms = median(times)
  const growth = before === undefined ? '' : `×${(ms / before).toFixed(2)}`
  console.log(`| ${count} | ${ms.toFixed(1)} | ${((ms * 1000) / count).toFixed(0)} | ${growth} |`)
  before = ms
}

console.log('\n| chain | answer | µs a call |')
console.log('|---|---|---|')
for (const depth of [1, 8, 64, 65]) {
  const { engine, last } = await build(depth, depth)
  const [[, result] = []] = last.dispatch('root', 'get-value')
  const runs = 2000
  const start = performance.now()
  if (result?.ok === true) for (let i = 0; i < runs; i++) last.dispatch('root', 'get-value')
  const us = ((performance.now() - start) * 1000) / runs
  const answer = result?.ok === true ? String(result.value) : limitIn(result?.error)
  console.log(`| ${depth} | ${answer} | ${result?.ok === true ? us.toFixed(1) : ''} |`)
  engine[Symbol.dispose]()
}

/** The limit at the bottom of a chain of causes. */
function limitIn(error: unknown): string {
  for (
    let cause = error;
    typeof cause === 'object' && cause !== null;
    cause = 'cause' in cause ? cause.cause : undefined
  )
    if ('limit' in cause && 'cap' in cause) return `refused: ${String(cause.limit)} ${String(cause.cap)}`
  return String(error)
}

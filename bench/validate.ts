/**
 * Validation is linear: time against size, for the shapes that make naive validators quadratic or worse.
 * `node scripts/run-ts.mjs bench/validate.ts [COMPONENT…]`: a row per shape, the size doubling from column to column, and
 * the worst growth per doubling; given files, also their decoding and validation, cold and warm.
 */
import { readFileSync } from 'node:fs'
import type { ComponentDef } from '../src/model/component.ts'
import { FEATURES, type Feature, featureSet } from '../src/model/features.ts'
import { COMPILE_LIMITS } from '../src/model/limits.ts'
import { decode } from '../src/parser/decode.ts'
import { validate } from '../src/parser/validate.ts'
import { parseText } from '../src/text/parse.ts'

const gates = Object.fromEntries((Object.keys(FEATURES) as Feature[]).map((gate) => [gate, true]))
const options = { features: featureSet(gates), limits: COMPILE_LIMITS }

const repeat = (n: number, make: (i: number) => string): string =>
  Array.from({ length: n }, (_, i) => make(i)).join('\n')

/** As many copies of a shape that is itself bounded (depth 100, size 1,000,000) as make `n` definitions. */
const copies = (n: number, each: number, make: (copy: number) => string): string => repeat(Math.ceil(n / each), make)

const SHAPES: Readonly<Record<string, (n: number) => string>> = {
  'deep types': (n) =>
    copies(n, 90, (c) => `(type $d${c} u8) ${repeat(90, (i) => `(type (option ${i === 0 ? `$d${c}` : c * 91 + i}))`)}`),
  'wide records': (n) => copies(n, 1000, () => `(type (record ${repeat(1000, (i) => `(field "f${i}" u8)`)}))`),
  'doubling tuples': (n) =>
    copies(n, 15, (c) => `(type $d${c} u8) ${repeat(14, (i) => `(type (tuple ${c * 15 + i} ${c * 15 + i}))`)}`),
  'functions': (n) => repeat(n, () => '(type (func (param "a" (tuple string u8)) (result (option u32))))'),
  'imports': (n) => `(type $f (func (param "a" string))) ${repeat(n, (i) => `(import "f${i}" (func (type $f)))`)}`,
  'exports': (n) => `(import "f" (func $f)) ${repeat(n, (i) => `(export "g${i}" (func $f))`)}`,
  'exports of one wide type': (n) =>
    `(type $r (record ${repeat(20, (i) => `(field "f${i}" u8)`)})) ${repeat(n, (i) => `(export "t${i}" (type $r))`)}`,
  'aliases': (n) => `(import "i" (instance $i (export "f" (func)))) ${repeat(n, () => '(alias export $i "f" (func))')}`,
  'outer aliases': (n) =>
    `(type $t (record (field "a" u8))) (component ${repeat(n, () => '(alias outer 1 $t (type))')})`,
  'resources': (n) =>
    `(import "i" (instance ${repeat(
      n,
      (i) => `(export "r${i}" (type $r${i} (sub resource)))
       (export "[method]r${i}.m" (func (param "self" (borrow $r${i}))))`,
    )}))`,
  'instantiations': (n) =>
    `(component $c (import "r" (type $r (sub resource))) ${repeat(n / 500, (i) => `(export "t${i}" (type $r))`)})
     (import "r" (type $r (sub resource))) ${repeat(500, () => '(instance (instantiate $c (with "r" (type $r))))')}`,
  'nested components': (n) =>
    copies(
      n,
      50,
      () => `${repeat(50, () => '(component (type $t (list u8)) (export "t" (type $t))')}${')'.repeat(50)}`,
    ),
}

async function decoded(text: string): Promise<ComponentDef> {
  return decode(await parseText(`(component ${text})`), options)
}

/** The mean, warm: collecting garbage is part of the cost, and a best run of a small size has none of it. */
function mean(def: ComponentDef, runs: number): number {
  for (let i = 0; i < 3; i++) validate(def, options)
  const start = performance.now()
  for (let i = 0; i < runs; i++) validate(def, options)
  return (performance.now() - start) / runs
}

const SIZES = [5_000, 10_000, 20_000, 40_000]
console.log(`${'shape'.padEnd(26)}${SIZES.map((n) => `${n}`.padStart(12)).join('')}   worst growth`)
for (const [shape, make] of Object.entries(SHAPES)) {
  const times: number[] = []
  for (const n of SIZES) times.push(mean(await decoded(make(n)), Math.max(8, 400_000 / n)))
  const growth = Math.max(...times.slice(1).map((time, i) => time / (times[i] ?? time)))
  const columns = times.map((time) => `${time.toFixed(2)} ms`.padStart(12)).join('')
  console.log(`${shape.padEnd(26)}${columns}   ×${growth.toFixed(2)}`)
}

for (const file of process.argv.slice(2)) {
  const bytes = new Uint8Array(readFileSync(file))
  const runs = Array.from({ length: 60 }, () => {
    const start = performance.now()
    const def = decode(bytes, options)
    const middle = performance.now()
    validate(def, options)
    return { decode: middle - start, validate: performance.now() - middle }
  })
  const show = (title: string, pick: (times: number[]) => number | undefined): string => {
    const [d, v] = [pick(runs.map((run) => run.decode)), pick(runs.map((run) => run.validate))]
    return `${title} decode ${d?.toFixed(1)} ms, validate ${v?.toFixed(1)} ms`
  }
  const median = (times: number[]): number | undefined => times.sort((a, b) => a - b)[times.length >> 1]
  const summary = [
    show('cold', ([first]) => first),
    show('median', median),
    show('best', (times) => Math.min(...times)),
  ]
  console.log(`${file} (${bytes.length} bytes): ${summary.join('; ')}`)
}

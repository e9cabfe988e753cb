/**
 * `node scripts/run-ts.mjs bench/fused-multi.ts`
 *
 * Would a core module with both memories be faster than JavaScript between two guests? Written by hand for the pair of
 * `fused-pair.ts`, without any of the flags that say who may be entered, left and is dead: no generated one could be faster.
 * Beside it the JavaScript written by hand, and plugins.
 */
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { Engine } from '../src/index.ts'
import { assembler, built, type Consumer, LIBC, MAIN, pairByHand, VALUES } from './fused-pair.ts'
import { FUSED_ROWS, plugins } from './fused-rows.ts'
import { type Effort, measure, warmUp } from './measure.ts'

const { values: options } = parseArgs({ options: { quick: { type: 'boolean', default: false } } })
const effort: Effort = options.quick
  ? { batchMs: 1, batches: 15, warmUpMs: 60 }
  : { batchMs: 5, batches: 31, warmUpMs: 300 }

/** `$mem`: traps unless what lies there is ASCII; anything else would be asked of JavaScript. */
const checkAscii = (mem: string): string => `
  (func $check-${mem} (param $i i32) (param $n i32) (local $end i32)
    (local.set $end (i32.add (local.get $i) (local.get $n)))
    (block $words (loop $next
      (br_if $words (i32.gt_u (i32.add (local.get $i) (i32.const 8)) (local.get $end)))
      (if (i64.ne (i64.and (i64.load $${mem} (local.get $i)) (i64.const 0x8080808080808080)) (i64.const 0)) (then unreachable))
      (local.set $i (i32.add (local.get $i) (i32.const 8)))
      (br $next)))
    (block $bytes (loop $next
      (br_if $bytes (i32.ge_u (local.get $i) (local.get $end)))
      (if (i32.ge_u (i32.load8_u $${mem} (local.get $i)) (i32.const 0x80)) (then unreachable))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $next))))`

const move = (from: string, to: string): string => `
  (func $move-${from} (param $p i32) (param $q i32) (local $f f64)
    (i32.store $${to} (local.get $q) (i32.load $${from} (local.get $p)))
    (i32.store16 $${to} offset=4 (local.get $q) (i32.load16_u $${from} offset=4 (local.get $p)))
    (local.set $f (f64.load $${from} offset=8 (local.get $p)))
    (f64.store $${to} offset=8 (local.get $q)
      (select (local.get $f) (f64.const nan) (f64.eq (local.get $f) (local.get $f))))
    (i32.store8 $${to} offset=16 (local.get $q) (i32.ne (i32.load8_u $${from} offset=16 (local.get $p)) (i32.const 0)))
    (i32.store8 $${to} offset=17 (local.get $q) (i32.load8_u $${from} offset=17 (local.get $p))))
  (func $move-all-${from} (param $p i32) (param $q i32) (param $n i32)
    (block $done (loop $next
      (br_if $done (i32.eqz (local.get $n)))
      (call $move-${from} (local.get $p) (local.get $q))
      (local.set $p (i32.add (local.get $p) (i32.const 24)))
      (local.set $q (i32.add (local.get $q) (i32.const 24)))
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br $next))))`

/** What is passed there and back: how it is checked and copied. */
const echo = (
  name: string,
  align: number,
  size: number,
  check: (mem: string) => string,
  copy: (from: string, to: string) => string,
): string => `
  (import "b" "${name}" (func $b-${name} (param i32 i32) (result i32)))
  (import "b" "post-${name}" (func $post-${name} (param i32)))
  (func (export "${name}") (param $p i32) (param $n i32) (param $area i32) (local $q i32) (local $answer i32)
    ${check('a')}
    (local.set $q (call $realloc-b (i32.const 0) (i32.const 0) (i32.const ${align}) (i32.mul (local.get $n) (i32.const ${size}))))
    ${copy('a', 'b')}
    (local.set $answer (call $b-${name} (local.get $q) (local.get $n)))
    (local.set $p (i32.load $b (local.get $answer)))
    (local.set $n (i32.load $b offset=4 (local.get $answer)))
    ${check('b')}
    (local.set $q (call $realloc-a (i32.const 0) (i32.const 0) (i32.const ${align}) (i32.mul (local.get $n) (i32.const ${size}))))
    ${copy('b', 'a')}
    (i32.store $a (local.get $area) (local.get $q))
    (i32.store $a offset=4 (local.get $area) (local.get $n))
    (call $post-${name} (local.get $answer)))`

const ascii = (mem: string): string => `(call $check-${mem} (local.get $p) (local.get $n))`
const block = (from: string, to: string): string =>
  `(memory.copy $${to} $${from} (local.get $q) (local.get $p) (local.get $n))`
const records = (from: string): string => `(call $move-all-${from} (local.get $p) (local.get $q) (local.get $n))`

const functions = [
  echo('echo-string', 1, 1, ascii, block),
  echo('echo-bytes', 1, 1, () => '', block),
  echo('echo-samples', 8, 24, () => '', records),
]
const imports = functions.flatMap((text) => text.split('\n').filter((line) => line.startsWith('  (import')))
const bodies = functions.map((text) =>
  text
    .split('\n')
    .filter((line) => !line.startsWith('  (import'))
    .join('\n'),
)

const ADAPTER = `
  (import "a" "memory" (memory $a 1))
  (import "b" "memory" (memory $b 1))
  (import "a" "realloc" (func $realloc-a (param i32 i32 i32 i32) (result i32)))
  (import "b" "realloc" (func $realloc-b (param i32 i32 i32 i32) (result i32)))
  (import "b" "add" (func $add (param i32 i32) (result i32)))
  (import "b" "echo-sample" (func $b-echo-sample (param i32 i32 f64 i32 i32) (result i32)))
  ${imports.join('\n')}
  ${checkAscii('a')} ${checkAscii('b')} ${move('a', 'b')} ${move('b', 'a')}
  (func (export "add") (param i32 i32) (result i32) (call $add (local.get 0) (local.get 1)))
  (func (export "echo-sample") (param i32 i32 f64 i32 i32 i32)
    (call $move-b (call $b-echo-sample (local.get 0) (i32.extend16_s (local.get 1))
      (select (local.get 2) (f64.const nan) (f64.eq (local.get 2) (local.get 2)))
      (i32.ne (local.get 3) (i32.const 0)) (i32.and (local.get 4) (i32.const 255))) (local.get 5)))
  ${bodies.join('\n')}`

async function byModule(): Promise<Consumer> {
  const assemble = await assembler()
  const values = new WebAssembly.Instance(new WebAssembly.Module(built('values.core.wasm'))).exports
  const libc = new WebAssembly.Instance(assemble(LIBC)).exports
  const names = ['add', 'echo-string', 'echo-bytes', 'echo-sample', 'echo-samples']
  const theirs = Object.fromEntries(
    names.flatMap((name) => [
      [name, values[`${VALUES}#${name}`]],
      [`post-${name}`, values[`cabi_post_${VALUES}#${name}`]],
    ]),
  )
  const b = { ...theirs, memory: values['memory'], realloc: values['cabi_realloc'] } as WebAssembly.ModuleImports
  const adapter = new WebAssembly.Instance(assemble(ADAPTER), { a: { ...libc }, b }).exports
  const none = (): number => 0
  const { exports } = new WebAssembly.Instance(assemble(MAIN), {
    libc,
    values: { ...adapter },
    counters: { '[constructor]counter': none, '[method]counter.increment': none },
  })
  // core functions with the names and numbers of parameters that `Consumer` says
  return exports as object as Consumer
}

const contenders = [
  { name: 'by hand', consumer: await pairByHand() },
  { name: 'one module', consumer: await byModule() },
  { name: 'plugins', consumer: await plugins(new Engine()) },
]
for (const { consumer, name } of contenders) {
  consumer.fill(1)
  consumer.string(1, 1000)
  if (consumer.answer(4) !== 1000 || consumer.echoed(0) !== 32 + (1024 % 90))
    throw new TypeError(`${name}: does not echo`)
}
const rows = FUSED_ROWS.filter(({ name }) => !name.startsWith('resource'))
// those of plugins are loaded and fused before any is measured
for (const row of rows) for (const { consumer } of contenders) row.run(consumer, 100)
await new Promise((resolve) => setTimeout(resolve, 20))
const { node, v8 } = process.versions
console.log(`Node ${node}, V8 ${v8}; ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}\n`)
console.log('| | by hand | one module | ÷ hand | plugins | ÷ hand | plugins ÷ module |\n|---|--:|--:|--:|--:|--:|--:|')
for (const row of rows) {
  const batches = contenders.map(({ consumer }) => {
    const batch = (n: number): void => void row.run(consumer, n)
    return { batch, n: warmUp(batch, effort) }
  })
  const [hand = Number.NaN, module = Number.NaN, ours = Number.NaN] = measure(batches, effort)
  const ns = (n: number): string => `${n.toFixed(1)} ns`
  const ratios = [module / hand, ours / hand, ours / module].map((ratio) => ratio.toFixed(2))
  console.log(
    `| ${row.name} | ${ns(hand)} | ${ns(module)} | ${ratios[0]} | ${ns(ours)} | ${ratios[1]} | ${ratios[2]} |`,
  )
}

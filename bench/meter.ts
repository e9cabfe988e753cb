/**
 * What metering costs: a real module's own job and tight loops, metered against plain, and how long instrumenting takes.
 * `node scripts/run-ts.mjs bench/meter.ts [--record FILE] [--job FILE] [MODULE…]`: `--job` is wasm-tools.core.wasm as npm's
 * @bytecodealliance/jco-transpile ships it, which prints itself as text; MODULE are instrumented only (of a component, the
 * largest core module). `--record` appends to a file.
 *
 * Processor time. The contenders take turns; a figure is the best of the rounds, and of interest is the ratio. In brackets the ratio
 * of the medians, which says how quiet the machine was.
 */
import { appendFileSync, readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { basename } from 'node:path'
import { parseArgs } from 'node:util'
import wabt from 'wabt'
import { coreModulesIn } from '../fuzz/core-modules.ts'
import { binaryenMeter } from '../src/limits/binaryen-meter.ts'
import { exactMeter } from '../src/limits/exact-meter.ts'
import { attach, type Meter } from '../src/limits/meter.ts'
import { median } from './measure.ts'

const { values, positionals } = parseArgs({
  options: { record: { type: 'string' }, job: { type: 'string' }, rounds: { type: 'string', default: '9' } },
  allowPositionals: true,
})
const rounds = Number(values.rounds)
const meters: readonly Meter[] = [exactMeter(), binaryenMeter()]
const lines: string[] = []
const say = (line: string): void => {
  console.log(line)
  lines.push(line)
}

function cpuMs(run: () => void): number {
  const before = process.cpuUsage()
  run()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1e3
}

type Exports = Readonly<Record<string, (...args: readonly number[]) => number>> & {
  readonly memory: WebAssembly.Memory
}

/** Slices as large as a deadline would have them. */
const SLICE = 1_000_000

async function metered(meter: Meter | undefined, code: Uint8Array, imports: WebAssembly.Imports): Promise<Exports> {
  const made = await meter?.instrument(code, { fuel: true, growth: true })
  const module = await WebAssembly.compile((made?.code ?? code) as BufferSource)
  const instance = new WebAssembly.Instance(module, imports)
  if (made !== undefined) {
    const attached = attach(instance, made, {
      exhausted: () => {
        attached.exchange(SLICE)
      },
      grow: () => true,
    })
    attached.start()
  }
  return instance.exports as Exports
}

interface Raced {
  readonly best: number
  readonly median: number
}

/** Processor time of each, taking turns. */
function race(contenders: readonly (() => void)[], warmUp: number): Raced[] {
  for (const run of contenders) for (let i = 0; i < warmUp; i++) run()
  const times = contenders.map((): number[] => [])
  for (let round = 0; round < rounds; round++) {
    for (const [i, run] of contenders.entries()) times[i]?.push(cpuMs(run))
  }
  return times.map((of) => ({ best: Math.min(...of), median: median(of) }))
}

const row = (name: string, [plain, ...metered]: readonly Raced[]): void => {
  if (plain === undefined) return
  const cells = metered.map(({ best, median }) => {
    return `${best.toFixed(1)} ms, ×${(best / plain.best).toFixed(2)} (${(median / plain.median).toFixed(2)})`
  })
  say(`| ${[name, `${plain.best.toFixed(1)} ms`, ...cells].join(' | ')} |`)
}

const LOOPS: Readonly<Record<string, string>> = {
  'recursion: fib(30)': `(func $fib (param i32) (result i32) (if (result i32) (i32.lt_s (local.get 0) (i32.const 2)) (then (local.get 0))
    (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1))) (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
    (func (export "f") (drop (call $fib (i32.const 30))))`,
  'a loop of ten operators, 30,000,000 times': `(func (export "f") (local i32 i32) (local.set 0 (i32.const 30000000)) (loop $l
    (local.set 1 (i32.xor (i32.mul (local.get 1) (i32.const 31)) (local.get 0)))
    (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (i32.store (i32.const 0) (local.get 1)))`,
  'a sieve of 2,000,000': `(func (export "f") (local $i i32) (local $j i32) (memory.fill (i32.const 0) (i32.const 0) (i32.const 2000000)) (local.set $i (i32.const 2))
    (loop $a (if (i32.eqz (i32.load8_u (local.get $i))) (then (local.set $j (i32.add (local.get $i) (local.get $i)))
      (block $e (loop $b (br_if $e (i32.ge_u (local.get $j) (i32.const 2000000))) (i32.store8 (local.get $j) (i32.const 1))
        (local.set $j (i32.add (local.get $j) (local.get $i))) (br $b)))))
      (br_if $a (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 2000000)))))`,
}

const { version, versions } = process
say(`\n## Node ${version.slice(1)} (V8 ${versions.v8}) on ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}\n`)
say('| what runs | plain | exact | Binaryen |')
say('| --- | ---: | ---: | ---: |')
if (values.job !== undefined) await realWork(new Uint8Array(readFileSync(values.job)))
const { parseWat } = await wabt()
for (const [name, fields] of Object.entries(LOOPS)) {
  const module = parseWat('loop.wat', `(module (memory 32) ${fields})`, { bulk_memory: true })
  const code = new Uint8Array(module.toBinary({}).buffer)
  const contenders = await Promise.all([undefined, ...meters].map((meter) => metered(meter, code, {})))
  row(
    name,
    race(
      contenders.map(
        ({ f }) =>
          () =>
            f?.(),
      ),
      8,
    ),
  )
}

/** wasm-tools prints its own bytes as text. */
async function realWork(code: Uint8Array): Promise<void> {
  const contenders = []
  for (const meter of [undefined, ...meters]) {
    const wasi: Record<string, (...args: readonly number[]) => number> = {}
    for (const { name } of WebAssembly.Module.imports(new WebAssembly.Module(code as BufferSource)))
      wasi[name] = () => 52
    const exports = await metered(meter, code, {
      wasi_snapshot_preview1: {
        ...wasi,
        random_get: () => 0,
        environ_sizes_get(count: number, size: number) {
          const view = new DataView(exports.memory.buffer)
          view.setUint32(count, 0, true)
          view.setUint32(size, 0, true)
          return 0
        },
        environ_get: () => 0,
      },
    })
    const call = (name: string, ...args: readonly number[]): number => {
      const func = exports[name]
      if (func === undefined) throw new TypeError(`the job has no ${name}`)
      return func(...args)
    }
    contenders.push(() => {
      const at = call('cabi_realloc', 0, 0, 1, code.length) >>> 0
      new Uint8Array(exports.memory.buffer).set(code, at)
      const result = call('local:wasm-tools/tools#print', at, code.length)
      if (new Uint8Array(exports.memory.buffer)[result] !== 0) throw new TypeError('printing failed')
      call('cabi_post_local:wasm-tools/tools#print', result)
    })
  }
  row(`wasm-tools prints itself, ${(code.length / 1e6).toFixed(1)} MB`, race(contenders, 3))
}

if (positionals.length > 0) {
  say(
    '\n| instrumented | bytes | exact, cold | exact, warm | grows to | Binaryen, with loading | Binaryen, warm | grows to |',
  )
  say('| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |')
}
for (const path of positionals) {
  const file = new Uint8Array(readFileSync(path))
  // the fifth byte of a core module is its version
  const modules = file[4] === 1 ? [file] : coreModulesIn(file)
  const code = modules.reduce((largest, module) => (module.length > largest.length ? module : largest))
  const cells: string[] = []
  for (const meter of [exactMeter(), binaryenMeter()]) {
    const times: number[] = []
    let size = 0
    let by = ''
    for (let i = 0; i < (meter.kind === 'exact' ? 7 : 2); i++) {
      const before = process.cpuUsage()
      const made = await meter.instrument(code, { fuel: true, growth: true })
      const { user, system } = process.cpuUsage(before)
      times.push((user + system) / 1e3)
      size = made.code.length
      by = made.by
    }
    const warm = Math.min(...times.slice(1))
    const speed = meter.kind === 'exact' ? `, ${(code.length / warm / 1e3).toFixed(0)} MB/s` : ''
    cells.push(
      `${times[0]?.toFixed(0)} ms`,
      `${warm.toFixed(0)} ms${speed}`,
      `×${(size / code.length).toFixed(2)}${by === meter.kind ? '' : `, by ${by}`}`,
    )
  }
  say(`| ${basename(path)} | ${code.length} | ${cells.join(' | ')} |`)
}
if (values.record !== undefined) appendFileSync(values.record, `${lines.join('\n')}\n`)

/**
 * `node scripts/run-ts.mjs bench/limits.ts [--runs N] [--component FILE] [--record FILE]`
 *
 * What limits on running code are worth and cost: how late a loop ends after its deadline, over many runs; what a call with
 * a budget costs over one without; and what a start costs whose metered code comes from a cache, beside a start of the
 * same (larger) code without limits. Exit code 1 if a loop was ever
 * later than 50 ms by processor time, which is what a machine that does other things as well leaves to be judged.
 */
import { appendFileSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { Component, Engine, type EngineOptions, isWasmLinkError, type Limits, type Untyped } from '../src/index.ts'
import { parseText } from '../src/text.ts'

const { values: options } = parseArgs({
  options: { runs: { type: 'string', default: '1000' }, component: { type: 'string' }, record: { type: 'string' } },
})
const lines: string[] = []
const say = (line: string): void => {
  console.log(line)
  lines.push(line)
}
const DEADLINE = 10
const LATEST = 50

const shapes: Readonly<Record<string, string>> = {
  'an empty loop': '(func (export "f") (loop br 0))',
  'a loop over memory':
    '(memory 16) (func (export "f") (local i32) (loop (i32.store (i32.and (local.get 0) (i32.const 0xfffff)) (local.get 0)) (local.set 0 (i32.add (local.get 0) (i32.const 4100))) br 0))',
  'bulk copies':
    '(memory 256) (func (export "f") (loop (memory.fill (i32.const 0) (i32.const 1) (i32.const 0x10000)) br 0))',
  'calls':
    '(func $g (param i32) (result i32) (i32.add (local.get 0) (i32.const 1))) (func (export "f") (local i32) (loop (local.set 0 (call $g (local.get 0))) br 0))',
  'divisions':
    '(func (export "f") (local i64) (loop (local.set 0 (i64.div_s (i64.const -7) (i64.or (local.get 0) (i64.const 1)))) br 0))',
}

const lift = (module: string): string => `(component
  (core module $m ${module})
  (core instance $i (instantiate $m))
  (func (export "f") (canon lift (core func $i "f"))))`

const quantile = (sorted: readonly number[], q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN
const ms = (n: number): string => n.toFixed(2)

let tooLate = 0
let tooLateCpu = 0
say(`Node ${process.version}; a deadline of ${DEADLINE} ms, ${options.runs} runs of each meter\n`)
say('| meter | loop | runs | median later | p99 | latest | latest by processor time |')
say('|---|---|--:|--:|--:|--:|--:|')
for (const meter of ['exact', 'binaryen'] as const) {
  const runs = Math.ceil(Number(options.runs) / Object.keys(shapes).length)
  for (const [name, module] of Object.entries(shapes)) {
    const engine = new Engine({ meter })
    const component = await Component.compile(lift(module), { engine, metered: true })
    const late: number[] = []
    const lateCpu: number[] = []
    for (let run = 0; run < runs; run++) {
      const limits: Limits<undefined> = { timeoutMs: { perCall: DEADLINE } }
      const instance = await component.instantiate({}, { engine, limits })
      const began = performance.now()
      const used = process.cpuUsage()
      try {
        instance.exports.f()
      } catch (error) {
        if (!isWasmLinkError(error) || error.kind !== 'limit') throw error
      }
      late.push(performance.now() - began - DEADLINE)
      const { user, system } = process.cpuUsage(used)
      lateCpu.push((user + system) / 1e3 - DEADLINE)
      instance[Symbol.dispose]()
    }
    late.sort((a, b) => a - b)
    lateCpu.sort((a, b) => a - b)
    tooLate += late.filter((by) => by > LATEST).length
    tooLateCpu += lateCpu.filter((by) => by > LATEST).length
    say(
      `| ${meter} | ${name} | ${runs} | ${ms(quantile(late, 0.5))} ms | ${ms(quantile(late, 0.99))} ms | ${ms(quantile(late, 1))} ms | ${ms(quantile(lateCpu, 1))} ms |`,
    )
  }
}
say(`\n${tooLate} of them were later than ${LATEST} ms on the wall, ${tooLateCpu} by processor time\n`)

// — Calls

const CALL = '(func (export "f"))'
const budgets: Readonly<Record<string, Limits<undefined> | undefined>> = {
  'none': undefined,
  'memory': { memoryBytes: 2 ** 20 },
  'fuel for life': { fuel: { initial: Number.POSITIVE_INFINITY } },
  'fuel per call': { fuel: { perCall: 1000 } },
  'a deadline per call': { timeoutMs: { perCall: 1000 } },
}
say('| a call that does nothing, limited by | ns |')
say('|---|--:|')
for (const [name, limits] of Object.entries(budgets)) {
  const engine = new Engine({ meter: 'exact' })
  const component = await Component.compile(lift(CALL), { engine })
  const { exports }: Untyped = await component.instantiate({}, { engine, ...(limits && { limits }) })
  const f: () => void = exports.f
  const n = 100_000
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < 12; round++) {
    const began = performance.now()
    for (let i = 0; i < n; i++) f()
    best = Math.min(best, ((performance.now() - began) / n) * 1e6)
  }
  say(`| ${name} | ${best.toFixed(0)} |`)
}

// — Starts

/** The component with its only core module exchanged. */
function withModule(component: Uint8Array, module: Uint8Array): Uint8Array {
  const leb = (at: number): readonly [value: number, end: number] => {
    let value = 0
    for (let shift = 0, i = at; ; shift += 7, i++) {
      const byte = component[i] ?? 0
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return [value, i + 1]
    }
  }
  const bytes = (n: number): number[] => (n < 0x80 ? [n] : [(n & 0x7f) | 0x80, ...bytes(Math.floor(n / 0x80))])
  const parts: Uint8Array[] = [component.subarray(0, 8)]
  for (let at = 8; at < component.length; ) {
    const [size, start] = leb(at + 1)
    if (component[at] === 1) parts.push(Uint8Array.of(1, ...bytes(module.length)), module)
    else parts.push(component.subarray(at, start + size))
    at = start + size
  }
  return Buffer.concat(parts)
}

function filler(functions: number): string {
  const body =
    '(local i32) (loop (local.set 0 (i32.add (local.get 0) (i32.const 3))) (br_if 0 (i32.lt_u (local.get 0) (i32.const 9))))'
  return Array.from(
    { length: functions },
    (_, i) => `(func $f${i} ${body.repeat(12).replaceAll('(local i32) ', (m, at) => (at === 0 ? m : ''))})`,
  ).join('\n')
}

const bytes =
  options.component === undefined
    ? await parseText(lift(`${filler(6000)} (func (export "f"))`))
    : new Uint8Array(readFileSync(options.component))
const kept = new Map<string, Uint8Array>()
const meterCache: NonNullable<EngineOptions['meterCache']> = {
  get: async (key) => kept.get(key),
  set: async (key, code) => void kept.set(key, code),
}
async function start(component: Uint8Array, limited: boolean): Promise<number> {
  const began = performance.now()
  const engine = new Engine({ meter: 'exact', ...(limited && { meterCache }) })
  const compiled = await Component.compile(component, { engine, metered: limited })
  await compiled.instantiate({}, { engine, ...(limited && { limits: { fuel: { perCall: 1e6 } } }) })
  return performance.now() - began
}
await start(bytes, true)
const [packed] = kept.values()
if (kept.size === 1 && packed !== undefined) {
  const head = new DataView(packed.buffer, packed.byteOffset).getUint32(4, true)
  const larger = withModule(bytes, packed.subarray(8 + head))
  const times: { readonly limited: number[]; readonly plain: number[]; readonly smaller: number[] } = {
    limited: [],
    plain: [],
    smaller: [],
  }
  for (let round = 0; round < 15; round++) {
    times.plain.push(await start(larger, false))
    times.limited.push(await start(bytes, true))
    times.smaller.push(await start(bytes, false))
  }
  const median = (list: number[]): number =>
    quantile(
      list.sort((a, b) => a - b),
      0.5,
    )
  const [limited, plain, smaller] = [median(times.limited), median(times.plain), median(times.smaller)]
  say(`\n| start of ${(bytes.length / 1024).toFixed(0)} KiB, metered ${(larger.length / 1024).toFixed(0)} KiB | ms |`)
  say('|---|--:|')
  say(`| without limits | ${ms(smaller)} |`)
  say(`| without limits, the larger code | ${ms(plain)} |`)
  say(`| limited, metered code from the cache | ${ms(limited)} (${(limited / plain).toFixed(2)} of the larger) |`)
}
if (options.record !== undefined) appendFileSync(options.record, `\n${lines.join('\n')}\n`)
process.exitCode = tooLateCpu === 0 ? 0 : 1

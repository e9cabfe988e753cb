/**
 * What a guest may try so as not to pay, under both meters: each is stopped within its budget and one block more, by a trap that it
 * cannot catch, and what is ours stays out of its reach.
 */
import { describe, expect, test } from 'vitest'
import { binaryenMeter } from '../../src/limits/binaryen-meter.ts'
import { exactMeter } from '../../src/limits/exact-meter.ts'
import { generate } from './generate.ts'
import { assemble, budgeted, OUT_OF_FUEL, prepare, startBudget } from './harness.ts'

const BUDGET = 10_000
/** The longest block below, with room. */
const BLOCK = 60

/** Whether the engine has what came after tail calls. */
const newerEngine = WebAssembly.validate(generate(0, { gc: true, exceptions: true }).code)
const runs = ({ newer }: Endless): boolean => newer === undefined || newerEngine

interface Endless {
  readonly what: string
  /** Module fields; `f` never ends by itself. */
  readonly fields: string
  /** Units that each round takes at least, for what is charged by length. */
  readonly least?: number
  /** Not on every engine. */
  readonly newer?: true
}

const ENDLESS_CODE: readonly Endless[] = [
  { what: 'an empty loop', fields: '(func (export "f") (loop $l (br $l)))' },
  { what: 'a loop of what is free', fields: '(func (export "f") (loop $l nop (block) (br $l)))' },
  { what: 'a loop that branches by a table', fields: '(func (export "f") (loop $l (br_table $l $l (i32.const 0))))' },
  { what: 'a loop that branches if', fields: '(func (export "f") (loop $l (br_if $l (i32.const 1))))' },
  { what: 'loops in loops', fields: '(func (export "f") (loop $a (loop $b (loop $c (br_if $a (i32.const 1))))))' },
  { what: 'a loop behind dead code', fields: '(func (export "f") (block (br 0) (loop (br 0))) (loop $l (br $l)))' },
  { what: 'recursion', fields: '(func $f (export "f") (call $f) (call $f))' },
  { what: 'recursion of two', fields: '(func $f (export "f") (call $g)) (func $g (call $f) (call $f))' },
  {
    what: 'recursion through a table',
    fields: '(type $t (func)) (table funcref (elem $f)) (func $f (export "f") (call_indirect (type $t) (i32.const 0)))',
  },
  { what: 'a tail call to itself', fields: '(func $f (export "f") (return_call $f))' },
  { what: 'tail calls of two', fields: '(func $f (export "f") (return_call $g)) (func $g (return_call $f))' },
  {
    what: 'a tail call through a table',
    fields:
      '(type $t (func)) (table funcref (elem $f)) (func $f (export "f") (return_call_indirect (type $t) (i32.const 0)))',
  },
  { what: 'catch_all in a loop', fields: '(func (export "f") (loop $l (try (do (br $l)) (catch_all))))' },
  {
    what: 'catch_all around a loop',
    fields: '(func (export "f") (loop $m (try (do (loop $l (br $l))) (catch_all (br $m)))))',
  },
  {
    what: 'an exception thrown and caught in a loop',
    fields: '(tag $e) (func (export "f") (loop $l (try (do (throw $e)) (catch $e (br $l)))))',
  },
  {
    what: 'a function that throws, in a loop',
    fields: '(tag $e) (func $g (throw $e)) (func (export "f") (loop $l (try (do (call $g)) (catch_all (br $l)))))',
  },
  {
    what: 'try_table around a loop',
    fields: '(func (export "f") (loop $m (block $h (try_table (catch_all $h) (loop $l (br $l)))) (br $m)))',
    newer: true,
  },
  {
    what: 'a loop within try_table',
    fields: '(tag $e) (func (export "f") (loop $l (block $h (try_table (catch_all $h) (throw $e))) (br $l)))',
    newer: true,
  },
  {
    what: 'recursion by reference',
    fields:
      '(type $t (func)) (elem declare func $f) (func $f (export "f") (call_ref $t (ref.func $f)) (call_ref $t (ref.func $f)))',
    newer: true,
  },
  {
    what: 'a tail call by reference',
    fields: '(type $t (func)) (elem declare func $f) (func $f (export "f") (return_call_ref $t (ref.func $f)))',
    newer: true,
  },
]

/** One bulk operation of a large length, over and over. `least`: units that each takes. */
const BULK: readonly Endless[] = [
  {
    what: 'memory.fill',
    fields:
      '(memory 1) (func (export "f") (loop $l (memory.fill (i32.const 0) (i32.const 1) (i32.const 60000)) (br $l)))',
    least: 60_000,
  },
  {
    what: 'memory.copy',
    fields:
      '(memory 1) (func (export "f") (loop $l (memory.copy (i32.const 0) (i32.const 9) (i32.const 60000)) (br $l)))',
    least: 60_000,
  },
  {
    what: 'memory.init',
    fields:
      '(memory 1) (data $d "12345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890") (func (export "f") (local i32) (local.set 0 (i32.const 140)) (loop $l (memory.init $d (i32.const 0) (i32.const 0) (local.get 0)) (br $l)))',
    least: 140,
  },
  {
    what: 'table.fill',
    fields:
      '(table 60000 funcref) (func (export "f") (loop $l (table.fill 0 (i32.const 0) (ref.null func) (i32.const 60000)) (br $l)))',
    least: 60_000,
  },
  {
    what: 'table.copy',
    fields:
      '(table 60000 funcref) (func (export "f") (loop $l (table.copy (i32.const 0) (i32.const 0) (i32.const 60000)) (br $l)))',
    least: 60_000,
  },
  {
    what: 'table.grow',
    fields:
      '(table 1 funcref) (func (export "f") (loop $l (drop (table.grow 0 (ref.null func) (i32.const 60000))) (br $l)))',
    least: 60_000,
  },
  {
    what: 'memory.grow',
    fields: '(memory 1 400) (func (export "f") (loop $l (drop (memory.grow (i32.const 200))) (br $l)))',
    least: 200,
  },
  {
    what: 'array.fill',
    fields:
      '(type $a (array (mut i32))) (func (export "f") (local (ref $a)) (local.set 0 (array.new_default $a (i32.const 9000))) (loop $l (array.fill $a (local.get 0) (i32.const 0) (i32.const 1) (i32.const 9000)) (br $l)))',
    least: 9_000,
    newer: true,
  },
  {
    what: 'array.new',
    fields:
      '(type $a (array (mut i32))) (func (export "f") (loop $l (drop (array.new $a (i32.const 1) (i32.const 9000))) (br $l)))',
    least: 9_000,
    newer: true,
  },
]

const FOREVER = '(loop $l (br $l))'

describe.each([exactMeter(), binaryenMeter()])('the $kind meter', (meter) => {
  test.each(ENDLESS_CODE.filter(runs))('F1: $what', { timeout: 60_000 }, async ({ fields }) => {
    const code = await assemble(`(module ${fields})`)
    for (const slice of [1_000, BUDGET]) {
      const guest = await budgeted(meter, code, { fuel: BUDGET, slice })
      const ran = guest.run('f')
      expect(ran.trap).toBe(OUT_OF_FUEL)
      expect(ran.used).toBeGreaterThanOrEqual(BUDGET)
      expect(ran.used).toBeLessThan(BUDGET + BLOCK)
    }
  })

  test.each(BULK.filter(runs))(
    'F2: $what is charged by its length, before it runs again',
    { timeout: 60_000 },
    async ({ fields, least = 0 }) => {
      const code = await assemble(`(module ${fields})`)
      const ran = (await budgeted(meter, code, { fuel: BUDGET * 20 })).run('f')
      expect(ran.trap).toBe(OUT_OF_FUEL)
      expect(ran.used).toBeGreaterThanOrEqual(BUDGET * 20)
      expect(ran.used).toBeLessThan(BUDGET * 20 + least + BLOCK)
    },
  )

  test('F1: in the start function, in what it calls, and where code comes from outside', async () => {
    const code = await assemble(`(module (import "h" "f" (func $h)) (func $s ${FOREVER}) (start $s)
      (func (export "f") (loop $l (call $h) (br $l))) (func (export "realloc") (param i32 i32 i32 i32) (result i32) ${FOREVER} i32.const 0))`)
    const imports = { h: { f: () => {} } }
    const guest = await budgeted(meter, code, { fuel: BUDGET, imports })
    expect(guest.run(undefined)).toMatchObject({ trap: OUT_OF_FUEL })
    for (const [name, ...args] of [['f'], ['realloc', 0, 0, 0, 0]] as const) {
      const other = await budgeted(meter, code, { fuel: BUDGET, imports })
      expect(other.run(name, ...args)).toMatchObject({ trap: OUT_OF_FUEL })
    }
  })

  test('exhaustion passes catch_all', async () => {
    const guest = await budgeted(
      meter,
      await assemble(`(module (global $g (export "g") (mut i32) (i32.const 0))
      (func (export "f") (try (do ${FOREVER}) (catch_all (global.set $g (i32.const 1))))))`),
      { fuel: BUDGET },
    )
    expect(guest.run('f').trap).toBe(OUT_OF_FUEL)
    expect((guest.exports['g'] as WebAssembly.Global).value).toBe(0)
  })

  test('F3: 0 units run nothing, 1 hardly, and 2^63 - 1 do not wrap around', async () => {
    const code = await assemble('(module (func (export "f") (result i32) i32.const 42))')
    expect((await budgeted(meter, code, { fuel: 0 })).run('f')).toMatchObject({ used: 1, trap: OUT_OF_FUEL })
    expect((await budgeted(meter, code, { fuel: 1 })).run('f')).toMatchObject({ trap: OUT_OF_FUEL })
    expect((await budgeted(meter, code, { fuel: 2 })).run('f')).toMatchObject({ used: 2, results: [42] })
    // all that the counter can hold
    const prepared = await prepare(meter, code)
    const most = startBudget(prepared, {})
    const counter = most.exports[prepared.metered.counter ?? ''] as WebAssembly.Global
    counter.value = 2n ** 63n - 1n
    expect(most.run('f').results).toEqual([42])
    expect(counter.value).toBe(2n ** 63n - 3n)
  })

  test('F3: lengths of 2^32 - 1 and 2^64 - 1 do not make it plenty', async () => {
    const narrow = '(module (memory 1) (func (export "f") (loop $l (drop (memory.grow (i32.const -1))) (br $l))))'
    expect((await budgeted(meter, await assemble(narrow), { fuel: BUDGET })).run('f').trap).toBe(OUT_OF_FUEL)
    const fill =
      '(module (memory 1) (func (export "f") (memory.fill (i32.const 0) (i32.const 0) (i32.const -1)) (loop $l (br $l))))'
    expect((await budgeted(meter, await assemble(fill), { fuel: BUDGET })).run('f').trap).toBe(OUT_OF_FUEL)
    const wide = await assemble(
      '(module (memory i64 1) (func (export "f") (memory.fill (i64.const 0) (i32.const 0) (i64.const -1)) (loop $l (br $l))))',
    )
    if (WebAssembly.validate(wide)) {
      const ran = (await budgeted(meter, wide, { fuel: BUDGET })).run('f')
      expect(ran.trap).toBe(OUT_OF_FUEL)
      expect(ran.used).toBeGreaterThan(2 ** 61)
    }
  })

  test('F3: a budget that is filled up during a call of the host is spent too', async () => {
    const code = await assemble('(module (import "h" "f" (func $h)) (func (export "f") (loop $l (call $h) (br $l))))')
    let calls = 0
    const guest = await budgeted(meter, code, { fuel: 300, slice: 7, imports: { h: { f: () => calls++ } } })
    expect(guest.run('f').trap).toBe(OUT_OF_FUEL)
    expect(calls).toBeGreaterThan(100)
    expect(calls).toBeLessThan(310)
  })

  test('N1: guest names equal to ours stay the guest’s', async () => {
    const code = await assemble(`(module (func (export "meter:hooks") (result i32) i32.const 1)
      (global (export "meter:counter") (mut i64) (i64.const 5)) (func (export "meter:start")) (func $s) (start $s)
      (global (export "meter:counter'") (mut i64) (i64.const 5)))`)
    const guest = await budgeted(meter, code, { fuel: 100 })
    expect(guest.hidden).toEqual(["meter:counter''", "meter:hooks'", "meter:start'"])
    expect(guest.run('meter:hooks')).toMatchObject({ used: 2, results: [1] })
    expect((guest.exports['meter:counter'] as WebAssembly.Global).value).toBe(5n)
  })

  test('N1: nothing of ours is in reach of the guest’s indices', async () => {
    const code = await assemble(`(module (table (export "t") 4 funcref) (elem (i32.const 0) $a $b) (func $a) (func $b)
      (global (export "g") (mut i64) (i64.const 1)) (func (export "size") (result i32) (table.size 0)))`)
    const prepared = await prepare(meter, code)
    const own = new WebAssembly.Module(code)
    const hidden = new Set(prepared.metered.hidden)
    expect(WebAssembly.Module.exports(prepared.module).filter(({ name }) => !hidden.has(name))).toEqual(
      WebAssembly.Module.exports(own),
    )
    expect(WebAssembly.Module.imports(prepared.module)).toEqual(WebAssembly.Module.imports(own))
    const guest = startBudget(prepared, {})
    expect(guest.run('size').results).toEqual([4])
    const table = guest.exports['t'] as WebAssembly.Table
    expect([2, 3].map((i) => table.get(i))).toEqual([null, null])
  })

  test('N2: a mutable global that two modules share is not the counter of either', async () => {
    const code = await assemble(
      `(module (import "h" "g" (global $g (mut i64))) (func (export "f") (global.set $g (i64.const 1000000)) ${FOREVER}))`,
    )
    const shared = new WebAssembly.Global({ value: 'i64', mutable: true }, 0n)
    for (let i = 0; i < 2; i++) {
      const ran = (await budgeted(meter, code, { fuel: 1_000, imports: { h: { g: shared } } })).run('f')
      expect(ran).toMatchObject({ trap: OUT_OF_FUEL })
      expect(ran.used).toBeLessThan(1_000 + BLOCK)
    }
  })

  test('code that runs before it is wired traps', async () => {
    const { metered } = await prepare(meter, await assemble('(module (func (export "f")) (func $s) (start $s))'))
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(metered.code as BufferSource), {})
    expect(() => (exports['f'] as () => void)()).toThrow(WebAssembly.RuntimeError)
  })

  test('N7: custom sections are dropped, and names kept', async () => {
    const code = await assemble('(module (func $called (export "f") unreachable))')
    const custom = (name: string): number[] => [
      0,
      name.length + 3,
      name.length,
      ...new TextEncoder().encode(name),
      0xff,
      0xff,
    ]
    const more = Uint8Array.of(...code, ...custom('.debug_info'), ...custom('metadata.code.branch_hint'))
    const { module } = await prepare(meter, more)
    expect(WebAssembly.Module.customSections(module, '.debug_info')).toEqual([])
    // the exact meter writes one of its own
    for (const hints of WebAssembly.Module.customSections(module, 'metadata.code.branch_hint')) {
      expect(meter.kind).toBe('exact')
      expect(new Uint8Array(hints)).not.toEqual(Uint8Array.of(0xff, 0xff))
    }
    expect(WebAssembly.Module.customSections(module, 'name')).toHaveLength(1)
    const broken = Uint8Array.of(
      ...(await assemble('(module (func (export "f")))')),
      0,
      7,
      4,
      0x6e,
      0x61,
      0x6d,
      0x65,
      0xff,
      0xff,
    )
    expect((await budgeted(meter, broken)).run('f').trap).toBeUndefined()
  })

  test('growth asks the host, with sizes and the declared maximum, and takes no for an answer', async () => {
    const code =
      await assemble(`(module (memory (export "m") 1 9) (table $t (export "t") 2 funcref) (table $u 3 7 funcref)
      (func (export "m+") (param i32) (result i32) (memory.grow (local.get 0)))
      (func (export "t+") (param i32) (result i32) (table.grow $t (ref.null func) (local.get 0)))
      (func (export "u+1") (result i32) (table.grow $u (ref.null func) (i32.const 1))))`)
    const asked: unknown[] = []
    let answer = true
    const options = { grow: (...args: readonly unknown[]) => asked.push(args) > 0 && answer }
    for (const fuel of [true, false]) {
      const guest = await budgeted(meter, code, { ...options, request: { fuel, growth: true } })
      answer = true
      expect(guest.run('m+', 2)).toMatchObject({ results: [1], used: fuel ? 5 : 0 })
      expect(guest.run('t+', 3)).toMatchObject({ results: [2], used: fuel ? 7 : 0 })
      expect(guest.run('u+1').results).toEqual([3])
      answer = false
      expect(guest.run('m+', 2)).toMatchObject({ results: [-1], used: fuel ? 3 : 0 })
      expect(guest.run('t+', -1).results).toEqual([-1])
      expect(asked.splice(0)).toEqual([
        ['memory', 0, 1, 2, 9],
        ['table', 0, 2, 3, undefined],
        ['table', 1, 3, 1, 7],
        ['memory', 0, 3, 2, 9],
        ['table', 0, 5, 2 ** 32 - 1, undefined],
      ])
    }
  })

  test('nothing is changed where nothing is to ask', async () => {
    const code = await assemble('(module (memory 1) (func $s) (start $s) (func (export "f") (loop $l (br $l))))')
    const { metered } = await prepare(meter, code, { fuel: false, growth: true })
    expect(metered).toMatchObject({ counter: undefined, hooks: undefined, start: undefined, hidden: [] })
    expect(metered.code).toBe(code)
  })
})

/** What Binaryen gets and what it does not, and that its failures stay its own. */
import { describe, expect, test } from 'vitest'
import type { Binaryen } from '../../src/limits/binaryen-ir.ts'
import { BinaryenSource, loadCopy } from '../../src/limits/binaryen-load.ts'
import { binaryenMeter } from '../../src/limits/binaryen-meter.ts'
import { InvalidError, LimitError } from '../../src/model/errors.ts'
import { generate } from './generate.ts'
import { assemble, moduleOf, nested } from './harness.ts'

const FUEL = { fuel: true, growth: false }

/** Counts how often Binaryen is thrown away. */
class Watched extends BinaryenSource {
  failures = 0
  override failed(copy: Binaryen): void {
    this.failures++
    super.failed(copy)
  }
}

const source = new Watched()
const meter = binaryenMeter({ source })
const by = async (fields: string): Promise<string> =>
  (await meter.instrument(await assemble(`(module ${fields})`), FUEL)).by

describe('what Binaryen does not see goes through the exact meter', () => {
  const rows: readonly (readonly [what: string, fields: string, by: string])[] = [
    [
      'an ordinary module',
      '(memory 1) (table 1 funcref) (func (export "f") (drop (memory.grow (i32.const 1))))',
      'binaryen',
    ],
    ['throw', '(tag $e) (func (throw $e))', 'binaryen'],
    ['table.grow', '(table 1 funcref) (func (drop (table.grow 0 (ref.null func) (i32.const 1))))', 'binaryen'],
    ['table.fill', '(table 1 funcref) (func (table.fill 0 (i32.const 0) (ref.null func) (i32.const 1)))', 'exact'],
    ['table.copy', '(table 1 funcref) (func (table.copy (i32.const 0) (i32.const 0) (i32.const 1)))', 'exact'],
    [
      'table.init',
      '(table 1 funcref) (elem func) (func (table.init 0 (i32.const 0) (i32.const 0) (i32.const 0)))',
      'exact',
    ],
    ['legacy exceptions', '(tag $e) (func (try (do (throw $e)) (catch_all)))', 'exact'],
  ]
  test.each(rows)('%s', { timeout: 60_000 }, async (_, fields, expected) => {
    expect(await by(fields)).toBe(expected)
    expect(source.failures).toBe(0)
  })
})

test.each([
  ['blocks, 1,000 deep', moduleOf(nested(1000)), 'binaryen'],
  ['blocks, 4,000 deep', moduleOf(nested(4000)), 'exact'],
  ['a long run of operators', moduleOf([0x41, 0, ...Array.from({ length: 5000 }, () => 0x45)], 0x7f), 'exact'],
  ['a long run of statements', moduleOf(Array.from({ length: 5000 }, () => [0x41, 1, 0x45, 0x1a]).flat()), 'binaryen'],
])('%s', { timeout: 60_000 }, async (_, code, expected) => {
  expect((await meter.instrument(code, FUEL)).by).toBe(expected)
  expect(source.failures).toBe(0)
})

test('made-up modules do not make it fail', { timeout: 60_000 }, async () => {
  const done: string[] = []
  for (let seed = 0; seed < 20; seed++)
    done.push((await meter.instrument(generate(seed, { plainTables: true }).code, FUEL)).by)
  expect(done).toEqual(done.map(() => 'binaryen'))
  expect(source.failures).toBe(0)
})

test('20,000 modules that fail, and then a good one works', { timeout: 60_000 }, async () => {
  const { code } = generate(1, { plainTables: true })
  const broken = code.slice()
  broken[broken.length - 30] = 0xff
  let refused = 0
  for (let i = 0; i < 20_000; i++) {
    await meter.instrument(broken, FUEL).catch((error) => {
      if (error instanceof InvalidError) refused++
    })
  }
  expect(refused).toBe(20_000)
  expect(await by('(func)')).toBe('binaryen')
})

test('depth bombs are refused by the limit', async () => {
  const code = moduleOf(nested(6000))
  await expect(meter.instrument(code, FUEL)).rejects.toThrow(LimitError)
  await expect(meter.instrument(code, FUEL)).rejects.toMatchObject({ limit: 'coreNesting', used: 5001, cap: 5000 })
})

/** As if it were Binaryen after it has failed. */
async function broken(): Promise<Binaryen> {
  const real = await new BinaryenSource().get()
  const readBinary = (): never => {
    throw new WebAssembly.RuntimeError('Aborted()')
  }
  return { ...real, readBinary } as Binaryen
}

test('a failure throws that copy away; a fresh one works, for others too', { timeout: 60_000 }, async () => {
  const copies = [await broken(), await new BinaryenSource().get()]
  const load = async (copy: number): Promise<Binaryen | undefined> => copies[copy]
  const code = await assemble('(module (func))')
  const seen: string[] = []
  const first = binaryenMeter({ source: new BinaryenSource(load) })
  for (let i = 0; i < 3; i++) seen.push((await first.instrument(code, FUEL)).by)
  const second = binaryenMeter({ source: new BinaryenSource(load) })
  seen.push((await second.instrument(code, FUEL)).by)
  expect(seen).toEqual(['exact', 'binaryen', 'binaryen', 'binaryen'])
})

test('without a good copy the exact meter does it all', { timeout: 60_000 }, async () => {
  const loaded: number[] = []
  const load = async (copy: number): Promise<Binaryen | undefined> => {
    loaded.push(copy)
    return await broken()
  }
  const meter = binaryenMeter({ source: new BinaryenSource(load) })
  const code = await assemble('(module (func))')
  for (let i = 0; i < 20; i++) expect((await meter.instrument(code, FUEL)).by).toBe('exact')
  expect(loaded).toEqual([0, 1, 2, 3, 4])
})

test('a copy of its own can be made here', { timeout: 60_000 }, async () => {
  const source = new BinaryenSource()
  const first = await source.get()
  if (first === undefined) throw new TypeError('there is a first copy')
  // none that a source would take: others in this process may have thrown away some of those
  const second = await loadCopy(100)
  expect(second).toBeDefined()
  expect(second).not.toBe(first)
})

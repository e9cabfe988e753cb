import { describe, expect, test } from 'vitest'
import { type Caps, clampMaxima } from '../../src/limits/clamp.ts'
import type { CoreModuleType } from '../../src/model/core-types.ts'
import { COMPILE_LIMITS } from '../../src/model/limits.ts'
import { decodeCoreModule } from '../../src/parser/core-module.ts'
import { assemble } from './harness.ts'

const KIB64 = 65_536
const NONE: Caps = { memoryBytes: Number.POSITIVE_INFINITY, tableElements: Number.POSITIVE_INFINITY }

const defined = (code: Uint8Array): CoreModuleType['defined'] => decodeCoreModule(code, 0, COMPILE_LIMITS).defined

/** Memories and tables as `kind min..max`. */
function limitsOf(code: Uint8Array): string[] {
  const { memories = [], tables = [] } = defined(code) ?? {}
  return [...memories, ...tables].map(({ kind, limits: { min, max } }) => `${kind} ${min}..${max ?? ''}`)
}

describe('declared maxima', () => {
  test.each<[string, string, Partial<Caps>, string[]]>([
    ['a memory without one gets one', '(memory 1)', { memoryBytes: 4 * KIB64 }, ['memory 1..4']],
    ['parts of a page do not count', '(memory 1)', { memoryBytes: 4 * KIB64 - 1 }, ['memory 1..3']],
    ['a larger one is lowered', '(memory 1 9)', { memoryBytes: 4 * KIB64 }, ['memory 1..4']],
    ['a smaller one stays', '(memory 1 3)', { memoryBytes: 4 * KIB64 }, ['memory 1..3']],
    ['never below the minimum', '(memory 8)', { memoryBytes: 4 * KIB64 }, ['memory 8..8']],
    ['nor at nothing', '(memory 0)', { memoryBytes: 0 }, ['memory 0..0']],
    ['of wide memories', '(memory i64 1)', { memoryBytes: 4 * KIB64 }, ['memory 1..4']],
    ['with a page size of its own', '(memory 1 (pagesize 1))', { memoryBytes: 1000 }, ['memory 1..1000']],
    ['a cap that cannot be reached is none', '(memory 1)', { memoryBytes: 2 ** 32 }, ['memory 1..']],
    ['shared memory', '(memory 1 9 shared)', { memoryBytes: 4 * KIB64 }, ['memory 1..4']],
    [
      'several memories',
      '(memory 1) (memory 2 3) (memory 5)',
      { memoryBytes: 4 * KIB64 },
      ['memory 1..4', 'memory 2..3', 'memory 5..5'],
    ],
    ['a table without one', '(table 1 funcref)', { tableElements: 10 }, ['table 1..10']],
    ['a larger one', '(table 1 300 externref)', { tableElements: 200 }, ['table 1..200']],
    [
      'a table with an initial value',
      '(func $f) (elem declare func $f) (table 1 (ref func) (ref.func $f))',
      { tableElements: 200 },
      ['table 1..200'],
    ],
    ['both', '(table 3 funcref) (memory 1)', { memoryBytes: KIB64, tableElements: 3 }, ['memory 1..1', 'table 3..3']],
  ])('%s', async (_, text, caps, expected) => {
    const code = await assemble(`(module ${text} (func (export "f") (result i32) (i32.const 7)))`)
    const clamped = clampMaxima(code, { ...NONE, ...caps })
    expect(limitsOf(clamped)).toEqual(expected)
  })

  test('what is imported is not touched, and what need not change is not copied', async () => {
    const code = await assemble(
      '(module (import "a" "m" (memory 1)) (import "a" "t" (table 1 funcref)) (table 1 1 funcref))',
    )
    expect(clampMaxima(code, { memoryBytes: KIB64, tableElements: 1 })).toBe(code)
    expect(clampMaxima(code, NONE)).toBe(code)
  })

  test('the engine keeps them', async () => {
    const code = await assemble(
      '(module (memory (export "m") 1) (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))',
    )
    const clamped = clampMaxima(code, { ...NONE, memoryBytes: 3 * KIB64 })
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(clamped as BufferSource))
    const grow = exports['grow'] as (pages: number) => number
    expect([grow(2), grow(1)]).toEqual([1, -1])
  })
})

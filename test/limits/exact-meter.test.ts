/** What the exact meter counts, where it stops, and what it adds to a module and what it leaves alone. */
import { describe, expect, test } from 'vitest'
import { exactMeter } from '../../src/limits/exact-meter.ts'
import { InvalidError, LimitError } from '../../src/model/errors.ts'
import { assemble, budgeted, OUT_OF_FUEL } from './harness.ts'

const meter = exactMeter()
const LOOP = `(local i32) i32.const 1000 local.set 0
  block loop local.get 0 i32.const 1 i32.sub local.set 0 local.get 0 i32.eqz br_if 1 br 0 end end i32.const 7`

describe('units are those of wasmtime', () => {
  const rows: readonly (readonly [what: string, body: string, used: number, least: number])[] = [
    ['a constant', '(func (export "f") (result i32) i32.const 42)', 2, 2],
    ['nothing', '(func (export "f"))', 1, 2],
    ['a countdown from 1,000', `(func (export "f") (result i32) ${LOOP})`, 8003, 7996],
    ['a block of free operators', '(func (export "f") nop block nop loop nop end end i32.const 1 drop return)', 2, 2],
    ['a call that is not the last', '(func $g i32.const 1 drop) (func (export "f") i32.const 1 drop call $g)', 5, 5],
  ]
  test.each(rows)('%s', async (_, body, used) => {
    const guest = await budgeted(meter, await assemble(`(module ${body})`))
    expect(guest.run('f')).toMatchObject({ used, trap: undefined })
  })

  test.each(rows)('%s: runs with just enough, and not with one unit less', async (_, body, used, least) => {
    const code = await assemble(`(module ${body})`)
    for (const slice of [1, 2, 3, 100, 10_000]) {
      const enough = await budgeted(meter, code, { fuel: least, slice })
      expect(enough.run('f')).toMatchObject({ used, trap: undefined })
      const less = await budgeted(meter, code, { fuel: least - 1, slice })
      expect(less.run('f')).toMatchObject({ trap: OUT_OF_FUEL })
    }
  })

  test('a start function with a nop', async () => {
    const guest = await budgeted(meter, await assemble('(module (func $s nop) (start $s))'))
    expect(guest.run(undefined).used).toBe(3)
  })
})

describe('refusals', () => {
  test('an invalid module, also one that would be valid with what is appended', async () => {
    // global.set of the index that the counter gets
    const body = [0, 0x42, 0, 0x24, 0, 0x0b]
    const code = Uint8Array.of(
      0,
      97,
      115,
      109,
      1,
      0,
      0,
      0,
      1,
      4,
      1,
      0x60,
      0,
      0,
      3,
      2,
      1,
      0,
      10,
      2 + body.length,
      1,
      body.length,
      ...body,
    )
    await expect(meter.instrument(code, { fuel: true, growth: true })).rejects.toThrow(
      new InvalidError('core module refused by this JavaScript engine', 0),
    )
  })

  test('blocks nested deeper than the limit', async () => {
    const nested = (depth: number) => `(module (func ${'block '.repeat(depth)}${'end '.repeat(depth)}))`
    const small = exactMeter({ coreNesting: 10 })
    await small.instrument(await assemble(nested(10)), { fuel: true, growth: false })
    const over = small.instrument(await assemble(nested(11)), { fuel: true, growth: false })
    await expect(over).rejects.toThrow(LimitError)
    await expect(over).rejects.toMatchObject({ limit: 'coreNesting', used: 11, cap: 10 })
  })
})

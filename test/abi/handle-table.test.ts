/** The table of handles: indices guests can rely on, and what a wrong one does. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { HandleTable, type TableEntry } from '../../src/abi/handle-table.ts'
import { Ledger, RUN_LIMITS } from '../../src/model/limits.ts'
import { expectTrap } from './harness.ts'

const entry = (): TableEntry => ({ kind: 'waitable-set' })

test('indices start at 1, and come back last in, first out', () => {
  const table = new HandleTable(new Ledger())
  expect([table.add(entry()), table.add(entry()), table.add(entry())]).toEqual([1, 2, 3])
  table.remove(1)
  table.remove(3)
  table.remove(2)
  expect([1, 2, 3, 4].map(() => table.add(entry()))).toEqual([2, 3, 1, 4])
})

test.each([0, 2, 5, 2 ** 28, 2 ** 31, 4_294_967_295])('index %i is unknown', (i) => {
  const table = new HandleTable(new Ledger())
  table.add(entry())
  for (const use of [() => table.get(i), () => table.remove(i)]) {
    expectTrap(use, 'unknown-handle', `unknown handle index ${i}`)
  }
  expect(table.size).toBe(1)
})

test('a freed index is unknown until it is used again', () => {
  const table = new HandleTable(new Ledger())
  const i = table.add(entry())
  table.remove(i)
  expectTrap(() => table.remove(i), 'unknown-handle', 'unknown handle index 1')
  const again = entry()
  expect(table.add(again)).toBe(i)
  expect(table.get(i)).toBe(again)
})

test('handles are charged', () => {
  const ledger = new Ledger({ ...RUN_LIMITS, handles: 2 })
  const table = new HandleTable(ledger)
  table.add(entry())
  table.add(entry())
  expect(() => table.add(entry())).toThrow('limit `handles` reached: 3 of 2; raise it with `limits.handles`')
  expect([table.size, ledger.used.handles]).toEqual([2, 2])
  table.remove(1)
  expect(table.add(entry())).toBe(1)
})

/** The specification's table, in as few words as possible. */
class Model {
  readonly array: (TableEntry | undefined)[] = [undefined]
  readonly free: number[] = []

  add(e: TableEntry): number {
    const i = this.free.pop() ?? this.array.length
    this.array[i] = e
    return i
  }

  remove(i: number): TableEntry | undefined {
    const e = this.array[i]
    if (e === undefined) return undefined
    this.array[i] = undefined
    this.free.push(i)
    return e
  }
}

test('any sequence of operations is what the specification’s table does', () => {
  const operation = fc.oneof(
    fc.constant({ kind: 'add' } as const),
    fc.record({ kind: fc.constantFrom('get', 'remove'), i: fc.oneof(fc.nat(12), fc.constant(0xffff_ffff)) }),
  )
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
      const ledger = new Ledger()
      const table = new HandleTable(ledger)
      const model = new Model()
      for (const op of operations) {
        if (op.kind === 'add') {
          const e = entry()
          expect(table.add(e)).toBe(model.add(e))
          continue
        }
        const expected = op.kind === 'get' ? model.array[op.i] : model.remove(op.i)
        const act = (): TableEntry => (op.kind === 'get' ? table.get(op.i) : table.remove(op.i))
        if (expected === undefined) expectTrap(act, 'unknown-handle', `unknown handle index ${op.i}`)
        else expect(act()).toBe(expected)
      }
      const live = model.array.filter((e) => e !== undefined)
      expect([...table]).toEqual(live)
      expect([table.size, ledger.used.handles]).toEqual([live.length, live.length])
    }),
  )
})

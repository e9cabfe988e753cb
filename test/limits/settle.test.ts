/** How few charges it takes: where segments meet, part and call, and that what is charged is what they cost on every way. */
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { rewrite } from '../../src/limits/exact-meter.ts'
import { readerOf, readShape, SECTION } from '../../src/limits/module-shape.ts'
import { CELLS, endOf, enteredAt, entryOf, LAST_SEGMENT, Notes, Points, SETTLED } from '../../src/limits/notes.ts'
import { BodyScanner } from '../../src/limits/scan-body.ts'
import { settle } from '../../src/limits/settle.ts'
import { assemble } from './harness.ts'

interface Segment {
  readonly kind: number
  readonly cost: number
  readonly from: number
  readonly to: number
  readonly charge: number
}

/** The segments of each function. `open`: those that may be called from elsewhere. */
async function segmentsOf(fields: string, open: readonly number[]): Promise<Segment[][]> {
  const shape = readShape(await assemble(`(module ${fields})`))
  const notes = new Notes()
  const points = new Points(shape.definedFuncs)
  const { importedFuncs } = shape
  const none = { wideMemories: [], wideTables: [] }
  const scanner = new BodyScanner(
    shape.code,
    { fuel: true, growth: false, nesting: 100, importedFuncs, ...none },
    notes,
    points,
  )
  const section = shape.sections.find(({ id }) => id === SECTION.code)
  const r = readerOf(shape.code)
  r.pos = section?.start ?? 0
  const firsts = new Int32Array(r.u32() + 1)
  for (const func of firsts.keys()) {
    firsts[func] = notes.size
    if (func === firsts.length - 1) break
    const size = r.u32()
    scanner.scan(func, r.pos, r.pos + size)
    r.skip(size)
  }
  for (const func of open) {
    points.settle(entryOf(func))
    points.settle(endOf(func))
  }
  const before = notes.cells.slice()
  // a branch by a table just leads to what is settled
  const inner = 2 * shape.definedFuncs
  const settled = points.ahead.map((ahead, point) => (point > inner && ahead === 0 ? SETTLED : point))
  const pointOf = (point: number): number => settled[point] ?? point
  settle(notes, firsts, points)
  return Array.from({ length: firsts.length - 1 }, (_, func) => {
    const segments: Segment[] = []
    for (let i = firsts[func] ?? 0; i < (firsts[func + 1] ?? 0); i += CELLS) {
      const [kind = 0, cost = 0, to = 0, from = 0] = before.subarray(i + 1, i + CELLS)
      if (kind <= LAST_SEGMENT)
        segments.push({ kind, cost, to: pointOf(to), from: pointOf(from), charge: notes.cells[i + 2] ?? 0 })
    }
    return segments
  })
}

const charges = (segments: readonly Segment[]): number[] => segments.map(({ charge }) => charge)

describe('charges of one function', () => {
  const rows: readonly (readonly [what: string, body: string, charges: readonly number[]])[] = [
    ['a straight line is one', 'i32.const 1 drop i32.const 2 drop', [3]],
    ['a block that nobody leaves changes nothing', 'block i32.const 1 drop end i32.const 2 drop', [3, 0]],
    [
      'what follows a block is paid by those who get there',
      'block i32.const 1 br_if 0 i32.const 1 drop end i32.const 2 drop',
      [4, 1, 0],
    ],
    [
      'who leaves for further out does not pay for it, or has it back',
      'block block i32.const 1 br_if 0 br 1 end i32.const 2 drop i32.const 2 drop end',
      [5, -1, 0, 0],
    ],
    [
      'arms of the same cost are one charge',
      'i32.const 1 if i32.const 1 drop else i32.const 2 drop end i32.const 2 drop',
      [5, 0, 0, 0],
    ],
    [
      'one arm pays the difference',
      'i32.const 1 if i32.const 1 i32.eqz drop else i32.const 2 drop end i32.const 2 drop',
      [5, 1, 0, 0],
    ],
    ['an arm without another pays for itself', 'i32.const 1 if i32.const 1 drop end i32.const 2 drop', [4, 1, 0]],
    ['a loop is left as it is entered', 'loop i32.const 1 br_if 0 end i32.const 1 drop', [1, 2, 1]],
    [
      'who gets to a loop pays for its beginning',
      'block loop i32.const 1 br_if 1 i32.const 1 drop br 0 end end i32.const 2 drop',
      [4, 0, 4, 0],
    ],
    ['a trap gets nothing back', 'block i32.const 1 br_if 0 unreachable end i32.const 2 drop', [4, 0, 0]],
    ['targets of a table are settled', 'block block i32.const 0 br_table 0 1 end i32.const 1 drop end', [3, 1, 0]],
  ]
  test.each(rows)('%s', async (_, body, expected) => {
    const [segments = []] = await segmentsOf(`(func ${body})`, [0])
    expect(charges(segments)).toEqual(expected)
  })
})

describe('charges across calls', () => {
  const leaf = '(func $leaf i32.const 1 drop)'
  const around = '(func $around i32.const 1 drop call $leaf i32.const 2 drop)'

  test('callers pay for what a function begins with', async () => {
    const [first, second] = await segmentsOf(`${leaf} (func call $leaf)`, [1])
    expect(charges(first ?? [])).toEqual([0])
    expect(charges(second ?? [])).toEqual([1 + 1 + 2, 0])
  })

  test('and for what it ends with, afterwards', async () => {
    const [, second, third] = await segmentsOf(`${leaf} ${around} (func call $around i32.const 3 drop)`, [2])
    expect(charges(second ?? [])).toEqual([0, 0])
    expect(charges(third ?? [])).toEqual([1 + 1 + 3 + 2, 1 + 1])
  })

  test('a function that may be called from elsewhere pays for itself', async () => {
    const [first, second] = await segmentsOf(`${leaf} (func call $leaf)`, [0, 1])
    expect(charges(first ?? [])).toEqual([2])
    expect(charges(second ?? [])).toEqual([2, 0])
  })

  test('so does one whose end a tail call stands in for', async () => {
    const [, second] = await segmentsOf(`${leaf} (func call $leaf i32.const 1 drop return_call $leaf)`, [])
    expect(charges(second ?? [])).toEqual([0, 2 + 2])
  })

  test('functions that call each other in a ring have numbers all the same', async () => {
    const ring = [0, 1, 2].map((n) => `(func $r${n} i32.const 1 if call $r${(n + 1) % 3} end i32.const ${n} drop)`)
    for (const segments of await segmentsOf(ring.join(' '), [0])) expect(segments).toHaveLength(4)
  })
})

describe('every way through a program costs what its operators cost', () => {
  const body = (call: string): string => `loop block block i32.const 1 br_if 0 i32.const 1 br_if 1
    i32.const 1 if ${call} else i32.const 1 br_if 3 block i32.const 1 br_if 0 br 2 end end br 1 end
    i32.const 1 if i32.const 2 br_if 2 return end i32.const 1 i32.const 0 br_table 0 1 2 end ${call} loop ${call} i32.const 1 br_if 1
    i32.const 1 br_if 0 i32.const 3 drop end end i32.const 4 drop`
  const program = `(func $f ${body('call $g')}) (func $g call $h i32.const 1 if ${body('call $h')} end)
    (func $h i32.const 1 drop) (func ${body('call $f')})`
  let funcs: Segment[][]
  beforeAll(async () => {
    funcs = await segmentsOf(program, [3])
  })

  test('whichever it is', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 1, maxLength: 200 }), (choices) => {
        let sum = 0
        let step = 0
        const stack = [{ func: 3, point: entryOf(3) }]
        for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
          const { func, point } = frame
          const ways = (funcs[func] ?? []).filter(({ from }) => from === point)
          // when the choices have run out, the way on is the last one
          const way = ways.at(step < choices.length ? (choices[step] ?? 0) % ways.length : -1)
          if (step++ > 10_000) throw new RangeError('this way has no end')
          if (way === undefined) {
            expect(point).toBe(SETTLED)
            stack.pop()
            continue
          }
          const { cost, charge, to } = way
          sum += charge - cost
          const callee = enteredAt(to, funcs.length)
          if (to === endOf(func)) stack.pop()
          else if (callee === undefined) frame.point = to
          else {
            frame.point = endOf(callee)
            stack.push({ func: callee, point: to })
          }
        }
        expect(sum).toBe(0)
      }),
    )
  })

  test('with fewer charges than there are segments', () => {
    const all = funcs.flat()
    expect(all.filter(({ charge }) => charge !== 0).length).toBeLessThan(all.length * 0.75)
  })
})

test('only the exact meter writes hints, one for each function with a check', async () => {
  const shape = readShape(await assemble('(module (func $a) (func (export "f") loop end))'))
  const { code } = rewrite(shape, { fuel: true, growth: false }, 100)
  const [hints] = WebAssembly.Module.customSections(
    new WebAssembly.Module(code as BufferSource),
    'metadata.code.branch_hint',
  )
  const [count, first, branches] = new Uint8Array(hints ?? new ArrayBuffer(0))
  expect([count, first, branches]).toEqual([2, 0, 1])
})

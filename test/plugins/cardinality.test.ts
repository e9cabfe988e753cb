/** The four containers: ids, order, counts. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Any, AtLeastOne, AtMostOne, ExactlyOne, mapValues, mapValuesAsync, type PluginId } from '../../src/index.ts'

test('conversion of each kind shows its entries', () => {
  const one = ExactlyOne('a', 1)
  expect([one.kind, one.size, one.id, one.value, one.get('a'), [...one]]).toEqual([
    'exactly-one',
    1,
    'a',
    1,
    1,
    [['a', 1]],
  ])
  const none = AtMostOne()
  expect([none.kind, none.size, none.id, none.value, [...none]]).toEqual(['at-most-one', 0, undefined, undefined, []])
  expect(AtMostOne(1n, 'x').value).toBe('x')
  // AtMostOne of nothing is still one
  expect(AtMostOne('a', undefined).size).toBe(1)
  const many = AtLeastOne(new Map([['b', 2]]))
  expect([many.kind, many.get('b'), [...many]]).toEqual(['at-least-one', 2, [['b', 2]]])
  expect([Any([]).kind, Any([]).size]).toEqual(['any', 0])
})

test('frozen, and not to be reached through prototypes', () => {
  const any = Any([
    ['__proto__', 1],
    ['constructor', 2],
    ['', 3],
  ])
  expect(Object.isFrozen(any)).toBe(true)
  expect([...any].map(([id]) => id)).toEqual(['__proto__', 'constructor', ''])
  expect([any.get('__proto__'), any.get('toString' as '')]).toEqual([1, undefined])
})

test('C3 C4 C5 10.3.9 get: an id that is not there gives nothing, also of a single plugin', () => {
  expect(ExactlyOne('a', 1).get('b' as 'a')).toBe(undefined)
  expect(AtMostOne('a', 1).get('b' as 'a')).toBe(undefined)
})

test('what is refused', () => {
  const twice: [string, number][] = [
    ['a', 1],
    ['a', 2],
  ]
  expect(() => Any(twice)).toThrow('a: two plugins with one id')
  expect(() => AtLeastOne([])).toThrow('expected at least one, found 0')
  expect(() => AtLeastOne([])).toThrow(expect.objectContaining({ kind: 'link' }))
  for (const id of [undefined, null, {}, Number.NaN, Symbol('x')])
    expect(() => ExactlyOne(id as PluginId, 1)).toThrow(/^a plugin id is a string, number, bigint or boolean/)
})

const ids = fc.oneof(fc.string(), fc.integer(), fc.bigInt(), fc.boolean())
const entries = fc.uniqueArray(fc.tuple(ids, fc.integer()), { selector: ([id]) => id, minLength: 1 })

test('C1 map map_async: mapping keeps kind, ids and order', async () => {
  await fc.assert(
    fc.asyncProperty(entries, async (list) => {
      for (const box of [Any(list), AtLeastOne(list)]) {
        const expected = list.map(([id, value]) => [id, `${typeof id}${value}`])
        const map = (value: number, id: PluginId): string => `${typeof id}${value}`
        expect([...mapValues(box, map)]).toEqual(expected)
        const later = await mapValuesAsync(box, async (value, id) => map(value, id))
        expect([later.kind, ...later]).toEqual([box.kind, ...expected])
      }
    }),
  )
})

test('C2 map_async: mapping asynchronously begins everything at once', async () => {
  let running = 0
  let most = 0
  await mapValuesAsync(Any(new Map([1, 2, 3].map((i) => [i, i]))), async () => {
    most = Math.max(most, ++running)
    await Promise.resolve()
    running--
  })
  expect(most).toBe(3)
})

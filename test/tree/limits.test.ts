/** Limits of a tree are those of plugins, by the same names: kept when it runs, looked at when it is checked. */
import { expect, test } from 'vitest'
import { Engine } from '../../src/index.ts'
import { PluginTree } from '../../src/tree/index.ts'
import { constant, leaf } from '../plugins/fixtures.ts'
import { type Entry, errorOf, headOf, load, told, treeData, valuesOf } from './help.ts'

const looping = leaf('test:root/root', '(func (export "get-value") (result i32) (loop (br 0)) unreachable)', {
  'get-value': '(result u32)',
})
const large = leaf('test:root/root', '(memory 3) (func (export "get-value") (result i32) i32.const 1)', {
  'get-value': '(result u32)',
})
const tree = (component: string, entry: Partial<Entry>) =>
  treeData(
    'root',
    { root: 'test:root any' },
    {
      p: { component, plug: 'root', ...entry },
      other: { component: constant('test:root', 2), plug: 'root' },
    },
  )

test('fuel: the plugin is stopped, the others are not', async () => {
  const data = tree(looping, { limits: { fuel: { perCall: 10_000 } } })
  expect(await PluginTree.from(data).tree.check(new Engine())).toEqual([])
  const { loaded } = await load(data)
  const [first, second] = [...headOf(loaded).root.dispatch('root', 'get-value')].map(([, result]) => result)
  expect(first).toMatchObject({ ok: false, error: { cause: { kind: 'limit', limit: 'fuel' } } })
  expect(second).toEqual({ ok: true, value: 2 })
})

test('memory: what asks for too much at its start is left out', async () => {
  const data = tree(large, { limits: { memoryBytes: 2 * 65_536 } })
  const { loaded } = await load(data)
  expect(loaded.problems.map(told)).toEqual([['failed-to-load-component', 'p']])
  expect((await PluginTree.from(data).tree.check(new Engine())).map(told)).toEqual(loaded.problems.map(told))
  expect(loaded.problems[0]?.cause).toMatchObject({ kind: 'limit', limit: 'memoryBytes' })
  expect(valuesOf(headOf(loaded).root.dispatch('root', 'get-value'))).toEqual([['other', 2]])
  expect(errorOf((await load(tree(large, { limits: { memoryBytes: 3 * 65_536 } }))).loaded)).toBe(undefined)
})

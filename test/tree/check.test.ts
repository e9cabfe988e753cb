/** What is told before anything runs: as loading would tell it, without a trace. */
import { describe, expect, test } from 'vitest'
import { Engine, Linker } from '../../src/index.ts'
import { PluginTree, type TreeData } from '../../src/tree/index.ts'
import { adding, constant, DISPATCH_ERROR, forwarding, leaf, relay, summing } from '../plugins/fixtures.ts'
import { counterUser, OWNER, PLAIN_USER } from '../plugins/resource-fixtures.ts'
import { load, told, treeData } from './help.ts'

/** Its start function would never end. */
const endless = (pkg: string): string =>
  leaf(`${pkg}/root`, '(func $s (loop (br 0))) (start $s) (func (export "get-value") (result i32) i32.const 0)', {
    'get-value': '(result u32)',
  })

test('nothing runs, nothing is seen, nothing is left', async () => {
  const seen: string[] = []
  const engine = new Engine({
    trace: { event: ({ kind }) => void seen.push(kind), call: ({ path }) => void seen.push(path) },
  })
  const { tree } = PluginTree.from(
    treeData(
      'root',
      { root: 'test:root', c: 'test:c' },
      {
        p: { component: forwarding('test:root', 'test:c'), plug: 'root' },
        c: { component: endless('test:c'), plug: 'c' },
      },
    ),
  )
  expect(await tree.check(engine)).toEqual([])
  expect(seen).toEqual([])
  expect(engine.graph()).toEqual({ plugins: [], bindings: [], plugs: [], sockets: [] })
  expect(engine.usage().instances.used).toBe(0)
})

test('memories, tables, globals, async functions and resources have their stand-ins', async () => {
  const component = `(component
    (core module $a (memory (export "m") 1 2) (table (export "t") 3 funcref) (global (export "g") i32 (i32.const 1))
      (func (export "r") (param i32 i32 i32 i32) (result i32) unreachable) (func (export "f") (param i32 i32) unreachable))
    (core instance $a (instantiate $a))
    (core module $b (import "a" "m" (memory 1)) (import "a" "t" (table 3 funcref)) (import "a" "g" (global i32))
      (import "a" "f" (func (param i32 i32))) (func $s unreachable) (start $s))
    (core instance (instantiate $b (with "a" (instance $a))))
    (core module $c (func (export "f") (result i32) unreachable) (func (export "cb") (param i32 i32 i32) (result i32) unreachable))
    (core instance $c (instantiate $c))
    (func $f (param "s" string) (canon lift (core func $a "f") (memory (core memory $a "m")) (realloc (core func $a "r"))))
    (func $g async (canon lift (core func $c "f") async (callback (core func $c "cb"))))
    (instance $e (export "f" (func $f)) (export "g" (func $g)))
    (export "test:root/root" (instance $e)))`
  const { tree } = PluginTree.from(treeData('root', { root: 'test:root' }, { p: { component, plug: 'root' } }))
  expect(await tree.check(new Engine())).toEqual([])
})

test('resources cross in rehearsal as they do later', async () => {
  const { tree } = PluginTree.from(
    treeData(
      'root',
      { root: 'test:user', counters: 'test:counters' },
      {
        user: {
          component: PLAIN_USER.replace(
            /\)$/,
            '(instance $e (export "get" (func $x1))) (export "test:user/root" (instance $e)))',
          ),
          plug: 'root',
        },
        owner: { component: OWNER, plug: 'counters' },
      },
    ),
  )
  expect(await tree.check(new Engine())).toEqual([])
})

const R = '(result u32 (error $e))'
const wants = (result: string, func = 'get-value'): string =>
  relay({ from: 'test:c/root', func, result, error: DISPATCH_ERROR }).replace(
    '(export "relay" (func $relay))',
    '(instance $out (export "relay" (func $relay))) (export "test:root/root" (instance $out))',
  )
const two = (kind: string, consumer: string, plugin: string): TreeData =>
  treeData(
    'root',
    { root: 'test:root', c: `test:c ${kind}` },
    { p: { component: consumer, plug: 'root' }, c: { component: plugin, plug: 'c' } },
  )

describe('what does not fit is told as loading tells it', () => {
  const rows: readonly (readonly [what: string, data: TreeData, problem: readonly unknown[], message: string])[] = [
    [
      'another type',
      two(
        'exactly-one',
        forwarding('test:root', 'test:c'),
        leaf('test:c/root', '(func (export "get-value") (result i64) i64.const 0)', { 'get-value': '(result u64)' }),
      ),
      ['failed-to-link', 'p'],
      'test:c/root#get-value: type mismatch at result: expected func() -> u32, found func() -> u64, alone or in the shape tuple<id, R> with R = result<T, dispatch-error>',
    ],
    [
      'a function that is not there',
      two('exactly-one', forwarding('test:root', 'test:c'), adding('test:c')),
      ['failed-to-link', 'p'],
      'test:c/root#get-value: the binding `test:c` has no such function',
    ],
    [
      'a plain call where there may be many',
      two('any', forwarding('test:root', 'test:c'), constant('test:c', 1)),
      ['failed-to-link', 'p'],
      'a plain signature asks for exactly one plugin, and this binding holds any',
    ],
    [
      'the shape of another cardinality',
      two('at-most-one', wants(`(list (tuple string ${R}))`), constant('test:c', 1)),
      ['failed-to-link', 'p'],
      'in the shape option<tuple<id, R>>',
    ],
    [
      'ids that are no numbers',
      two('exactly-one', wants(`(tuple u32 ${R})`), constant('test:c', 1)),
      ['failed-to-link', 'p'],
      'plugin id `c` (string) does not fit id type `u32`',
    ],
    [
      'an import that nobody gives',
      treeData('root', { root: 'test:root' }, { p: { component: forwarding('test:root', 'test:c'), plug: 'root' } }),
      ['failed-to-link', 'p'],
      'import `test:c/root` was not found',
    ],
    [
      'a gate that is closed',
      two(
        'exactly-one',
        forwarding('test:root', 'test:c'),
        `(component (import "f" (func (param "e" error-context))) ${constant('test:c', 1).slice('(component'.length)}`,
      ),
      ['failed-to-load-component', 'c'],
      'error-context',
    ],
    [
      'a package that is not exported',
      two('exactly-one', forwarding('test:root', 'test:c'), constant('test:d', 1)),
      ['failed-to-link', 'c'],
      'exports nothing of `test:c`, the package of binding `c`',
    ],
    [
      'a resource of somebody else',
      treeData(
        'root',
        { root: 'test:root', counters: 'test:counters' },
        {
          p: {
            component: counterUser({
              items: { take: '(param "c" (own $c)) (result u32)', make: '(param "v" u64) (result (own $c))' },
              core: { take: '(param i32) (result i32)', make: '(param i64) (result i32)' },
              body: '(func (export "run"))',
              exports: { run: '' },
            }).replace(
              '(export "run" (func $x0))',
              '(instance $e (export "run" (func $x0))) (export "test:root/root" (instance $e))',
            ),
            plug: 'root',
          },
          owner: { component: OWNER, plug: 'counters' },
        },
      ),
      ['failed-to-link', 'p'],
      'test:counters/root#make: type mismatch at param `v`: expected u64, found u32',
    ],
  ]
  test.each(rows)('%s', async (_what, data, problem, message) => {
    const { tree } = PluginTree.from(data)
    const problems = await tree.check(new Engine())
    expect(problems.map(told)).toEqual([problem])
    expect(problems[0]?.message).toContain(message)
    const { loaded } = await load(data)
    const { kind, subject, message: full } = problems[0] ?? expect.fail()
    expect(loaded).toMatchObject({ ok: false, error: { kind, subject, message: full } })
  })
})

test('what a linker offers is looked at', async () => {
  const { tree } = PluginTree.from(
    treeData(
      'root',
      { root: 'test:root' },
      { p: { component: forwarding('test:root', 'test:host'), plug: 'root', grants: { host: ['test:host/root'] } } },
    ),
  )
  const engine = new Engine()
  const problems = async (members: object | (() => object)) =>
    await tree.check(engine, new Linker<undefined>(engine).define('test:host/root', members))
  expect(await problems({ getValue: () => 1 })).toEqual([])
  expect(await problems(() => ({ getValue: () => 1 }))).toEqual([])
  expect((await problems({ getValue: 7 })).map(({ message }) => message)).toEqual([
    expect.stringContaining('expected func() -> u32, found number 7'),
  ])
  expect((await problems(() => ({}))).map(({ message }) => message)).toEqual([
    expect.stringContaining('instance import has no member `getValue`'),
  ])
})

test('partial success is told as such, and check and load agree', async () => {
  const data = treeData(
    'root',
    { root: 'test:root', c: 'test:c any', d: 'test:d any' },
    {
      p: { component: summing('test:root', []), plug: 'root', sockets: ['c', 'd'] },
      c1: { component: '(component', plug: 'c' },
      c2: { component: forwarding('test:c', 'test:d'), plug: 'c' },
      d1: { component: constant('test:d', 1), plug: 'd' },
      d2: { component: constant('test:x', 1), plug: 'd' },
    },
  )
  const { tree } = PluginTree.from(data)
  const problems = await tree.check(new Engine())
  expect(problems.map(told)).toEqual([
    ['failed-to-load-component', 'c1'],
    ['failed-to-link', 'd2'],
    ['failed-to-link', 'c2'],
  ])
  const { loaded } = await load(data)
  expect(loaded.ok).toBe(true)
  expect(loaded.problems.map(({ message }) => message)).toEqual(problems.map(({ message }) => message))
})

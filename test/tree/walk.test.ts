/** What is loaded, and how far a failure spreads. */
import { describe, expect, test } from 'vitest'
import { Engine } from '../../src/index.ts'
import { PluginTree } from '../../src/tree/index.ts'
import { adding, constant, DISPATCH_ERROR, forwarding, leaf, relay, summing, trapping } from '../plugins/fixtures.ts'
import { errorOf, headOf, load, states, told, treeData, valuesOf } from './help.ts'

const R = '(result u32 (error $e))'
const many = (from: string, result: string): string =>
  relay({ from, result, error: DISPATCH_ERROR }).replace(
    '(export "relay" (func $relay))',
    '(instance $out (export "relay" (func $relay))) (export "test:root/root" (instance $out))',
  )
/** Traps while it starts. */
const stillborn = (pkg: string): string =>
  leaf(`${pkg}/root`, '(func $s unreachable) (start $s) (func (export "get-value") (result i32) i32.const 0)', {
    'get-value': '(result u32)',
  })

describe('only what the root reaches', () => {
  test('is read, compiled, linked and run', async () => {
    const asked: string[] = []
    const source = (id: string, text: string) => () => {
      asked.push(id)
      return Promise.resolve(text)
    }
    const { loaded, engine } = await load(
      treeData(
        'root',
        { root: 'test:root', child: 'test:child', idle: 'test:idle' },
        {
          idle: { component: source('idle', constant('test:idle', 1)), plug: 'idle' },
          child: { component: source('child', constant('test:child', 2)), plug: 'child' },
          p: { component: source('p', forwarding('test:root', 'test:child')), plug: 'root' },
        },
      ),
    )
    expect(asked).toEqual(['p', 'child'])
    expect([...headOf(loaded).bindings.keys()]).toEqual(['child', 'root'])
    expect(engine.graph().plugins.map(({ name }) => name)).toEqual(['child', 'p'])
  })

  test('what was started for somebody who failed is ended', async () => {
    const { loaded, engine } = await load(
      treeData(
        'root',
        { root: 'test:root any', child: 'test:child', gone: 'test:gone' },
        {
          child: { component: constant('test:child', 1), plug: 'child' },
          bad: { component: summing('test:root', ['test:child', 'test:gone']), plug: 'root' },
          good: { component: constant('test:root', 2), plug: 'root' },
        },
      ),
    )
    expect(loaded.problems.map(told)).toEqual([['failed-cardinality-requirements', 'gone', 0]])
    expect([...headOf(loaded).bindings.keys()]).toEqual(['root'])
    expect(states(headOf(loaded).plugins)).toEqual([['good', 'ready']])
    expect(engine.graph().plugins.map(({ name }) => name)).toEqual(['good'])
  })

  test('a load that fails leaves nothing behind', async () => {
    const { loaded, engine } = await load(
      treeData(
        'root',
        { root: 'test:root', child: 'test:child' },
        {
          child: { component: constant('test:child', 1), plug: 'child' },
          p: { component: summing('test:root', ['test:child', 'test:gone']), plug: 'root' },
        },
      ),
    )
    expect(errorOf(loaded)).toEqual(['failed-to-link', 'p'])
    expect(loaded).toMatchObject({ error: { message: 'test:gone/root: import `test:gone/root` was not found' } })
    expect(engine.graph().plugins).toEqual([])
  })
})

describe('how far a failure spreads', () => {
  const rows = [
    ['exactly-one', ['failed-to-load-component', 'dead'], []],
    ['at-most-one', undefined, []],
    ['at-least-one', ['failed-cardinality-requirements', 'c', 0], []],
    ['any', undefined, []],
  ] as const
  test.each(rows)('%s: the only plugin dies at its start', async (kind, error) => {
    const shape =
      kind === 'exactly-one'
        ? `(tuple string ${R})`
        : kind === 'at-most-one'
          ? `(option (tuple string ${R}))`
          : `(list (tuple string ${R}))`
    const { loaded } = await load(
      treeData(
        'root',
        { root: 'test:root', c: `test:c ${kind}` },
        {
          p: { component: many('test:c/root', shape), plug: 'root' },
          dead: { component: stillborn('test:c'), plug: 'c' },
        },
      ),
    )
    expect(errorOf(loaded)).toEqual(error)
    if (kind === 'exactly-one') return
    expect(loaded.problems.map(told)).toEqual([['failed-to-load-component', 'dead']])
    expect(loaded.problems[0]?.cause).toMatchObject({ kind: 'trap', code: 'unreachable' })
    if (loaded.ok)
      expect(valuesOf(loaded.head.root.dispatch('root', 'relay'))).toEqual([['p', kind === 'any' ? [] : undefined]])
  })

  test.each(['at-least-one', 'any'])('%s: the others go on, in their order', async (kind) => {
    const { loaded } = await load(
      treeData(
        'root',
        { root: 'test:root', c: `test:c ${kind}` },
        {
          p: { component: many('test:c/root', `(list (tuple string ${R}))`), plug: 'root' },
          z: { component: constant('test:c', 26), plug: 'c' },
          dead: { component: stillborn('test:c'), plug: 'c' },
          a: { component: constant('test:c', 1), plug: 'c' },
          late: { component: trapping('test:c'), plug: 'c' },
        },
      ),
    )
    expect(loaded.problems.map(told)).toEqual([['failed-to-load-component', 'dead']])
    const [[, answer] = []] = headOf(loaded).root.dispatch('root', 'relay')
    expect(answer).toEqual({
      ok: true,
      value: [
        ['z', { tag: 'ok', val: 26 }],
        ['a', { tag: 'ok', val: 1 }],
        ['late', { tag: 'err', val: expect.objectContaining({ tag: 'runtime-exception' }) }],
      ],
    })
  })

  test('what failed once is not tried again, and says why', async () => {
    let asked = 0
    const source = (): Promise<string> => {
      asked++
      return Promise.resolve(stillborn('test:c'))
    }
    const { loaded } = await load(
      treeData(
        'root',
        { root: 'test:root any', c: 'test:c' },
        {
          a: { component: forwarding('test:root', 'test:c'), plug: 'root' },
          b: { component: forwarding('test:root', 'test:c'), plug: 'root' },
          dead: { component: source, plug: 'c' },
        },
      ),
    )
    expect(asked).toBe(1)
    expect(loaded.problems.map(told)).toEqual([
      ['failed-to-load-component', 'dead'],
      ['already-handled', 'c'],
    ])
    expect(loaded.problems[1]).toMatchObject({
      cause: loaded.problems[0],
      message: expect.stringContaining('unreachable'),
    })
  })

  test('a plugin that does not fit the others is left out, with the path', async () => {
    const contract = { root: { functions: { 'get-value': {} } } }
    const { loaded } = await load(
      treeData(
        'root',
        { root: { package: 'test:root', cardinality: 'any', interfaces: contract } },
        {
          first: { component: constant('test:root', 1), plug: 'root' },
          other: { component: adding('test:root'), plug: 'root' },
          last: { component: constant('test:root', 3), plug: 'root' },
        },
      ),
    )
    expect(loaded.problems.map(told)).toEqual([['failed-to-link', 'other']])
    expect(loaded.problems[0]?.message).toContain('does not fit binding `root`: test:root/root#get-value: ')
    const { root, plugins } = headOf(loaded)
    expect(valuesOf(root.dispatch('root', 'get-value'))).toEqual([
      ['first', 1],
      ['last', 3],
    ])
    expect([...plugins.keys()]).toEqual(['first', 'last'])
  })
})

describe('one plugin in several bindings', () => {
  const twoFold = (): string =>
    `(component
      (core module $m (func (export "f") (result i32) (i32.const 5)))
      (core instance $i (instantiate $m))
      (func $f (result u32) (canon lift (core func $i "f")))
      (instance $e (export "get-value" (func $f)))
      (export "test:a/root" (instance $e)) (export "test:b/root" (instance $e)))`

  test('is one instance', async () => {
    const { loaded, engine } = await load(
      treeData(
        'root',
        { root: 'test:root', a: 'test:a', b: 'test:b' },
        {
          p: { component: summing('test:root', ['test:a', 'test:b']), plug: 'root' },
          two: { component: twoFold(), plug: ['a', 'b'] },
        },
      ),
    )
    const { root, bindings } = headOf(loaded)
    expect(valuesOf(root.dispatch('root', 'get-value'))).toEqual([['p', 10]])
    expect([...(bindings.get('a')?.plugins ?? [])]).toEqual([...(bindings.get('b')?.plugins ?? [])])
    expect(engine.graph().plugins).toHaveLength(2)
  })

  test('that it would close a loop is found at the plugin', async () => {
    const { loaded } = await load(
      treeData(
        'root',
        { root: 'test:root', b: 'test:b' },
        {
          p: {
            component: forwarding('test:root', 'test:b').replace(
              '(export "test:root/root"',
              '(export "test:b/root" (instance $out)) (export "test:root/root"',
            ),
            plug: ['root', 'b'],
          },
        },
      ),
    )
    expect(errorOf(loaded)).toEqual(['loop-detected', 'p'])
    expect(loaded).toMatchObject({ error: { through: ['p', 'b', 'p'] } })
  })
})

test('a plugin that stands before others of its package uses those', async () => {
  const { loaded } = await load(
    treeData(
      'front',
      { front: 'test:root', back: 'test:root' },
      {
        outer: { component: forwarding('test:root', 'test:root'), plug: 'front' },
        inner: { component: constant('test:root', 9), plug: 'back' },
      },
    ),
  )
  expect(valuesOf(headOf(loaded).root.dispatch('root', 'get-value'))).toEqual([['outer', 9]])
})

test('a tree of which several are loaded: each has plugins of its own', async () => {
  const { tree } = PluginTree.from(
    treeData('root', { root: 'test:root' }, { p: { component: constant('test:root', 1), plug: 'root' } }),
  )
  const engine = new Engine()
  const [one, two] = [headOf(await tree.load(engine)), headOf(await tree.load(engine))]
  await one[Symbol.asyncDispose]()
  expect(states(one.plugins)).toEqual([['p', 'disposed']])
  expect(valuesOf(two.root.dispatch('root', 'get-value'))).toEqual([['p', 1]])
})

test('disposing a head ends consumers before what they consume', async () => {
  const events: string[] = []
  const engine = new Engine({ trace: { event: ({ kind, plugin }) => void events.push(`${kind} ${plugin}`) } })
  const { tree } = PluginTree.from(
    treeData(
      'a',
      { a: 'test:a', b: 'test:b', c: 'test:c' },
      {
        a: { component: forwarding('test:a', 'test:b'), plug: 'a' },
        b: { component: forwarding('test:b', 'test:c'), plug: 'b' },
        c: { component: constant('test:c', 1), plug: 'c' },
      },
    ),
  )
  await headOf(await tree.load(engine))[Symbol.asyncDispose]()
  expect(events).toEqual([
    'instantiated c',
    'instantiated b',
    'instantiated a',
    'disposed a',
    'disposed b',
    'disposed c',
  ])
})

test('a chain of 64 answers, a longer one is refused by name', async () => {
  const chain = (n: number) =>
    treeData(
      'b1',
      Object.fromEntries(Array.from({ length: n }, (_, i) => [`b${i + 1}`, `test:p${i + 1}`])),
      Object.fromEntries(
        Array.from({ length: n }, (_, i) => {
          const pkg = `test:p${i + 1}`
          return [
            `p${i + 1}`,
            { component: i + 1 === n ? constant(pkg, 64) : forwarding(pkg, `test:p${i + 2}`), plug: `b${i + 1}` },
          ]
        }),
      ),
    )
  const { loaded } = await load(chain(64))
  expect(valuesOf(headOf(loaded).root.dispatch('root', 'get-value'))).toEqual([['p1', 64]])
  const { loaded: longer } = await load(chain(65))
  const [[, answer] = []] = headOf(longer).root.dispatch('root', 'get-value')
  let cause: unknown = answer?.ok === false ? answer.error : undefined
  while (cause instanceof Error && cause.cause !== undefined) cause = cause.cause
  expect(cause).toMatchObject({ kind: 'limit', limit: 'callDepth', used: 65, cap: 64 })
})

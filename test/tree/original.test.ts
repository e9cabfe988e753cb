/**
 * The 35 tests of the original's tree, 0.1.0, by their names. Two of them read differently now: names that are unknown to
 * the root are thrown at once, for they are the caller's (`dispatch_error`), and what a plugin declares to import decides
 * what is loaded, so that cross-calls, which the original only linked, are made here (`complex_topology`, `dispatching`).
 */
import { describe, expect, test } from 'vitest'
import { type CardinalityKind, unwrap } from '../../src/index.ts'
import { adding, constant, forwarding, leaf, summing, trapping } from '../plugins/fixtures.ts'
import { counterUser, OWNER } from '../plugins/resource-fixtures.ts'
import { errorOf, headOf, load, told, treeData, valuesOf } from './help.ts'

const KINDS = {
  any: 'any',
  at_least_one: 'at-least-one',
  at_most_one: 'at-most-one',
  exactly_one: 'exactly-one',
} as const
const COUNTS = { with_none: 0, with_one: 1, with_multiple: 2 } as const

/** `n` constants in the root binding. */
function flat(kind: CardinalityKind, n: number) {
  const plugins = Array.from({ length: n }, (_, i) => [
    `p${i + 1}`,
    { component: constant('test:root', i + 1), plug: 'root' },
  ])
  return treeData('root', { root: `test:root ${kind}` }, Object.fromEntries(plugins))
}

describe('cardinality', () => {
  for (const [name, kind] of Object.entries(KINDS)) {
    for (const [how, count] of Object.entries(COUNTS)) {
      test(`${name}/${how}`, async () => {
        const { loaded, problems } = await load(flat(kind, count))
        expect(problems).toEqual([])
        expect(loaded.problems).toEqual([])
        const tooFew = count === 0 && (kind === 'at-least-one' || kind === 'exactly-one')
        const tooMany = count > 1 && (kind === 'at-most-one' || kind === 'exactly-one')
        if (tooFew || tooMany) {
          expect(errorOf(loaded)).toEqual(['failed-cardinality-requirements', 'root', count])
          return
        }
        const { root, plugins } = headOf(loaded)
        expect(root.plugins.kind).toBe(kind)
        expect([...root.plugins].map(([id]) => id)).toEqual(['p1', 'p2'].slice(0, count))
        expect(plugins.size).toBe(count)
        if (count > 0)
          expect(valuesOf(root.dispatch('root', 'get-value'))).toEqual(
            [
              ['p1', 1],
              ['p2', 2],
            ].slice(0, count),
          )
      })
    }

    test(`${name}/empty_socket`, async () => {
      const data = treeData(
        'root',
        { root: 'test:root', empty: `test:empty ${kind}` },
        { p: { component: constant('test:root', 7), plug: 'root', sockets: ['empty'] } },
      )
      const { loaded } = await load(data)
      if (kind === 'any' || kind === 'at-most-one') {
        expect(loaded.problems).toEqual([])
        expect(headOf(loaded).bindings.get('empty')?.plugins.size).toBe(0)
        expect(valuesOf(headOf(loaded).root.dispatch('root', 'get-value'))).toEqual([['p', 7]])
      } else {
        expect(errorOf(loaded)).toEqual(['failed-cardinality-requirements', 'empty', 0])
      }
    })
  }
})

const child = (id: string, value: number) => ({ component: constant(`test:${id}`, value), plug: id })

describe('complex_topology', () => {
  test('three_level_chain', async () => {
    const { loaded } = await load(
      treeData(
        'a',
        { a: 'test:a', b: 'test:b', c: 'test:c' },
        {
          a: { component: forwarding('test:a', 'test:b'), plug: 'a' },
          b: { component: forwarding('test:b', 'test:c'), plug: 'b' },
          c: child('c', 100),
        },
      ),
    )
    expect(loaded.problems).toEqual([])
    expect(valuesOf(headOf(loaded).root.dispatch('root', 'get-value'))).toEqual([['a', 100]])
    // what is consumed comes before who consumes it
    expect([...headOf(loaded).plugins.keys()]).toEqual(['c', 'b', 'a'])
  })

  test('diamond_dependency', async () => {
    const { loaded, engine } = await load(
      treeData(
        'a',
        { a: 'test:a', b: 'test:b', c: 'test:c', d: 'test:d' },
        {
          a: { component: summing('test:a', ['test:b', 'test:c']), plug: 'a' },
          b: { component: forwarding('test:b', 'test:d'), plug: 'b' },
          c: { component: forwarding('test:c', 'test:d'), plug: 'c' },
          d: child('d', 1),
        },
      ),
    )
    expect(loaded.problems).toEqual([])
    expect(valuesOf(headOf(loaded).root.dispatch('root', 'get-value'))).toEqual([['a', 2]])
    // what two share is one
    expect(engine.graph().plugins.map(({ name }) => name)).toEqual(['d', 'b', 'c', 'a'])
  })

  test('multiple_sockets', async () => {
    const { loaded } = await load(
      treeData(
        'root',
        { root: 'test:root', a: 'test:a', b: 'test:b', c: 'test:c' },
        {
          root: { component: summing('test:root', ['test:a', 'test:b', 'test:c']), plug: 'root' },
          a: child('a', 1),
          b: child('b', 2),
          c: child('c', 3),
        },
      ),
    )
    expect(loaded.problems).toEqual([])
    expect(valuesOf(headOf(loaded).root.dispatch('root', 'get-value'))).toEqual([['root', 6]])
  })
})

describe('dispatch_error', () => {
  const only = async (component: string) =>
    headOf((await load(treeData('root', { root: 'test:root' }, { p: { component, plug: 'root' } }))).loaded).root

  test('invalid_interface', async () => {
    const root = await only(constant('test:root', 1))
    expect(() => root.dispatch('nonexistent', 'get-value')).toThrow(
      expect.objectContaining({ kind: 'invalid-interface-path', path: 'test:root/nonexistent' }),
    )
  })

  test('invalid_function', async () => {
    const root = await only(constant('test:root', 1))
    expect(() => root.dispatch('root', 'nonexistent')).toThrow(expect.objectContaining({ kind: 'invalid-function' }))
  })

  test('runtime_exception: wrong number of arguments', async () => {
    const root = await only(adding('test:root'))
    expect([...root.dispatch('root', 'add', [])]).toEqual([
      [
        'p',
        {
          ok: false,
          error: expect.objectContaining({
            kind: 'runtime-exception',
            cause: expect.objectContaining({ message: expect.stringContaining('expected 2 argument') }),
          }),
        },
      ],
    ])
  })

  test('runtime_exception: a trap', async () => {
    const root = await only(trapping('test:root'))
    expect([...root.dispatch('root', 'get-value')]).toEqual([
      [
        'p',
        {
          ok: false,
          error: expect.objectContaining({
            kind: 'runtime-exception',
            cause: expect.objectContaining({ kind: 'trap', code: 'unreachable' }),
          }),
        },
      ],
    ])
  })
})

/** `pair: func() -> tuple<u32, u32>`, the first from the dependency if there is one. */
const pair = (pkg: string, dependency?: string): string => `(component
  ${
    dependency === undefined
      ? ''
      : `(import "${dependency}/root" (instance $d (export "get-value" (func (result u32)))))
  (core func $g (canon lower (func $d "get-value")))`
  }
  (core module $m ${dependency === undefined ? '' : '(import "d" "g" (func $g (result i32)))'} (memory (export "memory") 1)
    (func (export "pair") (result i32)
      (i32.store (i32.const 0) ${dependency === undefined ? '(i32.const 42)' : '(call $g)'})
      (i32.store (i32.const 4) (i32.const 24))
      (i32.const 0)))
  (core instance $i (instantiate $m ${dependency === undefined ? '' : '(with "d" (instance (export "g" (func $g))))'}))
  (func $pair (result (tuple u32 u32)) (canon lift (core func $i "pair") (memory (core memory $i "memory"))))
  (instance $e (export "pair" (func $pair)))
  (export "${pkg}/root" (instance $e)))`

describe('dispatching', () => {
  test('single_plugin_expect_primitive', async () => {
    const { loaded } = await load(flat('exactly-one', 1))
    expect(unwrap([...headOf(loaded).root.dispatch('root', 'get-value')][0]?.[1] ?? expect.fail())).toBe(1)
  })

  test('single_plugin_expect_composite', async () => {
    const { loaded } = await load(
      treeData('root', { root: 'test:root' }, { p: { component: pair('test:root'), plug: 'root' } }),
    )
    expect(valuesOf(headOf(loaded).root.dispatch('root', 'pair'))).toEqual([['p', [42, 24]]])
  })

  const withChild = (component: string) =>
    load(
      treeData(
        'root',
        { root: 'test:root', child: 'test:child' },
        { p: { component, plug: 'root' }, child: child('child', 42) },
      ),
    )

  test('dependant_plugins_expect_primitive', async () => {
    const { loaded } = await withChild(forwarding('test:root', 'test:child'))
    expect(valuesOf(headOf(loaded).root.dispatch('root', 'get-value'))).toEqual([['p', 42]])
  })

  test('dependant_plugins_expect_composite', async () => {
    const { loaded } = await withChild(pair('test:root', 'test:child'))
    expect(valuesOf(headOf(loaded).root.dispatch('root', 'pair'))).toEqual([['p', [42, 24]]])
  })
})

describe('error_handling', () => {
  test('invalid_plugin_omitted', async () => {
    const { loaded, problems } = await load(
      treeData(
        'root',
        { root: 'test:root any' },
        {
          good: { component: constant('test:root', 1), plug: 'root' },
          bad: { component: '(component (nonsense', plug: 'root' },
        },
      ),
    )
    expect(problems).toEqual([])
    expect(loaded.problems.map(told)).toEqual([['failed-to-load-component', 'bad']])
    expect(loaded.problems[0]?.cause).toMatchObject({ kind: 'malformed' })
    expect(valuesOf(headOf(loaded).root.dispatch('root', 'get-value'))).toEqual([['good', 1]])
  })
})

describe('load_error', () => {
  test('invalid_socket', async () => {
    const { loaded } = await load(
      treeData(
        'root',
        { root: 'test:root' },
        { p: { component: constant('test:root', 1), plug: 'root', sockets: ['nonexistent-interface'] } },
      ),
    )
    expect(errorOf(loaded)).toEqual(['invalid-socket', 'nonexistent-interface'])
  })

  test('loop_detected', async () => {
    const { loaded } = await load(
      treeData(
        'root',
        { root: 'test:root', a: 'test:a', b: 'test:b' },
        {
          r: { component: forwarding('test:root', 'test:a'), plug: 'root' },
          pa: { component: forwarding('test:a', 'test:b'), plug: 'a' },
          pb: { component: forwarding('test:b', 'test:a'), plug: 'b' },
        },
      ),
    )
    expect(errorOf(loaded)).toEqual(['loop-detected', 'a'])
    expect(loaded).toMatchObject({ error: { through: ['a', 'pa', 'b', 'pb', 'a'] } })
  })

  test('corrupted_interface_manifest', async () => {
    const data = treeData('root', { root: { package: 'no package', cardinality: 'exactly-one' } }, {})
    const { loaded, problems } = await load(data)
    expect(problems.map(told)).toEqual([
      ['corrupted-interface-manifest', 'root'],
      ['missing-root', 'root'],
    ])
    expect(errorOf(loaded)).toEqual(['missing-root', 'root'])
  })

  test('corrupted_plugin_manifest', async () => {
    const data = treeData('root', { root: 'test:root any' }, { p: { component: '(component)', plug: [] } })
    const { loaded, problems } = await load(data)
    expect(problems.map(told)).toEqual([['corrupted-plugin-manifest', 'p']])
    expect(headOf(loaded).root.plugins.size).toBe(0)
  })

  test('failed_to_read_wasm', async () => {
    const gone = () => Promise.reject(new TypeError('the disk is gone'))
    const { loaded } = await load(treeData('root', { root: 'test:root' }, { p: { component: gone, plug: 'root' } }))
    expect(errorOf(loaded)).toEqual(['failed-to-read-wasm', 'p'])
    expect(loaded).toMatchObject({ error: { message: 'the disk is gone', cause: new TypeError('the disk is gone') } })
  })
})

describe('resource', () => {
  test('single_plugin', async () => {
    const { loaded } = await load(
      treeData('root', { root: 'test:counters' }, { p: { component: OWNER, plug: 'root' } }),
    )
    const { root } = headOf(loaded)
    const counter: unknown = unwrap([...root.dispatch('root', '[constructor]counter', [42])][0]?.[1] ?? expect.fail())
    expect(valuesOf(root.dispatch('root', '[method]counter.get', [counter]))).toEqual([['p', 42]])
  })

  test('dependant_plugins: the constructor imported as a result', async () => {
    const user = counterUser({
      types: `(type $e0 (variant (case "invalid-resource-handle") (case "runtime-exception" string)))
        (export "dispatch-error" (type $e (eq $e0)))`,
      items: {
        '[constructor]counter': '(param "v" u32) (result (result (own $c) (error $e)))',
        '[method]counter.get': '(param "self" (borrow $c)) (result u32)',
      },
      core: {
        '[constructor]counter': '(param i32 i32)',
        '[method]counter.get': '(param i32) (result i32)',
      },
      body: `(func (export "run") (result i32)
        (call $constructor-counter (i32.const 42) (i32.const 16))
        (call $method-counter-get (i32.load (i32.const 20))))`,
      exports: { run: '(result u32)' },
    }).replace(
      '(export "run" (func $x0))',
      '(instance $e (export "run" (func $x0))) (export "test:root/root" (instance $e))',
    )
    const { loaded } = await load(
      treeData(
        'root',
        { root: 'test:root', counters: 'test:counters' },
        { p: { component: user, plug: 'root' }, owner: { component: OWNER, plug: 'counters' } },
      ),
    )
    expect(loaded.problems).toEqual([])
    expect(valuesOf(headOf(loaded).root.dispatch('root', 'run'))).toEqual([['p', 42]])
  })
})

test('leaves that export nothing of the package are told before anything of them runs', async () => {
  const { loaded } = await load(
    treeData('root', { root: 'test:root' }, { p: { component: leaf('test:other/root', '', {}), plug: 'root' } }),
  )
  expect(errorOf(loaded)).toEqual(['failed-to-link', 'p'])
})

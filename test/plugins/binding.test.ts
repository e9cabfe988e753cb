/** Contracts: derived, declared, taken from a consumer; and plugins that come and go. */
import { describe, expect, test } from 'vitest'
import {
  Any,
  AtLeastOne,
  AtMostOne,
  Binding,
  Engine,
  ExactlyOne,
  type Func,
  hostPlugin,
  type Interface,
  type LinkProblem,
  unwrap,
} from '../../src/index.ts'
import { adding, constant, forwarding, leaf, plug, relay, trapping, voidLeaf } from './fixtures.ts'
import { OWNER } from './resource-fixtures.ts'

function problemsOf(run: () => unknown): readonly LinkProblem[] {
  try {
    run()
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'problems' in error) return error.problems as LinkProblem[]
    throw error
  }
  return []
}

/** Two interfaces, of which others have one or none. */
const TWO = `(component
  (core module $m (func (export "f") (result i32) (i32.const 1)))
  (core instance $i (instantiate $m))
  (func $f (result u32) (canon lift (core func $i "f")))
  (instance $a (export "get-value" (func $f)) (export "more" (func $f)))
  (instance $b (export "extra" (func $f)))
  (export "test:leaf/root" (instance $a)) (export "test:leaf/other" (instance $b)))`

describe('derived', () => {
  test('10.3.7: what all plugins export of the package', async () => {
    const engine = new Engine()
    const [two, one] = [await plug(engine, TWO), await plug(engine, constant('test:leaf', 5))]
    const alone = new Binding('test:leaf', ExactlyOne('two', two))
    expect([...alone.interfaces.keys()]).toEqual(['root', 'other'])
    const both = new Binding(
      'test:leaf',
      Any({
        *[Symbol.iterator]() {
          yield ['two', two] as const
          yield ['one', one] as const
        },
      }),
    )
    expect([...both.interfaces.keys()]).toEqual(['root'])
    const root = both.interfaces.get('root')?.type
    expect(root?.kind === 'instance' && [...root.exports.keys()]).toEqual(['get-value'])
    expect(root?.kind === 'instance' && root.exports.get('get-value')?.type).toMatchObject({
      kind: 'func',
      result: { kind: 'u32' },
    })
  })

  test('types that differ are told by path', async () => {
    const engine = new Engine()
    const text = leaf('test:leaf/root', '(func (export "get-value") (param i32) (result i32) (i32.const 1))', {
      'get-value': '(param "a" u32) (result u32)',
    })
    const plugins = Any([
      ['a', await plug(engine, constant('test:leaf', 1))],
      ['b', await plug(engine, text, [], { name: 'odd' })],
    ])
    expect(problemsOf(() => new Binding('test:leaf', plugins))).toEqual([
      {
        kind: 'type-mismatch',
        path: 'test:leaf/root#get-value',
        message: 'plugin `b` (odd): type mismatch: expected func() -> u32, found func(a: u32) -> u32',
        expected: 'func() -> u32',
        found: 'func(a: u32) -> u32',
      },
    ])
  })

  test('nothing of the package is a typo, unless it is meant', async () => {
    const engine = new Engine()
    const plugin = await plug(engine, constant('test:leaf', 1))
    expect(problemsOf(() => new Binding('test:laef', ExactlyOne('a', plugin)))).toMatchObject([
      { kind: 'missing-export', path: 'test:laef', found: ['test:leaf/root'] },
    ])
    expect(new Binding('test:laef', ExactlyOne('a', plugin), { interfaces: {} }).interfaces.size).toBe(0)
  })

  test('a name that is no package', async () => {
    const plugin = await plug(new Engine(), constant('test:leaf', 1))
    for (const name of ['leaf', 'test:leaf/root', 'test:', '', '@1.0.0'])
      expect(problemsOf(() => new Binding(name, ExactlyOne('a', plugin)))).toMatchObject([
        { kind: 'missing-export', path: name },
      ])
  })

  test('resources with equal names are one type of the contract', async () => {
    const engine = new Engine()
    const binding = new Binding(
      'test:counters',
      Any([
        ['a', await plug(engine, OWNER)],
        ['b', await plug(engine, OWNER)],
      ]),
    )
    const root = binding.interfaces.get('root')?.type
    expect(root?.kind === 'instance' && [...root.exports.keys()].sort()).toEqual(
      ['[constructor]counter', '[method]counter.get', 'boom', 'counter', 'live', 'look', 'make', 'take'].sort(),
    )
  })
})

describe('N2 N3 10.3.8: versions', () => {
  const MANY = `(component
    (core module $m (func (export "f") (result i32) (i32.const 1)) (func (export "g") (result i32) (i32.const 2)))
    (core instance $i (instantiate $m))
    (func $f (result u32) (canon lift (core func $i "f"))) (func $g (result u32) (canon lift (core func $i "g")))
    (instance $a (export "get-value" (func $f))) (instance $b (export "get-value" (func $g)))
    (export "test:leaf/root@1.0.0" (instance $a)) (export "test:leaf/root@1.2.0" (instance $b)))`
  test.each([
    ['test:leaf@1.0.0', 1],
    ['test:leaf@1.2.0', 2],
    ['test:leaf@1.1.0', 2],
  ])('%s: exact, else the highest compatible', async (name, value) => {
    const binding = new Binding(name, ExactlyOne('a', await plug(new Engine(), MANY)))
    expect(unwrap(binding.dispatch('root', 'get-value').value)).toBe(value)
  })
  test('no version, two candidates', async () => {
    const plugin = await plug(new Engine(), MANY)
    expect(problemsOf(() => new Binding('test:leaf', ExactlyOne('a', plugin)))).toMatchObject([
      { kind: 'duplicate', path: 'test:leaf/root' },
    ])
  })
  test('none that fits', async () => {
    const plugin = await plug(new Engine(), MANY)
    for (const name of ['test:leaf@2.0.0', 'test:leaf@0.1.0'])
      expect(problemsOf(() => new Binding(name, ExactlyOne('a', plugin)))).toMatchObject([
        { kind: 'missing-export', path: name },
      ])
  })
})

describe('R5 10.3.6: declared, and checked', () => {
  const declare = (functions: Record<string, Func>, resources: readonly string[] = []): Record<string, Interface> => ({
    root: { functions, resources },
  })
  const u32 = { kind: 'u32' } as const

  test('what fits', async () => {
    const engine = new Engine()
    const type = {
      kind: 'func',
      async: false,
      params: [
        { name: 'a', type: u32 },
        { name: 'b', type: u32 },
      ],
      result: u32,
    } as const
    const interfaces = declare({ add: { kind: 'freestanding', returns: 'assume-no-resources', async: false, type } })
    const binding = new Binding('test:add', ExactlyOne('a', await plug(engine, adding('test:add'))), { interfaces })
    expect(unwrap(binding.dispatch('root', 'add', [1, 2]).value)).toBe(3)
    const owner = await plug(engine, OWNER)
    const counters = declare(
      { '[method]counter.get': { kind: 'method' }, 'make': { returns: 'may-contain-resources' } },
      ['counter'],
    )
    expect(new Binding('test:counters', ExactlyOne('a', owner), { interfaces: counters }).interfaces.size).toBe(1)
  })

  const wrong: readonly [string, Record<string, Func>, string][] = [
    ['kind', { add: { kind: 'method' } }, 'declared kind method, found freestanding'],
    [
      'void',
      { add: { returns: 'void' } },
      'declared return kind void, found assume-no-resources: func(a: u32, b: u32) -> u32',
    ],
    ['async', { add: { async: true } }, 'declared as async, found synchronous'],
    [
      'type',
      { add: { type: { kind: 'func', async: false, params: [], result: u32 } } },
      'expected func() -> u32, found func(a: u32, b: u32) -> u32',
    ],
    ['plugin_dispatch_rejects_a_missing_function', { sub: {} }, 'the plugin exports no `sub`'],
  ]
  test.each(wrong)('%s', async (_, functions, message) => {
    const plugin = await plug(new Engine(), adding('test:add'))
    const problems = problemsOf(
      () => new Binding('test:add', ExactlyOne('a', plugin), { interfaces: declare(functions) }),
    )
    expect(problems.length).toBe(1)
    expect(problems[0]?.message).toContain(message)
  })

  test('plugin_dispatch_rejects_an_unexported_interface', async () => {
    const plugin = await plug(new Engine(), adding('test:add'))
    const interfaces = { other: { functions: {} } }
    expect(problemsOf(() => new Binding('test:add', ExactlyOne('a', plugin), { interfaces }))).toMatchObject([
      { kind: 'missing-export', path: 'test:add/other' },
    ])
  })

  test('plugin_dispatch_rejects_a_non_function_export', async () => {
    const owner = await plug(new Engine(), OWNER)
    const interfaces = declare({ counter: {} })
    const problems = problemsOf(() => new Binding('test:counters', ExactlyOne('a', owner), { interfaces }))
    expect(problems[0]?.message).toContain('`counter` is a resource, not a function')
  })

  test('L3 function_resource_name_collision', () => {
    const interfaces = declare({ x: {} }, ['x'])
    expect(problemsOf(() => new Binding('test:x', AtMostOne(), { interfaces }))).toMatchObject([
      { kind: 'duplicate', path: 'test:x/root#x' },
    ])
  })
})

describe('10.3.24: plugs in JavaScript', () => {
  test('beside one in wasm, with its types', async () => {
    const engine = new Engine()
    const js = hostPlugin(engine, { 'test:add/root': { add: (a: number, b: number) => a * b } })
    const binding = new Binding(
      'test:add',
      Any([
        ['js', js],
        ['wasm', await plug(engine, adding('test:add'))],
      ]),
    )
    expect([...binding.dispatch('root', 'add', [6, 7])]).toEqual([
      ['js', { ok: true, value: 42 }],
      ['wasm', { ok: true, value: 13 }],
    ])
    const wrong = binding.only('js').dispatch('root', 'add', ['6', 7]).value
    expect(wrong).toMatchObject({ ok: false, error: { kind: 'runtime-exception' } })
  })

  test('what it lacks is told', async () => {
    const engine = new Engine()
    const wasm = await plug(engine, adding('test:add'))
    for (const members of [{}, { 'test:add/root': {} }, { 'test:add/root': { add: 1 } }]) {
      const plugins = Any([
        ['wasm', wasm],
        ['js', hostPlugin(engine, members)],
      ])
      expect(problemsOf(() => new Binding('test:add', plugins)).map(({ path }) => path.replace(/#.*/, ''))).toEqual([
        'test:add/root',
      ])
    }
  })

  test('an answer that is no u32, and a throw: runtime exceptions; it lives on', async () => {
    const engine = new Engine()
    const answers: unknown[] = [-1, 'x', Promise.resolve(1), 5]
    const js = hostPlugin(engine, { 'test:add/root': { add: () => answers.shift() ?? expect.fail('empty') } })
    const binding = new Binding(
      'test:add',
      Any([
        ['js', js],
        ['wasm', await plug(engine, adding('test:add'))],
      ]),
    ).only('js')
    const seen = [1, 2, 3, 4, 5].map(() => binding.dispatch('root', 'add', [1, 2]).value)
    expect(seen.map((r) => (r.ok ? r.value : r.error.kind))).toEqual([
      'runtime-exception',
      'runtime-exception',
      'runtime-exception',
      5,
      'runtime-exception',
    ])
    expect(js.state).toBe('ready')
  })

  test('a factory gets the caller; the context is the plugin’s', async () => {
    const engine = new Engine()
    const js = hostPlugin<{ user: string }>(
      engine,
      (caller) => ({ 'test:add/root': { add: () => caller.context.user.length + caller.call.depth } }),
      { context: { user: 'bob' }, name: 'calc' },
    )
    const binding = new Binding(
      'test:add',
      Any([
        ['wasm', await plug(engine, adding('test:add'))],
        ['js', js],
      ]),
    )
    expect(unwrap(binding.only('js').dispatch('root', 'add', [0, 0]).value)).toBe(4)
    expect([js.name, js.context.user, js.component]).toEqual(['calc', 'bob', undefined])
  })

  test('alone it takes the first consumer’s types', async () => {
    const engine = new Engine()
    const binding = new Binding(
      'test:leaf',
      ExactlyOne('js', hostPlugin(engine, { 'test:leaf/root': { getValue: () => 9 } })),
    )
    expect(binding.interfaces.size).toBe(0)
    const consumer = await plug(engine, relay({ from: 'test:leaf/root', result: 'u32', flat: true }), [binding])
    expect(consumer.exports.relay()).toBe(9)
    expect([...binding.interfaces.keys()]).toEqual(['root'])
    expect(unwrap(binding.dispatch('root', 'get-value').value)).toBe(9)
    expect(problemsOf(() => binding.replace('js', hostPlugin(engine, {})))).toMatchObject([{ kind: 'missing-export' }])
  })

  test('a consumer that is not linked after all teaches nothing', async () => {
    const engine = new Engine()
    const js = hostPlugin(engine, { 'test:leaf/root': { other: () => 9 } })
    const binding = new Binding('test:leaf', ExactlyOne('js', js))
    const text = relay({ from: 'test:leaf/root', result: 'u32', flat: true })
    await expect(plug(engine, text, [binding])).rejects.toMatchObject({
      problems: [{ kind: 'missing-export', path: 'test:leaf/root#get-value' }],
    })
    expect(binding.interfaces.size).toBe(0)
    const other = relay({ from: 'test:leaf/root', func: 'other', result: 'u32', flat: true })
    expect((await plug(engine, other, [binding])).exports.relay()).toBe(9)
  })

  test('two that could take any interface', async () => {
    const engine = new Engine()
    const sockets = [new Binding('test:leaf', AtMostOne()), new Binding('test:leaf', Any([]))]
    const text = relay({ from: 'test:leaf/root', result: '(option (tuple string (result u32)))' })
    await expect(plug(engine, text, sockets as never)).rejects.toMatchObject({
      problems: [{ kind: 'duplicate', path: 'test:leaf/root' }],
    })
  })

  test('declared without types, the first consumer tells them', async () => {
    const engine = new Engine()
    const interfaces = { root: { functions: { 'get-value': {} } } }
    const js = hostPlugin(engine, { 'test:leaf/root': { getValue: () => 3 } })
    const binding = new Binding('test:leaf', Any([['js', js]]), { interfaces })
    const text = relay({ from: 'test:leaf/root', result: '(tuple string (result u32))' })
    const consumer = await plug(engine, text, [binding.only('js')])
    expect(consumer.exports.relay()).toEqual(['js', { tag: 'ok', val: 3 }])
    const [[, wrong] = []] = binding.dispatch('root', 'get-value', ['too many'])
    expect(wrong).toMatchObject({ ok: false, error: { kind: 'runtime-exception' } })
  })

  test('alone with declared names it is called as it is', () => {
    const interfaces = { root: { functions: { 'get-value': {} } } }
    const js = hostPlugin(new Engine(), { 'test:leaf/root': { getValue: (x: unknown) => [x] } })
    const binding = new Binding('test:leaf', ExactlyOne('js', js), { interfaces })
    expect(unwrap(binding.dispatch('root', 'get-value', ['x']).value)).toEqual(['x'])
  })
})

describe('10.3.11: live', () => {
  test('plug, unplug, replace: order, counts, contract', async () => {
    const engine = new Engine()
    const make = (value: number) => plug(engine, constant('test:leaf', value))
    const binding = new Binding(
      'test:leaf',
      AtLeastOne(
        new Map([
          ['a', await make(1)],
          ['b', await make(2)],
        ]),
      ),
    )
    const values = (): unknown[] => [...binding.dispatch('root', 'get-value')].map(([id, r]) => [id, r.ok && r.value])
    const before = binding.plugins
    binding.plug('c', await make(3))
    binding.replace('a', await make(9))
    expect(values()).toEqual([
      ['a', 9],
      ['b', 2],
      ['c', 3],
    ])
    expect(before.size).toBe(2)
    binding.unplug('b')
    binding.unplug('c')
    expect(problemsOf(() => binding.unplug('a'))).toMatchObject([
      { kind: 'cardinality', expected: 'at-least-one', found: 0 },
    ])
    expect(problemsOf(() => binding.unplug('zz'))).toMatchObject([{ kind: 'bad-id' }])
    const other = await make(4)
    expect(problemsOf(() => binding.plug('a', other))).toMatchObject([{ kind: 'duplicate' }])
    const misfit = await plug(engine, voidLeaf('test:leaf'))
    expect(problemsOf(() => binding.plug('x', misfit))).toMatchObject([
      { kind: 'missing-export', path: 'test:leaf/root#get-value' },
    ])
    expect(values()).toEqual([['a', 9]])
  })

  test('exactly one stays one', async () => {
    const engine = new Engine()
    const plugin = await plug(engine, constant('test:leaf', 1))
    const binding = new Binding('test:leaf', ExactlyOne('a', plugin)) as Binding
    expect(problemsOf(() => binding.plug('b' as never, plugin))).toMatchObject([{ kind: 'cardinality', found: 2 }])
    expect(problemsOf(() => binding.unplug('a' as never))).toMatchObject([{ kind: 'cardinality', found: 0 }])
  })

  test('a consumer sees the change, without being linked again', async () => {
    const engine = new Engine()
    const binding = new Binding('test:leaf', ExactlyOne('a', await plug(engine, trapping('test:leaf'))))
    const list = new Binding('test:leaf', Any(binding.plugins))
    const consumer = await plug(
      engine,
      relay({ from: 'test:leaf/root', result: '(list (tuple string (result u32)))' }),
      [list],
    )
    expect(consumer.exports.relay()).toEqual([['a', { tag: 'err', val: undefined }]])
    list.replace('a', await plug(engine, constant('test:leaf', 7)))
    list.plug('b' as never, await plug(engine, constant('test:leaf', 8)))
    expect(consumer.exports.relay()).toEqual([
      ['a', { tag: 'ok', val: 7 }],
      ['b', { tag: 'ok', val: 8 }],
    ])
  })

  test('an empty binding takes the contract of its first plug', async () => {
    const engine = new Engine()
    const binding = new Binding('test:leaf', AtMostOne())
    binding.plug('a', await plug(engine, constant('test:leaf', 1)))
    expect([...binding.interfaces.keys()]).toEqual(['root'])
    binding.unplug('a')
    const misfit = await plug(engine, adding('test:leaf'))
    expect(problemsOf(() => binding.plug('b', misfit))).toMatchObject([{ kind: 'missing-export' }])
  })

  test('a cycle is refused, with the way', async () => {
    const engine = new Engine()
    const a = new Binding('a:pkg', ExactlyOne('leaf', await plug(engine, constant('a:pkg', 1))))
    const b = new Binding(
      'b:pkg',
      ExactlyOne('b', await plug(engine, forwarding('b:pkg', 'a:pkg'), [a], { name: 'B' })),
    )
    const c = await plug(engine, forwarding('a:pkg', 'b:pkg'), [b], { name: 'C' })
    expect(problemsOf(() => (a as Binding).replace('leaf' as never, c))).toEqual([
      {
        kind: 'cycle',
        path: 'a:pkg',
        message: 'the plugin consumes this binding: C → b:pkg → B → a:pkg',
        through: ['C', 'b:pkg', 'B', 'a:pkg'],
      },
    ])
  })

  test('what is no plugin, is disposed, or of another engine', async () => {
    const engine = new Engine()
    const plugin = await plug(engine, constant('test:leaf', 1))
    const binding = new Binding('test:leaf', Any([['a', plugin]])) as Binding
    expect(() => binding.plug('x' as never, {} as never)).toThrow(TypeError)
    const foreign = await plug(new Engine(), constant('test:leaf', 1))
    expect(problemsOf(() => binding.plug('x' as never, foreign))).toMatchObject([{ kind: 'wrong-engine' }])
    plugin[Symbol.dispose]()
    expect(problemsOf(() => binding.plug('x' as never, plugin))[0]?.message).toContain('disposed')
    expect(problemsOf(() => new Binding('test:leaf', Any([['a', plugin]])))[0]?.message).toContain('disposed')
  })
})

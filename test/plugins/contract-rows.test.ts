/** What a binding promises, row by row of the original's behaviour where the other files of this folder do not have it. */
import { describe, expect, test } from 'vitest'
import {
  Any,
  AtMostOne,
  Binding,
  type BindingAny,
  Component,
  Engine,
  ExactlyOne,
  hostPlugin,
  type LinkProblem,
  Plugin,
  unwrap,
} from '../../src/index.ts'
import { adding, constant, DISPATCH_ERROR, forwarding, plug, relay, trapping, voidLeaf } from './fixtures.ts'
import { OWNER } from './resource-fixtures.ts'

async function problemsOf(run: () => unknown): Promise<readonly LinkProblem[]> {
  try {
    await run()
  } catch (thrown) {
    if (typeof thrown === 'object' && thrown !== null && 'problems' in thrown) return thrown.problems as LinkProblem[]
    throw thrown
  }
  return []
}

const one = (name: string, plugin: Awaited<ReturnType<typeof plug>>): BindingAny =>
  new Binding(name, ExactlyOne('a', plugin))

/** `pair: func() -> tuple<u32, u32>`, through memory. */
const composite = (pkg: string): string => `(component
  (core module $m (memory (export "memory") 1)
    (func (export "pair") (result i32)
      (i32.store (i32.const 0) (i32.const 42)) (i32.store (i32.const 4) (i32.const 24)) (i32.const 0)))
  (core instance $i (instantiate $m))
  (func $pair (result (tuple u32 u32)) (canon lift (core func $i "pair") (memory (core memory $i "memory"))))
  (instance $e (export "pair" (func $pair)))
  (export "${pkg}/root" (instance $e)))`

describe('functions', () => {
  test('single_plugin_expect_composite', async () => {
    const binding = new Binding('test:pair', ExactlyOne('p', await plug(new Engine(), composite('test:pair'))))
    expect(unwrap(binding.dispatch('root', 'pair').value)).toEqual([42, 24])
  })

  test('dependant_plugins_expect_composite, dependant_plugins_expect_primitive: through a consumer', async () => {
    const engine = new Engine()
    const pairs = one('test:pair', await plug(engine, composite('test:pair')))
    const text = relay({ from: 'test:pair/root', func: 'pair', result: '(tuple string (result (tuple u32 u32)))' })
    expect((await plug(engine, text, [pairs])).exports.relay()).toEqual(['a', { tag: 'ok', val: [42, 24] }])
    const leaves = one('test:leaf', await plug(engine, constant('test:leaf', 42)))
    const primitive = relay({ from: 'test:leaf/root', result: '(tuple string (result u32))' })
    expect((await plug(engine, primitive, [leaves])).exports.relay()).toEqual(['a', { tag: 'ok', val: 42 }])
  })

  test('R1: nothing is answered by a function without result, and stands for itself', async () => {
    const binding = new Binding('test:leaf', ExactlyOne('v', await plug(new Engine(), voidLeaf('test:leaf'))))
    expect(binding.dispatch('root', 'run').value).toEqual({ ok: true, value: undefined })
  })

  test('R2: resources are found in any place of a result, without a word about it', async () => {
    const engine = new Engine()
    const owner = await plug(engine, OWNER)
    const counters = new Binding('test:counters', ExactlyOne('o', owner))
    const made = unwrap(counters.dispatch('root', 'make', [3]).value)
    expect(unwrap(counters.dispatch('root', '[method]counter.get', [made]).value)).toBe(3)
  })

  test('R3: the word that there are none is checked', async () => {
    const owner = await plug(new Engine(), OWNER)
    const interfaces = { root: { functions: { make: { returns: 'assume-no-resources' } } } } as const
    expect(await problemsOf(() => new Binding('test:counters', ExactlyOne('o', owner), { interfaces }))).toMatchObject([
      { kind: 'type-mismatch', expected: 'assume-no-resources', path: 'test:counters/root#make' },
    ])
  })

  test('R4 return_kind_display: kinds are words, and messages say them', async () => {
    const plugin = await plug(new Engine(), adding('test:add'))
    for (const returns of ['void', 'may-contain-resources', 'assume-no-resources'] as const) {
      const interfaces = { root: { functions: { add: { returns } } } }
      const found = await problemsOf(() => new Binding('test:add', ExactlyOne('a', plugin), { interfaces }))
      const expected = `declared return kind ${returns}, found assume-no-resources: func(a: u32, b: u32) -> u32`
      expect(found.map(({ message }) => message.replace(/^.*?: /, ''))).toEqual(returns === 'void' ? [expected] : [])
    }
  })

  test('R5: a wrong declaration is told when it is bound, not at a call', async () => {
    const plugin = await plug(new Engine(), voidLeaf('test:leaf'))
    const interfaces = { root: { functions: { run: { returns: 'assume-no-resources' } } } } as const
    expect(await problemsOf(() => new Binding('test:leaf', ExactlyOne('v', plugin), { interfaces }))).toMatchObject([
      { kind: 'type-mismatch', expected: 'assume-no-resources', found: 'void: func()' },
    ])
  })

  test('R6: constructors and static functions go to all plugins', async () => {
    const engine = new Engine()
    const counters = new Binding(
      'test:counters',
      Any([
        ['a', await plug(engine, OWNER)],
        ['b', await plug(engine, OWNER)],
      ]),
    )
    const made = counters.dispatch('root', '[constructor]counter', [1])
    expect([...made].map(([id, { ok }]) => [id, ok])).toEqual([
      ['a', true],
      ['b', true],
    ])
  })
})

describe('names', () => {
  test('N1: an import is package, slash, interface; an error says so', async () => {
    const engine = new Engine()
    const leaves = one('test:leaf', await plug(engine, trapping('test:leaf')))
    const [[, result] = []] = leaves.dispatch('root' as never, 'get-value' as never) as Iterable<
      [string, { error: { path: string } }]
    >
    expect(result?.error.path).toBe('test:leaf/root#get-value')
    expect((await plug(engine, forwarding('x:x', 'test:leaf'), [leaves])).state).toBe('ready')
  })

  test('N2 10.3.8: versioned packages are written as such', async () => {
    const engine = new Engine()
    const leaves = new Binding('test:leaf@1.2.3', ExactlyOne('a', await plug(engine, constant('test:leaf@1.2.3', 1))))
    const consumer = await plug(engine, forwarding('x:x', 'test:leaf@1.2.3'), [leaves as BindingAny])
    expect(consumer.func('x:x/root#get-value').call([])).toBe(1)
  })

  const matches: readonly [string, string | undefined, string | undefined, boolean][] = [
    ['1.0.0', '1.0.0', '1.0.1', true],
    ['1.0.1', '1.0.1', '1.1.0', true],
    ['major', '1.0.0', '2.0.0', false],
    ['0.1.0', '0.1.0', '0.1.5', true],
    ['0.x', '0.1.0', '0.2.0', false],
    ['0.0.x', '0.0.1', '0.0.2', false],
    ['versioned for unversioned', '1.0.0', undefined, false],
    ['unversioned for versioned', undefined, '1.0.0', false],
  ]
  test.each(matches)('N3: %s', async (_, offered, wanted, fits) => {
    const engine = new Engine()
    const at = (version: string | undefined): string => (version === undefined ? 'test:leaf' : `test:leaf@${version}`)
    const leaves = new Binding('test:leaf', ExactlyOne('a', await plug(engine, constant(at(offered), 1))))
    const problems = await problemsOf(() => plug(engine, forwarding('x:x', at(wanted)), [leaves as BindingAny]))
    expect(problems.map(({ kind }) => kind)).toEqual(fits ? [] : ['missing-import'])
  })

  test('N4: several interfaces of one package, several bindings of one package, any part of them imported', async () => {
    const engine = new Engine()
    const text = `(component
      (core module $m (func (export "f") (result i32) (i32.const 5)))
      (core instance $i (instantiate $m)) (func $f (result u32) (canon lift (core func $i "f")))
      (instance $e (export "get-value" (func $f)))
      (export "test:leaf/root" (instance $e)) (export "test:leaf/more" (instance $e)))`
    const two = new Binding('test:leaf', ExactlyOne('two', await plug(engine, text)))
    const third = constant('test:leaf', 6, { interface: 'third' })
    const other = new Binding('test:leaf', ExactlyOne('other', await plug(engine, third)))
    expect([...two.interfaces.keys(), ...other.interfaces.keys()]).toEqual(['root', 'more', 'third'])
    for (const [from, value] of [
      ['test:leaf/more', 5],
      ['test:leaf/third', 6],
    ] as const) {
      const consumer = await plug(engine, relay({ from, result: 'u32', flat: true }), [two, other])
      expect(consumer.exports.relay()).toBe(value)
    }
  })
})

describe('linking', () => {
  const starting = (body: string): string => `(component
    (core module $m (func $f ${body}) (start $f)) (core instance $i (instantiate $m)))`

  test('L1: what nobody gives', async () => {
    const engine = new Engine()
    expect(await problemsOf(() => plug(engine, forwarding('x:x', 'test:leaf')))).toMatchObject([
      { kind: 'missing-import', path: 'test:leaf/root' },
    ])
    expect(engine.graph().plugins).toEqual([])
  })

  test('L5: a start function that traps leaves nothing behind', async () => {
    const engine = new Engine()
    await expect(plug(engine, starting('unreachable'))).rejects.toMatchObject({ kind: 'trap', code: 'unreachable' })
    expect([engine.graph().plugins, engine.usage().instances.used]).toEqual([[], 0])
  })

  test('L7 L8: an asynchronous import must be one, and a synchronous one must not', async () => {
    const engine = new Engine()
    const text = `(component
      (core module $m (func (export "f") (result i32) (i32.const 5)))
      (core instance $i (instantiate $m)) (func $f async (result u32) (canon lift (core func $i "f")))
      (instance $e (export "get-value" (func $f))) (export "test:leaf/root" (instance $e)))`
    const leaves = one('test:leaf', await plug(engine, text))
    const [problem] = await problemsOf(() => plug(engine, forwarding('x:x', 'test:leaf'), [leaves]))
    expect(problem).toMatchObject({ kind: 'type-mismatch', path: 'test:leaf/root#get-value' })
    expect(problem?.message).toContain('async func')
  })

  test('L9: a resource that the contract lacks', async () => {
    const engine = new Engine()
    const leaves = one('test:leaf', await plug(engine, constant('test:leaf', 1)))
    const text = '(component (import "test:leaf/root" (instance (export "counter" (type (sub resource))))))'
    expect(await problemsOf(() => plug(engine, text, [leaves]))).toMatchObject([
      { kind: 'missing-export', path: 'test:leaf/root#counter' },
    ])
  })

  test('T3: every binding dispatches, whatever is known of its type', async () => {
    const erased: BindingAny = one('test:leaf', await plug(new Engine(), constant('test:leaf', 4)))
    expect([...erased.dispatch('root' as never, 'get-value' as never)]).toEqual([['a', { ok: true, value: 4 }]])
  })

  test('T5 10.3.18: how many plugins there are is checked at run time too, with the count', async () => {
    const engine = new Engine()
    const binding = new Binding('test:leaf', AtMostOne('a', await plug(engine, constant('test:leaf', 1)))) as Binding
    const second = await plug(engine, constant('test:leaf', 2))
    expect(await problemsOf(() => binding.plug('b' as never, second))).toMatchObject([
      { kind: 'cardinality', expected: 'at-most-one', found: 2 },
    ])
  })

  test('debug_output: everything shows its name and nothing of its insides', async () => {
    const { inspect } = await import('node:util')
    const engine = new Engine()
    const context = { password: 'x1y2' }
    const instance = await plug(engine, constant('test:leaf', 1), [], { name: 'shown', context })
    const binding = new Binding('test:leaf', ExactlyOne('a', instance))
    expect(inspect(binding)).toContain("packageName: 'test:leaf'")
    expect(inspect(binding)).not.toContain('x1y2')
    const plugin = new Plugin(await Component.compile(constant('test:leaf', 1), { engine }), { context })
    expect(inspect(plugin)).toBe('Plugin {}')
    expect(instance.name).toBe('shown')
  })
})

describe('consumers', () => {
  const from = 'test:leaf/root'
  async function refusal(shape: Parameters<typeof relay>[0]): Promise<string> {
    const engine = new Engine()
    const leaves = one('test:leaf', await plug(engine, constant('test:leaf', 1)))
    const problems = await problemsOf(() => plug(engine, relay(shape), [leaves]))
    expect(problems).toMatchObject([{ kind: 'type-mismatch', path: 'test:leaf/root#get-value' }])
    return problems[0]?.message ?? ''
  }

  test('A6: an import that disagrees is refused when it is linked', async () => {
    const message = await refusal({ from, result: '(tuple string (result s64))' })
    expect(message).toContain('expected s64, found u32')
  })

  test('A7: so is one without result, and nothing else happens', async () => {
    expect(await refusal({ from, result: undefined })).toContain('expected func()')
  })

  test('A8: so are parameters that the plugins do not take', async () => {
    const params = ['(param "a" u32)']
    expect(await refusal({ from, params, result: '(tuple string (result u32))' })).toContain('func(a: u32)')
  })

  test('A9 wrapping_leaves_resource_free_values_alone: values are copied; nobody shares what another may change', async () => {
    const engine = new Engine()
    const kept = new Uint8Array([1, 2, 3])
    const js = hostPlugin(engine, { 'test:leaf/root': { getValue: () => kept } })
    const leaves = one('test:leaf', js)
    const result = '(list u8)'
    const consumer = await plug(engine, relay({ from, result }), [leaves])
    const [first, second] = [consumer.exports.relay(), consumer.exports.relay()]
    kept[0] = 50
    first[1] = 60
    expect([first, second, kept].map((list: Uint8Array) => [...list])).toEqual([
      [1, 60, 3],
      [1, 2, 3],
      [50, 2, 3],
    ])
  })

  test('X5 10.3.22: the error contract is negotiated by type: an older or newer one fits, a wrong one is refused', async () => {
    const engine = new Engine()
    const leaves = one('test:leaf', await plug(engine, trapping('test:leaf')))
    const shape = { from, result: '(tuple string (result u32 (error $e)))' }
    const newer = DISPATCH_ERROR.replace('(case "missing-response")', '(case "missing-response") (case "too-new" u64)')
    expect((await plug(engine, relay({ ...shape, error: newer }), [leaves])).exports.relay()).toMatchObject([
      'a',
      { tag: 'err', val: { tag: 'runtime-exception' } },
    ])
    const wrong = DISPATCH_ERROR.replace('(case "runtime-exception" string)', '(case "runtime-exception")')
    expect(await problemsOf(() => plug(engine, relay({ ...shape, error: wrong }), [leaves]))).toMatchObject([
      { kind: 'type-mismatch' },
    ])
  })
})

/** Consumers: which shape each import gets, and what is refused at link. */
import { describe, expect, test } from 'vitest'
import {
  Any,
  AtLeastOne,
  AtMostOne,
  Binding,
  type BindingAny,
  Component,
  Engine,
  ExactlyOne,
  hostPlugin,
  Linker,
  type LinkProblem,
  Plugin,
  type PluginId,
} from '../../src/index.ts'
import {
  constant,
  DISPATCH_ERROR,
  forwarding,
  onceOnly,
  plug,
  type Relay,
  relay,
  trapping,
  voidLeaf,
} from './fixtures.ts'

const from = 'test:leaf/root'
const error = DISPATCH_ERROR
const R = '(result u32 (error $e))'

async function problemsOf(run: Promise<unknown>): Promise<readonly LinkProblem[]> {
  try {
    await run
  } catch (thrown) {
    if (typeof thrown === 'object' && thrown !== null && 'problems' in thrown) return thrown.problems as LinkProblem[]
    throw thrown
  }
  return []
}

async function leaves(
  engine: Engine,
  ...ids: readonly PluginId[]
): Promise<[PluginId, Awaited<ReturnType<typeof plug>>][]> {
  return await Promise.all(
    ids.map(
      async (id, i): Promise<[PluginId, Awaited<ReturnType<typeof plug>>]> => [
        id,
        await plug(engine, constant('test:leaf', i + 1)),
      ],
    ),
  )
}

/** What the consumer was given, results as data. */
async function relayed(engine: Engine, shape: Partial<Relay>, socket: BindingAny): Promise<unknown> {
  const consumer = await plug(engine, relay({ from, result: R, error, ...shape }), [socket])
  return consumer.func('relay').call([])
}

const ok = (val: unknown) => ({ tag: 'ok', val })

describe('A2 10.3.4: the four shapes', () => {
  test('exactly one: a tuple', async () => {
    const engine = new Engine()
    const [[, one] = []] = await leaves(engine, 'a')
    const binding = new Binding('test:leaf', ExactlyOne('a', one ?? expect.fail()))
    expect(await relayed(engine, { result: `(tuple string ${R})` }, binding)).toEqual(['a', ok(1)])
  })

  test('exactly one: plain', async () => {
    const engine = new Engine()
    const binding = new Binding('test:leaf', AtLeastOne(await leaves(engine, 'a', 'b')))
    const consumer = await plug(engine, relay({ from, result: 'u32', flat: true }), [binding.only('b')])
    expect(consumer.exports.relay()).toBe(2)
  })

  test('at most one: an option, and none without a plugin', async () => {
    const engine = new Engine()
    const binding: Binding<AtMostOne<string, never>> = new Binding('test:leaf', AtMostOne(), {
      interfaces: { root: { functions: { 'get-value': {} } } },
    }) as never
    const [[, one] = []] = await leaves(engine, 'a')
    binding.plug('a', one ?? expect.fail())
    const consumer = await plug(engine, relay({ from, result: `(option (tuple string ${R}))`, error }), [
      binding as never,
    ])
    expect(consumer.exports.relay()).toEqual(['a', ok(1)])
    binding.unplug('a')
    expect(consumer.exports.relay()).toBe(undefined)
  })

  test.each(['at-least-one', 'any'] as const)('%s: a map, or a list of tuples, in order', async (kind) => {
    const engine = new Engine()
    const entries = await leaves(engine, 'z', 'a', 'm')
    const binding = new Binding('test:leaf', kind === 'any' ? Any(entries) : AtLeastOne(entries))
    const list = await relayed(engine, { result: `(list (tuple string ${R}))` }, binding)
    expect(list).toEqual([
      ['z', ok(1)],
      ['a', ok(2)],
      ['m', ok(3)],
    ])
    const map = await relayed(engine, { result: `(map string ${R})` }, binding)
    expect([...(map as Map<unknown, unknown>)]).toEqual(list)
  })

  test('any: no plugin, no answer', async () => {
    const engine = new Engine()
    const binding = new Binding('test:leaf', Any([]))
    expect(await relayed(engine, { result: `(list (tuple string ${R}))` }, binding)).toEqual([])
  })
})

test('A10 X4 dependant_error_encoding: who fails is an entry beside the others', async () => {
  const engine = new Engine()
  const binding = new Binding(
    'test:leaf',
    Any([
      ['good', await plug(engine, constant('test:leaf', 1))],
      ['bad', await plug(engine, trapping('test:leaf'))],
    ]),
  )
  const consumer = await plug(engine, relay({ from, result: `(list (tuple string ${R}))`, error }), [binding])
  const unreachable = 'wasm `unreachable` instruction executed'
  expect(consumer.exports.relay()).toEqual([
    ['good', ok(1)],
    ['bad', { tag: 'err', val: { tag: 'runtime-exception', val: unreachable } }],
  ])
  expect(consumer.exports.relay()).toEqual([
    ['good', ok(1)],
    ['bad', { tag: 'err', val: { tag: 'runtime-exception', val: unreachable } }],
  ])
  expect(consumer.state).toBe('ready')
})

test('X3 10.3.15: what another plugin reads is redacted, unless the host wants it otherwise', async () => {
  const secret = { 'test:leaf/root': { getValue: () => expect.fail('password 1234') } }
  const interfaces = { root: { functions: { 'get-value': {} } } }
  const told = async (engine: Engine): Promise<unknown> => {
    const binding = new Binding('test:leaf', ExactlyOne('h', hostPlugin(engine, secret)), { interfaces })
    return await relayed(engine, { result: `(tuple string ${R})` }, binding)
  }
  expect(JSON.stringify(await told(new Engine()))).toBe(
    '["h",{"tag":"err","val":{"tag":"runtime-exception","val":"a host function threw"}}]',
  )
  expect(JSON.stringify(await told(new Engine({ errorsToPlugins: 'full' })))).toContain('password 1234')
})

describe('X1: the error type is matched by name', () => {
  const binding = async (engine: Engine): Promise<BindingAny> =>
    new Binding('test:leaf', ExactlyOne('a', await plug(engine, trapping('test:leaf'))))

  test('fewer cases, in another order, and cases that we do not know', async () => {
    const engine = new Engine()
    const some = '(variant (case "later" u64) (case "runtime-exception" string) (case "lock-rejected"))'
    const given = await relayed(engine, { result: `(tuple string ${R})`, error: some }, await binding(engine))
    expect(given).toMatchObject(['a', { tag: 'err', val: { tag: 'runtime-exception' } }])
  })

  test('A5: none at all: an error without payload', async () => {
    const engine = new Engine()
    const text = relay({ from, result: '(tuple string (result u32))' })
    const consumer = await plug(engine, text, [await binding(engine)])
    expect(consumer.exports.relay()).toEqual(['a', { tag: 'err', val: undefined }])
  })

  test('a case that it lacks traps the consumer, with the cause', async () => {
    const engine = new Engine()
    const text = relay({ from, result: `(tuple string ${R})`, error: '(variant (case "lock-rejected"))' })
    const consumer = await plug(engine, text, [await binding(engine)])
    expect(() => consumer.exports.relay()).toThrow(/kind `runtime-exception`, for which this import declares no case/)
    expect(consumer.trap).toMatchObject({ cause: { kind: 'runtime-exception', cause: { code: 'unreachable' } } })
  })

  test('a payload that disagrees is refused at link', async () => {
    const engine = new Engine()
    const text = relay({ from, result: `(tuple string ${R})`, error: '(variant (case "runtime-exception" u32))' })
    expect(await problemsOf(plug(engine, text, [await binding(engine)]))).toMatchObject([{ kind: 'type-mismatch' }])
  })
})

describe('A3 R1 10.3.5: void functions', () => {
  const voids = async (engine: Engine): Promise<BindingAny> =>
    new Binding('test:leaf', ExactlyOne('v', await plug(engine, voidLeaf('test:leaf'))))
  test.each([
    ['result<_, dispatch-error>', '(result (error $e))', undefined],
    ['the old placeholder', '(result (option u32) (error $e))', undefined],
  ])('%s', async (_, result, val) => {
    const engine = new Engine()
    const shape = { func: 'run', result: `(tuple string ${result})` }
    expect(await relayed(engine, shape, await voids(engine))).toEqual(['v', ok(val)])
  })
})

describe('A1: ids in the type the consumer declares', () => {
  const cases: readonly [string, PluginId, unknown][] = [
    ['string', 'a', 'a'],
    ['char', 'ß', 'ß'],
    ['bool', true, true],
    ['u8', 255, 255],
    ['s8', -1n, -1],
    ['u64', 7, 7n],
    ['s64', -7n, -7n],
  ]
  test.each(cases)('%s', async (type, id, seen) => {
    const engine = new Engine()
    const binding = new Binding('test:leaf', Any(await leaves(engine, id)))
    expect(await relayed(engine, { result: `(list (tuple ${type} ${R}))` }, binding)).toEqual([[seen, ok(1)]])
  })

  const misfits: readonly [string, PluginId][] = [
    ['u8', 256],
    ['u8', 'a'],
    ['char', 'ab'],
    ['string', 1],
    ['u32', 1.5],
    ['bool', 0],
  ]
  test.each(misfits)('%s does not hold %s', async (type, id) => {
    const engine = new Engine()
    const binding = new Binding('test:leaf', Any(await leaves(engine, id)))
    const problems = await problemsOf(relayed(engine, { result: `(list (tuple ${type} ${R}))` }, binding))
    expect(problems).toMatchObject([{ kind: 'bad-id', path: 'test:leaf/root#get-value' }])
  })

  test('later ids must fit too', async () => {
    const engine = new Engine()
    const binding = new Binding('test:leaf', Any(await leaves(engine, 1)))
    await plug(engine, relay({ from, result: `(list (tuple u8 ${R}))`, error }), [binding as BindingAny], { name: 'c' })
    const late = await plug(engine, constant('test:leaf', 9))
    expect(() => (binding as Binding).plug('x' as never, late)).toThrow(
      'test:leaf: id `x` does not fit the id type that consumer `c` declares',
    )
    expect(binding.plugins.size).toBe(1)
  })
})

describe('A6 10.3.6: refused at link', () => {
  const mismatches: readonly [string, Partial<Relay>, string][] = [
    [
      'another result',
      { result: 's32', flat: true },
      'expected func() -> s32, found func() -> u32, alone or in the shape tuple<id, R>',
    ],
    [
      'a parameter too many',
      { params: ['(param "a" u32)'], result: 'u32', flat: true },
      'expected func(a: u32) -> u32',
    ],
    ['another ok', { result: '(tuple string (result string (error $e)))', error }, 'expected string, found u32'],
    [
      'the shape of another kind',
      { result: `(list (tuple string ${R}))`, error },
      'found func() -> u32, alone or in the shape tuple<id, R>',
    ],
  ]
  test.each(mismatches)('%s', async (_, shape, message) => {
    const engine = new Engine()
    const binding = new Binding('test:leaf', ExactlyOne('a', await plug(engine, constant('test:leaf', 1))))
    const problems = await problemsOf(plug(engine, relay({ from, result: R, ...shape }), [binding]))
    expect(problems).toMatchObject([{ kind: 'type-mismatch', path: 'test:leaf/root#get-value' }])
    expect(problems[0]?.message).toContain(message)
  })

  test('plain from many: there is no first one', async () => {
    const engine = new Engine()
    const binding = new Binding('test:leaf', Any(await leaves(engine, 'a', 'b')))
    expect(await problemsOf(plug(engine, relay({ from, result: 'u32', flat: true }), [binding]))).toMatchObject([
      { kind: 'cardinality', expected: 'exactly-one', found: 2, path: 'test:leaf/root#get-value' },
    ])
  })

  test('a function that the contract lacks', async () => {
    const engine = new Engine()
    const binding = new Binding('test:leaf', ExactlyOne('a', await plug(engine, constant('test:leaf', 1))))
    const text = relay({ from, func: 'nope', result: 'u32', flat: true })
    expect(await problemsOf(plug(engine, text, [binding]))).toMatchObject([
      { kind: 'missing-export', path: 'test:leaf/root#nope', found: ['get-value'] },
    ])
  })

  test('L2 duplicate_socket_interfaces; a socket and the host', async () => {
    const engine = new Engine()
    const binding = new Binding('test:leaf', ExactlyOne('a', await plug(engine, constant('test:leaf', 1))))
    const text = relay({ from, result: 'u32', flat: true })
    expect(await problemsOf(plug(engine, text, [binding, binding]))).toMatchObject([{ kind: 'duplicate', path: from }])
    const linker = new Linker(engine).define(from, { getValue: () => 1 })
    const linked = new Plugin(await Component.compile(text)).link(engine, linker, [binding])
    expect(await problemsOf(linked)).toMatchObject([{ kind: 'duplicate', path: from }])
  })

  test('two engines', async () => {
    const [one, two] = [new Engine(), new Engine()]
    const binding = new Binding('test:leaf', ExactlyOne('a', await plug(one, constant('test:leaf', 1))))
    const text = relay({ from, result: 'u32', flat: true })
    expect(await problemsOf(plug(two, text, [binding]))).toMatchObject([{ kind: 'wrong-engine' }])
    const linked = new Plugin(await Component.compile(text)).link(two, new Linker(one), [])
    expect(await problemsOf(linked)).toMatchObject([{ kind: 'wrong-engine' }])
  })

  test('L1: nobody gives it', async () => {
    const engine = new Engine()
    expect(await problemsOf(plug(engine, relay({ from, result: 'u32', flat: true })))).toMatchObject([
      { kind: 'missing-import', path: from },
    ])
  })
})

test('T1 T2 T4 type_erased_binding_cardinality: sockets that nobody imports are fine', async () => {
  const engine = new Engine()
  const entries = await leaves(engine, 'a')
  const [[, one] = []] = entries
  const sockets = [
    new Binding('a:a', ExactlyOne('a', one ?? expect.fail()), { interfaces: {} }),
    new Binding('b:b', AtMostOne()),
    new Binding('c:c', AtLeastOne(entries), { interfaces: {} }),
    new Binding('d:d', Any([])),
  ] as readonly BindingAny[]
  expect((await plug(engine, constant('x:x', 1), sockets)).state).toBe('ready')
})

test('N3: versions: compatible ones serve, others do not', async () => {
  const engine = new Engine()
  const text = (version: string): string => relay({ from: `test:leaf/root@${version}`, result: 'u32', flat: true })
  const binding = new Binding('test:leaf', ExactlyOne('a', await plug(engine, constant('test:leaf@1.2.3', 1))))
  for (const version of ['1.2.3', '1.0.0', '1.9.9']) {
    expect((await plug(engine, text(version), [binding])).exports.relay()).toBe(1)
  }
  for (const version of ['2.0.0', '0.2.0']) {
    expect(await problemsOf(plug(engine, text(version), [binding]))).toMatchObject([{ kind: 'missing-import' }])
  }
})

test('a plain consumer ends with the plugin that it called, and the cause is kept', async () => {
  const engine = new Engine()
  const binding = new Binding(
    'test:leaf',
    ExactlyOne('a', await plug(engine, onceOnly('test:leaf'), [], { name: 'leaf' })),
  )
  const middle = await plug(engine, forwarding('test:mid', 'test:leaf'), [binding])
  const mid = new Binding('test:mid', ExactlyOne('m', middle))
  const top = await plug(engine, relay({ from: 'test:mid/root', result: `(tuple string ${R})`, error }), [mid])
  expect(top.exports.relay()).toEqual(['m', ok(1)])
  expect(top.exports.relay()).toMatchObject(['m', { tag: 'err', val: { tag: 'runtime-exception' } }])
  expect(middle.state).toBe('trapped')
  expect(middle.trap).toMatchObject({ cause: { code: 'unreachable' } })
  expect(top.state).toBe('ready')
})

test('N5 10.3.25: several plugs of one instance, and a consumer of both', async () => {
  const engine = new Engine()
  const text = `(component
    (core module $m (func (export "f") (result i32) (i32.const 5)))
    (core instance $i (instantiate $m))
    (func $f (result u32) (canon lift (core func $i "f")))
    (instance $e (export "get-value" (func $f)))
    (export "one:pkg/root" (instance $e)) (export "two:pkg/root" (instance $e)))`
  const instance = await plug(engine, text)
  const [one, two] = [
    new Binding('one:pkg', ExactlyOne('1', instance)),
    new Binding('two:pkg', ExactlyOne('2', instance)),
  ]
  const first = await plug(engine, relay({ from: 'one:pkg/root', result: 'u32', flat: true }), [one, two])
  const second = await plug(engine, relay({ from: 'two:pkg/root', result: 'u32', flat: true }), [one, two])
  expect([first.exports.relay(), second.exports.relay()]).toEqual([5, 5])
})

test('linkSync links as link does', async () => {
  const engine = new Engine()
  const binding = new Binding('test:leaf', ExactlyOne('a', await plug(engine, constant('test:leaf', 8))))
  const component = await Component.compile(relay({ from, result: 'u32', flat: true }))
  const plugin = new Plugin(component)
  // loads what joins plugins
  await plugin.link(engine, new Linker(engine), [binding])
  expect(plugin.linkSync(engine, new Linker(engine), [binding]).exports.relay()).toBe(8)
})

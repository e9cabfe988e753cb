/** What a tree may say: everything that does not fit is told with its path, left out, and does not spoil the rest. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Engine } from '../../src/index.ts'
import { PluginTree, type TreeProblem } from '../../src/tree/index.ts'
import { constant } from '../plugins/fixtures.ts'
import { told } from './help.ts'

const GOOD = { component: constant('test:root', 1), plug: 'root' }
const BINDING = { package: 'test:root', cardinality: 'any' }

/** Data of any shape, as a host without types may give it. */
const problemsOf = (data: unknown): readonly TreeProblem[] => PluginTree.from(data as never).problems

describe('a plugin that does not fit is left out', () => {
  const rows: readonly (readonly [what: string, entry: unknown, message: string])[] = [
    ['no object', 7, 'plugins.p: expected an object, got 7'],
    ['null', null, 'plugins.p: expected an object, got null'],
    ['an array', [], 'plugins.p: expected an object, got an array'],
    ['no component', { plug: 'root' }, 'plugins.p.component: is missing'],
    ['a component that is none', { ...GOOD, component: 7 }, 'plugins.p.component: expected a component source'],
    ['no plug', { component: '(component)' }, 'plugins.p.plug: is missing'],
    ['an empty plug', { ...GOOD, plug: '' }, 'plugins.p.plug: expected the id of a binding, got ""'],
    ['a plug of the wrong sort', { ...GOOD, plug: ['root', 7] }, 'plugins.p.plug[1]: expected a name, got 7'],
    ['sockets', { ...GOOD, sockets: 'root' }, 'plugins.p.sockets: expected an array, got "root"'],
    ['an unknown setting', { ...GOOD, grant: {} }, 'plugins.p.grant: there is no such setting; there are component,'],
    ['an integrity', { ...GOOD, integrity: 'md5-x' }, 'plugins.p.integrity: expected sha256-…, sha384-… or sha512-…'],
    ['grants', { ...GOOD, grants: { host: 'a' } }, 'plugins.p.grants.host: expected an array, got "a"'],
    ['WASI', { ...GOOD, grants: { wasi: { net: true } } }, 'plugins.p.grants.wasi.net: there is no such setting'],
    [
      'a folder',
      { ...GOOD, grants: { wasi: { dirs: { '/a': {} } } } },
      'plugins.p.grants.wasi.dirs["/a"].host: is missing',
    ],
    [
      'a limit',
      { ...GOOD, limits: { handles: -1 } },
      'plugins.p.limits.handles: expected a whole number, 0 or more, got -1',
    ],
    ['a fraction', { ...GOOD, limits: { handles: 0.5 } }, 'plugins.p.limits.handles: expected a whole number'],
    ['a budget', { ...GOOD, limits: { fuel: 10 } }, 'plugins.p.limits.fuel: expected an object, got 10'],
    ['an unknown limit', { ...GOOD, limits: { memory: 1 } }, 'plugins.p.limits.memory: there is no such setting'],
    [
      'a restart policy',
      { ...GOOD, restart: 'always' },
      'plugins.p.restart: expected "never" or "on-next-call", got "always"',
    ],
    ['half a policy', { ...GOOD, restart: { backoffMs: 1 } }, 'plugins.p.restart.maxRestarts: is missing'],
    [
      'a remap',
      { ...GOOD, remap: { exports: { ops: 'x' } } },
      'plugins.p.remap.exports.ops: expected an object, got "x"',
    ],
  ]
  test.each(rows)('%s', (_, entry, message) => {
    const problems = problemsOf({ root: 'root', bindings: { root: BINDING }, plugins: { good: GOOD, p: entry } })
    expect(problems.map(told)).toEqual([['corrupted-plugin-manifest', 'p']])
    expect(problems[0]?.message).toContain(message)
    expect(problems[0]?.cause).toBeInstanceOf(TypeError)
  })
})

describe('a binding that does not fit is left out', () => {
  const rows: readonly (readonly [what: string, entry: unknown, message: string])[] = [
    ['no object', 'x', 'bindings.b: expected an object, got "x"'],
    ['no package', { cardinality: 'any' }, 'bindings.b.package: is missing'],
    [
      'no package name',
      { ...BINDING, package: 'calc' },
      'bindings.b.package: expected a package name like `acme:calc`',
    ],
    ['an interface name', { ...BINDING, package: 'acme:calc/ops' }, 'bindings.b.package: expected a package name'],
    ['no cardinality', { package: 'a:b' }, 'bindings.b.cardinality: is missing'],
    [
      'another cardinality',
      { ...BINDING, cardinality: 'one' },
      'bindings.b.cardinality: expected "exactly-one" or "at-most-one" or',
    ],
    ['interfaces', { ...BINDING, interfaces: 7 }, 'bindings.b.interfaces: expected an object, got 7'],
    ['an interface', { ...BINDING, interfaces: { a: {} } }, 'bindings.b.interfaces.a.functions: is missing'],
    [
      'a kind',
      { ...BINDING, interfaces: { a: { functions: { f: { kind: 'free' } } } } },
      'bindings.b.interfaces.a.functions.f.kind: expected "freestanding" or "method", got "free"',
    ],
  ]
  test.each(rows)('%s', (_, entry, message) => {
    const problems = problemsOf({ root: 'root', bindings: { root: BINDING, b: entry }, plugins: {} })
    expect(problems.map(told)).toEqual([['corrupted-interface-manifest', 'b']])
    expect(problems[0]?.message).toContain(message)
  })
})

describe('the whole', () => {
  const rows: readonly (readonly [what: string, data: unknown, told: readonly unknown[]])[] = [
    [
      'nothing',
      undefined,
      [
        ['corrupted-interface-manifest', ''],
        ['missing-root', ''],
      ],
    ],
    [
      'a string',
      'tree',
      [
        ['corrupted-interface-manifest', ''],
        ['missing-root', ''],
      ],
    ],
    [
      'an array',
      [],
      [
        ['corrupted-interface-manifest', ''],
        ['missing-root', ''],
      ],
    ],
    [
      'an empty object',
      {},
      [
        ['corrupted-interface-manifest', 'root'],
        ['corrupted-interface-manifest', 'bindings'],
        ['corrupted-plugin-manifest', 'plugins'],
        ['missing-root', ''],
      ],
    ],
    [
      'an unknown setting',
      { root: 'root', bindings: { root: BINDING }, plugins: {}, version: 1 },
      [['corrupted-interface-manifest', 'version']],
    ],
    ['a schema', { $schema: 'x', root: 'root', bindings: { root: BINDING }, plugins: {} }, []],
    ['no root', { root: 'gone', bindings: { root: BINDING }, plugins: {} }, [['missing-root', 'gone']]],
    [
      'plugins without a place: interfaces come first, then plugins, then what is missing',
      {
        root: 'gone',
        bindings: { root: BINDING, bad: 7 },
        plugins: { a: { ...GOOD, plug: 'nowhere' }, bad: 7, b: { ...GOOD, plug: ['root', 'nowhere'] } },
      },
      [
        ['corrupted-interface-manifest', 'bad'],
        ['corrupted-plugin-manifest', 'bad'],
        ['missing-interface', 'nowhere', 2],
        ['missing-root', 'gone'],
      ],
    ],
  ]
  test.each(rows)('%s', (_, data, expected) => {
    expect(problemsOf(data).map(told)).toEqual(expected)
  })

  test('a missing interface names the plugins it leaves without a place', () => {
    const plugins = { a: { ...GOOD, plug: 'nowhere' }, b: { ...GOOD, plug: ['root', 'nowhere'] } }
    const [problem] = problemsOf({ root: 'root', bindings: { root: BINDING }, plugins })
    expect(problem).toMatchObject({ kind: 'missing-interface', found: 2, through: ['a', 'b'] })
  })

  test('more than ten thousand are refused, and not looked at', () => {
    const many = Object.fromEntries(Array.from({ length: 10_001 }, (_, i) => [`p${i}`, GOOD]))
    const problems = problemsOf({ root: 'root', bindings: { root: BINDING }, plugins: many })
    expect(problems.map(told)).toEqual([['corrupted-plugin-manifest', 'plugins']])
    expect(problems[0]?.message).toBe('plugins: 10001 entries, at most 10000')
  })
})

describe('names that mean something to JavaScript are names', () => {
  const text = JSON.stringify({
    root: '__proto__',
    bindings: {
      ROOT: { package: 'test:root', cardinality: 'any' },
      constructor: { package: 'test:other', cardinality: 'any' },
    },
    plugins: { TOSTRING: { component: constant('test:root', 1), plug: '__proto__', limits: {} } },
  })
    .replace('"ROOT"', '"__proto__"')
    .replace('"TOSTRING"', '"toString"')

  test('as ids', async () => {
    const { tree, problems } = PluginTree.from(JSON.parse(text))
    expect(problems).toEqual([])
    expect(tree.toText()).toBe(`__proto__: any number of test:root
└─ toString

used by whom, a check will tell:
constructor: any number of test:other, none there
`)
  })

  test('as settings, they are unknown', () => {
    const data = `{ "root": "root", "bindings": { "root": { "package": "test:root", "cardinality": "any" } },
      "plugins": { "p": { "component": "(component)", "plug": "root", "__proto__": { "limits": {} } } } }`
    const problems = problemsOf(JSON.parse(data))
    expect(problems[0]?.message).toContain('plugins.p.__proto__: there is no such setting')
    expect(Reflect.get({}, 'limits')).toBe(undefined)
  })

  test('what is inherited is not there', () => {
    const entry: object = Object.create({ component: '(component)', plug: 'root' })
    expect(problemsOf({ root: 'root', bindings: { root: BINDING }, plugins: { p: entry } })[0]?.message).toBe(
      'plugins.p.component: is missing',
    )
  })
})

test('messages show names escaped and cut', () => {
  const id = `\u001b[2J${'x'.repeat(2000)}`
  const [problem] = problemsOf({ root: 'root', bindings: { root: BINDING }, plugins: { [id]: GOOD } })
  expect(problem?.message).toMatch(/^plugins\["\\\\u\{1b\}\[2Jx+\.\.\."\]: 2004 characters, at most 1000$/)
})

describe('whatever is written', () => {
  /** A good tree with one thing in it replaced by anything. */
  const spoilt = fc
    .tuple(
      fc.constantFrom(
        ['root'],
        ['bindings'],
        ['plugins'],
        ['bindings', 'root'],
        ['plugins', 'p'],
        ...Object.keys(BINDING).map((key) => ['bindings', 'root', key]),
        ...['interfaces', '__proto__', 'x'].map((key) => ['bindings', 'root', key]),
        ...['component', 'plug', 'sockets', 'grants', 'limits', 'remap', 'restart', 'integrity', 'constructor'].map(
          (key) => ['plugins', 'p', key],
        ),
      ),
      fc.oneof(fc.jsonValue(), fc.constantFrom('root', ['root'], {}, [], null)),
    )
    .map(([path, value]) => {
      const data = JSON.parse(JSON.stringify({ root: 'root', bindings: { root: BINDING }, plugins: { p: GOOD } }))
      const last = path.at(-1) ?? ''
      let at = data
      for (const key of path.slice(0, -1)) at = at[key]
      Object.defineProperty(at, last, { value, enumerable: true, configurable: true, writable: true })
      return data as unknown
    })

  test('is told, drawn and checked, and nothing is thrown', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(spoilt, fc.jsonValue()), async (data) => {
        const { tree, problems } = PluginTree.from(data as never)
        for (const { message } of problems) expect(message.length).toBeLessThan(2000)
        const found = await tree.check(new Engine())
        for (const { kind } of [...problems, ...found]) expect(kind).toMatch(/^[a-z-]+$/)
        expect(tree.toSvg()).toMatch(/<\/svg>\n$/)
        expect(tree.toText()).toMatch(/\n$/)
      }),
      { numRuns: 150 },
    )
    expect(Object.keys(Object.prototype)).toEqual([])
  })
})

/** A folder of components: which bindings are read off them, and what stands in the way. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { Engine } from '../../src/index.ts'
import { parseText } from '../../src/text.ts'
import { PluginTree } from '../../src/tree/index.ts'
import { constant, DISPATCH_ERROR, forwarding, interfaceName, leaf, relay, summing } from '../plugins/fixtures.ts'
import { errorOf, headOf, told, valuesOf } from './help.ts'

const top = mkdtempSync(join(tmpdir(), 'wasm-link-folder-'))
afterAll(() => rmSync(top, { recursive: true, force: true }))
let count = 0

/** File name → content. */
async function folder(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const path = join(top, `f${++count}`)
  mkdirSync(path)
  for (const [name, content] of Object.entries(files)) {
    const bytes = name.endsWith('.wasm') && typeof content === 'string' ? await parseText(content) : content
    writeFileSync(join(path, name), bytes)
  }
  return path
}

/** Binding → cardinality, package and plugs; plugin → sockets. */
async function drawn(path: string, options = {}): Promise<string> {
  return (await PluginTree.read(path, options)).tree.toText()
}

const relayOf = (from: string, result: string): string =>
  relay({ from, result, error: DISPATCH_ERROR }).replace(
    '(export "relay" (func $relay))',
    '(instance $out (export "relay" (func $relay))) (export "test:app/root" (instance $out))',
  )
const R = '(result u32 (error $e))'

test('names, bindings, sockets and the root', async () => {
  const path = await folder({
    'app.component.wasm': summing('test:app', ['test:b', 'test:c']),
    'b.wasm': forwarding('test:b', 'test:d'),
    'c.wat': forwarding('test:c', 'test:d'),
    'd v1.wasm': constant('test:d', 3),
    'README.md': 'not a component',
  })
  mkdirSync(join(path, 'inner.wasm'))
  const { tree, problems } = await PluginTree.read(path)
  expect(problems).toEqual([])
  expect(tree.toText()).toBe(`test:app: exactly one of test:app
└─ app  app.component.wasm
   ├─ test:b: exactly one of test:b
   │  └─ b  b.wasm
   │     └─ test:d: exactly one of test:d
   │        └─ d v1  d v1.wasm
   └─ test:c: exactly one of test:c
      └─ c  c.wat
         └─ ↑ test:d
`)
  const head = headOf(await tree.load(new Engine()))
  expect(valuesOf(head.root.dispatch('root', 'get-value'))).toEqual([['app', 6]])
})

describe('how a consumer imports a package says how many plugins it takes', () => {
  test.each([
    ['plainly', forwarding('test:app', 'test:d'), 'exactly one', 1],
    ['a tuple', relayOf('test:d/root', `(tuple string ${R})`), 'exactly one', 1],
    ['an option', relayOf('test:d/root', `(option (tuple string ${R}))`), 'at most one', 1],
    ['a list', relayOf('test:d/root', `(list (tuple string ${R}))`), 'any number', 3],
    ['a map', relayOf('test:d/root', `(map string ${R})`), 'any number', 2],
  ])('%s', async (_, app, expected, plugins) => {
    const files = Object.fromEntries(Array.from({ length: plugins }, (_, i) => [`d${i}.wasm`, constant('test:d', i)]))
    const path = await folder({ 'app.wasm': app, ...files })
    expect(await drawn(path)).toContain(`test:d: ${expected} of test:d\n`)
    expect(await (await PluginTree.read(path)).tree.check(new Engine())).toEqual([])
  })

  test('two plugins where one is taken are one too many', async () => {
    const path = await folder({
      'app.wasm': forwarding('test:app', 'test:d'),
      'd.wasm': constant('test:d', 1),
      'e.wasm': constant('test:d', 2),
    })
    const { tree } = await PluginTree.read(path)
    expect((await tree.check(new Engine())).map(told)).toEqual([['failed-cardinality-requirements', 'test:d', 2]])
  })
})

test('versions that can stand for each other are one binding, others are another', async () => {
  const app = `(component ${['1.2.0', '2.0.0'].map((v, i) => `(import "test:d/root@${v}" (instance $d${i} (export "get-value" (func (result u32)))))`).join('')}
    ${leaf('test:app/root', '(func (export "f"))', { f: '' }).replace('(component', '')}`
  const path = await folder({
    'app.wasm': app,
    'old.wasm': constant('test:d@1.3.1', 1),
    'new.wasm': constant('test:d@2.1.0', 2),
  })
  expect(await drawn(path)).toBe(`test:app: exactly one of test:app
└─ app  app.wasm
   ├─ test:d@1.3.1: exactly one of test:d@1.3.1
   │  └─ old  old.wasm
   └─ test:d@2.1.0: exactly one of test:d@2.1.0
      └─ new  new.wasm
`)
})

test('types alone join nobody', async () => {
  const app = `(component (import "${interfaceName('test:d', 'root')}" (instance (type $t' u32) (export "t" (type (eq $t')))))
    ${constant('test:app', 1).replace('(component', '')}`
  const path = await folder({ 'app.wasm': app, 'd.wasm': constant('test:d', 1) })
  const { problems } = await PluginTree.read(path)
  expect(problems.map(told)).toEqual([['missing-root', '', 2]])
})

describe('the root', () => {
  test('is a choice where two packages are free', async () => {
    const path = await folder({ 'a.wasm': constant('test:a', 1), 'b.wasm': constant('test:b', 2) })
    const { tree, problems } = await PluginTree.read(path)
    expect(problems).toMatchObject([
      { kind: 'missing-root', message: expect.stringContaining('name one of them as the root: `test:a`, `test:b`') },
    ])
    expect(errorOf(await tree.load(new Engine()))).toEqual(['missing-root', '', 2])
    const chosen = await PluginTree.read(path, { root: 'test:b' })
    expect(chosen.problems).toEqual([])
    const head = headOf(await chosen.tree.load(new Engine()))
    expect(valuesOf(head.root.dispatch('root', 'get-value'))).toEqual([['b', 2]])
    expect([...head.plugins.keys()]).toEqual(['b'])
  })

  test('is missing in a loop, which a chosen root shows', async () => {
    const path = await folder({ 'a.wasm': forwarding('test:a', 'test:b'), 'b.wasm': forwarding('test:b', 'test:a') })
    expect((await PluginTree.read(path)).problems.map(told)).toEqual([['missing-root', '', 0]])
    const { tree } = await PluginTree.read(path, { root: 'test:a' })
    expect((await tree.check(new Engine())).map(told)).toEqual([['loop-detected', 'test:a']])
  })

  test('is missing where nothing is', async () => {
    const { problems } = await PluginTree.read(await folder({}))
    expect(problems).toMatchObject([{ kind: 'missing-root', message: expect.stringContaining('nothing here exports') }])
  })
})

test('files that are no components are told and left out', async () => {
  const path = await folder({
    'a.wasm': constant('test:a', 1),
    'bad.wat': '(component (nonsense))',
    'core.wasm': Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0),
    'empty.wasm': new Uint8Array(),
  })
  symlinkSync('/dev/zero', join(path, 'endless.wasm'))
  symlinkSync(join(path, '..'), join(path, 'above.wasm'))
  const { tree, problems } = await PluginTree.read(path)
  expect(problems.map(told)).toEqual([
    ['failed-to-load-component', 'above'],
    ['failed-to-load-component', 'bad'],
    ['failed-to-load-component', 'core'],
    ['failed-to-load-component', 'empty'],
    ['failed-to-load-component', 'endless'],
  ])
  expect(problems.at(-1)?.message).toContain('leads out of the folder')
  expect(await tree.check(new Engine())).toEqual([])
})

test('of two files with one name the second is told and left out', async () => {
  const path = await folder({ 'a.wasm': constant('test:a', 1), 'a.wat': constant('test:a', 2) })
  const { tree, problems } = await PluginTree.read(path)
  expect(problems).toMatchObject([
    { kind: 'corrupted-plugin-manifest', subject: 'a', message: '`a.wat` and `a.wasm` are both called `a`' },
  ])
  expect(valuesOf(headOf(await tree.load(new Engine())).root.dispatch('root', 'get-value'))).toEqual([['a', 1]])
})

test('nothing is granted', async () => {
  const app = `(component (import "wasi:random/random@0.2.0" (instance (export "get-random-u64" (func (result u64)))))
    ${constant('test:app', 1).replace('(component', '')}`
  const { tree } = await PluginTree.read(await folder({ 'app.wasm': app }))
  const problems = await tree.check(new Engine())
  expect(problems.map(told)).toEqual([['failed-to-link', 'app']])
  expect(problems[0]?.message).toContain('import `wasi:random/random@0.2.0` was not found')
})

/** Manifests from files and servers: what they may name, how far they reach, and what hostile ones come to. */
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Engine } from '../../src/index.ts'
import { parseText } from '../../src/text.ts'
import { type Manifest, PluginTree, type TreeProblem } from '../../src/tree/index.ts'
import { constant } from '../plugins/fixtures.ts'
import { errorOf, headOf, told, valuesOf } from './help.ts'

const folder = mkdtempSync(join(tmpdir(), 'wasm-link-tree-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
mkdirSync(join(folder, 'plugins', 'inner'), { recursive: true })
const LEAF = constant('test:root', 42)
const leafPath = join(folder, 'plugins', 'leaf.wat')
writeFileSync(leafPath, LEAF)
writeFileSync(join(folder, 'outside.wat'), LEAF)
symlinkSync(join(folder, 'outside.wat'), join(folder, 'plugins', 'link.wat'))
symlinkSync(leafPath, join(folder, 'plugins', 'inner', 'within.wat'))

function manifest(content: unknown): string {
  const path = join(folder, 'plugins', 'tree.json')
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

const of = (plugin: object): object => ({
  root: 'root',
  bindings: { root: { package: 'test:root', cardinality: 'exactly-one' } },
  plugins: { p: { component: 'leaf.wat', plug: 'root', ...plugin } },
})

async function loadedFrom(plugin: object, options = {}) {
  const { tree, problems } = await PluginTree.read(manifest(of(plugin)), options)
  return { problems, loaded: await tree.load(new Engine()) }
}

describe('where a manifest may be', () => {
  test.each([
    ['a path', (path: string) => path],
    ['a URL', (path: string) => pathToFileURL(path)],
    ['a URL as a string', (path: string) => pathToFileURL(path).href],
  ])('%s', async (_, place) => {
    const content: Manifest = {
      root: 'root',
      bindings: { root: { package: 'test:root', cardinality: 'exactly-one' } },
      plugins: { p: { component: './leaf.wat', plug: 'root' } },
    }
    const { tree, problems } = await PluginTree.read(place(manifest(content)))
    expect(problems).toEqual([])
    const head = headOf(await tree.load(new Engine()))
    expect(valuesOf(head.root.dispatch('root', 'get-value'))).toEqual([['p', 42]])
    await head[Symbol.asyncDispose]()
    expect(head.plugins.get('p')?.state).toBe('disposed')
  })

  test.each([
    ['nowhere', () => join(folder, 'gone.json'), 'there is no such file'],
    ['no address', () => 'http://', 'Invalid URL'],
    ['no JSON', () => manifest('{'), 'cannot read the manifest: no JSON: '],
    [
      'not UTF-8',
      () => {
        const path = join(folder, 'bad.json')
        writeFileSync(path, Uint8Array.of(0x22, 0xff, 0x22))
        return path
      },
      'malformed UTF-8 encoding',
    ],
    ['too long', () => manifest(`"${'x'.repeat(5 * 2 ** 20)}"`), 'reached'],
  ])('%s: one problem, and a tree of nothing', async (_, place, message) => {
    const { tree, problems } = await PluginTree.read(place())
    expect(problems.map(({ kind }) => kind)).toEqual(['corrupted-interface-manifest'])
    expect(problems[0]?.message).toContain(message)
    const loaded = await tree.load(new Engine())
    expect(loaded).toMatchObject({ ok: false, error: problems[0], problems: [] })
    expect(await tree.check(new Engine())).toEqual([problems[0]])
    expect(tree.toText()).toContain('NO SUCH BINDING')
  })

  test('deep JSON neither hangs nor overflows', async () => {
    const { problems } = await PluginTree.read(manifest(`{"root":${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}}`))
    expect(problems.map(({ kind }) => kind)).toContain('corrupted-interface-manifest')
  })

  test('another root than it names', async () => {
    const { tree, problems } = await PluginTree.read(manifest(of({})), { root: 'other' })
    expect(problems.map(told)).toEqual([['missing-root', 'other']])
    expect(errorOf(await tree.load(new Engine()))).toEqual(['missing-root', 'other'])
  })
})

describe('how far it reaches', () => {
  test.each([
    '../outside.wat',
    '/etc/passwd',
    'file:///etc/passwd',
    'http://example.invalid/x.wasm',
    'inner/../../outside.wat',
    '%2e%2e/outside.wat',
  ])('%s leads out of its folder', async (component) => {
    const { problems } = await loadedFrom({ component })
    expect(problems.map(told)).toEqual([['corrupted-plugin-manifest', 'p']])
    expect(problems[0]?.message).toContain('plugins.p.component: ')
    expect(problems[0]?.message).toContain('allowed only with `outside`')
  })

  test('a link out of the folder is seen when it is read', async () => {
    const { problems, loaded } = await loadedFrom({ component: 'link.wat' })
    expect(problems).toEqual([])
    expect(errorOf(loaded)).toEqual(['failed-to-read-wasm', 'p'])
    expect(loaded).toMatchObject({ error: { message: expect.stringContaining('leads out of the folder') } })
  })

  test('a link within the folder is followed', async () => {
    expect(errorOf((await loadedFrom({ component: 'inner/within.wat' })).loaded)).toBe(undefined)
  })

  test.each(['../outside.wat', 'link.wat', pathToFileURL(join(folder, 'outside.wat')).href])(
    '%s, when it is allowed',
    async (component) => {
      const { problems, loaded } = await loadedFrom({ component }, { outside: true })
      expect(problems).toEqual([])
      expect(errorOf(loaded)).toBe(undefined)
    },
  )

  test.each(['javascript:alert(1)', 'ftp://example.invalid/x'])('%s is no address of a file', async (component) => {
    const { problems } = await loadedFrom({ component }, { outside: true })
    expect(problems[0]?.message).toContain('is no address of a file')
  })

  test.each([
    ['the network', { network: true }, 'plugins.p.grants.wasi.network: leads out'],
    [
      'a folder above',
      { dirs: { '/data': { host: '..' } } },
      'plugins.p.grants.wasi.dirs["/data"].host: `..` leads out',
    ],
    ['the root', { dirs: { '/': { host: '/' } } }, 'plugins.p.grants.wasi.dirs["/"].host: `/` leads out'],
    ['a server', { dirs: { '/': { host: 'http://x.invalid/' } } }, 'leads out'],
  ])('a grant of %s', async (_, wasi, message) => {
    const { problems } = await loadedFrom({ grants: { wasi } })
    expect(problems.map(told)).toEqual([['corrupted-plugin-manifest', 'p']])
    expect(problems[0]?.message).toContain(message)
  })

  test('a grant of a folder beside it, read-only unless it says more', async () => {
    const { problems, loaded } = await loadedFrom({ grants: { wasi: { dirs: { '/in': { host: 'inner' } } } } })
    expect(problems).toEqual([])
    expect(errorOf(loaded)).toBe(undefined)
  })
})

describe('what only a host can say', () => {
  test.each([
    ['a context', { context: 1 }, 'plugins.p.context: a context cannot stand in a manifest'],
    ['a pool', { limits: { fuel: { pool: {} } } }, 'plugins.p.limits.fuel.pool: a pool cannot stand in a manifest'],
    [
      'a function',
      { limits: { timeoutMs: { perCall: 'x' } } },
      'plugins.p.limits.timeoutMs.perCall: a function cannot',
    ],
    ['an adapter', { remap: { exports: { root: { adapt: {} } } } }, 'plugins.p.remap.exports.root.adapt: an adapter'],
    ['a stream', { grants: { wasi: { stdin: 'x' } } }, 'plugins.p.grants.wasi.stdin: a stream cannot'],
  ])('%s', async (_, plugin, message) => {
    const { problems } = await loadedFrom(plugin)
    expect(problems[0]?.message).toContain(message)
  })
})

describe('integrity', () => {
  const digest = `sha256-${createHash('sha256').update(LEAF).digest('base64')}`
  const compiled = (plugin: object) => loadedFrom(plugin).then(({ loaded }) => loaded)

  test('bytes as promised, of a binary and of a text', async () => {
    const bytes = await parseText(LEAF)
    writeFileSync(join(folder, 'plugins', 'leaf.wasm'), bytes)
    const integrity = `sha384-${createHash('sha384').update(bytes).digest('base64')}`
    expect(errorOf(await compiled({ component: 'leaf.wasm', integrity }))).toBe(undefined)
    expect(errorOf(await compiled({ integrity: digest }))).toBe(undefined)
  })

  test('other bytes', async () => {
    const loaded = await compiled({ integrity: digest.replace(/-.{6}/, '-AAAAAA') })
    expect(errorOf(loaded)).toEqual(['failed-to-load-component', 'p'])
    expect(loaded).toMatchObject({ error: { message: expect.stringContaining('do not match the given integrity') } })
  })
})

describe('WIT as a contract', () => {
  const withWit = (wit: string, cardinality = 'any'): object => ({
    root: 'root',
    bindings: { root: { package: 'test:root', cardinality, interfaces: wit } },
    plugins: { p: { component: 'leaf.wat', plug: 'root' } },
  })
  const problemsOf = async (content: object): Promise<readonly TreeProblem[]> => {
    const { tree, problems } = await PluginTree.read(manifest(content))
    expect(problems).toEqual([])
    return await tree.check(new Engine())
  }

  test('that fits', async () => {
    const wit = 'package test:root; interface types { type id = u8; } interface root { get-value: func() -> u32; }'
    expect(await problemsOf(withWit(wit))).toEqual([])
  })

  test('that does not fit', async () => {
    const problems = await problemsOf(withWit('package test:root; interface root { get-value: func() -> string; }'))
    expect(problems.map(told)).toEqual([['failed-to-link', 'p']])
    expect(problems[0]?.message).toContain('test:root/root#get-value: ')
    expect(problems[0]?.message).toContain('expected string, found u32')
  })

  test('of another package', async () => {
    const problems = await problemsOf(withWit('package test:other; interface root {}'))
    expect(problems.map(told)).toEqual([['corrupted-interface-manifest', 'root']])
    expect(problems[0]?.message).toContain('bindings.root.interfaces: test:root: no such package')
  })

  test('that is none', async () => {
    const problems = await problemsOf(withWit('interface {'))
    expect(problems.map(told)).toEqual([['corrupted-interface-manifest', 'root']])
    expect(problems[0]?.cause).toMatchObject({ kind: 'malformed', line: 1 })
  })
})

describe('from a server', () => {
  const files: Record<string, string> = {}
  const server = createServer((request, response) => {
    const body = files[request.url ?? '']
    if (request.url === '/trees/moved.wat') response.writeHead(302, { location: '/elsewhere.wat' }).end()
    else response.writeHead(body === undefined ? 404 : 200).end(body)
  })
  let base = ''
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    base = typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}` : ''
  })
  afterAll(() => {
    server.close()
  })

  const load = async (plugin: object, options = {}) => {
    files['/trees/tree.json'] = JSON.stringify(of(plugin))
    files['/trees/leaf.wat'] = LEAF
    files['/elsewhere.wat'] = LEAF
    const { tree, problems } = await PluginTree.read(`${base}/trees/tree.json`, options)
    return { problems, loaded: await tree.load(new Engine()) }
  }

  test('components beside it', async () => {
    expect(errorOf((await load({})).loaded)).toBe(undefined)
  })

  test('a component that is not there', async () => {
    const { loaded } = await load({ component: 'gone.wasm' })
    expect(errorOf(loaded)).toEqual(['failed-to-read-wasm', 'p'])
    expect(loaded).toMatchObject({ error: { message: 'status 404' } })
  })

  test('elsewhere on the server, by name or by redirection, only when it is allowed', async () => {
    expect((await load({ component: '/elsewhere.wat' })).problems.map(told)).toEqual([
      ['corrupted-plugin-manifest', 'p'],
    ])
    expect(errorOf((await load({ component: 'moved.wat' })).loaded)).toEqual(['failed-to-read-wasm', 'p'])
    expect(errorOf((await load({ component: 'moved.wat' }, { outside: true })).loaded)).toBe(undefined)
  })

  test('it reaches no folder of this machine', async () => {
    const dirs = { '/': { host: pathToFileURL(folder).href } }
    expect((await load({ grants: { wasi: { dirs } } })).problems[0]?.message).toContain('leads out')
    const beside = await load({ grants: { wasi: { dirs: { '/': { host: './x' } } } } })
    expect(beside.problems[0]?.message).toContain('is no folder of this machine')
  })
})

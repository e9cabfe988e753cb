/** `graph`, `check` and `link`: plugin graphs on the command line. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { adding, constant, forwarding, trapping } from '../plugins/fixtures.ts'
import { cli } from './help.ts'

const cwd = mkdtempSync(join(tmpdir(), 'wasm-link-trees-'))
afterAll(() => rmSync(cwd, { recursive: true, force: true }))
mkdirSync(join(cwd, 'parts'))
const put = (name: string, content: string): void => writeFileSync(join(cwd, name), content)
put('parts/calc.wat', forwarding('test:calc', 'test:leaf'))
put('parts/leaf.wat', constant('test:leaf', 42))
put('boom.wat', trapping('test:many'))
put('one.wat', constant('test:many', 1))
put('two.wat', constant('test:many', 2))
put('add.wat', adding('test:add'))

const manifest = (name: string, content: object): string => {
  put(name, JSON.stringify(content))
  return name
}
const many = manifest('many.json', {
  root: 'many',
  bindings: { many: { package: 'test:many', cardinality: 'any' } },
  plugins: {
    two: { component: 'two.wat', plug: 'many' },
    boom: { component: 'boom.wat', plug: 'many' },
    gone: { component: 'gone.wat', plug: 'many' },
    one: { component: 'one.wat', plug: 'many' },
  },
})
const add = manifest('add.json', {
  root: 'add',
  bindings: { add: { package: 'test:add', cardinality: 'exactly-one' } },
  plugins: { add: { component: 'add.wat', plug: 'add' } },
})
const hosted = manifest('hosted.json', {
  root: 'calc',
  bindings: { calc: { package: 'test:calc', cardinality: 'exactly-one' } },
  plugins: { calc: { component: 'parts/calc.wat', plug: 'calc', grants: { host: ['test:leaf/root'] } } },
})

const run = (...args: readonly string[]) => cli(args, { cwd })

describe('graph', () => {
  const TEXT = `test:calc: exactly one of test:calc
└─ calc  fits  calc.wat
   └─ test:leaf: exactly one of test:leaf
      └─ leaf  fits  leaf.wat
`
  test('of a folder, as text', async () => {
    expect(await run('graph', 'parts')).toEqual({ code: 0, out: TEXT, err: '' })
  })

  test('as a picture', async () => {
    expect(await run('graph', 'parts', '-o', 'parts.svg')).toEqual({ code: 0, out: '', err: '' })
    expect(readFileSync(join(cwd, 'parts.svg'), 'utf8')).toMatch(/^<svg .*<\/svg>\n$/s)
  })

  test('with what is wrong, there and beside it', async () => {
    const { code, out, err } = await run('graph', many)
    expect(code).toBe(0)
    expect(err).toBe('failed-to-read-wasm: gone: there is no such file\n')
    expect(out).toContain('├─ gone  FAILED  gone.wat\n│  ! there is no such file\n')
  })

  test.each([
    [['graph'], 2, 'graph: which MANIFEST or DIR?'],
    [['graph', 'a', 'b'], 2, 'graph: one MANIFEST or DIR, got `b` too'],
    [['graph', 'parts', '-o', 'x.png'], 2, 'graph: -o: expected FILE.svg, got `x.png`'],
    [['graph', 'parts', '-o', 'no/x.svg'], 1, 'cannot write no/x.svg: '],
    [['graph', 'parts', '--root', 'x'], 1, 'missing-root: x: the root `x` is not among the bindings'],
    [['graph', 'nowhere'], 1, 'nowhere: there is no such file'],
  ])('%j', async (args, code, message) => {
    const ran = await run(...args)
    expect(ran.code).toBe(code)
    expect(ran.err).toContain(message)
    expect(ran.out).toBe('')
  })
})

describe('check', () => {
  test('that everything fits', async () => {
    expect(await run('check', 'parts')).toEqual({ code: 0, out: 'everything fits\n', err: '' })
    expect(await run('check', 'parts', '-q')).toEqual({ code: 0, out: '', err: '' })
  })

  test('that something does not', async () => {
    const line = 'failed-to-read-wasm: gone: there is no such file\n'
    expect(await run('check', many)).toEqual({ code: 1, out: line, err: '' })
  })

  test('what a host will give is taken as given', async () => {
    expect((await run('check', hosted)).code).toBe(0)
    expect((await run('link', hosted, '--invoke', 'get-value()')).err).toContain('`test:leaf/root` was not found')
  })

  test('a manifest that leads out of its folder, and is allowed to', async () => {
    const inner = { component: '../one.wat', plug: 'r' }
    const name = manifest('parts/out.json', {
      root: 'r',
      bindings: { r: { package: 'test:many', cardinality: 'exactly-one' } },
      plugins: { p: inner },
    })
    const refused = await run('check', name)
    expect(refused.code).toBe(1)
    expect(refused.out).toMatch(
      /^corrupted-plugin-manifest: p: plugins\.p\.component: `\.\.\/one\.wat` leads out of the folder/,
    )
    expect((await run('check', name, '--outside')).code).toBe(0)
    rmSync(join(cwd, name))
  })
})

describe('link', () => {
  test('and call, by any of the names', async () => {
    for (const call of ['get-value()', 'root.get-value()', 'test:calc/root#get-value()'])
      expect(await run('link', 'parts', '--invoke', call)).toEqual({ code: 0, out: '42\n', err: '' })
    expect(await run('link', add, '--invoke', 'add(40, 2)', '--json')).toEqual({ code: 0, out: '42\n', err: '' })
  })

  test('a line for each plugin, and the worst exit code', async () => {
    const { code, out, err } = await run('link', many, '--invoke', 'get-value()')
    expect({ code, out }).toEqual({ code: 134, out: 'two: 2\none: 1\n' })
    expect(err).toMatch(/^failed-to-read-wasm: gone: .*\nboom: error: runtime-exception: .*unreachable/s)
  })

  test('as JSON', async () => {
    const { out } = await run('link', many, '--invoke', 'get-value()', '--json', '-q')
    expect(out).toBe('')
    const loud = await run('link', many, '--invoke', 'get-value()', '--json')
    expect(JSON.parse(loud.out)).toEqual([
      { id: 'two', value: 2 },
      { id: 'boom', error: { kind: 'runtime-exception', message: expect.stringContaining('unreachable') } },
      { id: 'one', value: 1 },
    ])
  })

  test.each([
    [['link', 'parts'], 2, 'link: --invoke CALL says what to call'],
    [
      ['link', 'parts', '--invoke', 'add(1, 2)'],
      2,
      '--invoke: there is no function `add`; there are\n  test:calc/root#get-value: func() -> u32',
    ],
    [['link', add, '--invoke', 'add(1)'], 2, 'add'],
    [
      ['link', hosted, '--invoke', 'x()'],
      1,
      'error: failed-to-link: calc: test:leaf/root: import `test:leaf/root` was not found',
    ],
  ])('%j', async (args, code, message) => {
    const ran = await run(...args)
    expect(ran.code).toBe(code)
    expect(ran.err).toContain(message)
    expect(ran.out).toBe('')
  })
})

test('help names the verbs', async () => {
  const { out } = await run('help')
  for (const verb of ['graph', 'check', 'link']) expect(out).toMatch(new RegExp(`\n {2}${verb} +\\w`))
  expect((await run('link', '--help')).out).toContain('--invoke CALL')
})

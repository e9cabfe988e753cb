/** `parse`, `print` and `wast` as a shell sees them. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { cli } from './help.ts'

const folder = mkdtempSync(join(tmpdir(), 'wasm-link-text-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const file = (name: string, content: string): string => {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

const TEXT = '(component\n  (type (;0;) (list u8))\n)\n'

describe('parse and print', () => {
  test('there and back', async () => {
    const wasm = join(folder, 'a.wasm')
    expect(await cli(['parse', file('a.wat', '(component (type (list u8)))'), '-o', wasm])).toEqual({
      code: 0,
      out: '',
      err: '',
    })
    expect(await cli(['print', wasm])).toEqual({ code: 0, out: TEXT, err: '' })
    const out = join(folder, 'b.wat')
    expect(await cli(['print', wasm, '-o', out])).toEqual({ code: 0, out: '', err: '' })
    expect(readFileSync(out, 'utf8')).toBe(TEXT)
    // text is printed too, without its sugar
    expect((await cli(['print', out])).out).toBe(TEXT)
  })

  test('a fault is shown where it is', async () => {
    const path = file('bad.wat', '(component\n  (type (lst u8)))')
    const { code, err } = await cli(['parse', path, '-o', '-'])
    expect(code).toBe(1)
    expect(err).toContain(`--> ${path}:2:10\n  |\n2 |   (type (lst u8)))\n  |          ^`)
  })

  test.each([
    [['parse'], 'expected one FILE'],
    [['parse', 'a.wat'], 'say where the component goes: -o FILE.wasm'],
    [['print'], 'expected one FILE'],
    [['print', 'a', 'b'], 'expected one FILE'],
  ])('%j is wrong usage', async (args, message) => {
    const { code, err } = await cli(args)
    expect(code).toBe(2)
    expect(err).toContain(message)
  })
})

describe('wast', () => {
  const script = file(
    's.wast',
    '(component)\n(assert_invalid (component) "a rule")\n(assert_invalid (component (type (list 3))) "zebra")\n',
  )

  test('a line for what failed, then the counts', async () => {
    expect(await cli(['wast', script])).toEqual({
      code: 1,
      out: `${script}:2: expected invalid: a rule; got valid\n2 passed, 1 failed, 0 skipped in 1 file\n0 of 1 expected messages match\n`,
      err: '',
    })
  })

  test('other messages are listed when asked for', async () => {
    const { out } = await cli(['wast', script, '--messages'])
    expect(out).toMatch(/s\.wast:3: message expected zebra; got unknown type 3/)
  })

  test('a skip list excuses a failure, and nothing else', async () => {
    const skip = file('list.skip', '# known\ns.wast:2 known\n')
    expect(await cli(['wast', script, '--skip', skip])).toMatchObject({ code: 0 })
    const stale = file('stale.skip', 's.wast:1 known\ns.wast:2 known\nother.wast:1 not run\n')
    const { code, out } = await cli(['wast', script, '--skip', stale])
    expect(code).toBe(1)
    expect(out).toContain(
      's.wast:1: expected a failure, because the skip list says: known; got none: the entry is out of date\n',
    )
    expect(out).not.toContain('other.wast')
  })

  test('--json says everything', async () => {
    const skip = file('list2.skip', 's.wast:2 known')
    const { out } = await cli(['wast', script, '--json', '--skip', skip])
    expect(JSON.parse(out)).toEqual({
      files: 1,
      passed: 2,
      failed: 0,
      skipped: 1,
      failures: [],
      skips: [{ at: `${script}:2`, reason: 'known' }],
      messages: {
        compared: 1,
        matching: 0,
        others: [{ at: `${script}:3`, expected: 'zebra', got: expect.any(String), matches: false }],
      },
      unknownFeatures: [],
    })
  })

  test('a folder, with features', async () => {
    const dir = join(folder, 'suite')
    mkdirSync(join(dir, 'deep'), { recursive: true })
    writeFileSync(join(dir, 'deep', 'b.wast'), '(component (type (list u8 4)))')
    writeFileSync(join(dir, 'a.wast'), ';;! simd = false\n(component)\n')
    writeFileSync(join(dir, 'c.txt'), 'no script')
    expect((await cli(['wast', dir])).out).toContain(`${join(dir, 'deep', 'b.wast')}:1: expected valid`)
    expect(await cli(['wast', dir, '--features', 'fixed-length-lists'])).toEqual({
      code: 0,
      out: `note: ${join(dir, 'a.wast')}: -simd is no feature here\n2 passed, 0 failed, 0 skipped in 2 files\n`,
      err: '',
    })
  })

  test('a file that is no script fails and does not stop the rest', async () => {
    const broken = file('broken.wast', '(component\n(')
    const { code, out } = await cli(['wast', broken, file('good.wast', '(component)')])
    expect(code).toBe(1)
    expect(out).toMatch(/broken\.wast:2: expected a script; got .*\n.*1 passed, 1 failed, 0 skipped in 2 files\n/s)
  })

  test.each([
    [['wast'], 2, 'expected a FILE or a DIR'],
    [['wast', 'no-such.wast'], 1, 'cannot read no-such.wast: there is no such file'],
    [['wast', script, '--skip', 'no-such.skip'], 1, 'cannot read no-such.skip'],
    [['wast', script, '--features', 'foo'], 2, "there is no feature 'foo'"],
  ])('%j ends with %i', async (args, code, message) => {
    const result = await cli(args)
    expect(result.code).toBe(code)
    expect(result.err).toContain(message)
  })
})

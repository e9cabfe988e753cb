/** `wasm-link wit` and `wasm-link types` as a shell sees them. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { cli } from './help.ts'

const folder = mkdtempSync(join(tmpdir(), 'wasm-link-wit-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const counter = fileURLToPath(new URL('../../examples/small/built/counter.component.wasm', import.meta.url))
mkdirSync(join(folder, 'wit/deps'), { recursive: true })
writeFileSync(
  join(folder, 'wit/a.wit'),
  'package a:b;\ninterface i { use c:d/e.{t}; f: func() -> t; }\nworld w { export i; }',
)
writeFileSync(join(folder, 'wit/deps/c.wit'), 'package c:d; interface e { type t = u8; }')
mkdirSync(join(folder, 'empty'))

describe('wit', () => {
  test('of a component', async () => {
    const { code, out, err } = await cli(['wit', counter])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toMatch(/^package root:component;\n\nworld root \{\n {2}export /)
    expect(out).toContain('  resource counter {\n')
  })

  test('of a folder, to a folder', async () => {
    const to = join(folder, 'out')
    const { code, err } = await cli(['wit', join(folder, 'wit'), '-o', to])
    expect({ code, err }).toEqual({ code: 0, err: `${to}/w.wit\n${to}/deps/c-d/package.wit\n` })
    const again = await cli(['wit', to])
    expect(again.out).toBe((await cli(['wit', join(folder, 'wit')])).out)
  })

  test.each([
    [['wit'], 2, 'error: expected one FILE'],
    [['wit', join(folder, 'empty')], 1, 'no .wit file is in it'],
    [['wit', join(folder, 'nothing.wit')], 1, 'there is no such file'],
    [['types', counter, '--name', 'a-b'], 2, 'error: --name: expected a TypeScript identifier'],
    [['types', counter, '--world', 'x'], 1, 'no such world'],
  ])('%j', async (args, expected, message) => {
    const { code, err } = await cli(args)
    expect(code).toBe(expected)
    expect(err).toContain(message)
  })
})

describe('types', () => {
  test('named after the file', async () => {
    const { code, out } = await cli(['types', counter])
    expect(code).toBe(0)
    expect(out).toContain('export interface CounterWorld {')
  })

  test('named by hand, to a file', async () => {
    const file = join(folder, 'x.d.ts')
    expect(await cli(['types', join(folder, 'wit'), '--name', 'Mine', '-o', file])).toEqual({
      code: 0,
      out: '',
      err: '',
    })
    expect(existsSync(file)).toBe(true)
    expect(readFileSync(file, 'utf8')).toContain('export interface MineWorld {')
  })
})

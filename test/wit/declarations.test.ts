/** Generated types: what they say, and that a user's compiler agrees. */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { Component } from '../../src/index.ts'
import { typesOf, WitPackages } from '../../src/wit/index.ts'
import { WORLD } from './help.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const example = (path: string): Promise<Component> =>
  Component.compile(readFileSync(new URL(`../../examples/${path}`, import.meta.url)))

test('a world with one of everything', () => {
  const files = typesOf(WitPackages.parse(WORLD), { name: 'App', world: 'app' })
  expect([...files.keys()]).toEqual(['app.d.ts'])
  expect(files.get('app.d.ts')).toMatchSnapshot()
})

test.each([
  [{ name: 'no-name' }, TypeError, '`no-name` is no TypeScript identifier'],
  [{ name: 'X' }, Error, 'which world? There is `demo:all/app@1.2.0`, `demo:all/base@1.2.0`'],
  [{ name: 'X', world: 'z' }, Error, 'no such world There is'],
])('%j is refused', (options, kind, message) => {
  const wit = WitPackages.parse(WORLD)
  expect(() => typesOf(wit, options)).toThrow(kind)
  expect(() => typesOf(wit, options)).toThrow(message)
})

test('documentation cannot end its comment', () => {
  const wit = WitPackages.parse('package a:b;\nworld w {\n/// */ evil()\nexport f: func();\n}')
  expect(typesOf(wit, { name: 'X' }).get('x.d.ts')).toContain('/** * / evil() */')
})

test('names that TypeScript or the text itself has are told apart', () => {
  const wit = WitPackages.parse(
    `package a:b;
    interface i {
      record promise { default: u8, a-b: u8 }
      type %map = u8;
      resource error { new: func(class: string, this: promise) -> %map; constructor(); }
      delete: func(await: future<promise>);
    }
    world w { export i; }`.replace('a-b: u8', 'a-b: u8'),
  )
  const text = typesOf(wit, { name: 'X' }).get('x.d.ts')
  expect(text).toContain('export interface Promise_ {\n    default: number\n    aB: number')
  expect(text).toContain('new(class_: string, this_: Promise_): Map_')
  expect(text).toContain('delete(await_: PromiseLike<ABI.Promise_>): void')
})

test('a compiler accepts them, alone and in use', async () => {
  const folder = mkdtempSync(join(root, 'node_modules', '.cache-types-'))
  try {
    const installed = join(folder, 'node_modules', 'wasm-link')
    mkdirSync(installed, { recursive: true })
    cpSync(join(root, 'package.json'), join(installed, 'package.json'))
    expect(existsSync(join(root, 'dist/index.d.ts')), '`npm run build` comes before').toBe(true)
    symlinkSync(join(root, 'dist'), join(installed, 'dist'))
    const files: Record<string, string> = {
      'app.d.ts': typesOf(WitPackages.parse(WORLD), { name: 'App', world: 'app' }).get('app.d.ts') ?? '',
      'counter.d.ts':
        typesOf(await example('small/built/counter.component.wasm'), { name: 'Counter' }).get('counter.d.ts') ?? '',
      'hello.d.ts':
        typesOf(await example('async/built/hello.component.wasm'), { name: 'Hello' }).get('hello.d.ts') ?? '',
      'shop.d.ts': typesOf(await example('shop/built/app.component.wasm'), { name: 'Shop' }).get('shop.d.ts') ?? '',
      'package.json': '{ "type": "module" }',
      'use.ts': readFileSync(new URL('use-types.txt', import.meta.url), 'utf8'),
      'tsconfig.json': JSON.stringify({
        compilerOptions: {
          target: 'es2022',
          module: 'nodenext',
          strict: true,
          noEmit: true,
          types: [],
          lib: ['es2022', 'esnext.disposable'],
          exactOptionalPropertyTypes: true,
        },
        files: ['use.ts', 'hello.d.ts', 'shop.d.ts'],
      }),
    }
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' })
    expect(stdout).toBe('')
    expect(status).toBe(0)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}, 60_000)

/** The style rules hold for `src`, and each rule catches what it is there to catch. */
import { describe, expect, test } from 'vitest'
import { filesBelow, parseSource, readText, sourceFiles } from './sources.ts'
import { placeProblems, styleProblems } from './style-rules.ts'

/** Drivers of the reference tests, which lie beside the project. */
const mayNameShared = [/^test\/(conformance|spec)\//, /^test\/house\//]

test('src keeps the style rules', () => {
  expect(sourceFiles().flatMap(styleProblems)).toEqual([])
})

test('no file speaks of the place it was written in', () => {
  const wanted = (name: string) => /\.(ts|js|mjs|json|md|html|wit|wat)$/.test(name)
  const paths = ['src', 'test', 'fuzz', 'bench', 'examples', 'scripts'].flatMap((folder) => filesBelow(folder, wanted))
  const own = paths.filter((path) => !path.startsWith('test/house/style'))
  expect(own.flatMap((path) => placeProblems(path, readText(path), mayNameShared))).toEqual([])
})

describe('the rules', () => {
  const header = '/** A file. */\n'
  const rows: readonly (readonly [code: string, ...problems: string[]])[] = [
    ['export type Untyped = any'],
    ['export type Other = any', ':2: `any`'],
    ['export function f(x: any): void {}', ':2: `any`'],
    ['export const f = (x: unknown): string => x as string'],
    ['export const f = (x: number): string => x as unknown as string', ':2: `as unknown as`'],
    ['\nexport const f = (x: number[]): number => x[0]!', '`!` without a comment'],
    ['export const f = (x: number[]): number => x[0]! // never empty: checked by the decoder'],
    ['// never empty: checked by the decoder\nexport const f = (x: number[]): number => x[0]!'],
    ['export const f = (): void => console.log(1)', '`console` outside cli'],
    ['export const text = "console.log(any) as unknown as x!"'],
    ['let count = 0', 'module-level `let`'],
    ['export var count = 0', 'module-level `var`'],
    ['const cache = new Map<string, string>()', 'module-level mutable state'],
    ['export const seen: string[] = []', 'module-level mutable state'],
    ['const names = new Set(["a"])\nconst rows = [1]'],
    ['export function f(): void { let x = 1; x++ }'],
    ['declare let host: number'],
    ['globalThis.x = 1', 'work at import'],
    ['register(A)', 'work at import'],
    ['class A {}\nbrand(A.prototype, "A")'],
    ['for (const x of [1]) f(x)', 'work at import'],
    ['export function f(): never { throw new Error("no") }', '`throw new Error`'],
    ['export function f(): never { throw new TypeError("no") }'],
    ['// @ts-ignore\nexport const x = 1', '@ts-ignore'],
  ]
  test.each(rows)('%j %j', (code, ...problems) => {
    const found = styleProblems(parseSource('src/abi/file.ts', header + code))
    expect(found).toEqual(problems.map((problem) => expect.stringContaining(problem)))
  })

  test('a file has at most 800 lines', () => {
    const lines = (count: number) => parseSource('src/abi/file.ts', header + '\n'.repeat(count - 1))
    expect(styleProblems(lines(800))).toEqual([])
    expect(styleProblems(lines(801))).toEqual(['src/abi/file.ts:1: 801 lines, at most 800'])
  })

  test('a file begins with its header comment', () => {
    expect(styleProblems(parseSource('src/abi/file.ts', 'export const x = 1'))).toEqual([
      'src/abi/file.ts:1: begins without a header comment',
    ])
    expect(styleProblems(parseSource('src/cli/main.ts', '#!/usr/bin/env node\n// The command line.\nmain()'))).toEqual(
      [],
    )
  })

  test('the command line prints and runs', () => {
    expect(styleProblems(parseSource('src/cli/main.ts', `${header}console.log(1)`))).toEqual([])
  })

  test('names of places are found, and allowed where the reference tests are driven', () => {
    expect(placeProblems('src/a.ts', 'see /work/main and ../shared/x', mayNameShared)).toHaveLength(2)
    expect(placeProblems('test/spec/driver.ts', '../shared/conformance', mayNameShared)).toEqual([])
    expect(placeProblems('src/a.ts', 'a framework/x, https://a/work/b', mayNameShared)).toEqual([])
  })
})

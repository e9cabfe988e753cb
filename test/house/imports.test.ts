/** The import rule holds for `src`, and the rule catches what it is there to catch. */
import { describe, expect, test } from 'vitest'
import { importProblems, mainEntryProblems } from './import-rules.ts'
import { parseSource, sourceFiles } from './sources.ts'

const sources = sourceFiles()

test('every file of src imports from a lower rank or its own folder', () => {
  expect(sources.flatMap(importProblems)).toEqual([])
})

test('the main entry reaches no package, no node: module and nothing that is loaded on demand', () => {
  expect(mainEntryProblems(sources)).toEqual([])
})

describe('the rule', () => {
  const rows: readonly (readonly [path: string, code: string, problem: string | undefined])[] = [
    ['src/abi/lift.ts', `import type { A } from '../model/types.ts'`, undefined],
    ['src/abi/lift.ts', `import { load } from './load.ts'`, undefined],
    ['src/abi/lift.ts', `import type { A } from '../parser/reader.ts'`, 'abi must not import parser'],
    ['src/parser/reader.ts', `export { A } from '../abi/lift.ts'`, 'parser must not import abi'],
    ['src/parser/reader.ts', `type A = import('../linker/run.ts').A`, 'parser must not import linker'],
    ['src/model/types.ts', `export * from '../parser/reader.ts'`, 'model must not import parser'],
    ['src/model/types.ts', `import '../index.ts'`, 'model must not import index'],
    ['src/linker/run.ts', `import { P } from '../plugins/plugin.ts'`, 'linker must not import plugins'],
    ['src/linker/run.ts', `const text = () => import('../text/parse.ts')`, undefined],
    ['src/linker/run.ts', `const cli = () => import('../cli/main.ts')`, 'linker must not import cli'],
    ['src/index.ts', `import { P } from './wasi/wasi.ts'`, 'index must not import wasi'],
    ['src/text/parse.ts', `import { run } from '../linker/run.ts'`, 'text must not import linker'],
    ['src/text/parse.ts', `import { run } from '../wast/run.ts'`, 'text must not import wast'],
    ['src/wast/run.ts', `import { run } from '../linker/run.ts'`, undefined],
    ['src/text.ts', `export { runWast } from './wast/wast.ts'`, undefined],
    ['src/text/parse.ts', `import wabt from 'wabt'`, 'text must load "wabt" by import() only'],
    ['src/text/core.ts', `const wabt = () => import('wabt')`, undefined],
    ['src/abi/lift.ts', `import { readFileSync } from 'node:fs'`, 'abi must not import the package "node:fs"'],
    ['src/abi/lift.ts', `const b = () => import('binaryen')`, 'abi must not import the package "binaryen"'],
    ['src/abi/lift.ts', `const b = (name: string) => import(name)`, 'abi must not import the package "*"'],
    ['src/linker/run.ts', `import { readFile } from 'node:fs/promises'`, 'must load "node:fs/promises" by import()'],
    ['src/abi/lift.ts', `import { load } from './load'`, 'is not a file of src with its extension'],
    ['src/abi/lift.ts', `import data from '../../package.json'`, 'is not a file of src with its extension'],
    ['src/stray/file.ts', ``, 'the folder "stray" has no rank'],
  ]
  test.each(rows)('%s: %s', (path, code, problem) => {
    const problems = importProblems(parseSource(path, code))
    if (problem === undefined) expect(problems).toEqual([])
    else expect(problems).toEqual([expect.stringContaining(problem)])
  })

  test('follows the main entry through files, and not through types or import()', () => {
    const tree = [
      parseSource(
        'src/index.ts',
        `import './linker/a.ts'\nimport type { T } from 'node:fs'\nimport('./text/parse.ts')`,
      ),
      parseSource('src/linker/a.ts', `export { b } from './b.ts'`),
      parseSource('src/linker/b.ts', `import 'node:os'\nimport '../wasi/wasi.ts'\nimport './gone.ts'`),
    ]
    expect(mainEntryProblems(tree)).toEqual([
      expect.stringContaining('./b.ts → node:os: the main entry must not import a package'),
      expect.stringContaining('../wasi/wasi.ts: is loaded on demand only'),
      expect.stringContaining('"src/linker/gone.ts" does not exist'),
    ])
  })
})

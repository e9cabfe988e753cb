/** What a bundler for browsers makes of every entry: nothing in it that only Node has, nothing it must be told about. */
import { rolldown } from 'rolldown'
import { expect, test } from 'vitest'
import { entries } from '../../scripts/parts.mjs'
import { root } from './sources.ts'

test('bundles for browsers', async () => {
  const { 'cli/main': _, ...input } = entries
  const warnings: string[] = []
  const bundle = await rolldown({
    cwd: root,
    input,
    platform: 'browser',
    external: ['wabt', 'binaryen', 'fast-check', /^@bytecodealliance\//],
    onLog: (_, { message }) => warnings.push(message),
  })
  // a minifier finds out what a variable was to hide
  const { output } = await bundle.generate({ format: 'es', minify: true })
  expect(warnings).toEqual([])
  const code = output.map((file) => (file.type === 'chunk' ? file.code : '')).join('\n')
  expect(code.match(/(?:\bimport\(|\bfrom|\bimport) ?["'`]node:[^"'`]*["'`]/g) ?? []).toEqual([])
})

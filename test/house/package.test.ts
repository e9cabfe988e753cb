/** package.json, the build's entries and the lock file say the same, and say it for every machine. */
import { expect, test } from 'vitest'
import { entries } from '../../scripts/parts.mjs'
import { readText } from './sources.ts'

interface Manifest {
  readonly exports: Readonly<Record<string, unknown>>
  readonly bin: Readonly<Record<string, string>>
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
  readonly sideEffects: boolean
}

const manifest: Manifest = JSON.parse(readText('package.json'))
const lock: { readonly packages: Readonly<Record<string, { readonly resolved?: string }>> } = JSON.parse(
  readText('package-lock.json'),
)

test('every public entry that is built is exported, with the declarations of its source', () => {
  const expected = Object.entries(entries)
    // the command line has a `bin` instead
    .filter(([name]) => name !== 'cli/main')
    .map(([name, source]) => [
      name === 'index' ? '.' : `./${name}`,
      { types: `./${source.replace(/^src\//, 'dist/').replace(/\.ts$/, '.d.ts')}`, default: `./dist/${name}.js` },
    ])
  // `default`, not `import`: CommonJS may `require` modules since Node 20.19; tools read package.json
  expect(manifest.exports).toEqual({ ...Object.fromEntries(expected), './package.json': './package.json' })
  expect(manifest.bin).toEqual({ 'wasm-link': 'dist/cli/main.js' })
})

test('bundlers may drop what is not used', () => {
  expect(manifest.sideEffects).toBe(false)
})

test('versions are exact: what was tested is what is installed', () => {
  const loose = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }).filter(
    ([, version]) => !/^\d+\.\d+\.\d+$/.test(version),
  )
  expect(loose).toEqual([])
})

test('the lock file names no registry of one machine', () => {
  const foreign = Object.entries(lock.packages).filter(
    ([, { resolved }]) => resolved !== undefined && !resolved.startsWith('https://registry.npmjs.org/'),
  )
  expect(foreign).toEqual([])
})

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { checkComponent } from '../../fuzz/check.ts'
import { checkCoreModule } from '../../fuzz/core-modules.ts'
import { builtIn, coreSeeds, examples, readBytes } from '../../fuzz/corpus.ts'
import { run } from '../../fuzz/run.ts'
import { split, thin } from '../../fuzz/sections.ts'
import { TARGETS } from '../../fuzz/targets.ts'

const plan = { runs: 3_000, seed: 20_261_121, every: 11, more: [] }

test.each(builtIn())('the seed $name is valid', ({ bytes }) => expect(checkComponent(bytes)).toBe('valid'))

test.each(examples())('$name is valid, thinned or not', ({ bytes }) => {
  expect(checkComponent(bytes)).toBe('valid')
  expect(checkComponent(thin(bytes))).toBe('valid')
})

test('prefixes of components end in an error of ours, or are components', () => {
  const { tally, found } = run('prefix', plan)
  expect(found).toEqual([])
  expect(tally.cases).toBeGreaterThan(500)
  expect(tally.verdicts.malformed).toBeGreaterThan(tally.cases / 2)
}, 60_000)

test('mutations of components end in an error of ours, or are components', () => {
  const { tally, found } = run('mutate', plan)
  expect(found).toEqual([])
  expect(tally.cases).toBe(plan.runs)
  // the damage is neither too coarse nor too fine to say anything
  for (const verdict of ['valid', 'malformed', 'invalid'] as const) {
    expect(tally.verdicts[verdict]).toBeGreaterThan(plan.runs / 50)
  }
}, 60_000)

test('components changed as data end in an error of ours, or are components', () => {
  const { tally, found } = run('definitions', plan)
  expect(found).toEqual([])
  for (const verdict of ['valid', 'invalid'] as const) expect(tally.verdicts[verdict]).toBeGreaterThan(plan.runs / 20)
}, 60_000)

test('what the engine takes as a core module, the decoder reads as the engine does', () => {
  for (const { name, bytes } of coreSeeds()) {
    if (WebAssembly.validate(Uint8Array.from(bytes))) expect(checkCoreModule(bytes), name).toBe('valid')
  }
  const { tally, found } = run('core', plan)
  expect(found).toEqual([])
  expect(tally.verdicts.valid).toBeGreaterThan(plan.runs / 50)
}, 60_000)

test('the same seed makes the same cases', () => {
  const names = (seed: number): string[] =>
    Array.from(TARGETS.mutate.cases({ ...plan, runs: 50, seed }), ({ bytes }) => Buffer.from(bytes).toString('hex'))
  expect(names(7)).toEqual(names(7))
  expect(names(7)).not.toEqual(names(8))
})

test('what once escaped does not any more', () => {
  const folder = fileURLToPath(new URL('../../fuzz/cases', import.meta.url))
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.wasm'))) {
    const { check } = file.startsWith('core-') ? TARGETS.core : TARGETS.mutate
    expect(() => check(readBytes(join(folder, file))), file).not.toThrow()
  }
})

test('sections split and join again', () => {
  for (const { bytes } of builtIn()) expect(split(bytes)?.length).toBeGreaterThanOrEqual(0)
  expect(split(Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 9]))).toBeUndefined()
})

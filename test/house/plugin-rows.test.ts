/** The original's rows and tests, by name: each is in the title of a test here, or listed with the reason why not. */
import { readdir, readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { INTEGRATION, ROWS, UNIT, WITHOUT_TEST } from '../plugins/original.ts'

const ROOT = new URL('../', import.meta.url)

/** The words of all titles: what `vitest -t` could be asked for. */
async function titleWords(): Promise<ReadonlySet<string>> {
  const words = new Set<string>()
  for (const file of await readdir(ROOT, { recursive: true })) {
    if (!/^(plugins|tree|limits)\/.*\.test\.ts$/.test(file)) continue
    const text = await readFile(new URL(file, ROOT), 'utf8')
    for (const [, , title] of text.matchAll(
      /(?:\b(?:test|describe|each|skipIf)\b[^'"`\n]*|^ {2,4}\[?)(['"`])(.*?)\1/gm,
    ))
      for (const word of (title ?? '').split(/[\s:;,()]+/)) words.add(word)
  }
  return words
}

test.each([
  ['rows', ROWS],
  ['tests of integration', INTEGRATION],
  ['unit tests', UNIT],
])('no %s of the original is forgotten', async (_, names) => {
  const words = await titleWords()
  expect(names.filter((name) => !words.has(name) && WITHOUT_TEST[name] === undefined)).toEqual([])
})

test('none is excused that has a test, and none that is not there', async () => {
  const words = await titleWords()
  const known = new Set([...ROWS, ...INTEGRATION, ...UNIT])
  expect(Object.keys(WITHOUT_TEST).filter((name) => words.has(name) || !known.has(name))).toEqual([])
})

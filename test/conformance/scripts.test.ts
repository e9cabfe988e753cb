import { describe, expect, test } from 'vitest'
import { Toolkit } from '../../src/text/toolkit.ts'
import { runWastFile } from '../../src/wast/wast.ts'
import { SUITES, scriptOf } from './suites.ts'

const toolkit = new Toolkit()

for (const { name, present, features, skip, files } of SUITES) {
  describe.skipIf(!present)(name, () => {
    test.each(files)('%s', async (file) => {
      const { outcomes } = await runWastFile(scriptOf(file), file, { features, skip, toolkit })
      const failures = outcomes.filter((outcome) => outcome.kind === 'failed')
      expect(failures.map(({ at, expected, got }) => `${at}: expected ${expected}; got ${got}`)).toEqual([])
    })

    test('every entry of the skip list excuses something', () => {
      expect(skip.stale(files)).toEqual([])
    })
  })
}

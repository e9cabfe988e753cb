/** Random graphs of plugins with one fault each: a few of them here, as many as one likes by `npm run fuzz -- --target graphs`. */
import { expect, test } from 'vitest'
import { runGraphs } from '../../fuzz/graphs/run.ts'

test('every answer is right or a typed error, survivors serve, nothing is left behind', async () => {
  expect(await runGraphs(40, 1)).toEqual([])
}, 120_000)

/** The reference suite by `runWast` in a page. Bundled by the driver, because a browser cannot look packages up. */
import { Engine } from '../../dist/index.js'
import { runWast } from '../../dist/text.js'
import { linesOf, runSuite } from '../conformance/run-suite.js'

/** The same shape as a smoke module. */
export async function smoke() {
  const response = await fetch('/suite.json')
  if (!response.ok) throw new Error(`/suite.json: ${response.status}`)
  const { scripts, lists } = await response.json()
  const result = await runSuite({ Engine, runWast }, scripts, lists)
  const lines = linesOf(result, scripts.length)
  if (result.failed > 0) throw new Error(lines.join('\n'))
  return lines
}

/** The shop from its manifest: what the tour shows, and that its README and picture are what the command line draws. */
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import * as wasmLink from '../../src/index.ts'
import { PluginTree, type TreeProblem } from '../../src/tree/index.ts'
import { cli } from '../cli/help.ts'

const shop = (path: string): URL => new URL(`../../examples/shop/${path}`, import.meta.url)
const manifest = fileURLToPath(shop('tree.json'))

interface Toured {
  readonly found: readonly TreeProblem[]
  readonly first: readonly string[]
  readonly second: readonly string[]
  readonly trapped: Readonly<Record<string, string>>
  readonly drawn: string
  readonly left: readonly string[]
}
type Tour = (using: object, say: (text: string) => void) => Promise<Toured>

test('the tour: a diamond, four cardinalities, a trap, replacement, two hops', async () => {
  const { tour }: { readonly tour: Tour } = await import(shop('tour.js').href)
  const said: string[] = []
  const { found, first, second, trapped, drawn, left } = await tour(
    { ...wasmLink, PluginTree },
    (text) => void said.push(text),
  )
  expect(found).toEqual([])
  // 83.40 in the basket: the insurer, three hops from the application, takes one percent of what the plugin in C says
  expect(first).toContain('shipping: 10.23, express 18.23')
  expect(first).toContain('offer of lucky: failed with runtime-exception')
  expect(first).toContain('invoice 20260000001: 82.78 to pay')
  expect(trapped).toEqual({
    ...Object.fromEntries(
      ['app', 'orders', 'invoices', 'freight', 'post', 'bike', 'insurer', 'bulk', 'flat'].map((id) => [id, 'ready']),
    ),
    lucky: 'trapped',
  })
  expect(second).toContain('offer of lucky: welcome back, 3.00 off')
  expect(second).toContain('shipping: 5.00, express 5.00')
  for (const report of [first, second]) expect(report.at(-1)).toContain('baskets open: 0')
  expect(said.join('\n')).toContain('lucky = welcome  ready  in place of lucky')
  expect(said.join('\n')).toContain('insurance: at most one of shop:insurance@1.0.0, none there')
  expect(drawn).toContain('>in place of lucky<')
  expect(left).toEqual(['welcome', 'pigeon'])
})

describe('what is committed is what is drawn', () => {
  test('the text in the README', async () => {
    const { code, out, err } = await cli(['graph', manifest])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(await readFile(shop('README.md'), 'utf8')).toContain(`\`\`\`text\n${out}\`\`\`\n`)
  })

  test('the picture', async () => {
    const engine = new wasmLink.Engine()
    const { tree } = await PluginTree.read(shop('tree.json'))
    await tree.check(engine)
    // after a change of the drawing: wasm-link graph examples/shop/tree.json -o examples/shop/graph.svg
    expect(tree.toSvg()).toBe(await readFile(shop('graph.svg'), 'utf8'))
  })

  test('the call', async () => {
    const { code, out } = await cli(['link', manifest, '--invoke', 'run("Ada")'])
    expect(code).toBe(0)
    expect(out).toContain('"invoice 20260000001: 82.78 to pay"')
  })

  test('and it fits', async () => {
    expect(await cli(['check', manifest])).toEqual({ code: 0, out: 'everything fits\n', err: '' })
  })
})

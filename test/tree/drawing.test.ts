/** Graphs as text and as pictures: everything is there, nothing overlaps, nothing a component says is more than text. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Engine, hostPlugin, Linker } from '../../src/index.ts'
import { PluginTree } from '../../src/tree/index.ts'
import { layout } from '../../src/tree/layout.ts'
import { constant, forwarding, onceOnly, summing } from '../plugins/fixtures.ts'
import { headOf, treeData } from './help.ts'

const diamond = treeData(
  'a',
  { a: 'test:a', b: 'test:b', c: 'test:c', d: 'test:d', e: 'test:e any' },
  {
    top: { component: summing('test:a', ['test:b', 'test:c']), plug: 'a', sockets: ['b', 'c', 'e'] },
    left: { component: forwarding('test:b', 'test:d'), plug: 'b' },
    right: { component: forwarding('test:c', 'test:d'), plug: 'c', limits: { handles: 10 } },
    shared: { component: onceOnly('test:d'), plug: 'd', grants: { host: ['acme:log/api'], wasi: {} } },
    broken: { component: '(component', plug: 'e' },
    spare: { component: constant('test:f', 1), plug: 'nowhere' },
  },
)

describe('text', () => {
  test('as checked: shared once, failures where they are, what is not needed last', async () => {
    const { tree } = PluginTree.from(diamond)
    await tree.check(new Engine())
    expect(tree.toText()).toBe(`a: exactly one of test:a
└─ top  fits
   ├─ b: exactly one of test:b
   │  └─ left  fits
   │     └─ d: exactly one of test:d
   │        └─ shared  fits  granted acme:log/api, wasi
   ├─ c: exactly one of test:c
   │  └─ right  fits  limits handles
   │     └─ ↑ d
   └─ e: any number of test:e
      └─ broken  FAILED
         ! unexpected end of input, expected \`)\`
            --> <text>:1:11
             |
           1 | (component

not reached from the root:
spare  not needed
`)
  })

  test('as it runs: traps, replacements, what was taken back', async () => {
    const { tree } = PluginTree.from(diamond)
    const engine = new Engine()
    const head = headOf(await tree.load(engine, new Linker(engine).define('acme:log/api', {})))
    head.revoke('shared', 'wasi')
    head.root.dispatch('root', 'get-value')
    const first = head.toText()
    // its plain consumer has no way to be told, and goes with it
    expect(first).toContain('right  TRAPPED')
    expect(first).toContain('shared  TRAPPED  granted acme:log/api, wasi (revoked)\n')
    expect(first).toContain('! wasm trap: wasm `unreachable` instruction executed')
    const stand = hostPlugin(engine, { 'test:d/root': { getValue: () => 3 } }, { name: 'stand-in' })
    head.bindings.get('d')?.replace('shared', stand)[Symbol.dispose]()
    expect(head.toText()).toContain(`d: exactly one of test:d
   │        └─ shared = stand-in  ready  in place of shared
`)
    expect(head.toText().match(/TRAPPED/g)).toHaveLength(1)
    expect(tree.toText()).toBe(head.toText())
    await head[Symbol.asyncDispose]()
    expect(head.toText()).toContain('top  disposed')
  })

  test('a graph that does not stand: a loop, and a binding that is not there', async () => {
    const { tree } = PluginTree.from(
      treeData(
        'a',
        { a: 'test:a any', b: 'test:b' },
        {
          p: { component: forwarding('test:a', 'test:b'), plug: 'a' },
          q: { component: forwarding('test:b', 'test:a'), plug: 'b' },
          r: { component: constant('test:a', 1), plug: 'a', sockets: ['gone'] },
        },
      ),
    )
    await tree.check(new Engine())
    expect(tree.toText()).toBe(`a: any number of test:a
├─ p  FAILED
│  ! \`a\` needs itself: \`a\` → \`p\` → \`b\` → \`q\` → \`a\`
│  └─ b: exactly one of test:b  FAILED
│     ! \`a\` needs itself: \`a\` → \`p\` → \`b\` → \`q\` → \`a\`
│     └─ q  FAILED
│        ! \`a\` needs itself: \`a\` → \`p\` → \`b\` → \`q\` → \`a\`
│        └─ ↑ a
└─ r  FAILED
   ! there is no binding \`gone\`, which plugin \`r\` wants to use
   └─ gone  NO SUCH BINDING
`)
    expect(tree.toSvg()).toContain('class="line back"')
  })

  test('a long chain is cut, and goes on below', () => {
    const n = 250
    const { tree } = PluginTree.from(
      treeData(
        'b0',
        Object.fromEntries(Array.from({ length: n }, (_, i) => [`b${i}`, `test:p${i}`])),
        Object.fromEntries(
          Array.from({ length: n }, (_, i) => [
            `p${i}`,
            { component: '(component)', plug: `b${i}`, sockets: i + 1 < n ? [`b${i + 1}`] : [] },
          ]),
        ),
      ),
    )
    const lines = tree.toText().split('\n')
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(1000)
    for (let i = 0; i < n; i++) expect(lines.filter((line) => new RegExp(`(^|[ ─])p${i}$`).test(line))).toHaveLength(1)
    expect(lines).toContain('further down:')
  })
})

describe('picture', () => {
  const HOSTILE = `\u202e\ud800</text><script>"'&`

  test('what components and manifests say is text', async () => {
    const { tree } = PluginTree.from(
      treeData('a', { a: 'test:a any' }, { [HOSTILE]: { component: `(component (import "x"`, plug: 'a' } }),
    )
    await tree.check(new Engine())
    const svg = tree.toSvg()
    expect(svg).not.toContain('<script')
    expect(svg).toContain('&lt;/text&gt;&lt;script&gt;')
    expect(svg).toContain('\\u{202e}')
    // well-formed: every tag that opens closes, and every & begins an entity
    const open: string[] = []
    for (const [, close, name, empty] of svg.matchAll(/<(\/?)([a-z]+)[^>]*?(\/?)>/g)) {
      if (close === '/') expect(open.pop()).toBe(name)
      else if (empty !== '/') open.push(name ?? '')
    }
    expect(open).toEqual([])
    expect(svg.replace(/&(amp|lt|gt|quot|#39);/g, '')).not.toContain('&')
    expect(svg.isWellFormed()).toBe(true)
  })

  test('plugins, bindings, ids, cardinalities and states', async () => {
    const { tree } = PluginTree.from(diamond)
    await tree.check(new Engine())
    const svg = tree.toSvg()
    const texts = [...svg.matchAll(/<text class="([a-z ]+)"[^>]*>([^<]*)</g)].map(
      ([, look, text]) => `${look}: ${text}`,
    )
    for (const text of [
      'title: a',
      'title: top',
      'label: exactly one',
      'label: any number',
      'label: shared',
      'small good: fits',
      'small bad: failed',
      'small: granted acme:log/api, wasi',
      'small quiet: not needed',
    ])
      expect(texts).toContain(text)
    // the root, and of the sockets of top, left and right all five
    expect(texts.filter((text) => text === 'label: exactly one')).toHaveLength(5)
  })

  test('a tree that is empty is a picture too', () => {
    expect(PluginTree.from(treeData('x', {}, {})).tree.toSvg()).toMatch(/^<svg [^>]* width="\d+" height="\d+"/)
  })
})

describe('layout', () => {
  const graphs = fc.integer({ min: 1, max: 30 }).chain((n) =>
    fc.record({
      boxes: fc.array(
        fc.record({ width: fc.integer({ min: 10, max: 200 }), height: fc.integer({ min: 10, max: 90 }) }),
        {
          minLength: n,
          maxLength: n,
        },
      ),
      lines: fc.array(fc.tuple(fc.nat(n - 1), fc.nat(n - 1)), { maxLength: 60 }),
    }),
  )

  test('no two boxes overlap, no line leads to nowhere, forward lines lead forward', () => {
    fc.assert(
      fc.property(graphs, ({ boxes, lines }) => {
        const named = boxes.map((box, i) => ({ ...box, key: `k${i}`, layer: 0 }))
        const plan = layout(
          named,
          lines.map(([from, to]) => ({ from: `k${from}`, to: `k${to}`, label: 20 })),
        )
        const placed = [...plan.boxes.values()]
        for (const [i, a] of placed.entries()) {
          expect(a.x >= 0 && a.y >= 0 && a.x + a.width <= plan.width + 1 && a.y + a.height <= plan.height + 1).toBe(
            true,
          )
          for (const b of placed.slice(i + 1)) {
            const apart = a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y
            expect(apart).toBe(true)
          }
        }
        for (const { points, back } of plan.lines) {
          expect(points.every(([x, y]) => Number.isFinite(x) && Number.isFinite(y))).toBe(true)
          if (!back) expect(points.every(([x], i) => i === 0 || x >= (points[i - 1]?.[0] ?? 0))).toBe(true)
        }
      }),
      { numRuns: 100 },
    )
  })

  test('a thousand boxes, and a chain of thousands', () => {
    const wide = Array.from({ length: 1000 }, (_, i) => ({ key: `k${i}`, width: 50, height: 20, layer: 0 }))
    const lines = wide.slice(1).map(({ key }, i) => ({ from: `k${Math.floor(i / 3)}`, to: key, label: 0 }))
    expect(layout(wide, lines).boxes.size).toBe(1000)
    const long = Array.from({ length: 5000 }, (_, i) => ({ key: `k${i}`, width: 50, height: 20, layer: 0 }))
    const chain = long.slice(1).map(({ key }, i) => ({ from: `k${i}`, to: key, label: 0 }))
    expect(layout(long, chain).width).toBeGreaterThan(5000 * 50)
  })
})

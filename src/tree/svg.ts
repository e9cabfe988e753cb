/**
 * A graph as a picture: the host at the left, then by turns bindings and the plugins in them, in layers. The line into a
 * binding says how many plugins it takes, the line into a plugin under which id it is there. One file without scripts or
 * references, for light and dark pages. All text comes from components or manifests, and is escaped.
 */
import { quote } from '../model/errors.ts'
import { countText, type Drawing, type DrawnBinding, type DrawnPlugin, type DrawnState } from './drawing.ts'
import { type Box, type Line, layout, type Placed, PORT, type Point } from './layout.ts'

const MARGIN = 28
const LONGEST = 34
const TITLE = 14
const SMALL = 11.5
const ROW = 17

const STATES: Readonly<Record<DrawnState, { readonly label: string; readonly look: string }>> = {
  written: { label: 'not checked yet', look: 'quiet' },
  idle: { label: 'not needed', look: 'quiet' },
  fits: { label: 'fits', look: 'good' },
  failed: { label: 'failed', look: 'bad' },
  ready: { label: 'ready', look: 'good' },
  busy: { label: 'busy', look: 'busy' },
  trapped: { label: 'trapped', look: 'bad' },
  disposed: { label: 'disposed', look: 'quiet' },
}

const STYLE = `
svg{--paper:#fff;--ink:#1c2430;--soft:#5d6b7d;--line:#8a98aa;--card:#f7f9fb;--edge:#c4cdd8;--pill:#e9effb;--pilledge:#9fb4dd;--good:#1a7f37;--bad:#cf222e;--busy:#9a6700;--badcard:#ffebe9}
@media (prefers-color-scheme:dark){svg{--paper:#0e1218;--ink:#e3e9f0;--soft:#97a5b6;--line:#62707f;--card:#171d26;--edge:#36414f;--pill:#1b2740;--pilledge:#3f5a91;--good:#3fb950;--bad:#ff7b72;--busy:#d29922;--badcard:#2d1517}}
text{font-family:ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",Helvetica,Arial,sans-serif;fill:var(--ink)}
.paper{fill:var(--paper)}.title{font-size:${TITLE}px;font-weight:600}.small{font-size:${SMALL}px;fill:var(--soft)}
.label{font-size:${SMALL}px;fill:var(--soft);text-anchor:end;paint-order:stroke;stroke:var(--paper);stroke-width:4px;stroke-linejoin:round}
.plugin{fill:var(--card);stroke:var(--edge);stroke-width:1.2}.binding{fill:var(--pill);stroke:var(--pilledge);stroke-width:1.2}
.start{text-anchor:start}.host{fill:var(--ink)}.hosttext{fill:var(--paper);font-size:${TITLE}px;font-weight:600;text-anchor:middle}
.line{fill:none;stroke:var(--line);stroke-width:1.5}.head{fill:var(--line)}
.line.failed{stroke:var(--bad)}.head.failed,.head.back{fill:var(--bad)}.failed.plugin,.failed.binding{stroke:var(--bad)}.failed.plugin,.failed.binding{fill:var(--badcard)}.idle{stroke-dasharray:4 3}.line.back{stroke:var(--bad);stroke-dasharray:6 3}
.good{fill:var(--good)}.bad{fill:var(--bad)}.busy{fill:var(--busy)}.quiet{fill:var(--soft)}`

interface Drawable {
  readonly box: Box
  readonly draw: (at: Placed) => string
}

export function toSvg(drawing: Drawing): string {
  const lines: (Line & { readonly text: string; readonly look: string })[] = []
  const ins = new Map<string, number>()
  const outs = new Map<string, number>()
  const connect = (from: string, to: string, text: string, look = ''): void => {
    lines.push({ from, to, label: widthOf(text, SMALL) + 20, text, look })
    outs.set(from, (outs.get(from) ?? 0) + 1)
    ins.set(to, (ins.get(to) ?? 0) + 1)
  }
  const { bindings, plugins, root } = drawing
  const rootBinding = bindings.get(root)
  if (rootBinding !== undefined) connect('host', bindingKey(root), countText(rootBinding.cardinality))
  for (const { key, sockets } of plugins.values()) {
    for (const socket of sockets ?? []) {
      const binding = bindings.get(socket)
      if (binding !== undefined) connect(pluginKey(key), bindingKey(socket), countText(binding.cardinality))
    }
  }
  for (const { id, plugs } of bindings.values()) {
    for (const { id: as, plugin } of plugs) {
      const state = plugins.get(plugin)?.state
      if (state !== undefined) connect(bindingKey(id), pluginKey(plugin), short(as), state === 'failed' ? 'failed' : '')
    }
  }
  const room = (key: string): number => Math.max(ins.get(key) ?? 0, outs.get(key) ?? 0) * PORT + 8
  const drawables = new Map<string, Drawable>()
  drawables.set('host', hostBox(room('host')))
  for (const binding of bindings.values())
    drawables.set(bindingKey(binding.id), bindingBox(binding, room(bindingKey(binding.id))))
  for (const plugin of plugins.values())
    drawables.set(pluginKey(plugin.key), pluginBox(plugin, room(pluginKey(plugin.key))))

  const plan = layout(
    [...drawables.values()].map(({ box }) => box),
    lines,
  )
  const parts: string[] = []
  for (const [i, { points, back }] of plan.lines.entries()) {
    const line = lines[i]
    if (line !== undefined && points.length > 1)
      parts.push(back ? drawBack(points, line.text) : drawLine(points, line.text, line.look))
  }
  for (const [key, { draw }] of drawables) {
    const at = plan.boxes.get(key)
    if (at !== undefined) parts.push(draw(at))
  }
  const width = Math.ceil(plan.width + 2 * MARGIN)
  const height = Math.ceil(plan.height + 2 * MARGIN)
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">
<title>${xml(`plugins behind ${root}`)}</title>
<style>${STYLE}
</style>
<rect class="paper" width="100%" height="100%"/>
<g transform="translate(${MARGIN} ${MARGIN})">
${parts.join('\n')}
</g>
</svg>
`
}

const bindingKey = (id: string): string => `b ${id}`
const pluginKey = (key: string): string => `p ${key}`

// — Boxes

function hostBox(room: number): Drawable {
  const width = 64
  return {
    box: { key: 'host', width, height: Math.max(34, room), layer: 0 },
    draw: ({ x, y, height }) =>
      `<rect class="host" x="${n(x)}" y="${n(y)}" width="${width}" height="${n(height)}" rx="17"/>` +
      `<text class="hosttext" x="${n(x + width / 2)}" y="${n(y + height / 2 + 5)}">host</text>`,
  }
}

function bindingBox({ id, packageName, state, remark, plugs }: DrawnBinding, room: number): Drawable {
  const rows = [
    ...(id === packageName ? [] : [short(packageName)]),
    ...(plugs.length === 0 ? ['none there'] : []),
    ...(state === 'failed' ? [short(remark ?? 'failed')] : []),
    ...(state === 'idle' ? ['not needed'] : []),
  ]
  return box(bindingKey(id), 'binding', 1, short(id), rows, undefined, state, remark, room)
}

function pluginBox({ key, title, state, details, remark }: DrawnPlugin, room: number): Drawable {
  const rows = [...details.map(short), ...(remark === undefined ? [] : [short(remark)])]
  return box(pluginKey(key), 'plugin', 2, short(title), rows, state, state, remark, room)
}

function box(
  key: string,
  sort: 'binding' | 'plugin',
  layer: number,
  title: string,
  rows: readonly string[],
  badge: DrawnState | undefined,
  state: DrawnState,
  remark: string | undefined,
  room: number,
): Drawable {
  const { label, look } = STATES[badge ?? state]
  const badgeWidth = badge === undefined ? 0 : widthOf(label, SMALL) + 26
  const width = Math.ceil(
    Math.max(90, widthOf(title, TITLE, true) + badgeWidth, ...rows.map((row) => widthOf(row, SMALL))) + 28,
  )
  const content = 12 + TITLE + rows.length * ROW + 9
  const height = Math.max(content, room)
  const looks = `${sort} ${state === 'trapped' ? 'failed' : state}`
  return {
    box: { key, width, height, layer },
    draw: ({ x, y }) => {
      const first = y + (height - content) / 2 + 12 + TITLE - 3
      const text = rows.map(
        (row, i) => `<text class="small" x="${n(x + 14)}" y="${n(first + ROW * (i + 1))}">${xml(row)}</text>`,
      )
      const mark =
        badge === undefined
          ? ''
          : `<circle class="${look}" cx="${n(x + width - 14 - badgeWidth + 20)}" cy="${n(first - 4.5)}" r="4"/>` +
            `<text class="small ${look}" x="${n(x + width - 14 - badgeWidth + 28)}" y="${n(first)}">${label}</text>`
      const hint = remark === undefined ? '' : `<title>${xml(remark.split('\n').map(quote).join('\n'))}</title>`
      return (
        `<g>${hint}<rect class="${looks}" x="${n(x)}" y="${n(y)}" width="${width}" height="${n(height)}" rx="${sort === 'binding' ? 15 : 6}"/>` +
        `<text class="title" x="${n(x + 14)}" y="${n(first)}">${xml(title)}</text>${mark}${text.join('')}</g>`
      )
    },
  }
}

// — Lines

/** Smooth, level at every point; the label stands over the last stretch, before the arrow. */
function drawLine(points: readonly Point[], text: string, look: string): string {
  const [start = [0, 0]] = points
  const [x, y] = points.at(-1) ?? start
  let [px, py] = start
  let path = `M${n(px)} ${n(py)}`
  for (const [nx, ny] of [...points.slice(1, -1), [x - 6, y] as const]) {
    const bend = (nx - px) / 2
    path +=
      Math.abs(py - ny) < 0.1 ? `H${n(nx)}` : `C${n(px + bend)} ${n(py)} ${n(nx - bend)} ${n(ny)} ${n(nx)} ${n(ny)}`
    ;[px, py] = [nx, ny]
  }
  const tip = `<path class="head ${look}" d="M${n(x)} ${n(y)}l-8 -4v8z"/>`
  return `<path class="line ${look}" d="${path}"/>${tip}<text class="label" x="${n(x - 13)}" y="${n(y - 5)}">${xml(text)}</text>`
}

/** What closes a loop runs back over everything: its arrow points to where it began. */
function drawBack(points: readonly Point[], text: string): string {
  const [[x, y] = [0, 0]] = points
  const path = points.map(([px, py], i) => `${i === 0 ? 'M' : 'L'}${n(px)} ${n(py)}`).join('')
  const tip = `<path class="head back" d="M${n(x)} ${n(y)}l8 -4v8z"/>`
  return `<path class="line back" d="${path}"/>${tip}<text class="label start" x="${n(x + 13)}" y="${n(y - 5)}">${xml(text)}</text>`
}

// — Text

const n = (value: number): string => String(Math.round(value * 10) / 10)

function short(text: string): string {
  const line = quote(text.split('\n', 1)[0] ?? '')
  return line.length > LONGEST ? `${line.slice(0, LONGEST - 1)}…` : line
}

/** About what a sans-serif takes: a little more rather than less. */
function widthOf(text: string, size: number, bold = false): number {
  let ems = 0
  for (const char of text)
    ems += /[ilj.,:;'|!()[\]]/.test(char)
      ? 0.32
      : /[mwMW@%…]/.test(char)
        ? 0.95
        : /[A-Z]/.test(char)
          ? 0.7
          : char > '\u2fff'
            ? 1.1
            : 0.585
  return ems * size * (bold ? 1.06 : 1)
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
/** Text of XML; what quote() leaves may still be no character of XML. */
function xml(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\ufffe\uffff]/g, '\ufffd')
    .replace(/[&<>"']/g, (char) => ESCAPES[char] ?? char)
}

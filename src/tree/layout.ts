/**
 * Where the boxes of a layered graph stand and how its edges run, from left to right. Boxes come in with their sizes, places
 * go out. A box stands one layer behind the last that leads to it; edges over several layers get a waypoint in each;
 * within layers, order is found by sweeps that put everything at the middle of its neighbours, and heights by the same with
 * distances kept, which is solved exactly (pool adjacent violators). Edges that close a loop run backwards.
 *
 * No recursion, and work that grows with the edges: a graph may have thousands of boxes, or one long chain.
 */

export interface Box {
  readonly key: string
  readonly width: number
  readonly height: number
  /** Where it stands at least. */
  readonly layer: number
}

export interface Line {
  readonly from: string
  readonly to: string
  /** How much room its label needs before `to`. */
  readonly label: number
}

export interface Placed {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export interface Layout {
  readonly width: number
  readonly height: number
  readonly boxes: ReadonlyMap<string, Placed>
  /** In the order of the lines: from the first point to the last. */
  readonly lines: readonly { readonly points: readonly Point[]; readonly back: boolean }[]
}
export type Point = readonly [x: number, y: number]

/** For bends; the room for labels comes to it. */
const GAP_X = 46
const GAP_Y = 22
const GAP_WAY = 14
/** Between edges at one side of a box. */
export const PORT = 20

/** A box, or a waypoint of an edge. */
interface Node {
  readonly height: number
  readonly width: number
  readonly box: boolean
  layer: number
  readonly before: Node[]
  readonly after: Node[]
  /** Middle. */
  y: number
  place: number
}

export function layout(boxes: readonly Box[], lines: readonly Line[]): Layout {
  const nodes = new Map<string, Node>()
  for (const { key, width, height, layer } of boxes)
    nodes.set(key, { width, height, layer, box: true, before: [], after: [], y: 0, place: 0 })
  const loops = backEdges(boxes, lines)
  const ends = lines.map(({ from, to }, i) => {
    const [a, b] = [nodes.get(from), nodes.get(to)]
    // a box that leads to itself is not drawn: nothing here does
    if (a === undefined || b === undefined || a === b) return undefined
    return loops.has(i) ? ([b, a] as const) : ([a, b] as const)
  })
  assignLayers([...nodes.values()], ends)
  const layers: Node[][] = []
  const add = (node: Node): void => {
    while (layers.length <= node.layer) layers.push([])
    layers[node.layer]?.push(node)
  }
  for (const node of nodes.values()) add(node)
  const ways = ends.map((pair) => pair && waypoints(pair[0], pair[1], add))
  order(layers)
  settle(layers)
  return measured(boxes, lines, nodes, layers, ways, loops)
}

/** The edges that would close a loop, by a walk that keeps its own stack. */
function backEdges(boxes: readonly Box[], lines: readonly Line[]): ReadonlySet<number> {
  const out = new Map<string, number[]>(boxes.map(({ key }) => [key, []]))
  for (const [i, { from }] of lines.entries()) out.get(from)?.push(i)
  const state = new Map<string, 'open' | 'done'>()
  const back = new Set<number>()
  for (const { key } of boxes) {
    if (state.has(key)) continue
    const stack = [{ key, next: 0 }]
    state.set(key, 'open')
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const edge = out.get(top.key)?.[top.next]
      top.next++
      if (edge === undefined) {
        state.set(top.key, 'done')
        stack.pop()
        continue
      }
      const to = lines[edge]?.to ?? ''
      if (state.get(to) === 'open') back.add(edge)
      else if (!state.has(to) && out.has(to)) {
        state.set(to, 'open')
        stack.push({ key: to, next: 0 })
      }
    }
  }
  return back
}

type Ends = readonly (readonly [Node, Node] | undefined)[]

/** The longest way decides. */
function assignLayers(nodes: readonly Node[], ends: Ends): void {
  const waiting = new Map<Node, number>(nodes.map((node) => [node, 0]))
  const out = new Map<Node, Node[]>(nodes.map((node) => [node, []]))
  for (const pair of ends) {
    if (pair === undefined) continue
    out.get(pair[0])?.push(pair[1])
    waiting.set(pair[1], (waiting.get(pair[1]) ?? 0) + 1)
  }
  const ready = nodes.filter((node) => waiting.get(node) === 0)
  for (let node = ready.pop(); node !== undefined; node = ready.pop()) {
    for (const next of out.get(node) ?? []) {
      next.layer = Math.max(next.layer, node.layer + 1)
      const left = (waiting.get(next) ?? 0) - 1
      waiting.set(next, left)
      if (left === 0) ready.push(next)
    }
  }
}

function waypoints(from: Node, to: Node, add: (node: Node) => void): readonly Node[] {
  const way = [from]
  for (let layer = from.layer + 1; layer < to.layer; layer++) {
    const point: Node = { width: 0, height: 0, layer, box: false, before: [], after: [], y: 0, place: 0 }
    add(point)
    way.push(point)
  }
  way.push(to)
  for (const [i, node] of way.entries()) {
    const next = way[i + 1]
    if (next === undefined) break
    node.after.push(next)
    next.before.push(node)
  }
  return way
}

const SWEEPS = 12

function order(layers: readonly Node[][]): void {
  const number = (layer: readonly Node[]): void => {
    for (const [i, node] of layer.entries()) node.place = i
  }
  // first as the author has it, as far as the layers before say
  for (const layer of layers) {
    sortBy(layer, 'before')
    number(layer)
  }
  let best = crossings(layers)
  let kept = layers.map((layer) => [...layer])
  for (let sweep = 0; sweep < SWEEPS && best > 0; sweep++) {
    const side = sweep % 2 === 0 ? 'after' : 'before'
    for (const layer of sweep % 2 === 0 ? [...layers].reverse() : layers) {
      sortBy(layer, side)
      number(layer)
    }
    const now = crossings(layers)
    if (now < best) {
      best = now
      kept = layers.map((layer) => [...layer])
    }
  }
  for (const [i, layer] of kept.entries()) {
    layers[i]?.splice(0, layer.length, ...layer)
    number(layer)
  }
}

function sortBy(layer: Node[], side: 'before' | 'after'): void {
  const middle = new Map(
    layer.map((node, i) => {
      const places = node[side].map(({ place }) => place).sort((a, b) => a - b)
      // nobody on that side: where it is
      return [node, places.length === 0 ? i : mean(places)]
    }),
  )
  layer.sort((a, b) => (middle.get(a) ?? 0) - (middle.get(b) ?? 0))
}

const mean = (numbers: readonly number[]): number => numbers.reduce((sum, n) => sum + n, 0) / numbers.length

/** Counted by inversions: sorted ends on the left, those on the right put into a tree of sums. */
function crossings(layers: readonly (readonly Node[])[]): number {
  let count = 0
  for (const [i, layer] of layers.entries()) {
    const size = (layers[i + 1]?.length ?? 0) + 1
    const sums = new Float64Array(size + 1)
    let seen = 0
    for (const node of layer) {
      const places = node.after.map(({ place }) => place).sort((a, b) => a - b)
      for (const place of places) {
        let notAfter = 0
        for (let k = place + 1; k > 0; k -= k & -k) notAfter += sums[k] ?? 0
        count += seen - notAfter
      }
      for (const place of places) for (let k = place + 1; k <= size; k += k & -k) sums[k] = (sums[k] ?? 0) + 1
      seen += places.length
    }
  }
  return count
}

function settle(layers: readonly Node[][]): void {
  for (const layer of layers) {
    let y = 0
    for (const [i, node] of layer.entries()) {
      if (i > 0) y += distance(layer[i - 1], node)
      node.y = y
    }
  }
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const sides = sweep % 2 === 0 ? (['after'] as const) : (['before'] as const)
    const last = sweep >= SWEEPS - 2
    for (const layer of sweep % 2 === 0 ? [...layers].reverse() : layers) {
      const wanted = layer.map((node) => {
        const near = (last ? (['before', 'after'] as const) : sides).flatMap((side) => node[side].map(({ y }) => y))
        return near.length === 0 ? node.y : mean(near)
      })
      spread(layer, wanted)
    }
  }
  // pairs that have nobody else stand level
  for (const layer of [...layers].reverse()) {
    spread(
      layer,
      layer.map(({ y, after: [next, other] }) => (next === undefined || other !== undefined ? y : next.y)),
    )
  }
  for (const layer of layers) for (const node of layer) node.y = Math.round(node.y)
}

function distance(a: Node | undefined, b: Node): number {
  if (a === undefined) return 0
  return (a.height + b.height) / 2 + (a.box || b.box ? GAP_Y : GAP_WAY)
}

/** As near to what is wanted as order and distances allow: least squares over a chain. */
function spread(layer: readonly Node[], wanted: readonly number[]): void {
  const offsets: number[] = []
  let offset = 0
  for (const [i, node] of layer.entries()) {
    offset += distance(layer[i - 1], node)
    offsets.push(offset)
  }
  const blocks: { sum: number; count: number }[] = []
  for (const [i] of layer.entries()) {
    let block = { sum: (wanted[i] ?? 0) - (offsets[i] ?? 0), count: 1 }
    for (let before = blocks.at(-1); before !== undefined; before = blocks.at(-1)) {
      if (before.sum / before.count <= block.sum / block.count) break
      blocks.pop()
      block = { sum: before.sum + block.sum, count: before.count + block.count }
    }
    blocks.push(block)
  }
  let at = 0
  for (const { sum, count } of blocks) {
    for (let i = 0; i < count; i++, at++) {
      const node = layer[at]
      if (node !== undefined) node.y = sum / count + (offsets[at] ?? 0)
    }
  }
}

function measured(
  boxes: readonly Box[],
  lines: readonly Line[],
  nodes: ReadonlyMap<string, Node>,
  layers: readonly (readonly Node[])[],
  ways: readonly (readonly Node[] | undefined)[],
  loops: ReadonlySet<number>,
): Layout {
  let top = Number.POSITIVE_INFINITY
  let bottom = Number.NEGATIVE_INFINITY
  for (const layer of layers) {
    for (const { y, height } of layer) {
      top = Math.min(top, y - height / 2)
      bottom = Math.max(bottom, y + height / 2)
    }
  }
  if (top > bottom) [top, bottom] = [0, 0]
  const rooms = layers.map(() => 0)
  for (const [i, { label }] of lines.entries()) {
    const end = ways[i]?.at(-1)
    if (end !== undefined) rooms[end.layer] = Math.max(rooms[end.layer] ?? 0, label)
  }
  const lefts: number[] = []
  const widths = layers.map((layer) => layer.reduce((most, { width }) => Math.max(most, width), 0))
  let x = 0
  for (const [i, width] of widths.entries()) {
    if (i > 0) x += GAP_X + (rooms[i] ?? 0)
    lefts.push(x)
    x += width
  }
  const ports = portsOf(ways)
  const placed = new Map<string, Placed>()
  for (const { key } of boxes) {
    const node = nodes.get(key)
    if (node === undefined) continue
    const { width, height } = node
    placed.set(key, { x: lefts[node.layer] ?? 0, y: node.y - height / 2 - top, width, height })
  }
  const drawn = ways.map((way, i) => {
    const points: Point[] = []
    for (const [step, node] of (way ?? []).entries()) {
      const left = lefts[node.layer] ?? 0
      // all lines are level where the labels of this layer stand, so that they bend side by side
      const level = left - (rooms[node.layer] ?? 0)
      const y = node.y - top
      const port = (end: 0 | 1): number => y + (ports.get(i)?.[end] ?? 0)
      if (!node.box) points.push([level, y], [left + (widths[node.layer] ?? 0), y])
      else if (step === 0) points.push([left + node.width, port(0)])
      else points.push([level, port(1)], [left, port(1)])
    }
    return { points, back: loops.has(i) }
  })
  return { width: x, height: bottom - top, boxes: placed, lines: drawn }
}

/** How far from the middle of its two boxes each line begins and ends: in the order of what is on the other side. */
function portsOf(ways: readonly (readonly Node[] | undefined)[]): ReadonlyMap<number, readonly [number, number]> {
  const leaving = new Map<Node, number[]>()
  const arriving = new Map<Node, number[]>()
  for (const [i, way] of ways.entries()) {
    const [from, to] = [way?.[0], way?.at(-1)]
    if (from === undefined || to === undefined) continue
    leaving.set(from, [...(leaving.get(from) ?? []), i])
    arriving.set(to, [...(arriving.get(to) ?? []), i])
  }
  const ports = new Map<number, [number, number]>()
  const put = (lines: Map<Node, number[]>, end: 0 | 1, neighbour: (way: readonly Node[]) => Node | undefined): void => {
    for (const edges of lines.values()) {
      const heightOf = (i: number): number => neighbour(ways[i] ?? [])?.y ?? 0
      edges.sort((a, b) => heightOf(a) - heightOf(b))
      for (const [place, i] of edges.entries()) {
        const pair = ports.get(i) ?? [0, 0]
        pair[end] = (place - (edges.length - 1) / 2) * PORT
        ports.set(i, pair)
      }
    }
  }
  put(leaving, 0, (way) => way[1])
  put(arriving, 1, (way) => way.at(-2))
  return ports
}

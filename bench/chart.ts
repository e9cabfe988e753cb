/** Line charts as SVG, both axes logarithmic: what grows in proportion is a straight line, what does not grow a level one. */

export interface Line {
  readonly name: string
  readonly points: readonly (readonly [x: number, y: number])[]
}

export interface Chart {
  readonly title: string
  readonly x: string
  readonly y: string
  readonly lines: readonly Line[]
}

const WIDTH = 640
const HEIGHT = 360
const LEFT = 70
const RIGHT = 20
const TOP = 40
const BOTTOM = 50
const COLOURS = ['#1f6feb', '#d1242f', '#1a7f37', '#8250df'] as const

const escaped = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')

/** Powers of ten around all values. */
function range(values: readonly number[]): readonly [number, number] {
  const low = Math.floor(Math.log10(Math.min(...values)))
  const high = Math.ceil(Math.log10(Math.max(...values)))
  return [low, high === low ? low + 1 : high]
}

function ticks([low, high]: readonly [number, number]): number[] {
  const step = Math.max(1, Math.ceil((high - low) / 8))
  return Array.from({ length: Math.floor((high - low) / step) + 1 }, (_, i) => low + i * step)
}

function power(exponent: number): string {
  const units: readonly (readonly [number, string])[] = [
    [9, 'G'],
    [6, 'M'],
    [3, 'k'],
    [0, ''],
  ]
  const [base, unit] = units.find(([from]) => exponent >= from) ?? [0, '']
  return exponent < 0 ? `10^${exponent}` : `${10 ** (exponent - base)}${unit}`
}

export function svg({ title, x, y, lines }: Chart): string {
  const all = lines.flatMap((line) => line.points)
  const xs = range(all.map(([at]) => at))
  const ys = range(all.map(([, value]) => value))
  const px = (exponent: number): number => LEFT + ((exponent - xs[0]) / (xs[1] - xs[0])) * (WIDTH - LEFT - RIGHT)
  const py = (exponent: number): number =>
    HEIGHT - BOTTOM - ((exponent - ys[0]) / (ys[1] - ys[0])) * (HEIGHT - TOP - BOTTOM)
  const at = (n: number): string => n.toFixed(1)
  const out = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    `<text x="${LEFT}" y="20" font-size="15">${escaped(title)}</text>`,
  ]
  for (const exponent of ticks(xs)) {
    const position = at(px(exponent))
    out.push(`<path d="M${position} ${TOP}V${HEIGHT - BOTTOM}" stroke="#ddd"/>`)
    out.push(`<text x="${position}" y="${HEIGHT - BOTTOM + 16}" text-anchor="middle">${power(exponent)}</text>`)
  }
  for (const exponent of ticks(ys)) {
    const position = at(py(exponent))
    out.push(`<path d="M${LEFT} ${position}H${WIDTH - RIGHT}" stroke="#ddd"/>`)
    out.push(
      `<text x="${LEFT - 6}" y="${position}" text-anchor="end" dominant-baseline="middle">${power(exponent)}</text>`,
    )
  }
  out.push(`<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 12}" text-anchor="middle">${escaped(x)}</text>`)
  out.push(
    `<text transform="translate(16 ${(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" text-anchor="middle">${escaped(y)}</text>`,
  )
  lines.forEach(({ name, points }, i) => {
    const colour = COLOURS[i % COLOURS.length]
    const path = points.map(([a, b], k) => `${k === 0 ? 'M' : 'L'}${at(px(Math.log10(a)))} ${at(py(Math.log10(b)))}`)
    out.push(`<path d="${path.join('')}" fill="none" stroke="${colour}" stroke-width="2"/>`)
    const top = TOP + 14 + 16 * i
    out.push(`<text x="${WIDTH - RIGHT - 6}" y="${top}" text-anchor="end" fill="${colour}">${escaped(name)}</text>`)
  })
  return `${out.join('\n')}\n</svg>\n`
}

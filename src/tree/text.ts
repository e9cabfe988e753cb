/**
 * A graph as indented lines, from the root down. What several share is drawn where it is met first, and named with an
 * arrow after that, so that the text grows with the graph and not with its paths.
 *
 *     checkout: exactly one of shop:checkout
 *     └─ app  ready  app.component.wasm
 *        ├─ orders: exactly one of shop:orders
 *        │  └─ orders  ready  orders.component.wasm
 *        └─ shipping: exactly one of shop:shipping
 *           └─ shipping  ready  shipping.component.wasm
 *              └─ ↑ orders
 */
import { quote } from '../model/errors.ts'
import { countText, type Drawing, type DrawnBinding, type DrawnPlugin, type DrawnState } from './drawing.ts'

const STATES: Readonly<Record<DrawnState, string>> = {
  written: '',
  idle: 'not needed',
  fits: 'fits',
  failed: 'FAILED',
  ready: 'ready',
  busy: 'busy',
  trapped: 'TRAPPED',
  disposed: 'disposed',
}

/** No graph is drawn deeper: a chain of thousands would be a triangle. */
const DEEPEST = 100

export function toText(drawing: Drawing): string {
  const page = new Page(drawing)
  page.binding(drawing.root, '', '', 0)
  page.rest()
  return `${page.lines.join('\n')}\n`
}

class Page {
  readonly lines: string[] = []
  readonly #drawing: Drawing
  readonly #bindings = new Set<string>()
  readonly #plugins = new Set<string>()
  /** Whether what is left belongs to what is drawn, and why. */
  #cut = false
  #unknown = false

  constructor(drawing: Drawing) {
    this.#drawing = drawing
  }

  /** @param branch what leads to it; `below`: what its own branches begin with */
  binding(id: string, branch: string, below: string, depth: number): void {
    const binding = this.#drawing.bindings.get(id)
    if (binding === undefined) {
      this.lines.push(`${branch}${quote(id)}  NO SUCH BINDING`)
      return
    }
    if (this.#bindings.has(id)) {
      this.lines.push(`${branch}↑ ${quote(id)}`)
      return
    }
    if (depth >= DEEPEST) {
      this.lines.push(`${branch}↓ ${quote(id)}`)
      this.#cut = true
      return
    }
    this.#bindings.add(id)
    this.lines.push(`${branch}${bindingLine(binding)}`)
    for (const line of remark(binding.remark)) this.lines.push(`${below}${line}`)
    this.#each(binding.plugs, below, ({ id, plugin }, branch, below) => this.plugin(id, plugin, branch, below, depth))
  }

  plugin(id: string, key: string, branch: string, below: string, depth: number): void {
    const plugin = this.#drawing.plugins.get(key)
    if (plugin === undefined) return
    if (this.#plugins.has(key)) {
      this.lines.push(`${branch}↑ ${quote(plugin.title)}${id === plugin.title ? '' : ` as ${quote(id)}`}`)
      return
    }
    this.#plugins.add(key)
    this.lines.push(`${branch}${pluginLine(id, plugin)}`)
    for (const line of remark(plugin.remark)) this.lines.push(`${below}${line}`)
    if (plugin.sockets === undefined) this.#unknown ||= plugin.state === 'written'
    this.#each(plugin.sockets ?? [], below, (socket, branch, below) => this.binding(socket, branch, below, depth + 1))
  }

  #each<T>(items: readonly T[], below: string, draw: (item: T, branch: string, below: string) => void): void {
    items.forEach((item, i) => {
      const last = i === items.length - 1
      draw(item, `${below}${last ? '└─ ' : '├─ '}`, `${below}${last ? '   ' : '│  '}`)
    })
  }

  /** What the root does not lead to, or only through many others. */
  rest(): void {
    const { bindings, plugins } = this.#drawing
    const idle = [...bindings.keys()].filter((id) => !this.#bindings.has(id))
    const used = new Set(idle.flatMap((id) => bindings.get(id)?.plugs.map(({ plugin }) => plugin) ?? []))
    const alone = [...plugins.values()].filter(({ key }) => !this.#plugins.has(key) && !used.has(key))
    const why = this.#cut
      ? 'further down'
      : this.#unknown
        ? 'used by whom, a check will tell'
        : 'not reached from the root'
    if (idle.length + alone.length > 0) this.lines.push('', `${why}:`)
    for (const id of idle) if (!this.#bindings.has(id)) this.binding(id, '', '', 0)
    for (const plugin of alone) {
      this.lines.push(pluginLine(plugin.title, plugin))
      for (const line of remark(plugin.remark)) this.lines.push(`   ${line}`)
    }
  }
}

function bindingLine({ id, packageName, cardinality, state, plugs }: DrawnBinding): string {
  const what = `${quote(id)}: ${countText(cardinality)} of ${quote(packageName)}`
  return `${what}${plugs.length === 0 ? ', none there' : ''}${state === 'failed' ? '  FAILED' : ''}`
}

function pluginLine(id: string, { title, state, details }: DrawnPlugin): string {
  const name = id === title ? quote(title) : `${quote(id)} = ${quote(title)}`
  return [name, STATES[state], details.map(quote).join('; ')].filter((part) => part !== '').join('  ')
}

/** The first line of what is wrong, cut to a line's length. */
function remark(text: string | undefined): readonly string[] {
  if (text === undefined) return []
  const lines = text.split('\n').slice(0, 4)
  return lines.map((line, i) => `${i === 0 ? '! ' : '  '}${quote(line)}`)
}

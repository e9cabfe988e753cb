/** What a tree was loaded to: its bindings and plugins by id, the grants they have, and the end of them all. */
import type { BindingAny, PluginInstance } from '../index.ts'
import { LinkError, quote } from '../model/errors.ts'
import type { PluginTreeHead } from './data.ts'
import { type Drawing, drawingOf } from './drawing.ts'
import type { PluginGrants } from './grants.ts'
import type { TreeModel } from './model.ts'
import { toSvg } from './svg.ts'
import { toText } from './text.ts'
import type { Walk } from './walk.ts'

export class Head<Ctx> implements PluginTreeHead<Ctx> {
  readonly root: BindingAny
  readonly bindings: ReadonlyMap<string, BindingAny>
  readonly plugins: ReadonlyMap<string, PluginInstance<Ctx>>
  readonly #model: TreeModel<Ctx>
  readonly #walk: Walk<Ctx>
  readonly #grants: ReadonlyMap<string, PluginGrants>

  constructor(model: TreeModel<Ctx>, walk: Walk<Ctx>, root: BindingAny) {
    const { plugins } = walk
    this.#model = model
    this.#walk = walk
    this.root = root
    this.bindings = walk.bindings
    this.plugins = new Map([...plugins].map(([id, { instance }]) => [id, instance]))
    this.#grants = new Map([...plugins].map(([id, { grants }]) => [id, grants]))
    Object.freeze(this)
  }

  get grants(): ReadonlyMap<string, ReadonlySet<string>> {
    return new Map([...this.#grants].map(([id, { open }]) => [id, new Set(open)]))
  }

  revoke(plugin: string, grant?: string): void {
    const grants = this.#grants.get(plugin)
    if (grants === undefined)
      throw new LinkError([{ kind: 'bad-id', path: plugin, message: `no plugin \`${quote(plugin)}\` was loaded` }])
    grants.revoke(grant)
  }

  toText(): string {
    return toText(this.#drawing())
  }

  toSvg(): string {
    return toSvg(this.#drawing())
  }

  #drawing(): Drawing {
    return drawingOf(this.#model, this.#walk.findings(this))
  }

  /** Each drains before it ends; consumers go before what they consume. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const plugin of [...this.plugins.values()].reverse()) await plugin[Symbol.asyncDispose]()
  }
}

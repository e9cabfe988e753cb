/** A binding, or some of its plugins: which of them, as which kind of container. Live: asked anew for every call. */
import type { CardinalityKind, PluginId } from '../model/errors.ts'
import type { BindingCore } from './binding-core.ts'
import type { Plug } from './plug.ts'

export class View {
  readonly core: BindingCore
  readonly kind: CardinalityKind
  readonly keeps: (id: PluginId) => boolean
  /** Of a view of one plugin. */
  readonly id: PluginId | undefined

  private constructor(
    core: BindingCore,
    kind: CardinalityKind,
    keeps: (id: PluginId) => boolean,
    id: PluginId | undefined,
  ) {
    this.core = core
    this.kind = kind
    this.keeps = keeps
    this.id = id
  }

  static whole(core: BindingCore): View {
    return new View(core, core.kind, () => true, undefined)
  }

  only(id: PluginId): View {
    return new View(this.core, 'exactly-one', (other) => other === id && this.keeps(other), id)
  }

  filter(keep: (id: PluginId) => boolean): View {
    return new View(this.core, 'any', (id) => this.keeps(id) && keep(id), undefined)
  }

  /** In the container's order. */
  get plugs(): readonly Plug[] {
    // one of a thousand is not looked for among a thousand
    if (this.id !== undefined) {
      const plug = this.core.plugs.get(this.id)
      return plug !== undefined && this.keeps(this.id) ? [plug] : []
    }
    return [...this.core.plugs.values()].filter(({ id }) => this.keeps(id))
  }
}

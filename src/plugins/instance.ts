/**
 * A running plugin: an instance with the host's context, and a life behind it. A restart puts another instance behind the
 * same face; whoever holds the face goes on, resources of the old one do not.
 */
import type { Component } from '../linker/component.ts'
import { Instance } from '../linker/instance.ts'
import type { InstanceState } from '../linker/instance-state.ts'
import type { UntypedWorld, World } from '../linker/world.ts'
import type { Life, PluginRole } from './life.ts'
import { MACHINERY } from './parts.ts'

/**
 * Its `exports` may be called directly, under its limits. It may be plugged into several bindings.
 *
 * @example
 * const calc = await new Plugin(component, { context: { user: 'bob' } }).instantiate(engine, linker)
 * const binding = new Binding('acme:calc', ExactlyOne('calc', calc))
 */
export class PluginInstance<out Ctx = unknown, W extends World = UntypedWorld> extends Instance<W> {
  readonly context: Ctx
  /** @internal */
  readonly life: Life

  /** @internal */
  protected constructor(state: InstanceState, component: Component<W> | undefined, context: Ctx, role: PluginRole) {
    super(state, component)
    this.context = context
    this.life = new (MACHINERY.get().Life)(this, role)
  }

  /** @internal */
  static make<Ctx, W extends World>(
    state: InstanceState,
    component: Component<W> | undefined,
    context: Ctx,
    role: PluginRole,
  ): PluginInstance<Ctx, W> {
    return new PluginInstance(state, component, context, role)
  }

  /** How often it was started anew. */
  get restarts(): number {
    return this.life.restarts
  }

  /** It, or a plugin behind its sockets, has a `suspending` import. */
  get maySuspend(): boolean {
    return this.life.maySuspend
  }

  /**
   * Fresh memory; same context, linker, sockets; old resource handles turn invalid.
   * @throws ClosedError after disposal; Trap, LimitError from start functions, and then the old life stays
   */
  async restart(): Promise<void> {
    await this.life.restart()
  }

  /** Resolves when no call is in flight any more, and who asked has the answer. */
  override async drain(): Promise<void> {
    await super.drain()
    await this.life.drainCalls()
  }
}

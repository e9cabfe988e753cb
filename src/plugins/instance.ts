/**
 * A running plugin: an instance with the host's context, its sockets, and what happens after a trap. A restart puts another
 * life behind the same face; whoever holds the face goes on, resources of the old life do not.
 */
import type { Component } from '../linker/component.ts'
import { Instance } from '../linker/instance.ts'
import type { InstanceState } from '../linker/instance-state.ts'
import { RUNTIME } from '../linker/part.ts'
import { hasSuspending } from '../linker/suspend.ts'
import type { UntypedWorld, World } from '../linker/world.ts'
import { ClosedError, type LimitError, type Trap } from '../model/errors.ts'
import type { BindingCore } from './binding-core.ts'
import type { Failure } from './failure.ts'
import type { Call } from './layer.ts'
import { MACHINERY } from './parts.ts'
import type { RestartPolicy } from './plugin.ts'
import type { CallQueue } from './queue.ts'
import type { Remaps } from './remap.ts'

/** @internal What a plugin is besides its instance. */
export interface PluginRole {
  readonly sockets: readonly BindingCore[]
  readonly remap: Remaps | undefined
  readonly restart: RestartPolicy | undefined
  readonly executor: ((run: () => void) => boolean) | undefined
  /** For plugs written in JavaScript: their members, once for every life. */
  readonly members: ((state: InstanceState) => object) | undefined
}

/**
 * Its `exports` may be called directly, under its limits. It may be plugged into several bindings.
 *
 * @example
 * const calc = await new Plugin(component, { context: { user: 'bob' } }).instantiate(engine, linker)
 * const binding = new Binding('acme:calc', ExactlyOne('calc', calc))
 */
export class PluginInstance<out Ctx = unknown, W extends World = UntypedWorld> extends Instance<W> {
  readonly context: Ctx
  readonly #role: PluginRole
  readonly #queue: CallQueue
  /** @internal calls that are under way: whatever ends the plugin ends them */
  readonly calls: Set<Call> = new Set()
  #members: object | undefined
  #maySuspend = false
  #restarts = 0
  #trappedAt = 0

  /** @internal */
  protected constructor(state: InstanceState, component: Component<W> | undefined, context: Ctx, role: PluginRole) {
    super(state, component)
    this.context = context
    this.#role = role
    const { CallQueue } = MACHINERY.get()
    this.#queue = new CallQueue()
    this.#begin(state)
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
    return this.#restarts
  }

  /** It, or a plugin behind its sockets, has a `suspending` import. */
  get maySuspend(): boolean {
    return this.#maySuspend
  }

  /**
   * Fresh memory; same context, linker, sockets; old resource handles turn invalid.
   * @throws ClosedError after disposal; Trap, LimitError from start functions, and then the old life stays
   */
  async restart(): Promise<void> {
    this.live.checkOpen()
    this.#succeed(await RUNTIME.get().InstanceState.create(this.live.parts))
  }

  /** Resolves when no call is in flight any more, and who asked has the answer. */
  override async drain(): Promise<void> {
    await super.drain()
    for (const call of this.calls) if (call.begun) await call.over()
  }

  #begin(state: InstanceState): void {
    const { root, engine } = state
    MACHINERY.get().PluginLayer.of(engine).addPlugin(this, state)
    this.#members = this.#role.members?.(state)
    this.#maySuspend =
      this.#members === undefined ? engine.store.async?.maySuspend(root) === true : hasSuspending(this.#members)
    const { onTrap } = root
    root.onTrap = (error) => {
      this.#trappedAt = MACHINERY.get().PluginLayer.of(engine).time
      this.#endCalls(error)
      onTrap?.(error)
    }
    root.onDispose = () => this.#endCalls(new ClosedError(`plugin \`${this.name}\` is disposed`))
  }

  /** What waits in it has no other end any more. */
  #endCalls(error: Trap | LimitError | ClosedError): void {
    for (const call of [...this.calls]) call.abandon(error)
  }

  #succeed(next: InstanceState): void {
    const old = this.live
    this.live = next
    this.#begin(next)
    this.#restarts += 1
    MACHINERY.get().PluginLayer.of(next.engine).changes.count += 1
    old.dispose()
    next.engine.emit({ kind: 'restarted', plugin: next.name })
  }

  // — For bindings

  /** @internal */
  get sockets(): readonly BindingCore[] {
    return this.#role.sockets
  }

  /** @internal */
  get remap(): Remaps | undefined {
    return this.#role.remap
  }

  /** @internal */
  get members(): object | undefined {
    return this.#members
  }

  /** @internal */
  get queue(): CallQueue {
    return this.#queue
  }

  /** @internal a call that can wait would have to */
  get isOccupied(): boolean {
    const { engine, root } = this.live
    return this.#queue.isBusy || engine.store.async?.isOccupied(root) === true
  }

  /** @internal */
  get executor(): PluginRole['executor'] {
    return this.#role.executor
  }

  /**
   * @internal why it cannot be called now; a trapped plugin whose policy says so is started anew first
   * @param waits the call can wait where it must; `undefined`: it cannot
   */
  refusal(waits: Call | undefined): Failure | undefined {
    const { state, trap } = this
    const { Failure, locked, PluginLayer } = MACHINERY.get()
    const { engine, root } = this.live
    const { async } = engine.store
    switch (state) {
      case 'ready':
        if (waits === undefined || async?.isOccupied(root) !== true) return undefined
        return PluginLayer.of(engine).isCycle(waits) ? locked(this) : undefined
      case 'busy':
        // parked in the middle, it comes to an end; on the stack below us, it does not
        if (waits === undefined || async?.isParked(root) !== true) return locked(this)
        return PluginLayer.of(engine).isCycle(waits) ? locked(this) : undefined
      case 'disposed':
        return closed(this.name)
      case 'trapped':
        if (this.#mayRevive()) {
          try {
            this.#succeed(RUNTIME.get().InstanceState.createSync(this.live.parts))
            return undefined
          } catch (error) {
            return new Failure('plugin-unavailable', 'it trapped, and starting it anew failed', Failure.of(error).cause)
          }
        }
        return new Failure('plugin-unavailable', `plugin \`${this.name}\` has trapped: ${trap?.message ?? ''}`, trap)
    }
  }

  #mayRevive(): boolean {
    const { restart = 'never' } = this.#role
    if (typeof restart === 'string') return restart === 'on-next-call'
    if (this.#restarts >= restart.maxRestarts) return false
    const now = MACHINERY.get().PluginLayer.of(this.live.engine).time
    return now - this.#trappedAt >= restart.backoffMs * 2 ** this.#restarts
  }
}

function closed(name: string): Failure {
  const error = new ClosedError(`plugin \`${name}\` is disposed`)
  return new (MACHINERY.get().Failure)('plugin-unavailable', error.message, error)
}

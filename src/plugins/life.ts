/**
 * What is behind a running plugin: its sockets, its calls, and what happens after a trap. A restart puts another instance
 * behind the same face.
 */
import type { InstanceState } from '../linker/instance-state.ts'
import { RUNTIME } from '../linker/part.ts'
import { hasSuspending } from '../linker/suspend.ts'
import { ClosedError, type LimitError, type Trap } from '../model/errors.ts'
import type { BindingCore } from './binding-core.ts'
import { Failure, locked } from './failure.ts'
import type { PluginInstance } from './instance.ts'
import { type Call, PluginLayer } from './layer.ts'
import type { RestartPolicy } from './plugin.ts'
import { CallQueue } from './queue.ts'
import type { Remaps } from './remap.ts'

/** What a plugin is besides its instance. */
export interface PluginRole {
  readonly sockets: readonly BindingCore[]
  readonly remap: Remaps | undefined
  readonly restart: RestartPolicy | undefined
  readonly executor: ((run: () => void) => boolean) | undefined
  /** For plugs written in JavaScript: their members, once for every life. */
  readonly members: ((state: InstanceState) => object) | undefined
}

export class Life {
  readonly role: PluginRole
  readonly queue: CallQueue = new CallQueue()
  /** Calls that are under way: whatever ends the plugin ends them. */
  readonly calls: Set<Call> = new Set()
  members: object | undefined
  maySuspend = false
  restarts = 0
  readonly #face: PluginInstance
  #trappedAt = 0

  /** @param face whose `live` is the instance behind it */
  constructor(face: PluginInstance, role: PluginRole) {
    this.#face = face
    this.role = role
    this.#begin(face.live)
  }

  #begin(state: InstanceState): void {
    const { root, engine } = state
    PluginLayer.of(engine).addPlugin(this.#face, state)
    this.members = this.role.members?.(state)
    this.maySuspend =
      this.members === undefined ? engine.store.async?.maySuspend(root) === true : hasSuspending(this.members)
    const { onTrap } = root
    root.onTrap = (error) => {
      this.#trappedAt = PluginLayer.of(engine).time
      this.#endCalls(error)
      onTrap?.(error)
    }
    root.onDispose = () => this.#endCalls(new ClosedError(`plugin \`${state.name}\` is disposed`))
  }

  /** What waits in it has no other end any more. */
  #endCalls(error: Trap | LimitError | ClosedError): void {
    for (const call of [...this.calls]) call.abandon(error)
  }

  /** @throws ClosedError if it is disposed meanwhile; Trap, LimitError from start functions, and then the old life stays */
  async restart(): Promise<void> {
    const { live } = this.#face
    live.checkOpen()
    this.#succeed(await RUNTIME.get().InstanceState.create(live.parts))
  }

  #succeed(next: InstanceState): void {
    const face = this.#face
    const old = face.live
    if (old.root.disposed) {
      // while it started; nobody gets it
      next.dispose()
      old.checkOpen()
    }
    face.live = next
    this.#begin(next)
    this.restarts += 1
    PluginLayer.of(next.engine).changes.count += 1
    old.dispose()
    next.engine.emit({ kind: 'restarted', plugin: next.name })
  }

  /** Resolves when who asked has the answer. */
  async drainCalls(): Promise<void> {
    for (const call of this.calls) if (call.begun) await call.over()
  }

  /** A call that can wait would have to. */
  get isOccupied(): boolean {
    const { engine, root } = this.#face.live
    return this.queue.isBusy || engine.store.async?.isOccupied(root) === true
  }

  /**
   * Why it cannot be called now; a trapped plugin whose policy says so is started anew first.
   * @param waits the call can wait where it must; `undefined`: it cannot
   */
  refusal(waits: Call | undefined): Failure | undefined {
    const face = this.#face
    const { engine, root } = face.live
    const { async } = engine.store
    switch (face.state) {
      case 'ready':
        if (waits === undefined || async?.isOccupied(root) !== true) return undefined
        return PluginLayer.of(engine).isCycle(waits) ? locked(face) : undefined
      case 'busy':
        // parked in the middle, it comes to an end; on the stack below us, it does not
        if (waits === undefined || async?.isParked(root) !== true) return locked(face)
        return PluginLayer.of(engine).isCycle(waits) ? locked(face) : undefined
      case 'disposed': {
        const error = new ClosedError(`plugin \`${face.name}\` is disposed`)
        return new Failure('plugin-unavailable', error.message, error)
      }
      case 'trapped': {
        if (this.#mayRevive()) {
          try {
            this.#succeed(RUNTIME.get().InstanceState.createSync(face.live.parts))
            return undefined
          } catch (error) {
            return new Failure('plugin-unavailable', 'it trapped, and starting it anew failed', Failure.of(error).cause)
          }
        }
        const { trap } = face
        return new Failure('plugin-unavailable', `plugin \`${face.name}\` has trapped: ${trap?.message ?? ''}`, trap)
      }
    }
  }

  #mayRevive(): boolean {
    const { restart = 'never' } = this.role
    if (typeof restart === 'string') return restart === 'on-next-call'
    if (this.restarts >= restart.maxRestarts) return false
    const now = PluginLayer.of(this.#face.live.engine).time
    return now - this.#trappedAt >= restart.backoffMs * 2 ** this.restarts
  }
}

/**
 * The one place where core stacks are parked and continued: JSPI behind two small shims (`shim-module.ts`), so that the
 * question "did the call block?" has an answer at once, and what does not block never suspends.
 *
 * An engine tells why a call trapped only a microtask after it did. Until then the trap has a stand-in, which becomes the
 * real one before anybody outside can see it.
 *
 * @spec Stack Switching
 */
import { assert, Trap } from '../../model/errors.ts'
import type { Later } from '../async-abi.ts'
import type { CoreFunction, CoreValue } from '../context.ts'
import type { Root, Store } from '../embedding.ts'
import type { ComponentInstance } from '../instance.ts'
import { become, classify } from '../trap.ts'
import { type CoreType, coreTypeKey, guardModule, runnerModule, startTypeModule } from './shim-module.ts'
import type { TaskThread } from './thread.ts'

interface Jspi {
  readonly promising: (f: CoreFunction) => (...args: CoreValue[]) => Promise<unknown>
  readonly Suspending: new (f: () => unknown) => CoreFunction
}

function jspi(): Jspi | undefined {
  const engine: Partial<Jspi> = WebAssembly as object
  const { promising, Suspending } = engine
  if (typeof promising !== 'function' || typeof Suspending !== 'function') return undefined
  return { promising, Suspending }
}

/** One core call on a stack of its own. */
export class Activation {
  done = false
  /** Its stack waits, for something or for a call inside of it. */
  parked = false
  value: unknown
}

/** Parking and continuing stacks, as the rest of the ABI knows it. */
export interface StackSwitching {
  /** What a guest imports for `fast`, whose answer may come later. `fast` ends the root itself when it fails. */
  guard(
    inst: ComponentInstance,
    type: CoreType,
    path: string,
    fast: (...args: CoreValue[]) => Later<unknown>,
  ): CoreFunction
  /** Calls core code on a stack of its own. A promise: the stack is parked, and that settles when the call ends. */
  run(thread: TaskThread, f: CoreFunction, type: CoreType, args: readonly CoreValue[]): unknown
  /** Whether `f` can be a thread's start function. */
  takesContext(f: CoreFunction, wide: boolean): boolean
  /** Resolves when every trap so far is known by its cause. */
  readonly known: Promise<unknown> | undefined
}

const UNKNOWN = 'core code trapped'

export class Stacks implements StackSwitching {
  readonly #store: Store
  readonly #jspi: Jspi
  readonly #guards = new Map<string, WebAssembly.Module>()
  readonly #runners = new Map<string, WebAssembly.Module>()
  readonly #entries = new WeakMap<CoreFunction, (...args: CoreValue[]) => Promise<unknown>>()
  readonly #active = new Map<number, Activation>()
  readonly #takes: Partial<Record<'wide' | 'narrow', (f: CoreFunction) => unknown>> = {}
  #nextId = 0
  #unknown: Promise<unknown> | undefined

  private constructor(store: Store, engine: Jspi) {
    this.#store = store
    this.#jspi = engine
  }

  /** `undefined` where the engine cannot park stacks. */
  static of(store: Store): Stacks | undefined {
    const engine = jspi()
    return engine === undefined ? undefined : new Stacks(store, engine)
  }

  get known(): Promise<unknown> | undefined {
    return this.#unknown
  }

  guard(
    inst: ComponentInstance,
    type: CoreType,
    path: string,
    fast: (...args: CoreValue[]) => Later<unknown>,
  ): CoreFunction {
    const module = this.#module(this.#guards, type, guardModule)
    const blocked = new WebAssembly.Global({ value: 'i32', mutable: true }, 0)
    const zero = type.results[0] === 'i64' ? 0n : 0
    let pending: Promise<unknown> | undefined
    const imports = {
      blocked,
      fast: (...args: CoreValue[]): unknown => {
        const thread = inst.thread as Partial<TaskThread> | undefined
        const answer = fast(...args)
        if (!(answer instanceof Promise)) return answer
        const activation = thread?.activation
        if (activation === undefined) {
          answer.catch(() => {})
          return inst.root.fail(new Trap('needs-jspi'), path)
        }
        activation.parked = true
        pending = answer
        blocked.value = 1
        return zero
      },
      slow: new this.#jspi.Suspending(() => {
        const answer = pending
        pending = undefined
        return answer
      }),
    }
    return new WebAssembly.Instance(module, { '': imports as WebAssembly.ModuleImports }).exports[
      'guard'
    ] as CoreFunction
  }

  run(thread: TaskThread, f: CoreFunction, type: CoreType, args: readonly CoreValue[]): unknown {
    assert(thread.activation === undefined, 'a thread has one core call')
    const entry = this.#entry(f, type)
    const activation = new Activation()
    const id = this.#nextId++ | 0
    this.#active.set(id, activation)
    thread.activation = activation
    const over = (): void => {
      this.#active.delete(id)
      thread.activation = undefined
    }
    const ended = entry(id, ...args)
    if (activation.done) {
      over()
      return activation.value
    }
    if (activation.parked) {
      return ended.then(
        () => {
          over()
          return activation.value
        },
        (error: unknown) => {
          over()
          throw error
        },
      )
    }
    over()
    return this.#trapped(ended, thread.task.inst.root)
  }

  /** JavaScript cannot see types, core code can. */
  takesContext(f: CoreFunction, wide: boolean): boolean {
    const key = wide ? 'wide' : 'narrow'
    let takes = this.#takes[key]
    if (takes === undefined) {
      const module = new WebAssembly.Module(startTypeModule(wide))
      takes = new WebAssembly.Instance(module).exports['takes'] as (f: CoreFunction) => unknown
      this.#takes[key] = takes
    }
    return takes(f) === 1
  }

  #entry(f: CoreFunction, type: CoreType): (...args: CoreValue[]) => Promise<unknown> {
    let entry = this.#entries.get(f)
    if (entry === undefined) {
      const done = (id: number, value: unknown): void => {
        const activation = this.#active.get(id)
        assert(activation !== undefined, 'a call that ends has begun')
        activation.done = true
        activation.value = value
      }
      const module = this.#module(this.#runners, type, runnerModule)
      const imports = { f, done } as WebAssembly.ModuleImports
      const run = new WebAssembly.Instance(module, { '': imports }).exports['run'] as CoreFunction
      entry = this.#jspi.promising(run)
      this.#entries.set(f, entry)
    }
    return entry
  }

  #module(
    cache: Map<string, WebAssembly.Module>,
    type: CoreType,
    make: (type: CoreType) => Uint8Array<ArrayBuffer>,
  ): WebAssembly.Module {
    const key = coreTypeKey(type)
    let module = cache.get(key)
    if (module === undefined) {
      module = new WebAssembly.Module(make(type))
      cache.set(key, module)
    }
    return module
  }

  /** It ended neither well nor parked. If it was not us who said so, the engine will tell what it was. */
  #trapped(ended: Promise<unknown>, root: Root): never {
    const known = ended.then(
      () => {},
      (error: unknown) => {
        this.#amend(error)
        if (this.#unknown === known) this.#unknown = undefined
      },
    )
    this.#unknown = known
    root.checkPoison()
    throw new Trap('core', UNKNOWN)
  }

  #amend(error: unknown): void {
    for (const { trap } of this.#store.roots) {
      if (trap?.kind !== 'trap' || !trap.message.endsWith(UNKNOWN)) continue
      const { error: real, object } = classify(error, trap.path)
      const cause = 'cause' in trap ? trap.cause : undefined
      become(trap, real, object?.stack)
      // who died of another's trap keeps that as the cause
      if (cause !== undefined)
        Object.defineProperty(trap, 'cause', { value: cause, configurable: true, writable: true })
    }
  }
}

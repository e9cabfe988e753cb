/**
 * Runs a plan: every step fills its slot. What can still go wrong here is the guest's own start code (a trap), the engine
 * (memory it does not have), or a limit; linking was decided before.
 *
 * Instantiating a large module blocks the thread, which browsers forbid on the main one, so running is a generator that
 * yields such modules; a driver answers at once or asynchronously.
 *
 * @spec Instance Definitions
 */
import type { AsyncAbi } from '../abi/async-abi.ts'
import type { ResolvedBuiltin } from '../abi/canon-builtins.ts'
import { canonLift, needsTasks } from '../abi/canon-lift.ts'
import type { CanonEnv, CoreFunction, Options } from '../abi/context.ts'
import type { FuncInst, Root } from '../abi/embedding.ts'
import { beginStart, ComponentInstance, endStart } from '../abi/instance.ts'
import { GuestMemory } from '../abi/memory.ts'
import { RuntimeResourceType } from '../abi/resource.ts'
import { assert, LinkError, unreachable } from '../model/errors.ts'
import type {
  CanonOpts,
  CoreInstanceRef,
  CoreRef,
  ImportedResource,
  ItemRef,
  PlannedBuiltin,
  PlanStep,
} from '../model/plan.ts'
import type { Artifact, Prepared, Profile, Watch } from './artifact.ts'
import type { LiveItem, LiveItems, LiveModule } from './items.ts'
import { LINKS, RARE } from './part.ts'

/** An exported value of a core instance. */
type CoreValueItem = WebAssembly.ExportValue

/** Asks the driver to instantiate a module. */
export interface ModuleRequest {
  readonly module: WebAssembly.Module
  readonly imports: WebAssembly.Imports
  readonly size: number | undefined
}

/** On what terms core code runs, the same for a whole tree. */
export interface Terms {
  readonly profile: Profile
  readonly watch: Watch
}

/** From here on some browsers refuse to instantiate on the main thread. */
const LARGE_MODULE = 4 * 2 ** 20

export type Steps<T> = Generator<ModuleRequest, T, WebAssembly.Instance>

/** A plan run without the guest: on what terms, and what answers its requests. */
export interface Rehearsal {
  terms(terms: Terms): Terms
  run(steps: Steps<LiveItems>): Promise<LiveItems>
}

/** A component's tree while it is built and after: the slots, and how references find them. */
export class Running {
  readonly artifact: Artifact
  readonly terms: Terms
  readonly root: Root
  readonly imports: LiveItems
  readonly outer: Running | undefined
  readonly instances: ComponentInstance[] = []
  /** By `PlanResource.slot`. */
  readonly resources: RuntimeResourceType[]
  private readonly coreInstances: WebAssembly.Exports[] = []
  private readonly made: CoreFunction[] = []
  private readonly funcs: FuncInst[] = []
  private readonly foreign: LiveItems[] = []
  private readonly memories: Map<unknown, GuestMemory>

  constructor(
    artifact: Artifact,
    terms: Terms,
    root: Root,
    imports: LiveItems,
    outer: Running | undefined,
    memories: Map<unknown, GuestMemory> = new Map(),
    resources: RuntimeResourceType[] = [],
  ) {
    this.artifact = artifact
    this.terms = terms
    this.root = root
    this.imports = imports
    this.outer = outer
    this.memories = memories
    this.resources = resources
  }

  // — References

  item(ref: ItemRef): LiveItem {
    switch (ref.kind) {
      case 'import':
        return descend(this.imports.get(ref.name), ref.path)
      case 'foreign':
        return descend({ kind: 'instance', exports: filled(this.foreign[ref.slot]) }, ref.path)
      case 'captured':
        assert(this.outer !== undefined, 'a captured item has an instance it was captured from')
        return this.outer.item(ref.ref)
      case 'func':
        return { kind: 'func', func: filled(this.funcs[ref.slot]) }
      case 'module': {
        const { artifact } = this
        const { module } = artifact.module(this.terms.profile, ref.module)
        const { type, bytes } = filled(artifact.plan.modules[ref.module])
        return { kind: 'module', module, type, size: bytes.length, origin: { artifact, index: ref.module } }
      }
      case 'component':
        return { kind: 'component', artifact: this.artifact.nested(ref.component), outer: this }
      case 'instance': {
        const exports = new Map<string, LiveItem>()
        for (const [name, inner] of ref.exports) exports.set(name, this.item(inner))
        return { kind: 'instance', exports }
      }
      case 'resource':
        return { kind: 'resource', type: filled(this.resources[ref.resource.slot]) }
      case 'type':
        return { kind: 'type' }
      default:
        return unreachable(ref)
    }
  }

  exports(): LiveItems {
    const exports = new Map<string, LiveItem>()
    for (const [name, ref] of this.artifact.plan.exportItems) exports.set(name, this.item(ref))
    return exports
  }

  private core(ref: CoreRef): CoreValueItem | CoreFunction {
    if (ref.kind === 'made') return filled(this.made[ref.slot])
    return filled(filled(this.coreInstances[ref.instance])[ref.name])
  }

  private coreFunc(ref: CoreRef): CoreFunction {
    const func = this.core(ref)
    assert(typeof func === 'function', 'validated: a core function')
    return func as CoreFunction
  }

  private memory(ref: CoreRef): GuestMemory {
    const memory = this.core(ref)
    assert(memory instanceof WebAssembly.Memory, 'validated: a core memory')
    let guest = this.memories.get(memory)
    if (guest === undefined) {
      guest = new GuestMemory(memory)
      this.memories.set(memory, guest)
    }
    return guest
  }

  private options(opts: CanonOpts): Options {
    return {
      encoding: opts.encoding,
      ptr: opts.ptr,
      memory: opts.memory && this.memory(opts.memory),
      realloc: opts.realloc && this.coreFunc(opts.realloc),
      postReturn: opts.postReturn && this.coreFunc(opts.postReturn),
      callback: opts.callback && this.coreFunc(opts.callback),
      async: opts.async,
    }
  }

  private env(instance: number, path: string): CanonEnv {
    return { inst: filled(this.instances[instance]), layouts: this.artifact.layouts, resources: this.resources, path }
  }

  private takeResources(resources: readonly ImportedResource[]): void {
    for (const { resource, from } of resources) {
      const item = this.item(from)
      assert(item.kind === 'resource', 'matched: a resource')
      this.resources[resource.slot] = item.type
    }
  }

  /** Wherever a module comes from, here it runs under our profile. */
  private prepared({ module, origin }: LiveModule): Prepared {
    if (origin !== undefined) return origin.artifact.module(this.terms.profile, origin.index)
    if (!this.terms.profile.metered) return { module, metered: undefined }
    const message = 'a bare `WebAssembly.Module` cannot be limited: give a `CoreModule`, which has its bytes'
    throw new LinkError([{ kind: 'feature-off', path: 'limits', message }])
  }

  // — Steps

  *run(parent: ComponentInstance | undefined): Steps<LiveItems> {
    this.takeResources(this.artifact.plan.importedResources)
    for (const step of this.artifact.plan.steps) yield* this.step(step, parent)
    return this.exports()
  }

  private *step(step: PlanStep, parent: ComponentInstance | undefined): Steps<void> {
    switch (step.kind) {
      case 'component-instance': {
        const around = step.parent === undefined ? parent : filled(this.instances[step.parent])
        const inst = new ComponentInstance(this.root, around, step.name)
        this.instances[step.slot] = inst
        if (this.artifact.tasks.has(step.slot)) this.tasks().prepare(inst)
        break
      }
      case 'resource': {
        const dtor = step.dtor && this.coreFunc(step.dtor)
        this.resources[step.resource.slot] = new RuntimeResourceType(
          step.resource.name,
          filled(this.instances[step.instance]),
          dtor,
        )
        break
      }
      case 'lower': {
        const item = this.item(step.func)
        assert(item.kind === 'func', 'matched: a function')
        const { func } = item
        const env = this.env(step.instance, step.path)
        const opts = this.options(step.opts)
        env.inst.closed = false
        this.made[step.slot] =
          needsTasks(step.type, opts) || func.async !== undefined
            ? this.tasks().lower(env, func, step.type, opts)
            : LINKS.get().lowerFunction(env, func, step.type, opts)
        break
      }
      case 'builtin':
        this.made[step.slot] = this.builtin(step.instance, step.builtin)
        break
      case 'lift': {
        const env = this.env(step.instance, step.path)
        const core = this.coreFunc(step.core)
        const opts = this.options(step.opts)
        const tasks = needsTasks(step.type, opts) || this.root.store.async?.needsTasks(env.inst) === true
        this.funcs[step.slot] = tasks
          ? this.tasks().lift(env, core, step.type, opts)
          : canonLift(env, core, step.type, opts)
        break
      }
      case 'core-instance': {
        const item = this.item(step.module)
        assert(item.kind === 'module', 'matched: a module')
        const { type, size } = item
        const prepared = this.prepared(item)
        const { module } = prepared
        const imports = this.coreImports(module, step.args)
        const inst = filled(this.instances[step.instance])
        if (type !== undefined) this.terms.watch.admit(type)
        const entering = beginStart(inst)
        const instance = yield { module, imports, size }
        this.terms.watch.made(type, instance, prepared)
        endStart(inst, entering)
        this.coreInstances[step.slot] = instance.exports
        break
      }
      case 'foreign-instance': {
        const item = this.item(step.component)
        assert(item.kind === 'component', 'matched: a component')
        const { artifact, outer } = item
        const args = new Map<string, LiveItem>()
        for (const [name, ref] of step.args) args.set(name, this.item(ref))
        const inner = new Running(artifact, this.terms, this.root, args, outer, this.memories)
        this.foreign[step.slot] = yield* inner.run(filled(this.instances[step.instance]))
        this.takeResources(step.resources)
        break
      }
      default:
        unreachable(step)
    }
  }

  /** The asynchronous half of the ABI: loaded before a plan that needs it runs. */
  private tasks(): AsyncAbi {
    const { async } = this.root.store
    assert(async !== undefined, 'loaded before a plan that needs it runs')
    return async
  }

  private builtin(instance: number, planned: PlannedBuiltin): CoreFunction {
    const env = this.env(instance, planned.name)
    const { resource, opts, memory, table, ...immediates } = planned
    const resolved: ResolvedBuiltin = {
      ...immediates,
      ...(resource && { resource: filled(this.resources[resource.slot]) }),
      ...(opts && { opts: this.options(opts) }),
      ...(memory && { memory: this.memory(memory) }),
      ...(table && { table: this.table(table) }),
    }
    // those of a resource of its own look at nothing but its table, and call nothing but its own destructor
    if (resolved.resource?.impl !== env.inst) env.inst.closed = false
    const { async } = this.root.store
    // an instance with tasks has its own form of some
    const made = async?.needsTasks(env.inst) === true ? async.builtin(env, resolved) : undefined
    if (made !== undefined) return made
    const behaviour = RARE.get().BUILTIN_BEHAVIOUR[planned.name]
    if (behaviour !== undefined) return behaviour(env, resolved)
    throw new LinkError([
      {
        kind: 'feature-off',
        path: planned.name,
        message: `canon built-in \`${planned.name}\` is not implemented by this version`,
      },
    ])
  }

  private table(ref: CoreRef): WebAssembly.Table {
    const table = this.core(ref)
    assert(table instanceof WebAssembly.Table, 'validated: a core table')
    return table
  }

  /** Exactly the names the module imports, on objects without a prototype: a module reaches nothing else. */
  private coreImports(importer: WebAssembly.Module, args: ReadonlyMap<string, CoreInstanceRef>): WebAssembly.Imports {
    const imports: WebAssembly.Imports = Object.create(null)
    for (const { module: from, name } of WebAssembly.Module.imports(importer)) {
      const arg = filled(args.get(from))
      let namespace = imports[from]
      if (namespace === undefined) {
        namespace = Object.create(null) as WebAssembly.ModuleImports
        imports[from] = namespace
      }
      namespace[name] =
        arg.kind === 'bundle'
          ? this.core(filled(arg.exports.get(name)))
          : filled(filled(this.coreInstances[arg.slot])[name])
    }
    return imports
  }
}

function filled<T>(slot: T | undefined): T {
  assert(slot !== undefined, 'a slot is filled before it is read')
  return slot
}

function descend(item: LiveItem | undefined, path: readonly string[]): LiveItem {
  let found = item
  for (const name of path) found = found?.kind === 'instance' ? found.exports.get(name) : undefined
  assert(found !== undefined, 'matched: every imported item is there')
  return found
}

/** Instantiates on this thread, now. */
export function runSync(steps: Steps<LiveItems>, root: Root): LiveItems {
  try {
    let step = steps.next()
    while (!step.done) step = steps.next(new WebAssembly.Instance(step.value.module, step.value.imports))
    return step.value
  } catch (error) {
    throw startFailure(error, root)
  }
}

/** Lets the engine instantiate large modules asynchronously, as browsers demand. */
export async function runAsync(steps: Steps<LiveItems>, root: Root): Promise<LiveItems> {
  try {
    let step = steps.next()
    while (!step.done) {
      const { module, imports, size } = step.value
      const large = size === undefined || size > LARGE_MODULE
      step = steps.next(
        large ? await WebAssembly.instantiate(module, imports) : new WebAssembly.Instance(module, imports),
      )
    }
    return step.value
  } catch (error) {
    throw startFailure(error, root)
  }
}

/** Start code that traps ends the tree; what is no guest's doing passes as it is. */
function startFailure(error: unknown, root: Root): unknown {
  if (error instanceof LinkError) return error
  try {
    root.fail(error, root.name)
  } catch (failure) {
    return failure
  }
}

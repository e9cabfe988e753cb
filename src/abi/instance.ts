/**
 * A component instance at run time: its flags, its handle table, its place in the tree. Who may be entered and left is
 * decided here; nothing restores a flag after a trap, so a trapped instance can never be entered again.
 *
 * @spec Component Instances
 */
import { ClosedError, Trap } from '../model/errors.ts'
import type { Root } from './embedding.ts'
import { HandleTable } from './handle-table.ts'
import { Thread } from './task.ts'

export class ComponentInstance {
  readonly root: Root
  readonly parent: ComponentInstance | undefined
  readonly name: string
  readonly handles: HandleTable
  mayLeave = true
  mayEnter = true
  backpressure = 0
  /** Its core code has no way out, so while it runs nobody can look at a flag: no lowered function, no built-in but for its own resources. */
  closed = true
  /** Some built-in of this instance can see which thread runs; until then no call makes one. */
  observesThreads = false
  thread: Thread | undefined
  #fromHost: readonly ComponentInstance[] | undefined

  constructor(root: Root, parent: ComponentInstance | undefined, name: string) {
    this.root = root
    this.parent = parent
    this.name = name
    this.handles = new HandleTable(root.ledger)
  }

  /** What a call from the host enters: this instance and those around it. */
  get enteredFromHost(): readonly ComponentInstance[] {
    this.#fromHost ??= enteringSet(this, undefined)
    return this.#fromHost
  }

  isSelfOrAncestorOf(other: ComponentInstance): boolean {
    for (let i: ComponentInstance | undefined = other; i !== undefined; i = i.parent) if (i === this) return true
    return false
  }

  pushThread(): void {
    if (this.observesThreads) this.thread = new Thread(this.thread)
  }

  popThread(): void {
    // set since the push: then there was none to pop
    if (this.observesThreads) this.thread = this.thread?.outer
  }
}

/** Who is entered when `caller` (`undefined`: the host) calls `callee`, inner first. Computed once per pair, at link. */
export function enteringSet(
  callee: ComponentInstance,
  caller: ComponentInstance | undefined,
): readonly ComponentInstance[] {
  const entering: ComponentInstance[] = []
  for (let i: ComponentInstance | undefined = callee; i !== undefined; i = i.parent) {
    if (caller === undefined || !i.isSelfOrAncestorOf(caller)) entering.push(i)
  }
  return entering
}

function cannotEnter(inst: ComponentInstance): never {
  const { root } = inst
  if (root.disposed) throw new ClosedError(`${root.name} is disposed`)
  throw new Trap('cannot-enter', undefined, root.trap === undefined ? {} : { cause: root.trap })
}

/** Traps unless all of `entering` may be entered; nothing is changed yet. */
export function checkEnter(callee: ComponentInstance, entering: readonly ComponentInstance[]): void {
  const { root } = callee
  if (root.dead) cannotEnter(callee)
  for (let i = 0; i < entering.length; i++) if (entering[i]?.mayEnter === false) cannotEnter(callee)
}

/** After `checkEnter`. A call from outside the tree starts a fresh budget for copies. */
export function enter(entering: readonly ComponentInstance[]): void {
  for (let i = 0; i < entering.length; i++) {
    const inst = entering[i] as ComponentInstance // i < length
    inst.mayEnter = false
    if (inst.parent === undefined) inst.root.ledger.used.hostBytesPerCall = 0
  }
}

export function leave(entering: readonly ComponentInstance[]): void {
  for (let i = 0; i < entering.length; i++) (entering[i] as ComponentInstance).mayEnter = true // i < length
}

/** As `checkLeave` for the built-ins that are allowed where the instance may not be left. */
export function checkAlive(inst: ComponentInstance): void {
  const { root } = inst
  const { hook } = root
  // a clock is the host's code, and may end who asks it
  if (hook !== undefined && !root.dead) hook()
  root.checkPoison()
  if (root.disposed) throw new ClosedError(`${root.name} is disposed`)
}

/** After a call of somebody else, who may have ended the instance that called. */
export function checkStillThere(inst: ComponentInstance): void {
  if (inst.root.dead) checkAlive(inst)
}

/** The start of every trampoline a guest can call: poison, the hook, and whether the instance may be left. */
export function checkLeave(inst: ComponentInstance): void {
  checkAlive(inst)
  if (!inst.mayLeave) throw new Trap('cannot-leave')
}

/**
 * Before a core module of `inst` is instantiated: its start function runs as a call from outside. Between this and
 * `endStart` (not called after a failure) the engine may work asynchronously.
 */
export function beginStart(inst: ComponentInstance): readonly ComponentInstance[] {
  // a nested instance starts while those around it are starting
  const entering = enteringSet(inst, undefined).filter((i) => i.mayEnter)
  enter(entering)
  inst.pushThread()
  return entering
}

export function endStart(inst: ComponentInstance, entering: readonly ComponentInstance[]): void {
  inst.root.checkPoison()
  inst.popThread()
  leave(entering)
}

/** Both around `run`, and a failure in it ends the root. */
export function runInside<T>(inst: ComponentInstance, path: string, run: () => T): T {
  const entering = beginStart(inst)
  try {
    const result = run()
    endStart(inst, entering)
    return result
  } catch (error) {
    return inst.root.fail(error, path)
  }
}

/**
 * Resource types at run time and the handles to their resources. Identity is the object: two instances of one component
 * have different types. Ending a resource runs its destructor as a call into the instance that defined it.
 *
 * @spec Resource State
 */
import { Trap } from '../model/errors.ts'
import type { TableEntry } from './handle-table.ts'
import { type ComponentInstance, checkEnter, enter, enteringSet, leave } from './instance.ts'
import type { Task } from './task.ts'
import { hostThrew } from './trap.ts'

export type Destructor = (rep: number) => unknown

/** A resource type, compared by identity. `impl` is `undefined` for the host's. */
export class RuntimeResourceType {
  readonly name: string
  readonly impl: ComponentInstance | undefined
  readonly dtor: Destructor | undefined
  /** Who is entered when JavaScript ends a resource. */
  readonly entering: readonly ComponentInstance[]

  constructor(name: string, impl: ComponentInstance | undefined, dtor: Destructor | undefined) {
    this.name = name
    this.impl = impl
    this.dtor = dtor
    this.entering = impl === undefined ? [] : impl.enteredFromHost
  }
}

export class ResourceHandle implements TableEntry {
  readonly rt: RuntimeResourceType
  readonly rep: number
  /** The task that must drop this borrow before it returns; `undefined` for own handles. */
  readonly borrower: Task | undefined
  numLends = 0

  constructor(rt: RuntimeResourceType, rep: number, borrower: Task | undefined) {
    this.rt = rt
    this.rep = rep
    this.borrower = borrower
  }

  /** Not a field: there are as many handles as a guest likes. */
  get kind(): 'resource' {
    return 'resource'
  }

  get own(): boolean {
    return this.borrower === undefined
  }
}

const describe = (rt: RuntimeResourceType): string => `${rt.impl === undefined ? 'host' : 'guest'}-defined resource`

/** The handle at `i`, if it is one of `rt`. */
export function resourceAt(inst: ComponentInstance, i: number, rt: RuntimeResourceType): ResourceHandle {
  const entry = inst.handles.get(i)
  if (entry instanceof ResourceHandle && entry.rt === rt) return entry
  const found = entry instanceof ResourceHandle ? `a different ${describe(entry.rt)}` : entry.kind
  throw new Trap(
    'wrong-handle-type',
    `handle index ${i} used with the wrong type, expected ${describe(rt)} but found ${found}`,
  )
}

/** For what ends or moves a handle. */
export function checkNotLent(handle: ResourceHandle): void {
  if (handle.numLends !== 0) throw new Trap('resource-lent')
}

/**
 * Ends the resource behind an own handle that was dropped: its destructor runs as a synchronous call from `caller`
 * (`undefined`: the host). In an owner that is dead or disposed nothing runs.
 */
export function dropRep(rt: RuntimeResourceType, rep: number, caller: ComponentInstance | undefined): void {
  const { impl, dtor } = rt
  if (impl === undefined) {
    try {
      dtor?.(rep)
    } catch (error) {
      throw caller === undefined ? error : hostThrew(error)
    }
    return
  }
  const { root } = impl
  if (root.dead) return
  const entering = caller === undefined ? rt.entering : enteringSet(impl, caller)
  checkEnter(impl, entering)
  if (dtor === undefined) return
  try {
    enter(entering)
    if (root.payer !== undefined) root.payer.entering()
    if (impl.observesThreads) impl.pushThread()
    dtor(rep)
    if (impl.observesThreads) impl.popThread()
    leave(entering)
  } catch (error) {
    root.fail(error, `${rt.name} destructor`)
  }
}

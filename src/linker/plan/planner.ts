/** What one planning run collects, and how its items are named for run time. */
import type { Def } from '../../model/component.ts'
import { InvalidError } from '../../model/errors.ts'
import { MAX_PLANNED_ITEMS } from '../../model/limits.ts'
import type { ImportedResource, ItemRef, PlanModule, PlanResource, PlanStep } from '../../model/plan.ts'
import type { Item, ModuleItem } from './scope.ts'

export class Planner {
  readonly steps: PlanStep[] = []
  readonly modules: PlanModule[] = []
  readonly resources: PlanResource[] = []
  readonly imported: ImportedResource[] = []
  readonly slots = { instances: 0, coreInstances: 0, made: 0, funcs: 0, foreign: 0 }
  private readonly moduleIndex = new Map<Uint8Array, number>()
  /** Lifted function slot → the path it was first exported under, for messages. */
  readonly paths = new Map<number, string>()

  #left = MAX_PLANNED_ITEMS
  /** Where the last one stands. */
  #at = 0

  /** Before a definition is met. @throws InvalidError */
  charge(def: Def): void {
    const inner = 'instance' in def ? def.instance : undefined
    this.#at = def.at
    this.spend(inner === undefined ? 1 : inner.kind === 'exports' ? 1 + inner.exports.length : 5 + inner.args.length)
  }

  /** @throws InvalidError */
  spend(items: number): void {
    this.#left -= items
    if (this.#left < 0) throw new InvalidError(`items count exceeds limit of ${MAX_PLANNED_ITEMS}`, this.#at)
  }

  newResource(name: string): PlanResource {
    const resource: PlanResource = { kind: 'resource', name, slot: this.resources.length }
    this.resources.push(resource)
    return resource
  }

  moduleRef({ source }: ModuleItem): ItemRef {
    if (source.kind === 'outside') return source.ref
    const { def } = source
    // one module of the file may be met many times, once per instantiation of the component around it
    let index = this.moduleIndex.get(def.bytes)
    if (index === undefined) {
      index = this.modules.length
      this.modules.push({ bytes: def.bytes, type: def.type, at: def.at })
      this.moduleIndex.set(def.bytes, index)
    }
    return { kind: 'module', module: index }
  }
}

/** What later phases need to find the item at run time. */
export function refOf(planner: Planner, item: Item): ItemRef {
  switch (item.kind) {
    case 'func':
    case 'component':
      return item.ref
    case 'module':
      return planner.moduleRef(item)
    case 'instance':
      return item.ref.kind === 'instance' ? { kind: 'instance', exports: refsOf(planner, item.exports) } : item.ref
    case 'type':
      if (item.type.kind === 'resource') return { kind: 'resource', resource: item.type }
      return { kind: 'type', type: item.type.kind === 'closure' ? undefined : item.type }
  }
}

export function refsOf(planner: Planner, items: ReadonlyMap<string, Item>): ReadonlyMap<string, ItemRef> {
  // one instance may be exported many times, each time with all that it exports
  planner.spend(5 * items.size)
  const refs = new Map<string, ItemRef>()
  for (const [name, item] of items) refs.set(name, refOf(planner, item))
  return refs
}

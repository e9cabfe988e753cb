/**
 * Planner items → the public description of imports and exports (`Externs`).
 *
 * Component and module types become maps of externs too; core items become their text, since nothing in JavaScript asks
 * more of them than to be read.
 */

import type { ComponentClosure } from '../../model/plan.ts'
import type { ComponentExtern, Extern, Externs, ExternType, InstanceExtern } from '../../model/types.ts'
import { LINKS } from '../part.ts'
import type { ComponentItem, Item, TypeClosure } from './scope.ts'

interface ImportsAndExports {
  readonly imports: Externs
  readonly exports: Externs
}
/** The types of a component that is known whole: planning it tells them. */
export type TypesOfClosure = (closure: ComponentClosure) => ImportsAndExports

export class ExternTypes {
  private readonly typesOfClosure: TypesOfClosure

  constructor(typesOfClosure: TypesOfClosure) {
    this.typesOfClosure = typesOfClosure
  }

  of(item: Item, offset: number): Extern {
    return { type: this.type(item), offset }
  }

  private type(item: Item): ExternType {
    switch (item.kind) {
      case 'func':
        return item.type
      case 'instance':
        return { kind: 'instance', exports: this.exports(item.exports) }
      case 'type': {
        const { type } = item
        return { kind: 'type', type: type.kind === 'closure' ? this.closure(type) : type }
      }
      case 'component':
        return { kind: 'component', ...this.component(item) }
      case 'module':
        return { kind: 'module', ...LINKS.get().typesOfModule(item.source) }
    }
  }

  private exports(items: ReadonlyMap<string, Item>): Externs {
    const exports = new Map<string, Extern>()
    for (const [name, item] of items) exports.set(name, this.of(item, item.at ?? 0))
    return exports
  }

  private component({ shape }: ComponentItem): ImportsAndExports {
    const { imports, exports } = 'def' in shape ? this.typesOfClosure(shape) : this.opened(shape)
    return { imports, exports }
  }

  private opened(closure: TypeClosure): ImportsAndExports {
    const imports = new Map<string, Extern>()
    const nowhere = { kind: 'import', name: '', path: [] } as const
    const { openComponentType, UNPLANNED } = LINKS.get()
    const opened = openComponentType(UNPLANNED, closure, undefined, nowhere, [], (name, item, at) =>
      imports.set(name, this.of(item, at)),
    )
    return { imports, exports: this.exports(opened) }
  }

  private closure(closure: TypeClosure): InstanceExtern | ComponentExtern {
    const { imports, exports } = this.opened(closure)
    return closure.of === 'instance' ? { kind: 'instance', exports } : { kind: 'component', imports, exports }
  }
}

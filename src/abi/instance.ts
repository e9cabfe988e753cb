/** @spec Component Instances */
import type { Root } from './embedding.ts'
import type { HandleTable } from './handle-table.ts'

export declare class ComponentInstance {
  readonly root: Root
  readonly parent: ComponentInstance | undefined
  readonly name: string
  readonly handles: HandleTable
  mayLeave: boolean
  mayEnter: boolean
  constructor(root: Root, parent: ComponentInstance | undefined, name: string)
}

/** Who is entered when `caller` (`undefined`: the host) calls `callee`. Computed once per pair, at link. */
export declare function enteringSet(
  callee: ComponentInstance,
  caller: ComponentInstance | undefined,
): readonly ComponentInstance[]

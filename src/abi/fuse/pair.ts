/** A caller and its callee as they are joined: everything that an adapter is made of. */

import type { Lifted } from '../canon-lift.ts'
import type { CoreFunction } from '../context.ts'
import type { RouteTarget } from '../fuse-abi.ts'
import type { ComponentInstance } from '../instance.ts'
import type { Signature } from '../layout.ts'
import type { Passage } from './passage.ts'

/** Between two trees: the terms of the route, as of a count of changes. */
export interface Far extends RouteTarget {
  readonly changes: { readonly count: number }
  readonly count: number
}

export interface Pair {
  /** Who calls. */
  readonly inst: ComponentInstance
  /** As the caller passes it; the callee's is the same but for handles, and where memory is shared out. */
  readonly signature: Signature
  readonly path: string
  readonly lifted: Lifted
  readonly entering: readonly ComponentInstance[]
  readonly args: Passage
  readonly results: Passage
  readonly far: Far | undefined
  /** Where anything is unusual, before anything happened. */
  readonly general: CoreFunction
}

/** What decides about memories and tables where their growth asks first: the sums, then the host's own limiter. */
import type { Root } from '../../abi/embedding.ts'
import { type Initial, initialSizes } from '../../limits/sizes.ts'
import type { CoreModuleType } from '../../model/core-types.ts'
import { isWasmLinkError, LimitError } from '../../model/errors.ts'
import type { ResourceLimiter } from '../../model/limits.ts'

const DEFAULT_PAGE_LOG2 = 16

type Sized = Initial['limit']

export class Growth {
  readonly #root: Root
  readonly #limiter: ResourceLimiter | undefined

  constructor(root: Root, limiter: ResourceLimiter | undefined) {
    this.#root = root
    this.#limiter = limiter
  }

  /** @throws LimitError; what the limiter throws */
  admit(type: CoreModuleType): void {
    const { ledger } = this.#root
    for (const { limit, size, maximum } of initialSizes(type)) {
      ledger.charge(limit === 'memoryBytes' ? 'memories' : 'tables', 1)
      ledger.charge(limit, size)
      if (this.#asked(limit, 0, size, maximum)) continue
      const used = ledger.used[limit]
      throw new LimitError(limit, used, used - size, 'limits.growth', 'an initial size was refused')
    }
  }

  /** In pages or elements. `false`: the guest gets -1. @throws what the limiter throws */
  allows(limit: Sized, unit: number, current: number, delta: number, maximum: number | undefined): boolean {
    if (delta === 0) return true
    if (maximum !== undefined && current + delta > maximum) return false
    const { ledger } = this.#root
    try {
      ledger.charge(limit, delta * unit)
    } catch (error) {
      if (isWasmLinkError(error) && error.kind === 'limit') return false
      throw error
    }
    if (this.#asked(limit, current * unit, (current + delta) * unit, maximum && maximum * unit)) return true
    ledger.release(limit, delta * unit)
    return false
  }

  #asked(limit: Sized, current: number, desired: number, maximum: number | undefined): boolean {
    const limiter = this.#limiter
    const { memoryGrowing, tableGrowing } = limiter ?? {}
    const ask = limit === 'memoryBytes' ? memoryGrowing : tableGrowing
    // anything but a yes is a no
    return ask === undefined || Reflect.apply(ask, limiter, [current, desired, maximum]) === true
  }
}

/** Bytes of a page, by a memory's place in the module's index space. */
export function pageSizes({ imports, defined }: CoreModuleType): readonly number[] {
  const imported = imports.flatMap(({ type }) => (type.kind === 'memory' ? [type] : []))
  return [...imported, ...(defined?.memories ?? [])].map(({ pageSizeLog2 = DEFAULT_PAGE_LOG2 }) => 2 ** pageSizeLog2)
}

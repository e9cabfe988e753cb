/**
 * Memories and tables as an account sees them: what a module will make is charged before it is made, and where the engine
 * alone decides about growth (`clamp.ts`) the sizes are read off the objects when somebody asks.
 */
import type { CoreModuleType } from '../model/core-types.ts'
import type { Ledger, RunLimit } from '../model/limits.ts'

const DEFAULT_PAGE_LOG2 = 16

/** One memory or table that is about to be made, in bytes or elements. */
export interface Initial {
  readonly limit: 'memoryBytes' | 'tableElements'
  readonly size: number
  readonly maximum: number | undefined
}

/** What instantiating a module makes. */
export function initialSizes({ defined }: CoreModuleType): readonly Initial[] {
  if (defined === undefined) return []
  const memories = defined.memories.map(({ limits, pageSizeLog2 = DEFAULT_PAGE_LOG2 }): Initial => {
    const bytes = (pages: bigint): number => Number(pages) * 2 ** pageSizeLog2
    return {
      limit: 'memoryBytes',
      size: bytes(limits.min),
      maximum: limits.max === undefined ? undefined : bytes(limits.max),
    }
  })
  const tables = defined.tables.map(
    ({ limits }): Initial => ({
      limit: 'tableElements',
      size: Number(limits.min),
      maximum: limits.max === undefined ? undefined : Number(limits.max),
    }),
  )
  return [...memories, ...tables]
}

/** The sizes of what core instances of one account make. */
export class Sizes {
  readonly #ledger: Ledger
  /** With their initial sizes; what instances keep to themselves counts with that. */
  readonly #seen = new Map<WebAssembly.Memory | WebAssembly.Table, number>()

  constructor(ledger: Ledger) {
    this.#ledger = ledger
  }

  /** @throws LimitError before anything is made */
  admit(type: CoreModuleType): void {
    for (const { limit, size } of initialSizes(type)) {
      this.#ledger.charge(limit === 'memoryBytes' ? 'memories' : 'tables', 1)
      this.#ledger.charge(limit, size)
    }
  }

  /** Growth is read off the objects that an instance exports, when somebody asks. */
  made(type: CoreModuleType | undefined, { exports }: WebAssembly.Instance): void {
    if (type === undefined) return
    for (const { name, type: item } of type.exports) {
      if (item.kind !== 'memory' && item.kind !== 'table') continue
      const object = exports[name] as WebAssembly.Memory | WebAssembly.Table // decoded: of that kind
      if (!this.#seen.has(object)) this.#seen.set(object, sizeOf(object))
    }
    if (this.#seen.size > 0) this.#ledger.grown ??= (limit) => this.#grown(limit)
  }

  #grown(limit: RunLimit): number {
    if (limit !== 'memoryBytes' && limit !== 'tableElements') return 0
    let grown = 0
    for (const [object, initial] of this.#seen)
      if (object instanceof WebAssembly.Memory === (limit === 'memoryBytes')) grown += sizeOf(object) - initial
    return grown
  }
}

function sizeOf(object: WebAssembly.Memory | WebAssembly.Table): number {
  return object instanceof WebAssembly.Memory ? object.buffer.byteLength : Number(object.length)
}

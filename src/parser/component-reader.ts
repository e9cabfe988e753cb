/**
 * The cursor of the component decoder: the byte cursor and what of the host's policy the grammar itself depends on.
 */
import { LimitError } from '../model/errors.ts'
import type { FeatureSet, Revision } from '../model/features.ts'
import type { CompileLimits } from '../model/limits.ts'
import type * as rareRules from './rare-rules.ts'
import { ByteReader } from './reader.ts'

/** What `rare-rules.ts` holds, wherever it comes from. */
export type RareRules = typeof rareRules

export class ComponentReader extends ByteReader {
  /** Whether names may have attributes: off, their form does not exist. */
  readonly attributes: boolean
  readonly nesting: number
  readonly revision: Revision
  readonly rare: () => RareRules

  constructor(
    bytes: Uint8Array,
    features: FeatureSet,
    limits: CompileLimits,
    revision: Revision,
    rare: () => RareRules,
  ) {
    super(bytes, 0, limits.nameBytes)
    this.rare = rare
    this.revision = revision
    this.attributes = features.has('implements') || features.has('canonical-names')
    this.nesting = limits.nesting
  }

  /** @param depth of components, or of component and instance types, with the one about to be read */
  checkNesting(depth: number): void {
    if (depth > this.nesting) {
      const where = `nesting too deep at offset 0x${this.offset.toString(16)}`
      throw new LimitError('nesting', depth, this.nesting, 'compileLimits.nesting', where)
    }
  }
}

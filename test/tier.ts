/**
 * `TIER=interpreted`, `closures`, `compiled` or `fused`: every function has that form from its first call on, in all tests. Without
 * it functions start interpreted and change in steady use, as for everybody.
 */
import { Fuse } from '../src/abi/fuse/fuse.ts'
import * as glue from '../src/linker/glue/index.ts'
import { FORCED } from '../src/linker/tiers.ts'

const tier = process.env['TIER']
const fuses = tier === 'fused' || tier === 'closures'
const fuse = fuses ? () => new Fuse({ allowed: tier === 'fused' }) : undefined
if (tier !== undefined) Reflect.set(globalThis, FORCED, { tier, glue, fuse })

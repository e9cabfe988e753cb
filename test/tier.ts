/**
 * `TIER=interpreted`, `closures` or `compiled`: every function has that form from its first call on, in all tests. Without
 * it functions start interpreted and change in steady use, as for everybody.
 */
import * as glue from '../src/linker/glue/index.ts'
import { FORCED } from '../src/linker/tiers.ts'

const tier = process.env['TIER']
if (tier !== undefined) Reflect.set(globalThis, FORCED, { tier, glue })

// `node --import ./test/conformance/tier.mjs …` with TIER=interpreted, closures, compiled or fused: the built package calls
// every function in that form from the first call on, as `test/tier.ts` has it for the sources.
import { Fuse } from '../../dist/fuse.js'
import * as glue from '../../dist/glue.js'

const tier = process.env.TIER
const fuses = tier === 'fused' || tier === 'closures'
const fuse = fuses ? () => new Fuse({ allowed: tier === 'fused' }) : undefined
if (tier !== undefined) globalThis[Symbol.for('wasm-link.tier')] = { tier, glue, fuse }

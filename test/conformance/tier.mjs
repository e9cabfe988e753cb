// `node --import ./test/conformance/tier.mjs …` with TIER=interpreted, closures or compiled: the built package calls every
// function in that form from the first call on.
import * as glue from '../../dist/glue.js'

const tier = process.env.TIER
if (tier !== undefined) globalThis[Symbol.for('wasm-link.tier')] = { tier, glue }

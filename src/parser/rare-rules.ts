/**
 * Rules for what few components have, so that the others need not load them: built-ins, values, start functions, and names
 * of registries.
 */

export { decodeBuiltin } from './decode-builtin.ts'
export { registryName } from './registry-names.ts'
export { defineBuiltin } from './validate-builtin.ts'
export { defineStart } from './validate-start.ts'
export { defineValue } from './validate-value.ts'

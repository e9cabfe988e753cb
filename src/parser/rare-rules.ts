/** Rules for what few components have, so that the others need not load them: built-ins, values, start functions. */

export { defineBuiltin } from './validate-builtin.ts'
export { defineStart } from './validate-start.ts'
export { defineValue } from './validate-value.ts'

/**
 * Rules for what few components have, so that the others need not load them: built-ins, values, start functions, types of
 * modules, core types other than functions of numbers, and names of registries.
 */

export { checkCoreDefinition } from './core-definitions.ts'
export { decodeBuiltin } from './decode-builtin.ts'
export { registryName } from './registry-names.ts'
export { checkModule } from './subtype-module.ts'
export { defineBuiltin } from './validate-builtin.ts'
export { defineStart } from './validate-start.ts'
export { defineValue } from './validate-value.ts'

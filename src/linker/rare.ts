/**
 * What few components have: canon built-ins, resources among the exports, values, start functions, names of registries.
 */

export { BUILTIN_BEHAVIOUR, builtinNeedsTasks } from '../abi/canon-builtins.ts'
export * as rules from '../parser/rare-rules.ts'
export { Home } from './host/home.ts'
export { resourceClass } from './host/resource-class.ts'

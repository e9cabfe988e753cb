/** What few components have: canon built-ins, values, start functions, names of registries. Their rules, and what built-ins do. */

export { BUILTIN_BEHAVIOUR, builtinNeedsTasks } from '../abi/canon-builtins.ts'
export * as rules from '../parser/rare-rules.ts'

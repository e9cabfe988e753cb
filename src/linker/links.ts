/**
 * What a component needs that has anything to do with others: types of what is not there yet, imports to match, functions
 * to lower; and functions found by name.
 */

export { exportedFunc } from './host/exported-func.ts'
export { lowerFunction } from './host/lower.ts'
export { servingKeys } from './match/import-names.ts'
export { matchImports } from './match/match.ts'
export { moduleTypes, typesOfModule } from './plan/module-types.ts'
export { importItem, openComponentType, restrict, UNPLANNED } from './plan/open-types.ts'

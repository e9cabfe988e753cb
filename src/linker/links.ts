/**
 * What a component needs that has anything to do with others: types of what is not there yet, imports to match, functions
 * to lower; and functions found by name.
 */

export { exportedFunc } from './exported-func.ts'
export { servingKeys } from './import-names.ts'
export { lowerFunction } from './lower.ts'
export { matchImports } from './match.ts'
export { moduleTypes, typesOfModule } from './module-types.ts'
export { importItem, openComponentType, restrict, UNPLANNED } from './open-types.ts'

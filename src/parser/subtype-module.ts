/**
 * Subtyping of module types: of a module that is passed where another is asked for.
 *
 * @throws InvalidError, at the first difference
 */
import type { ModuleType } from './static-types.ts'
import { checkCoreExtern } from './subtype-core.ts'
import { tick, type Validation } from './validation.ts'

/** Imports are what the module asks for, hence the other way round. */
export function checkModule(cx: Validation, a: ModuleType, b: ModuleType): void {
  for (const [module, names] of a.imports) {
    for (const [name, wanted] of names) {
      const given = b.imports.get(module)?.get(name)
      if (given === undefined) cx.fail(`missing expected import ${tick(`${module}::${name}`)}`)
      cx.within(
        () => `type mismatch in import ${tick(`${module}::${name}`)}`,
        () => checkCoreExtern(cx, given, wanted),
      )
    }
  }
  for (const [name, wanted] of b.exports) {
    const given = a.exports.get(name)
    if (given === undefined) cx.fail(`missing expected export ${tick(name)}`)
    cx.within(
      () => `type mismatch in export ${tick(name)}`,
      () => checkCoreExtern(cx, given, wanted),
    )
  }
}

/** What a core module imports and exports, as the public description. */
import type { CoreExternType, CoreModuleType } from '../model/core-types.ts'
import type { Extern, Externs } from '../model/types.ts'
import { coreExternText } from './core-text.ts'

export function moduleTypes(type: CoreModuleType): { readonly imports: Externs; readonly exports: Externs } {
  const imports = new Map<string, Extern>()
  const exports = new Map<string, Extern>()
  const core = (item: CoreExternType, offset: number): Extern => ({
    type: { kind: 'core', text: coreExternText(item, type.types) },
    offset,
  })
  for (const i of type.imports) imports.set(`${i.module}#${i.name}`, core(i.type, i.at))
  for (const e of type.exports) exports.set(e.name, core(e.type, e.at))
  return { imports, exports }
}

/** What a core module imports and exports, as the public description. */
import type { CoreModuleDecl } from '../../model/component.ts'
import type { CoreExternType, CoreModuleType, CoreSubType } from '../../model/core-types.ts'
import { assert } from '../../model/errors.ts'
import type { Extern, Externs } from '../../model/types.ts'
import { coreExternText } from './core-text.ts'
import type { ModuleSource } from './scope.ts'

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

/** From the module or from a module type. */
export function typesOfModule(source: ModuleSource): { readonly imports: Externs; readonly exports: Externs } {
  return moduleTypes(shapeOf(source))
}

/** Function and tag types by index into `types`. */
function shapeOf(source: ModuleSource): CoreModuleType {
  if (source.kind === 'file') return source.def.type
  const { type } = source
  assert(type.kind === 'module-type', 'validated: a module type')
  return moduleTypeOf(type.decls, (count, index) => {
    const found = type.scope.outer(count - 1).coreTypes[index]
    assert(found?.kind === 'sub', 'validated: an outer core type')
    return found.type
  })
}

function moduleTypeOf(
  decls: readonly CoreModuleDecl[],
  outer: (count: number, index: number) => CoreSubType,
): CoreModuleType {
  const types: CoreSubType[] = []
  const imports = []
  const exports = []
  for (const decl of decls) {
    switch (decl.kind) {
      case 'type':
        types.push(...decl.group.types)
        break
      case 'outer-type':
        types.push(outer(decl.count, decl.index))
        break
      case 'import':
        imports.push(decl)
        break
      case 'export':
        exports.push(decl)
        break
    }
  }
  return { types, imports, exports }
}

/**
 * Subtyping of core externs: what a core instance exports against what a module imports.
 * Function, tag and heap types are canonical ids here, so equality is of numbers and texts.
 *
 * @throws InvalidError, at the first difference
 */
import type { CoreExternType, CoreLimits, CoreMemoryType, CoreTableType } from '../model/core-types.ts'
import { coreText } from './core-types.ts'
import type { Validation } from './validation.ts'

const within = (a: CoreLimits, b: CoreLimits): boolean =>
  a.min >= b.min && (b.max === undefined || (a.max !== undefined && a.max <= b.max))

const kindOf = (type: CoreExternType): string => (type.kind === 'func' && type.exact ? 'func_exact' : type.kind)

export function checkCoreExtern(cx: Validation, a: CoreExternType, b: CoreExternType): void {
  switch (a.kind) {
    case 'func':
      if (b.kind !== 'func' || (b.exact && !a.exact)) break
      if (b.exact ? a.type !== b.type : !cx.coreTypes.isSubtype(a.type, b.type)) mismatch(cx, a.type, b.type)
      return
    case 'tag':
      if (b.kind !== 'tag') break
      if (a.type !== b.type) mismatch(cx, a.type, b.type)
      return
    case 'table':
      if (b.kind !== 'table') break
      checkTable(cx, a, b)
      return
    case 'memory':
      if (b.kind !== 'memory') break
      checkMemory(cx, a, b)
      return
    case 'global': {
      if (b.kind !== 'global') break
      if (a.mutable !== b.mutable) cx.fail('global types differ in mutability')
      const fits = a.mutable ? coreText(a.type) === coreText(b.type) : cx.coreTypes.matchesValue(a.type, b.type)
      if (!fits) cx.fail(`expected global type ${coreText(b.type)}, found ${coreText(a.type)}`)
      return
    }
  }
  cx.fail(`expected ${kindOf(b)}, found ${kindOf(a)}`)
}

function mismatch(cx: Validation, a: number, b: number): never {
  return cx.fail(`expected: ${cx.coreTypes.text(b)}\nfound:    ${cx.coreTypes.text(a)}`)
}

export function checkTable(cx: Validation, a: CoreTableType, b: CoreTableType): void {
  const [found, expected] = [coreText(a.element), coreText(b.element)]
  if (found !== expected) cx.fail(`expected table element type ${expected}, found ${found}`)
  if (a.shared !== b.shared) cx.fail('mismatch in the shared flag for tables')
  if (a.index !== b.index) cx.fail('mismatch in index type used for tables')
  if (!within(a.limits, b.limits)) cx.fail('mismatch in table limits')
}

export function checkMemory(cx: Validation, a: CoreMemoryType, b: CoreMemoryType): void {
  if (a.shared !== b.shared) cx.fail('mismatch in the shared flag for memories')
  if (a.index !== b.index) cx.fail('mismatch in index type used for memories')
  if ((a.pageSizeLog2 ?? 16) !== (b.pageSizeLog2 ?? 16)) cx.fail('mismatch in page size for memories')
  if (!within(a.limits, b.limits)) cx.fail('mismatch in memory limits')
}

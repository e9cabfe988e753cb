/**
 * Core types, modules and module types: from decoded to canonical, with the rules a component adds to core
 * WebAssembly's (unique imports, nothing a gate forbids). Function bodies and all else inside a module are the
 * engine's to check.
 *
 * @throws InvalidError
 */
import type { CoreDefType, CoreModuleDecl } from '../model/component.ts'
import type {
  CoreAbstractHeapType,
  CoreExternType,
  CoreMemoryType,
  CoreModuleType,
  CoreRecGroup,
  CoreTableType,
  CoreValType,
} from '../model/core-types.ts'
import {
  MAX_WASM_EXPORTS,
  MAX_WASM_FUNCTIONS,
  MAX_WASM_GLOBALS,
  MAX_WASM_MEMORIES,
  MAX_WASM_TABLES,
  MAX_WASM_TAGS,
  MAX_WASM_TYPES,
} from '../model/limits.ts'
import { type CoreTypeId, type Follow, mapRef, refsOf } from './core-types.ts'
import type { ModuleType } from './static-types.ts'
import { plural, type Scope } from './validate-scope.ts'
import { tick, type Validation } from './validation.ts'

/** A core type definition of a component or a declaration of a type: appends to the core type space. */
export function defineCoreType(scope: Scope, def: CoreDefType): void {
  if (def.kind === 'module') {
    scope.add('core-type', moduleTypeOfDecls(scope, def.decls))
    return
  }
  const cx: Validation = scope.cx
  const start = scope.spaces['core-type'].length
  const follow: Follow = (index) => {
    const type = scope.at('core-type', index)
    if (typeof type !== 'number') cx.fail(`type index ${index} is a module type, not a sub type`)
    return type
  }
  for (const id of internGroup(cx, def.group, start, follow)) scope.add('core-type', id)
}

function internGroup(cx: Validation, group: CoreRecGroup, start: number, follow: Follow): CoreTypeId[] {
  if (group.explicit) cx.require('core-gc', 'rec group usage requires `gc` proposal to be enabled')
  for (const [i, type] of group.types.entries()) {
    if (type.supertypes.some((up) => up >= start + i)) cx.fail('supertypes must be defined before subtypes')
    // without the gc proposal there is no recursion
    if (refsOf(type).some((ref) => ref >= start)) {
      cx.require('core-gc', `unknown type ${start + i}: type index out of bounds because the GC proposal is disabled`)
    }
    const { type: inner } = type
    if (inner.kind === 'func') for (const value of [...inner.params, ...inner.results]) checkValue(cx, value)
  }
  return cx.coreTypes.intern(group.types, start, follow, true)
}

const HEAP_GATE: { readonly [H in CoreAbstractHeapType]?: 'core-gc' | 'core-exceptions' } = {
  any: 'core-gc',
  none: 'core-gc',
  noextern: 'core-gc',
  nofunc: 'core-gc',
  eq: 'core-gc',
  struct: 'core-gc',
  array: 'core-gc',
  i31: 'core-gc',
  exn: 'core-exceptions',
  noexn: 'core-exceptions',
}

function checkValue(cx: Validation, type: CoreValType): void {
  if (typeof type === 'string') return
  if (typeof type.heap === 'number') {
    cx.require('core-gc', 'function references required for index reference types')
  }
  if (type.shared) {
    cx.require('core-shared-memory', 'shared reference types require the shared-everything-threads proposal')
  }
  const gate = typeof type.heap === 'string' ? HEAP_GATE[type.heap] : undefined
  if (gate === 'core-gc') cx.require(gate, 'heap types not supported without the gc feature')
  if (gate === 'core-exceptions') {
    cx.require(gate, 'exception refs not supported without the exception handling feature')
  }
}

// — Module types

type Kind = CoreExternType['kind']

/** Builds a module type; imports and exports are counted, sized and kept unique. */
class ModuleBuilder {
  readonly #cx: Validation
  readonly #imports = new Map<string, Map<string, CoreExternType>>()
  readonly #exports = new Map<string, CoreExternType>()
  readonly #counts: Record<Kind, number> = { func: 0, table: 0, memory: 0, global: 0, tag: 0 }
  #size = 1

  constructor(cx: Validation) {
    this.#cx = cx
  }

  import(module: string, name: string, type: CoreExternType): void {
    const cx = this.#cx
    const count = ++this.#counts[type.kind]
    if (count > MAXIMA[type.kind])
      cx.checkMax(count, MAXIMA[type.kind], plural(type.kind === 'func' ? 'function' : type.kind))
    this.#grow(type)
    let names = this.#imports.get(module)
    if (names === undefined) {
      names = new Map()
      this.#imports.set(module, names)
    }
    if (names.has(name)) {
      cx.fail(`module has a duplicate import name ${tick(`${module}:${name}`)} that is not allowed in components`)
    }
    names.set(name, type)
  }

  export(name: string, type: CoreExternType): void {
    const cx = this.#cx
    if (this.#exports.has(name)) cx.fail(`duplicate export name ${tick(name)} already defined`)
    cx.checkMax(this.#exports.size + 1, MAX_WASM_EXPORTS, 'exports')
    this.#grow(type)
    this.#exports.set(name, type)
  }

  done(): ModuleType {
    return { kind: 'module', imports: this.#imports, exports: this.#exports, size: this.#size }
  }

  #grow(type: CoreExternType): void {
    this.#size = this.#cx.addSizes(this.#size, coreExternSize(this.#cx, type))
  }
}

const MAXIMA: { readonly [K in Kind]: number } = {
  func: MAX_WASM_FUNCTIONS,
  table: MAX_WASM_TABLES,
  memory: MAX_WASM_MEMORIES,
  global: MAX_WASM_GLOBALS,
  tag: MAX_WASM_TAGS,
}

export const coreExternSize = (cx: Validation, type: CoreExternType): number =>
  type.kind === 'func' || type.kind === 'tag' ? cx.coreTypes.size(type.type) : 1

function moduleTypeOfDecls(scope: Scope, decls: readonly CoreModuleDecl[]): ModuleType {
  const cx: Validation = scope.cx
  const types: CoreTypeId[] = []
  const follow: Follow = (index) => types[index] ?? cx.fail(`unknown type ${index}: type index out of bounds`)
  const builder = new ModuleBuilder(cx)
  for (const decl of decls) {
    cx.at = decl.at
    switch (decl.kind) {
      case 'type':
        for (const id of internGroup(cx, decl.group, types.length, follow)) types.push(id)
        break
      case 'outer-type':
        types.push(outerCoreType(scope, decl.count, decl.index, follow))
        break
      case 'import':
        builder.import(decl.module, decl.name, canonicalExtern(cx, decl.type, follow))
        break
      case 'export':
        builder.export(decl.name, canonicalExtern(cx, decl.type, follow))
        break
    }
    cx.checkMax(types.length, MAX_WASM_TYPES, 'types')
  }
  return builder.done()
}

/** Count 0 is the module type itself, 1 the component or type around it. */
function outerCoreType(scope: Scope, count: number, index: number, follow: Follow): CoreTypeId {
  if (count === 0) return follow(index)
  const type = scope.outer(count - 1).at('core-type', index)
  if (typeof type === 'number') return type
  return scope.cx.fail("not implemented: aliasing core module types into a core module's types index space")
}

/** The type of a module in the file; only the types that imports and exports mention are looked at. */
export function moduleTypeOf(cx: Validation, module: CoreModuleType): ModuleType {
  const follow = moduleTypes(cx, module)
  const builder = new ModuleBuilder(cx)
  for (const { at, module: from, name, type } of module.imports) {
    cx.at = at
    builder.import(from, name, canonicalExtern(cx, type, follow))
  }
  for (const { at, name, type } of module.exports) {
    cx.at = at
    builder.export(name, canonicalExtern(cx, type, follow))
  }
  return builder.done()
}

function moduleTypes(cx: Validation, { types }: CoreModuleType): Follow {
  const unknown: Follow = (index) => cx.fail(`unknown type ${index}: type index out of bounds`)
  const simple: (CoreTypeId | undefined)[] = []
  let all: readonly CoreTypeId[] | undefined
  return (index) => {
    const type = types[index]
    if (type === undefined) return unknown(index)
    if (refsOf(type).length > 0) {
      all ??= cx.coreTypes.intern(types, 0, unknown)
      return all[index] ?? unknown(index)
    }
    const id = simple[index] ?? cx.coreTypes.intern([type], index, unknown)[0] ?? unknown(index)
    simple[index] = id
    return id
  }
}

// — Externs

function canonicalExtern(cx: Validation, type: CoreExternType, follow: Follow): CoreExternType {
  const func = (index: number): CoreTypeId => {
    const id = follow(index)
    if (cx.coreTypes.func(id) === undefined) cx.fail(`type index ${index} is not a function type`)
    return id
  }
  switch (type.kind) {
    case 'func':
      return { ...type, type: func(type.type) }
    case 'tag': {
      requireExceptions(cx)
      const id = func(type.type)
      if (cx.coreTypes.func(id)?.results.length !== 0) cx.fail('invalid exception type: non-empty tag result type')
      return { kind: 'tag', type: id }
    }
    case 'table': {
      checkValue(cx, type.element)
      checkLimits(cx, type, type.index === 'i64' ? 2n ** 64n - 1n : 2n ** 32n - 1n, 'entries')
      if (type.shared) {
        cx.require('core-shared-memory', 'shared tables require the shared-everything-threads proposal')
        if (!type.element.shared) cx.fail('shared tables must have a shared element type')
      }
      const element = mapRef(type.element, follow)
      return typeof element === 'string' ? type : { ...type, element }
    }
    case 'memory': {
      const log2 = type.pageSizeLog2 ?? 16
      if (type.pageSizeLog2 !== undefined) {
        const message = "the custom page sizes proposal must be enabled to customize a memory's page size"
        cx.require('core-custom-page-sizes', message)
        if (log2 !== 0 && log2 !== 16) cx.fail('invalid custom page size')
      }
      const space = (type.index === 'i64' ? 2n ** 64n : 2n ** 32n) >> BigInt(log2)
      // a count of bytes must itself fit the index type
      checkLimits(cx, type, log2 === 0 ? space - 1n : space, `${2 ** log2}-byte pages`)
      if (type.shared && type.limits.max === undefined) cx.fail('shared memory must have maximum size')
      return type
    }
    case 'global':
      checkValue(cx, type.type)
      return { ...type, type: mapRef(type.type, follow) }
  }
}

function checkLimits(cx: Validation, type: CoreTableType | CoreMemoryType, most: bigint, units: string): void {
  const { min, max } = type.limits
  if (max !== undefined && min > max) cx.fail('size minimum must not be greater than maximum')
  if (min > most || (max ?? 0n) > most) cx.fail(`${type.kind} size must be at most 0x${most.toString(16)} ${units}`)
}

export const requireExceptions = (cx: Validation): void =>
  cx.require('core-exceptions', 'exceptions proposal not enabled')

/**
 * Canon built-ins: gate, immediates, options and core signature of each, driven by the table in `model/builtins.ts`. Here
 * stands what each immediate must satisfy, and which core type a letter of the signature is.
 *
 * @spec Canonical Definitions
 * @throws InvalidError
 */
import { BUILTINS, type BuiltinName } from '../model/builtins.ts'
import type { BuiltinDef } from '../model/component.ts'
import type { CoreNumType, CoreRefType, CoreValType } from '../model/core-types.ts'
import { assert } from '../model/errors.ts'
import type { Feature } from '../model/features.ts'
import type { FuncType, ValType } from '../model/types.ts'
import { checkTable } from './subtype-core.ts'
import { infoOf } from './type-info.ts'
import {
  checkAbiMemory,
  checkLowerOptions,
  checkOptions,
  flattenFunc,
  type Options,
  requireMemory,
  requireRealloc,
} from './validate-canon.ts'
import type { Scope } from './validate-scope.ts'
import { valTypeOf } from './validate-valtype.ts'
import type { Validation } from './validation.ts'

const PROPOSAL: { readonly [F in Feature]?: string } = {
  'async': 'component model async feature',
  'error-context': 'component model error-context feature',
  'threading': 'component model threading feature',
  'core-shared-memory': 'shared-everything-threads proposal',
}

export function defineBuiltin(scope: Scope, def: BuiltinDef): void {
  const cx: Validation = scope.cx
  const { feature, signature } = BUILTINS[def.name]
  // wasm-tools spells this one with an underscore
  const shown = def.name === 'thread.available-parallelism' ? 'thread.available_parallelism' : def.name
  if (feature !== undefined) cx.require(feature, `\`${shown}\` requires the ${PROPOSAL[feature] ?? feature}`)
  if (def.name === 'task.return') defineTaskReturn(scope, def)
  else if (def.name === 'thread.spawn-ref') defineSpawnRef(scope, def)
  else defineBySignature(scope, def, signature)
}

function defineBySignature(scope: Scope, def: BuiltinDef, signature: string): void {
  const cx: Validation = scope.cx
  const types: Record<string, CoreNumType> = { i: 'i32', l: 'i64', p: 'i32' }
  const element = checkType(scope, def, types)
  if (def.opts !== undefined) types['p'] = checkBuiltinOptions(scope, def, element).ptr
  if (def.memory !== undefined) types['p'] = checkAbiMemory(scope, def.memory)
  if (def.slot !== undefined) types['c'] = checkSlot(scope, def.name, def.slot)
  if (def.coreType !== undefined) types['a'] = checkStart(scope, def.name, def.coreType).type
  if (def.table !== undefined) types['u'] = checkThreadTable(scope, def.name, def.table)
  if (def.async === true) {
    const message = `async \`${def.name}\` requires the component model more async builtins feature`
    cx.require('more-async-builtins', message)
  }
  const [params = [], results = []] = signature.split('>').map((side) =>
    [...side].map((letter): CoreValType => {
      const type = types[letter]
      assert(type !== undefined, `${def.name} has the immediate its signature speaks of`)
      return type
    }),
  )
  addFunc(scope, def, params, results)
}

/** Functions of shared-everything threads are shared themselves. */
function addFunc(scope: Scope, def: BuiltinDef, params: readonly CoreValType[], results: readonly CoreValType[]): void {
  const shared = BUILTINS[def.name].feature === 'core-shared-memory'
  scope.add('core-func', scope.cx.coreTypes.ofFunc(params, results, shared))
}

// — Immediates

type Element = ValType | null | undefined

/** The type immediate: a resource, or a stream or future, whose element is returned. */
function checkType(scope: Scope, def: BuiltinDef, types: Record<string, CoreNumType>): Element {
  if (def.type === undefined) return undefined
  const cx: Validation = scope.cx
  if (def.name.startsWith('resource.')) {
    const resource = scope.resourceAt(def.type)
    const rep = scope.defined.get(resource.identity)
    if (rep !== undefined) types['r'] = rep
    else if (def.name !== 'resource.drop') cx.fail(`type ${def.type} is not a local resource`)
    return undefined
  }
  const kind = def.name.startsWith('stream.') ? 'stream' : 'future'
  const type = scope.valTypeAt(def.type)
  if (type.kind !== kind) return cx.fail(`\`${def.name}\` requires a ${kind} type`)
  return 'element' in type ? (type.element ?? null) : null
}

function checkBuiltinOptions(scope: Scope, def: BuiltinDef, element: Element): Options {
  const cx: Validation = scope.cx
  const options = checkOptions(scope, def.opts ?? [])
  if (def.name.startsWith('error-context.')) {
    if (def.name === 'error-context.new') requireMemory(cx, options)
    else requireRealloc(cx, options)
    if (options.async) cx.fail(`cannot specify \`async\` option on \`${def.name}\``)
  } else {
    if (!options.async) {
      const message = `synchronous \`${def.name}\` requires the component model more async builtins feature`
      cx.require('more-async-builtins', message)
    }
    if (element) requireMemory(cx, options)
    if (element && def.name.endsWith('.read') && infoOf(cx, element).pointers) requireRealloc(cx, options)
  }
  checkLowerOptions(cx, options)
  return options
}

function checkSlot(scope: Scope, name: string, slot: { readonly type: 'i32' | 'i64'; readonly index: number }) {
  const cx: Validation = scope.cx
  const { type, index } = slot
  if (type === 'i64') cx.require('memory64', `64-bit \`${name}\` requires the component model 64-bit feature`)
  scope.contextType ??= type
  if (scope.contextType !== type) cx.fail(`\`${name}\` type must match previous context type`)
  if (index > 0) cx.require('threading', `\`${name}\` immediate must be zero: ${index}`)
  if (index > 1) cx.fail(`\`${name}\` immediate must be zero or one: ${index}`)
  return type
}

// — Threads

/** The core type of a new thread's function, and the type of the one thing it is given. */
function checkStart(
  scope: Scope,
  name: BuiltinName,
  index: number,
): { readonly id: number; readonly type: CoreNumType } {
  const cx: Validation = scope.cx
  const id = scope.at('core-type', index)
  if (typeof id !== 'number') return cx.fail('expected a core function type')
  const spawn = name !== 'thread.new-indirect'
  const what = spawn ? 'spawn' : 'start'
  if (spawn && !cx.coreTypes.at(id).shared) cx.fail('spawn type must be shared')
  const func = cx.coreTypes.func(id)
  if (func === undefined) return cx.fail(`${what} type must be a function`)
  const [param] = func.params
  const wide = param === 'i64' && cx.features.has('memory64')
  if (func.params.length !== 1 || (param !== 'i32' && !wide)) {
    return cx.fail(`${what} function must take a single \`i32\` argument (currently)`)
  }
  if (func.results.length > 0) cx.fail(`${what} function must not return any values`)
  if (wide) cx.used.add('memory64')
  return { id, type: wide ? 'i64' : 'i32' }
}

function checkThreadTable(scope: Scope, name: BuiltinName, index: number): 'i32' | 'i64' {
  const cx: Validation = scope.cx
  const shared = name === 'thread.spawn-indirect'
  const table = scope.at('core-table', index)
  const wide = table.index === 'i64' && cx.features.has('memory64')
  if (wide) cx.used.add('memory64')
  const element: CoreRefType = { kind: 'ref', nullable: true, heap: 'func', shared, exact: false }
  const what = shared ? '32-bit shared table of (ref null (shared func))' : '32-bit table of (ref null (func))'
  cx.within(`table is not a ${what}`, () =>
    checkTable(cx, table, {
      kind: 'table',
      element,
      limits: { min: 0n, max: undefined },
      index: wide ? 'i64' : 'i32',
      shared,
    }),
  )
  return table.index
}

function defineSpawnRef(scope: Scope, def: BuiltinDef): void {
  assert(def.coreType !== undefined, '`thread.spawn-ref` has a core type')
  const { id, type } = checkStart(scope, def.name, def.coreType)
  const ref: CoreRefType = { kind: 'ref', nullable: true, heap: id, shared: false, exact: false }
  addFunc(scope, def, [ref, type], ['i32'])
}

// — Tasks

function defineTaskReturn(scope: Scope, def: BuiltinDef): void {
  const cx: Validation = scope.cx
  const result = def.result === undefined || def.result === null ? undefined : valTypeOf(scope, def.result)
  const options = checkOptions(scope, def.opts ?? [])
  const misplaced = options.realloc ? 'realloc' : options.postReturn !== undefined ? 'post-return' : ''
  if (misplaced !== '') cx.fail(`cannot specify \`${misplaced}\` option on \`task.return\``)
  checkLowerOptions(cx, options)
  if (options.async) cx.fail('cannot specify `async` option on `task.return`')
  const params = result === undefined ? [] : [{ name: 'v', type: result }]
  const type: FuncType = { kind: 'func', async: false, params, result: undefined }
  const signature = flattenFunc(cx, type, options, 'lower')
  scope.add('core-func', cx.coreTypes.ofFunc(signature.params, signature.results))
}

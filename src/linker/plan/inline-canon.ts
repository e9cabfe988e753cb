/**
 * Canonical definitions → steps: options and types resolved to what they mean in this instantiation.
 *
 * @spec Canonical Definitions
 */
import type { CanonOptDef } from '../../model/builtins.ts'
import type { BuiltinDef, Def } from '../../model/component.ts'
import { assert } from '../../model/errors.ts'
import type { CanonOpts, ItemRef, PlannedBuiltin } from '../../model/plan.ts'
import type { Planner } from './planner.ts'
import { at, type CoreTypeItem, type Scope } from './scope.ts'

export function inlineCanon(
  planner: Planner,
  scope: Scope,
  instance: number,
  canon: Extract<Def, { kind: 'canon' }>['canon'],
): void {
  switch (canon.kind) {
    case 'lift': {
      const slot = planner.slots.funcs++
      const type = scope.funcType(canon.type)
      const core = at(scope.coreFuncs, canon.core).ref
      planner.steps.push({
        kind: 'lift',
        slot,
        instance,
        core,
        type,
        opts: canonOpts(scope, canon.opts),
        path: `function ${slot}`,
      })
      scope.funcs.push({ kind: 'func', ref: { kind: 'func', slot }, type })
      break
    }
    case 'lower': {
      const slot = planner.slots.made++
      const func = at(scope.funcs, canon.func)
      planner.steps.push({
        kind: 'lower',
        slot,
        instance,
        func: func.ref,
        type: func.type,
        opts: canonOpts(scope, canon.opts),
        path: pathOf(func.ref),
      })
      scope.coreFuncs.push({ ref: { kind: 'made', slot }, pointer: 'i32' })
      break
    }
    case 'builtin': {
      const slot = planner.slots.made++
      planner.steps.push({ kind: 'builtin', slot, instance, builtin: plannedBuiltin(scope, canon) })
      scope.coreFuncs.push({ ref: { kind: 'made', slot }, pointer: 'i32' })
      break
    }
  }
}

function pathOf(ref: ItemRef): string {
  return ref.kind === 'import' ? [ref.name, ...ref.path].join('#') : ''
}

function canonOpts(scope: Scope, defs: readonly CanonOptDef[]): CanonOpts {
  const opts: { -readonly [K in keyof CanonOpts]: CanonOpts[K] } = {
    encoding: 'utf8',
    memory: undefined,
    ptr: 'i32',
    realloc: undefined,
    postReturn: undefined,
    callback: undefined,
    async: false,
  }
  for (const def of defs) {
    switch (def.kind) {
      case 'utf8':
      case 'utf16':
      case 'latin1+utf16':
        opts.encoding = def.kind
        break
      case 'memory': {
        const memory = at(scope.coreMemories, def.memory)
        opts.memory = memory.ref
        opts.ptr = memory.pointer
        break
      }
      case 'realloc':
        opts.realloc = at(scope.coreFuncs, def.func).ref
        break
      case 'post-return':
        opts.postReturn = at(scope.coreFuncs, def.func).ref
        break
      case 'callback':
        opts.callback = at(scope.coreFuncs, def.func).ref
        break
      case 'async':
        opts.async = true
        break
      case 'core-type':
      case 'gc':
        assert(false, 'validated: no GC options')
    }
  }
  return opts
}

/** Of the two types a thread's start function can have. */
function startParam(item: CoreTypeItem): 'i32' | 'i64' {
  assert(item.kind === 'sub' && item.type.type.kind === 'func', 'validated: a function type')
  return item.type.type.params[0] === 'i64' ? 'i64' : 'i32'
}

function plannedBuiltin(scope: Scope, def: BuiltinDef): PlannedBuiltin {
  const built: { -readonly [K in keyof PlannedBuiltin]: PlannedBuiltin[K] } = { name: def.name }
  if (def.type !== undefined) {
    if (def.name.startsWith('resource.')) built.resource = scope.resource(def.type)
    else {
      const type = scope.valTypeAt(def.type)
      assert(type.kind === 'stream' || type.kind === 'future', 'validated: a stream or future type')
      built.element = type.element ?? null
    }
  }
  if (def.result !== undefined) built.result = def.result === null ? null : scope.valType(def.result)
  if (def.opts !== undefined) built.opts = canonOpts(scope, def.opts)
  if (def.async !== undefined) built.async = def.async
  if (def.cancellable !== undefined) built.cancellable = def.cancellable
  if (def.memory !== undefined) {
    const memory = at(scope.coreMemories, def.memory)
    built.memory = memory.ref
    built.ptr = memory.pointer
  }
  if (def.coreType !== undefined) built.start = startParam(scope.coreType(def.coreType))
  if (def.table !== undefined) built.table = at(scope.coreTables, def.table).ref
  if (def.slot !== undefined) built.slot = def.slot
  return built
}

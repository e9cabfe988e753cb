/**
 * What the canon built-ins do: those that need no tasks. Each is made per use in a component, closed over its instance;
 * the linker refuses, by name, a component that uses one that is not here.
 *
 * @spec Canonical Definitions
 */
import { BUILTINS, type BuiltinName } from '../model/builtins.ts'
import { assert, Trap } from '../model/errors.ts'
import type { ValType } from '../model/types.ts'
import { type CanonEnv, type CoreFunction, type CoreValue, LiftLowerContext, type Options } from './context.ts'
import { ErrorContext } from './error-context.ts'
import { errorContextAt } from './handles.ts'
import { type ComponentInstance, checkAlive, checkLeave } from './instance.ts'
import type { GuestMemory } from './memory.ts'
import { checkNotLent, dropRep, ResourceHandle, type RuntimeResourceType, resourceAt } from './resource.ts'
import { loadStringFromRange, storeStringIntoRange } from './strings.ts'

/** A built-in with its immediates at run time; fields are present as `BUILTINS` says. */
export interface ResolvedBuiltin {
  readonly name: BuiltinName
  readonly resource?: RuntimeResourceType
  readonly element?: ValType | null
  readonly result?: ValType | null
  readonly opts?: Options
  readonly async?: boolean
  readonly cancellable?: boolean
  readonly memory?: GuestMemory
  readonly table?: WebAssembly.Table
  /** Address type of `memory`. */
  readonly ptr?: 'i32' | 'i64'
  /** What a thread's start function takes. */
  readonly start?: 'i32' | 'i64'
  readonly slot?: { readonly type: 'i32' | 'i64'; readonly index: number }
}

export type Builtin = (env: CanonEnv, b: ResolvedBuiltin) => CoreFunction

const pathOf = (env: CanonEnv, b: ResolvedBuiltin): string => (env.path === '' ? b.name : env.path)

/** Every built-in is a trampoline: what goes wrong in it ends the root before the guest sees it. */
function trampoline(
  env: CanonEnv,
  b: ResolvedBuiltin,
  check: (inst: ComponentInstance) => void,
  body: (a: CoreValue, b: CoreValue, c: CoreValue) => unknown,
): CoreFunction {
  const { inst } = env
  const path = pathOf(env, b)
  return (x, y, z) => {
    try {
      check(inst)
      return body(x as CoreValue, y as CoreValue, z as CoreValue) // the engine passes as many as the signature has
    } catch (error) {
      return inst.root.fail(error, path)
    }
  }
}

function given<T>(value: T | undefined): T {
  assert(value !== undefined, 'a planned built-in has its immediates')
  return value
}

const u32 = (v: CoreValue): number => (v as number) >>> 0

// Those for resources run in every use of one: each is a trampoline of its own, and calls nothing that could be anything.

/** @spec canon resource.new */
const resourceNew: Builtin = (env, b) => {
  const rt = given(b.resource)
  const { inst } = env
  return (rep) => {
    try {
      checkLeave(inst)
      return inst.handles.add(new ResourceHandle(rt, rep as number, undefined))
    } catch (error) {
      return inst.root.fail(error, pathOf(env, b))
    }
  }
}

/** @spec canon resource.drop */
const resourceDrop: Builtin = (env, b) => {
  const rt = given(b.resource)
  const { inst } = env
  return (index) => {
    try {
      checkLeave(inst)
      const i = u32(index as CoreValue) // the engine passes as many as the signature has
      const handle = resourceAt(inst, i, rt)
      checkNotLent(handle)
      inst.handles.remove(i)
      if (handle.borrower === undefined) dropRep(rt, handle.rep, inst)
      else handle.borrower.numBorrows -= 1
    } catch (error) {
      inst.root.fail(error, pathOf(env, b))
    }
  }
}

/** @spec canon resource.rep */
const resourceRep: Builtin = (env, b) => {
  const rt = given(b.resource)
  const { inst } = env
  return (index) => {
    try {
      checkAlive(inst)
      return resourceAt(inst, u32(index as CoreValue), rt).rep // the engine passes as many as the signature has
    } catch (error) {
      return inst.root.fail(error, pathOf(env, b))
    }
  }
}

/** @spec canon context.get */
const contextGet: Builtin = (env, b) => {
  const { type, index } = given(b.slot)
  const { inst } = env
  inst.observesThreads = true
  return trampoline(env, b, checkAlive, () => {
    const value = inst.thread?.storage[index as 0 | 1] ?? 0 // validated: one of two slots
    if (type === 'i64') return typeof value === 'bigint' ? value : BigInt(value >>> 0)
    return typeof value === 'bigint' ? Number(BigInt.asIntN(32, value)) : value
  })
}

/** @spec canon context.set */
const contextSet: Builtin = (env, b) => {
  const { index } = given(b.slot)
  const { inst } = env
  inst.observesThreads = true
  return trampoline(env, b, checkAlive, (value) => {
    assert(inst.thread !== undefined, 'core code of an instance that observes threads runs in one')
    inst.thread.storage[index as 0 | 1] = value // validated: one of two slots
  })
}

const MAX_BACKPRESSURE = 2 ** 16

/** @spec canon backpressure.{inc,dec} */
const backpressureInc: Builtin = (env, b) =>
  trampoline(env, b, checkAlive, () => {
    env.inst.backpressure += 1
    if (env.inst.backpressure === MAX_BACKPRESSURE) throw new Trap('backpressure')
  })

const backpressureDec: Builtin = (env, b) =>
  trampoline(env, b, checkAlive, () => {
    env.inst.backpressure -= 1
    if (env.inst.backpressure < 0) throw new Trap('backpressure')
  })

const contextOf = (env: CanonEnv, opts: Options): LiftLowerContext =>
  new LiftLowerContext(env, opts, undefined, undefined, undefined)

/** @spec canon error-context.new */
const errorContextNew: Builtin = (env, b) => {
  const opts = given(b.opts)
  return trampoline(env, b, checkLeave, (ptr, length) => {
    const cx = contextOf(env, opts)
    return env.inst.handles.add(ErrorContext.of(loadStringFromRange(cx, cx.fromCore(ptr), cx.fromCore(length))))
  })
}

/** @spec canon error-context.debug-message */
const errorContextDebugMessage: Builtin = (env, b) => {
  const opts = given(b.opts)
  return trampoline(env, b, checkLeave, (index, pointer) => {
    const cx = contextOf(env, opts)
    const { message } = errorContextAt(env.inst, u32(index))
    const ptr = cx.fromCore(pointer)
    const word = opts.ptr === 'i32' ? 4 : 8
    if (ptr % word !== 0 || ptr + 2 * word > cx.memory.size) {
      throw new Trap('bad-pointer', 'invalid debug message pointer')
    }
    const begin = storeStringIntoRange(cx, message)
    cx.storePtr(begin, ptr)
    cx.storePtr(cx.units, ptr + word)
  })
}

/** @spec canon error-context.drop */
const errorContextDrop: Builtin = (env, b) =>
  trampoline(env, b, checkLeave, (index) => {
    const i = u32(index)
    errorContextAt(env.inst, i)
    env.inst.handles.remove(i)
  })

export const BUILTIN_BEHAVIOUR: Readonly<Partial<Record<BuiltinName, Builtin>>> = {
  'resource.new': resourceNew,
  'resource.drop': resourceDrop,
  'resource.rep': resourceRep,
  'context.get': contextGet,
  'context.set': contextSet,
  'backpressure.inc': backpressureInc,
  'backpressure.dec': backpressureDec,
  'error-context.new': errorContextNew,
  'error-context.debug-message': errorContextDebugMessage,
  'error-context.drop': errorContextDrop,
}

/** Whether it is for the asynchronous half of the ABI. Some here are behind that gate, and synchronous by nature. */
export function builtinNeedsTasks(name: BuiltinName): boolean {
  const { feature } = BUILTINS[name]
  return (feature === 'async' || feature === 'threading') && BUILTIN_BEHAVIOUR[name] === undefined
}

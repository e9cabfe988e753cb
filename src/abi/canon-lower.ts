/**
 * A component function as a core function: the trampoline given to core modules. Its callee is a function lifted in the
 * same tree (phases interleaved as the specification orders them), one that JavaScript implements, or anything else by
 * the calling protocol. Whatever goes wrong ends the calling root here, before the guest sees it.
 *
 * @spec canon lower
 */
import { assert, Trap } from '../model/errors.ts'
import type { FuncType } from '../model/types.ts'
import { type Lifted, needsTasks } from './canon-lift.ts'
import { type CanonEnv, type CoreFunction, type CoreValue, LiftLowerContext, type Options } from './context.ts'
import type { Caller, FuncInst, HostBridge, Value } from './embedding.ts'
import { inSteadyUse } from './fuse-abi.ts'
import { type ComponentInstance, checkEnter, checkLeave, checkStillThere } from './instance.ts'
import type { Signature } from './layout.ts'
import { CoreValueIter, liftFlatValues } from './lift.ts'
import { lowerFlat, storeSpilled } from './lower.ts'
import { scalarLower } from './scalar.ts'
import { BorrowScope } from './task.ts'

/** What all calls of one lowered function share. */
interface Lowering {
  readonly env: CanonEnv
  readonly func: FuncInst
  readonly signature: Signature
  readonly opts: Options
  readonly caller: Caller
}

function liftArgs(
  lowering: Lowering,
  vi: CoreValueIter,
  host: HostBridge | undefined,
  scope: BorrowScope | undefined,
): Value[] {
  const { env, opts, signature } = lowering
  const cx = new LiftLowerContext(env, opts, host, undefined, scope)
  return liftFlatValues(cx, vi, signature.params, signature.spilledParams)
}

/** What is left in `vi` is the pointer a spilled result goes to. */
function lowerResult(lowering: Lowering, vi: CoreValueIter, host: HostBridge | undefined, value: Value): unknown {
  const { env, opts, signature } = lowering
  if (signature.result === undefined) return undefined
  const cx = new LiftLowerContext(env, opts, host, undefined, undefined)
  if (signature.spilledResult !== undefined) {
    storeSpilled(cx, [value], signature.spilledResult, cx.fromCore(vi.next()))
    return undefined
  }
  const flat: CoreValue[] = []
  lowerFlat(cx, value, signature.result, flat)
  return flat[0]
}

function callLifted(
  lowering: Lowering,
  lifted: Lifted,
  entering: readonly ComponentInstance[],
  flat: readonly CoreValue[],
  scope: BorrowScope | undefined,
): unknown {
  checkEnter(lifted.inst, entering)
  const task = lifted.enter(entering)
  const vi = new CoreValueIter(flat)
  const cx = lifted.context(undefined, task, undefined)
  const raw = lifted.run(cx, liftArgs(lowering, vi, undefined, scope))
  const result = lowerResult(lowering, vi, undefined, lifted.resolve(cx, raw))
  lifted.finish(raw, entering)
  return result
}

function callHost(
  lowering: Lowering,
  host: HostBridge,
  flat: readonly CoreValue[],
  scope: BorrowScope | undefined,
): unknown {
  const vi = new CoreValueIter(flat)
  const value = lowering.func.invoke(liftArgs(lowering, vi, host, scope), lowering.caller)
  checkStillThere(lowering.env.inst)
  return lowerResult(lowering, vi, host, value)
}

function callAny(lowering: Lowering, flat: readonly CoreValue[], scope: BorrowScope | undefined): unknown {
  const vi = new CoreValueIter(flat)
  let result: unknown
  lowering.func.call(
    () => liftArgs(lowering, vi, undefined, scope),
    (value) => {
      checkStillThere(lowering.env.inst)
      result = lowerResult(lowering, vi, undefined, value)
    },
    lowering.caller,
  )
  return result
}

function related(a: ComponentInstance, b: ComponentInstance): boolean {
  return a.isSelfOrAncestorOf(b) || b.isSelfOrAncestorOf(a)
}

/** The function given to core modules. */
export function canonLower(env: CanonEnv, func: FuncInst, type: FuncType, opts: Options): CoreFunction {
  assert(!needsTasks(type, opts), `the linker refuses asynchronous functions (${env.path})`)
  const { inst } = env
  const { root } = inst
  const { lifted, host } = func
  const signature = env.layouts.signature(type, opts, 'lower')
  const lowering: Lowering = { env, func, signature, opts, caller: { inst, host: undefined } }

  let direct: CoreFunction | undefined
  let body: (flat: readonly CoreValue[], scope: BorrowScope | undefined) => unknown
  const refused = lifted !== undefined && root.store.options.refuseRelatedCalls === true && related(inst, lifted.inst)
  if (refused) {
    body = () => {
      throw new Trap('cannot-enter')
    }
  } else if (lifted !== undefined && lifted.inst.root === root) {
    const entering = lifted.entering(inst)
    direct = scalarLower(inst, signature, lifted, entering)
    body = (flat, scope) => callLifted(lowering, lifted, entering, flat, scope)
  } else if (host !== undefined) {
    body = (flat, scope) => callHost(lowering, host, flat, scope)
  } else {
    body = (flat, scope) => callAny(lowering, flat, scope)
  }

  const { used } = root.ledger
  const interpreted: CoreFunction = (...flat) => {
    const scope = signature.hasBorrow ? new BorrowScope() : undefined
    try {
      checkLeave(inst)
      const copied = used.hostBytesPerCall
      const result = body(flat, scope)
      scope?.end()
      // between guests the copies are gone with the call; JavaScript may keep its own
      if (host === undefined) used.hostBytesPerCall = copied
      return result
    } catch (error) {
      try {
        return root.fail(error, func.path)
      } finally {
        // what others lent they get back, even from the dead
        scope?.end()
      }
    }
  }
  const general = direct ?? interpreted
  if (host !== undefined || refused) return general
  return inSteadyUse({ env, opts, signature, func, general, direct: direct !== undefined })
}

/**
 * Calls of lifted functions without generated source, for platforms that forbid it: closures for functions of numbers,
 * without arrays; for the rest trees of closures (`tree.ts`), and the interpreter where those do not reach. Same checks, same
 * order.
 */
import { callCore } from '../../abi/canon-lift.ts'
import { type CoreFunction, type CoreValue, LiftLowerContext } from '../../abi/context.ts'
import type { Value } from '../../abi/embedding.ts'
import { isInterpreted } from '../../abi/emit/nodes.ts'
import { checkEnter, checkLeave, checkStillThere, enter, leave } from '../../abi/instance.ts'
import type { Layout } from '../../abi/layout.ts'
import { CoreValueIter, checkSpilled, liftFlat } from '../../abi/lift.ts'
import { BorrowScope, Task } from '../../abi/task.ts'
import { hostThrew } from '../../abi/trap.ts'
import type { ValType } from '../../model/types.ts'
import { answer, refusePromise } from '../host/host-import.ts'
import { Bridge, type HandleState, Handles, ResourceObject } from '../host/host-resources.ts'
import { fromJs } from '../host/host-values.ts'
import { codeOf, fits, liftCode } from './numbers.ts'
import { type Call, type ExportSpec, type ImportSpec, isLent } from './spec.ts'
import { drop, type Flat, Frame, type Node, nodeOf } from './tree.ts'

export function exportClosure(spec: ExportSpec): Call | undefined {
  const { signature, opts } = spec.lifted
  if (opts.ptr !== 'i32' || opts.async || signature.hasAsyncValue || signature.spilledParams !== undefined)
    return undefined
  return scalarCall(spec) ?? generalCall(spec)
}

// itself, and not what calls it, as in generated code
const { stateOf } = ResourceObject

const MAX_ARITY = 4

/** How the instance is entered and left. */
interface Gate {
  /** Changes nothing. */
  readonly check: () => void
  /** Both checks and enters. */
  readonly begin: () => void
  readonly end: () => void
}

function gate({ lifted, bridge }: ExportSpec): Gate {
  const { inst } = lifted
  const { root } = inst
  const { used } = root.ledger
  const entering = lifted.entering(undefined)
  const only = entering.length === 1 ? entering[0] : undefined
  return {
    check: () => {
      if (!root.quiet || !only?.mayEnter) checkEnter(inst, entering)
    },
    begin: () => {
      if (only?.mayEnter && root.quiet) {
        only.mayEnter = false
        used.hostBytesPerCall = 0
      } else {
        checkEnter(inst, entering)
        enter(entering)
      }
    },
    end: () => {
      if (only !== undefined) only.mayEnter = true
      else leave(entering)
      if (bridge.waits) bridge.settle()
    },
  }
}

/** What a call of numbers needs: the code of each parameter, and what it asks where a value does not fit. */
function scalarCall(spec: ExportSpec): Call | undefined {
  const { lifted, type, path, env, bridge } = spec
  const { inst, signature, opts } = lifted
  const { params, result } = signature
  if (params.length > MAX_ARITY || opts.postReturn !== undefined || inst.observesThreads) return undefined
  const lent = isLent(spec, 0)
  const numbers = lent ? params.slice(1) : params
  const codes = numbers.map(codeOf)
  const answered = result === undefined ? NONE : codeOf(result)
  if (answered === undefined || codes.includes(undefined)) return undefined

  const { root } = inst
  const core = lifted.core as (...args: readonly unknown[]) => CoreValue
  const handles = new Handles(bridge, env.resources)
  const ask = (value: unknown, i: number): Value => {
    const { name, type: t } = type.params[i] as (typeof type.params)[number] // one of them
    return fromJs(env.layouts.of(t, 'i32'), value, handles, `${path}: param \`${name}\``)
  }
  const { begin, end } = gate(spec)
  const fail = (error: unknown): never => root.fail(error, lifted.path)
  const [c0 = NONE, c1 = NONE, c2 = NONE, c3 = NONE] = codes
  if (lent) {
    const rt =
      env.resources[
        (env.layouts.of(type.params[0]?.type as ValType, 'i32') as Extract<Layout, { kind: 'own' | 'borrow' }>).resource
          .slot
      ]
    return (self, a, b, c) => {
      const found = stateOf(self)
      const state = found !== undefined && found.rt === rt && found.live ? found : refuse(ask(self, 0))
      const x = c0 === NONE || fits(c0, a) ? a : ask(a, 1)
      const y = c1 === NONE || fits(c1, b) ? b : ask(b, 2)
      const z = c2 === NONE || fits(c2, c) ? c : ask(c, 3)
      begin()
      state.numLends++
      let r: CoreValue
      try {
        if (!root.quiet) root.hook?.()
        r = core(state.rep, x, y, z)
        if (!root.quiet) root.checkPoison()
      } catch (error) {
        root.poisoned = true
        root.quiet = false
        try {
          return fail(error)
        } finally {
          state.numLends--
        }
      }
      state.numLends--
      end()
      return liftCode(r, answered)
    }
  }
  switch (params.length) {
    case 0:
      return () => {
        begin()
        let r: CoreValue
        try {
          if (!root.quiet) root.hook?.()
          r = core()
          if (!root.quiet) root.checkPoison()
        } catch (error) {
          root.poisoned = true
          root.quiet = false
          return fail(error)
        }
        end()
        return liftCode(r, answered)
      }
    case 1:
      return (a) => {
        const x = fits(c0, a) ? a : ask(a, 0)
        begin()
        let r: CoreValue
        try {
          if (!root.quiet) root.hook?.()
          r = core(x)
          if (!root.quiet) root.checkPoison()
        } catch (error) {
          root.poisoned = true
          root.quiet = false
          return fail(error)
        }
        end()
        return liftCode(r, answered)
      }
    case 2:
      return (a, b) => {
        const x = fits(c0, a) ? a : ask(a, 0)
        const y = fits(c1, b) ? b : ask(b, 1)
        begin()
        let r: CoreValue
        try {
          if (!root.quiet) root.hook?.()
          r = core(x, y)
          if (!root.quiet) root.checkPoison()
        } catch (error) {
          root.poisoned = true
          root.quiet = false
          return fail(error)
        }
        end()
        return liftCode(r, answered)
      }
    default:
      return (a, b, c, d) => {
        const x = fits(c0, a) ? a : ask(a, 0)
        const y = fits(c1, b) ? b : ask(b, 1)
        const z = fits(c2, c) ? c : ask(c, 2)
        const w = c3 === NONE || fits(c3, d) ? d : ask(d, 3)
        begin()
        let r: CoreValue
        try {
          if (!root.quiet) root.hook?.()
          r = core(x, y, z, w)
          if (!root.quiet) root.checkPoison()
        } catch (error) {
          root.poisoned = true
          root.quiet = false
          return fail(error)
        }
        end()
        return liftCode(r, answered)
      }
  }
}

/** No parameter there, no result. */
const NONE = -1

function refuse(answer: Value): HandleState {
  throw new TypeError(`a handle that does not fit is refused, and not answered with ${String(answer)}`)
}

/** A function of JavaScript that takes at most four numbers, and answers with one. */
export function importClosure({ cenv, func, target, signature }: ImportSpec): CoreFunction | undefined {
  const { params, result } = signature
  const { plain } = target
  const { host: bridge, path } = func
  const codes = params.map(codeOf)
  const answered = result === undefined ? NONE : codeOf(result)
  if (plain === undefined || !(bridge instanceof Bridge) || params.length > MAX_ARITY) return undefined
  if (answered === undefined || codes.includes(undefined)) return undefined
  const { inst } = cenv
  const { root } = inst
  const handles = new Handles(bridge, cenv.resources)
  const place = `${path}: result`
  const check = (r: unknown): CoreValue => {
    let value = r
    if (answered === NONE) {
      if (typeof r === 'object') refusePromise(r, place)
      value = 0
    } else if (!fits(answered, r)) value = answer(result, r, handles, path, place)
    // JavaScript may have ended the instance that it serves
    if (!root.quiet) checkStillThere(inst)
    return (typeof value === 'boolean' ? Number(value) : value) as CoreValue // a number, checked
  }
  // all that can throw here is what the checks throw and what the host does
  const fail = (error: unknown): never => root.fail(hostThrew(error), path)
  const [c0 = NONE, c1 = NONE, c2 = NONE, c3 = NONE] = codes
  switch (params.length) {
    case 0:
      return () => {
        try {
          if (!root.quiet || !inst.mayLeave) checkLeave(inst)
          return check(plain())
        } catch (error) {
          return fail(error)
        }
      }
    case 1:
      return (a) => {
        try {
          if (!root.quiet || !inst.mayLeave) checkLeave(inst)
          return check(plain(liftCode(a as CoreValue, c0)))
        } catch (error) {
          return fail(error)
        }
      }
    case 2:
      return (a, b) => {
        try {
          if (!root.quiet || !inst.mayLeave) checkLeave(inst)
          return check(plain(liftCode(a as CoreValue, c0), liftCode(b as CoreValue, c1)))
        } catch (error) {
          return fail(error)
        }
      }
    default:
      return (a, b, c, d) => {
        try {
          if (!root.quiet || !inst.mayLeave) checkLeave(inst)
          const [x, y, z] = [
            liftCode(a as CoreValue, c0),
            liftCode(b as CoreValue, c1),
            liftCode(c as CoreValue, c2),
          ] as const
          return check(c3 === NONE ? plain(x, y, z) : plain(x, y, z, liftCode(d as CoreValue, c3)))
        } catch (error) {
          return fail(error)
        }
      }
  }
}

// — Other signatures

function generalCall(spec: ExportSpec): Call {
  const { lifted, type, path, env, bridge, host } = spec
  const { inst, signature, opts } = lifted
  const { core, env: cenv } = lifted
  const { result, spilledResult, hasBorrow } = signature
  const { root } = inst
  const handles = new Handles(bridge, env.resources)
  let width = 0
  const params = type.params.map(({ name, type: t }, i) => {
    const own = signature.params[i] as Layout // as many as in the type
    const node = nodeOf(own, env.layouts.of(t, 'i32'), handles, `${path}: param \`${name}\``, width)
    width += node.width
    return node
  })
  const lowered = params.filter((param) => param.lowers)
  const passesHandles = signature.params.some(isInterpreted)
  const frame = new Frame(width)
  // what a result does not fit is never asked
  const code = result && codeOf(result)
  const answer = result && nodeOf(result, result, handles, path)
  const { check, begin, end } = gate(spec)
  const { memory, postReturn } = opts
  const answers = signature.core.results.length > 0
  const shared = new LiftLowerContext(cenv, opts, host, undefined, undefined)
  const [p0, p1, p2, p3] = params

  const call = (flat: Flat): Value => {
    const scope = hasBorrow ? new BorrowScope() : undefined
    let value: Value
    try {
      begin()
      if (inst.observesThreads) inst.pushThread()
      const task = scope && new Task()
      const cx = scope === undefined ? shared : new LiftLowerContext(cenv, opts, host, task, scope)
      memory?.refresh()
      if (!root.quiet) root.hook?.()
      for (let i = 0; i < lowered.length; i++) (lowered[i] as Node).lower(cx, flat) // i < length
      frame.end(flat)
      const raw = callCore(core, flat as CoreValue[]) // all of it is lowered
      if (!root.quiet) root.checkPoison()
      if (answer !== undefined) {
        memory?.refresh()
        const one = raw as CoreValue // one flat result at most
        if (spilledResult !== undefined) {
          const ptr = (one as number) >>> 0
          checkSpilled(cx, ptr, spilledResult)
          value = answer.load(cx, cx.memory.view, ptr)
        } else if (code !== undefined) value = liftCode(one, code)
        else value = liftFlat(cx, new CoreValueIter([one]), result as Layout) // there is an answer
      }
      task?.checkBorrows()
      if (postReturn !== undefined) {
        inst.mayLeave = false
        if (answers) postReturn(raw as CoreValue)
        else postReturn()
        if (!root.quiet) root.checkPoison()
        inst.mayLeave = true
      }
      // set since the push: then there was none to pop
      if (inst.observesThreads) inst.popThread()
    } catch (error) {
      root.poisoned = true
      root.quiet = false
      try {
        return root.fail(error, lifted.path)
      } finally {
        scope?.end()
      }
    }
    scope?.end()
    end()
    return value
  }
  const refuse = (flat: Flat, error: unknown): never => {
    drop(flat)
    frame.end(flat)
    throw error
  }
  if (params.length > MAX_ARITY || passesHandles) {
    return (...args) => {
      const outer = handles.begin()
      const flat = frame.begin()
      try {
        try {
          for (let i = 0; i < params.length; i++) (params[i] as Node).take(args[i], flat) // i < length
        } finally {
          handles.end(outer)
        }
        check()
      } catch (error) {
        return refuse(flat, error)
      }
      return call(flat)
    }
  }
  return (a, b, c, d) => {
    const flat = frame.begin()
    try {
      if (p0 !== undefined) p0.take(a, flat)
      if (p1 !== undefined) p1.take(b, flat)
      if (p2 !== undefined) p2.take(c, flat)
      if (p3 !== undefined) p3.take(d, flat)
      check()
    } catch (error) {
      return refuse(flat, error)
    }
    return call(flat)
  }
}

/**
 * Calls of lifted functions without generated source, for platforms that forbid it: closures for functions of numbers,
 * without arrays; for the rest the interpreter's pieces, with records of numbers unrolled. Same checks, same order.
 */
import { callCore } from '../../abi/canon-lift.ts'
import { type CoreFunction, type CoreValue, LiftLowerContext } from '../../abi/context.ts'
import type { Value } from '../../abi/embedding.ts'
import { checkAlive, checkEnter, checkLeave, enter, leave } from '../../abi/instance.ts'
import type { Layout } from '../../abi/layout.ts'
import { CoreValueIter, checkSpilled, liftFlat, loadResult } from '../../abi/lift.ts'
import { checkList } from '../../abi/load.ts'
import { lowerFlat } from '../../abi/lower.ts'
import { BorrowScope, Task } from '../../abi/task.ts'
import { hostThrew } from '../../abi/trap.ts'
import type { ValType } from '../../model/types.ts'
import { answer, refusePromise } from '../host-import.ts'
import { Bridge, type HandleState, Handles, ResourceObject } from '../host-resources.ts'
import { fromJs, MAX_LENGTH } from '../host-values.ts'
import { Image } from './image.ts'
import { codeOf, fits, liftCode, type NumberRecord, numberRecord } from './numbers.ts'
import { type Call, type ExportSpec, type ImportSpec, isLent } from './spec.ts'

export function exportClosure(spec: ExportSpec): Call | undefined {
  const { signature, opts } = spec.lifted
  if (opts.ptr !== 'i32' || opts.async || signature.hasAsyncValue || signature.spilledParams !== undefined)
    return undefined
  return scalarCall(spec) ?? generalCall(spec)
}

const MAX_ARITY = 4

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
  const entering = lifted.entering(undefined)
  const handles = new Handles(bridge, env.resources)
  const ask = (value: unknown, i: number): Value => {
    const { name, type: t } = type.params[i] as (typeof type.params)[number] // one of them
    return fromJs(env.layouts.of(t, 'i32'), value, handles, `${path}: param \`${name}\``)
  }
  const only = entering.length === 1 ? entering[0] : undefined
  const begin = (): void => {
    if (only?.mayEnter && !root.dead) {
      only.mayEnter = false
      root.ledger.used.hostBytesPerCall = 0
    } else {
      checkEnter(inst, entering)
      enter(entering)
    }
  }
  const end = (): void => {
    if (only !== undefined) only.mayEnter = true
    else leave(entering)
    bridge.settle()
  }
  const fail = (error: unknown): never => root.fail(error, lifted.path)
  const [c0 = NONE, c1 = NONE, c2 = NONE, c3 = NONE] = codes
  if (lent) {
    const rt =
      env.resources[
        (env.layouts.of(type.params[0]?.type as ValType, 'i32') as Extract<Layout, { kind: 'own' | 'borrow' }>).resource
          .slot
      ]
    return (self, a, b, c) => {
      const found = ResourceObject.stateOf(self)
      const state = found !== undefined && found.rt === rt && found.live ? found : refuse(ask(self, 0))
      const x = c0 === NONE || fits(c0, a) ? a : ask(a, 1)
      const y = c1 === NONE || fits(c1, b) ? b : ask(b, 2)
      const z = c2 === NONE || fits(c2, c) ? c : ask(c, 3)
      begin()
      state.numLends++
      let r: CoreValue
      try {
        root.hook?.()
        r = core(state.rep, x, y, z)
        root.checkPoison()
      } catch (error) {
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
          root.hook?.()
          r = core()
          root.checkPoison()
        } catch (error) {
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
          root.hook?.()
          r = core(x)
          root.checkPoison()
        } catch (error) {
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
          root.hook?.()
          r = core(x, y)
          root.checkPoison()
        } catch (error) {
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
          root.hook?.()
          r = core(x, y, z, w)
          root.checkPoison()
        } catch (error) {
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
    if (root.dead) checkAlive(inst)
    return (typeof value === 'boolean' ? Number(value) : value) as CoreValue // a number, checked
  }
  // all that can throw here is what the checks throw and what the host does
  const fail = (error: unknown): never => root.fail(hostThrew(error), path)
  const [c0 = NONE, c1 = NONE, c2 = NONE, c3 = NONE] = codes
  switch (params.length) {
    case 0:
      return () => {
        try {
          checkLeave(inst)
          return check(plain())
        } catch (error) {
          return fail(error)
        }
      }
    case 1:
      return (a) => {
        try {
          checkLeave(inst)
          return check(plain(liftCode(a as CoreValue, c0)))
        } catch (error) {
          return fail(error)
        }
      }
    case 2:
      return (a, b) => {
        try {
          checkLeave(inst)
          return check(plain(liftCode(a as CoreValue, c0), liftCode(b as CoreValue, c1)))
        } catch (error) {
          return fail(error)
        }
      }
    default:
      return (a, b, c, d) => {
        try {
          checkLeave(inst)
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

/** What is done with one parameter: checked before the guest is entered, lowered after. */
interface Param {
  take(value: unknown): Value
  /** Gives back what was taken, when a later parameter does not fit. */
  drop?(taken: Value): void
  lower(cx: LiftLowerContext, taken: Value, out: CoreValue[]): void
}

function generalCall(spec: ExportSpec): Call {
  const { lifted, type, path, env, bridge, host } = spec
  const { inst, signature, opts } = lifted
  const { result, spilledResult } = signature
  const { root } = inst
  const handles = new Handles(bridge, env.resources)
  const params = type.params.map(({ name, type: t }, i) =>
    paramOf(env.layouts.of(t, 'i32'), signature.params[i] as Layout, handles, `${path}: param \`${name}\``),
  )
  const answer = resultOf(result)
  const entering = lifted.entering(undefined)
  const shared = new LiftLowerContext(lifted.env, opts, host, undefined, undefined)
  return (...args) => {
    handles.begin()
    const taken = new Array<Value>(params.length)
    let i = 0
    try {
      for (; i < params.length; i++) taken[i] = (params[i] as Param).take(args[i]) // i < length
    } catch (error) {
      for (let k = 0; k < i; k++) params[k]?.drop?.(taken[k])
      throw error
    }
    checkEnter(inst, entering)
    const scope = signature.hasBorrow ? new BorrowScope() : undefined
    let value: Value
    try {
      enter(entering)
      inst.pushThread()
      const task = scope && new Task()
      const cx = scope === undefined ? shared : new LiftLowerContext(lifted.env, opts, host, task, scope)
      opts.memory?.refresh()
      root.hook?.()
      const flat: CoreValue[] = []
      for (let i = 0; i < params.length; i++) (params[i] as Param).lower(cx, taken[i], flat) // i < length
      const raw = callCore(lifted.core, flat)
      root.checkPoison()
      if (result !== undefined) {
        opts.memory?.refresh()
        const one = raw as CoreValue // one flat result at most
        if (spilledResult === undefined) value = liftFlat(cx, new CoreValueIter([one]), result)
        else if (answer === undefined) value = loadResult(cx, cx.fromCore(one), spilledResult)
        else {
          const ptr = cx.fromCore(one)
          checkSpilled(cx, ptr, spilledResult)
          value = answer(cx, ptr)
        }
      }
      task?.checkBorrows()
      lifted.finish(raw, entering)
    } catch (error) {
      try {
        return root.fail(error, lifted.path)
      } finally {
        scope?.end()
      }
    }
    scope?.end()
    bridge.settle()
    return value
  }
}

/** @param seen the caller's view of the type, in whose terms a value is checked */
function paramOf(seen: Layout, t: Layout, handles: Handles, place: string): Param {
  if (t.kind === 'record') {
    const record = numberRecord(t)
    if (record !== undefined) return recordParam(record, t, handles, place)
  }
  if (t.kind === 'list' && t.length === undefined && t.element.kind === 'record') {
    const record = numberRecord(t.element)
    if (record !== undefined) return listParam(record, t, t.element, handles, place)
  }
  const code = codeOf(t)
  if (code !== undefined) {
    return {
      take: (value) => (fits(code, value) ? value : fromJs(t, value, handles, place)),
      lower: (_, taken, out) => {
        out.push((typeof taken === 'boolean' ? Number(taken) : taken) as CoreValue) // a number, checked
      },
    }
  }
  return {
    take: (value) => fromJs(seen, value, handles, place),
    lower: (cx, taken, out) => lowerFlat(cx, taken, t, out),
  }
}

type RecordLayout = Extract<Layout, { readonly kind: 'record' }>
type ListLayout = Extract<Layout, { readonly kind: 'list' }>

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !(value instanceof Promise)

function recordParam(record: NumberRecord, t: RecordLayout, handles: Handles, place: string): Param {
  const ask = (value: unknown, i: number): unknown => {
    const { key, layout } = t.fields[i] as RecordLayout['fields'][number] // one of them
    return fromJs(layout, value, handles, `${place}.${key}`)
  }
  return {
    take: (value) => {
      if (!isRecord(value)) return fromJs(t, value, handles, place)
      const flat: CoreValue[] = []
      record.lower(value, flat, ask)
      return flat
    },
    lower: (_, taken, out) => {
      const flat = taken as readonly CoreValue[] // from above
      for (let i = 0; i < flat.length; i++) out.push(flat[i] as CoreValue) // i < length
    },
  }
}

function listParam(record: NumberRecord, t: ListLayout, element: RecordLayout, handles: Handles, place: string): Param {
  const kept = new Image(0)
  const ask = (value: unknown, i: number, index: number): unknown => {
    const { key, layout } = element.fields[i] as RecordLayout['fields'][number] // one of them
    return fromJs(layout, value, handles, `${place}[${index}].${key}`)
  }
  return {
    take: (value) => {
      const list = (Array.isArray(value) ? value : fromJs(t, value, handles, place)) as readonly unknown[]
      const { length } = list
      if (length > MAX_LENGTH) return fromJs(t, value, handles, place)
      const image = kept.begin(length * element.size)
      try {
        const { view } = image
        for (let i = 0, p = 0; i < length; i++, p += element.size) {
          const item = list[i]
          if (isRecord(item)) record.take(item, view, p, ask, i)
          else fromJs(element, item, handles, `${place}[${i}]`)
        }
      } catch (error) {
        image.busy = false
        throw error
      }
      return { image, length }
    },
    drop: (taken) => {
      ;(taken as { readonly image: Image }).image.busy = false // from above
    },
    lower: (cx, taken, out) => {
      const { image, length } = taken as { readonly image: Image; readonly length: number } // from above
      const byteLength = length * element.size
      const ptr = cx.reallocateChecked(0, 0, element.align, byteLength, 'list')
      cx.memory.bytes.set(image.bytes.subarray(0, byteLength), ptr)
      image.busy = false
      out.push(ptr, length)
    },
  }
}

/** From a valid place in memory; `undefined`: the interpreter knows as well. */
function resultOf(t: Layout | undefined): ((cx: LiftLowerContext, ptr: number) => Value) | undefined {
  if (t?.kind === 'record') {
    const record = numberRecord(t)
    return record && ((cx, ptr) => record.load(cx.memory.view, ptr))
  }
  if (t?.kind !== 'list' || t.length !== undefined || t.element.kind !== 'record') return undefined
  const { element } = t
  const record = numberRecord(element)
  return (
    record &&
    ((cx, ptr) => {
      const { view } = cx.memory
      const from = view.getUint32(ptr, true)
      const length = view.getUint32(ptr + 4, true)
      checkList(cx, from, length, element)
      cx.charge(length * element.cost)
      const list = new Array<Value>(length)
      for (let i = 0; i < length; i++) list[i] = record.load(view, from + i * element.size)
      return list
    })
  )
}

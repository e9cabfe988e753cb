/**
 * Calls whose every value is one number: closures per arity, without argument arrays, contexts or iterators. They do
 * what the general path does, in its order; whenever something could be observed that they do not do, they use it.
 *
 * @spec Flat Lifting
 */
import type { Lifted } from './canon-lift.ts'
import type { CoreFunction, CoreValue } from './context.ts'
import type { Value } from './embedding.ts'
import { type ComponentInstance, checkEnter, checkLeave, enter, leave } from './instance.ts'
import type { Layout, Signature } from './layout.ts'
import { canonicalizeNan } from './load.ts'

type Scalar = (value: CoreValue) => Value
type ScalarFunction = (...args: Value[]) => Value

const MAX_ARITY = 4

/** One core value → one component value. */
function liftScalar(t: Layout | undefined): Scalar {
  switch (t?.kind) {
    case 'bool':
      return (v) => v !== 0
    case 'u8':
      return (v) => (v as number) & 0xff
    case 's8':
      return (v) => ((v as number) << 24) >> 24
    case 'u16':
      return (v) => (v as number) & 0xffff
    case 's16':
      return (v) => ((v as number) << 16) >> 16
    case 'u32':
      return (v) => (v as number) >>> 0
    case 'u64':
      return (v) => BigInt.asUintN(64, v as bigint)
    case 'f32':
    case 'f64':
      return (v) => canonicalizeNan(v as number)
    default:
      // s32, s64: the engine gives them signed; no result: undefined
      return (v) => v
  }
}

function fits(signature: Signature): boolean {
  return signature.scalar && signature.params.length <= MAX_ARITY
}

/** A guest's call of a function lifted in its tree. */
export function scalarLower(
  inst: ComponentInstance,
  signature: Signature,
  lifted: Lifted,
  entering: readonly ComponentInstance[],
): CoreFunction | undefined {
  if (!fits(signature) || lifted.opts.postReturn !== undefined) return undefined
  return toLifted(inst, signature, lifted, entering)
}

function liftersOf(signature: Signature): [Scalar, Scalar, Scalar, Scalar] {
  const [a, b, c, d] = signature.params
  return [liftScalar(a), liftScalar(b), liftScalar(c), liftScalar(d)]
}

function toLifted(
  inst: ComponentInstance,
  signature: Signature,
  lifted: Lifted,
  entering: readonly ComponentInstance[],
): CoreFunction {
  const callee = lifted.inst
  const core = lifted.core as ScalarFunction
  const [l0, l1, l2, l3] = liftersOf(signature)
  const lift = liftScalar(signature.result) as ScalarFunction
  const begin = (): void => {
    checkLeave(inst)
    checkEnter(callee, entering)
    enter(entering)
    callee.pushThread()
  }
  const end = (r: Value): Value => {
    callee.root.checkPoison()
    callee.popThread()
    leave(entering)
    return lift(r)
  }
  const fail = (error: unknown): never => inst.root.fail(error, lifted.path)
  switch (signature.params.length) {
    case 0:
      return () => {
        try {
          begin()
          return end(core())
        } catch (error) {
          return fail(error)
        }
      }
    case 1:
      return (a) => {
        try {
          begin()
          return end(core(l0(a as CoreValue)))
        } catch (error) {
          return fail(error)
        }
      }
    case 2:
      return (a, b) => {
        try {
          begin()
          return end(core(l0(a as CoreValue), l1(b as CoreValue)))
        } catch (error) {
          return fail(error)
        }
      }
    case 3:
      return (a, b, c) => {
        try {
          begin()
          return end(core(l0(a as CoreValue), l1(b as CoreValue), l2(c as CoreValue)))
        } catch (error) {
          return fail(error)
        }
      }
    default:
      return (a, b, c, d) => {
        try {
          begin()
          return end(core(l0(a as CoreValue), l1(b as CoreValue), l2(c as CoreValue), l3(d as CoreValue)))
        } catch (error) {
          return fail(error)
        }
      }
  }
}

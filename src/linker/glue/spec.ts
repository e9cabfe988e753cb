/** What specialised code is made from: a function and who sees it, and the shape that functions share code by. */
import type { Lifted } from '../../abi/canon-lift.ts'
import type { CanonEnv, Options } from '../../abi/context.ts'
import type { FuncInst, HostBridge, Value } from '../../abi/embedding.ts'
import { keyOf, nodesOf } from '../../abi/emit/nodes.ts'
import type { HostTarget } from '../../abi/host-func.ts'
import type { Layout, Signature } from '../../abi/layout.ts'
import type { FuncType } from '../../model/types.ts'
import type { TypeEnv } from '../host/host-func.ts'
import type { Bridge } from '../host/host-resources.ts'

/** Arguments in WIT order, the object of a method first; a WIT `result` as data. */
export type Call = (...args: readonly unknown[]) => Value

/** An exported function. `type` and `env` are its caller's view. */
export interface ExportSpec {
  readonly lifted: Lifted
  readonly type: FuncType
  readonly path: string
  readonly env: TypeEnv
  readonly bridge: Bridge
  /** What makes handles JavaScript values: the bridge, but for constructors. */
  readonly host: HostBridge
}

export interface Shape {
  readonly signature: Signature
  /** All types of the signature with their parts. */
  readonly nodes: readonly Layout[]
  /** How many instances a call enters. */
  readonly depth: number
  readonly memory: boolean
  readonly postReturn: boolean
  readonly threads: boolean
  /** Nothing of JavaScript's runs before the call is over: no flag need say that it is under way. */
  readonly closed: boolean
  /** By parameter: a borrow of a resource that the callee defines, which gets the rep. */
  readonly lent: readonly boolean[]
}

export function typesOf({ params, result }: Signature): readonly Layout[] {
  return result === undefined ? params : [...params, result]
}

/** A borrow of a resource that the callee itself defines: it gets the rep, and owes nothing. */
export function isLent({ lifted, type, env }: ExportSpec, i: number): boolean {
  const param = type.params[i]
  const layout = param && env.layouts.of(param.type, 'i32')
  return layout?.kind === 'borrow' && env.resources[layout.resource.slot]?.impl === lifted.inst
}

/** The shape of an exported function; `undefined` for one that is left to the interpreter. */
export function exportShape(spec: ExportSpec): Shape | undefined {
  const { lifted, type } = spec
  const { signature, opts, inst } = lifted
  const nodes = nodesOf(typesOf(signature))
  if (nodes === undefined || opts.ptr !== 'i32' || opts.async || signature.hasAsyncValue) return undefined
  const lent = type.params.map((_, i) => isLent(spec, i))
  return {
    signature,
    nodes,
    depth: lifted.entering(undefined).length,
    memory: opts.memory !== undefined,
    postReturn: opts.postReturn !== undefined,
    threads: inst.observesThreads,
    closed: inst.closed && !inst.root.asks,
    lent,
  }
}

export function shapeKey({ signature, depth, memory, postReturn, threads, closed, lent }: Shape): string {
  return JSON.stringify([keyOf(signature), depth, memory, postReturn, threads, closed, lent])
}

/** A function of JavaScript as a guest calls it. */
export interface ImportSpec {
  readonly cenv: CanonEnv
  readonly opts: Options
  readonly func: FuncInst
  readonly target: HostTarget
  readonly signature: Signature
}

export interface ImportShape {
  readonly signature: Signature
  readonly nodes: readonly Layout[]
  readonly memory: boolean
  /** Called with its arguments and nothing else. */
  readonly plain: boolean
}

export function importShape({ opts, signature, target }: ImportSpec): ImportShape | undefined {
  const nodes = nodesOf(typesOf(signature))
  if (nodes === undefined || opts.ptr !== 'i32' || opts.async || signature.hasAsyncValue) return undefined
  return { signature, nodes, memory: opts.memory !== undefined, plain: target.plain !== undefined }
}

export function importKey({ signature, memory, plain }: ImportShape): string {
  return JSON.stringify([keyOf(signature), signature.hasBorrow, memory, plain])
}

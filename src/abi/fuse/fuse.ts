/**
 * Fuses a lowered function with the lifted one it calls: one function that does what both did, in the order of the
 * specification, with values going from memory to memory. Within a tree callee and caller share their fate; between two
 * trees (`route`) each answers for what is its own, and whatever is unusual is left to the general path before anything
 * happened.
 *
 * @spec canon lower
 * @spec canon lift
 */
import { assert } from '../../model/errors.ts'
import type { CanonEnv, CoreFunction } from '../context.ts'
import type { FuseAbi, Fusible } from '../fuse-abi.ts'
import type { HandleLayout, Layout } from '../layout.ts'
import type { Codegen } from '../record.ts'
import type { RuntimeResourceType } from '../resource.ts'
import type { Tier } from '../trampolines.ts'
import { generated } from './adapter.ts'
import { AsciiScans } from './ascii.ts'
import { Factories } from './factories.ts'
import { FactBook, isFusible, pairHandles } from './facts.ts'
import type { Pair } from './pair.ts'
import { Passage, type Side } from './passage.ts'
import { walked } from './walked.ts'

/** Beyond it the source would be long; walking is no slower there. */
const MAX_WEIGHT = 2_000

export class Fuse implements FuseAbi {
  readonly #codegen: Codegen
  readonly #facts = new FactBook()
  readonly #scans = new AsciiScans()
  readonly #factories = new Factories()

  constructor(codegen: Codegen) {
    this.#codegen = codegen
  }

  fuse(fusible: Fusible, tier: Tier): void {
    const { func, general, env } = fusible
    const { route, lifted } = func
    if (route === undefined) {
      const near = lifted !== undefined && lifted.inst.root === env.inst.root
      tier.call = (near ? this.#adapter(fusible, lifted, undefined, general) : undefined) ?? general
      return
    }
    const { changes } = route
    const reroute = (): void => {
      const { count } = changes
      const target = route.target()
      const again: CoreFunction = (...args) => {
        if (changes.count !== count) reroute()
        return general(...args)
      }
      tier.call = (target && this.#adapter(fusible, target.lifted, { ...target, changes, count }, again)) ?? again
    }
    reroute()
  }

  #adapter(
    fusible: Fusible,
    lifted: Fusible['func']['lifted'] & object,
    far: Pair['far'],
    general: CoreFunction,
  ): CoreFunction | undefined {
    const pair = this.#pair(fusible, lifted, far, general)
    if (pair === undefined) return undefined
    const { params, result } = fusible.signature
    const weight = this.#facts.weightOf([...params, ...only(result)])
    return (
      (weight <= MAX_WEIGHT ? generated(pair, this.#facts, this.#scans, this.#codegen, this.#factories) : undefined) ??
      (fusible.direct ? undefined : walked(pair, this.#facts))
    )
  }

  /** `undefined`: these two keep the general path. */
  #pair(
    { env, opts, signature, func }: Fusible,
    lifted: Fusible['func']['lifted'] & object,
    far: Pair['far'],
    general: CoreFunction,
  ): Pair | undefined {
    const theirs = lifted.signature
    const types = [...signature.params, ...(signature.result ? [signature.result] : [])]
    // one of 64 bits, tasks, and who calls itself or shares a memory: rare, and each with rules of its own
    if (opts.ptr === 'i64' || lifted.opts.ptr === 'i64' || !isFusible(types)) return undefined
    if (lifted.inst === env.inst || (opts.memory !== undefined && opts.memory === lifted.opts.memory)) return undefined
    const caller: Side = { env, opts }
    const callee: Side = { env: lifted.env, opts: lifted.opts }
    const args = pairHandles(signature.params, theirs.params)
    const results = pairHandles(only(signature.result), only(theirs.result))
    const [ours, its] = [typesOf(env), typesOf(lifted.env)]
    if (args === undefined || results === undefined) return undefined
    return {
      inst: env.inst,
      signature,
      path: func.path,
      lifted,
      entering: lifted.entering(far === undefined ? env.inst : undefined),
      args: new Passage(caller, callee, argumentBindings(args, ours, its)),
      results: new Passage(callee, caller, resultBindings(results, ours, its)),
      far,
      general,
    }
  }
}

const only = (t: Layout | undefined): readonly Layout[] => (t === undefined ? [] : [t])

type Types = (layout: HandleLayout) => RuntimeResourceType

function typesOf({ resources }: CanonEnv): Types {
  return ({ resource }) => {
    const rt = resources[resource.slot]
    assert(rt !== undefined, 'planned: filled before any handle of the type can pass')
    return rt
  }
}

/** By the caller's layouts, which are the ones that are walked. */
function argumentBindings(pairs: ReadonlyMap<HandleLayout, HandleLayout>, ours: Types, theirs: Types) {
  return new Map([...pairs].map(([a, b]) => [a, { from: ours(a), to: theirs(b) }]))
}

function resultBindings(pairs: ReadonlyMap<HandleLayout, HandleLayout>, ours: Types, theirs: Types) {
  return new Map([...pairs].map(([a, b]) => [a, { from: theirs(b), to: ours(a) }]))
}

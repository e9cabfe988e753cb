/**
 * The functions that core modules get for what they import of other guests. Such a function is there for good, before
 * anybody knows what will run behind it, so it calls what stands in its tier just now.
 *
 * Engines learn by place what is called there, and look into it: where a place has met two functions they look into
 * neither, which costs a call 4 ns of 8 (V8). So each of these functions has code of its own where source may be
 * generated, with one place for the general path and one for what comes after it. Their number is bounded; from then on
 * they share.
 */
import type { CoreFunction } from './context.ts'
import type { Codegen } from './record.ts'

/** What runs just now; `call` is set as a function turns out to be in steady use, and when its callee changes. */
export interface Tier {
  call: CoreFunction | undefined
  /** Until then. */
  readonly slow: CoreFunction
}

type Maker = (tier: Tier) => CoreFunction

const PER_BATCH = 8
const MAX_PER_ARITY = 64

class Pool {
  readonly #arity: number
  /** Engines keep one code for one text: each of ours is one of its own, also in a process with many stores. */
  readonly #mark = Math.random()
  readonly #makers: Maker[] = []
  #next = 0

  constructor(arity: number) {
    this.#arity = arity
  }

  /** `undefined`: source may not be generated. */
  next(codegen: Codegen): Maker | undefined {
    if (this.#next === this.#makers.length) {
      if (this.#next < MAX_PER_ARITY) this.#generate(codegen)
      else this.#next = 0
    }
    return this.#makers[this.#next++]
  }

  #generate(codegen: Codegen): void {
    const params = Array.from({ length: this.#arity }, (_, i) => `p${i}`)
    const maker = `t=>(${params})=>{const c=t.call;return c===undefined?t.slow(${params}):c(${params})}`
    const text = `"use strict";return[${new Array(PER_BATCH).fill(maker)}]//${this.#mark} ${this.#makers.length}`
    try {
      this.#makers.push(...(new Function(text)() as Maker[]))
    } catch {
      codegen.allowed = false
    }
  }
}

/** Those of one store. */
export class Trampolines {
  readonly #codegen: Codegen
  readonly #pools: (Pool | undefined)[] = []

  constructor(codegen: Codegen) {
    this.#codegen = codegen
  }

  /** With as many parameters as it has: a rest parameter costs an array on every call. */
  make(arity: number, tier: Tier): CoreFunction {
    if (!this.#codegen.allowed) return shared(arity, tier)
    this.#pools[arity] ??= new Pool(arity)
    return this.#pools[arity].next(this.#codegen)?.(tier) ?? shared(arity, tier)
  }
}

function shared(arity: number, tier: Tier): CoreFunction {
  switch (arity) {
    case 0:
      return () => (tier.call ?? tier.slow)()
    case 1:
      return (a) => (tier.call ?? tier.slow)(a)
    case 2:
      return (a, b) => (tier.call ?? tier.slow)(a, b)
    case 3:
      return (a, b, c) => (tier.call ?? tier.slow)(a, b, c)
    case 4:
      return (a, b, c, d) => (tier.call ?? tier.slow)(a, b, c, d)
    case 5:
      return (a, b, c, d, e) => (tier.call ?? tier.slow)(a, b, c, d, e)
    case 6:
      return (a, b, c, d, e, f) => (tier.call ?? tier.slow)(a, b, c, d, e, f)
    default:
      return (...args) => (tier.call ?? tier.slow)(...args)
  }
}

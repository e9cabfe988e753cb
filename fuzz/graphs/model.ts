/** What a graph must answer: the same calls over plain objects. */
import { LOST, TOKEN } from './node.ts'
import type { GraphPlan } from './plan.ts'

export type State = 'ready' | 'trapped' | 'disposed'

export class Model {
  readonly states: State[]
  readonly #plan: GraphPlan
  readonly #running = new Set<number>()
  #asked = 0

  constructor(plan: GraphPlan) {
    this.#plan = plan
    this.states = plan.nodes.map(() => 'ready')
  }

  /** A fresh one in the place of the faulty one, which will not fail again. */
  replace(): void {
    this.states[this.#plan.at] = 'ready'
    this.#asked = Number.POSITIVE_INFINITY
  }

  /** The sum; `undefined`: no answer. */
  call(i: number): number | undefined {
    if (!this.#enter(i)) return undefined
    this.#running.add(i)
    const answer = this.#run(i)
    this.#running.delete(i)
    // it may have been disposed of meanwhile
    return this.states[i] === 'ready' ? answer : undefined
  }

  /** Whether it can be called now; one that is to be started anew is. */
  #enter(i: number): boolean {
    if (this.states[i] === 'trapped' && this.#plan.nodes[i]?.restart === 'on-next-call') this.states[i] = 'ready'
    return this.states[i] === 'ready'
  }

  #run(i: number): number | undefined {
    const id = this.#id(i)
    if (id === undefined) return this.#trap(i)
    let sum = id
    for (const { shape, on } of this.#plan.nodes[i]?.dependencies ?? []) {
      if (shape !== 'plain') {
        for (const other of on) sum += this.call(other) ?? LOST
        if (this.states[i] !== 'ready') return undefined
        continue
      }
      const [other] = on
      if (other === undefined) throw new Error('a plain dependency is on one node')
      if (!this.#enter(other)) return this.#trap(i)
      const value = this.call(other)
      if (this.states[i] !== 'ready') return undefined
      if (value === undefined) return this.#trap(i)
      sum += value + TOKEN + (id % 2 === 1 ? TOKEN : 0)
    }
    return sum >>> 0
  }

  #trap(i: number): undefined {
    if (this.states[i] === 'ready') this.states[i] = 'trapped'
  }

  /** What the host answers when the node asks for its number; `undefined`: that ends the node. */
  #id(i: number): number | undefined {
    const { at, time, fault, other } = this.#plan
    if (i !== at || ++this.#asked !== time) return i
    switch (fault) {
      case 'none':
      case 'ask itself':
        return i
      case 'dispose itself':
        this.states[i] = 'disposed'
        return undefined
      case 'dispose another':
        this.states[other] = 'disposed'
        return other === i ? undefined : i
      default:
        return undefined
    }
  }
}

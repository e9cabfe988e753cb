/** One random graph as data: who depends on whom, in which shape, and what goes wrong once. */
import type { Random } from '../random.ts'
import type { Shape } from './node.ts'

/** What happens in the host when a node asks for its number. */
export const FAULTS = [
  'trap',
  'wrong result',
  'throw',
  'throw nothing',
  'exhaust the stack',
  'promise',
  'dispose itself',
  'dispose another',
  'ask itself',
  'none',
] as const
export type Fault = (typeof FAULTS)[number]

export interface Dependency {
  readonly shape: Shape
  /** Indices of nodes before this one; how many the shape allows. */
  readonly on: readonly number[]
}

export interface NodePlan {
  readonly dependencies: readonly Dependency[]
  readonly restart: 'never' | 'on-next-call'
}

export interface GraphPlan {
  readonly nodes: readonly NodePlan[]
  readonly fault: Fault
  /** Whose fault it is. */
  readonly at: number
  /** Which time it is asked, from 1. */
  readonly time: number
  /** Of `dispose another`. */
  readonly other: number
  /** The nodes the host calls, in order. */
  readonly calls: readonly number[]
  /** After which of them the faulty node is replaced by a fresh one; beyond the end: never. */
  readonly replaceAfter: number
}

export function graphPlan(random: Random): GraphPlan {
  const size = 2 + random.below(11)
  const nodes = Array.from({ length: size }, (_, i): NodePlan => {
    const dependencies: Dependency[] = []
    for (let d = 0; d < 2 && i > 0; d++) if (random.chance(0.7)) dependencies.push(dependency(random, i))
    return { dependencies, restart: random.chance(0.25) ? 'on-next-call' : 'never' }
  })
  const calls = Array.from({ length: 4 + random.below(6) }, () => (random.chance(0.4) ? size - 1 : random.below(size)))
  return {
    nodes,
    fault: random.pick(FAULTS),
    at: random.below(size),
    time: 1 + random.below(3),
    other: random.below(size),
    calls: [...calls, ...nodes.keys()],
    replaceAfter: random.chance(0.3) ? random.below(calls.length) : Number.POSITIVE_INFINITY,
  }
}

function dependency(random: Random, before: number): Dependency {
  const shape = random.pick(['plain', 'plain', 'tuple', 'option', 'list'] as const)
  const count = shape === 'option' ? random.below(2) : shape === 'list' ? random.below(Math.min(before, 4) + 1) : 1
  const on = new Set<number>()
  while (on.size < count) on.add(random.below(before))
  return { shape, on: [...on] }
}

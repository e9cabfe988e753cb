/** The targets: each yields cases, the same for the same seed. */
import { builtIn, examples, mutationSeeds, type Seed } from './corpus.ts'
import { mutate } from './mutate.ts'
import { cuts } from './prefixes.ts'
import { Random } from './random.ts'

export interface Case {
  readonly name: string
  readonly bytes: Uint8Array
}

export interface Plan {
  /** How many mutations; prefixes are as many as there are. */
  readonly runs: number
  readonly seed: number
  /** Take one prefix in so many. */
  readonly every: number
  /** Folders with further `.component.wasm` files. */
  readonly corpus: readonly string[]
}

export type Target = (plan: Plan) => Generator<Case>

export const TARGETS = {
  *prefix({ seed, every }) {
    let count = seed
    for (const { name, bytes } of [...builtIn(), ...examples()]) {
      for (const cut of cuts(bytes)) {
        if (count++ % every === 0) yield { name: `${name} cut at ${cut}`, bytes: bytes.subarray(0, cut) }
      }
    }
  },

  *mutate({ seed, runs, corpus }) {
    const seeds = mutationSeeds(corpus)
    const small = seeds.filter(({ bytes }) => bytes.length <= 8_192)
    const random = new Random(seed)
    for (let run = 0; run < runs; run++) {
      const from: Seed = random.pick(random.chance(0.97) ? small : seeds)
      const bytes = mutate(random, from.bytes, random.pick(small).bytes)
      yield { name: `${from.name}, seed ${seed}, run ${run}`, bytes }
    }
  },
} as const satisfies Record<string, Target>

export type TargetName = keyof typeof TARGETS

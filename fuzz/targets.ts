/** The targets: where cases come from, the same for the same seed, and what is asked about each. */
import { checkComponent, type Verdict } from './check.ts'
import { checkCoreModule } from './core-modules.ts'
import { builtIn, coreSeeds, examples, mutationSeeds, type Seed } from './corpus.ts'
import { mutateDefinitions } from './definitions.ts'
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
  /** Further components to damage. */
  readonly more: readonly Seed[]
}

export interface Target {
  cases(plan: Plan): Generator<Case>
  /** @throws Escape */
  check(bytes: Uint8Array): Verdict
}

export const TARGETS = {
  /** Truncated components. */
  prefix: {
    *cases({ seed, every }) {
      let count = seed
      for (const { name, bytes } of [...builtIn(), ...examples()]) {
        for (const cut of cuts(bytes)) {
          if (count++ % every === 0) yield { name: `${name} cut at ${cut}`, bytes: bytes.subarray(0, cut) }
        }
      }
    },
    check: checkComponent,
  },
  /** Damaged components. */
  mutate: { cases: (plan) => mutations(plan, mutationSeeds(plan.more)), check: checkComponent },
  /** Components whose definitions were changed as data. */
  definitions: {
    *cases(plan) {
      for (const { name, random, from, other } of picks(plan, mutationSeeds(plan.more))) {
        const bytes = mutateDefinitions(random, from, other)
        if (bytes !== undefined) yield { name, bytes }
      }
    },
    check: checkComponent,
  },
  /** Damaged core modules, about which the engine is asked too. */
  core: { cases: (plan) => mutations(plan, coreSeeds(plan.more)), check: checkCoreModule },
} as const satisfies Record<string, Target>

export type TargetName = keyof typeof TARGETS

function* mutations(plan: Plan, seeds: readonly Seed[]): Generator<Case> {
  for (const { name, random, from, other } of picks(plan, seeds)) yield { name, bytes: mutate(random, from, other) }
}

interface Pick {
  readonly name: string
  readonly random: Random
  readonly from: Uint8Array
  readonly other: Uint8Array
}

function* picks({ seed, runs }: Plan, seeds: readonly Seed[]): Generator<Pick> {
  const small = seeds.filter(({ bytes }) => bytes.length <= 8_192)
  const random = new Random(seed)
  for (let run = 0; run < runs; run++) {
    const from = random.pick(random.chance(0.97) ? small : seeds)
    const other = random.pick(small).bytes
    yield { name: `${from.name}, seed ${seed}, run ${run}`, random, from: from.bytes, other }
  }
}

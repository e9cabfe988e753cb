/** Runs a target's cases and counts how they end. */
import { Escape, type Verdict } from './check.ts'
import { type Case, type Plan, TARGETS, type Target, type TargetName } from './targets.ts'

/** Milliseconds after which a case counts as hanging. */
export const HANG = 5_000

export interface Tally {
  readonly verdicts: Record<Verdict, number>
  cases: number
  /** The slowest case, for an eye on what approaches a hang. */
  slowest: { ms: number; name: string }
}

export interface Found {
  readonly target: TargetName
  readonly name: string
  readonly bytes: Uint8Array
  readonly why: string
}

/** @param before hears of each case before it runs, so that a watchdog can name the one that hangs */
export function run(
  target: TargetName,
  plan: Plan,
  before: (fuzzCase: Case) => void = () => {},
): { tally: Tally; found: Found[] } {
  const tally: Tally = {
    verdicts: { valid: 0, malformed: 0, invalid: 0, limit: 0 },
    cases: 0,
    slowest: { ms: 0, name: '' },
  }
  const found: Found[] = []
  const { cases, check }: Target = TARGETS[target]
  for (const fuzzCase of cases(plan)) {
    before(fuzzCase)
    const { name, bytes } = fuzzCase
    const start = performance.now()
    const cpu = process.cpuUsage()
    const escaped = (why: string): void => void found.push({ target, name, bytes: Uint8Array.from(bytes), why })
    try {
      tally.verdicts[check(bytes)]++
    } catch (error) {
      if (!(error instanceof Escape)) throw error
      escaped(error.message)
    }
    const ms = performance.now() - start
    // by processor time too: the machine may have been busy with others
    if (ms > HANG && process.cpuUsage(cpu).user / 1000 > HANG / 2) escaped(`took ${Math.round(ms)} ms`)
    if (ms > tally.slowest.ms) tally.slowest = { ms, name }
    tally.cases++
  }
  return { tally, found }
}

/**
 * How often the properties are tried, and from where: `npm test` a little and always the same; CI more with
 * `PROPERTY_RUNS=20` (times as many) and `PROPERTY_SEED=n`.
 */
import type { Parameters } from 'fast-check'

const times = Number(process.env['PROPERTY_RUNS'] ?? 1)
const seed = Number(process.env['PROPERTY_SEED'] ?? 20_261_121)

export function runs<T>(numRuns: number): Parameters<T> {
  return { numRuns: numRuns * times, seed }
}

/** For what takes longer when it is run more. */
export const patience = 60_000 * times

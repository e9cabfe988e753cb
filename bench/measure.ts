/**
 * The median of many batches. Contenders of one row take turns, batch by batch, so that what else the machine does hits
 * them alike.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/**
 * Milliseconds of processor time, helper threads included: on a machine that does other things as well the time on the wall
 * says more about those.
 */
export function now(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e3
}

/** Does the same thing `n` times. */
export type Batch = (n: number) => void

export interface Effort {
  /** How long a batch should take. */
  readonly batchMs: number
  readonly batches: number
  readonly warmUpMs: number
}

/** Until the engine has seen it often enough; answers how many make a batch. */
export function warmUp(batch: Batch, { warmUpMs, batchMs }: Effort): number {
  let n = 1
  let took = 0
  let done = 0
  // until the compiler had its time, and often enough for it to be asked
  for (const begin = now(); now() - begin < warmUpMs || (done < 20_000 && now() - begin < 4 * warmUpMs); ) {
    const from = now()
    batch(n)
    took = now() - from
    done += n
    if (took < batchMs / 2) n *= 2
  }
  return Math.max(1, Math.round((n * batchMs) / Math.max(took, 1e-3)))
}

export interface Contender {
  readonly batch: Batch
  /** How many make a batch. */
  readonly n: number
}

/**
 * For what leaves much garbage: one contender after the other, each on a clean heap, so that none collects another's; one
 * at a time, so that the median is a usual one and not one of those that the collector interrupts.
 */
export function measureApart(contenders: readonly Contender[], effort: Effort): number[] {
  return contenders.flatMap(({ batch }) => {
    collectGarbage()
    return measure([{ batch, n: 1 }], { ...effort, batches: 20 * effort.batches })
  })
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  gc()
}

/**
 * For what leaves garbage outside of the heap, large buffers: contenders take turns, each on a clean heap and after a batch
 * of its own, with batches too short for a collection. Else whoever happens to run when the collector comes pays for all.
 * The lower quartile, because threads of the collector may still be at work.
 */
export function measureCollected(contenders: readonly Contender[], effort: Effort): number[] {
  // what takes nanoseconds leaves nothing
  const batches = contenders.map(({ batch, n }) => ({ batch, n: n > 100_000 ? n : 100 }))
  const prepare = ({ batch, n }: Contender): void => {
    collectGarbage()
    batch(n)
  }
  return timesOf(batches, { ...effort, batches: 2 * effort.batches }, prepare).map(lowerQuartile)
}

/** Nanoseconds for one, contender by contender. */
export function measure(batches: readonly Contender[], effort: Effort): number[] {
  return timesOf(batches, effort, () => {}).map(median)
}

function timesOf(batches: readonly Contender[], effort: Effort, prepare: (of: Contender) => void): number[][] {
  const times = batches.map((): number[] => [])
  for (let round = 0; round < effort.batches; round++) {
    batches.forEach((contender, i) => {
      const { batch, n } = contender
      prepare(contender)
      const from = now()
      batch(n)
      times[i]?.push(((now() - from) * 1e6) / n)
    })
  }
  return times
}

function lowerQuartile(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 2] ?? Number.NaN
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const [low = Number.NaN, high = Number.NaN] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]]
  return (low + high) / 2
}

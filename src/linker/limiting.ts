/**
 * The seam to what limits core code while it runs (`limited/`): shapes, and how the rest gets hold of it. Nothing of it
 * is loaded before an instance asks for such a limit.
 */
import type { Usage } from '../model/limits.ts'
import type { InstanceParts } from './instance-state.ts'
import type { LiveItems } from './items.ts'
import { Part } from './part.ts'
import type { Running, Terms } from './run.ts'

export type Limiting = typeof import('./limited/limit.ts')

/** One root whose core code is limited. */
export interface Limited extends Terms {
  /** All the core code that may run, from elsewhere too. */
  prepare(running: Running): Promise<void>
  /** @throws TypeError for what takes time and was not prepared before */
  prepareSync(running: Running): void
  /** Its exports, with a budget for every call from outside. */
  exports(items: LiveItems): LiveItems
  /** Of what only it counts. */
  usage(): Partial<Usage>
  /** In all; `undefined` where fuel is not counted. */
  readonly fuelUsed: number | undefined
  /** Only destructors run from now on. */
  last(): void
  /** Nothing of it runs any more: shared fuel goes back, nobody waits for a deadline. */
  end(): void
}

const ASKING = ['fuel', 'epochTicks', 'timeoutMs', 'growth', 'memoryBytes', 'tableElements'] as const

export function asksForLimits({ limits, engine }: InstanceParts): boolean {
  const { memoryBytes, tableElements } = engine.totals.caps
  if (Math.min(memoryBytes, tableElements) < Number.POSITIVE_INFINITY) return true
  return limits !== undefined && ASKING.some((name) => Object.hasOwn(limits, name))
}

export const LIMITS: Part<Limiting> = new Part(
  () => import('./limited/limit.ts'),
  './limit.js',
  'what limits running code is not loaded yet, and this platform cannot load it without waiting: instantiate (or link) something with limits asynchronously once before',
)

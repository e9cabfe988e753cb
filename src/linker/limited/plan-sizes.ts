/** Whether plain maxima can keep the sums that a host asks for, or growth must ask first. */

import type { Caps } from '../../limits/clamp.ts'
import { type Initial, initialSizes } from '../../limits/sizes.ts'
import type { CoreModuleType } from '../../model/core-types.ts'
import type { Plan, PlanStep } from '../../model/plan.ts'
import type { InstanceParts } from '../instance-state.ts'
import type { WantedLimits } from './options.ts'

type Sized = Initial['limit']
const SIZED: readonly Sized[] = ['memoryBytes', 'tableElements']

/** Sums over what can grow at more than one place are kept by asking; those nobody asked for, place by place. */
export function needsGuard({ artifact, limits, engine }: InstanceParts, { growth }: WantedLimits): boolean {
  const { caps } = engine.totals
  if (growth !== undefined || SIZED.some((name) => caps[name] < Number.POSITIVE_INFINITY)) return true
  return SIZED.some(
    (name) => limits !== undefined && Object.hasOwn(limits, name) && growing(artifact.plan, name).length > 1,
  )
}

/** What one memory, and one table, may grow to when all others stay as they are. */
export function plainCaps({ artifact: { plan } }: InstanceParts, caps: Caps): Caps {
  const left = (name: Sized): number => {
    const [only] = growing(plan, name)
    if (only === undefined || only === 'unknown') return caps[name]
    return Math.max(0, caps[name] - sum(plan, name) + only.size)
  }
  return { memoryBytes: left('memoryBytes'), tableElements: left('tableElements') }
}

/** The core modules that a plan instantiates, as often as it does; those from elsewhere are unknown. */
function* modulesOf({ steps, modules }: Plan): Generator<CoreModuleType | 'unknown'> {
  const typeOf = (step: PlanStep): CoreModuleType | 'unknown' | undefined => {
    if (step.kind === 'foreign-instance') return 'unknown'
    if (step.kind !== 'core-instance') return undefined
    return step.module.kind === 'module' ? modules[step.module.module]?.type : 'unknown'
  }
  for (const step of steps) {
    const type = typeOf(step)
    if (type !== undefined) yield type
  }
}

/** What can grow; an unknown module counts as two things that can. */
function growing(plan: Plan, name: Sized): readonly (Initial | 'unknown')[] {
  return [...modulesOf(plan)].flatMap((type): readonly (Initial | 'unknown')[] =>
    type === 'unknown'
      ? ['unknown', 'unknown']
      : initialSizes(type).filter(
          ({ limit, size, maximum }) => limit === name && (maximum === undefined || maximum > size),
        ),
  )
}

function sum(plan: Plan, name: Sized): number {
  let bytes = 0
  for (const type of modulesOf(plan))
    if (type !== 'unknown') for (const { limit, size } of initialSizes(type)) if (limit === name) bytes += size
  return bytes
}

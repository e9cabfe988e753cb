/**
 * Which parts of a plan need the asynchronous half of the ABI. Asked once per component, so that a component without
 * anything asynchronous neither loads it nor pays for it.
 */
import type { Plan, PlanStep } from '../../model/plan.ts'
import { RARE } from '../part.ts'

function stepNeedsTasks(step: PlanStep): boolean {
  switch (step.kind) {
    case 'lift':
    case 'lower':
      return step.type.async || step.opts.async
    case 'builtin':
      return RARE.get().builtinNeedsTasks(step.builtin.name)
    default:
      return false
  }
}

/** The slots of the component instances that have such a step. */
export function instancesWithTasks(plan: Plan): ReadonlySet<number> {
  const slots = new Set<number>()
  for (const step of plan.steps) if ('instance' in step && stepNeedsTasks(step)) slots.add(step.instance)
  return slots
}

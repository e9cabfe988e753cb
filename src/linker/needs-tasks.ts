/**
 * Which parts of a plan need the asynchronous half of the ABI. Asked once per component, so that a component without
 * anything asynchronous neither loads it nor pays for it.
 */
import { BUILTINS, type BuiltinName } from '../model/builtins.ts'
import type { Plan, PlanStep } from '../model/plan.ts'

/** Synchronous by nature; only the gate puts them with the others. */
const SYNCHRONOUS: ReadonlySet<BuiltinName> = new Set([
  'context.get',
  'context.set',
  'backpressure.inc',
  'backpressure.dec',
] as const)

function stepNeedsTasks(step: PlanStep): boolean {
  switch (step.kind) {
    case 'lift':
    case 'lower':
      return step.type.async || step.opts.async
    case 'builtin': {
      const { name } = step.builtin
      const { feature } = BUILTINS[name]
      return (feature === 'async' || feature === 'threading') && !SYNCHRONOUS.has(name)
    }
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
